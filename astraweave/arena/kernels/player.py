"""The player: what he can do, and how a bot chooses it. A person's choices come from outside."""

import math

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.chance import draw
from astraweave.arena.kernels.flying import shoot
from astraweave.arena.kernels.moving import move
from astraweave.arena.kernels.world import World, inner
from astraweave.arena.kernels.wounds import companion_hits, player_hits

TREND_TICKS = 30


@inner()
def act(w: World, wanted: int) -> None:
    """One tick of the player: perhaps start an action, then walk. `wanted` is a person's, or −1."""
    clock, whole = w["clock"], w["whole"]
    whole[at.DID] = at.NOBODY
    near = whole[at.NEAR_PLAYER]
    if clock[at.PLAYER, at.WAIT] > 0:
        clock[at.PLAYER, at.WAIT] -= 1
    if near < 0:
        return
    if clock[at.PLAYER, at.WAIT] == 0:
        action = wanted if whole[at.HUMAN] == 1 else choose(w)
        if action >= 0:
            perform(w, action)
            clock[at.PLAYER, at.WAIT] = num.PACE + int(draw(w, at.DRAW_PACE) * 5.0)
    if whole[at.HUMAN] == 1:
        _led(w)
    else:
        _roam(w)


@inner()
def choose(w: World) -> int:
    """A bot's next action from its traits and what stands before it."""
    body, real = w["body"], w["real"]
    if draw(w, at.DRAW_LAPSE) < real[at.LAPSE]:
        return int(draw(w, at.DRAW_PICK) * at.ACTIONS)
    health = body[at.PLAYER, at.HP] / body[at.PLAYER, at.MAX_HP]
    if health < real[at.HEAL_BELOW] and _can_heal(w):
        return at.HEAL
    bold = real[at.AGGRESSION]
    if health < real[at.ENGAGE_AT]:
        bold *= 0.5
    if draw(w, at.DRAW_BOLD) < bold:
        return _attack(w)
    return _care(w)


@inner()
def _can_heal(w: World) -> bool:
    body, clock = w["body"], w["clock"]
    return bool(clock[at.PLAYER, at.HEAL_WAIT] == 0 and body[at.PLAYER, at.MANA] >= num.HEAL_MANA)


@inner()
def _attack(w: World) -> int:
    body, real, whole = w["body"], w["real"], w["whole"]
    distance = body[whole[at.NEAR_PLAYER], at.TO_PLAYER]
    pick = draw(w, at.DRAW_CHOICE) * (real[at.MELEE] + real[at.RANGED] + real[at.MAGIC])
    if pick < real[at.MELEE]:
        return at.STRIKE if distance <= num.STRIKE_REACH else at.ADVANCE
    if pick < real[at.MELEE] + real[at.RANGED]:
        return at.SHOOT if distance <= num.SHOOT_REACH else at.ADVANCE
    if body[at.PLAYER, at.MANA] < num.CAST_MANA:
        return at.FOCUS
    return at.CAST if distance <= num.CAST_REACH else at.ADVANCE


@inner()
def _care(w: World) -> int:
    """What a bot does instead of attacking."""
    body, real, whole = w["body"], w["real"], w["whole"]
    total = real[at.DEFENSIVE] + real[at.SUPPORT] + real[at.MOVEMENT] + real[at.UTILITY]
    pick = draw(w, at.DRAW_CHOICE) * total
    if pick < real[at.DEFENSIVE]:
        return at.BLOCK
    pick -= real[at.DEFENSIVE]
    if pick < real[at.SUPPORT]:
        return at.HEAL if _can_heal(w) else at.FOCUS
    if pick < real[at.SUPPORT] + real[at.MOVEMENT]:
        close = body[whole[at.NEAR_PLAYER], at.TO_PLAYER] < real[at.PREFERRED_RANGE]
        return at.RETREAT if close else at.EVADE
    return at.FOCUS


@inner()
def _say(w: World, action: int, target: int) -> None:
    """Note the action that starts in this tick, and that this window of two seconds saw one."""
    whole = w["whole"]
    whole[at.DID], whole[at.DID_AT] = action, target
    whole[at.DID_COUNT] += 1
    window = whole[at.TICK] // num.WINDOW_TICKS
    if window != whole[at.LAST_WINDOW]:
        whole[at.LAST_WINDOW] = window
        whole[at.WINDOWS] += 1


@inner()
def perform(w: World, action: int) -> None:
    """Start an action and say so in `whole[DID]`; one that is out of reach or mana is a miss."""
    body, clock, real, whole = w["body"], w["clock"], w["real"], w["whole"]
    near = whole[at.NEAR_PLAYER]
    _say(w, action, near)
    real[at.DID_DAMAGE] = 0.0
    clock[at.PLAYER, at.LAST_ACTION] = action
    clock[at.PLAYER, at.SWING] = 0
    clock[at.PLAYER, at.RUSH] = 0
    if action <= at.CAST:
        _hurt(w, action)
    elif action == at.BLOCK:
        clock[at.PLAYER, at.BLOCKING] = num.BLOCK_TICKS
    elif action == at.HEAL:
        _heal(w)
    elif action == at.FOCUS:
        body[at.PLAYER, at.MANA] = min(100.0, body[at.PLAYER, at.MANA] + num.FOCUS_GAIN)
        body[at.PLAYER, at.STAMINA] = min(100.0, body[at.PLAYER, at.STAMINA] + num.FOCUS_GAIN)
    else:
        clock[at.PLAYER, at.RUSH] = num.EVADE_TICKS if action == at.EVADE else num.MOVE_TICKS


@inner()
def _hurt(w: World, action: int) -> None:
    body, real, whole = w["body"], w["real"], w["whole"]
    near = whole[at.NEAR_PLAYER]
    before = real[at.DEALT]
    distance = body[near, at.TO_PLAYER]
    if action == at.STRIKE:
        damage = num.STRIKE_DAMAGE
        if body[at.PLAYER, at.STAMINA] < num.STRIKE_STAMINA:
            damage *= 0.6
        else:
            spend(w, at.PLAYER, at.STAMINA, num.STRIKE_STAMINA)
        if distance <= num.STRIKE_REACH:
            player_hits(w, near, damage, at.BY_MELEE)
            _follow_up(w, near)
    elif action == at.CAST:
        if body[at.PLAYER, at.MANA] >= num.CAST_MANA:
            spend(w, at.PLAYER, at.MANA, num.CAST_MANA)
            if distance <= num.CAST_REACH:
                player_hits(w, near, num.CAST_DAMAGE, at.BY_SPELL)
    else:
        real[at.DID_DAMAGE] = num.SHOOT_DAMAGE
        shoot(w, at.PLAYER, near, num.SHOOT_DAMAGE, num.SHOOT_SPEED)
    real[at.DID_DAMAGE] += real[at.DEALT] - before


@inner()
def _follow_up(w: World, enemy: int) -> None:
    """A companion in a melee combo answers each strike of the player with one of its own."""
    body, clock, whole = w["body"], w["clock"], w["whole"]
    if whole[at.TACTIC] == at.MELEE_COMBO and body[enemy, at.TO_COMPANION] <= num.COMBO_REACH:
        companion_hits(w, enemy, num.COMBO_DAMAGE)
        clock[at.COMPANION, at.SWING] = 0


@inner()
def spend(w: World, slot: int, pool: int, cost: float) -> None:
    """Take stamina or mana."""
    body, real = w["body"], w["real"]
    body[slot, pool] = max(0.0, body[slot, pool] - cost)
    real[at.SPENT] += cost


@inner()
def _heal(w: World) -> None:
    """The player mends whoever of the two is worse off."""
    body, clock, whole = w["body"], w["clock"], w["whole"]
    if not _can_heal(w):
        return
    spend(w, at.PLAYER, at.MANA, num.HEAL_MANA)
    clock[at.PLAYER, at.HEAL_WAIT] = num.HEAL_WAIT_TICKS
    own = body[at.PLAYER, at.HP] / body[at.PLAYER, at.MAX_HP]
    other = body[at.COMPANION, at.HP] / body[at.COMPANION, at.MAX_HP]
    slot = at.PLAYER if own <= other or other <= 0.0 else at.COMPANION
    whole[at.DID_AT] = slot
    body[slot, at.HP] = min(body[slot, at.MAX_HP], body[slot, at.HP] + num.HEAL_AMOUNT)


@inner()
def _pace(w: World) -> float:
    """Metres a tick the player can walk now."""
    clock = w["clock"]
    speed = num.PLAYER_SPEED
    if clock[at.PLAYER, at.BLOCKING] > 0:
        speed *= 0.6
    if clock[at.PLAYER, at.RUSH] > 0:
        evades = clock[at.PLAYER, at.LAST_ACTION] == at.EVADE
        speed *= num.EVADE_FACTOR if evades else num.RUSH_FACTOR
    return speed


@inner()
def _led(w: World) -> None:
    """Walk where a person says; half a second towards or away from the enemy is an action."""
    body, real, whole = w["body"], w["real"], w["whole"]
    mx, my = real[at.MOVE_X], real[at.MOVE_Y]
    length = math.sqrt(mx * mx + my * my)
    if length <= 0.1:
        return
    scale = _pace(w) / max(1.0, length)
    near = whole[at.NEAR_PLAYER]
    dx, dy = body[near, at.X] - body[at.PLAYER, at.X], body[near, at.Y] - body[at.PLAYER, at.Y]
    towards = dx * mx + dy * my
    bound = 0.5 * length * body[near, at.TO_PLAYER]
    move(w, at.PLAYER, mx * scale, my * scale)
    if towards > bound and body[near, at.TO_PLAYER] > num.CLOSE:
        whole[at.TREND] = max(0, whole[at.TREND]) + 1
    elif towards < -bound:
        whole[at.TREND] = min(0, whole[at.TREND]) - 1
    if abs(whole[at.TREND]) >= TREND_TICKS and whole[at.DID] < 0:
        _say(w, at.ADVANCE if whole[at.TREND] > 0 else at.RETREAT, near)
        real[at.DID_DAMAGE] = 0.0
        whole[at.TREND] = 0


@inner()
def _roam(w: World) -> None:
    """A bot keeps its preferred range, farther when hurt, and circles there."""
    body, clock, real, whole = w["body"], w["clock"], w["real"], w["whole"]
    near = whole[at.NEAR_PLAYER]
    distance = max(body[near, at.TO_PLAYER], 0.05)
    x, y = body[at.PLAYER, at.X], body[at.PLAYER, at.Y]
    ex, ey = (body[near, at.X] - x) / distance, (body[near, at.Y] - y) / distance
    wish = real[at.PREFERRED_RANGE]
    if body[at.PLAYER, at.HP] < real[at.ENGAGE_AT] * body[at.PLAYER, at.MAX_HP]:
        wish = max(wish, 7.0)
    speed = _pace(w)
    rushing, last = clock[at.PLAYER, at.RUSH] > 0, clock[at.PLAYER, at.LAST_ACTION]
    if rushing and last == at.ADVANCE:
        wish = 1.2
    elif rushing and last == at.RETREAT:
        wish = max(wish, distance + 1.0)
    if distance > wish + 0.3:
        move(w, at.PLAYER, ex * speed, ey * speed)
    elif distance < wish - 0.3:
        _back_off(w, -ex, -ey, speed * num.BACKWARD_FACTOR)
    elif wish > 2.0 or rushing:
        side = speed * (0.6 if whole[at.SEED] & 1 else -0.6)
        move(w, at.PLAYER, -ey * side, ex * side)


@inner()
def _back_off(w: World, dx: float, dy: float, speed: float) -> None:
    """Walk away along (dx, dy), bent aside and inwards where the edge is near."""
    body, whole = w["body"], w["whole"]
    x, y = body[at.PLAYER, at.X], body[at.PLAYER, at.Y]
    side = 0.45 if whole[at.SEED] & 1 else -0.45
    wx, wy = dx - dy * side, dy + dx * side
    wx += max(0.0, 3.0 - x) * 0.5 - max(0.0, x - num.FIELD_W + 3.0) * 0.5
    wy += max(0.0, 3.0 - y) * 0.5 - max(0.0, y - num.FIELD_H + 3.0) * 0.5
    length = max(math.sqrt(wx * wx + wy * wy), 0.01)
    move(w, at.PLAYER, wx / length * speed, wy / length * speed)
