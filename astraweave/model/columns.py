"""An episode as columns: what the recorder makes, the store keeps and the kernels read.

`EpisodeLog` and `model.episode.Episode` hold the same facts; `log_of` and `episode_of`
convert both ways without loss. Numbers live in arrays; what is not a number (a text
parameter, a boolean) lives in `extra`, keyed by observation.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from astraweave.model.arguments import public
from astraweave.model.episode import (
    ActionResult,
    CompanionResponse,
    Episode,
    EpisodeCategory,
    EpisodeOutcome,
    Observation,
    PlayerAction,
)

PLAYER, COMPANION, WORLD = 0, 1, 2
NONE = 0xFFFF
NO_ROW = -1
RESULTS: tuple[ActionResult | None, ...] = (None, *ActionResult)

OBSERVATION = np.dtype(
    [
        ("effectiveness", "<f8"),  # NaN when the game gave none
        ("propensity", "<f8"),  # NaN when not a weighted choice
        ("t_ms", "<u4"),  # since the start of the episode
        ("duration_ms", "<u4"),  # companion: how long the decision ran
        ("row", "<i4"),  # row of `facts`, NO_ROW when nothing was sensed
        ("param", "<u4"),  # first parameter; they end where the next observation's begin
        ("code", "<u2"),  # name of the action
        ("target", "<u2"),  # name of the target, NONE without
        ("tactic", "<u2"),  # companion: name of the chosen child, NONE without
        ("node", "<u2"),  # companion: name of its WeightedFallback, NONE without
        ("available", "<u2"),  # companion: index into `sets`, NONE without
        ("kind", "<u1"),  # PLAYER, COMPANION or WORLD
        ("result", "<u1"),  # index into RESULTS
        ("joined", "<u1"),  # 1: the same `Observation` as the row before
        ("spare", "<u1", (3,)),  # zero; keeps eight-byte alignment
    ]
)
"""One observation; 48 bytes, little-endian wherever it is stored."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EpisodeLog:
    """One episode in columns.

    names: all names used, indexed by the `code`, `target`, `tactic` and `node` columns.
    observations: OBSERVATION[n], ordered by t_ms.
    fact_names: str[f]; facts: float64[rows, f], NaN where a fact was not sensed.
    param_names: uint16[m] into names; param_values: float64[m].
    sets: the distinct availability sets, each a tuple of indices into names.
    extra: {observation: {"parameters": {...}, "world_state": {...}}}, values that are no floats.
    """

    id: str
    category: EpisodeCategory
    start_time: float
    end_time: float | None
    player_id: str
    companion_id: str
    policy_version: int
    seed: int
    truncated: bool
    outcome: EpisodeOutcome | None
    tags: tuple[str, ...]
    names: tuple[str, ...]
    observations: npt.NDArray[Any]
    fact_names: tuple[str, ...]
    facts: npt.NDArray[np.float64]
    param_names: npt.NDArray[np.uint16]
    param_values: npt.NDArray[np.float64]
    sets: tuple[tuple[int, ...], ...]
    extra: dict[int, dict[str, dict[str, Any]]] = field(default_factory=dict)


class LogBuilder:
    """Collects observations one at a time into the columns of an `EpisodeLog`.

    Call it off the frame: it does per-observation Python work (about 2 µs each).
    """

    def __init__(self, fact_names: Sequence[str] = ()) -> None:
        """Start empty; `fact_names` are the columns of every row that `row` adds."""
        self.fact_names = tuple(fact_names)
        self._names: dict[str, int] = {}
        self._sets: dict[tuple[int, ...], int] = {}
        self._rows: list[Sequence[float]] = []
        self._observations: list[tuple[Any, ...]] = []
        self._param_names: list[int] = []
        self._param_values: list[float] = []
        self._param_end = 0
        self.extra: dict[int, dict[str, dict[str, Any]]] = {}

    def name(self, text: str | None) -> int:
        """Index of a name in the table, added when new; NONE for None."""
        if text is None:
            return NONE
        return self._names.setdefault(text, len(self._names))

    def row(self, values: Sequence[float]) -> int:
        """Add one sensed row, float64[f]; returns its index."""
        self._rows.append(values)
        return len(self._rows) - 1

    def player(
        self, t_ms: int, action: str, target: str | None, params: Mapping[str, Any] | None, row: int
    ) -> None:
        """Add one action of the player."""
        self._params("parameters", params)
        self._add(t_ms, 0, row, self.name(action), self.name(target), kind=PLAYER)

    def companion(
        self, t_ms: int, response: CompanionResponse, row: int, *, joined: bool = False
    ) -> None:
        """Add one decision of the companion, at the moment it ended."""
        available = NONE
        if response.available:
            key = tuple(self.name(name) for name in response.available)
            available = self._sets.setdefault(key, len(self._sets))
        nan = math.nan
        self._add(
            t_ms,
            response.duration_ms,
            row,
            self.name(response.action_type),
            NONE,
            tactic=self.name(response.tactic),
            node=self.name(response.node),
            available=available,
            kind=COMPANION,
            result=RESULTS.index(response.result),
            effectiveness=nan if response.effectiveness is None else response.effectiveness,
            propensity=nan if response.propensity is None else response.propensity,
            joined=int(joined),
        )

    def world(self, t_ms: int, row: int) -> None:
        """Add an observation of the world alone."""
        self._add(t_ms, 0, row, NONE, NONE, kind=WORLD)

    def _add(  # noqa: PLR0913  # one argument a column
        self,
        t_ms: int,
        duration_ms: int,
        row: int,
        code: int,
        target: int,
        *,
        kind: int,
        tactic: int = NONE,
        node: int = NONE,
        available: int = NONE,
        result: int = 0,
        effectiveness: float = math.nan,
        propensity: float = math.nan,
        joined: int = 0,
    ) -> None:
        # Parameters of this observation were added just before it: its slice ends at the
        # present length, so `param` (where it begins) is the end of the one before.
        self._observations.append(
            (
                *(effectiveness, propensity, t_ms, duration_ms, row, self._param_end),
                *(code, target, tactic, node, available, kind, result, joined, (0, 0, 0)),
            )
        )
        self._param_end = len(self._param_values)

    def _params(self, field_name: str, params: Mapping[str, Any] | None) -> None:
        for key, value in (params or {}).items():
            if is_number(value):
                self._param_names.append(self.name(key))
                self._param_values.append(value)
            else:
                self.odd(field_name, key, value)

    def odd(self, field_name: str, key: str, value: Any) -> None:
        """Keep a value that is no float for the observation that is added next."""
        at = self.extra.setdefault(len(self._observations), {})
        at.setdefault(field_name, {})[key] = value

    def build(self, **header: Any) -> EpisodeLog:
        """The columns, with the header fields of `EpisodeLog` given by keyword."""
        facts = np.array(self._rows, dtype=np.float64).reshape(
            len(self._rows), len(self.fact_names)
        )
        return EpisodeLog(
            **header,
            names=tuple(self._names),
            observations=np.array(self._observations, dtype=OBSERVATION),
            fact_names=self.fact_names,
            facts=facts,
            param_names=np.array(self._param_names, dtype=np.uint16),
            param_values=np.array(self._param_values, dtype=np.float64),
            sets=tuple(self._sets),
            extra=self.extra,
        )


HEADER = (
    *("id", "category", "start_time", "end_time", "player_id", "companion_id"),
    *("policy_version", "seed", "truncated", "outcome", "tags"),
)


def is_number(value: Any) -> bool:
    """Whether float64 keeps `value` exactly and JSON gives it back as a number."""
    return type(value) is float or (type(value) is int and abs(value) <= 2**53)


@public
def log_of(episode: Episode) -> EpisodeLog:
    """Columns of an `Episode` that came from a file."""
    columns: dict[str, int] = {}
    for seen in episode.observations:
        for name, value in seen.world_state.items():
            if name not in columns and is_number(value):
                columns[name] = len(columns)
    builder = LogBuilder(tuple(columns))
    rows: dict[tuple[float, ...], int] = {}
    for seen in episode.observations:
        row = _row_of(builder, columns, rows, seen)
        if seen.player_action is not None:
            action = seen.player_action
            builder.player(
                seen.timestamp_ms, action.action_type, action.target, action.parameters, row
            )
        if seen.companion_response is not None:
            both = seen.player_action is not None
            builder.companion(seen.timestamp_ms, seen.companion_response, row, joined=both)
        if seen.player_action is None and seen.companion_response is None:
            builder.world(seen.timestamp_ms, row)
    return builder.build(**{name: getattr(episode, name) for name in HEADER})


def _row_of(
    builder: LogBuilder,
    columns: dict[str, int],
    rows: dict[tuple[float, ...], int],
    seen: Observation,
) -> int:
    """Index of the observation's world state among the rows, equal rows stored once."""
    # One and the same NaN everywhere: tuples that hold it are equal.
    values: list[float] = [math.nan] * len(columns)
    sensed = False
    for name, value in seen.world_state.items():
        if type(value) is float or is_number(value):
            if value == value:  # noqa: PLR0124  # NaN: not sensed
                values[columns[name]] = value  # type: ignore[assignment]
                sensed = True
        else:
            builder.odd("world_state", name, value)
    if not sensed:
        return NO_ROW
    row = tuple(values)
    if row not in rows:
        rows[row] = builder.row(row)
    return rows[row]


@public
def episode_of(log: EpisodeLog) -> Episode:
    """The `Episode` of a log, for people, files and other games."""
    return Episode(
        **{name: getattr(log, name) for name in HEADER},
        observations=tuple(_joined(log)),
    )


def _joined(log: EpisodeLog) -> list[Observation]:
    """Observations, with rows that came from one observation put together again."""
    rows = log.observations.tolist()
    ends = [row[5] for row in rows[1:]]
    names = [log.names[name] for name in log.param_names.tolist()]
    params = list(zip(names, map(_plain, log.param_values.tolist()), strict=True))
    worlds = [_world(log.fact_names, values) for values in log.facts.tolist()]
    together: list[Observation] = []
    for i, row in enumerate(rows):
        kind, joined, extra = row[11], row[13], log.extra.get(i, {})
        response = _response(log, row) if kind == COMPANION else None
        if joined and together:
            before = together[-1]
            together[-1] = msgspec.structs.replace(before, companion_response=response)
            continue
        action = None
        if kind == PLAYER:
            given = dict(params[row[5] : ends[i] if i < len(ends) else None])
            action = PlayerAction(
                action_type=log.names[row[6]],
                target=_name(log, row[7]),
                parameters=given | extra.get("parameters", {}),
            )
        world = worlds[row[4]] if row[4] >= 0 else {}
        seen = Observation(
            timestamp_ms=row[2],
            player_action=action,
            companion_response=response,
            world_state=world | extra.get("world_state", {}),
        )
        together.append(seen)
    return together


def _world(names: Sequence[str], values: Sequence[float]) -> dict[str, Any]:
    """What was sensed."""
    pairs = zip(names, values, strict=True)
    return {name: _plain(value) for name, value in pairs if not math.isnan(value)}


def _plain(value: float) -> float | int:
    """Whole numbers without a fraction, as JSON writers write them."""
    return int(value) if value.is_integer() and abs(value) <= 2**53 else value


def _response(log: EpisodeLog, row: Sequence[Any]) -> CompanionResponse:
    effectiveness, propensity, _, duration_ms = row[:4]
    code, _, tactic, node, available, _, result = row[6:13]
    return CompanionResponse(
        action_type=log.names[code],
        result=RESULTS[result] or ActionResult.INTERRUPTED,
        effectiveness=None if math.isnan(effectiveness) else effectiveness,
        tactic=_name(log, tactic),
        node=_name(log, node),
        propensity=None if math.isnan(propensity) else propensity,
        available=() if available == NONE else tuple(log.names[k] for k in log.sets[available]),
        duration_ms=duration_ms,
    )


def _name(log: EpisodeLog, index: int) -> str | None:
    return None if index == NONE else log.names[index]
