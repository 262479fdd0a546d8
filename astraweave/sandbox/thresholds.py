"""What a numeric rule compares: a count of events, an outcome, or a fact at decision steps."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from astraweave.sandbox.played import Played

EVENT, OUTCOME, FACT = "event", "outcome", "fact"
OVER = (EVENT, OUTCOME, FACT)


@dataclass(frozen=True, slots=True)
class Threshold:
    """Says which episodes are below one number, or above another; None is no limit.

    over: "event", how often `name` happened in the episode; "outcome", a column of
    `model.ports.OUTCOMES` at its end; "fact", what was sensed, from the first decision step to the
    last: one moment outside is enough.
    """

    over: str
    name: str
    below: float | None = None
    above: float | None = None

    @property
    def event(self) -> str | None:
        """The event that dates a break; None for an outcome, which is known at the end."""
        if self.over == FACT:
            return str(self)
        return self.name if self.over == EVENT else None

    def __call__(self, played: Played) -> npt.NDArray[np.bool_]:
        """bool[n], which episodes are outside."""
        if self.over == FACT:
            return played.count(str(self)) > 0
        if self.over == EVENT:
            return self.outside(played.count(self.name).astype(np.float64))
        return self.outside(played.outcome(self.name))

    def outside(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Which of these are below or above, of their shape; NaN is neither."""
        outside = np.zeros(values.shape, dtype=np.bool_)
        if self.below is not None:
            outside |= values < self.below
        if self.above is not None:
            outside |= values > self.above
        return outside

    def __str__(self) -> str:
        """As a person says it, and as the name of its event: ``player_health below 0.1``."""
        said = (("below", self.below), ("above", self.above))
        limits = [f"{word} {limit!r}" for word, limit in said if limit is not None]
        return f"{self.name} {' or '.join(limits)}"
