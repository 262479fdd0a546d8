"""Fights that begin one by one while others go on: what trains a policy without ever waiting.

Each is, to the last bit, the fight that `Arena` plays from the same seed.
"""

import numpy as np
import numpy.typing as npt

from astraweave.arena.environment import Arena
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.scoring import payable
from astraweave.arena.kernels.seating import CLOSES_AT, leave, seat, settle
from astraweave.arena.state import Floats, Ints, Rows, State, outcomes, row, truncated
from astraweave.arena.view import View
from astraweave.errors import UsageError
from astraweave.model.ports import BatchStep
from astraweave.model.scenario import Scenario

Flags = npt.NDArray[np.bool_]


class Fights:
    """n places for fights; in each of them one after the other.

    Args:
        n: how many at once.
        step_ticks, slots: as in `Arena`.
        closes_at: the tick past which a tile takes no more fights until it is empty.
    """

    def __init__(
        self, n: int, step_ticks: int = 6, slots: int = 6, closes_at: int = CLOSES_AT
    ) -> None:
        """Make room; `begin` starts them."""
        self.n, self.slots, self.arena = n, slots, Arena(step_ticks, slots)
        self._young, self._closes_at = Arena(step_ticks, slots), closes_at
        self._places = np.full(n, -1, np.int64)
        self._state = State(0, slots)
        self._taken = np.zeros(0, np.uint8)
        self._commands = np.zeros(0, np.int16)
        self._grow(-(-n // at.LANES))

    def _grow(self, tiles: int) -> None:
        """Room for more of them: with several clocks, tiles are not always full."""
        slots, old = self._state.slots, self._state.tiles
        grown = at.room(len(old) + tiles, at.tile(slots))
        grown[: len(old)] = old
        self._state = State(len(grown) * at.LANES, slots, grown)
        self._taken = np.concatenate((self._taken, np.zeros(tiles * at.LANES, np.uint8)))
        self._commands = np.full(self._state.n, at.NOBODY, np.int16)

    def begin(
        self,
        who: Ints,
        scenario: Scenario,
        seeds: Ints,
        players: Floats | None = None,
        *,
        led: bool = False,
    ) -> Floats:
        """Begin new fights in some places; what was played there is dropped.

        Args:
            who: int64[k], places in [0, n), each once.
            scenario, seeds, players: as in `Arena.reset`, one a fight.
            led: whether the players are persons, led by `lead`, and no bots.

        Returns:
            float64[k, facts].

        Raises:
            ScenarioError, UsageError: as `Arena.reset`.
        """
        facts = self._young.reset(scenario, seeds, players)
        begun = self._young.state
        if led:
            _lanes(begun)[:, row(at.HUMAN)] = 1.0
        leave(self._state.tiles, self._taken, self._places, who)
        born, seated = np.zeros(len(who), np.int64), 0
        while seated < len(who):
            rest = who[seated:], born[seated:], self._closes_at
            seated += seat(self._state.tiles, self._taken, self._places, *rest)
            if seated < len(who):
                self._grow(max(1, len(self._state.tiles) // 2))
        settle(self._state.tiles, begun.tiles, self._places, who, born)
        return facts

    def lead(self, actions: npt.NDArray[np.int64], moves: Floats) -> None:
        """What the persons want from now on.

        Args:
            actions: int64[n], indices of the vocabulary, −1 for none; one is started whenever
                the hands are free.
            moves: float64[n, 2], where each walks to, of length ≤ 1 (longer is shortened).
        """
        lanes, (tile, lane) = _lanes(self._state), self._where()
        lanes[tile, row(at.WANTED), lane] = actions
        lanes[tile, row(at.MOVE_X), lane] = moves[:, 0]
        lanes[tile, row(at.MOVE_Y), lane] = moves[:, 1]

    def step(self, commands: npt.NDArray[np.int16]) -> BatchStep:
        """Play one decision step of all; see `Arena.step`. A fight that is over stays as it is.

        Raises:
            UsageError: not one command a place, or a place where no fight was begun.
        """
        if commands.shape != (self.n,) or self._places.min(initial=0) < 0:
            raise UsageError(
                what=f"commands must be int16[{self.n}], and a fight begun in each place",
                got=str(commands.shape),
                where="Fights.step",
                fix="call begin for every place first",
            )
        used = int(self._places.max(initial=-1)) // at.LANES + 1  # tiles behind them are empty
        self.arena.resume(State(used * at.LANES, self._state.slots, self._state.tiles[:used]))
        self._commands[self._places] = commands
        played = self.arena.step(self._commands[: used * at.LANES])
        at_place = [column[self._places] for column in played]
        return BatchStep._make(at_place)

    def outcomes(self) -> Floats:
        """float64[n, len(OUTCOMES)] of the fights so far; see `state.outcomes`."""
        return outcomes(self._state, self._places)

    def truncated(self) -> Flags:
        """bool[n]: which the time limit ended."""
        return truncated(self._state)[self._places]

    def event_counts(self, who: Ints) -> npt.NDArray[np.int32]:
        """How often each of `Arena.events` happened in some places, int32[k, events]."""
        places, first = self._places[who, None], row(at.COUNTS)
        rows = np.arange(first, first + at.EVENT_COUNT)
        found = _lanes(self._state)[places // at.LANES, rows, places % at.LANES]
        return found.astype(np.int32)

    def payable(self) -> Flags:
        """bool[n, tactics + 1]: what each companion can afford; the last is to do nothing."""
        can = np.ones((self.n, at.TACTICS + 1), np.bool_)
        payable(self._state.tiles, self._places, can)
        return can

    def _where(self) -> tuple[Ints, Ints]:
        return self._places // at.LANES, self._places % at.LANES

    def of_worlds(self, name: np.uint64) -> Rows:
        """A row of every world, float32[n]; a copy."""
        tile, lane = self._where()
        found: Rows = _lanes(self._state)[tile, row(name), lane]
        return found

    def of_friends(self, slot: int, name: np.uint64) -> Rows:
        """A row of every player (slot 0) or companion (1), float32[n]; a copy."""
        tile, lane = self._where()
        first = at.WORLD_ROWS + slot * at.FRIEND_ROWS
        found: Rows = _lanes(self._state)[tile, first + row(name), lane]
        return found

    def of_foes(self, name: np.uint64) -> Rows:
        """A row of every enemy, float32[n, enemies]; a copy."""
        tile, lane = self._where()
        tiles = self._state.tiles
        foes = tiles["foes"].reshape(len(tiles), -1, at.FOE_ROWS, at.LANES)
        found: Rows = foes[tile, :, row(name), lane]
        return found

    def view(self, which: int) -> View:
        """One fight, to be drawn."""
        return View(self._state, int(self._places[which]))


def _lanes(state: State) -> Rows:
    """The rows of the worlds, live: float32[tiles, rows, lanes]."""
    lanes: Rows = state.tiles["worlds"].reshape(len(state.tiles), at.TILE_ROWS, at.LANES)
    return lanes
