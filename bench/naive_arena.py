"""The arena told a second time, naively: one world, one number at a time, an `if` for each rule.

What `astraweave.arena.kernels` does for a tile of worlds at once is done here for one, without
tiles and marks. The tests run it as it stands and compare every bit; the benchmark compiles it
(`register_jitable`) and says what the tiles are worth.

`w`, `friends`, `foes`, `shots` are the arrays of `arena.state.World`; `push` is float32[foes, 2].
"""

from typing import Any

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from bench.naive_blows import (
    COMPANION,
    HALF,
    HUNDRED,
    ONE,
    PLAYER,
    ZERO,
    F,
    Rows,
    apart,
    draw,
    enemy_hits,
    naive,
    note,
    player_acts,
    ro,
    say,
    shoot,
    square,
)
from bench.naive_habits import arrive, change, speed_of, stray, survey, wall_at
from bench.naive_shots import fly
from bench.naive_tactics import companion_acts


@naive
def inside(value: Any, size: Any) -> Any:
    return min(max(value, num.BODY_RADIUS), size - num.BODY_RADIUS)


@naive
def walk(w: Rows, body: Rows, dx: Any, dy: Any) -> None:
    """Slide along walls, round their nearer corner when head on."""
    body[ro.STEP_X], body[ro.STEP_Y] = dx, dy
    if dx == ZERO and dy == ZERO:
        return
    x, y = body[ro.X], body[ro.Y]
    nx = inside(x + dx, num.FIELD_W)
    wall = wall_at(w, nx, y)
    if wall >= 0:
        nx = x
        if abs(dy) < F(0.3) * abs(dx):
            dy = abs(dx) if y >= w[ro.WALL_1_Y + 2 * wall] else -abs(dx)
    ny = inside(y + dy, num.FIELD_H)
    below = wall_at(w, nx, ny)
    if below >= 0:
        ny = y
        if wall < 0 and abs(dx) < F(0.3) * abs(dy):
            nx = inside(x + (abs(dy) if x >= w[ro.WALL_1_X + 2 * below] else -abs(dy)), num.FIELD_W)
            nx = x if wall_at(w, nx, ny) >= 0 else nx
    body[ro.X], body[ro.Y] = nx, ny


@naive
def led(w: Rows, p: Rows) -> tuple[Any, Any]:
    """A person's step."""
    mx, my, trend = w[ro.MOVE_X], w[ro.MOVE_Y], w[ro.TREND]
    distance = np.sqrt(w[ro.NEAR_P_SQ])
    length = np.sqrt(mx * mx + my * my)
    if length <= F(0.1):
        return ZERO, ZERO
    scale = speed_of(w, p) / max(ONE, length)
    towards = (w[ro.NEAR_P_X] - p[ro.X]) * mx + (w[ro.NEAR_P_Y] - p[ro.Y]) * my
    bound = HALF * length * distance
    if towards > bound and distance > num.CLOSE:
        trend = max(ZERO, trend) + ONE
    elif towards < -bound:
        trend = min(ZERO, trend) - ONE
    if abs(trend) >= F(30) and w[ro.DID] < ZERO:
        say(w, at.ADVANCE if trend > ZERO else at.RETREAT)
        trend = ZERO
    w[ro.TREND] = trend
    return mx * scale, my * scale


@naive
def roam(w: Rows, p: Rows) -> tuple[Any, Any]:
    """A bot's step."""
    distance, speed, side = max(np.sqrt(w[ro.NEAR_P_SQ]), F(0.05)), speed_of(w, p), w[ro.SIDE]
    inverse = ONE / distance
    ex, ey = (w[ro.NEAR_P_X] - p[ro.X]) * inverse, (w[ro.NEAR_P_Y] - p[ro.Y]) * inverse
    wish, rushes = w[ro.PREFERRED_RANGE], p[ro.RUSH] > w[ro.TICK]
    if p[ro.HP] < w[ro.ENGAGE_AT] * p[ro.MAX_HP]:
        wish = max(wish, F(7.0))
    if rushes and p[ro.LAST_ACTION] == F(at.RETREAT):
        wish = max(wish, distance + ONE)
    if rushes and p[ro.LAST_ACTION] == F(at.ADVANCE):
        wish = F(1.2)
    if distance > wish + F(0.3):
        return ex * speed, ey * speed
    if distance < wish - F(0.3):
        bent = side * F(0.45)
        bx, by = ey * bent - ex, -ex * bent - ey
        bx += max(ZERO, F(3) - p[ro.X]) * HALF - max(ZERO, p[ro.X] - F(21)) * HALF
        by += max(ZERO, F(3) - p[ro.Y]) * HALF - max(ZERO, p[ro.Y] - F(13)) * HALF
        back = speed * num.BACKWARD_FACTOR / max(np.sqrt(bx * bx + by * by), F(0.01))
        return bx * back, by * back
    if rushes or wish > F(2.0):
        aside = speed * F(0.6) * side
        return -ey * aside, ex * aside
    return ZERO, ZERO


@naive
def player(w: Rows, friends: Rows, foes: Rows, shots: Rows, seed: int) -> None:
    p = friends[PLAYER]
    w[ro.DID] = -ONE
    human = w[ro.HUMAN] == ONE
    if p[ro.WAIT] <= w[ro.TICK] and (not human or w[ro.WANTED] >= ZERO):
        player_acts(w, friends, foes, shots, seed)
    dx, dy = ZERO, ZERO
    if human:
        dx, dy = led(w, p)
    elif w[ro.WALK] == F(2):
        dx, dy = stray(w, p, friends[COMPANION], seed)
    elif w[ro.WALK] == ZERO:
        dx, dy = roam(w, p)
    walk(w, p, dx, dy)


@naive
def companion(w: Rows, friends: Rows, foes: Rows, shots: Rows) -> None:
    p, c, now, tactic = friends[PLAYER], friends[COMPANION], w[ro.TICK], w[ro.TACTIC]
    up = c[ro.HP] > ZERO
    w[ro.DOES] = tactic if up else -ONE
    looks_on = up and (tactic < ZERO or tactic == F(at.WAIT_FOR_PLAYER))
    w[ro.IDLE_FOR] = w[ro.IDLE_FOR] + ONE if looks_on and p[ro.HURT] > now else ZERO
    if w[ro.IDLE_FOR] == num.IDLE_TICKS:
        note(w, at.IDLE_WHILE_ATTACKED)
    if up and tactic == F(at.WAIT_FOR_PLAYER):
        stamina = min(num.WAIT_REGEN, HUNDRED - c[ro.STAMINA])
        mana = min(num.WAIT_REGEN, HUNDRED - c[ro.MANA])
        c[ro.STAMINA] += stamina
        c[ro.MANA] += mana
        w[ro.VALUE] += (stamina + mana) * num.RESERVE_WORTH
    dx, dy = ZERO, ZERO
    go = int(w[ro.GO])
    if up and tactic >= ZERO and go != at.NOWHERE:
        x, y = p[ro.X], p[ro.Y]
        if go == at.TO_NEAR:
            x, y = w[ro.NEAR_C_X], w[ro.NEAR_C_Y]
        if go == at.TO_FAR:
            x, y = w[ro.FAR_X], w[ro.FAR_Y]
        if go == at.TO_GOAL:
            x, y = w[ro.GOAL_X], w[ro.GOAL_Y]
        dx, dy = x - c[ro.X], y - c[ro.Y]
        distance = np.sqrt(dx * dx + dy * dy)
        pace = min(w[ro.GAIT], max(distance - w[ro.STOP], ZERO)) / max(distance, F(0.01))
        if go == at.TO_FAR and w[ro.FAR_SQ] >= square(num.TAUNT_REACH):
            pace = ZERO
        dx, dy = dx * pace, dy * pace
    if up and tactic >= ZERO and go == at.TO_GOAL:  # heedless of walls and edge
        c[ro.STEP_X], c[ro.STEP_Y] = dx, dy
        c[ro.X] += dx
        c[ro.Y] += dy
    else:
        walk(w, c, dx, dy)
    companion_acts(w, friends, foes, shots)


@naive
def spread(foes: Rows, push: Rows) -> None:
    push[:] = ZERO
    for a in range(len(foes)):
        for k in range(1, len(foes)):
            b = (a + k) % len(foes)
            dx, dy = foes[a, ro.X] - foes[b, ro.X], foes[a, ro.Y] - foes[b, ro.Y]
            both = foes[a, ro.HP] > ZERO and foes[b, ro.HP] > ZERO
            if both and abs(dx) < num.ELBOW and abs(dy) < num.ELBOW:
                push[a, 0] += ZERO if dx == ZERO else ONE if dx > ZERO else -ONE
                push[a, 1] += ZERO if dy == ZERO else ONE if dy > ZERO else -ONE
    push *= num.PUSH


@naive
def think(w: Rows, friends: Rows, foe: Rows, slot: int, push: Rows) -> bool:
    """What is done to an enemy, whom it is after, its step; whether it can strike."""
    now, does, soon = w[ro.TICK], w[ro.DOES], w[ro.TICK] + F(5)
    if foe[ro.HP] <= ZERO:
        walk(w, foe, push[0], push[1])
        return False
    far, near_sq = foe[ro.TO_PLAYER_SQ] > square(num.CLOSE), foe[ro.TO_COMPANION_SQ]
    if does == F(at.DRAW_AGGRO) and far and near_sq < square(num.TAUNT_REACH):
        foe[ro.TAUNTED] = soon
    if does == F(at.DEBUFF_ENEMY) and near_sq < square(num.HEX_REACH) and w[ro.NEAR_P] == F(slot):
        foe[ro.HEXED] = soon
    pins = does == F(at.SUPPRESS_ENEMY) and far and near_sq < square(num.VOLLEY_REACH)
    pins = pins and foe[ro.TO_PLAYER_SQ] <= w[ro.PIN_2_SQ]
    if pins:
        foe[ro.PINNED] = soon
    hunts = near_sq < foe[ro.TO_PLAYER_SQ]
    if foe[ro.ANGER] > now:
        hunts = False
    if -foe[ro.ANGER] > now or foe[ro.TAUNTED] > now:
        hunts = True
    hunts = hunts and friends[COMPANION, ro.HP] > ZERO
    foe[ro.HUNTS] = ONE if hunts else ZERO
    if pins and not hunts:
        w[ro.VALUE] += foe[ro.PIN_WORTH]
    foe[ro.CHASING] = ZERO
    if foe[ro.PINNED] > now:
        foe[ro.WAIT] += F(4)
        walk(w, foe, push[0], push[1])
        return False
    target = friends[COMPANION] if hunts else friends[PLAYER]
    distance = apart(target, foe)
    speed = foe[ro.SPEED] * num.RUSH_FACTOR if foe[ro.TAUNTED] > now else foe[ro.SPEED]
    nearer = min(max(distance - foe[ro.FARTHEST], ZERO) * F(0.25), speed)
    away = min(max(foe[ro.NEAREST] - distance, ZERO) * F(0.25), speed)
    foe[ro.CHASING] = ONE if nearer > ZERO and far and not hunts else ZERO
    pace = (nearer - away) / max(distance, F(0.1))
    dx = (target[ro.X] - foe[ro.X]) * pace + push[0]
    dy = (target[ro.Y] - foe[ro.Y]) * pace + push[1]
    walk(w, foe, dx, dy)
    return bool(foe[ro.WAIT] <= now and distance < foe[ro.REACH])


@naive
def strike(w: Rows, friends: Rows, foe: Rows, shots: Rows, slot: int, seed: int) -> None:
    now, target = w[ro.TICK], COMPANION if foe[ro.HUNTS] > ZERO else PLAYER
    shakes = F(int(draw(seed, now, at.DRAW_BLOW + slot) * F(9)) - 5)
    foe[ro.WAIT], foe[ro.SWUNG] = now + foe[ro.PERIOD] + shakes, now
    if foe[ro.ARROW] > ZERO:
        shoot(w, shots, slot, foe, friends[target], foe[ro.BLOW], foe[ro.ARROW])
    else:
        enemy_hits(w, friends, foe, target, foe[ro.BLOW])


@naive
def enemies(w: Rows, friends: Rows, foes: Rows, shots: Rows, push: Rows, seed: int) -> None:
    now = int(w[ro.TICK])
    if now % 4 == 0:
        spread(foes, push)
    for k in range(0, len(foes), 2):
        if (now + k) % 4 != 0:
            for e in (k, k + 1):
                if foes[e, ro.HP] > ZERO:
                    walk(w, foes[e], foes[e, ro.STEP_X], foes[e, ro.STEP_Y])
            continue
        first = think(w, friends, foes[k], k + 2, push[k])
        second = think(w, friends, foes[k + 1], k + 3, push[k + 1])
        if first:
            strike(w, friends, foes[k], shots, k + 2, seed)
        if second:
            strike(w, friends, foes[k + 1], shots, k + 3, seed)


@naive
def settle(w: Rows, friends: Rows, foes: Rows, seed: int) -> None:
    p, c = friends[PLAYER], friends[COMPANION]
    if int(w[ro.TICK] + ONE) % 6 == 0:
        total = ZERO
        for k in range(len(friends) + len(foes)):
            body = friends[k] if k < 2 else foes[k - 2]
            total += body[ro.X] + body[ro.Y] + body[ro.HP]
        if not np.isfinite(total):
            note(w, at.NON_FINITE)
    for k in range(2):
        friends[k, ro.STAMINA] = min(HUNDRED, friends[k, ro.STAMINA] + num.STAMINA_REGEN)
        friends[k, ro.MANA] = min(HUNDRED, friends[k, ro.MANA] + w[ro.MANA_REGEN])
    if c[ro.HP] > ZERO:
        c[ro.HP] = min(c[ro.MAX_HP], c[ro.HP] + num.COMPANION_REGEN)
    w[ro.KEPT] += p[ro.HP]
    w[ro.TICK] += ONE
    dead = p[ro.HP] <= ZERO
    if not dead and w[ro.NEAR_P] >= ZERO and w[ro.TICK] < w[ro.LIMIT]:
        return
    if not dead and w[ro.RESERVES] > ZERO and w[ro.TICK] < w[ro.LIMIT]:
        arrive(w, friends, foes, seed)
        return
    w[ro.LIVE], w[ro.DOES] = ZERO, -ONE
    survey(w, friends, foes)
    if dead:
        note(w, at.PLAYER_DIED)
        ready = c[ro.HEAL_AT] <= w[ro.TICK] and c[ro.HP] > ZERO and c[ro.MANA] >= num.MEND_MANA
        if ready and apart(p, c) <= num.MEND_REACH:
            note(w, at.PLAYER_DIED_HEAL_READY)


@naive
def tick(w: Rows, friends: Rows, foes: Rows, shots: Rows, push: Rows, seed: int) -> None:
    """One world, 1/60 s."""
    if w[ro.LIVE] == ZERO:
        return
    if w[ro.TICK] > ZERO and int(w[ro.TICK]) % 60 == 0:
        if w[ro.RESERVES] > ZERO and w[ro.TICK] % w[ro.WAVE_EVERY] == ZERO:
            arrive(w, friends, foes, seed)
        if w[ro.SWITCH_EVERY] > ZERO and w[ro.TICK] % w[ro.SWITCH_EVERY] == ZERO:
            change(w)
    player(w, friends, foes, shots, seed)
    companion(w, friends, foes, shots)
    enemies(w, friends, foes, shots, push, seed)
    fly(w, friends, foes, shots)
    if int(w[ro.TICK]) % 2 == 1:
        survey(w, friends, foes)
    settle(w, friends, foes, seed)
