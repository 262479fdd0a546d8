"""What the companion senses, in the order of `arena.declared.FACTS`: a row a fact. Wide."""

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.lanes import (
    FAR_AWAY,
    HALF,
    ONE,
    YES,
    ZERO,
    Due,
    State,
    inner,
    least,
    mark,
    most,
    pick,
    square,
)
from astraweave.arena.kernels.moving import line_clear
from astraweave.arena.kernels.player import HUNDRED

FACT = tuple(at.WIDTH * np.uint64(number) for number in range(at.FACTS))


@inner()
def _count(e: State, me: np.uint64, facts: State) -> None:
    """Add an enemy to the facts that count them."""
    for i in range(at.WIDTH):
        hp, distance = e[me + at.HP + i], e[me + at.TO_PLAYER_SQ + i]
        stands = pick(hp > ZERO, ONE, ZERO)
        facts[FACT[2] + i] += most(hp, ZERO)
        facts[FACT[8] + i] += stands
        facts[FACT[12] + i] += pick(distance <= square(num.CLOSE), stands, ZERO)
        facts[FACT[13] + i] += least(stands, e[me + at.CHASING + i])


@inner()
def sense(s: State, e: State, facts: State) -> None:
    """The facts of a tile. facts: float32[FACTS · LANES], filled."""
    for row in (2, 8, 12, 13):
        for i in range(at.LANES):
            facts[row * at.LANES + i] = ZERO
    for enemy in range(e.shape[0] // at.FOE):
        _count(e, np.uint64(enemy) * at.FOE, facts)
    _near(s, facts)
    _own(s, facts)


@inner()
def _near(s: State, facts: State) -> None:
    """Facts about who is where."""
    for i in range(at.WIDTH):
        to_player, to_companion = s[at.NEAR_P_SQ + i], s[at.NEAR_C_SQ + i]
        px, py = s[at.P + at.X + i], s[at.P + at.Y + i]
        x, y = s[at.C + at.X + i], s[at.C + at.Y + i]
        dx, dy = px - x, py - y
        clear = line_clear(s, i, s[at.NEAR_C_X + i], s[at.NEAR_C_Y + i])
        facts[FACT[3] + i] = pick(to_player <= square(num.ATTACK_RANGE), ONE, ZERO)
        facts[FACT[4] + i], facts[FACT[5] + i], facts[FACT[6] + i], facts[FACT[7] + i] = (
            px,
            py,
            x,
            y,
        )
        facts[FACT[9] + i], facts[FACT[10] + i] = np.sqrt(to_companion), np.sqrt(to_player)
        facts[FACT[11] + i] = np.sqrt(dx * dx + dy * dy)
        facts[FACT[15] + i] = pick(to_companion < FAR_AWAY, clear, ZERO)
        edge = least(least(x, num.FIELD_W - x), least(y, num.FIELD_H - y))
        facts[FACT[16] + i] = most(ZERO, edge)


@inner()
def _own(s: State, facts: State) -> None:
    """Facts about health, strength and timers."""
    p, c = at.P, at.C
    for i in range(at.WIDTH):
        tick = s[at.TICK + i]
        facts[FACT[0] + i] = most(ZERO, s[p + at.HP + i]) / s[p + at.MAX_HP + i]
        facts[FACT[1] + i] = s[c + at.HP + i] / s[c + at.MAX_HP + i]
        left = facts[FACT[2] + i] / s[at.ENEMY_HEALTH + i]
        facts[FACT[2] + i] = s[at.THREAT + i] * (HALF + HALF * left)
        facts[FACT[14] + i] = pick(s[p + at.HURT + i] > tick, ONE, ZERO)
        facts[FACT[17] + i] = s[c + at.STAMINA + i] / HUNDRED
        facts[FACT[18] + i] = s[c + at.MANA + i] / HUNDRED
        facts[FACT[19] + i] = s[p + at.MANA + i] / HUNDRED
        facts[FACT[20] + i] = pick(s[c + at.HEAL_AT + i] <= tick, ONE, ZERO)


@inner()
def finite(facts: State, due: Due) -> None:
    """Mark the lanes in which all facts are finite. Wide."""
    for i in range(at.WIDTH):
        none = _strange(facts, i, FACT[0]) + _strange(facts, i, FACT[7])
        none += _strange(facts, i, FACT[14])
        due[i] = mark(none == ZERO, YES)


@inner()
def _strange(facts: State, i: np.uint64, first: np.uint64) -> np.float32:
    """0 if seven facts are finite, which then differ from themselves by nothing; else NaN."""
    one = facts[first + FACT[0] + i] - facts[first + FACT[0] + i]
    two = facts[first + FACT[1] + i] - facts[first + FACT[1] + i]
    three = facts[first + FACT[2] + i] - facts[first + FACT[2] + i]
    four = facts[first + FACT[3] + i] - facts[first + FACT[3] + i]
    five = facts[first + FACT[4] + i] - facts[first + FACT[4] + i]
    six = facts[first + FACT[5] + i] - facts[first + FACT[5] + i]
    seven = facts[first + FACT[6] + i] - facts[first + FACT[6] + i]
    return np.float32(one + two + three + four + five + six + seven)
