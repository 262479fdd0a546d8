"""What the gate spends over the life of a pair, and what it need not play twice."""

import numpy as np
import pytest

from astraweave.errors import StoreError
from astraweave.learning import status
from astraweave.learning.deployment import reset
from astraweave.learning.game import LearnSettings
from astraweave.learning.history import undo
from astraweave.memory import open_memory
from astraweave.model.learned import LearningCommit
from astraweave.sandbox import SLOW

PAIR = ("robin", "mira")


def numbers(store):
    return [each.number for each in store.book.spent(*PAIR)]


def test_every_proposal_counts_for_life_whatever_is_taken_back(tmp_path, pond, fight, step, played):
    game = pond(guard=0.4)  # to raise guard is right by the logs, and wrong in the pond
    with open_memory(tmp_path / "s.db") as store:
        reports = played(store, game, fight, range(3))
        said = [r.verdict for r in reports if r.verdict is not None]
        assert {verdict.approved for verdict in said} == {True, False}
        assert numbers(store) == list(range(1, len(said) + 1))
        before = len(said)
        reset(store, game, *PAIR, now=2e9)
        undo(store, game, *PAIR, now=2e9)
        assert len(numbers(store)) == before
    with open_memory(tmp_path / "s.db") as store:
        state = LearningCommit(player_id="robin", companion_id="mira", state=None)
        store.commit(state)
        reports = played(store, pond(), fight, range(10, 13))
        later = [r.verdict for r in reports if r.verdict is not None]
        assert later[0].proposal_number == before + 1
        told = status(store, game, *PAIR).alpha
        assert told.next_number == before + len(later) + 1
        alphas = [6 * 0.05 / (np.pi * k) ** 2 for k in range(1, told.next_number)]
        assert [each.alpha_k for each in told.ledger] == pytest.approx(alphas)
        assert told.spent == pytest.approx(sum(alphas))
        assert later[-1].figures["alpha_spent"] == pytest.approx(told.spent)
        assert told.spent < told.alpha == 0.05


def test_a_step_that_was_overtaken_asks_again_and_is_answered_without_play(
    store, pond, fight, step, monkeypatch
):
    game = pond()
    store.write(fight(1))
    commit, failed = store.commit, []

    def once(given):
        if given.proposal is not None and not failed:
            failed.append(given.verdict)
            raise StoreError(what="the disk is full", where="commit", fix="free some space")
        commit(given)

    monkeypatch.setattr(store, "commit", once)
    with pytest.raises(StoreError, match="disk is full"):
        step(store, game)
    played = game.environment.played
    assert played > 0
    report = step(store, game)
    assert game.environment.played == played
    assert report.verdict.cached
    assert not failed[0].cached
    assert report.verdict.figures == failed[0].figures
    assert numbers(store) == [1]


def test_a_game_that_changed_is_played_again(store, pond, fight, step, monkeypatch):
    game = pond()
    store.write(fight(1))
    step(store, game, settings=LearnSettings(gate=SLOW))
    other = pond(guard=0.7)
    store.write(fight(2))
    report = step(store, other)
    assert report.verdict is not None
    assert not report.verdict.cached
    assert other.environment.played > 0
