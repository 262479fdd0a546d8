"""Rows `verdict` and `verdict_strata`: from weights to the gate's answer, at its defaults.

Both at k = 1, warm, on all cores, with a player drawn from a profile of twenty episodes, and
without the cache that would answer the second time.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from os import cpu_count

import numpy as np

from astraweave.arena import Arena
from astraweave.behavior import Tree, load_tree
from astraweave.learning import Game, LearnSettings
from astraweave.learning.judge import cast_of, judge
from astraweave.model.profile import PreferenceProfile
from astraweave.model.scenario import Scenario
from astraweave.model.verdict import Verdict
from astraweave.model.weights import WeightSet, designer_weights
from astraweave.playstyle import FEATURES, Evidence, profile_of, update
from astraweave.sandbox import load_scenarios, play, policy_of
from astraweave.sandbox.scenario import ALL
from bench.harness import Operation, Operations, Row

ROUNDS = 3
GOAL_S, GOAL_STRATA_S = 1.0, 10.0


def verdict() -> Row:
    """Of the three scenarios."""
    return _row("verdict", load_scenarios(), GOAL_S)


def verdict_strata() -> Row:
    """Of the three and all strata that attack the gate."""
    return _row("verdict_strata", load_scenarios(ALL), GOAL_STRATA_S)


def _row(name: str, scenarios: tuple[Scenario, ...], goal_s: float) -> Row:
    """The best of a few: whatever else runs here only adds. Reference: the same episodes, bare."""
    answer = _ask(scenarios)
    times = np.empty((ROUNDS, 2))
    for i in range(ROUNDS):
        start = time.perf_counter()
        answer = _ask(scenarios)
        middle = time.perf_counter()
        bare = _bare(scenarios, answer.episodes)
        times[i] = middle - start, (time.perf_counter() - middle) * answer.episodes / bare
    value, least = times.min(axis=0)
    word = "approved" if answer.approved else f"rejected ({answer.step})"
    return Row(
        name=name,
        what=f"a whole verdict, {len(scenarios)} scenarios, k = 1, warm, {cpu_count()} cores",
        value=float(value),
        unit="s",
        goal=f"≤ {goal_s:g} s",
        reference=float(least),
        ratio=float(value / least),
        met=bool(value <= goal_s),
        detail=f"{answer.episodes:,} episodes, {word}; reference: as many episodes, only played",
    )


def _profile() -> PreferenceProfile:
    evidence, row = Evidence(), np.zeros(len(FEATURES))
    row[:2] = 30, 40
    for _ in range(20):
        evidence = update(evidence, row, {"strike": 30, "block": 10})
    return profile_of(evidence, player_id="robin", companion_id="mira", now=0.0)


def _ask(scenarios: tuple[Scenario, ...]) -> Verdict:
    """One capped step, against the designer's weights."""
    arena, tree = Arena(), load_tree("companion.xml")
    game = Game(
        tree=tree,
        vocabulary=arena.vocabulary,
        sheet=arena.facts,
        environment=arena,
        scenarios=scenarios,
    )
    factors = dict.fromkeys(tree.tactics, 1.0) | {"heal_player": 1.2, "covering_fire": 0.9}
    return judge(
        game,
        WeightSet(version=1, weights=factors),
        designer_weights(tree.tactics),
        cast_of(arena, _profile()),
        settings=LearnSettings(),
        seed=1,
    )


def _bare(scenarios: tuple[Scenario, ...], episodes: int) -> int:
    """Play about so many episodes on all cores, one call a core and scenario; returns how many."""
    tree, workers = load_tree("companion.xml"), cpu_count() or 1
    each = max(1, episodes // (len(scenarios) * workers))
    with ThreadPoolExecutor(workers) as pool:
        part = partial(_one_core, scenarios, tree, each)
        return sum(pool.map(part, range(workers)))


def _one_core(scenarios: tuple[Scenario, ...], tree: Tree, each: int, core: int) -> int:
    arena, profile = Arena(), _profile()
    policy = policy_of(arena, tree, designer_weights(tree.tactics))
    seeds = np.arange(core * each, (core + 1) * each)
    for scenario in scenarios:
        play(arena, policy, scenario, seeds, partial(arena.players, profile))
    return each * len(scenarios)


@contextmanager
def _three() -> Iterator[Operation]:
    yield partial(_ask, load_scenarios())


@contextmanager
def _all() -> Iterator[Operation]:
    yield partial(_ask, load_scenarios(ALL))


OPERATIONS: Operations = {"verdict": _three, "verdict_strata": _all}
