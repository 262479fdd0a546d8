from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from astraweave.behavior import Tree
from astraweave.errors import EnvironmentFailure, ScenarioError
from astraweave.model.ports import BatchStep
from astraweave.model.scenario import Scenario
from astraweave.model.weights import WeightSet
from astraweave.sandbox import Played, play, policy_of
from astraweave.sandbox.played import NON_FINITE

COLUMNS = ("seeds", "outcomes", "counts", "first", "ticks", "decisions", "changes")


@pytest.fixture
def run(
    game: Any,
    tree: Tree,
    scenarios: tuple[Scenario, ...],
    weights: Callable[..., WeightSet],
) -> Callable[..., Played]:
    def go(seeds: Any, environment: Any = None, **more: Any) -> Played:
        env = game if environment is None else environment
        seeds = np.asarray(seeds, dtype=np.int64)
        return play(env, policy_of(env, tree, weights()), scenarios[0], seeds, **more)

    return go


def faulty(game: Any, **methods: Any) -> Any:
    """The duel with some of its methods replaced."""
    return type("Faulty", (type(game),), methods)()


def assert_same(one: Played, other: Played) -> None:
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def test_the_result_of_a_seed_does_not_depend_on_the_chunk(run: Callable[..., Played]) -> None:
    seeds = np.arange(100, 140)
    whole = run(seeds)
    assert_same(whole, run(seeds, chunk=7))
    assert_same(whole, run(seeds, chunk=1))


def test_the_result_of_a_seed_does_not_depend_on_its_neighbours(
    run: Callable[..., Played],
) -> None:
    seeds = np.arange(100, 140)
    backwards = run(seeds[::-1])
    whole = run(seeds)
    np.testing.assert_array_equal(whole.outcomes, backwards.outcomes[::-1])
    np.testing.assert_array_equal(whole.decisions, backwards.decisions[::-1])


def test_players_are_asked_for_by_the_seeds_of_each_chunk(run: Callable[..., Played]) -> None:
    asked: list[int] = []

    def players(seeds: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        asked.append(len(seeds))
        return np.full(len(seeds), 4.0)

    strong = run(np.arange(200), players=players, chunk=64)
    assert asked == [64, 64, 64, 8]
    assert strong.outcome("success").mean() > run(np.arange(200)).outcome("success").mean()


def test_no_episode_outlasts_the_scenario_whatever_the_environment_says(
    game: Any, run: Callable[..., Played]
) -> None:
    def step(self: Any, commands: Any) -> BatchStep:
        given = type(game).step(self, commands)
        on = np.zeros(len(commands), dtype=np.bool_)
        return given._replace(facts=given.facts.clip(0.0, 1.0), done=on)

    played = run([1, 2], faulty(game, step=step))
    assert played.ticks.tolist() == [41, 41]


@pytest.mark.parametrize(
    ("worth", "said"),
    [
        (1.5, r"must give fact 'foe' in \[0, 1\], gave 1.5;"),
        (-1e-3, r"must give fact 'foe' in \[0, 1\], gave -0.001;"),
        (1.0 + 1e-12, None),
    ],
)
def test_a_fact_outside_of_its_range_is_told_with_scenario_seed_and_step(
    game: Any, run: Callable[..., Played], worth: float, said: str | None
) -> None:
    def step(self: Any, commands: Any) -> BatchStep:
        given = type(game).step(self, commands)
        given.facts[(self.seeds == 105) & (self.t >= 4), 1] = worth
        return given

    if said is None:
        run(np.arange(100, 133), faulty(game, step=step))
        return
    with pytest.raises(EnvironmentFailure, match=f"hurt, seed 105, step 3: the environment {said}"):
        run(np.arange(100, 133), faulty(game, step=step))


def test_what_a_fact_is_after_the_end_means_nothing(game: Any, run: Callable[..., Played]) -> None:
    def step(self: Any, commands: Any) -> BatchStep:
        given = type(game).step(self, commands)
        given.facts[given.done] = -9.0
        return given

    alike = run([1, 2, 3], faulty(game, step=step))
    assert alike.outcomes.tolist() == run([1, 2, 3], game).outcomes.tolist()


def test_what_the_environment_raises_is_told_with_scenario_seed_and_step(
    game: Any, run: Callable[..., Played]
) -> None:
    def step(self: Any, commands: Any) -> BatchStep:
        if self.t == 3 and 105 in self.seeds:
            raise ZeroDivisionError("by nought")
        return type(game).step(self, commands)

    with pytest.raises(EnvironmentFailure) as caught:
        run(np.arange(100, 133), faulty(game, step=step))
    text = "scenario hurt, seed 105, step 3: the environment raised ZeroDivisionError: by nought"
    assert text in str(caught.value)


def test_a_failure_that_needs_company_names_the_batch(
    game: Any, run: Callable[..., Played]
) -> None:
    def reset(self: Any, scenario: Any, seeds: Any, players: Any = None) -> Any:
        if len(seeds) > 4:
            raise MemoryError
        return type(game).reset(self, scenario, seeds, players)

    with pytest.raises(EnvironmentFailure, match="a batch of 8 seeds, reset"):
        run(np.arange(8), faulty(game, reset=reset))


def test_an_environment_that_refuses_a_scenario_speaks_for_itself(
    game: Any, run: Callable[..., Played]
) -> None:
    def reset(self: Any, scenario: Any, seeds: Any, players: Any = None) -> Any:
        raise ScenarioError(what="too many foes")

    with pytest.raises(ScenarioError, match="too many foes"):
        run([1], faulty(game, reset=reset))


WRONG = {
    "a fact too many": lambda s: s._replace(facts=np.zeros((len(s.status), 5))),
    "facts of another type": lambda s: s._replace(facts=s.facts.astype(np.float32)),
    "a world too few": lambda s: s._replace(status=s.status[1:]),
    "no step at all": lambda s: None,
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_a_step_of_another_shape_is_refused(
    game: Any, run: Callable[..., Played], change: Callable[[BatchStep], Any]
) -> None:
    def step(self: Any, commands: Any) -> Any:
        return change(type(game).step(self, commands))

    with pytest.raises(EnvironmentFailure, match=r"scenario hurt, seed 1, step 0"):
        run([1], faulty(game, step=step))


def test_outcomes_of_another_shape_are_refused(game: Any, run: Callable[..., Played]) -> None:
    with pytest.raises(EnvironmentFailure, match="outcomes"):
        run([1], faulty(game, outcomes=lambda self: np.zeros((1, 2))))


def test_an_event_that_both_see_is_counted_together_and_dated_by_the_first(
    game: Any, run: Callable[..., Played]
) -> None:
    def outcomes(self: Any) -> Any:
        return type(game).outcomes(self) + np.where(self.seeds == 6, np.nan, 0.0)[:, None]

    def event_counts(self: Any) -> Any:
        first = np.where(self.seeds == 8, -1, 5)[:, None].astype(np.int32)
        return (first > 0).astype(np.int32), first

    both = faulty(game, events=(NON_FINITE,), outcomes=outcomes, event_counts=event_counts)
    played = run([6, 7, 8], both)
    assert played.events.count(NON_FINITE) == 1
    assert played.count(NON_FINITE).tolist() == [2, 1, 0]
    assert played.first_tick(NON_FINITE).tolist() == [5, 5, int(played.ticks[2])]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_fact_that_is_not_finite_ends_the_episode_and_is_an_event(
    game: Any, run: Callable[..., Played], bad: float
) -> None:
    def step(self: Any, commands: Any) -> BatchStep:
        given = type(game).step(self, commands)
        if self.t == 4:
            given.facts[self.seeds == 7, 1] = bad
        return given

    played = run([6, 7], faulty(game, step=step))
    assert played.count(NON_FINITE).tolist() == [0, 1]
    assert played.first_tick(NON_FINITE)[1] == 4
    assert played.ticks[1] == 4


def test_an_outcome_that_is_not_finite_is_an_event_at_the_end(
    game: Any, run: Callable[..., Played]
) -> None:
    def outcomes(self: Any) -> Any:
        return type(game).outcomes(self) * np.array([1, 1, np.nan, 1, 1, 1])

    played = run([6], faulty(game, outcomes=outcomes))
    assert played.count(NON_FINITE).tolist() == [1]
    assert played.first_tick(NON_FINITE).tolist() == played.ticks.tolist()
    assert np.isfinite(played.outcomes).all()


def test_ticks_are_the_environments(game: Any, run: Callable[..., Played]) -> None:
    coarse, fine = run([5]), run([5], faulty(game, step_ticks=6))
    assert fine.ticks.tolist() == [6 * int(coarse.ticks[0])]
