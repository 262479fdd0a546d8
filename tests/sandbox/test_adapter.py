import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astraweave.behavior import Tree
from astraweave.errors import EnvironmentFailure, UsageError
from astraweave.model.facts import Fact, FactSheet
from astraweave.model.ports import OUTCOMES, SUCCESS, Step
from astraweave.model.scenario import Scenario
from astraweave.model.verdict import Verdict
from astraweave.model.weights import WeightSet
from astraweave.sandbox import GateSettings, play, policy_of, vectorised

SMALL = GateSettings(p0=0.2, alpha=0.05, first_pairs=420, max_pairs=420, limit_margin=0.05)


class Corridor:
    """One world, no arrays: two steps of shooting win, unless something else was tried."""

    facts = FactSheet(
        Fact(name, "", 0.0, 1.0) for name in ("player_health", "foe", "line_clear", "heal_ready")
    )
    actions = ("shoot", "strike", "heal", "wait")
    events = ("harmed_player",)
    ranges = ("player_health",)
    step_seconds = 0.25

    def reset(self, scenario: Scenario, seed: int) -> dict[str, float]:
        self.foe, self.harm = 1.0, seed == 3
        self.t = 0
        return self._facts()

    def _facts(self) -> dict[str, float]:
        return {"player_health": 0.5, "foe": self.foe, "line_clear": 1.0, "heal_ready": 1.0}

    def step(self, action: str | None) -> Step:
        self.t += 1
        self.foe -= 0.25 if action == "shoot" else 0.125
        events = ("harmed_player",) if self.harm and self.t == 2 else ()
        return Step(self._facts(), SUCCESS, 0.5, events, self.foe <= 0.0)

    def outcome(self) -> dict[str, float]:
        return dict.fromkeys(OUTCOMES, 0.0) | {"success": 1.0, "seconds": self.t / 4}


def test_a_batch_environment_is_left_as_it_is(game: Any) -> None:
    assert vectorised(game) is game


def test_a_game_of_one_world_plays_many_seeds_one_by_one(
    tree: Tree, scenarios: tuple[Scenario, ...], weights: Callable[..., WeightSet]
) -> None:
    env = vectorised(Corridor())
    policy = policy_of(env, tree, weights())
    played = play(env, policy, scenarios[0], np.arange(6, dtype=np.int64))
    assert played.count("harmed_player").tolist() == [0, 0, 0, 1, 0, 0]
    assert played.first_tick("harmed_player")[3] == 2
    assert played.outcome("success").tolist() == [1.0] * 6
    assert len(env.content_hash()) == 16


def test_a_game_of_one_world_passes_the_same_gate(
    judge: Callable[..., Verdict], weights: Callable[..., WeightSet]
) -> None:
    verdict = judge(weights(), environment=Corridor(), settings=SMALL)
    assert verdict.approved, verdict.reason


def test_its_own_hash_and_vocabulary_are_used_where_it_has_them(game: Any) -> None:
    corridor = Corridor()
    corridor.content_hash = lambda: "own"  # type: ignore[attr-defined]
    corridor.vocabulary = game.vocabulary  # type: ignore[attr-defined]
    env = vectorised(corridor)
    assert env.content_hash() == "own"
    assert env.vocabulary is game.vocabulary


def test_more_than_one_world_at_once_is_refused(scenarios: tuple[Scenario, ...]) -> None:
    with pytest.raises(UsageError, match="one world at a time"):
        vectorised(Corridor()).reset(scenarios[0], np.arange(2, dtype=np.int64))


ODD: dict[str, dict[str, Any]] = {
    "foe missing": {"_facts": lambda self: {"player_health": 0.5}},
    "event 'danced' is not declared": {
        "step": lambda self, action: Step(self._facts(), SUCCESS, events=("danced",))
    },
    "outcome must give": {"outcome": lambda self: {"success": 1.0}},
}


@pytest.mark.parametrize(("said", "methods"), ODD.items(), ids=ODD.keys())
def test_what_was_not_declared_is_refused_with_seed_and_step(
    tree: Tree,
    scenarios: tuple[Scenario, ...],
    weights: Callable[..., WeightSet],
    said: str,
    methods: dict[str, Any],
) -> None:
    env = vectorised(type("Odd", (Corridor,), methods)())
    policy = policy_of(env, tree, weights())
    with pytest.raises(EnvironmentFailure) as caught:
        play(env, policy, scenarios[0], np.array([9], dtype=np.int64))
    assert "scenario hurt, seed 9" in str(caught.value)
    assert said.split(maxsplit=1)[0] in str(caught.value)


def loaded(file: Path, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


GAME = """from tests.sandbox.test_adapter import Corridor


class Long(Corridor):
    damage = {damage}
"""


def test_the_hash_is_of_the_code_that_was_met_not_of_what_was_edited_since(tmp_path: Path) -> None:
    file = tmp_path / "long.py"
    file.write_text(GAME.format(damage=1), "utf-8")
    running = loaded(file, "long_running").Long
    before = vectorised(running()).content_hash()
    file.write_text(GAME.format(damage=2), "utf-8")
    assert vectorised(running()).content_hash() == before
    assert vectorised(loaded(file, "long_later").Long()).content_hash() != before


def test_the_hash_covers_the_files_a_class_derives_from(tmp_path: Path) -> None:
    base, file = tmp_path / "long_base.py", tmp_path / "derived.py"
    file.write_text("from long_base import Long\n\n\nclass Derived(Long):\n    pass\n", "utf-8")
    hashes = []
    for damage in (1, 2):
        base.write_text(GAME.format(damage=damage), "utf-8")
        loaded(base, "long_base")
        hashes.append(vectorised(loaded(file, "derived").Derived()).content_hash())
    assert hashes[0] != hashes[1]
