"""The same question is not played twice, and nothing else is ever taken for it."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.behavior import Tree
from astraweave.model.facts import Fact, FactSheet
from astraweave.model.scenario import Scenario
from astraweave.model.verdict import Verdict
from astraweave.model.weights import WeightSet
from astraweave.sandbox import RULES, SLOW, Rule
from astraweave.sandbox.folder import KEPT, FolderCache

Weights = Callable[..., WeightSet]
Judge = Callable[..., Verdict]


class Kept(dict[str, Verdict]):
    """A cache in a dict."""

    def put(self, key: str, verdict: Verdict) -> None:
        self[key] = verdict


NAMED = {"reward_name": "won, and health left", "players_name": "itself"}
# One break ends it: what is kept and found is the same, and costs one chunk.
QUICK = replace(SLOW, p0=0.2, first_pairs=8, max_pairs=8, rules=RULES[:4])


def silent(self: Any, *given: Any) -> Any:
    raise AssertionError("it was played")


@pytest.fixture
def ask(judge: Judge, weights: Weights) -> Callable[..., Verdict]:
    """A short verdict with a cache; the arguments change the question."""

    def run(cache: Any, candidate: WeightSet | None = None, **more: Any) -> Verdict:
        given = {**NAMED, "settings": QUICK, "cache": cache, **more}
        return judge(candidate or weights(shoot=1.1), given.pop("against", None), **given)

    return run


def test_the_same_question_is_answered_without_play(ask: Judge, game: Any) -> None:
    cache = Kept()
    first = ask(cache)
    mute = type("Duel", (type(game),), {"reset": silent})()
    again = ask(cache, environment=mute)
    assert not first.cached
    assert again.cached
    assert msgspec.structs.replace(again, cached=False) == first
    assert len(cache) == 1


def changes(
    weights: Weights, game: Any, tree: Tree, reckless: Tree, scenarios: tuple[Scenario, ...]
) -> dict[str, dict[str, Any]]:
    """Everything that decides a verdict, each changed alone."""

    def other(**declared: Any) -> Any:
        return type("Duel", (type(game),), declared)()

    def strict(played: Any) -> Any:
        return played.count("harmed_player") > 1

    facts = FactSheet(Fact(name, "", 0.0, 2.0) for name in game.facts.names)
    dearer = msgspec.structs.replace(scenarios[0], seconds=9.0)
    wider = msgspec.structs.replace(scenarios[0], ranges={"player_health": (0.5, 0.71)})
    rules = (*RULES[:3], Rule("strict", "forbid", "major", "hits", "", strict, "harmed_player"))
    return {
        "a weight": {"candidate": weights(shoot=1.1000001)},
        "where it comes from": {"candidate": weights(origin="learned", shoot=1.1)},
        "what is deployed": {"against": weights(wait=1.01)},
        "the tree": {"tree": reckless, "deployed_tree": tree},
        "the deployed tree": {"deployed_tree": reckless},
        "a scenario's time": {"scenarios": (dearer, scenarios[1])},
        "a scenario's range": {"scenarios": (wider, scenarios[1])},
        "the order of scenarios": {"scenarios": scenarios[::-1]},
        "a rule": {"settings": replace(QUICK, rules=rules)},
        "fewer rules": {"settings": replace(QUICK, rules=RULES[:3])},
        "alpha": {"settings": replace(QUICK, alpha=0.04)},
        "p0": {"settings": replace(QUICK, p0=0.21)},
        "pairs": {"settings": replace(QUICK, max_pairs=9)},
        "skipped": {"settings": replace(QUICK, skip=frozenset({"floor"}))},
        "the whitelist": {"whitelist": frozenset({"shoot"})},
        "alpha_k and the seeds": {"number": 2},
        "the seed": {"seed": 12},
        "the reward": {"reward_name": "another"},
        "the reward's span": {"span": 1.5},
        "the player": {"players": lambda seeds: np.full(len(seeds), 0.9)},
        "what stands for the player": {"players_name": "somebody"},
        "the archetypes": {"safety_players": lambda seeds: np.ones(len(seeds))},
        "the game's code": {"environment": other(content_hash=lambda self: "duel-2")},
        "a fact's range": {"environment": other(facts=facts)},
        "the length of a step": {"environment": other(step_seconds=0.5)},
    }


class Noted(list[str]):
    """A cache that has nothing, and knows what was asked."""

    def get(self, key: str) -> None:
        self.append(key)

    def put(self, key: str, verdict: Verdict) -> None:
        raise AssertionError(verdict.reason)


def test_every_single_change_is_another_question(
    ask: Judge, weights: Weights, game: Any, tree: Tree, reckless: Tree, scenarios: Any
) -> None:
    # It fails at once: what is asked of the cache is known by then.
    mute = type("Duel", (type(game),), {"reset": silent})()
    found = changes(weights, mute, tree, reckless, scenarios)
    noted = Noted()
    for change in ({}, {}, *found.values()):
        ask(noted, **{"environment": mute, **change})
    assert noted[0] == noted[1]
    assert len(noted) == len(found) + 2
    for name, key in zip(found, noted[2:], strict=True):
        assert noted.count(key) == 1, name


@given(st.sampled_from(["shoot", "strike", "heal", "wait"]), st.floats(0.25, 4.0))
def test_weights_that_differ_in_the_last_bit_are_another_question(name: str, factor: float) -> None:
    from astraweave.sandbox.asked import _digest  # noqa: PLC0415

    below = float(np.nextafter(factor, 0.0))
    assert _digest({name: factor}) != _digest({name: below})


def test_what_has_no_content_of_its_own_is_always_played(ask: Judge, game: Any) -> None:
    cache = Kept()
    ask(cache, reward_name="")
    ask(cache, players_name="")
    ask(cache, environment=type("Duel", (type(game),), {"states_content": False})())
    assert not cache


def test_a_game_that_failed_is_asked_again(ask: Judge, game: Any) -> None:
    cache = Kept()

    def step(self: Any, commands: Any) -> Any:
        raise OSError("the disk is full")

    broken = type("Duel", (type(game),), {"step": step})()
    assert ask(cache, environment=broken).step == "environment"
    assert not cache
    assert ask(cache).step != "environment"


KEY = "ab" * 32


@pytest.fixture
def folder(tmp_path: Path) -> FolderCache:
    return FolderCache(tmp_path / "verdicts")


@pytest.fixture
def verdict() -> Verdict:
    return Verdict(approved=True, reason="fine", proof="simulated", step="floor", seed=3)


def test_a_verdict_survives_in_a_folder_that_is_ones_own(
    folder: FolderCache, verdict: Verdict
) -> None:
    assert folder.get(KEY) is None
    folder.put(KEY, verdict)
    assert folder.get(KEY) == verdict
    assert folder.folder.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in folder.folder.iterdir()] == [f"{KEY}.json"]


def test_what_is_damaged_or_under_another_name_is_left_out_and_replaced(
    folder: FolderCache, verdict: Verdict
) -> None:
    folder.put(KEY, verdict)
    file = folder.folder / f"{KEY}.json"
    good = file.read_bytes()
    whole = good.replace(b'"approved":true', b'"approved":false')
    for data in (b"", good[:-1], whole, b"x" * (1 << 21), good[:64] + b"[" * 90_000):
        file.write_bytes(data)
        assert folder.get(KEY) is None
    file.write_bytes(good)
    other = KEY[::-1]
    file.rename(folder.folder / f"{other}.json")
    assert folder.get(other) is None
    folder.put(other, verdict)
    assert folder.get(other) == verdict


def test_links_pipes_and_folders_of_others_are_not_read(
    folder: FolderCache, verdict: Verdict, tmp_path: Path
) -> None:
    folder.put(KEY, verdict)
    file = folder.folder / f"{KEY}.json"
    file.rename(tmp_path / "elsewhere.json")
    file.symlink_to(tmp_path / "elsewhere.json")
    assert folder.get(KEY) is None
    file.unlink()
    os.mkfifo(file)
    assert folder.get(KEY) is None
    folder.put(KEY, verdict)
    assert folder.get(KEY) == verdict
    folder.folder.chmod(0o777)
    assert folder.get(KEY) is None
    (tmp_path / "file").write_text("")
    blocked = FolderCache(tmp_path / "file" / "verdicts")
    blocked.put(KEY, verdict)
    assert blocked.get(KEY) is None


def test_the_folder_does_not_grow_without_end(folder: FolderCache, verdict: Verdict) -> None:
    for i in range(KEPT + 5):
        folder.put(f"{i:064x}", verdict)
    assert len(list(folder.folder.iterdir())) == KEPT
    assert folder.get(f"{KEPT + 4:064x}") == verdict
