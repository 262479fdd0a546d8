"""The player's actions, and how a bot chooses one. A person's come from outside. All sparse."""

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.chance import six
from astraweave.arena.kernels.flying import Flights, shoot
from astraweave.arena.kernels.lanes import (
    ACTS,
    HALF,
    ONE,
    STAYS,
    ZERO,
    Due,
    State,
    foe,
    inner,
    least,
    mark,
    most,
    pick,
    square,
)
from astraweave.arena.kernels.wounds import companion_hits, player_hits

HUNDRED = np.float32(100)
PACES = np.float32(5)
PICKS = np.float32(at.ACTIONS)
TREND_TICKS, STILL = np.float32(30), np.float32(0.1)


@inner()
def ready(s: State, now: np.float32, due: Due) -> None:
    """Mark the lanes where the player acts, a bot always, a person if he wants; and who is led."""
    for i in range(at.WIDTH):
        on = pick(s[at.P + at.WAIT + i] <= now, s[at.LIVE + i], ZERO)
        wants = pick(s[at.WANTED + i] >= ZERO, ONE, ZERO)
        wants = pick(s[at.HUMAN + i] == ONE, wants, ONE)
        led = pick(s[at.HUMAN + i] > ZERO, s[at.LIVE + i], ZERO)
        due[i] = mark(least(on, wants) > ZERO, ACTS) | mark(led > ZERO, STAYS)
        s[at.DID + i] = pick(s[at.LIVE + i] > ZERO, -ONE, s[at.DID + i])


@inner()
def decide(s: State, i: np.uint64, now: np.float32, m: int) -> int:
    """Which action starts now, −1 where the moment passes; then rest."""
    human = s[at.HUMAN + i] == ONE
    pace, lapse, bold, choice, whim, idles = six(m)  # streams DRAW_PACE to DRAW_IDLE
    pause = num.PACE + int(pace * PACES)
    idle = idles < s[at.IDLE + i]
    s[at.P + at.WAIT + i] = now + np.float32(pause)
    action = choose(s, i, now, (lapse, bold, choice, whim))
    action = at.NOBODY if idle else action
    return int(s[at.WANTED + i]) if human else action


@inner()
def choose(
    s: State,
    i: np.uint64,
    now: np.float32,
    drawn: tuple[np.float32, np.float32, np.float32, np.float32],
) -> int:
    """A bot's next action from its traits and what stands before it.

    All is worked out and then chosen from: nobody can predict these branches, a computer neither.
    drawn: of DRAW_LAPSE, DRAW_BOLD, DRAW_CHOICE and DRAW_PICK.
    """
    lapse, dares, pick, whim = drawn
    health = s[at.P + at.HP + i] / s[at.P + at.MAX_HP + i]
    rested = (s[at.P + at.HEAL_AT + i] <= now) & (s[at.P + at.MANA + i] >= num.HEAL_MANA)
    bold = s[at.AGGRESSION + i]
    bold = bold * HALF if health < s[at.ENGAGE_AT + i] else bold
    attack, care = _attack(s, i, pick), _care(s, i, rested, pick)
    action = attack if dares < bold else care
    action = at.HEAL if (health < s[at.HEAL_BELOW + i]) & rested else action
    return int(whim * PICKS) if lapse < s[at.LAPSE + i] else action


@inner()
def _can_heal(s: State, i: np.uint64, now: np.float32) -> bool:
    rested = s[at.P + at.HEAL_AT + i] <= now
    return bool(rested and s[at.P + at.MANA + i] >= num.HEAL_MANA)


@inner()
def _attack(s: State, i: np.uint64, pick: np.float32) -> int:
    distance, mana = np.sqrt(s[at.NEAR_P_SQ + i]), s[at.P + at.MANA + i]
    melee, ranged = s[at.MELEE + i], s[at.RANGED + i]
    pick *= melee + ranged + s[at.MAGIC + i]
    strike = at.STRIKE if distance <= num.STRIKE_REACH else at.ADVANCE
    shoots = at.SHOOT if distance <= num.SHOOT_REACH else at.ADVANCE
    cast = at.CAST if distance <= num.CAST_REACH else at.ADVANCE
    action = at.FOCUS if mana < num.CAST_MANA else cast
    action = shoots if pick < melee + ranged else action
    return strike if pick < melee else action


@inner()
def _care(s: State, i: np.uint64, rested: bool, pick: np.float32) -> int:
    """What a bot does instead of attacking."""
    guard, support = s[at.DEFENSIVE + i], s[at.SUPPORT + i]
    movement = s[at.MOVEMENT + i]
    pick *= guard + support + movement + s[at.UTILITY + i]
    moves = at.RETREAT if s[at.NEAR_P_SQ + i] < square(s[at.PREFERRED_RANGE + i]) else at.EVADE
    helps = at.HEAL if rested else at.FOCUS
    action = moves if pick < guard + support + movement else at.FOCUS
    action = helps if pick < guard + support else action
    return at.BLOCK if pick < guard else action


@inner()
def _say(s: State, i: np.uint64, now: np.float32, action: int) -> None:
    """Note the action that starts in this tick, and that this window of two seconds saw one."""
    s[at.DID + i] = np.float32(action)
    s[at.DID_AT + i] = s[at.NEAR_P + i]
    s[at.DID_DAMAGE + i] = ZERO
    window = np.floor((now - s[at.BORN + i]) / num.WINDOW_TICKS)
    if window != s[at.LAST_WINDOW + i]:
        s[at.LAST_WINDOW + i] = window
        s[at.WINDOWS + i] += ONE


@inner()
def _begin(s: State, i: np.uint64, now: np.float32, action: int) -> None:
    p = at.P
    _say(s, i, now, action)
    s[p + at.LAST_ACTION + i] = np.float32(action)
    s[p + at.SWUNG + i] = now
    s[p + at.RUSH + i] = now


@inner()
def hit(s: State, e: State, i: np.uint64, now: np.float32, action: int) -> None:
    """Strike or cast; out of reach it is a miss, and so is a spell without mana."""
    _begin(s, i, now, action)
    strikes = action == at.STRIKE
    pool = at.P + (at.STAMINA if strikes else at.MANA)
    cost = num.STRIKE_STAMINA if strikes else num.CAST_MANA
    enough = s[pool + i] >= cost
    spend(s, i, pool, cost if enough else ZERO)
    damage = num.STRIKE_DAMAGE if enough else num.STRIKE_DAMAGE * num.TIRED_FACTOR
    damage = damage if strikes else num.CAST_DAMAGE
    reach = num.STRIKE_REACH if strikes else num.CAST_REACH
    if (np.sqrt(s[at.NEAR_P_SQ + i]) <= reach) & (strikes | enough):
        me, before = foe(int(s[at.NEAR_P + i])), s[at.DEALT + i]
        player_hits(s, e, i, me, now, damage, at.BY_MELEE if strikes else at.BY_SPELL)
        if strikes:
            _follow_up(s, e, i, me, now)
        s[at.DID_DAMAGE + i] = s[at.DEALT + i] - before


@inner()
def let_fly(s: State, e: State, f: State, i: np.uint64, now: np.float32, flying: Flights) -> None:
    """Shoot at the nearest."""
    _begin(s, i, now, at.SHOOT)
    s[at.DID_DAMAGE + i] = num.SHOOT_DAMAGE
    me = foe(int(s[at.NEAR_P + i]))
    x, y = s[at.P + at.X + i], s[at.P + at.Y + i]
    line, speed = (e[me + at.X + i], e[me + at.Y + i]), num.SHOOT_SPEED
    shoot(s, f, i, at.PLAYER, x, y, line, num.SHOOT_DAMAGE, speed, flying)


@inner()
def perform(s: State, i: np.uint64, now: np.float32, action: int) -> None:
    """Any other action: guard, mend, move or gather strength."""
    p = at.P
    _begin(s, i, now, action)
    blocking, gain = s[p + at.BLOCKING + i], num.FOCUS_GAIN if action == at.FOCUS else ZERO
    s[p + at.BLOCKING + i] = now + num.BLOCK_TICKS if action == at.BLOCK else blocking
    s[p + at.MANA + i] = least(HUNDRED, s[p + at.MANA + i] + gain)
    s[p + at.STAMINA + i] = least(HUNDRED, s[p + at.STAMINA + i] + gain)
    lasts = num.EVADE_TICKS if action == at.EVADE else num.MOVE_TICKS
    moves = (action == at.ADVANCE) | (action == at.RETREAT) | (action == at.EVADE)
    s[p + at.RUSH + i] = now + lasts if moves else now
    if action == at.HEAL:
        _heal(s, i, now)


@inner()
def _follow_up(s: State, e: State, i: np.uint64, me: np.uint64, now: np.float32) -> None:
    """A companion in a melee combo answers each strike of the player with one of its own."""
    combo = int(s[at.TACTIC + i]) == at.MELEE_COMBO
    if combo and e[me + at.TO_COMPANION_SQ + i] <= square(num.COMBO_REACH):
        companion_hits(s, e, i, me, now, num.COMBO_DAMAGE)
        s[at.C + at.SWUNG + i] = now


@inner()
def spend(s: State, i: np.uint64, pool: np.uint64, cost: np.float32) -> None:
    """Take stamina or mana; `pool` is where that row begins."""
    s[pool + i] = most(ZERO, s[pool + i] - cost)
    s[at.SPENT + i] += cost


@inner()
def _heal(s: State, i: np.uint64, now: np.float32) -> None:
    """The player mends whoever of the two is worse off."""
    if not _can_heal(s, i, now):
        return
    p, c = at.P, at.C
    spend(s, i, p + at.MANA, num.HEAL_MANA)
    s[p + at.HEAL_AT + i] = now + num.HEAL_WAIT_TICKS
    own, other = s[p + at.HP + i] / s[p + at.MAX_HP + i], s[c + at.HP + i] / s[c + at.MAX_HP + i]
    himself = own <= other or other <= ZERO
    me = p if himself else c
    s[at.DID_AT + i] = ZERO if himself else ONE
    s[me + at.HP + i] = least(s[me + at.MAX_HP + i], s[me + at.HP + i] + num.HEAL_AMOUNT)


@inner()
def gait(s: State, i: np.uint64, now: np.float32) -> np.float32:
    """How fast the player moves now, of his plain speed."""
    p, factor = at.P, ONE
    if s[p + at.RUSH + i] > now:
        evades = int(s[p + at.LAST_ACTION + i]) == at.EVADE
        factor = num.EVADE_FACTOR if evades else num.RUSH_FACTOR
    if s[p + at.BLOCKING + i] > now:
        factor *= num.BLOCKED_FACTOR
    return factor


@inner()
def led(s: State, i: np.uint64, now: np.float32) -> None:
    """Step where a person says; half a second towards or away from the enemy is an action."""
    p = at.P
    s[p + at.STEP_X + i], s[p + at.STEP_Y + i] = ZERO, ZERO
    mx, my = s[at.MOVE_X + i], s[at.MOVE_Y + i]
    length = np.sqrt(mx * mx + my * my)
    if length <= STILL or s[at.LIVE + i] == ZERO:
        return
    speed = num.PLAYER_SPEED * gait(s, i, now)
    scale = speed / most(ONE, length)
    s[p + at.STEP_X + i], s[p + at.STEP_Y + i] = mx * scale, my * scale
    distance = np.sqrt(s[at.NEAR_P_SQ + i])
    towards = (s[at.NEAR_P_X + i] - s[p + at.X + i]) * mx
    towards += (s[at.NEAR_P_Y + i] - s[p + at.Y + i]) * my
    bound = HALF * length * distance
    trend = s[at.TREND + i]
    if towards > bound and distance > num.CLOSE:
        trend = most(ZERO, trend) + ONE
    elif towards < -bound:
        trend = least(ZERO, trend) - ONE
    if abs(trend) >= TREND_TICKS and s[at.DID + i] < ZERO:
        _say(s, i, now, at.ADVANCE if trend > ZERO else at.RETREAT)
        trend = ZERO
    s[at.TREND + i] = trend
