"""The tiles play what a naive telling of the same rules plays, to the last bit."""

import numpy as np
import pytest

from astraweave.arena import TACTICS, VOCABULARY, Arena, Duel, bot_matrix, load_bot, play_scenario
from astraweave.arena import shipped_bots as bots
from astraweave.arena.kernels import layout as at
from astraweave.arena.players import player_names
from astraweave.arena.state import row
from astraweave.model.rng import uniform
from astraweave.model.scenario import Scenario
from bench import naive_arena as naive
from bench.naive_shots import facts_of
from bench.naive_tactics import command

STEPS = 60
HARD = {
    "enemies": (4.0, 4.0),
    "archers": (0.0, 4.0),
    "distance_m": (2.0, 12.0),
    "player_health": (0.3, 1.0),
    "companion_health": (0.0, 1.0),
    "companion_stamina": (0.3, 1.0),
    "enemy_health": (0.2, 3.0),
}


class Told:
    """One world of a state, and what the naive rules make of it."""

    def __init__(self, state, world, seed):
        self.world, self.seed = state.world(world), int(seed)
        parts = (self.world.rows, self.world.friends, self.world.foes, self.world.shots)
        self.parts = [part.copy() for part in parts]
        self.push = np.zeros((len(self.world.foes), 2), np.float32)

    def step(self, tactic, ticks):
        w, friends, foes, shots = self.parts
        if w[row(at.LIVE)] > 0.0 and tactic is not None:
            command(w, friends, tactic)
        for _ in range(ticks):
            naive.tick(w, friends, foes, shots, self.push, self.seed)

    def agrees(self):
        w, friends, foes, shots = (part.copy() for part in self.parts)
        seen = [self.world.rows, self.world.friends, self.world.foes, self.world.shots]
        rows, seen_shots = seen[0].copy(), seen[3].copy()
        for part in (shots, seen_shots):
            part[part[:, row(at.LEFT)] <= 0.0] = 0.0
            part[:, row(at.GAP)] = 0.0
        if w[row(at.LIVE)] == 0.0:
            rows[row(at.EFFECT)] = w[row(at.EFFECT)] = 0.0
            steps = [row(at.STEP_X), row(at.STEP_Y)]
            seen = [seen[0], seen[1].copy(), seen[2].copy(), seen[3]]
            for part in (friends, foes, seen[1], seen[2]):
                part[:, steps] = 0.0
        for told, played in ((w, rows), (friends, seen[1]), (foes, seen[2]), (shots, seen_shots)):
            np.testing.assert_array_equal(told, played)


def drawn(seed, step):
    """A tactic for a second; now and then none, now and then a change of mind."""
    return int(uniform(int(seed), 1, step // (10 if seed % 3 else 4), 900) * 14) - 1


def scenario(seconds=60.0, **ranges):
    base = play_scenario()
    return Scenario(
        name="naive", description="", threat=0.7, seconds=seconds, ranges={**base.ranges, **ranges}
    )


@pytest.mark.parametrize("slots", [6, 12])
@pytest.mark.parametrize("bot", sorted(bots()))
def test_every_bot_under_every_tactic_is_the_naive_fight(bot, slots):
    arena = Arena(slots=slots)
    seeds = np.array([3, 2**40 + 8, 77, 1001], np.int64)
    party = {"enemies": (6.0, 10.0), "bosses": (0.0, 2.0)} if slots == 12 else {}
    ranges = HARD | party
    facts = arena.reset(
        scenario(9.0 if slots == 12 else 60.0, **ranges), seeds, bot_matrix((bots()[bot],) * 4)
    )
    told = [Told(arena.state, world, seed) for world, seed in enumerate(seeds)]
    sensed, landed, lost = np.empty(at.FACTS), 0, 0.0
    for step in range(STEPS if slots == 6 else 30):
        commands = np.array([drawn(seed, step) for seed in seeds], np.int16)
        facts = arena.step(commands).facts
        for world, each in enumerate(told):
            each.step(int(commands[world]), 6)
            each.agrees()
            facts_of(*each.parts[:3], sensed)
            np.testing.assert_array_equal(sensed.astype(np.float32), facts[world])
            landed += int((each.parts[3][:, row(at.LEFT)] > 0.0).any())
            lost += float(each.parts[0][row(at.DEALT)])
    assert landed > 0
    assert lost > 0.0


HARDER = {
    "around": (0.2, 1.0),
    "start_x_m": (1.0, 23.0),
    "start_y_m": (1.0, 15.0),
    "behind_m": (-6.0, 6.0),
    "beside_m": (-6.0, 6.0),
    "waves": (0.0, 3.0),
    "wave_s": (1.0, 8.0),
    "mana_regen": (0.0, 2.0),
    "wall_m": (0.2, 4.0),
    **{f"wall_{n}_x_m": (-4.0, 24.0) for n in (1, 2, 3)},
    **{f"wall_{n}_y_m": (-4.0, 16.0) for n in (1, 2, 3)},
    "enemy_health": (0.01, 0.06),
    "enemy_damage": (0.0, 0.3),
}


@pytest.mark.parametrize("slots", [6, 12])
@pytest.mark.parametrize("bot", [*player_names()[-3:], "berserker"])
def test_waves_walls_and_players_who_do_not_play_along_are_the_naive_ones(bot, slots):
    arena = Arena(slots=slots)
    seeds = np.arange(8) * 977 + 2
    party = {"enemies": (5.0, 10.0), "bosses": (0.0, 2.0)} if slots == 12 else {}
    arena.reset(scenario(30.0, **HARD | HARDER | party), seeds, bot_matrix((load_bot(bot),) * 8))
    told = [Told(arena.state, world, seed) for world, seed in enumerate(seeds)]
    came = 0.0
    for step in range(100 if slots == 6 else 50):
        before = arena.state.of_worlds(at.RESERVES)
        commands = np.array([drawn(seed, step) for seed in seeds], np.int16)
        arena.step(commands)
        came += (before - arena.state.of_worlds(at.RESERVES)).sum()
        for world, each in enumerate(told):
            each.step(int(commands[world]), 6)
            each.agrees()
    assert came > 0.0


def test_a_person_walks_and_acts_as_the_naive_person_does():
    fight = Duel(scenario(**HARD), 9)
    told = Told(fight.worlds, 0, 9)
    rng = np.random.default_rng(0)
    way = np.zeros(2)
    for tick in range(500):
        if tick % 25 == 0:
            way = rng.normal(size=2) * (rng.random() < 0.9)
        if tick % 6 == 0:
            fight.command(TACTICS[int(rng.integers(13))])
            told.step(TACTICS.index(fight.tactic) if fight.tactic else None, 0)
            told.parts[0][:] = fight.worlds.world(0).rows
            told.parts[1][:] = fight.worlds.world(0).friends
        action = int(rng.integers(-1, len(VOCABULARY)))
        wanted = {at.MOVE_X: way[0], at.MOVE_Y: way[1], at.WANTED: action}
        fight.tick(action if action >= 0 else None, *way.tolist())
        for name, value in wanted.items():
            told.parts[0][row(name)] = value
        told.step(None, 1)
        told.agrees()
    assert fight.ticks > 200
