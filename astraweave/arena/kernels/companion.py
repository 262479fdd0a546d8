"""The companion's thirteen tactics: start, carry on, end.

A tactic ends after TACTIC_TICKS with SUCCESS, or earlier; FAILURE only where it could not be
carried out. What it spends, it spends at its start; commanding it without the means is
*overspending* and fails. Its effectiveness is what `wounds` summed, over FULL_EFFECT.
"""

import numpy as np

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels import tactics
from astraweave.arena.kernels.moving import between, line_clear
from astraweave.arena.kernels.player import spend
from astraweave.arena.kernels.world import World, inner
from astraweave.arena.kernels.wounds import note
from astraweave.model.kernels.jit import njit

IDLE, RUNNING, SUCCESS, FAILURE = 0, 1, 2, 3


@njit()
def command(w: World, tactic: int) -> None:
    """Take a command at the start of a decision step: −1 none, the running one carries on."""
    real, whole = w["real"], w["whole"]
    real[at.EFFECT] = np.nan
    if tactic >= 0 and tactic == whole[at.TACTIC]:
        return
    whole[at.TACTIC] = tactic
    whole[at.AGE] = whole[at.ACTED] = whole[at.TURN] = 0
    whole[at.AIM] = at.NOBODY
    real[at.VALUE] = 0.0
    whole[at.STATUS] = IDLE
    if tactic < 0:
        return
    whole[at.STATUS] = RUNNING
    near = whole[at.NEAR_COMPANION]
    whole[at.CAREFUL] = 1 if near >= 0 and line_clear(w, near) else 0
    if not _afford(w, tactic) or not _possible(w, tactic):
        finish(w, FAILURE)
        return
    whole[at.ACTED] = 1


@inner()
def finish(w: World, status: int) -> None:
    """End the running tactic."""
    real, whole = w["real"], w["whole"]
    whole[at.STATUS] = status
    whole[at.TACTIC] = at.NOBODY
    whole[at.ACTED] = 0
    value = real[at.VALUE] / num.FULL_EFFECT
    real[at.EFFECT] = 0.0 if status == FAILURE else min(1.0, max(0.0, value))


@inner()
def stamina_cost(tactic: int) -> float:
    """Stamina a tactic takes at its start, of 100."""
    if tactic == at.AGGRESSIVE_ATTACK:
        return num.SWING_STAMINA
    if tactic == at.FLANK_ENEMY:
        return num.FLANK_STAMINA
    if tactic == at.DRAW_AGGRO:
        return num.TAUNT_STAMINA
    if tactic == at.MELEE_COMBO:
        return num.COMBO_STAMINA
    if tactic == at.COVERING_FIRE:
        return num.VOLLEY_STAMINA
    return num.PIN_STAMINA if tactic == at.SUPPRESS_ENEMY else 0.0


@inner()
def mana_cost(tactic: int) -> float:
    """Mana a tactic takes at its start, of 100."""
    if tactic == at.HEAL_PLAYER:
        return num.MEND_MANA
    if tactic == at.BUFF_PLAYER:
        return num.BUFF_MANA
    return num.HEX_MANA if tactic == at.DEBUFF_ENEMY else 0.0


@inner()
def _afford(w: World, tactic: int) -> bool:
    body = w["body"]
    stamina, mana = stamina_cost(tactic), mana_cost(tactic)
    short = body[at.COMPANION, at.STAMINA] < stamina or body[at.COMPANION, at.MANA] < mana
    if short:
        note(w, at.OVERSPENT)
        return False
    spend(w, at.COMPANION, at.STAMINA, stamina)
    spend(w, at.COMPANION, at.MANA, mana)
    return True


@inner()
def _possible(w: World, tactic: int) -> bool:
    """Whether there is somebody to do it to, in reach; aims where a tactic needs a target."""
    body, clock, whole = w["body"], w["clock"], w["whole"]
    near = whole[at.NEAR_COMPANION]
    if clock[at.COMPANION, at.DOWN] > 0 or near < 0:
        return near >= 0
    whole[at.AIM] = near
    possible = True
    if tactic == at.HEAL_PLAYER:
        possible = clock[at.COMPANION, at.HEAL_WAIT] == 0 and between(w) <= num.MEND_REACH
    elif tactic == at.BUFF_PLAYER:
        possible = between(w) <= num.BUFF_REACH
    elif tactic == at.COVERING_FIRE:
        possible = body[near, at.TO_COMPANION] <= num.VOLLEY_REACH
    elif tactic in (at.SUPPRESS_ENEMY, at.DRAW_AGGRO):
        possible = tactics.farther(w) >= 0
    elif tactic == at.DEBUFF_ENEMY:
        possible = body[near, at.TO_COMPANION] <= num.HEX_REACH
    return bool(possible)


@inner()
def _left(w: World) -> bool:
    """Whether the companion has left the field; it is put back at the edge."""
    body = w["body"]
    x, y = body[at.COMPANION, at.X], body[at.COMPANION, at.Y]
    if 0.0 <= x <= num.FIELD_W and 0.0 <= y <= num.FIELD_H:
        return False
    note(w, at.LEFT_FIELD)
    radius = num.BODY_RADIUS
    body[at.COMPANION, at.X] = min(num.FIELD_W - radius, max(radius, x))
    body[at.COMPANION, at.Y] = min(num.FIELD_H - radius, max(radius, y))
    return True


@inner()
def act(w: World) -> None:
    """One tick of the companion."""
    body, clock, whole = w["body"], w["clock"], w["whole"]
    body[at.COMPANION, at.VX], body[at.COMPANION, at.VY] = 0.0, 0.0
    if clock[at.COMPANION, at.DOWN] > 0:
        _recover(w)
        return
    _attend(w)
    if whole[at.TACTIC] < 0 or whole[at.NEAR_COMPANION] < 0:
        return
    failed = _carry_on(w) or _left(w)
    whole[at.AGE] += 1
    if failed:
        finish(w, FAILURE)
    elif whole[at.AGE] >= num.TACTIC_TICKS:
        finish(w, SUCCESS)


@inner()
def _recover(w: World) -> None:
    """Lie still; what was commanded meanwhile fails on rising, for it fits no more."""
    body, clock, whole = w["body"], w["clock"], w["whole"]
    whole[at.IDLE_FOR] = 0
    clock[at.COMPANION, at.DOWN] -= 1
    if clock[at.COMPANION, at.DOWN] == 0:
        body[at.COMPANION, at.HP] = num.RISEN_SHARE * body[at.COMPANION, at.MAX_HP]
        if whole[at.TACTIC] >= 0:
            finish(w, FAILURE)


@inner()
def _attend(w: World) -> None:
    """Count how long the companion looks on while the player is under attack."""
    clock, whole = w["clock"], w["whole"]
    looks_on = whole[at.TACTIC] < 0 or whole[at.TACTIC] == at.WAIT_FOR_PLAYER
    if not looks_on or clock[at.PLAYER, at.HURT] == 0:
        whole[at.IDLE_FOR] = 0
        return
    whole[at.IDLE_FOR] += 1
    if whole[at.IDLE_FOR] == num.IDLE_TICKS:
        note(w, at.IDLE_WHILE_ATTACKED)


@inner()
def _carry_on(w: World) -> bool:
    """The running tactic for one tick; whether it turned out impossible."""
    whole = w["whole"]
    tactic = whole[at.TACTIC]
    if tactic == at.AGGRESSIVE_ATTACK:
        tactics.attack(w)
    elif tactic == at.FLANK_ENEMY:
        return bool(tactics.flank(w))
    elif tactic == at.DRAW_AGGRO:
        tactics.draw_aggro(w)
    elif tactic == at.COVERING_FIRE:
        tactics.volley(w, num.VOLLEY_SHOTS, num.VOLLEY_DAMAGE)
    elif tactic == at.SUPPRESS_ENEMY:
        tactics.suppress(w)
    elif tactic in (at.BUFF_PLAYER, at.DEBUFF_ENEMY):
        tactics.enchant(w)
    else:
        tactics.stand_by(w)
    return False
