"""Enemies: brutes close in and hit, archers keep away and shoot."""

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.chance import draw
from astraweave.arena.kernels.flying import shoot
from astraweave.arena.kernels.moving import approach, move, spread
from astraweave.arena.kernels.world import World, inner
from astraweave.arena.kernels.wounds import enemy_hits


@inner()
def prey(w: World, enemy: int) -> int:
    """Whom an enemy is after: who taunts it, else who hurt it of late, else who is nearer."""
    body, clock = w["body"], w["clock"]
    if body[at.COMPANION, at.HP] <= 0.0:
        return at.PLAYER
    if clock[enemy, at.TAUNTED] > 0 or clock[enemy, at.ANGER] < 0:
        return at.COMPANION
    if clock[enemy, at.ANGER] > 0:
        return at.PLAYER
    nearer = body[enemy, at.TO_COMPANION] < body[enemy, at.TO_PLAYER]
    return at.COMPANION if nearer else at.PLAYER


@inner()
def act(w: World) -> None:
    """All enemies, one tick."""
    body, clock = w["body"], w["clock"]
    for e in range(at.FIRST_ENEMY, at.SLOTS):
        if body[e, at.HP] <= 0.0:
            continue
        clock[e, at.CHASING] = 0
        if clock[e, at.PINNED] > 0:
            body[e, at.VX], body[e, at.VY] = 0.0, 0.0
            continue
        target = prey(w, e)
        clock[e, at.HUNTS] = target
        if clock[e, at.WAIT] > 0:
            clock[e, at.WAIT] -= 1
        distance = body[e, at.TO_PLAYER] if target == at.PLAYER else body[e, at.TO_COMPANION]
        if clock[e, at.ROLE] == at.BRUTE:
            _brute(w, e, target, distance)
        else:
            _archer(w, e, target, distance)
    spread(w)


@inner()
def _rest(w: World, enemy: int, period: int) -> None:
    clock = w["clock"]
    chance = draw(w, at.DRAW_BLOW + enemy)
    clock[enemy, at.WAIT] = period + int(chance * 9.0) - 4
    clock[enemy, at.SWING] = 0


@inner()
def _brute(w: World, enemy: int, target: int, distance: float) -> None:
    body, clock = w["body"], w["clock"]
    speed = body[enemy, at.SPEED]
    if clock[enemy, at.TAUNTED] > 0:
        speed *= num.RUSH_FACTOR
    approach(w, enemy, body[target, at.X], body[target, at.Y], 1.1, speed)
    if distance <= num.BLOW_REACH:
        if clock[enemy, at.WAIT] == 0:
            _rest(w, enemy, num.BLOW_PERIOD)
            enemy_hits(w, enemy, target, body[enemy, at.BLOW])
    elif target == at.PLAYER and body[enemy, at.TO_PLAYER] > num.CLOSE:
        clock[enemy, at.CHASING] = 1


@inner()
def _archer(w: World, enemy: int, target: int, distance: float) -> None:
    body, clock = w["body"], w["clock"]
    x, y = body[target, at.X], body[target, at.Y]
    speed = body[enemy, at.SPEED]
    if distance > num.ARCHER_FAR:
        approach(w, enemy, x, y, 1.0, speed)
        clock[enemy, at.CHASING] = 1 if target == at.PLAYER else 0
    elif distance < num.ARCHER_NEAR and distance > 0.1:
        away = -speed / distance
        move(w, enemy, (x - body[enemy, at.X]) * away, (y - body[enemy, at.Y]) * away)
    else:
        body[enemy, at.VX], body[enemy, at.VY] = 0.0, 0.0
    if clock[enemy, at.WAIT] == 0 and distance <= num.ARROW_REACH:
        _rest(w, enemy, num.ARROW_PERIOD)
        damage = body[enemy, at.BLOW]
        shoot(w, enemy, target, damage, num.ARROW_SPEED)
