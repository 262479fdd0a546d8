"""A rejection's episode is made simple, and stays a rejection's episode."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astraweave.arena import Arena
from astraweave.behavior import Tree, load_tree
from astraweave.model.facts import Fact, FactSheet
from astraweave.model.ports import OUTCOMES, RUNNING, SUCCESS, BatchStep, Step
from astraweave.model.scenario import Scenario
from astraweave.model.verdict import Counterexample, Verdict
from astraweave.model.weights import WeightSet, designer_weights
from astraweave.sandbox import (
    LIMIT,
    RULES,
    GateSettings,
    Rule,
    load_scenarios,
    replay,
    validate,
)
from astraweave.sandbox.minimise import MOST_PLAYS, Sought, minimised
from astraweave.sandbox.replay import scenario_of
from astraweave.sandbox.simplest import simplest
from astraweave.sandbox.theatre import FITTED, Theatre

pytestmark = pytest.mark.compiled

Weights = Callable[..., WeightSet]
Judge = Callable[..., Verdict]


def shown_by(verdict: Verdict) -> Counterexample:
    assert not verdict.approved
    assert verdict.counterexample is not None
    return verdict.counterexample


def test_a_break_is_shown_in_the_simplest_draw_and_at_the_decision_that_made_it(
    judge: Judge,
    weights: Weights,
    game: Any,
    tree: Tree,
    reckless: Tree,
    scenarios: tuple[Scenario, ...],
) -> None:
    shown = shown_by(judge(weights(), tree=reckless, deployed_tree=tree))
    assert shown.draw == {"player_health": 0.5}
    assert 0 < shown.plays <= MOST_PLAYS + 64
    frames = replay(game, reckless, weights(), scenario_of(shown, scenarios), shown.seed)
    assert next(f.tick for f in frames if "harmed_player" in f.events) == shown.tick
    assert frames[0].facts["player_health"] == 0.5
    decided = next(frame for frame in frames if frame.tick == shown.first_tick)
    assert decided.command == "shoot"
    assert decided.chosen
    assert shown.first_tick == shown.tick


def test_it_comes_no_later_than_what_was_found(
    judge: Judge, weights: Weights, tree: Tree, reckless: Tree
) -> None:
    for seed in range(3):
        verdict = judge(weights(), tree=reckless, deployed_tree=tree, seed=seed)
        shown = shown_by(verdict)
        first, _, more = verdict.reason.partition("; minimised: ")
        assert shown.tick <= int(first.rpartition("tick ")[2])
        here = f"seed {shown.seed}, tick {shown.tick}"
        assert (more or first).endswith(here)


def test_a_pair_still_loses_clearly_and_starts_where_the_two_part(
    judge: Judge, weights: Weights, game: Any, tree: Tree, scenarios: tuple[Scenario, ...]
) -> None:
    candidate = weights(shoot=0.25)
    shown = shown_by(judge(candidate))
    assert (shown.rule, shown.against) == ("not worse", "deployed")
    scenario = scenario_of(shown, scenarios)
    assert all(low == high for low, high in scenario.ranges.values())
    mine = replay(game, tree, candidate, scenario, shown.seed)
    won = game.outcomes()[0, 0]
    theirs = replay(game, tree, weights(), scenario, shown.seed)
    assert (won, game.outcomes()[0, 0]) == (0.0, 1.0)
    first = next(i for i, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b)
    assert mine[first].tick == shown.first_tick
    assert mine[first].command != theirs[first].command
    assert shown.tick == len(mine)


def test_a_limit_is_shown_where_the_other_keeps_it(
    judge: Judge, weights: Weights, game: Any, tree: Tree, scenarios: tuple[Scenario, ...]
) -> None:
    candidate = weights(heal=0.25, shoot=0.25, strike=0.25)
    rules = tuple(rule for rule in RULES if rule.name == "letting_the_player_die")
    settings = GateSettings(rules=rules, limit_margin=0.01)
    shown = shown_by(judge(candidate, settings=settings))
    assert (shown.rule, shown.against) == ("letting_the_player_die", "deployed")
    scenario = scenario_of(shown, scenarios)
    events = [
        sum(frame.events.get("player_died_heal_ready", 0) for frame in frames)
        for frames in (
            replay(game, tree, candidate, scenario, shown.seed),
            replay(game, tree, weights(), scenario, shown.seed),
        )
    ]
    assert events == [1, 0]


def test_a_rule_about_what_never_happens_is_not_cut_short(
    judge: Judge, weights: Weights, game: Any, tree: Tree, scenarios: tuple[Scenario, ...]
) -> None:
    def unharmed(played: Any) -> Any:
        return (played.count("player_died_heal_ready") < 1) & (played.outcome("success") < 1)

    mine = Rule(
        "unharmed", "forbid", "minor", "fights", "No death.", unharmed, "player_died_heal_ready"
    )
    shown = shown_by(judge(weights(), settings=GateSettings(rules=(mine,))))
    frames = replay(game, tree, weights(), scenario_of(shown, scenarios), shown.seed)
    assert not any("player_died_heal_ready" in frame.events for frame in frames)
    assert game.outcomes()[0, 0] < 1.0
    assert shown.tick == len(frames)


def test_dithering_is_shown_from_the_first_of_the_choices_dropped(
    judge: Judge, weights: Weights, game: Any
) -> None:
    def step(self: Any, commands: Any) -> BatchStep:
        given = type(game).step(self, commands)
        return given._replace(status=np.full_like(given.status, 3))

    hasty = type("Hasty", (type(game),), {"step": step})()
    rules = tuple(
        Rule(r.name, "forbid", r.severity, r.unit, r.doc, r.broken, r.event)
        for r in RULES
        if r.name == "thrashing"
    )
    shown = shown_by(judge(weights(), environment=hasty, settings=GateSettings(rules=rules)))
    assert shown.rule == "thrashing"
    assert shown.tick - shown.first_tick >= 5


def test_a_game_that_fails_in_a_simpler_start_leaves_what_was_found(
    judge: Judge, weights: Weights, game: Any, tree: Tree, reckless: Tree
) -> None:
    def reset(self: Any, scenario: Scenario, seeds: Any, players: Any = None) -> Any:
        if scenario.ranges["player_health"][0] == scenario.ranges["player_health"][1]:
            raise ZeroDivisionError
        return type(game).reset(self, scenario, seeds, players)

    brittle = type("Brittle", (type(game),), {"reset": reset})()
    verdict = judge(weights(), environment=brittle, tree=reckless, deployed_tree=tree)
    shown = shown_by(verdict)
    assert verdict.step == "safety"
    assert (shown.draw, shown.plays) == ({}, 0)
    assert verdict.reason.endswith(f"seed {shown.seed}, tick {shown.tick}")


def test_an_approved_verdict_plays_no_episode_more(judge: Judge, weights: Weights) -> None:
    class Told:
        episodes = 0

        def __call__(self, _stage: str, _done: float, episodes: int) -> None:
            self.episodes = episodes

    told = Told()
    verdict = judge(weights(), progress=told)
    assert verdict.approved
    assert verdict.episodes == told.episodes


ARROWS = """<root BTCPP_format="4" main_tree_to_execute="Bow">
  <BehaviorTree ID="Bow">
    <WeightedFallback name="tactics">
      <Action ID="loose"/>
      <Action ID="wait"/>
    </WeightedFallback>
  </BehaviorTree>
</root>
"""


def test_a_pair_that_hardly_any_seed_shows_is_one_draw_stated_whole() -> None:
    arena, tree, rule = (
        Arena(),
        load_tree("companion.xml"),
        next(r for r in RULES if r.name == "letting_the_player_die"),
    )
    (ambush,) = (s for s in load_scenarios("all") if s.name == "ambush")
    moved = {"heal_player": 0.8, "covering_fire": 1.2}
    theatre = Theatre(arena, (ambush,), {FITTED: arena.archetypes}, seed=0, number=1)
    theatre.add("candidate", tree, WeightSet(version=1, weights=moved))
    theatre.add("deployed", tree, designer_weights(tree.tactics))
    mine, theirs = (theatre.pairs(name, 0, 0, 3000) for name in ("candidate", "deployed"))
    (rare, *_) = np.flatnonzero(rule.breaks(mine) & ~rule.breaks(theirs))
    found = Counterexample(
        rule=rule.name,
        scenario="ambush",
        seed=int(mine.seeds[rare]),
        tick=int(mine.first_tick(rule.event)[rare]),
        against="deployed",
    )
    # Its neighbours in number show nothing.
    shown = minimised(theatre, Sought(found, (), rule), lambda outcomes: outcomes[:, 0])
    opened = {name for name, (low, high) in ambush.ranges.items() if low < high}
    assert (set(shown.draw), shown.free) == (opened, ())
    assert 0 < shown.plays <= MOST_PLAYS + 64
    scenario = scenario_of(shown, [ambush])
    assert all(low == high for low, high in scenario.ranges.values())
    simple = sum(shown.draw[name] in simplest(*ambush.ranges[name]) for name in opened)
    assert simple > len(opened) / 2
    broken = [
        any(rule.event in frame.events for frame in replay(*play, arena.archetypes))
        for play in (
            (arena, tree, WeightSet(version=1, weights=moved), scenario, shown.seed),
            (arena, tree, designer_weights(tree.tactics), scenario, shown.seed),
        )
    ]
    assert broken == [True, False]


class Bow:
    """One world: an arrow that was loosed flies for `flight` steps, and hits a friend."""

    facts = FactSheet([Fact("flying", "", 0.0, 9.0)])
    actions = ("loose", "wait")
    events = ("harmed_player",)
    ranges = ("flight", "wind")
    step_seconds = 1.0

    def reset(self, scenario: Scenario, seed: int) -> dict[str, float]:
        self.flight = int(scenario.ranges["flight"][0])
        self.t, self.left, self.calm = 0, 0, seed % 3 == 0
        return {"flying": 0.0}

    def step(self, action: str | None) -> Step:
        self.t += 1
        hit = self.left == 1
        self.left = max(0, self.left - 1)
        if action == "loose" and self.left == 0 and not hit and not self.calm:
            self.left = self.flight
        events = ("harmed_player",) if hit else ()
        status = SUCCESS if self.t % 2 == 0 else RUNNING
        return Step({"flying": float(self.left)}, status, None, events, self.t >= 12)

    def outcome(self) -> dict[str, float]:
        return dict.fromkeys(OUTCOMES, 0.0) | {"success": 1.0, "seconds": float(self.t)}


@pytest.fixture
def shot(tmp_path: Path) -> tuple[Tree, Scenario, Counterexample]:
    path = tmp_path / "bow.xml"
    path.write_text(ARROWS, "utf-8")
    tree = load_tree(path)
    scenario = Scenario(
        name="range",
        description="",
        threat=0.0,
        seconds=12.0,
        ranges={"flight": (4.0, 4.0), "wind": (0.25, 0.45)},
    )
    weights = designer_weights(tree.tactics)
    verdict = validate(
        Bow(), tree, weights, weights, scenarios=[scenario], reward=lambda o: o[:, 0], span=1.0
    )
    return tree, scenario, shown_by(verdict)


def test_an_arrow_is_blamed_on_who_loosed_it_not_on_who_waited_when_it_hit(
    shot: tuple[Tree, Scenario, Counterexample],
) -> None:
    tree, scenario, shown = shot
    played = fixed_scenario = scenario_of(shown, [scenario])
    frames = replay(Bow(), tree, designer_weights(tree.tactics), fixed_scenario, shown.seed)
    hit = next(i for i, frame in enumerate(frames) if "harmed_player" in frame.events)
    assert shown.tick == hit + 1
    decided = next(i for i, frame in enumerate(frames) if frame.tick == shown.first_tick)
    assert frames[decided].command == "loose"
    assert hit - 5 <= decided <= hit - 4
    assert any(frame.command == "wait" for frame in frames[decided:hit]) or decided == hit - 4
    assert played.ranges == {"flight": (4.0, 4.0), "wind": (0.3, 0.3)}


def test_a_game_of_one_world_is_minimised_with_few_plays(
    shot: tuple[Tree, Scenario, Counterexample],
) -> None:
    assert 0 < shot[2].plays < 60
    assert (shot[2].draw, shot[2].free) == ({"wind": 0.3}, ())


def test_a_limit_that_is_a_rule_of_ones_own_is_minimised_too(
    judge: Judge, weights: Weights
) -> None:
    def slow(played: Any) -> Any:
        return played.outcome("seconds") > 4.0

    mine = Rule("slow", LIMIT, "minor", "fights", "It takes more than 4 s.", slow)
    settings = GateSettings(rules=(mine,), limit_margin=0.01)
    candidate = weights(shoot=0.25, strike=0.25)
    shown = shown_by(judge(candidate, settings=settings, reward=lambda o: 0.0 * o[:, 0]))
    assert shown.rule == "slow"
    assert shown.draw
    assert shown.first_tick < shown.tick
