"""The roles of enemies: numbers a slot takes over when a fight begins."""

import functools
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Role:
    """One kind of enemy.

    hp: hit points. speed: metres a tick. blow: damage at threat .5. period: ticks between two
    blows, give or take six. reach: metres. nearest, farthest: the distance it keeps, metres.
    arrow: metres a tick of what it shoots, 0 for a blow. lands: share of its blows that would
    have landed on a player nobody shields, by which pinning it is worth something.
    """

    hp: float
    speed: float
    blow: float
    period: float
    reach: float
    nearest: float
    farthest: float
    arrow: float = 0.0
    lands: float = 0.0


ROLES: dict[str, Role] = {
    "brute": Role(90.0, 0.052, 5.0, 44.0, 1.5, 0.0, 1.1),
    "archer": Role(62.0, 0.044, 3.4, 70.0, 12.0, 5.5, 8.5, arrow=0.2, lands=0.5),
    "boss": Role(420.0, 0.048, 9.0, 66.0, 1.9, 0.0, 1.3),
}
"""Brutes close in and hit, archers keep away and shoot, a boss is a large brute. The order is that
of `kernels.starting`.
"""


@functools.cache
def role_table() -> npt.NDArray[np.float32]:
    """float32[roles, 9] for `kernels.starting`; the last column is what pinning a blow is worth."""
    rows = np.array([astuple(role) for role in ROLES.values()], dtype=np.float32)
    rows[:, -1] /= rows[:, 3]
    rows.flags.writeable = False
    return rows
