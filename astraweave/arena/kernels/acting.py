"""What the fighters of a tile do in a tick: first all of them at once, then those it marks."""

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import companion, enemies, player, straying
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.bits import Bits, lowest, marks
from astraweave.arena.kernels.chance import moment
from astraweave.arena.kernels.lanes import (
    ACTS,
    ANY,
    NO,
    NO_LANE,
    ONE,
    STAYS,
    Deeds,
    Due,
    State,
    Tile,
    Work,
    foe,
    inner,
    others,
)
from astraweave.arena.kernels.moving import slide
from astraweave.arena.kernels.roaming import roam
from astraweave.arena.kernels.spreading import spread

THINKERS = 2
"""Ticks between those at which any enemy thinks: of the first pair, then of the second."""
THIRD = at.FIRST_ENEMY + 2


@inner()
def player_acts(t: Tile, b: Work, now: np.float32) -> None:
    """Act where the time has come, then walk."""
    s, due = t["worlds"], b["due"]
    player.ready(s, now, due)
    _deeds(t, now, marks(due, ACTS), b["deeds"])
    left = marks(due, STAYS)
    while left != NO_LANE:
        i, left = lowest(left), others(left)
        if s[at.HUMAN + i] == ONE:
            player.led(s, i, now)
        else:
            age = int(now - s[at.BORN + i])
            whim = moment(t["keys"][i], age - age % straying.WHIM_TICKS)
            straying.stray(s, i, now, whim)
    roam(s, now, due)
    _slides(s, at.P, s, marks(due, ANY))


@inner()
def _slides(a: State, me: np.uint64, s: State, left: Bits) -> None:
    """Who is near a wall, where `left` says so."""
    while left != NO_LANE:
        i, left = lowest(left), others(left)
        slide(a, me, s, i)


@inner()
def _deeds(t: Tile, now: np.float32, left: Bits, deeds: Deeds) -> None:
    """Players act. All decide before any does: what branches would hold up what does not."""
    s, e, hits, shots, rest = t["worlds"], t["foes"], NO_LANE, NO_LANE, NO_LANE
    while left != NO_LANE:
        i, lane = lowest(left), left ^ others(left)
        left = others(left)
        m = moment(t["keys"][i], int(now - s[at.BORN + i]))
        deed = player.decide(s, i, now, m)
        deeds[i] = np.int8(deed)
        hit, shot = (deed == at.STRIKE) | (deed == at.CAST), deed == at.SHOOT
        hits |= lane if hit else NO_LANE
        shots |= lane if shot else NO_LANE
        rest |= lane if deed > at.CAST else NO_LANE
    while hits != NO_LANE:
        i, hits = lowest(hits), others(hits)
        player.hit(s, e, i, now, int(deeds[i]))
    while shots != NO_LANE:
        i, shots = lowest(shots), others(shots)
        player.let_fly(s, e, t["shots"], i, now, t["flying"])
    while rest != NO_LANE:
        i, rest = lowest(rest), others(rest)
        player.perform(s, i, now, int(deeds[i]))


@inner()
def companion_acts(t: Tile, b: Work, now: np.float32) -> None:
    """Walk, then do what the tactic is due to do."""
    s, due = t["worlds"], b["due"]
    companion.step(s, now, due)
    _slides(s, at.C, s, marks(due, STAYS))
    left = marks(due, ACTS)
    while left != NO_LANE:
        i, left = lowest(left), others(left)
        companion.act(s, t["foes"], t["shots"], i, now, t["flying"])


@inner()
def enemies_act(t: Tile, b: Work, now: np.float32) -> None:
    """Two by two: think or go on, then strike. Of four, all have moved before any does."""
    s, e, push, due = t["worlds"], t["foes"], t["push"], b["due"]
    turn = int(now) % num.THINK_EVERY
    if turn == 0:
        spread(s, e, push)
    if e.shape[0] == at.FOUR:
        if turn % THINKERS != 0:
            enemies.march_four(s, e, due)
        elif turn == 0:
            enemies.think(s, e, push, at.FIRST_ENEMY, now, due, enemies.FIRST_TWO, NO)
            enemies.march(s, e, THIRD, due, enemies.LAST_TWO, ANY)
        else:
            enemies.march(s, e, at.FIRST_ENEMY, due, enemies.FIRST_TWO, NO)
            enemies.think(s, e, push, THIRD, now, due, enemies.LAST_TWO, ANY)
        _follow(t, now, at.FIRST_ENEMY, due)
        return
    for slot in range(at.FIRST_ENEMY, at.FIRST_ENEMY + e.shape[0] // at.FOE, 2):
        if (turn + slot - at.FIRST_ENEMY) % num.THINK_EVERY == 0:
            enemies.think(s, e, push, slot, now, due, enemies.FIRST_TWO, NO)
        else:
            enemies.march(s, e, slot, due, enemies.FIRST_TWO, NO)
        _follow(t, now, slot, due)


@inner()
def _follow(t: Tile, now: np.float32, first: int, due: Due) -> None:
    """What enemies do who are marked, of `first` and those after it: slide, then strike."""
    s, e = t["worlds"], t["foes"]
    left = marks(due, enemies.STAY)
    while left != NO_LANE:
        i, left = lowest(left), others(left)
        who = np.uint64(due[i] & enemies.STAY)
        while who != NO_LANE:
            number, who = lowest(who), others(who)
            slide(e, foe(first) + number * at.FOE, s, i)
    left = marks(due, enemies.ACT)
    while left != NO_LANE:
        i, left = lowest(left), others(left)
        m = moment(t["keys"][i], int(now - s[at.BORN + i]))
        who = np.uint64(due[i] >> enemies.FIRST_ACT)
        while who != NO_LANE:
            number, who = lowest(who), others(who)
            enemies.attack(s, e, t["shots"], i, first + int(number), now, m, t["flying"])
