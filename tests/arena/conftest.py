"""Fights for the tests: quiet ones to look at one rule, and whole ones to look at all."""

import numpy as np
import pytest

from astraweave.arena import Arena, Duel, bot_matrix, load_bot, play_scenario
from astraweave.arena.kernels import layout as at
from astraweave.arena.state import row as index
from astraweave.model.rng import uniform
from astraweave.model.scenario import Scenario

QUIET = {"enemies": (1.0, 1.0), "archers": (0.0, 0.0), "distance_m": (10.0, 10.0)}


@pytest.fixture
def duel():
    """Makes a fight of a person against one brute, with ranges to change; full reserves."""

    def make(seed=1, player=None, threat=0.5, seconds=60.0, **ranges):
        full = {"player_mana": (1.0, 1.0), "companion_mana": (1.0, 1.0)}
        full["companion_stamina"] = (1.0, 1.0)
        scenario = Scenario(
            name="quiet",
            description="",
            threat=threat,
            seconds=seconds,
            ranges={**QUIET, **full, **ranges},
        )
        return Duel(scenario, seed, player)

    return make


@pytest.fixture
def row():
    """Reads or, with a value, writes a row of a fighter (`slot`) or of the world (None)."""

    def reach(fight, slot, name, value=None):
        world = fight.worlds.world(0)
        rows = world.rows if slot is None else world.slot(slot)
        if value is not None:
            rows[index(name)] = value
        return float(rows[index(name)])

    return reach


@pytest.fixture
def place(row):
    """Puts a slot of a fight somewhere."""

    def put(fight, slot, x, y):
        row(fight, slot, at.X, x)
        row(fight, slot, at.Y, y)
        fight.facts()  # measures the distances anew

    return put


@pytest.fixture
def clear():
    """Takes the walls of a fight away."""

    def remove(fight):
        first = index(at.WALL_1_X)
        fight.worlds.world(0).rows[first : first + 2 * at.WALL_COUNT] = -9.0

    return remove


@pytest.fixture
def long_fight():
    """A fight that outlasts 2,000 ticks."""
    ranges = {"enemy_health": (9.0, 10.0), "enemy_damage": (0.2, 0.4), "archers": (1.0, 2.0)}
    base = play_scenario()
    return Scenario(
        name="long", description="", threat=base.threat, seconds=600.0, ranges=base.ranges | ranges
    )


@pytest.fixture
def played():
    """Plays n seeds for some steps under commands drawn from each seed; returns all it saw."""

    def play(scenario, seeds, steps, bot="hybrid"):
        arena = Arena()
        seeds = np.asarray(seeds, np.int64)
        facts = [arena.reset(scenario, seeds, bot_matrix((load_bot(bot),) * len(seeds)))]
        status, worth = [], []
        for step in range(steps):
            commands = [drawn(int(seed), step) for seed in seeds]
            result = arena.step(np.array(commands, np.int16))
            facts.append(result.facts)
            status.append(result.status)
            worth.append(result.effectiveness)
        columns = (np.stack(facts, 1), np.stack(status, 1), np.stack(worth, 1))
        return *columns, arena.outcomes(), *arena.event_counts()

    return play


def drawn(seed: int, step: int) -> int:
    """A command that holds for a second; now and then none."""
    return int(uniform(seed, 0, step // 10, 900) * 14) - 1


@pytest.fixture(name="drawn")
def drawn_fixture():
    """The commands of `played`."""
    return drawn
