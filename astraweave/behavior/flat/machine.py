"""The interpreter backend of `BatchTicker`: one row of memory an agent, for every flat program.

Takes what `batch.BatchTicker` has checked; refuses nothing itself.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from astraweave.behavior.flat.log import FIRST_ROWS, DecisionLog
from astraweave.behavior.flat.program import Program
from astraweave.behavior.kernels import layout as at

if TYPE_CHECKING:
    from astraweave.behavior.kernels.tick import Batch


class Machine:
    """n agents of one program. commands: int16[n] and result: int8[n], of the last tick."""

    def __init__(
        self,
        program: Program,
        seeds: npt.NDArray[np.int64],
        hold_steps: int,
        *,
        keep_log: bool,
        events: int,
    ) -> None:
        """All agents start idle, at step 0; `weights` must be set before the first tick."""
        n = len(seeds)
        self.program = program
        self._rows = np.zeros((n, program.width), np.int64)
        self._rows[:, at.SEED] = seeds
        self._rows[:, at.HOLD] = hold_steps
        self._rows[:, at.TACTIC] = -1
        self._rows[:, program.places[2] + at.HELD :: at.CHOICE] = -1
        rows = 1 + (max(FIRST_ROWS, len(program.tactics)) if keep_log and program.nodes else 0)
        self._log = np.zeros((rows, at.LOG_COLUMNS), np.int64)
        self._shares = np.zeros(rows)
        self.commands = np.full(n, -1, np.int16)
        self.result = np.zeros(n, np.int8)
        self._events = np.zeros((n, events + 1), np.int32)
        self._cells = program.cells.copy()
        self._weights = np.ones((1, len(program.tactics)))
        self._no_answers = np.zeros((n, 0), np.int8)

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
        program = self.program
        self._events[:, 0] = 0
        batch: Batch = _kernel().Batch(
            nodes=program.table,
            code=program.code,
            cells=self._cells,
            rows=self._rows,
            log=self._log,
            shares=self._shares,
            events=self._events,
            facts=facts,
            weights=self._weights,
            answers=self._no_answers if answers is None else answers,
            status=status,
            done=done,
            commands=self.commands,
            result=self.result,
            places=program.places,
        )
        first, n = 0, len(self._rows)
        # Outside numba (NUMBA_DISABLE_JIT) numpy would warn of what IEEE 754 defines.
        with np.errstate(all="ignore"):
            while (first := int(_kernel().tick(batch, first))) < n:
                self._grow()
                batch = batch._replace(log=self._log, shares=self._shares)

    def halt(self) -> None:
        """Halt every agent: what runs is interrupted, what is held has succeeded."""
        n = len(self._rows)
        step = self._rows[:, at.STEP].copy()
        facts = np.zeros((n, len(self.program.facts)))
        self.tick(facts, np.zeros(n, np.int8), np.ones(n, np.bool_))
        self._rows[:, at.STEP] = step

    def _grow(self) -> None:
        """Twice the room for the log."""
        room = np.zeros_like(self._log)
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


@cache
def _kernel() -> Any:
    """The compiled engine, loaded with numba when a batch is first ticked: play needs neither."""
    from astraweave.behavior.kernels import tick  # noqa: PLC0415

    return tick
