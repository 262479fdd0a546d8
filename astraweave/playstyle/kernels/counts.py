"""Counts over the columns of one episode. Arrays in, arrays out; indices are bounds-checked."""

import math

import numpy as np
import numpy.typing as npt

from astraweave.model.kernels.jit import njit

Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int32]

PLAYER, COMPANION = 0, 1
AGGRESSIVE, OPPORTUNITIES, RISKY, RISK_OPPORTUNITIES, FIRST_KIND = 0, 1, 2, 3, 4
PLAYER_ACTIONS, UNKNOWN_ACTIONS, COMPANION_DECISIONS, TALLIES = 11, 12, 13, 14
ACTIVE_WINDOWS, HEALTH_SUM, HEALTH_SEEN = 0, 1, 2


@njit()
def available(r: int, can_attack: Floats, threat: Floats) -> bool:
    """Whether an aggressive action was open in row r: the first known of the two facts decides."""
    if 0 <= r < can_attack.shape[0] and not math.isnan(can_attack[r]):
        return bool(can_attack[r] >= 0.5)
    if 0 <= r < threat.shape[0] and not math.isnan(threat[r]):
        return bool(threat[r] > 0.0)
    return True


@njit()
def tally(
    kind: Bytes,
    code: npt.NDArray[np.uint16],
    row: Rows,
    kind_of: npt.NDArray[np.int8],
    aggressive_of: npt.NDArray[np.bool_],
    can_attack: Floats,
    threat: Floats,
    health: Floats,
    out: Floats,
) -> None:
    """Count one episode into out.

    Args:
        kind: uint8[n], PLAYER, COMPANION or anything else.
        code: uint16[n], index of the action's name.
        row: int32[n], row of the facts, negative for none.
        kind_of: int8[names], kind of each name as an action, −1 for undeclared.
        aggressive_of: bool[names + 1]; the last says whether any action at all is aggressive.
        can_attack, threat, health: float64[rows] or empty, NaN where not sensed; health in [0, 1].
        out: float64[TALLIES], zeros; filled.
    """
    fights = aggressive_of[aggressive_of.shape[0] - 1]
    for i in range(kind.shape[0]):
        if kind[i] == COMPANION:
            out[COMPANION_DECISIONS] += 1.0
        if kind[i] != PLAYER:
            continue
        name = code[i]
        if name >= kind_of.shape[0] or kind_of[name] < 0:
            out[UNKNOWN_ACTIONS] += 1.0
            continue
        out[PLAYER_ACTIONS] += 1.0
        out[FIRST_KIND + kind_of[name]] += 1.0
        r = row[i]
        if not fights or not available(r, can_attack, threat):
            continue
        taken = 1.0 if aggressive_of[name] else 0.0
        out[OPPORTUNITIES] += 1.0
        out[AGGRESSIVE] += taken
        # NaN compares false: health that nobody sensed is no chance to take a risk.
        if 0 <= r < health.shape[0] and health[r] < 0.5:
            out[RISK_OPPORTUNITIES] += 1.0
            out[RISKY] += taken


@njit()
def watch(
    kind: Bytes,
    t_ms: npt.NDArray[np.uint32],
    row: Rows,
    health: Floats,
    window_ms: int,
    out: Floats,
) -> None:
    """How busy and how healthy the player was in one episode.

    Args:
        kind: uint8[n].
        t_ms: uint32[n], since the start of the episode, ascending.
        row: int32[n], row of the facts, negative for none.
        health: float64[rows] or empty, in [0, 1], NaN where not sensed.
        window_ms: length of a window.
        out: float64[3], zeros; filled with the windows that hold a player's action, the sum of
            the player's health over the observations where it is known, and their number.
    """
    last = -1
    for i in range(kind.shape[0]):
        if kind[i] == PLAYER:
            window = t_ms[i] // window_ms
            if window != last:
                out[ACTIVE_WINDOWS] += 1.0
                last = window
        r = row[i]
        if 0 <= r < health.shape[0] and not math.isnan(health[r]):
            out[HEALTH_SUM] += health[r]
            out[HEALTH_SEEN] += 1.0
