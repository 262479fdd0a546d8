"""The companion's thirteen tactics: start, carry on, end.

A tactic ends after TACTIC_TICKS with SUCCESS, or earlier; FAILURE only where it could not be
carried out. What it spends, it spends at its start; commanding it without the means is
*overspending* and fails. Its effectiveness is what `wounds` summed, over FULL_EFFECT.
"""

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import balance as num
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels import tactics
from astraweave.arena.kernels.moving import between
from astraweave.arena.kernels.player import spend
from astraweave.arena.kernels.wounds import note
from astraweave.model.kernels.jit import njit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

IDLE, RUNNING, SUCCESS, FAILURE = 0, 1, 2, 3


@njit()
def command(body: Floats, clock: Ints, real: Floats, whole: Ints, tactic: int) -> None:
    """Take a command at the start of a decision step: −1 none, the running one carries on."""
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
    if not _afford(body, real, whole, tactic) or not _possible(body, clock, whole, tactic):
        finish(real, whole, FAILURE)
        return
    whole[at.ACTED] = 1


@njit()
def finish(real: Floats, whole: Ints, status: int) -> None:
    """End the running tactic."""
    whole[at.STATUS] = status
    whole[at.TACTIC] = at.NOBODY
    whole[at.ACTED] = 0
    value = real[at.VALUE] / num.FULL_EFFECT
    real[at.EFFECT] = 0.0 if status == FAILURE else min(1.0, max(0.0, value))


@njit()
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


@njit()
def mana_cost(tactic: int) -> float:
    """Mana a tactic takes at its start, of 100."""
    if tactic == at.HEAL_PLAYER:
        return num.MEND_MANA
    if tactic == at.BUFF_PLAYER:
        return num.BUFF_MANA
    return num.HEX_MANA if tactic == at.DEBUFF_ENEMY else 0.0


@njit()
def _afford(body: Floats, real: Floats, whole: Ints, tactic: int) -> bool:
    stamina, mana = stamina_cost(tactic), mana_cost(tactic)
    short = body[at.COMPANION, at.STAMINA] < stamina or body[at.COMPANION, at.MANA] < mana
    if short:
        note(whole, at.OVERSPENT)
        return False
    spend(body, real, at.COMPANION, at.STAMINA, stamina)
    spend(body, real, at.COMPANION, at.MANA, mana)
    return True


@njit()
def _possible(body: Floats, clock: Ints, whole: Ints, tactic: int) -> bool:
    """Whether there is somebody to do it to, in reach; aims where a tactic needs a target."""
    near = whole[at.NEAR_COMPANION]
    if body[at.COMPANION, at.HP] <= 0.0 or near < 0:
        return False
    if tactic == at.HEAL_PLAYER:
        return bool(clock[at.COMPANION, at.HEAL_WAIT] == 0 and between(body) <= num.MEND_REACH)
    if tactic == at.BUFF_PLAYER:
        return bool(between(body) <= num.BUFF_REACH)
    whole[at.AIM] = near
    if tactic == at.COVERING_FIRE:
        return bool(body[near, at.TO_COMPANION] <= num.VOLLEY_REACH)
    if tactic == at.SUPPRESS_ENEMY or tactic == at.DRAW_AGGRO:
        return bool(tactics.farther(body) >= 0)
    if tactic == at.DEBUFF_ENEMY:
        return bool(body[near, at.TO_COMPANION] <= num.HEX_REACH)
    return True


@njit()
def act(body: Floats, clock: Ints, shots: Floats, real: Floats, whole: Ints) -> None:
    """One tick of the companion."""
    body[at.COMPANION, at.VX], body[at.COMPANION, at.VY] = 0.0, 0.0
    _attend(clock, whole)
    if whole[at.TACTIC] < 0 or whole[at.NEAR_COMPANION] < 0:
        return
    if body[at.COMPANION, at.HP] <= 0.0:
        finish(real, whole, FAILURE)
        return
    failed = _carry_on(body, clock, shots, real, whole)
    whole[at.AGE] += 1
    if failed:
        finish(real, whole, FAILURE)
    elif whole[at.AGE] >= num.TACTIC_TICKS:
        finish(real, whole, SUCCESS)
    x, y = body[at.COMPANION, at.X], body[at.COMPANION, at.Y]
    if not (0.0 <= x <= num.FIELD_W and 0.0 <= y <= num.FIELD_H):
        note(whole, at.LEFT_FIELD)
        radius = num.BODY_RADIUS
        body[at.COMPANION, at.X] = min(num.FIELD_W - radius, max(radius, x))
        body[at.COMPANION, at.Y] = min(num.FIELD_H - radius, max(radius, y))


@njit()
def _attend(clock: Ints, whole: Ints) -> None:
    """Count how long the companion looks on while the player is under attack."""
    looks_on = whole[at.TACTIC] < 0 or whole[at.TACTIC] == at.WAIT_FOR_PLAYER
    if not looks_on or clock[at.PLAYER, at.HURT] == 0:
        whole[at.IDLE_FOR] = 0
        return
    whole[at.IDLE_FOR] += 1
    if whole[at.IDLE_FOR] == num.IDLE_TICKS:
        note(whole, at.IDLE_WHILE_ATTACKED)


@njit()
def _carry_on(body: Floats, clock: Ints, shots: Floats, real: Floats, whole: Ints) -> bool:
    """The running tactic for one tick; whether it turned out impossible."""
    tactic = whole[at.TACTIC]
    if tactic == at.AGGRESSIVE_ATTACK:
        tactics.attack(body, clock, real, whole)
    elif tactic == at.FLANK_ENEMY:
        return bool(tactics.flank(body, clock, real, whole))
    elif tactic == at.DRAW_AGGRO:
        tactics.draw_aggro(body, clock, real, whole)
    elif tactic == at.COVERING_FIRE:
        tactics.volley(body, shots, whole, num.VOLLEY_SHOTS, num.VOLLEY_DAMAGE)
    elif tactic == at.SUPPRESS_ENEMY:
        tactics.suppress(body, clock, shots, real, whole)
    elif tactic == at.BUFF_PLAYER or tactic == at.DEBUFF_ENEMY:
        tactics.enchant(body, clock, real, whole)
    else:
        tactics.stand_by(body, clock, real, whole)
    return False
