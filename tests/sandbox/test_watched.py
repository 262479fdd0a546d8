"""A rule about a fact: what is counted, when it is dated, and that it is the same everywhere."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from astraweave.behavior import Tree
from astraweave.model.ports import BatchEnvironment
from astraweave.model.scenario import Scenario
from astraweave.model.verdict import Verdict
from astraweave.model.weights import WeightSet, designer_weights
from astraweave.sandbox import FORBID, LIMIT, RULES, GateSettings, Rule, play, policy_of, replay
from astraweave.sandbox.hands import processes
from astraweave.sandbox.thresholds import Threshold
from astraweave.sandbox.watched import watching
from tests.sandbox.conftest import Duel

LOW = Threshold("fact", "player_health", below=0.4)


def about(limit: Threshold, kind: str = LIMIT) -> Rule:
    return Rule("hurt", kind, "major", "fights", "Nearly down.", limit, limit.event)


def test_an_environment_that_no_rule_looks_at_is_left_alone(game: Duel) -> None:
    outcome = about(Threshold("outcome", "success", below=1.0))
    assert watching(game, (*RULES, outcome)) is game


def test_steps_outside_are_counted_and_dated_as_a_naive_loop_does(
    game: Duel, tree: Tree, scenarios: tuple[Scenario, ...]
) -> None:
    rule, seeds = about(LOW), np.arange(24)
    watched = watching(game, (rule,))
    assert isinstance(watched, BatchEnvironment)
    assert watched.content_hash() == game.content_hash()
    policy = policy_of(watched, tree, designer_weights(tree.tactics))
    played = play(watched, policy, scenarios[1], seeds)
    bare = play(game, policy, scenarios[1], seeds)
    np.testing.assert_array_equal(played.outcomes, bare.outcomes)
    counts, firsts = [], []
    for seed in seeds:
        frames = replay(game, tree, designer_weights(tree.tactics), scenarios[1], int(seed))
        # The facts of a frame are those before its step; the last step's are the game's.
        sensed = [frame.facts["player_health"] for frame in frames] + [game._facts()[0, 0]]
        low = [i for i, health in enumerate(sensed) if health < 0.4]
        counts.append(len(low))
        firsts.append(low[0] if low else -1)
    assert LOW.event is not None
    assert played.count(LOW.event).tolist() == counts
    column = played.events.index(LOW.event)
    assert played.first[:, column].tolist() == firsts
    assert rule.breaks(played).tolist() == [k > 0 for k in counts]
    assert 0 < sum(k > 0 for k in counts) < len(counts)


def test_what_is_outside_at_the_start_is_dated_tick_0(
    game: Duel, tree: Tree, scenarios: tuple[Scenario, ...]
) -> None:
    limit = Threshold("fact", "foe", above=0.99)
    watched = watching(game, (about(limit),))
    policy = policy_of(watched, tree, designer_weights(tree.tactics))
    played = play(watched, policy, scenarios[0], np.arange(4))
    assert played.first_tick(limit.event).tolist() == [0] * 4


def test_a_forbidden_fact_is_a_rejection_with_the_moment(
    judge: Callable[..., Verdict], weights: Callable[..., WeightSet]
) -> None:
    rules = GateSettings(p0=0.05, rules=(about(LOW, FORBID),))
    verdict = judge(weights(shoot=1.2), settings=rules)
    shown = verdict.counterexample
    assert (verdict.approved, verdict.step) == (False, "safety")
    assert shown is not None
    assert (shown.rule, shown.detail) == ("hurt", "Nearly down.")
    assert shown.tick > 0


@pytest.mark.compiled
def test_two_processes_count_the_same(
    judge: Callable[..., Verdict], weights: Callable[..., WeightSet]
) -> None:
    given: dict[str, Any] = {
        "settings": GateSettings(p0=0.05, limit_margin=0.2, max_pairs=320, rules=(about(LOW),))
    }
    alone = judge(weights(shoot=1.2), **given)
    with processes(2) as hands:
        assert judge(weights(shoot=1.2), hands=hands, **given) == alone
    assert alone.rules[0].breaks > 0


def test_a_batch_of_one_world_and_ticks_of_a_step_are_taken_over(game: Duel) -> None:
    for name, value in (("largest_batch", 1), ("step_ticks", 6)):
        setattr(game, name, value)
    watched: Any = watching(game, (about(LOW),))
    assert (watched.largest_batch, watched.step_ticks) == (1, 6)
    assert not hasattr(watched, "skill")


def test_facts_of_another_shape_are_the_environment_s_failure(
    judge: Callable[..., Verdict], weights: Callable[..., WeightSet]
) -> None:
    class Growing(Duel):
        def _facts(self) -> Any:
            facts = super()._facts()
            return np.hstack([facts, facts]) if self.t > 3 else facts

    settings = GateSettings(p0=0.05, rules=(about(LOW),))
    verdict = judge(weights(), environment=Growing(), settings=settings)
    assert verdict.step == "environment"
    assert "changed its facts: declared float64[" in verdict.reason
