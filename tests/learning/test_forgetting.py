"""Forgetting an episode gives what never having seen it would give."""

import msgspec
import pytest

from astraweave.learning.controls import freeze
from astraweave.learning.rows import known
from astraweave.learning.statistics import LearnerState, typical
from astraweave.learning.target import targets
from astraweave.memory import open_memory
from astraweave.model.episode import EpisodeCategory, EpisodeOutcome

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
            after = learned(store)
            # The guard's account is made anew by the next step, which knows the tree.
            at_once.since = after.since
            assert after == at_once
            prior = {"guard": 0.3, "rush": -0.2}
            report = step(store, game)
            ends.append((at_once, targets(at_once, TACTICS, prior), report.profile.playstyle))
            assert {name for name, _ in store.rows(*PAIR)} == {
                f"mira-{n:06d}" for n in range(10) if n not in gone
            }
    assert ends[0] == ends[1]


def test_an_episode_whose_row_was_lost_is_counted_once_and_learned_again_when_no_state_counts_it(
    game, fight, step
):
    with open_memory() as store, open_memory() as other:
        play(store, game, fight, step, range(6))
        before = learned(store)
        with store._link.transaction() as db:  # as a repair leaves it that found no backup
            db.execute("DELETE FROM statistics WHERE episode = 'mira-000002'")
        assert store.unlearned(*PAIR) == ()
        step(store, game)
        assert learned(store) == before
        store.forget("mira-000005")
        assert store.unlearned(*PAIR) == ("mira-000002",)
        step(store, game)
        assert store.unlearned(*PAIR) == ()
        play(other, game, fight, step, (0, 1, 3, 4, 2))
        assert learned(store) == learned(other)
        assert store.rows(*PAIR) == other.rows(*PAIR)


def test_an_episode_that_only_faded_stays_in_the_statistics(game, fight, step):
    with open_memory() as store:
        play(store, game, fight, step, range(6))
        before = learned(store)
        assert len(store.decay(1e12)) >= 6
        assert store.episode_ids() == ()
        assert learned(store) == before
        step(store, game)
        assert learned(store) == before


def whole_life(game, fight, step, numbers, gone=()):
    """All that is left, byte by byte, when `numbers` were played and `gone` of them forgotten."""
    with open_memory() as store:
        freeze(store, *PAIR)
        for number in numbers:
            outcome = EpisodeOutcome(
                success_rating=(number * 7 % 10) / 10, duration_ms=10_000 + 4_000 * (number % 9)
            )
            actions = ("strike",) * (number % 5) + ("dodge",) * (1 + number * 3 % 4)
            category = EpisodeCategory.QUEST if number % 6 == 0 else EpisodeCategory.COMBAT
            more = {"outcome": outcome, "category": category}
            store.write(fight(number, actions=actions, decisions=8 + number % 7, **more))
            step(store, game)
        names = [f"mira-{number:06d}" for number in gone]
        for name in names:
            assert store.memory(name) is not None
        assert store.forget(*names) == len(names)
        assert all(store.memory(name) is None for name in names)
        report = step(store, game)
        state = learned(store)
        evidence = known(store, *PAIR).evidence
        text = b"".join(body for _, body in store.rows(*PAIR))
        return {
            "state": state.encoded(),
            "medians": [typical(state, category) for category in ("combat", "quest")],
            "rewards": state.rewards,
            "archetypes": evidence.encoded(),
            "profile": msgspec.json.encode(report.profile),
            "targets": targets(state, TACTICS, {"guard": 0.3, "rush": -0.2}),
            "rows": text,
            "episodes": report.episodes,
        }


@pytest.mark.parametrize("gone", [(3,), (13,), (0, 6, 12), tuple(range(1, 14, 2))])
def test_to_the_last_bit_nothing_remembers_a_forgotten_episode(game, fight, step, gone):
    kept = [number for number in range(14) if number not in gone]
    after = whole_life(game, fight, step, range(14), gone)
    never = whole_life(game, fight, step, kept)
    assert after == never
    assert after != whole_life(game, fight, step, kept[1:])
