"""The same seed gives the same bytes: whatever the batch, the order, or who steps it."""

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from astraweave.arena import TACTICS, Arena, Duel, bot_matrix, load_bot, play_scenario
from astraweave.arena.kernels import layout as at
from astraweave.arena.state import State, row
from astraweave.errors import UsageError

GOLDEN = "14d75ea2126e3d48"


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


def commanded(arena, seeds, first, last):
    """Steps of an arena under commands that each seed draws for itself; the worlds after them."""
    for step in range(first, last):
        commands = (seeds * 7 + step // 10 * 5) % 14 - 1
        arena.step(commands.astype(np.int16))
    return [arena.state.world(i).tobytes() for i in range(arena.state.n)]


def begun(n, slots=6, order=None):
    arena = Arena(slots=slots)
    seeds = np.arange(500, 500 + n) if order is None else order
    names = ("berserker", "kiter", "caster")
    arena.reset(play_scenario(), seeds, bot_matrix([load_bot(names[s % 3]) for s in seeds]))
    return arena, seeds


@pytest.mark.compiled
def test_a_batch_of_one_is_a_world_of_a_thousand():
    arena, seeds = begun(1024)
    many = commanded(arena, seeds, 0, 60)
    for i in (0, 63, 64, 700, 1023):
        alone, seed = begun(1, order=seeds[i : i + 1])
        assert commanded(alone, seed, 0, 60) == [many[i]]
    shuffled = np.random.default_rng(1).permutation(seeds)
    other, _ = begun(1024, order=shuffled)
    assert commanded(other, shuffled, 0, 60) == [many[seed - 500] for seed in shuffled]


@pytest.mark.compiled
@pytest.mark.parametrize("slots", [6, 12])
def test_two_threads_play_what_one_plays(slots):
    def alone(begin):
        seeds = np.arange(begin, begin + 100)
        arena, _ = begun(100, slots, seeds)
        return commanded(arena, seeds, 0, 30), arena.outcomes().tobytes()

    one_by_one = [alone(500), alone(600)]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(alone, (500, 600))) == one_by_one


def test_a_state_that_was_kept_goes_on_as_if_it_had_not_been():
    straight, seeds = begun(3)
    whole = commanded(straight, seeds, 0, 20)
    arena, _ = begun(3)
    commanded(arena, seeds, 0, 9)
    kept = arena.state.tiles.tobytes()
    tiles = np.frombuffer(bytearray(kept), dtype=at.tile(6))
    later = Arena()
    later.resume(State(3, 6, tiles))
    assert commanded(later, seeds, 9, 20) == whole
    assert later.event_counts()[0].tolist() == straight.event_counts()[0].tolist()


def test_a_state_of_another_size_is_refused():
    with pytest.raises(UsageError, match="another size"):
        Arena(slots=6).resume(State(1, 12))


SCRIPT = """
import hashlib, numpy as np
from astraweave.arena import Arena, play_scenario
arena, seeds, together = Arena(), np.arange(96), hashlib.sha256()
together.update(arena.reset(play_scenario(), seeds).tobytes())
for step in range(80):
    commands = ((seeds * 5 + step // 10 * 3) % 14 - 1).astype(np.int16)
    together.update(arena.step(commands).facts.tobytes())
for i in range(96):
    together.update(arena.state.world(i).tobytes())
print(together.hexdigest())
"""


@pytest.mark.slow
@pytest.mark.compiled
def test_every_width_of_vectors_gives_the_same_bytes(root):
    """x86-64 has vectors of 4 numbers, haswell of 8 (and fused multiply-add), native maybe 16."""
    told = set()
    for name in ("x86-64", "haswell", ""):
        environment = {**os.environ, "NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": ""}
        if not name:
            del environment["NUMBA_CPU_NAME"], environment["NUMBA_CPU_FEATURES"]
        command = [sys.executable, "-c", SCRIPT]
        done = subprocess.run(
            command, env=environment, cwd=root, capture_output=True, text=True, check=True
        )
        told.add(done.stdout)
    assert len(told) == 1
