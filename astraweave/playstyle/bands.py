"""In what situation something was done: health and threat, each in thirds of its range."""

import numpy as np
import numpy.typing as npt

from astraweave.model.columns import EpisodeLog
from astraweave.model.facts import FactSheet

BANDS = 3
UNKNOWN_BAND = BANDS
BAND_NAMES = ("low", "middling", "high", "unknown")


def bands(
    log: EpisodeLog, sheet: FactSheet | None, role: str, rows: npt.NDArray[np.int32]
) -> npt.NDArray[np.int64]:
    """Band 0, 1 or 2 (thirds of the range) of a fact at each row; UNKNOWN_BAND where unseen.

    Args:
        log: the episode.
        sheet: says which fact has the role, and its range; without one, or without that role,
            the fact of the role's name, from 0 to 1.
        role: of `FactRole`.
        rows: int32[n], rows of the facts, negative for none.
    """
    unknown = np.full(len(rows), UNKNOWN_BAND, dtype=np.int64)
    place = None if sheet is None else sheet.fraction(role)
    name = role if place is None or sheet is None else sheet.names[place[0]]
    low, span = (0.0, 1.0) if place is None else place[1:]
    if name not in log.fact_names or not len(log.facts):
        return unknown
    values = (log.facts[rows, log.fact_names.index(name)] - low) / span
    seen = (rows >= 0) & ~np.isnan(values)
    found = np.clip(np.nan_to_num(values) * BANDS, 0, BANDS - 1).astype(np.int64)
    return np.where(seen, found, unknown)
