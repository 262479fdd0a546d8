"""An array that is appended to: one more value seldom copies all. Refuses nothing."""

from typing import Any

import numpy as np
import numpy.typing as npt

LEAST = 1_024


class Grown:
    """Values of one kind; `now` is all of them, a view that the next `add` may leave behind."""

    def __init__(self, kind: npt.DTypeLike, first: npt.ArrayLike = ()) -> None:
        """Start with `first`."""
        self._kept = np.array(first, kind)
        self.now: npt.NDArray[Any] = self._kept

    def add(self, values: npt.ArrayLike) -> None:
        """Append `values`."""
        more = np.asarray(values, self._kept.dtype)
        used, size = len(self.now), len(self.now) + len(more)
        if size > len(self._kept):
            larger = np.empty(max(LEAST, size * 5 // 4), self._kept.dtype)
            larger[:used] = self.now
            self._kept = larger
        self._kept[used:size] = more
        self.now = self._kept[:size]

    def keep(self, values: npt.NDArray[Any]) -> None:
        """Hold just `values`."""
        self._kept = self.now = values
