"""What a `BatchEnvironment` gave, as arrays of the right shape and kind.

Refuses, by what it must give and what it gave, anything that would be counted wrongly, or break
somewhere far from the game: other shapes, texts, complex numbers, counts below 0, facts outside of
their range.
"""

from functools import cache
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from astraweave.errors import EnvironmentFailure
from astraweave.model.facts import FactSheet
from astraweave.model.ports import FAILURE, IDLE, OUTCOMES

MOST = 1e15
"""Beyond this a number of an outcome means nothing, and sums of some would overflow."""
_ROUNDED = 1e-9
"""How far a share may be rounded beyond 0 or 1, and a fact beyond its range, of its width."""
_SUCCESS, _SECONDS = OUTCOMES.index("success"), OUTCOMES.index("seconds")
_WHOLE, _REAL = "biu", "biuf"
_HIGHEST = np.full(len(OUTCOMES), MOST)
_HIGHEST[_SUCCESS] = 1.0 + _ROUNDED
_LOWEST = -_HIGHEST
_LOWEST[[_SUCCESS, _SECONDS]] = -_ROUNDED

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Seen = tuple[Floats, npt.NDArray[np.int8], Flags]
Counts = tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]


def step_in(given: Any, n: int, f: int) -> Seen:
    """Facts float64[n, f], which may not be finite, status int8[n] and done bool[n] of a step.

    Raises:
        EnvironmentFailure: without a place.
    """
    try:
        facts, status, effect, done = given
    except (TypeError, ValueError):
        _refuse(f"must give a BatchStep, gave {type(given).__name__}")
    facts, status, done = facts_in(facts, n, f), np.asarray(status), np.asarray(done)
    if status.shape != (n,) or done.shape != (n,):
        _refuse(f"must give status and done of {n} worlds")
    if status.dtype.kind not in _REAL or done.dtype.kind not in _WHOLE:
        _refuse(f"must give status int8 and done bool, gave {status.dtype} and {done.dtype}")
    if effect is not None:
        _check_effect(np.asarray(effect), n)
    ranged = not n or IDLE <= status.min() <= status.max() <= FAILURE
    codes = status.astype(np.int8, copy=False) if ranged else status
    if not ranged or (codes != status).any():
        _refuse(f"must give a status in [{IDLE}, {FAILURE}], gave {status.max():g}")
    return facts, codes, done.astype(np.bool_, copy=False)


def facts_in(given: Any, n: int, f: int) -> Floats:
    """Facts float64[n, f], which may not be finite.

    Raises:
        EnvironmentFailure: without a place.
    """
    facts = np.asarray(given)
    if facts.shape != (n, f) or facts.dtype != np.float64:
        shape = f"{facts.dtype}{list(facts.shape)}"
        _refuse(f"changed its facts: declared float64[{n}, {f}], gave {shape}")
    return facts


def _check_effect(effect: npt.NDArray[Any], n: int) -> None:
    if effect.shape != (n,) or effect.dtype.kind not in _REAL:
        _refuse(f"must give effectiveness float64[{n}], gave {effect.dtype}{list(effect.shape)}")
    odd = effect[(effect < -_ROUNDED) | (effect > 1.0 + _ROUNDED)]
    if len(odd):
        _refuse(f"must give effectiveness in [0, 1], or NaN, gave {odd[0]:g}")


def as_declared(facts: Floats, sheet: FactSheet) -> bool:
    """Whether all facts, float64[n, f], are finite and where they were declared to be."""
    return _within(facts, sheet.low, sheet.high)


def check_ranges(facts: Floats, live: Flags, sheet: FactSheet) -> None:
    """Whether the facts of worlds that go on are where they were declared to be.

    Args:
        facts: float64[n, f], finite where `live`.
        live: bool[n].
        sheet: what was declared.

    Raises:
        EnvironmentFailure: without a place.
    """
    if not ((facts < sheet.low) | (facts > sheet.high)).any():
        return
    width = sheet.high - sheet.low
    slack = np.where(np.isfinite(width), width, 0.0) * _ROUNDED
    odd = (facts < sheet.low - slack) | (facts > sheet.high + slack)
    for world, column in np.argwhere(odd & live[:, None])[:1]:
        fact = sheet.facts[column]
        got = f"gave {facts[world, column]:g}"
        _refuse(f"must give fact {fact.name!r} in [{fact.low:g}, {fact.high:g}], {got}")


def outcomes_in(given: Any, n: int) -> Floats:
    """Outcomes float64[n, len(OUTCOMES)], which may not be finite.

    Raises:
        EnvironmentFailure: without a place.
    """
    outcomes = np.asarray(given)
    if outcomes.shape != (n, len(OUTCOMES)) or outcomes.dtype.kind not in _REAL:
        shape = f"{outcomes.dtype}{list(outcomes.shape)}"
        _refuse(f"must give outcomes float64[{n}, {len(OUTCOMES)}], gave {shape}")
    outcomes = outcomes.astype(np.float64, copy=False)
    if _within(outcomes, _LOWEST, _HIGHEST):
        return outcomes
    finite = np.isfinite(outcomes)
    success = outcomes[finite[:, _SUCCESS], _SUCCESS]
    odd = success[(success < -_ROUNDED) | (success > 1.0 + _ROUNDED)]
    if len(odd):
        _refuse(f"must give a success in [0, 1], gave {odd[0]:g}")
    seconds = outcomes[finite[:, _SECONDS], _SECONDS]
    if len(seconds) and seconds.min() < -_ROUNDED:
        _refuse(f"must give seconds of at least 0, gave {seconds.min():g}")
    wide = outcomes[finite & (np.abs(outcomes) > MOST)]
    if len(wide):
        _refuse(f"must give outcomes in ±{MOST:g}, gave {wide[0]:g}")
    return outcomes


def counts_in(given: Any, n: int, events: int) -> Counts:
    """Counts and first ticks of events, int32[n, events] each.

    Raises:
        EnvironmentFailure: without a place.
    """
    try:
        counts, first = map(np.asarray, given)
    except (TypeError, ValueError):
        _refuse(f"must give event counts and first ticks, gave {type(given).__name__}")
    shape = (n, events)
    whole = counts.dtype.kind in _WHOLE and first.dtype.kind in _WHOLE
    if counts.shape != shape or first.shape != shape or not whole:
        got = f"{counts.dtype}{list(counts.shape)} and {first.dtype}{list(first.shape)}"
        _refuse(f"must give events twice int32{list(shape)}, gave {got}")
    plain = counts.flags.carray and first.flags.carray and counts.dtype == first.dtype == np.int32
    if plain and _looks().counted(counts, first):
        return counts, first
    most = np.iinfo(np.int32).max
    for told, least in ((counts, 0), (first, -1)):
        odd = told[(told < least) | (told > most)]
        if len(odd):
            _refuse(f"must give events and ticks from {least} to {most}, gave {odd[0]}")
    return counts.astype(np.int32, copy=False), first.astype(np.int32, copy=False)


def steps_in(given: Any, n: int, limit: int) -> npt.NDArray[np.int32]:
    """How many steps each of whole episodes took, int32[n].

    Raises:
        EnvironmentFailure: without a place.
    """
    steps = np.asarray(given)
    if steps.shape != (n,) or steps.dtype != np.int32:
        _refuse(f"must give int32[{n}] steps, gave {steps.dtype}{list(steps.shape)}")
    if n and not 0 <= steps.min() <= steps.max() <= limit:
        _refuse(f"must give 0 to {limit} steps, gave {steps.min()} to {steps.max()}")
    return steps


@cache
def _looks() -> Any:
    """Loaded with numba when a game has answered, not with the sandbox."""
    from astraweave.model.kernels import looks  # noqa: PLC0415

    return looks


def _within(rows: Floats, low: npt.ArrayLike, high: npt.ArrayLike) -> bool:
    """Whether all are, which is not said of arrays that lie in memory in an odd way."""
    return rows.flags.carray and bool(_looks().within(rows, low, high))


def _refuse(what: str) -> NoReturn:
    raise EnvironmentFailure(what=what)
