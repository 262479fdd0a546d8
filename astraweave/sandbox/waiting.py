"""What a game is being asked in this process: for whoever wonders why nothing comes back.

Refuses nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Asking:
    """A question to a game that has not answered yet. told: says of a place whose episode it is."""

    place: str
    told: Callable[[str], str]

    @property
    def where(self) -> str:
        """Scenario, seed and step."""
        return self.told(self.place)


_open: list[Asking] = []


def begun(asking: Asking) -> None:
    """It is being asked."""
    _open.append(asking)


def ended(asking: Asking) -> None:
    """It has answered, or raised."""
    _open.remove(asking)


def asked_now() -> Asking | None:
    """The last one without an answer."""
    return next(reversed(_open), None)
