"""The game itself: start worlds, one tick, one decision step, what the companion senses."""

import math

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import companion, enemies, player
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.flying import fly
from astraweave.arena.kernels.moving import between, line_clear, survey
from astraweave.arena.kernels.world import World, inner
from astraweave.arena.kernels.wounds import note
from astraweave.model.kernels.jit import njit

Floats = npt.NDArray[np.float64]

Worlds = npt.NDArray[np.void]


@njit()
def tick(w: World, wanted: int) -> None:
    """One world, 1/60 s: player, companion, enemies, projectiles, timers. A done world stays."""
    body, real, whole = w["body"], w["real"], w["whole"]
    if whole[at.DONE] == 1:
        whole[at.DID] = at.NOBODY
        return
    player.act(w, wanted)
    companion.act(w)
    enemies.act(w)
    fly(w)
    _count_down(w)
    survey(w)
    real[at.KEPT] += body[at.PLAYER, at.HP] / body[at.PLAYER, at.MAX_HP]
    whole[at.TICK] += 1
    if whole[at.TICK] % 6 == 0:
        _check(w)
    _judge(w)


@inner()
def _count_down(w: World) -> None:
    body, clock = w["body"], w["clock"]
    for slot in range(at.FIRST_ENEMY, at.SLOTS):
        if body[slot, at.HP] <= 0.0:
            continue
        anger = clock[slot, at.ANGER]
        clock[slot, at.ANGER] = anger - (1 if anger > 0 else 0) + (1 if anger < 0 else 0)
        for timer in (at.TAUNTED, at.PINNED, at.HEXED):
            clock[slot, timer] = max(0, clock[slot, timer] - 1)
        clock[slot, at.SWING] += 1
    _refresh(w)


@inner()
def _refresh(w: World) -> None:
    """Timers and reserves of player and companion."""
    body, clock = w["body"], w["clock"]
    for slot in range(at.FIRST_ENEMY):
        for timer in (at.BLOCKING, at.HEAL_WAIT, at.HURT, at.RUSH):
            clock[slot, timer] = max(0, clock[slot, timer] - 1)
        clock[slot, at.SWING] += 1
        body[slot, at.STAMINA] = min(100.0, body[slot, at.STAMINA] + num.STAMINA_REGEN)
        body[slot, at.MANA] = min(100.0, body[slot, at.MANA] + num.MANA_REGEN)
    if clock[at.COMPANION, at.WAIT] > 0:
        clock[at.COMPANION, at.WAIT] -= 1
    hp = body[at.COMPANION, at.HP]
    if hp > 0.0:
        body[at.COMPANION, at.HP] = min(body[at.COMPANION, at.MAX_HP], hp + num.COMPANION_REGEN)


@inner()
def _judge(w: World) -> None:
    """Whether the fight is over, and what a rule would want to know of its end."""
    body, clock, whole = w["body"], w["clock"], w["whole"]
    dead = body[at.PLAYER, at.HP] <= 0.0
    if dead:
        note(w, at.PLAYER_DIED)
        ready = clock[at.COMPANION, at.HEAL_WAIT] == 0 and body[at.COMPANION, at.HP] > 0.0
        paid = body[at.COMPANION, at.MANA] >= num.MEND_MANA
        if ready and paid and between(w) <= num.MEND_REACH:
            note(w, at.PLAYER_DIED_HEAL_READY)
    over = dead or whole[at.NEAR_PLAYER] < 0 or whole[at.TICK] >= whole[at.LIMIT]
    whole[at.DONE] = 1 if over else 0


@njit()
def sense(w: World, out: Floats) -> None:
    """The facts of one world, in the order of `arena.declared.FACTS`."""
    body, clock, real, whole = w["body"], w["clock"], w["real"], w["whole"]
    alive, close, chasing, left = 0, 0, 0, 0.0
    for e in range(at.FIRST_ENEMY, at.SLOTS):
        if body[e, at.HP] > 0.0:
            alive += 1
            left += body[e, at.HP]
            close += 1 if body[e, at.TO_PLAYER] <= num.CLOSE else 0
            chasing += 1 if clock[e, at.CHASING] > 0 else 0
    near_p, near_c = whole[at.NEAR_PLAYER], whole[at.NEAR_COMPANION]
    x, y = body[at.COMPANION, at.X], body[at.COMPANION, at.Y]
    out[0] = max(0.0, body[at.PLAYER, at.HP]) / body[at.PLAYER, at.MAX_HP]
    out[1] = body[at.COMPANION, at.HP] / body[at.COMPANION, at.MAX_HP]
    out[2] = real[at.THREAT] * (0.5 + 0.5 * left / real[at.ENEMY_HEALTH])
    out[3] = 1.0 if near_p >= 0 and body[near_p, at.TO_PLAYER] <= num.ATTACK_RANGE else 0.0
    out[4], out[5] = body[at.PLAYER, at.X], body[at.PLAYER, at.Y]
    out[6], out[7] = x, y
    out[8] = alive
    out[9] = body[near_c, at.TO_COMPANION] if near_c >= 0 else 40.0
    out[10] = body[near_p, at.TO_PLAYER] if near_p >= 0 else 40.0
    out[11] = between(w)
    out[12], out[13] = close, chasing
    out[14] = 1.0 if clock[at.PLAYER, at.HURT] > 0 else 0.0
    out[15] = 1.0 if near_c >= 0 and line_clear(w, near_c) else 0.0
    out[16] = max(0.0, min(x, num.FIELD_W - x, y, num.FIELD_H - y))
    out[17] = body[at.COMPANION, at.STAMINA] / 100.0
    out[18] = body[at.COMPANION, at.MANA] / 100.0
    out[19] = body[at.PLAYER, at.MANA] / 100.0
    out[20] = 1.0 if clock[at.COMPANION, at.HEAL_WAIT] == 0 else 0.0


@inner()
def _check(w: World) -> None:
    """Note a state that is not finite; called now and then, for it does not heal."""
    body = w["body"]
    total = 0.0
    for slot in range(at.SLOTS):
        total += body[slot, at.X] + body[slot, at.Y] + body[slot, at.HP]
    if not math.isfinite(total):
        note(w, at.NON_FINITE)


@njit()
def play(
    worlds: Worlds, commands: npt.NDArray[np.int16], ticks: int, facts: npt.NDArray[np.float64]
) -> None:
    """One decision step of n worlds: obey, play `ticks`, sense.

    Args:
        worlds: WORLD[n]. commands: int16[n]. facts: float64[n, FACTS], filled.
    """
    for i in range(worlds.shape[0]):
        w = worlds[i]
        if w["whole"][at.DONE] == 0:
            companion.command(w, commands[i])
            for _ in range(ticks):
                tick(w, at.NOBODY)
        else:
            w["real"][at.EFFECT] = np.nan
        sense(w, facts[i])
