"""Forgetting an episode gives what never having seen it would give."""

import pytest

from astraweave.learning.controls import freeze
from astraweave.learning.rows import known
from astraweave.learning.statistics import LearnerState
from astraweave.learning.target import targets
from astraweave.memory import open_memory

PAIR = ("robin", "mira")
TACTICS = ("guard", "rush")


def learned(store):
    """The statistics and evidence without what is counted of the steps themselves."""
    found = known(store, *PAIR)
    state = LearnerState.decoded(found.state.encoded())
    state.revision = state.spent = state.proposals = 0
    state.evidence = found.evidence.encoded()
    return state


def play(store, game, fight, step, numbers):
    freeze(store, *PAIR)
    for number in numbers:
        actions = ("strike",) * (number % 4 + 1) + ("dodge",) * (number % 3)
        store.write(fight(number, actions=actions, decisions=10 + number, success=number % 2))
        step(store, game)


@pytest.mark.parametrize("gone", [(0,), (4,), (9,), (2, 3, 7), tuple(range(10))])
def test_statistics_and_target_weights_equal_never_having_seen_it(game, fight, step, gone):
    ends = []
    for seen_at_all in (True, False):
        with open_memory() as store:
            numbers = [n for n in range(10) if seen_at_all or n not in gone]
            play(store, game, fight, step, numbers)
            if seen_at_all:
                before = learned(store)
                assert store.forget(*[f"mira-{n:06d}" for n in gone]) == len(gone)
                assert learned(store) != before
            at_once = learned(store)
            step(store, game)
            assert learned(store) == at_once
            prior = {"guard": 0.3, "rush": -0.2}
            report = step(store, game)
            ends.append((at_once, targets(at_once, TACTICS, prior), report.profile.playstyle))
            assert {name for name, _ in store.rows(*PAIR)} == {
                f"mira-{n:06d}" for n in range(10) if n not in gone
            }
    assert ends[0] == ends[1]


def test_an_episode_that_only_faded_stays_in_the_statistics(game, fight, step):
    with open_memory() as store:
        play(store, game, fight, step, range(6))
        before = learned(store)
        assert len(store.decay(1e12)) >= 6
        assert store.episode_ids() == ()
        assert learned(store) == before
        step(store, game)
        assert learned(store) == before
