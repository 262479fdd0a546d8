"""Fights that begin while others go on are those that `Arena` plays alone, bit for bit."""

import numpy as np
import pytest

from astraweave.arena import Arena, Duel, bot_matrix, load_bot, play_scenario, shipped_bots
from astraweave.arena.declared import slots_of
from astraweave.arena.fights import Fights
from astraweave.arena.kernels import layout as at
from astraweave.arena.state import row
from astraweave.errors import UsageError
from astraweave.model.scenario import Scenario
from astraweave.sandbox import load_scenarios

SCENARIOS = [play_scenario(), *load_scenarios("all")]
BOTS = bot_matrix(list(shipped_bots().values()))
PARTY = Scenario(
    name="party",
    description="Ten at once, two of them bosses.",
    threat=0.4,
    seconds=20.0,
    ranges={"enemies": (10.0, 10.0), "archers": (2.0, 4.0), "bosses": (2.0, 2.0)},
)
SIEGE = Scenario(
    name="siege",
    description="They come from all round, and come back, whoever it is that they find.",
    threat=0.3,
    seconds=60.0,
    ranges={"around": (1.0, 1.0), "waves": (1.0, 3.0), "wave_s": (2.0, 6.0), "wall_m": (0.5, 3.0)}
    | {"enemy_health": (0.05, 0.2)},
    players=("still", "troll", "turncoat"),
)


def players(seeds):
    """A bot a seed."""
    return np.ascontiguousarray(BOTS[seeds % len(BOTS)])


def told(seeds, ages):
    """What a companion is told, by the fight's seed and its own age in steps."""
    return ((seeds * 7 + ages // 5 * 5) % 14 - 1).astype(np.int16)


class Alone:
    """The same fights, each in an arena of its own."""

    def __init__(self, n, step_ticks, slots):
        self.arenas = [Arena(step_ticks, slots) for _ in range(n)]

    def begin(self, who, scenario, seeds, cast):
        return np.concatenate(
            [
                self.arenas[i].reset(scenario, seeds[k : k + 1], cast[k : k + 1])
                for k, i in enumerate(who)
            ]
        )

    def step(self, commands):
        steps = [a.step(commands[i : i + 1]) for i, a in enumerate(self.arenas)]
        return [np.concatenate(column) for column in zip(*steps, strict=True)]

    def told(self):
        outcomes = [a.outcomes() for a in self.arenas]
        return np.concatenate(outcomes), np.concatenate([a.event_counts()[0] for a in self.arenas])


def same(one, other):
    """Equal to the last bit, NaN and all."""
    return all(
        np.asarray(a).tobytes() == np.asarray(b).tobytes() for a, b in zip(one, other, strict=True)
    )


def play_both(scenario, n, steps, step_ticks=6, slots=6, **settings):
    """Play n places, beginning anew what is over and now and then what is not; how often."""
    fights, alone = Fights(n, step_ticks, slots, **settings), Alone(n, step_ticks, slots)
    rng, seeds, ages = np.random.default_rng(n), np.arange(n), np.zeros(n, np.int64)
    who, begun = np.arange(n), 0
    for _ in range(steps):
        cast = players(seeds[who])
        one = fights.begin(who, scenario, seeds[who], cast)
        assert len(one) == 0 or same([one], [alone.begin(who, scenario, seeds[who], cast)])
        commands = told(seeds, ages)
        played = fights.step(commands)
        assert same(played, alone.step(commands))
        assert same((fights.outcomes(), fights.event_counts(np.arange(n))), alone.told())
        ages += 1
        who = np.flatnonzero(played.done | (rng.random(n) < 0.04))
        begun += len(who)
        seeds[who] += 100
        ages[who] = 0
    return fights, begun


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_every_fight_is_the_one_that_is_played_alone(scenario):
    _, begun = play_both(scenario, 4, 80, slots=slots_of(scenario))
    assert begun > 5


@pytest.mark.parametrize("step_ticks", [1, 5, 12])
def test_so_it_is_with_steps_of_any_length(step_ticks):
    play_both(play_scenario(), 4, 60, step_ticks)


def test_so_it_is_with_twelve_slots():
    play_both(PARTY, 3, 100, slots=12)


def test_so_it_is_with_waves_and_players_who_stray():
    play_both(SIEGE, 6, 150)


@pytest.mark.compiled
def test_more_fights_than_a_tile_has_lanes_share_few_tiles():
    fights, begun = play_both(play_scenario(), 90, 60)
    assert begun > 100
    assert len(fights._state.tiles) <= 4


@pytest.mark.compiled
def test_a_clock_that_has_run_far_starts_anew():
    fights, _ = play_both(play_scenario(), 70, 100, closes_at=120)
    # Without closing, the first tile would have run on to tick 600.
    assert fights._state.of_worlds(at.BORN).max() < 120


def test_a_person_leads_as_in_a_duel():
    fights, seeds = Fights(2), np.array([3, 4])
    fights.begin(np.arange(2), play_scenario(), seeds, players(seeds), led=True)
    duel = Duel(play_scenario(), 4)
    for step in range(40):
        action, move = step % 10 - 1, (0.6 - step % 3 * 0.5, 0.8)
        fights.lead(np.array([-1, action]), np.array([(0.0, 0.0), move]))
        facts = fights.step(np.array([3, 3], np.int16)).facts[1]
        duel.command("aggressive_attack")
        for _ in range(6):
            duel.tick(None if action < 0 else action, *move)
        assert facts.tobytes() == np.array(list(duel.facts().values())).tobytes()
    assert fights.outcomes()[1].tolist() == list(duel.outcome().values())


def test_the_time_limit_and_nothing_else_truncates():
    short = Scenario(name="s", description="", threat=0.5, seconds=1.0, ranges={})
    weak = Scenario(
        name="w", description="", threat=0.5, seconds=9.0, ranges={"enemy_health": (0.01, 0.01)}
    )
    fights, seeds = Fights(2), np.arange(2)
    fights.begin(np.array([0]), short, seeds[:1], players(seeds[:1]))
    fights.begin(np.array([1]), weak, seeds[1:], players(seeds[1:]))
    done = np.zeros(2, np.bool_)
    while not done.all():
        assert not (fights.truncated() & ~done).any()
        done = fights.step(np.full(2, 3, np.int16)).done
    assert fights.truncated().tolist() == [True, False]
    assert fights.outcomes()[1, 0] == 1.0


def test_what_is_drawn_of_a_fight_is_that_fight():
    fights, arena, seeds = Fights(3), Arena(), np.arange(3)
    fights.begin(np.arange(3), play_scenario(), seeds, players(seeds))
    fights.begin(np.array([1]), play_scenario(), np.array([9]), players(seeds[:1]))
    arena.reset(play_scenario(), np.array([9]), players(seeds[:1]))
    assert fights.view(1).xy[:, 0].tolist() == arena.state.world(0).column(at.X).tolist()


def test_a_place_without_a_fight_is_said():
    fights = Fights(2)
    fights.begin(np.array([0]), play_scenario(), np.array([1]), bot_matrix((load_bot("kiter"),)))
    with pytest.raises(UsageError, match="call begin for every place"):
        fights.step(np.zeros(2, np.int16))


@pytest.mark.compiled
def test_every_row_that_is_a_time_is_named_as_one():
    """After some play, the rows that differ between two births are those of TIMES, and BORN."""
    fights, alone = Fights(2), Arena()
    both = np.array([5, 6])
    fights.begin(np.arange(2), play_scenario(), both, players(both))
    for _ in range(10):
        fights.step(np.full(2, 3, np.int16))
    fights.begin(np.array([0]), play_scenario(), both[:1], players(both[:1]))
    alone.reset(play_scenario(), both[:1], players(both[:1]))
    for step in range(30):
        command = told(both[:1], np.array([step]))
        fights.step(np.concatenate((command, command)))
        alone.step(command)
    late, early = fights._state.world(int(fights._places[0])), alone.state.world(0)
    assert late.rows[row(at.BORN)] == 60.0
    moved = np.flatnonzero(late.rows != early.rows)
    assert (
        {row(at.BORN)}
        <= set(moved)
        <= {row(name) for name in (at.BORN, *at.TIMES)} | {row(at.EFFECT)}
    )
    assert set(np.flatnonzero((late.friends != early.friends).any(axis=0))) <= {
        row(name) for name in at.FRIEND_TIMES
    }
    assert set(np.flatnonzero((late.foes != early.foes).any(axis=0))) <= {
        row(name) for name in at.FOE_TIMES
    }


def test_every_field_of_every_tile_begins_at_a_line_of_the_cache():
    fights = Fights(3 * at.LANES)
    arena = Arena()
    arena.reset(play_scenario(), np.arange(3 * at.LANES))
    for tiles in (arena.state.tiles, fights._state.tiles):
        for name in tiles.dtype.names:
            assert all(tile[name].ctypes.data % at.LINE == 0 for tile in tiles)
