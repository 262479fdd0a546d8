"""The fast backend of `BatchTicker`: jump code, for trees in which at most one leaf runs.

Takes what `batch.BatchTicker` has checked; refuses nothing itself. Many trees make one batch:
their code lies one behind the other, and an agent's memory says where it is.
"""

from collections.abc import Sequence as Order
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from astraweave.behavior.flat.jump_code import JumpCode, join
from astraweave.behavior.flat.log import FIRST_ROWS, DecisionLog
from astraweave.behavior.kernels import jump_layout as at
from astraweave.behavior.kernels import layout
from astraweave.behavior.scripts.parser import MAX_TOKENS

if TYPE_CHECKING:
    from astraweave.behavior.flat.parts import Setting

FITS = 2**17
"""Bytes of code and lists that stay near a core while it reads the agents' facts in their order."""


class Jump:
    """n agents of one or more trees. commands: int16[n] and result: int8[n], of the last tick."""

    def __init__(
        self,
        codes: Order[JumpCode],
        seeds: npt.NDArray[np.int64],
        which: npt.NDArray[np.int64],
        setting: "Setting",
    ) -> None:
        """All agents start idle, at step 0; `weights` must be set before the first tick.

        which: int64[n], the tree of each agent.
        """
        n = len(seeds)
        self._joined = join(tuple(codes))
        self._room = max(code.tactics for code in codes)
        choices = max(code.choices for code in codes)
        order = np.arange(n, dtype=np.uint32)
        if 4 * (len(self._joined.code) + len(self._joined.lists)) > FITS:
            # Tree by tree: the next agent finds the code that the last one has fetched.
            order = np.argsort(which, kind="stable").astype(np.uint32)
        self._order = order
        self._state = np.empty((n, at.HOT), np.uint32)
        self._rows = np.empty((n, at.HEAD + at.CHOSEN * choices), np.int64)
        self.commands, self.result = np.empty(n, np.int16), np.empty(n, np.int8)
        said = (self.commands, self.result)
        _choice_kernel().begin(seeds, which, self._joined.idle, self._state, self._rows, *said)
        rows = 1 + (max(FIRST_ROWS, self._room) if setting.keep_log and choices else 0)
        self._log, self._shares = _room(rows)
        self._events = np.zeros((n, setting.events + 1), np.int32)
        self._stack = np.zeros(MAX_TOKENS)
        self._no_answers = np.zeros((n, 0), np.int8)
        self._weights = np.empty((1, 0))
        self._hold, self._step = setting.hold_steps, 0

    @property
    def pace(self) -> tuple[int, int]:
        """For kernels that tick on: steps of a hold, most decisions of an agent in a step."""
        return self._hold, self._room

    def went_on(self, step: int) -> None:
        """Kernels have ticked on; this is the next step."""
        self._step = step

    @property
    def tactic(self) -> npt.NDArray[np.int64]:
        """int64[n]: the running or last chosen tactic of each agent, −1 before the first."""
        return self._rows[:, at.TACTIC]

    def weights(self, table: npt.NDArray[np.float64]) -> None:
        """Weights of later draws, the designer's times the learned.

        float64[1, tactics of all programs, one behind the other], or float64[n, the most tactics
        of a program].
        """
        self._weights = table

    def tick(
        self,
        facts: npt.NDArray[np.float64],
        status: npt.NDArray[np.int8],
        done: npt.NDArray[np.bool_],
        answers: npt.NDArray[np.int8] | None = None,
    ) -> None:
        """One decision step of every agent; arrays as in `BatchTicker.tick`, C-contiguous.

        answers: without SKIPPED.
        """
        self._run(facts, status, done, answers)
        self._step += 1

    def halt(self, _answers: npt.NDArray[np.int8] | None = None) -> None:
        """Halt every agent: what runs is interrupted, what is held has succeeded."""
        n = len(self._state)
        # Nobody looks at a fact when all are done.
        self._run(np.zeros((n, 0)), np.zeros(n, np.int8), np.full(n, True), None)

    def _run(self, facts: Any, status: Any, done: Any, answers: Any) -> None:
        if self._events.shape[1] > 1:
            self._events[:, 0] = 0
        batch = self.batch(facts, status, done, answers)
        first, n, tick = 0, len(self._state), _kernel().tick
        # Outside numba (NUMBA_DISABLE_JIT) numpy would warn of what IEEE 754 defines.
        with np.errstate(all="ignore"):
            while (first := int(tick(batch, first, self._step, self._hold, self._room))) < n:
                self.grow()
                batch = batch._replace(log=self._log, shares=self._shares)

    def batch(self, facts: Any, status: Any, done: Any, answers: Any = None) -> at.Batch:
        """What `kernels.jump.tick` reads and writes, until the log grows."""
        joined = self._joined
        return at.Batch(
            code=joined.code,
            bounds=joined.bounds,
            lists=joined.lists,
            masks=joined.masks,
            scripts=joined.scripts,
            constants=joined.constants,
            stack=self._stack,
            order=self._order,
            state=self._state,
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
        )

    def grow(self, rows: int | None = None) -> None:
        """Room for a log of so many rows, where it is kept; twice the room when not said."""
        before = len(self._shares)
        if before == 1 or (rows is not None and rows <= before):
            return
        log, shares, told = self._log, self._shares, 1 + int(self._log[0, 0])
        self._log, self._shares = _room(rows or 2 * before)
        self._log[:told], self._shares[:told] = log[:told], shares[:told]

    @property
    def log(self) -> DecisionLog:
        """What was decided so far: views that the next tick may change."""
        return DecisionLog.of(self._log, self._shares)

    def events_of(self, agent: int) -> list[tuple[int, int]]:
        """Leaf events of the last tick: (number of the node, `Status`, or 7 for a halt)."""
        count = int(self._events[agent, 0])
        return [divmod(int(event), 8) for event in self._events[agent, 1 : count + 1]]


def _room(rows: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """An empty log, and its shares: what a decision writes is the whole of its row."""
    log = np.empty((rows, layout.LOG_COLUMNS), np.int64)
    log[0] = 0
    return log, np.empty(rows)


@cache
def _kernel() -> Any:
    """The compiled engine, loaded with numba when a batch is first made: play needs neither."""
    from astraweave.behavior.kernels import jump  # noqa: PLC0415

    return jump


@cache
def _choice_kernel() -> Any:
    from astraweave.behavior.kernels import jump_choice  # noqa: PLC0415

    return jump_choice
