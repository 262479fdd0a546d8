"""A read-only look at one fight, for drawing. Writes nothing, keeps nothing."""

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import layout as at
from astraweave.arena.state import State

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class View:
    """One world as arrays over slots (`declared.SLOT_NAMES`); metres, hit points, ticks.

    The arrays are live: they show the world as it is now, and cannot be written to.
    """

    __slots__ = ("_body", "_clock", "_real", "_shots", "_whole")

    def __init__(self, worlds: State, world: int = 0) -> None:
        """Look at one world of a state."""
        self._body, self._shots = _locked(worlds.body[world]), _locked(worlds.shots[world])
        self._real = _locked(worlds.real[world])
        self._clock, self._whole = (
            _locked_ints(worlds.clock[world]),
            _locked_ints(worlds.whole[world]),
        )

    @property
    def xy(self) -> Floats:
        """Positions, float64[slots, 2]."""
        return self._body[:, at.X : at.Y + 1]

    @property
    def velocity(self) -> Floats:
        """Metres walked in the last tick, float64[slots, 2]."""
        return self._body[:, at.VX : at.VY + 1]

    @property
    def hp(self) -> Floats:
        """Hit points, float64[slots]; 0 is down, or nobody."""
        return self._body[:, at.HP]

    @property
    def max_hp(self) -> Floats:
        """Full hit points, float64[slots]; 0 where nobody ever was."""
        return self._body[:, at.MAX_HP]

    @property
    def stamina(self) -> Floats:
        """Stamina 0…100 of player and companion, float64[slots]."""
        return self._body[:, at.STAMINA]

    @property
    def mana(self) -> Floats:
        """Mana 0…100 of player and companion, float64[slots]."""
        return self._body[:, at.MANA]

    @property
    def archer(self) -> Flags:
        """Who shoots, bool[slots]."""
        return np.equal(self._clock[:, at.ROLE], at.ARCHER)

    @property
    def since_action(self) -> Ints:
        """Ticks since each last acted, struck or shot, int64[slots]."""
        return self._clock[:, at.SWING]

    @property
    def hunts(self) -> Ints:
        """Whom each enemy is after, 0 the player, 1 the companion; int64[slots]."""
        return self._clock[:, at.HUNTS]

    @property
    def taunted(self) -> Flags:
        """Whom the companion draws, bool[slots]."""
        return self._clock[:, at.TAUNTED] > 0

    @property
    def pinned(self) -> Flags:
        """Whom the companion pins, bool[slots]."""
        return self._clock[:, at.PINNED] > 0

    @property
    def hexed(self) -> Flags:
        """Whom the companion has hexed, bool[slots]."""
        return self._clock[:, at.HEXED] > 0

    @property
    def blocking(self) -> int:
        """Ticks the player's block still holds."""
        return int(self._clock[at.PLAYER, at.BLOCKING])

    @property
    def hurt(self) -> Ints:
        """Ticks left of the second after a hit, player and companion; int64[slots]."""
        return self._clock[:, at.HURT]

    @property
    def heal_wait(self) -> tuple[int, int]:
        """Ticks until the player and the companion can heal again."""
        waits = self._clock[:, at.HEAL_WAIT]
        return int(waits[at.PLAYER]), int(waits[at.COMPANION])

    @property
    def player_action(self) -> int:
        """The player's latest action, an index of the vocabulary."""
        return int(self._clock[at.PLAYER, at.LAST_ACTION])

    @property
    def hands_free_in(self) -> int:
        """Ticks until the player can start another action."""
        return int(self._clock[at.PLAYER, at.WAIT])

    @property
    def projectiles(self) -> Floats:
        """What flies, float64[k, 5]: x, y, metres a tick along x and y, and the shooter's slot."""
        flying = self._shots[: self._whole[at.FLYING]]
        return flying[:, [at.SHOT_X, at.SHOT_Y, at.SHOT_VX, at.SHOT_VY, at.SHOOTER]]

    @property
    def walls(self) -> Floats:
        """float64[walls, 4]: left, top, right, bottom."""
        return self._real[at.WALLS : at.WALLS + 4 * at.WALL_COUNT].reshape(-1, 4)


def _locked(row: Floats) -> Floats:
    view = row.view()
    view.flags.writeable = False
    return view


def _locked_ints(row: Ints) -> Ints:
    view = row.view()
    view.flags.writeable = False
    return view
