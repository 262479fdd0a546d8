from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from astraweave.behavior import Tree
from astraweave.errors import EnvironmentFailure, UsageError
from astraweave.model.scenario import Scenario
from astraweave.model.verdict import Verdict
from astraweave.model.weights import WeightSet
from astraweave.sandbox import FORBID, LIMIT, RULES, SLOW, GateSettings, Rule, replay, scenario_of

# Each verdict plays thousands of episodes: seconds when compiled, minutes when not.
pytestmark = pytest.mark.compiled

Weights = Callable[..., WeightSet]
Judge = Callable[..., Verdict]


def test_equal_weights_are_approved(judge: Judge, weights: Weights) -> None:
    verdict = judge(weights())
    assert verdict.approved
    assert verdict.proof == "simulated"
    assert verdict.counterexample is None
    assert {result.mean for result in verdict.scenarios} == {0.5}
    assert 380 <= verdict.scenarios[0].pairs <= 420
    most, played = max(r.pairs for r in verdict.scenarios), verdict.figures["pairs_candidate"]
    assert f"decided after at most {most:,} of {played:,.0f} pairs" in verdict.reason


def test_better_weights_are_approved(judge: Judge, weights: Weights) -> None:
    verdict = judge(weights(shoot=2.0, wait=0.5))
    assert verdict.approved, verdict.reason
    assert verdict.figures["reward_candidate"] > verdict.figures["reward_deployed"]


def test_worse_weights_are_rejected_with_a_pair_that_shows_it(
    judge: Judge, weights: Weights
) -> None:
    verdict = judge(weights(shoot=0.25))
    assert not verdict.approved
    assert verdict.step == "not worse"
    assert "worse than the deployed weights" in verdict.reason
    assert verdict.counterexample is not None
    assert verdict.counterexample.rule == "not worse"
    assert "success 0" in verdict.counterexample.detail


def test_a_tree_without_its_guard_is_rejected_with_a_seed_that_replays_the_break(
    judge: Judge,
    weights: Weights,
    game: Any,
    tree: Tree,
    reckless: Tree,
    scenarios: tuple[Scenario, ...],
) -> None:
    verdict = judge(weights(), tree=reckless, deployed_tree=tree)
    shown = verdict.counterexample
    assert not verdict.approved
    assert verdict.step == "safety"
    assert shown is not None
    assert shown.rule == "harming_the_player"
    for part in (shown.rule, shown.scenario, "seed ", "tick "):
        assert part in verdict.reason
    scenario = scenario_of(shown, scenarios)
    frames = replay(game, reckless, weights(), scenario, shown.seed)
    harmed = [frame.tick for frame in frames if "harmed_player" in frame.events]
    assert harmed[0] == shown.tick
    assert frames[-1].tick > shown.tick


def test_a_designers_tree_that_breaks_a_rule_is_named_as_such(
    judge: Judge, weights: Weights, reckless: Tree
) -> None:
    verdict = judge(weights(), tree=reckless)
    assert not verdict.approved
    assert verdict.reason.startswith("the designer's own tree broke harming_the_player")
    assert verdict.counterexample is not None
    assert verdict.counterexample.policy == "designer"


def test_breaking_a_limit_more_often_is_rejected(judge: Judge, weights: Weights) -> None:
    def dead(played: Any) -> Any:
        return played.outcome("success") < 0.5

    losing = Rule("losing", LIMIT, "major", "fights", "The fight is lost.", dead)
    verdict = judge(
        weights(wait=4.0), settings=replace(SLOW, rules=(losing,)), reward=lambda o: o[:, 0] * 0.0
    )
    assert not verdict.approved
    assert verdict.step == "safety"
    assert "breaks losing more often" in verdict.reason
    assert verdict.counterexample is not None
    assert verdict.counterexample.detail == "The fight is lost."
    result = next(r for r in verdict.rules if r.rule == "losing")
    assert result.breaks > result.baseline_breaks
    assert not result.passed


def test_undecided_is_no(judge: Judge, weights: Weights) -> None:
    settings = replace(SLOW, first_pairs=8, max_pairs=30)
    verdict = judge(weights(shoot=1.1), settings=settings)
    assert not verdict.approved
    assert "did not show" in verdict.reason


def test_an_open_reward_question_is_no_too(judge: Judge, weights: Weights) -> None:
    settings = replace(SLOW, first_pairs=8, max_pairs=30, rules=())
    verdict = judge(weights(), settings=settings)
    assert not verdict.approved
    assert verdict.step == "not worse"
    assert "60 pairs did not show" in verdict.reason


def test_what_is_deployed_is_compared_and_so_are_the_designers_weights(
    judge: Judge, weights: Weights
) -> None:
    # As good as what is deployed, which has drifted far below the designer's.
    verdict = judge(weights(wait=3.0), weights(wait=3.0))
    assert {result.against for result in verdict.scenarios} == {"deployed", "designer"}
    assert not verdict.approved
    assert "worse than the designer weights" in verdict.reason


def test_a_policy_about_which_nothing_is_open_is_not_played_further(
    judge: Judge, weights: Weights
) -> None:
    # Far better than the designer's from the first chunk on, about as good as what is deployed.
    settings = replace(SLOW, first_pairs=64, rules=())
    verdict = judge(weights(shoot=4.0), weights(shoot=3.6), settings=settings)
    figures = verdict.figures
    assert figures["pairs_designer"] < figures["pairs_candidate"]
    assert figures["reward_designer"] < figures["reward_deployed"]


def test_the_same_arguments_give_the_same_verdict(judge: Judge, weights: Weights) -> None:
    encoded = {msgspec.json.encode(judge(weights(shoot=1.2))) for _ in range(2)}
    assert len(encoded) == 1


def test_another_number_plays_fresh_seeds_at_a_smaller_alpha(
    judge: Judge, weights: Weights
) -> None:
    first, second = judge(weights(wait=0.5)), judge(weights(wait=0.5), number=2)
    assert second.figures["alpha_k"] == pytest.approx(first.figures["alpha_k"] / 4)
    assert second.figures["safety_episodes"] > first.figures["safety_episodes"]
    assert first.figures["reward_candidate"] != second.figures["reward_candidate"]
    assert first.hashes["seeds"] != second.hashes["seeds"]


def test_the_bound_on_forbidden_rules_is_what_was_asked_for(judge: Judge, weights: Weights) -> None:
    verdict = judge(weights(wait=0.5))
    forbidden = [result for result in verdict.rules if result.kind == FORBID]
    assert forbidden
    assert all(0 < result.bound <= verdict.p0 and result.passed for result in forbidden)


def test_archetypes_play_half_of_the_safety_episodes(judge: Judge, weights: Weights) -> None:
    cast: dict[str, set[int]] = {"fitted": set(), "archetypes": set()}

    def players(who: str) -> Callable[[Any], Any]:
        def draw(seeds: Any) -> Any:
            cast[who].update(seeds.tolist())
            return np.ones(len(seeds))

        return draw

    verdict = judge(weights(), players=players("fitted"), safety_players=players("archetypes"))
    assert verdict.approved
    assert len(cast["archetypes"]) >= 348
    # What is compared is played with this person alone.
    assert len(cast["fitted"]) >= 348 + 640


def test_a_break_shown_by_an_archetype_says_so(
    judge: Judge, weights: Weights, tree: Tree, reckless: Tree
) -> None:
    # The duel states the player's skill as "resources": a rule that only archetypes break.
    def clumsy(played: Any) -> Any:
        return (played.count("harmed_player") > 0) & (played.outcome("resources") == 0.0)

    verdict = judge(
        weights(),
        tree=reckless,
        deployed_tree=tree,
        safety_players=lambda seeds: np.zeros(len(seeds)),
        settings=replace(SLOW, rules=(Rule("clumsy", FORBID, "critical", "hits", "", clumsy),)),
    )
    assert verdict.counterexample is not None
    assert verdict.counterexample.players == "archetypes"


def test_the_cap_holds_except_for_going_back(judge: Judge, weights: Weights) -> None:
    leap = judge(weights(origin="learned", shoot=1.3))
    assert (leap.approved, leap.step, leap.episodes) == (False, "static", 0)
    assert leap.reason == "shoot moved by 30%, at most 25% is allowed"
    step = judge(weights(origin="learned", shoot=1.25, wait=0.75))
    assert step.approved, step.reason


FAULTS = {
    "the tree has no tactic 'shot'; did you mean 'shoot'?": {"shot": 1.0},
    "the weight of shoot must be in [0.25, 4], got nan": {"shoot": float("nan")},
    "the weight of heal must be in [0.25, 4], got 9": {"heal": 9.0},
}


@pytest.mark.parametrize(("said", "factors"), FAULTS.items(), ids=FAULTS.keys())
def test_weights_are_checked_before_anything_is_played(
    judge: Judge, weights: Weights, said: str, factors: dict[str, float]
) -> None:
    verdict = judge(weights(**factors))
    assert (verdict.approved, verdict.step, verdict.episodes) == (False, "static", 0)
    assert said in verdict.reason


def test_an_empty_set_and_a_hostile_deployed_one_are_no(judge: Judge, weights: Weights) -> None:
    empty = WeightSet(version=1, weights={})
    assert judge(empty).reason == "the weight set is empty"
    assert "deployed weight" in judge(weights(), weights(shoot=0.0)).reason


def test_a_tactic_that_must_not_move_does_not(judge: Judge, weights: Weights) -> None:
    allowed = frozenset({"wait"})
    assert "shoot must not move" in judge(weights(shoot=1.1), whitelist=allowed).reason
    assert judge(weights(wait=0.9), whitelist=allowed).step != "static"


def test_a_tree_the_environment_cannot_play_is_no(
    judge: Judge, weights: Weights, write_tree: Callable[..., Tree]
) -> None:
    verdict = judge(weights(), tree=write_tree(("line_clear", "wind")))
    assert (verdict.approved, verdict.step) == (False, "static")
    assert "wind" in verdict.reason


def test_a_skipped_step_is_not_asked_and_the_verdict_says_so(
    judge: Judge, weights: Weights, tree: Tree, reckless: Tree
) -> None:
    def leaving_out(*steps: str) -> GateSettings:
        return replace(SLOW, limit_margin=0.05, rules=RULES[:4], skip=frozenset(steps))

    leap = judge(weights(origin="learned", shoot=1.5), settings=leaving_out("static"))
    assert leap.steps["static"] == "skipped"
    assert leap.approved, leap.reason
    assert leap.reason.endswith("(skipped: static)")
    about = {"tree": reckless, "deployed_tree": tree}
    harm = judge(weights(), **about, settings=leaving_out("safety", "floor"))
    assert harm.step != "safety"
    assert harm.figures["safety_episodes"] == 0
    assert {result.episodes for result in harm.rules} == {0}
    worse = judge(weights(shoot=0.25), settings=leaving_out("not worse", "floor"))
    assert worse.approved, worse.reason
    assert worse.scenarios == ()
    assert worse.steps == {
        "static": "passed",
        "safety": "passed",
        "not worse": "skipped",
        "floor": "skipped",
        "trial": "to come",
    }
    said = ("passed", "passed", "no", "not reached", "not reached")
    assert tuple(judge(weights(shoot=0.25)).steps.values()) == said


def test_weights_that_cannot_be_played_are_no_even_where_the_static_step_is_skipped(
    judge: Judge, weights: Weights
) -> None:
    skipping = replace(SLOW, skip=frozenset({"static"}))
    for odd in (float("nan"), -1.0, 0.0, 1e30):
        verdict = judge(weights(shoot=odd), settings=skipping)
        assert (verdict.approved, verdict.step, verdict.episodes) == (False, "static", 0)


def test_a_game_may_say_how_sure_it_can_afford_to_be(
    judge: Judge, weights: Weights, game: Any
) -> None:
    own = replace(SLOW, p0=0.02, limit_margin=0.05)
    verdict = judge(
        weights(), environment=type("Slow", (type(game),), {"gate": own})(), settings=None
    )
    assert (verdict.p0, verdict.alpha) == (0.02, 0.05)
    wrong = type("Wrong", (type(game),), {"gate": 0.05})()
    with pytest.raises(EnvironmentFailure, match="must be GateSettings"):
        judge(weights(), environment=wrong, settings=None)
    assert (GateSettings().p0, GateSettings().alpha) == (0.001, 0.001)


def test_progress_is_told_in_shares_and_episodes(judge: Judge, weights: Weights) -> None:
    told: list[tuple[str, float, int]] = []
    verdict = judge(weights(), progress=lambda *now: told.append(now))
    assert {stage for stage, _, _ in told} >= {"safety of the designer", "comparing"}
    assert all(0.0 <= done <= 1.0 for _, done, _ in told)
    for stage in {stage for stage, _, _ in told}:
        shares = [done for said, done, _ in told if said == stage]
        assert shares == sorted(shares)
    counts = [episodes for _, _, episodes in told]
    assert counts == sorted(counts)
    assert counts[-1] == verdict.episodes


def test_everything_that_decides_is_in_the_hashes(
    judge: Judge, weights: Weights, tree: Tree, reckless: Tree, scenarios: tuple[Scenario, ...]
) -> None:
    # Refused before anything is played, so that only the hashes take time.
    base = judge(weights(shot=1.0)).hashes
    changed = {
        "candidate": judge(weights(shot=1.1)),
        "deployed": judge(weights(shot=1.0), weights(wait=2.0)),
        "scenarios": judge(weights(shot=1.0), scenarios=scenarios[:1]),
        "rules": judge(
            weights(shot=1.0), settings=replace(SLOW, limit_margin=0.05, rules=RULES[:2])
        ),
        "settings": judge(weights(shot=1.0), settings=replace(SLOW, alpha=0.01)),
        "reward": judge(weights(shot=1.0), reward_name="another"),
        "tree": judge(weights(shot=1.0), tree=reckless, deployed_tree=tree),
        "players": judge(weights(shot=1.0), players=lambda s: np.zeros(len(s))),
        "seeds": judge(weights(shot=1.0), seed=12),
    }
    for name, verdict in changed.items():
        assert verdict.hashes[name] != base[name], name


BAD_SETTINGS: list[dict[str, Any]] = [
    {"alpha": 0.0},
    {"p0": 1.0},
    {"s0": 0.51},
    {"floor": 0.499},
    {"first_pairs": 0},
    {"max_pairs": 10},
    {"rules": (RULES[0], RULES[0])},
    {"skip": frozenset({"saftey"})},
    {"skip": frozenset({"safety", "not worse", "floor"})},
]


@pytest.mark.parametrize("odd", BAD_SETTINGS)
def test_settings_that_would_prove_nothing_are_refused(odd: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="GateSettings"):
        GateSettings(**odd)
