"""Damage: who is hurt how much, what the companion's tactic added, what it kept away.

The row VALUE sums, in hit points, what the running tactic is worth: damage it did, damage of the
player it made larger, 1.5 × damage to the player it kept away, health given, less harm done.
All sparse, see `lanes`.
"""

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.lanes import ONE, ZERO, State, inner, least, most, square
from astraweave.arena.kernels.moving import between


@inner()
def note(s: State, i: np.uint64, event: int) -> None:
    """Count a rule event and remember the tick of the first."""
    row = np.uint64(event) * at.WIDTH + i
    if s[row + at.COUNTS] == ZERO:
        s[row + at.FIRSTS] = s[at.TICK + i] - s[at.BORN + i]
    s[row + at.COUNTS] += ONE


@inner()
def _active(s: State, i: np.uint64) -> int:
    """The tactic in effect, −1 without or while the companion is down."""
    if s[at.ACTED + i] == ZERO or s[at.C + at.HP + i] <= ZERO:
        return at.NOBODY
    return int(s[at.TACTIC + i])


@inner()
def _helped(
    s: State, e: State, i: np.uint64, me: np.uint64, now: np.float32, means: int
) -> np.float32:
    """By how much the running tactic multiplies the player's damage to this enemy."""
    factor = ONE
    if _active(s, i) == at.BUFF_PLAYER:
        factor += num.BUFF_SPELL if means == at.BY_SPELL else num.BUFF_OTHER
    if e[me + at.HEXED + i] > now:
        factor += num.HEX_SPELL if means == at.BY_SPELL else num.HEX_OTHER
    if e[me + at.TAUNTED + i] > now:
        factor += num.TAUNT_BONUS
    if e[me + at.PINNED + i] > now and means == at.BY_SHOT:
        factor += num.PIN_BONUS
    return factor


@inner()
def player_hits(
    s: State,
    e: State,
    i: np.uint64,
    me: np.uint64,
    now: np.float32,
    damage: np.float32,
    means: int,
) -> None:
    """The player wounds an enemy; more so with the companion's help."""
    hp = e[me + at.HP + i]
    plain = least(damage, hp)
    done = least(damage * _helped(s, e, i, me, now, means), hp)
    e[me + at.HP + i] = hp - done
    s[at.DEALT + i] += done
    s[at.VALUE + i] += done - plain
    e[me + at.ANGER + i] = now + num.ANGER_TICKS


@inner()
def companion_hits(
    s: State, e: State, i: np.uint64, me: np.uint64, now: np.float32, damage: np.float32
) -> None:
    """The companion wounds an enemy."""
    done = least(damage, e[me + at.HP + i])
    e[me + at.HP + i] -= done
    s[at.DEALT + i] += done
    s[at.VALUE + i] += done
    if e[me + at.ANGER + i] <= now:
        e[me + at.ANGER + i] = -(now + num.ANGER_TICKS)


@inner()
def companion_hurt(s: State, i: np.uint64, now: np.float32, damage: np.float32) -> None:
    """The companion takes a blow, less its armour."""
    before = s[at.C + at.HP + i]
    left = most(before - damage * num.COMPANION_ARMOUR, ZERO)
    s[at.C + at.HP + i] = left
    if left <= ZERO < before:
        s[at.C + at.DOWN + i] = now + num.DOWN_TICKS
    s[at.C + at.HURT + i] = now + num.SECOND


@inner()
def player_hurt(s: State, i: np.uint64, now: np.float32, damage: np.float32) -> None:
    """The player takes a blow: less his own block, less what the companion keeps away."""
    if s[at.P + at.BLOCKING + i] > now:
        damage *= num.BLOCK_FACTOR
    tactic = _active(s, i)
    taken = damage
    if tactic == at.DEFENSIVE_STANCE and between(s, i) <= num.STANCE_REACH:
        taken *= num.STANCE_FACTOR
    elif tactic == at.CLOSE_SUPPORT and between(s, i) <= num.STANCE_REACH:
        taken *= num.GUARD_FACTOR
    elif tactic == at.COVER_PLAYER and between(s, i) <= num.COVER_REACH:
        # Every other blow, not a coin: the same share with less noise.
        s[at.TURN + i] = ONE - s[at.TURN + i]
        if s[at.TURN + i] == ONE:
            companion_hurt(s, i, now, damage)
            taken = ZERO
    taken = least(taken, s[at.P + at.HP + i])
    s[at.P + at.HP + i] -= taken
    s[at.TAKEN + i] += taken
    s[at.VALUE + i] += num.PREVENTED_WORTH * (damage - taken)
    s[at.P + at.HURT + i] = now + num.SECOND


@inner()
def player_harmed(s: State, i: np.uint64, now: np.float32, damage: np.float32) -> None:
    """The companion's own shot hits the player."""
    taken = least(damage, s[at.P + at.HP + i])
    s[at.P + at.HP + i] -= taken
    s[at.TAKEN + i] += taken
    s[at.VALUE + i] -= num.PREVENTED_WORTH * taken
    s[at.P + at.HURT + i] = now + num.SECOND
    note(s, i, at.HARMED_PLAYER)


@inner()
def enemy_hits(
    s: State,
    e: State,
    i: np.uint64,
    me: np.uint64,
    now: np.float32,
    companion: bool,
    damage: np.float32,
) -> None:
    """An enemy's blow or arrow lands on the companion, or on the player.

    A companion that draws aggression answers what a taunted enemy does, but holds back beside
    the player.
    """
    if not companion:
        player_hurt(s, i, now, damage)
        return
    companion_hurt(s, i, now, damage)
    if int(s[at.TACTIC + i]) == at.DRAW_AGGRO and e[me + at.TAUNTED + i] > now:
        answer = num.RIPOSTE_DAMAGE
        if e[me + at.TO_PLAYER_SQ + i] <= square(num.CLOSE):
            answer *= num.HELD_BACK
        companion_hits(s, e, i, me, now, answer)
