"""What was played, as columns: outcomes, events and decisions of many episodes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from astraweave.errors import RuleError
from astraweave.model.actions import nearest
from astraweave.model.ports import OUTCOMES
from astraweave.model.scenario import Scenario

NON_FINITE, DITHERED = "non_finite", "dithered"
OWN_EVENTS = (NON_FINITE, DITHERED)
"""Events the sandbox itself sees, in every environment."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Played:
    """Episodes of one scenario under one policy, in the order of their seeds.

    seeds: int64[n]. outcomes: float64[n, len(OUTCOMES)]. events: the environment's, then
    OWN_EVENTS. counts: int32[n, len(events)]; first: int32[n, len(events)], the tick of the first
    one, −1 without. ticks: int32[n], length of the episode. decisions, changes: int32[n], choices
    of a tactic, and those that chose another than the one before.
    """

    scenario: Scenario
    seeds: npt.NDArray[np.int64]
    outcomes: npt.NDArray[np.float64]
    events: tuple[str, ...]
    counts: npt.NDArray[np.int32]
    first: npt.NDArray[np.int32]
    ticks: npt.NDArray[np.int32]
    decisions: npt.NDArray[np.int32]
    changes: npt.NDArray[np.int32]

    def __len__(self) -> int:
        """How many episodes."""
        return len(self.seeds)

    def count(self, event: str) -> npt.NDArray[np.int32]:
        """How often an event happened, int32[n].

        Raises:
            RuleError: nobody declares it, so nothing could ever be counted.
        """
        return self.counts[:, place(event, self.events, "event")]

    def first_tick(self, event: str | None) -> npt.NDArray[np.int32]:
        """Tick of the first such event, int32[n]; the last tick where there was none."""
        if event is None or event not in self.events:
            return self.ticks
        first = self.first[:, self.events.index(event)]
        return np.where(first < 0, self.ticks, first).astype(np.int32)

    def outcome(self, name: str) -> npt.NDArray[np.float64]:
        """One column of the outcomes, float64[n].

        Raises:
            RuleError: there is no such outcome.
        """
        return self.outcomes[:, place(name, OUTCOMES, "outcome")]


def place(name: str, known: Sequence[str], noun: str) -> int:
    """Where a name stands among those that are known.

    Raises:
        RuleError: nowhere.
    """
    if name not in known:
        fix = nearest(name, tuple(known))
        raise RuleError(what=f"no {noun} {name!r} is declared", where="Played", fix=fix)
    return known.index(name)


_Columns = npt.NDArray[np.int32]


def with_own(
    events: tuple[str, ...],
    counts: _Columns,
    first: _Columns,
    own: Mapping[str, tuple[_Columns, _Columns]],
) -> tuple[tuple[str, ...], _Columns, _Columns]:
    """Add the sandbox's own events; one that the environment sees too is counted together.

    Args:
        events, counts, first: the environment's, as in `Played`.
        own: event → counts and first ticks, int32[n] each, contiguous.

    Returns:
        Names, counts and first ticks of all.
    """
    # Loads numba, which reading columns does not need.
    from astraweave.model.kernels.events import add, widen  # noqa: PLC0415

    names = (*events, *(name for name in own if name not in events))
    shape = (len(counts), len(names))
    wide, earliest = np.empty(shape, dtype=np.int32), np.empty(shape, dtype=np.int32)
    widen(_plain(counts), _plain(first), wide, earliest)
    for name, (often, at) in own.items():
        add(wide, earliest, names.index(name), often, at)
    return names, wide, earliest


def _plain(columns: _Columns) -> _Columns:
    """As kernels take them: they are compiled anew for each other order in memory."""
    return columns if columns.flags.carray else columns.copy()


def joined(parts: Sequence[Played]) -> Played:
    """Chunks of one play as one; nobody who looks at it can write to it."""
    names = ("seeds", "outcomes", "counts", "first", "ticks", "decisions", "changes")
    columns = {name: _joined([getattr(part, name) for part in parts]) for name in names}
    head = parts[0]
    return Played(scenario=head.scenario, events=head.events, **columns)


def _joined(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    column = np.concatenate(parts) if len(parts) > 1 else parts[0].view()
    column.flags.writeable = False
    return column
