"""Damage: who is hurt how much, what the companion's tactic added, what it kept away.

`real[VALUE]` sums, in hit points, what the running tactic is worth: damage it did, damage of the
player it made larger, 1.5 × damage to the player it kept away, health given, less harm done.
"""

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.moving import between
from astraweave.model.kernels.jit import njit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@njit()
def note(whole: Ints, event: int) -> None:
    """Count a rule event and remember the tick of the first."""
    if whole[at.COUNTS + event] == 0:
        whole[at.FIRSTS + event] = whole[at.TICK]
    whole[at.COUNTS + event] += 1


@njit()
def _helped(clock: Ints, whole: Ints, enemy: int, means: int) -> float:
    """By how much the running tactic multiplies the player's damage to this enemy."""
    factor = 1.0
    if whole[at.TACTIC] == at.BUFF_PLAYER and whole[at.ACTED] == 1:
        factor += num.BUFF_SPELL if means == at.BY_SPELL else num.BUFF_OTHER
    if clock[enemy, at.HEXED] > 0:
        factor += num.HEX_SPELL if means == at.BY_SPELL else num.HEX_OTHER
    if clock[enemy, at.TAUNTED] > 0:
        factor += num.TAUNT_BONUS
    if clock[enemy, at.PINNED] > 0 and means == at.BY_SHOT:
        factor += num.PIN_BONUS
    return factor


@njit()
def player_hits(
    body: Floats, clock: Ints, real: Floats, whole: Ints, enemy: int, damage: float, means: int
) -> None:
    """The player wounds an enemy; more so with the companion's help."""
    hp = body[enemy, at.HP]
    plain = min(damage, hp)
    done = min(damage * _helped(clock, whole, enemy, means), hp)
    body[enemy, at.HP] = hp - done
    real[at.DEALT] += done
    real[at.VALUE] += done - plain
    clock[enemy, at.ANGER] = num.ANGER_TICKS


@njit()
def companion_hits(
    body: Floats, clock: Ints, real: Floats, whole: Ints, enemy: int, damage: float
) -> None:
    """The companion wounds an enemy."""
    done = min(damage, body[enemy, at.HP])
    body[enemy, at.HP] -= done
    real[at.DEALT] += done
    real[at.VALUE] += done
    if clock[enemy, at.ANGER] <= 0:
        clock[enemy, at.ANGER] = -num.ANGER_TICKS


@njit()
def companion_hurt(body: Floats, clock: Ints, damage: float) -> None:
    """The companion takes a blow, less its armour."""
    left = body[at.COMPANION, at.HP] - damage * num.COMPANION_ARMOUR
    body[at.COMPANION, at.HP] = max(0.0, left)
    clock[at.COMPANION, at.HURT] = num.SECOND


@njit()
def player_hurt(body: Floats, clock: Ints, real: Floats, whole: Ints, damage: float) -> None:
    """The player takes a blow: less his own block, less what the companion keeps away."""
    if clock[at.PLAYER, at.BLOCKING] > 0:
        damage *= num.BLOCK_FACTOR
    tactic = whole[at.TACTIC] if whole[at.ACTED] == 1 else at.NOBODY
    taken = damage
    if tactic == at.DEFENSIVE_STANCE and between(body) <= num.STANCE_REACH:
        taken *= num.STANCE_FACTOR
    elif tactic == at.CLOSE_SUPPORT and between(body) <= num.STANCE_REACH:
        taken *= num.GUARD_FACTOR
    elif tactic == at.COVER_PLAYER and between(body) <= num.COVER_REACH:
        whole[at.TURN] += 1
        # Every other blow, not a coin: the same share with less noise.
        if whole[at.TURN] % 2 == 1:
            companion_hurt(body, clock, damage)
            taken = 0.0
    taken = min(taken, body[at.PLAYER, at.HP])
    body[at.PLAYER, at.HP] -= taken
    real[at.TAKEN] += taken
    real[at.VALUE] += num.PREVENTED_WORTH * (damage - taken)
    clock[at.PLAYER, at.HURT] = num.SECOND


@njit()
def player_harmed(body: Floats, clock: Ints, real: Floats, whole: Ints, damage: float) -> None:
    """The companion's own shot hits the player."""
    taken = min(damage, body[at.PLAYER, at.HP])
    body[at.PLAYER, at.HP] -= taken
    real[at.TAKEN] += taken
    real[at.VALUE] -= num.PREVENTED_WORTH * taken
    clock[at.PLAYER, at.HURT] = num.SECOND
    note(whole, at.HARMED_PLAYER)


@njit()
def enemy_hits(
    body: Floats, clock: Ints, real: Floats, whole: Ints, enemy: int, target: int, damage: float
) -> None:
    """An enemy's blow or arrow lands on the player or the companion.

    A companion that draws aggression answers what a taunted enemy does, but holds back beside
    the player.
    """
    if target == at.PLAYER:
        player_hurt(body, clock, real, whole, damage)
        return
    companion_hurt(body, clock, damage)
    if whole[at.TACTIC] == at.DRAW_AGGRO and clock[enemy, at.TAUNTED] > 0:
        answer = num.RIPOSTE_DAMAGE
        if body[enemy, at.TO_PLAYER] <= num.CLOSE:
            answer *= num.HELD_BACK
        companion_hits(body, clock, real, whole, enemy, answer)
