"""The whole step: each episode once, in one transaction, whoever else is learning."""

from dataclasses import replace

import pytest

from astraweave.errors import StoreError
from astraweave.learning import status, why
from astraweave.learning.controls import freeze
from astraweave.learning.deployment import reset
from astraweave.learning.rows import absorb, known
from astraweave.learning.statistics import EpisodeRow, LearnerState
from astraweave.memory import open_memory
from astraweave.model.learned import LearningCommit
from astraweave.playstyle import Evidence
from astraweave.playstyle.archetypes import Archetype, Library

PAIR = ("robin", "mira")
WHO = {"player_id": "robin", "companion_id": "mira"}


# -- each once ---------------------------------------------------------------------------------


def test_several_episodes_are_learned_in_one_step_and_each_once(store, game, fight, step):
    for number in range(5):
        store.write(fight(number))
    first, again = step(store, game), step(store, game)
    assert (first.learned, first.episodes) == (5, 5)
    assert (again.learned, again.episodes) == (0, 5)
    assert len(store.rows(*PAIR)) == 5


def test_a_step_that_finds_nothing_new_writes_nothing(store, game, fight, step):
    store.write(fight(1))
    step(store, game)
    before = store.figures()["commits"], store.state(*PAIR)
    assert "nothing to change" in step(store, game).message
    assert (store.figures()["commits"], store.state(*PAIR)) == before


def test_a_step_that_could_not_be_stored_is_taken_whole_the_next_time(
    store, game, fight, monkeypatch, step
):
    for number in range(12):
        store.write(fight(number))

    def full(_commit):
        raise StoreError(what="the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(store, "commit", full)
        with pytest.raises(StoreError, match="disk is full"):
            step(store, game)
    assert store.state(*PAIR) is None
    assert store.verdicts(*PAIR) == ()
    assert step(store, game).learned == 12


def test_learning_one_by_one_or_together_gives_the_same_statistics(game, fight, step):
    states = []
    for at_once in (False, True):
        with open_memory(":memory:") as memory:
            freeze(memory, *PAIR)
            for number in range(8):
                memory.write(fight(number))
                if not at_once:
                    step(memory, game)
            step(memory, game)
            state = LearnerState.decoded(memory.state(*PAIR))
            state.revision = 0
            states.append(state)
    assert states[0] == states[1]


def test_one_proposal_is_made_for_an_episode_played(store, game, fight, step):
    for number in range(12):
        store.write(fight(number))
    reports = [step(store, game) for _ in range(14)]
    assert sum(r.proposal is not None for r in reports) <= 12
    assert reports[-1].proposal is None
    assert "nothing to change" in reports[-1].message


# -- two at a time -----------------------------------------------------------------------------


@pytest.fixture
def overtaken(tmp_path, game, fight, monkeypatch):
    """A save, and a way to do something in it from outside just before a step commits."""
    with open_memory(tmp_path / "s.db") as store:
        for number in range(12):
            store.write(fight(number))
        commit = store.commit

        def meanwhile(work):
            def once(given):
                monkeypatch.setattr(store, "commit", commit)
                with open_memory(tmp_path / "s.db", recover=False) as other:
                    work(other)
                commit(given)

            monkeypatch.setattr(store, "commit", once)

        yield store, meanwhile


def test_two_processes_that_learn_at_once_count_no_episode_twice(overtaken, game, step):
    store, meanwhile = overtaken
    meanwhile(lambda other: step(other, game))
    report = step(store, game)
    assert (report.learned, report.episodes) == (0, 12)
    counted = known(store, *PAIR).state.tactics["guard"].N
    assert counted == pytest.approx(sum(10 * 0.95**k for k in range(12)))


def test_a_reset_while_a_step_is_being_taken_is_not_overwritten(overtaken, game, step):
    store, meanwhile = overtaken
    step(store, game)
    store.flush()
    meanwhile(lambda other: reset(other, game, *PAIR, now=2e9))
    step(store, game)
    actions = [d.action for d in store.deployments(*PAIR)]
    assert "reset" in actions
    assert known(store, *PAIR).state.tactics.get("guard") is None


def test_a_stale_state_is_refused_by_the_store_itself(store, game, fight, step):
    store.write(fight(1))
    step(store, game)
    stale = LearningCommit(**WHO, state=b"x", read=b"never was there", guarded=True)
    with pytest.raises(StoreError, match="has changed since"):
        store.commit(stale)


def test_who_fits_no_archetype_is_called_unknown_by_why_and_status(store, game, fight, step):
    kinds = {"healer": {"support": 1.0}, "archer": {"ranged": 1.0}}
    library = Library(archetypes={name: Archetype(kinds=each) for name, each in kinds.items()})
    game = replace(game, archetypes=library)
    for number in range(4):
        store.write(fight(number, actions=("strike",) * 40))
    profile = step(store, game).profile
    assert profile.archetype == "unknown"
    said = f", like no archetype known (unknown) since episode {profile.archetype_since}"
    assert said in why(store, game, *PAIR)[0]
    known_by_now = [each.text for each in status(store, game, *PAIR).insights]
    assert any("robin: like no archetype known (unknown) (" in text for text in known_by_now)


def test_the_archetype_is_confirmed_told_by_why_and_replayed_from_the_rows(
    store, game, fight, step
):
    kinds = {"brawler": {"melee": 1.0}, "archer": {"ranged": 1.0}}
    library = Library(archetypes={name: Archetype(kinds=each) for name, each in kinds.items()})
    game = replace(game, archetypes=library)
    for number in range(4):
        store.write(fight(number, actions=("strike",) * 40))
    profile = step(store, game).profile
    assert profile.archetype == "brawler"
    assert profile.archetypes["brawler"] == max(profile.archetypes.values())
    assert sum(profile.archetypes.values()) == pytest.approx(1.0)
    said = f", like the archetype brawler since episode {profile.archetype_since}"
    assert said in why(store, game, *PAIR)[0]
    known_by_now = [each.text for each in status(store, game, *PAIR).insights]
    assert any("robin: like the archetype brawler (9" in text for text in known_by_now)
    state = known(store, *PAIR).evidence.style
    rows = [EpisodeRow.decoded(body) for _, body in store.rows(*PAIR)]
    evidence = Evidence()
    for row in rows:
        evidence = absorb(LearnerState(), evidence, row, game.archetypes)
    assert evidence.style == state
