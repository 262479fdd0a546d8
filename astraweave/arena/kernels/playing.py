"""The game itself: one tick of a tile, one decision step of many worlds."""

import math

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import arriving, companion, player, straying
from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.acting import companion_acts, enemies_act, player_acts
from astraweave.arena.kernels.bits import lowest, marks
from astraweave.arena.kernels.chance import moment
from astraweave.arena.kernels.flying import fly
from astraweave.arena.kernels.lanes import (
    ANY,
    FAR_AWAY,
    NO,
    NO_LANE,
    ONE,
    YES,
    ZERO,
    Due,
    State,
    Tile,
    Tiles,
    Work,
    Works,
    inner,
    least,
    mark,
    most,
    others,
    pick,
)
from astraweave.arena.kernels.moving import between
from astraweave.arena.kernels.sensing import finite, sense
from astraweave.arena.kernels.surveying import survey, survey_lane
from astraweave.arena.kernels.telling import tell
from astraweave.arena.kernels.wounds import note
from astraweave.model.kernels.jit import njit

CHECK_EVERY = 6
ROUND = math.lcm(num.LOOK_EVERY, num.THINK_EVERY, CHECK_EVERY)
"""Ticks after which a tile does again what it does every few ticks.
A fight may begin at any multiple and is played as one that began at 0.
"""
KEEPS, NOTHING = np.float32(at.KEEP), np.float32(np.nan)
Told = npt.NDArray[np.int16]


@inner()
def _settle(s: State, now: np.float32, due: Due) -> None:
    """Reserves, sums and the clock; mark the lanes whose fight is over. Wide."""
    p, c = at.P, at.C
    for i in range(at.WIDTH):
        live = s[at.LIVE + i]
        stamina, mana = live * num.STAMINA_REGEN, live * s[at.MANA_REGEN + i]
        s[p + at.STAMINA + i] = least(player.HUNDRED, s[p + at.STAMINA + i] + stamina)
        s[c + at.STAMINA + i] = least(player.HUNDRED, s[c + at.STAMINA + i] + stamina)
        s[p + at.MANA + i] = least(player.HUNDRED, s[p + at.MANA + i] + mana)
        s[c + at.MANA + i] = least(player.HUNDRED, s[c + at.MANA + i] + mana)
        hp = s[c + at.HP + i]
        mended = least(s[c + at.MAX_HP + i], hp + live * num.COMPANION_REGEN)
        s[c + at.HP + i] = pick(hp > ZERO, mended, hp)
        hp, tick = s[p + at.HP + i], s[at.TICK + i] + live
        s[at.KEPT + i] += hp * live
        s[at.TICK + i] = tick
        over = pick(hp <= ZERO, live, ZERO)
        over = pick(s[at.NEAR_P_SQ + i] >= FAR_AWAY, live, over)
        over = pick(tick >= s[at.LIMIT + i], live, over)
        due[i] = pick(over > ZERO, YES, NO)


@inner()
def _check(s: State, e: State, due: Due) -> None:
    """Mark the lanes whose state is not finite; called now and then, for it does not heal."""
    for i in range(at.WIDTH):
        total = s[at.P + at.X + i] + s[at.P + at.Y + i] + s[at.P + at.HP + i]
        total += s[at.C + at.X + i] + s[at.C + at.Y + i] + s[at.C + at.HP + i]
        due[i] = pick(total - total == ZERO, NO, YES)
    for enemy in range(e.shape[0] // at.FOE):
        me = np.uint64(enemy) * at.FOE
        for i in range(at.WIDTH):
            total = e[me + at.X + i] + e[me + at.Y + i] + e[me + at.HP + i]
            due[i] = pick(total - total == ZERO, due[i], YES)


@inner()
def _end(s: State, e: State, push: State, i: np.uint64) -> None:
    """A fight is over: note what a rule would want to know of its end, and leave nothing moving."""
    if s[at.P + at.HP + i] <= ZERO:
        note(s, i, at.PLAYER_DIED)
        ready = s[at.C + at.HEAL_AT + i] <= s[at.TICK + i] and s[at.C + at.HP + i] > ZERO
        paid = s[at.C + at.MANA + i] >= num.MEND_MANA
        if ready and paid and between(s, i) <= num.MEND_REACH:
            note(s, i, at.PLAYER_DIED_HEAL_READY)
    s[at.LIVE + i] = ZERO
    s[at.DOES + i] = -ONE
    for me in (at.P, at.C):
        s[me + at.STEP_X + i] = s[me + at.STEP_Y + i] = ZERO
    for enemy in range(e.shape[0] // at.FOE):
        me = np.uint64(enemy) * at.FOE
        e[me + at.STEP_X + i] = e[me + at.STEP_Y + i] = ZERO
        mine = np.uint64(2 * enemy) * at.WIDTH + i
        push[mine] = push[mine + at.WIDTH] = ZERO
    survey_lane(s, e, i)


@inner()
def _turns(t: Tile, b: Work, now: np.float32) -> None:
    """What happens on a fight's own second: who comes back, who changes his style."""
    s, due = t["worlds"], b["due"]
    arriving.due_at(s, now, due)
    left = marks(due, ANY)
    while left != NO_LANE:
        i, left = lowest(left), others(left)
        arriving.arrive(s, t["foes"], i, moment(t["keys"][i], int(now - s[at.BORN + i])))
    straying.due_at(s, now, due)
    left = marks(due, ANY)
    while left != NO_LANE:
        i, left = lowest(left), others(left)
        straying.change(s, i)


@inner()
def tick(t: Tile, b: Work, now: np.float32) -> None:
    """A tile, 1/60 s: player, companion, enemies, projectiles, reserves. A done world stays."""
    if int(now) % ROUND == 0:
        _turns(t, b, now)
    player_acts(t, b, now)
    companion_acts(t, b, now)
    enemies_act(t, b, now)
    s, e, due = t["worlds"], t["foes"], b["due"]
    fly(s, e, t["shots"], now, t["flying"], due)
    if int(now + ONE) % num.LOOK_EVERY == 0:
        survey(s, e)
    if int(now + ONE) % CHECK_EVERY == 0:
        _check(s, e, due)
        left = marks(due, ANY)
        while left != NO_LANE:
            i, left = lowest(left), others(left)
            if s[at.LIVE + i] > ZERO:
                note(s, i, at.NON_FINITE)
    _settle(s, now, due)
    left = marks(due, ANY)
    while left != NO_LANE:
        i, left = lowest(left), others(left)
        if arriving.nothing_left(s, i):
            _end(s, e, t["push"], i)
        else:  # nobody is left to fight: those who are due later come now
            arriving.arrive(s, e, i, moment(t["keys"][i], int(now + ONE - s[at.BORN + i])))


@inner()
def clock(s: State) -> np.float32:
    """The tick of a tile's worlds that are still played, −1 when none is."""
    now = -ONE
    for i in range(at.WIDTH):
        now = most(now, pick(s[at.LIVE + i] > ZERO, s[at.TICK + i], -ONE))
    return now


@njit()
def fit(commands: npt.NDArray[np.int16]) -> bool:
    """Whether each command is a tactic's number, or −1."""
    fits = True
    for each in commands:
        fits &= (each >= at.NOBODY) & (each < at.TACTICS)
    return fits


@njit()
def play(
    tiles: Tiles,
    commands: npt.NDArray[np.int16],
    ticks: int,
    facts: npt.NDArray[np.float64],
    status: npt.NDArray[np.int8],
    effect: npt.NDArray[np.float64],
    done: npt.NDArray[np.bool_],
    work: Works,
) -> None:
    """One decision step of some tiles: obey, play `ticks`, sense.

    Args:
        tiles: records of `layout.tile`. work: one record of `layout.work`, overwritten.
        commands: int16[worlds], −1 none, or KEEP. facts: float64[worlds, FACTS], filled.
        status, effect, done: of each world, filled; see `model.ports.BatchStep`.
    """
    b = work[0]
    for number in range(tiles.shape[0]):
        t = tiles[number]
        start = number * at.LANES
        here = min(at.LANES, commands.shape[0] - start)
        for lane in range(here):
            b["told"][lane] = commands[start + lane]
        for lane in range(here, at.LANES):
            b["told"][lane] = at.KEEP
        for lane in range(at.LANES):
            b["who"][lane] = start + lane
        obey(t["worlds"], b["told"], b["due"])
        advance(t, b, ticks)
        tell(b["facts"], facts, b["who"])
        s = t["worlds"]
        for lane in range(here):
            i = np.uint64(lane)
            status[start + lane] = np.int8(s[at.STATUS + i])
            effect[start + lane] = np.float64(s[at.EFFECT + i])
            done[start + lane] = s[at.LIVE + i] == ZERO


@inner()
def advance(t: Tile, b: Work, ticks: int) -> Due:
    """Play a tile on and sense; in each lane whether all facts are finite."""
    now = clock(t["worlds"])
    if ticks == 0 and int(now) % num.LOOK_EVERY == 0:
        survey(t["worlds"], t["foes"])
    elif now >= ZERO:
        for _ in range(ticks):
            tick(t, b, now)
            now += ONE
    sense(t["worlds"], t["foes"], b["facts"])
    finite(b["facts"], b["due"])
    return b["due"]


@inner()
def obey(s: State, told: Told, due: Due) -> None:
    """Take a command a lane; NaN is what a fight's last tactic came to, until one ends.

    Most companions are told what they do already: only the others are commanded one by one.
    """
    for i in range(at.WIDTH):
        tactic, live = np.float32(told[i]), s[at.LIVE + i] > ZERO
        carries_on = (tactic >= ZERO) & (tactic == s[at.TACTIC + i])
        hears = tactic != KEEPS
        s[at.EFFECT + i] = pick(hears, NOTHING, s[at.EFFECT + i])
        due[i] = mark(live & hears & (not carries_on), YES)
    left = marks(due, YES)
    while left != NO_LANE:
        lane, left = lowest(left), others(left)
        companion.command(s, lane, int(told[lane]))


@njit()
def command(tiles: Tiles, world: int, tactic: int) -> None:
    """Tell one companion what to do, between two calls of `play`; −1 is nothing."""
    companion.command(tiles[world // at.LANES]["worlds"], np.uint64(world % at.LANES), tactic)
