"""A read-only look at one fight, for drawing. Writes nothing, keeps nothing."""

import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels import layout as at
from astraweave.arena.state import State, row

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class View:
    """One world as arrays over slots (`declared.SLOT_NAMES`); metres, hit points, ticks.

    The arrays show the world as it is when they are asked for, and cannot be written to.
    """

    __slots__ = ("_before", "_world")

    def __init__(self, worlds: State, world: int = 0, before: Floats | None = None) -> None:
        """Look at one world of a state; `before` is where everybody was a tick ago."""
        self._world, self._before = worlds.world(world), before

    def _all(self, name: np.uint64) -> Floats:
        return _locked(self._world.column(name).astype(np.float64))

    def _friends(self, name: np.uint64) -> Floats:
        values = np.zeros(len(self._world.foes) + 2)
        values[:2] = self._world.friends[:, row(name)]
        return _locked(values)

    def _foes(self, name: np.uint64) -> Floats:
        values = np.zeros(len(self._world.foes) + 2)
        values[2:] = self._world.foes[:, row(name)]
        return values

    def _now(self) -> float:
        return float(self._world.rows[row(at.TICK)])

    @property
    def xy(self) -> Floats:
        """Positions, float64[slots, 2]."""
        return _locked(np.stack((self._all(at.X), self._all(at.Y)), axis=1))

    @property
    def velocity(self) -> Floats:
        """Metres moved in the last tick, float64[slots, 2]."""
        here = self.xy
        return _locked(here - (here if self._before is None else self._before))

    @property
    def hp(self) -> Floats:
        """Hit points, float64[slots]; 0 is down, or nobody."""
        return self._all(at.HP)

    @property
    def max_hp(self) -> Floats:
        """Full hit points, float64[slots]; 0 where nobody ever was."""
        return self._all(at.MAX_HP)

    @property
    def stamina(self) -> Floats:
        """Stamina 0…100 of player and companion, float64[slots]."""
        return self._friends(at.STAMINA)

    @property
    def mana(self) -> Floats:
        """Mana 0…100 of player and companion, float64[slots]."""
        return self._friends(at.MANA)

    @property
    def archer(self) -> Flags:
        """Who shoots, bool[slots]."""
        return self._foes(at.ARROW) > 0.0

    @property
    def since_action(self) -> Ints:
        """Ticks since each last acted, struck or shot, int64[slots]."""
        return _locked_ints(self._now() - self._all(at.SWUNG))

    @property
    def hunts(self) -> Ints:
        """Whom each enemy is after, 0 the player, 1 the companion; int64[slots]."""
        return _locked_ints(self._foes(at.HUNTS))

    @property
    def taunted(self) -> Flags:
        """Whom the companion draws, bool[slots]."""
        return self._foes(at.TAUNTED) > self._now()

    @property
    def pinned(self) -> Flags:
        """Whom the companion pins, bool[slots]."""
        return self._foes(at.PINNED) > self._now()

    @property
    def hexed(self) -> Flags:
        """Whom the companion has hexed, bool[slots]."""
        return self._foes(at.HEXED) > self._now()

    def _left(self, slot: int, name: np.uint64) -> int:
        return max(0, int(self._world.slot(slot)[row(name)] - self._now()))

    @property
    def blocking(self) -> int:
        """Ticks the player's block still holds."""
        return self._left(at.PLAYER, at.BLOCKING)

    @property
    def hurt(self) -> Ints:
        """Ticks left of the second after a hit, player and companion; int64[slots]."""
        return _locked_ints(np.maximum(0.0, self._friends(at.HURT) - self._now()))

    @property
    def heal_wait(self) -> tuple[int, int]:
        """Ticks until the player and the companion can heal again."""
        return self._left(at.PLAYER, at.HEAL_AT), self._left(at.COMPANION, at.HEAL_AT)

    @property
    def player_action(self) -> int:
        """The player's latest action, an index of the vocabulary."""
        return int(self._world.slot(at.PLAYER)[row(at.LAST_ACTION)])

    @property
    def hands_free_in(self) -> int:
        """Ticks until the player can start another action."""
        return self._left(at.PLAYER, at.WAIT)

    @property
    def projectiles(self) -> Floats:
        """What flies, float64[k, 5]: x, y, metres a tick along x and y, and the shooter's slot."""
        shots = self._world.shots
        flying = shots[shots[:, row(at.LEFT)] > 0.0]
        names = (at.SHOT_X, at.SHOT_Y, at.SHOT_VX, at.SHOT_VY, at.SHOOTER)
        return _locked(flying[:, [row(name) for name in names]].astype(np.float64))

    @property
    def walls(self) -> Floats:
        """float64[walls, 4]: left, top, right, bottom."""
        first = row(at.WALL_1_X)
        middles = self._world.rows[first : first + 2 * at.WALL_COUNT].reshape(-1, 2)
        half = float(self._world.rows[row(at.WALL_HALF)])
        return _locked(np.hstack((middles - half, middles + half)).astype(np.float64))


def _locked(values: Floats) -> Floats:
    values.flags.writeable = False
    return values


def _locked_ints(values: Floats) -> Ints:
    whole = values.astype(np.int64)
    whole.flags.writeable = False
    return whole
