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
            if _is_number(value):
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


def _is_number(value: Any) -> bool:
    """Whether float64 keeps `value` exactly and JSON gives it back as a number."""
    return type(value) is float or (type(value) is int and abs(value) <= 2**53)


def log_of(episode: Episode) -> EpisodeLog:
    """Columns of an `Episode` that came from a file."""
    fact_names = dict.fromkeys(
        key for o in episode.observations for key, v in o.world_state.items() if _is_number(v)
    )
    builder = LogBuilder(tuple(fact_names))
    rows: dict[tuple[float, ...], int] = {}
    for seen in episode.observations:
        row = _row_of(builder, rows, seen)
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


def _row_of(builder: LogBuilder, rows: dict[Any, int], seen: Observation) -> int:
    """Index of the observation's world state among the rows, equal rows stored once."""
    values = []
    for name in builder.fact_names:
        value = seen.world_state.get(name)
        values.append(float(value) if _is_number(value) else math.nan)  # type: ignore[arg-type]
    for key, value in seen.world_state.items():
        if not _is_number(value):
            builder.odd("world_state", key, value)
    if all(map(math.isnan, values)):
        return NO_ROW
    same = tuple(None if math.isnan(v) else v for v in values)
    if same not in rows:
        rows[same] = builder.row(values)
    return rows[same]


def episode_of(log: EpisodeLog) -> Episode:
    """The `Episode` of a log, for people, files and other games."""
    return Episode(
        **{name: getattr(log, name) for name in HEADER},
        observations=tuple(_joined(log)),
    )


def _joined(log: EpisodeLog) -> list[Observation]:
    """Observations, with rows that came from one observation put together again."""
    together: list[Observation] = []
    for i, joined in enumerate(log.observations["joined"].tolist()):
        seen = _observation(log, i)
        if joined and together:
            before = together.pop()
            response = seen.companion_response
            seen = msgspec.structs.replace(before, companion_response=response)
        together.append(seen)
    return together


def _observation(log: EpisodeLog, i: int) -> Observation:
    seen = log.observations[i]
    kind = int(seen["kind"])
    extra = log.extra.get(i, {})
    action = response = None
    if kind == PLAYER:
        end = log.observations[i + 1]["param"] if i + 1 < len(log.observations) else None
        span = slice(int(seen["param"]), None if end is None else int(end))
        numbers = zip(log.param_names[span], log.param_values[span], strict=True)
        parameters = {log.names[k]: _plain(v) for k, v in numbers}
        action = PlayerAction(
            action_type=log.names[seen["code"]],
            target=_name(log, seen["target"]),
            parameters={**parameters, **extra.get("parameters", {})},
        )
    elif kind == COMPANION:
        response = _response(log, seen)
    world: dict[str, Any] = dict(extra.get("world_state", {}))
    if seen["row"] >= 0:
        values = log.facts[seen["row"]].tolist()
        pairs = zip(log.fact_names, values, strict=True)
        world = {name: _plain(v) for name, v in pairs if not math.isnan(v)} | world
    return Observation(
        timestamp_ms=int(seen["t_ms"]),
        player_action=action,
        companion_response=response,
        world_state=world,
    )


def _plain(value: float) -> float | int:
    """Whole numbers without a fraction, as JSON writers write them."""
    number = float(value)
    return int(number) if number.is_integer() and abs(number) <= 2**53 else number


def _response(log: EpisodeLog, seen: Any) -> CompanionResponse:
    effectiveness, propensity = float(seen["effectiveness"]), float(seen["propensity"])
    result = RESULTS[seen["result"]]
    has_set = seen["available"] != NONE
    return CompanionResponse(
        action_type=log.names[seen["code"]],
        result=result or ActionResult.INTERRUPTED,
        effectiveness=None if math.isnan(effectiveness) else effectiveness,
        tactic=_name(log, seen["tactic"]),
        node=_name(log, seen["node"]),
        propensity=None if math.isnan(propensity) else propensity,
        available=tuple(log.names[k] for k in log.sets[seen["available"]]) if has_set else (),
        duration_ms=int(seen["duration_ms"]),
    )


def _name(log: EpisodeLog, index: int) -> str | None:
    return None if index == NONE else log.names[index]
