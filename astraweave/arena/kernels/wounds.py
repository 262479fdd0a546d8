"""Damage: who is hurt how much, what the companion's tactic added, what it kept away.

`real[VALUE]` sums, in hit points, what the running tactic is worth: damage it did, damage of the
player it made larger, 1.5 × damage to the player it kept away, health given, less harm done.
"""

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.moving import between
from astraweave.arena.kernels.world import World, inner


@inner()
def note(w: World, event: int) -> None:
    """Count a rule event and remember the tick of the first."""
    whole = w["whole"]
    if whole[at.COUNTS + event] == 0:
        whole[at.FIRSTS + event] = whole[at.TICK]
    whole[at.COUNTS + event] += 1


@inner()
def _active(w: World) -> int:
    """The tactic in effect, −1 without or while the companion is down."""
    body, whole = w["body"], w["whole"]
    if whole[at.ACTED] == 0 or body[at.COMPANION, at.HP] <= 0.0:
        return at.NOBODY
    return int(whole[at.TACTIC])


@inner()
def _helped(w: World, enemy: int, means: int) -> float:
    """By how much the running tactic multiplies the player's damage to this enemy."""
    clock = w["clock"]
    factor = 1.0
    if _active(w) == at.BUFF_PLAYER:
        factor += num.BUFF_SPELL if means == at.BY_SPELL else num.BUFF_OTHER
    if clock[enemy, at.HEXED] > 0:
        factor += num.HEX_SPELL if means == at.BY_SPELL else num.HEX_OTHER
    if clock[enemy, at.TAUNTED] > 0:
        factor += num.TAUNT_BONUS
    if clock[enemy, at.PINNED] > 0 and means == at.BY_SHOT:
        factor += num.PIN_BONUS
    return factor


@inner()
def player_hits(w: World, enemy: int, damage: float, means: int) -> None:
    """The player wounds an enemy; more so with the companion's help."""
    body, clock, real = w["body"], w["clock"], w["real"]
    hp = body[enemy, at.HP]
    plain = min(damage, hp)
    done = min(damage * _helped(w, enemy, means), hp)
    body[enemy, at.HP] = hp - done
    real[at.DEALT] += done
    real[at.VALUE] += done - plain
    clock[enemy, at.ANGER] = num.ANGER_TICKS


@inner()
def companion_hits(w: World, enemy: int, damage: float) -> None:
    """The companion wounds an enemy."""
    body, clock, real = w["body"], w["clock"], w["real"]
    done = min(damage, body[enemy, at.HP])
    body[enemy, at.HP] -= done
    real[at.DEALT] += done
    real[at.VALUE] += done
    if clock[enemy, at.ANGER] <= 0:
        clock[enemy, at.ANGER] = -num.ANGER_TICKS


@inner()
def companion_hurt(w: World, damage: float) -> None:
    """The companion takes a blow, less its armour."""
    body, clock = w["body"], w["clock"]
    left = body[at.COMPANION, at.HP] - damage * num.COMPANION_ARMOUR
    body[at.COMPANION, at.HP] = max(0.0, left)
    if left <= 0.0 and clock[at.COMPANION, at.DOWN] == 0:
        clock[at.COMPANION, at.DOWN] = num.DOWN_TICKS
    clock[at.COMPANION, at.HURT] = num.SECOND


@inner()
def player_hurt(w: World, damage: float) -> None:
    """The player takes a blow: less his own block, less what the companion keeps away."""
    body, clock, real, whole = w["body"], w["clock"], w["real"], w["whole"]
    if clock[at.PLAYER, at.BLOCKING] > 0:
        damage *= num.BLOCK_FACTOR
    tactic = _active(w)
    taken = damage
    if tactic == at.DEFENSIVE_STANCE and between(w) <= num.STANCE_REACH:
        taken *= num.STANCE_FACTOR
    elif tactic == at.CLOSE_SUPPORT and between(w) <= num.STANCE_REACH:
        taken *= num.GUARD_FACTOR
    elif tactic == at.COVER_PLAYER and between(w) <= num.COVER_REACH:
        whole[at.TURN] += 1
        # Every other blow, not a coin: the same share with less noise.
        if whole[at.TURN] % 2 == 1:
            companion_hurt(w, damage)
            taken = 0.0
    taken = min(taken, body[at.PLAYER, at.HP])
    body[at.PLAYER, at.HP] -= taken
    real[at.TAKEN] += taken
    real[at.VALUE] += num.PREVENTED_WORTH * (damage - taken)
    clock[at.PLAYER, at.HURT] = num.SECOND


@inner()
def player_harmed(w: World, damage: float) -> None:
    """The companion's own shot hits the player."""
    body, clock, real = w["body"], w["clock"], w["real"]
    taken = min(damage, body[at.PLAYER, at.HP])
    body[at.PLAYER, at.HP] -= taken
    real[at.TAKEN] += taken
    real[at.VALUE] -= num.PREVENTED_WORTH * taken
    clock[at.PLAYER, at.HURT] = num.SECOND
    note(w, at.HARMED_PLAYER)


@inner()
def enemy_hits(w: World, enemy: int, target: int, damage: float) -> None:
    """An enemy's blow or arrow lands on the player or the companion.

    A companion that draws aggression answers what a taunted enemy does, but holds back beside
    the player.
    """
    body, clock, whole = w["body"], w["clock"], w["whole"]
    if target == at.PLAYER:
        player_hurt(w, damage)
        return
    companion_hurt(w, damage)
    if whole[at.TACTIC] == at.DRAW_AGGRO and clock[enemy, at.TAUNTED] > 0:
        answer = num.RIPOSTE_DAMAGE
        if body[enemy, at.TO_PLAYER] <= num.CLOSE:
            answer *= num.HELD_BACK
        companion_hits(w, enemy, answer)
