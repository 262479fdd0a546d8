"""Whole fights in one call are the fights that the sandbox's runner steps through."""

import numpy as np
import pytest

from astraweave.arena import Arena, play_episodes, play_scenario
from astraweave.arena.casts import archetype_players
from astraweave.behavior import load_tree
from astraweave.sandbox.runner import Batch, Policy

pytestmark = pytest.mark.compiled
SEEDS = np.arange(70, dtype=np.int64) * 31 + 5


@pytest.fixture(scope="module")
def program():
    """The shipped tree, flat."""
    return load_tree("companion.xml").program(Arena.facts.names, Arena.actions)


@pytest.fixture(scope="module")
def stepped(program):
    """What the runner makes of the same seeds, and its log."""
    factors = np.linspace(0.4, 2.5, len(program.tactics))
    batch = Batch(Arena(), Policy(program, factors), play_scenario(), SEEDS, archetype_players)
    played = batch.play()
    batch.ticker.halt()
    return played, batch.ticker.log, factors


@pytest.mark.parametrize("threads", [1, 2])
def test_the_decisions_and_outcomes_are_those_of_the_runner(program, stepped, threads):
    played, log, factors = stepped
    players = archetype_players(SEEDS)
    whole = play_episodes(program, play_scenario(), SEEDS, players, factors, threads=threads)
    assert whole.outcomes.tobytes() == played.outcomes.tobytes()
    assert (whole.steps * 6 == played.ticks).all()
    events = len(Arena.events)
    assert (whole.counts == played.counts[:, :events]).all()
    assert len(log.world) > 1000
    for name, mine, theirs in zip(log._fields, whole.log, log, strict=True):
        assert np.array_equal(mine, theirs), name


def test_a_tree_without_jump_code_plays_step_by_step(program, stepped, monkeypatch):
    _, log, factors = stepped
    monkeypatch.setattr("astraweave.arena.episodes.Jump", type(None))
    players = archetype_players(SEEDS)
    whole = play_episodes(program, play_scenario(), SEEDS, players, factors)
    assert np.array_equal(whole.log.tactic, log.tactic)
    assert np.array_equal(whole.log.step_ended, log.step_ended)
