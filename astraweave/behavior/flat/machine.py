"""The interpreter backend of `BatchTicker`: one row of memory an agent, for every flat program.

Takes what `batch.BatchTicker` has checked; refuses nothing itself.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from astraweave.behavior.flat.log import FIRST_ROWS, DecisionLog
from astraweave.behavior.flat.program import Program
from astraweave.behavior.flat.trouble import error_of
from astraweave.behavior.kernels import layout as at
from astraweave.errors import TreeError

if TYPE_CHECKING:
    from astraweave.behavior.flat.parts import Setting
    from astraweave.behavior.kernels.tick import Batch


class Machine:
    """n agents of one program. commands: int16[n] and result: int8[n], of the last tick."""

    def __init__(
        self,
        program: Program,
        seeds: npt.NDArray[np.int64],
        setting: "Setting",
    ) -> None:
        """All agents start idle, at step 0; `weights` must be set before the first tick."""
        n = len(seeds)
        self.program = program
        self._rows = np.tile(program.row, (n, 1))
        self._rows[:, at.SEED] = seeds
        self._rows[:, at.HOLD] = setting.hold_steps
        self._states = np.tile(program.state, (n, 1))
        self._board = np.tile(program.board, (n, 1))
        rows = 1 + (max(FIRST_ROWS, self._room) if setting.keep_log and program.nodes else 0)
        self._log = np.zeros((rows, at.LOG_COLUMNS), np.int64)
        self._shares = np.zeros(rows)
        self.commands = np.full(n, -1, np.int16)
        self.result = np.zeros(n, np.int8)
        self._events = np.zeros((n, setting.events + 1), np.int32)
        self._cells = program.cells.copy()
        self._cells[at.STEP_S] = setting.step_s
        self._weights = np.ones((1, len(program.tactics)))
        self._no_answers = np.zeros((n, 0), np.int8)
        self._facts = np.zeros((n, len(program.facts)))

    @property
    def _room(self) -> int:
        """Decisions that one agent's tick can make."""
        return int(self.program.places[4])

    @property
    def tactic(self) -> npt.NDArray[np.int64]:
        """int64[n]: the running or last chosen tactic of each agent, −1 before the first."""
        return self._rows[:, at.TACTIC]

    def weights(self, table: npt.NDArray[np.float64]) -> None:
        """Weights of later draws, the designer's times the learned: float64[1 or n, tactics]."""
        self._weights = table

    def tick(
        self,
        facts: npt.NDArray[np.float64],
        status: npt.NDArray[np.int8],
        done: npt.NDArray[np.bool_],
        answers: npt.NDArray[np.int8] | None = None,
    ) -> None:
        """One decision step of every agent; arrays as in `BatchTicker.tick`, C-contiguous."""
        self._events[:, 0] = 0
        program, n = self.program, len(self._rows)
        said = self._no_answers
        if answers is not None:
            # The same each time, unless an axis says what comes second, third, …
            told = answers if answers.ndim == 3 else answers[:, :, None]
            more = np.repeat(told[:, :, -1:], at.TELLS - told.shape[2], axis=2)
            said = np.ascontiguousarray(np.concatenate([told, more], axis=2)).reshape(n, -1)
        batch = self._batch()._replace(facts=facts, answers=said, status=status, done=done)
        if program.halts:
            # What a halt runs later reads the facts of the last tick.
            self._facts = facts.copy()
        first = 0
        # Outside numba (NUMBA_DISABLE_JIT) numpy would warn of what IEEE 754 defines.
        with np.errstate(all="ignore"):
            while (first := int(_kernel().tick(batch, first))) < n:
                self._grow()
                batch = batch._replace(log=self._log, shares=self._shares)

    def _batch(self) -> "Batch":
        """All but what is given for one tick."""
        program, n = self.program, len(self._rows)
        batch: Batch = _kernel().Batch(
            nodes=program.table,
            code=program.code,
            cells=self._cells,
            states=self._states,
            rows=self._rows,
            board=self._board,
            log=self._log,
            shares=self._shares,
            events=self._events,
            facts=self._facts,
            weights=self._weights,
            answers=self._no_answers,
            status=np.zeros(n, np.int8),
            done=np.zeros(n, np.bool_),
            commands=self.commands,
            result=self.result,
            places=program.places,
        )
        return batch

    def halt(self, answers: npt.NDArray[np.int8] | None = None) -> None:
        """Halt every agent: what runs is interrupted, what is held has succeeded.

        answers: as in `tick`, of actions that a halt ticks (TryCatch with catch_on_halt).
        """
        n = len(self._rows)
        step = self._rows[:, at.STEP].copy()
        self._rows[:, at.LIVE] = 1
        self.tick(self._facts, np.zeros(n, np.int8), np.ones(n, np.bool_), answers)
        self._rows[:, at.STEP] = step

    def _grow(self) -> None:
        """Twice the room for the log."""
        room = np.zeros((len(self._log) + self._room, at.LOG_COLUMNS), np.int64)
        self._log = np.concatenate([self._log, room])
        self._shares = np.concatenate([self._shares, room[:, 0].astype(np.float64)])

    @property
    def log(self) -> DecisionLog:
        """What was decided so far: views that the next tick may change."""
        return DecisionLog.of(self._log, self._shares)

    def events_of(self, agent: int) -> list[tuple[int, int]]:
        """Leaf events of the last tick: (number of the node, `Status`, or 7 for a halt)."""
        count = int(self._events[agent, 0])
        return [divmod(int(event), 8) for event in self._events[agent, 1 : count + 1]]

    def error_of(self, agent: int) -> TreeError | None:
        """What went wrong for an agent in the last tick, None when nothing did."""
        row, entries = self._rows[agent], self.program.entries
        if row[at.WRONG] == at.FINE:
            return None
        place, entry = int(row[at.WRONG_PLACE]), int(row[at.WRONG_DETAIL])
        where = self.program.wheres[max(place, 0)]
        return error_of(int(row[at.WRONG]), where, entries[entry] if entry >= 0 else None)

    def entry(self, name: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """As `BatchTicker.entry`."""
        number = self.program.entries.index(name)
        kind = self._states[:, len(self.program.table) + number]
        return self._board[:, number].copy(), kind > at.EMPTY

    def write(self, name: str, values: npt.NDArray[Any], agents: npt.NDArray[np.bool_]) -> None:
        """As `BatchTicker.write`, of `agents`."""
        number = self.program.entries.index(name)
        kind = at.BOOL if values.dtype == np.bool_ else at.REAL
        if np.issubdtype(values.dtype, np.integer):
            small = ((values >= -(2**31)) & (values < 2**31)).all()
            kind = at.INT if small else at.INT64
        numbers = np.ascontiguousarray(values, np.float64)
        failed = int(_kernel().write(self._batch(), number, numbers, kind, agents))
        if failed >= 0:
            raise error_of(int(self._rows[failed, at.WRONG]), "BatchTicker.write", name)

    def remove(self, name: str, agents: npt.NDArray[np.bool_]) -> None:
        """As `BatchTicker.remove`, of `agents`."""
        number = self.program.entries.index(name)
        memory = self.program.code[1, 2] + at.ENTRY_MEMORY * number
        self._states[agents, len(self.program.table) + number] = at.ABSENT
        self._rows[agents, memory + at.STAMP_OF] = 0
        self._rows[agents, memory + at.DECLARED] = at.NONE


@cache
def _kernel() -> Any:
    """The compiled engine, loaded with numba when a batch is first ticked: play needs neither."""
    from astraweave.behavior.kernels import tick  # noqa: PLC0415

    return tick
