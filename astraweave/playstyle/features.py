"""An episode as one row of numbers: what the person did, and what they could have done.

Refuses actions that the vocabulary does not declare; guesses no kind from a name.
"""

import math
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from astraweave.errors import EpisodeError
from astraweave.model.actions import KIND_CODE, KINDS, ActionKind, ActionVocabulary
from astraweave.model.columns import PLAYER, EpisodeLog
from astraweave.model.episode import EpisodeCategory
from astraweave.model.facts import FactRole, FactSheet

WINDOW_MS = 2000
FEATURES: tuple[str, ...] = (
    "aggressive",  # opportunities that were taken
    "opportunities",  # player actions while an aggressive one was available
    "risky",  # the same two, with the player's health below one half
    "risk_opportunities",
    *(kind.value for kind in KINDS),  # player actions of each kind
    "player_actions",
    "unknown_actions",  # not in the vocabulary; counted nowhere else
    "companion_decisions",
    "combat_actions",  # of all kinds but movement and utility, where a game has offensive ones
    "active_windows",  # 2 s windows that hold an action of the player
    "health_sum",  # player health in [0, 1] over the observations where it is known
    "health_seen",
    "seconds",
    "windows",
)
COLUMN: dict[str, int] = {name: i for i, name in enumerate(FEATURES)}
Unknown = Literal["refuse", "skip"]
_Floats = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]
_Tables = tuple[npt.NDArray[np.int8], npt.NDArray[np.bool_], bool]
_NOTHING = np.empty(0)
_OFFENSIVE = (ActionKind.MELEE, ActionKind.RANGED, ActionKind.MAGIC)
# Neighbours, in the order of `ActionKind`: the three offensive kinds, defensive, support.
_COMBAT = slice(COLUMN["melee"], COLUMN["support"] + 1)


def feature_row(
    log: EpisodeLog,
    vocabulary: ActionVocabulary,
    sheet: FactSheet | None = None,
    *,
    unknown: Unknown = "refuse",
) -> _Floats:
    """One episode's features, float64[len(FEATURES)], all finite and ≥ 0.

    An *opportunity* is a player action while an aggressive one was available. The first of these
    that is known where the action was seen says so: the fact of role ``can_attack`` (≥ ½), the
    fact of role ``threat`` (> 0), else it was; outside of combat, where neither is sensed, only
    in an episode in which the player was aggressive. A vocabulary without any aggressive action
    offers none. Health is the fact of role ``player_health``, scaled by its declared range; unknown
    health is no opportunity to take a risk. Without a sheet, facts named like a role have it,
    with the range [0, 1].

    Raises:
        EpisodeError: an action the vocabulary does not declare, unless `unknown` is "skip", which
            counts it as ``unknown_actions``.
    """
    return _row(log, _tables(log.names, vocabulary), vocabulary, sheet, unknown)


def feature_columns(
    logs: Iterable[EpisodeLog],
    vocabulary: ActionVocabulary,
    sheet: FactSheet | None = None,
    *,
    unknown: Unknown = "refuse",
) -> _Floats:
    """`feature_row` of each log: float64[n, len(FEATURES)], in the order given.

    Raises:
        EpisodeError: as `feature_row`.
    """
    # Episodes of one game nearly always share their table of names.
    tables: dict[tuple[str, ...], _Tables] = {}
    rows = []
    for log in logs:
        if log.names not in tables:
            tables[log.names] = _tables(log.names, vocabulary)
        rows.append(_row(log, tables[log.names], vocabulary, sheet, unknown))
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(FEATURES))


def action_counts(
    log: EpisodeLog, vocabulary: ActionVocabulary, *, unknown: Unknown = "refuse"
) -> dict[str, int]:
    """How often the player did each action, in the vocabulary's order, without zeros.

    Raises:
        EpisodeError: as `feature_row`; with `unknown` "skip" undeclared actions are left out.
    """
    codes = log.observations["code"][log.observations["kind"] == PLAYER]
    found = np.bincount(codes, minlength=len(log.names)).tolist()
    if len(found) > len(log.names):
        raise _undeclared(log, vocabulary)
    done = {name: n for name, n in zip(log.names, found, strict=True) if n}
    if unknown == "refuse" and not done.keys() <= vocabulary.keys():
        raise _undeclared(log, vocabulary)
    return {name: done[name] for name in vocabulary if name in done}


def watched(
    log: EpisodeLog,
    health: _Floats,
    kind: npt.NDArray[np.uint8] | None = None,
    row: npt.NDArray[np.int32] | None = None,
) -> tuple[float, float, float, float, float]:
    """How busy and how healthy the player was.

    Args:
        log: the episode.
        health: of each row of facts, from `fact_of`.
        kind, row: copies of these columns, where the caller has them already.

    Returns:
        Active windows, sum of the player's health, observations where it is known, seconds,
        windows.
    """
    seen = log.observations
    busy = np.zeros(3)
    kind = np.array(seen["kind"]) if kind is None else kind
    row = np.array(seen["row"]) if row is None else row
    _counts().watch(kind, np.array(seen["t_ms"]), row, health, WINDOW_MS, busy)
    seconds = played_seconds(log)
    # What is seen at the very end of a window does not open another.
    last = max(1, math.ceil(int(seen["t_ms"][-1]) / WINDOW_MS)) if len(seen) else 0
    windows = float(max(math.ceil(seconds * 1e3 / WINDOW_MS), last))
    active, total, known = busy.tolist()
    return min(active, windows), total, known, seconds, windows


def played_seconds(log: EpisodeLog) -> float:
    """Length of an episode: by its outcome, else by its times, else up to what was seen last."""
    if log.outcome is not None and log.outcome.duration_ms:
        return log.outcome.duration_ms / 1e3
    if log.end_time is not None:
        return max(0.0, log.end_time - log.start_time)
    return float(log.observations["t_ms"][-1]) / 1e3 if len(log.observations) else 0.0


def _row(
    log: EpisodeLog,
    tables: _Tables,
    vocabulary: ActionVocabulary,
    sheet: FactSheet | None,
    unknown: Unknown,
) -> _Floats:
    # Copies: a column of stored bytes is strided and read-only, and each layout that a kernel
    # meets would be compiled anew.
    seen = log.observations
    kind, code, at = np.array(seen["kind"]), np.array(seen["code"]), np.array(seen["row"])
    can_attack = fact_of(log, sheet, FactRole.CAN_ATTACK)
    threat = fact_of(log, sheet, FactRole.THREAT)
    health = fact_of(log, sheet, FactRole.PLAYER_HEALTH)
    row = np.zeros(len(FEATURES))
    kind_of, aggressive_of, has_offence = tables
    if log.category != EpisodeCategory.COMBAT:
        done = code[kind == PLAYER]
        fierce = aggressive_of[:-1][done[done < len(log.names)]]
        if not passes_up(fierce, can_attack, threat):
            aggressive_of = np.append(aggressive_of[:-1], False)
    tallies = _counts()
    tallies.tally(kind, code, at, kind_of, aggressive_of, can_attack, threat, health, row)
    if unknown == "refuse" and row[tallies.UNKNOWN_ACTIONS]:
        raise _undeclared(log, vocabulary)
    fought = float(row[_COMBAT].sum()) if has_offence else 0.0
    row[tallies.TALLIES :] = fought, *watched(log, health, kind, at)
    return row


def passes_up(fierce: _Flags, can_attack: _Floats, threat: _Floats) -> bool:
    """Outside of combat nobody passes up an attack unless the game or the player says there is one.

    Args:
        fierce: bool[n], which of the player's actions were aggressive.
        can_attack, threat: of each row of facts, from `fact_of`.
    """
    return bool(len(can_attack) or len(threat) or fierce.any())


@cache
def _counts() -> Any:
    """The compiled counts, loaded with numba when something is first learned, not when played."""
    from astraweave.playstyle.kernels import counts  # noqa: PLC0415

    return counts


def _tables(names: tuple[str, ...], vocabulary: ActionVocabulary) -> _Tables:
    """Kind and aggressiveness of each name, and whether the vocabulary has offensive kinds.

    The last entry of the second says whether any action of the vocabulary is aggressive.
    """
    kinds = [vocabulary.get(name) for name in names]
    codes = [-1 if kind is None else KIND_CODE[kind.kind] for kind in kinds]
    fierce = [kind is not None and kind.aggressive for kind in kinds]
    fierce.append(any(kind.aggressive for kind in vocabulary.values()))
    has_offence = any(kind.kind in _OFFENSIVE for kind in vocabulary.values())
    return np.array(codes, dtype=np.int8), np.array(fierce, dtype=np.bool_), has_offence


def fact_of(log: EpisodeLog, sheet: FactSheet | None, role: FactRole) -> _Floats:
    """float64[rows] of the fact with this role, NaN where not sensed; empty when there is none.

    Health is scaled to [0, 1] by its declared range; the others are as the game gives them.
    """
    name, low, scale = role.value, 0.0, 1.0
    if sheet is not None:
        found = sheet.fraction(role)
        if found is None:
            return _NOTHING
        name, low, scale = sheet.names[found[0]], found[1], found[2]
    if name not in log.fact_names:
        return _NOTHING
    values: _Floats = log.facts[:, log.fact_names.index(name)]
    return (values - low) / scale if role is FactRole.PLAYER_HEALTH else values.copy()


def _undeclared(log: EpisodeLog, vocabulary: ActionVocabulary) -> EpisodeError:
    """The error for the first action that is not in the vocabulary."""
    names = dict(enumerate(log.names))
    done = enumerate(log.observations[["kind", "code"]].tolist())
    i, code = next((i, c) for i, (k, c) in done if k == PLAYER and names.get(c) not in vocabulary)
    return EpisodeError(
        what="the player's action is not in the vocabulary",
        got=names.get(code, f"name number {code} of {len(names)}"),
        where=f"episode {log.id}: observation {i}",
        fix=vocabulary.nearest(names.get(code, "")),
    )
