"""Ticks thousands of agents through one `Program`: checks arrays, keeps memory and the log.

Refuses arrays of another shape, NaN facts and weights that are not positive. A change of weights
or of the program compiles nothing.
"""

import math
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from astraweave.behavior.flat.program import Program
from astraweave.behavior.kernels import layout as at
from astraweave.errors import UsageError, WeightsError

if TYPE_CHECKING:
    from astraweave.behavior.kernels.tick import Batch

MAX_STEPS = 2**31 - 2
_FIRST_ROWS = 1024


class DecisionLog(NamedTuple):
    """Decisions of all agents, in the order of their steps; columns of one length.

    world: the agent. step_started: when it was drawn; step_ended: when it ended, −1 while open.
    node: index into `Program.nodes`; tactic: into `Program.tactics`. propensity in (0, 1].
    available: bit i is child i of the node. result: index into `model.columns.RESULTS`
    (0 open, 1 success, 2 failure, 3 interrupted).
    """

    world: npt.NDArray[np.int64]
    step_started: npt.NDArray[np.int64]
    step_ended: npt.NDArray[np.int64]
    node: npt.NDArray[np.int64]
    tactic: npt.NDArray[np.int64]
    propensity: npt.NDArray[np.float64]
    available: npt.NDArray[np.uint64]
    result: npt.NDArray[np.int64]


class BatchTicker:
    """n agents, each at its own place in the tree. An agent's play depends on its seed alone.

    Args:
        program: from `Tree.program`.
        seeds: int64[n], of the draws.
        factors: learned factors, float64[tactics] for all or float64[n, tactics]; each is
            finite and above 0, and multiplies the designer's weight.
        step_s: seconds between two ticks.
        hold_s: least seconds that a choice of a roulette stands.
        keep_log: whether `log` is written.
        events: how many leaf events a tick may record for each agent (`events_of`).
    """

    def __init__(
        self,
        program: Program,
        seeds: npt.NDArray[np.int64],
        factors: npt.NDArray[np.float64] | None = None,
        step_s: float = 0.1,
        *,
        hold_s: float = 0.5,
        keep_log: bool = True,
        events: int = 0,
    ) -> None:
        """All agents start idle, at step 0."""
        if not (math.isfinite(step_s) and step_s > 0.0):
            raise UsageError(what="step_s must be above 0", got=step_s, where="BatchTicker")
        self.program = program
        self.seeds = np.ascontiguousarray(seeds, np.int64)
        n = len(self.seeds)
        self._rows = np.zeros((n, program.width), np.int64)
        self._rows[:, at.SEED] = self.seeds
        self._rows[:, at.HOLD] = _hold_steps(hold_s, step_s)
        self._rows[:, at.TACTIC] = -1
        self._rows[:, program.places[2] + at.HELD :: at.CHOICE] = -1
        rows = 1 + (max(_FIRST_ROWS, len(program.tactics)) if keep_log and program.nodes else 0)
        self._log = np.zeros((rows, at.LOG_COLUMNS), np.int64)
        self._shares = np.zeros(rows)
        self.commands = np.full(n, -1, np.int16)
        self.result = np.zeros(n, np.int8)
        self._events = np.zeros((n, events + 1), np.int32)
        self._cells = program.cells.copy()
        self._no_answers = np.zeros((n, 0), np.int8)
        self.step = 0
        self.weights(np.ones(len(program.tactics)) if factors is None else factors)

    @property
    def tactic(self) -> npt.NDArray[np.int64]:
        """int64[n]: the running or last chosen tactic of each agent, −1 before the first."""
        return self._rows[:, at.TACTIC]

    def weights(self, factors: npt.NDArray[np.float64]) -> None:
        """Take other learned factors, for later draws.

        Raises:
            WeightsError: wrong shape, or a factor that is not finite and above 0.
        """
        n, tactics = len(self.seeds), len(self.program.tactics)
        table = np.atleast_2d(np.asarray(factors, np.float64))
        if table.shape not in ((1, tactics), (n, tactics)):
            raise WeightsError(
                what=f"factors must be float64[{tactics}] or float64[{n}, {tactics}]",
                got=f"shape {np.shape(factors)}",
                where="BatchTicker",
            )
        if not (np.isfinite(table).all() and (table > 0.0).all()):
            raise WeightsError(what="factors must be finite and above 0", where="BatchTicker")
        self._weights = np.ascontiguousarray(table * self.program.designer)

    def tick(
        self,
        facts: npt.NDArray[np.float64],
        status: npt.NDArray[np.int8],
        done: npt.NDArray[np.bool_],
        answers: npt.NDArray[np.int8] | None = None,
    ) -> npt.NDArray[np.int16]:
        """One decision step of every agent.

        Args:
            facts: float64[n, f], columns as in `Program.facts`; no NaN.
            status: int8[n], of the command given in the tick before (`model.ports`).
            done: bool[n]; a done agent is halted and commands nothing.
            answers: int8[n, actions], for replays: what each action says when it is ticked
                (`Status`), in place of the environment's status.

        Returns:
            int16[n], index into `Program.actions` of the action that runs now, −1 for none. The
            array is overwritten by the next tick, as is `result`, the root's status.

        Raises:
            UsageError: an array of another shape, or a NaN fact.
        """
        self._run(self._batch(facts, status, done, answers))
        self.step += 1
        return self.commands

    def halt(self) -> None:
        """Halt every agent: what runs is interrupted, what is held has succeeded."""
        n, columns = len(self.seeds), len(self.program.facts)
        status, done = np.zeros(n, np.int8), np.ones(n, np.bool_)
        self._run(self._batch(np.zeros((n, columns)), status, done, None))
        self._rows[:, at.STEP] = self.step

    def _run(self, batch: "Batch") -> None:
        first, n = 0, len(self.seeds)
        # Outside numba (NUMBA_DISABLE_JIT) numpy would warn of what IEEE 754 defines.
        with np.errstate(all="ignore"):
            while (first := int(_kernel().tick(batch, first))) < n:
                self._grow()
                batch = batch._replace(log=self._log, shares=self._shares)

    def _grow(self) -> None:
        """Twice the room for the log."""
        room = np.zeros_like(self._log)
        self._log = np.concatenate([self._log, room])
        self._shares = np.concatenate([self._shares, room[:, 0].astype(np.float64)])

    @property
    def log(self) -> DecisionLog:
        """What was decided so far: views that the next tick may change."""
        rows = self._log[1 : 1 + int(self._log[0, 0])]
        return DecisionLog(
            world=rows[:, at.WORLD],
            step_started=rows[:, at.STARTED],
            step_ended=rows[:, at.ENDED],
            node=rows[:, at.NODE],
            tactic=rows[:, at.CHOSEN],
            propensity=self._shares[1 : 1 + len(rows)],
            available=rows[:, at.AVAILABLE].view(np.uint64),
            result=rows[:, at.RESULT],
        )

    def events_of(self, agent: int) -> list[tuple[int, int]]:
        """Leaf events of the last tick: (number of the node, `Status`, or 7 for a halt)."""
        count = int(self._events[agent, 0])
        return [divmod(int(event), 8) for event in self._events[agent, 1 : count + 1]]

    def _batch(self, facts: Any, status: Any, done: Any, answers: Any) -> "Batch":
        n, program = len(self.seeds), self.program
        if self.step >= MAX_STEPS:
            raise UsageError(what="too many steps", got=self.step, fix="start a new BatchTicker")
        facts = _array("facts", facts, np.float64, (n, len(program.facts)))
        if np.isnan(facts).any():
            raise UsageError(what="facts hold NaN", where="BatchTicker.tick", fix="give numbers")
        said = self._no_answers
        if answers is not None:
            said = _array("answers", answers, np.int8, (n, len(program.actions)))
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
            answers=said,
            status=_array("status", status, np.int8, (n,)),
            done=_array("done", done, np.bool_, (n,)),
            commands=self.commands,
            result=self.result,
            places=program.places,
        )
        return batch


@cache
def _kernel() -> Any:
    """The compiled engine, loaded with numba when a batch is first ticked: play needs neither."""
    from astraweave.behavior.kernels import tick  # noqa: PLC0415

    return tick


def _array(name: str, given: Any, dtype: type[np.generic], shape: tuple[int, ...]) -> Any:
    array = np.ascontiguousarray(given, dtype)
    if array.shape != shape:
        raise UsageError(
            what=f"{name} must be {dtype.__name__}{list(shape)}",
            got=f"shape {array.shape}",
            where="BatchTicker.tick",
        )
    return array


def _hold_steps(hold_s: float, step_s: float) -> int:
    """Steps in which a choice stands: the first whose time reaches the hold ends it."""
    if not (math.isfinite(hold_s) and hold_s >= 0.0):
        raise UsageError(what="hold_s must be 0 or more", got=hold_s, where="BatchTicker")
    return max(0, math.ceil((hold_s - 1e-9) / step_s))
