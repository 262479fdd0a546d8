"""The same seed gives the same bytes: whatever the batch, the order, or who steps it."""

import hashlib

import numpy as np
import pytest

from astraweave.arena import TACTICS, Arena, Duel, bot_matrix, load_bot, play_scenario
from astraweave.arena.kernels import layout as at
from astraweave.arena.state import row

GOLDEN = "b63833252d34a475"


def digest(arrays):
    """One hash over arrays, NaN and all."""
    together = hashlib.sha256()
    for array in arrays:
        together.update(np.ascontiguousarray(array).tobytes())
    return together.hexdigest()[:16]


def test_two_thousand_ticks_give_the_golden_bytes(played, long_fight):
    seen = played(long_fight, [3, 2**40 + 7], 334)
    assert seen[0].shape == (2, 335, 21)
    assert not (seen[3][:, 1] < 33).any()
    assert digest(seen) == GOLDEN


@pytest.mark.parametrize("bot", ["berserker", "kiter"])
def test_a_world_does_not_notice_its_neighbours_nor_their_order(played, bot):
    seeds = np.arange(100, 116)
    together = played(play_scenario(), seeds, 60, bot)
    alone = played(play_scenario(), seeds[5:6], 60, bot)
    order = np.random.default_rng(0).permutation(len(seeds))
    shuffled = played(play_scenario(), seeds[order], 60, bot)
    assert digest(column[5:6] for column in together) == digest(alone)
    assert digest(column[order] for column in together) == digest(shuffled)


def test_playing_again_gives_the_same_bytes(played):
    first, again = (played(play_scenario(), [11, 12], 40) for _ in range(2))
    assert digest(first) == digest(again)


def test_another_seed_is_another_fight(played):
    assert digest(played(play_scenario(), [1], 20)) != digest(played(play_scenario(), [2], 20))


@pytest.mark.parametrize("seed", [5, 2**33 + 1])
def test_a_duel_ticked_one_by_one_is_the_arena_bit_for_bit(drawn, seed):
    row = bot_matrix((load_bot("tactician"),))
    arena, duel = Arena(), Duel(play_scenario(), seed, row[0])
    facts = arena.reset(play_scenario(), np.array([seed]), row)[0]
    for step in range(120):
        assert facts.tobytes() == np.array(list(duel.facts().values())).tobytes()
        command = drawn(seed, step)
        result = arena.step(np.array([command], np.int16))
        duel.command(TACTICS[command] if command >= 0 else None)
        for _ in range(arena.step_ticks):
            duel.tick()
        facts = result.facts[0]
        worth = duel.effectiveness()
        assert duel.status() == result.status[0]
        assert (
            np.isnan(result.effectiveness[0])
            if worth is None
            else (worth == result.effectiveness[0])
        )
        assert duel.done == result.done[0]
        if duel.done:
            break
    assert arena.state.world(0).tobytes() == duel.worlds.world(0).tobytes()
    assert list(duel.outcome().values()) == arena.outcomes()[0].tolist()
    assert list(duel.events().values()) == arena.event_counts()[0][0].tolist()


def without_effect(world):
    """A world's bytes, but for what the last command was worth, which is told once."""
    world.rows[row(at.EFFECT)] = 0.0
    return world.tobytes()


def test_a_done_world_stays_as_it_is():
    arena = Arena()
    arena.reset(play_scenario(), np.arange(3))
    arena.state.world(1).foes[:, row(at.HP)] = 0.0
    arena.step(np.zeros(3, np.int16))
    before = without_effect(arena.state.world(1))
    assert arena.step(np.full(3, 3, np.int16)).done.tolist() == [False, True, False]
    assert without_effect(arena.state.world(1)) == before
