"""Ticks thousands of agents through one `Program`: checks arrays, keeps memory and the log.

Refuses arrays of another shape, NaN facts and weights that are not positive. A change of weights
or of the program compiles nothing.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from astraweave.behavior.kernels import tick as kernel
from astraweave.behavior.program import Program
from astraweave.errors import UsageError, WeightsError
from astraweave.model.columns import RESULTS

MAX_STEPS = 2**31 - 2
_FIRST_ROWS = 1024
_COLUMNS: dict[str, type[np.generic]] = {
    "world": np.int32,
    "started": np.int32,
    "ended": np.int32,
    "node": np.int16,
    "tactic": np.int16,
    "propensity": np.float64,
    "available": np.int64,
    "result": np.int8,
}


class DecisionLog(NamedTuple):
    """Decisions of all agents, in the order of their steps; columns of one length.

    world: the agent. step_started: when it was drawn; step_ended: when it ended, −1 while open.
    node: index into `Program.nodes`; tactic: into `Program.tactics`. propensity in (0, 1].
    available: bit i is child i of the node. result: index into `model.columns.RESULTS`
    (0 open, 1 success, 2 failure, 3 interrupted).
    """

    world: npt.NDArray[np.int32]
    step_started: npt.NDArray[np.int32]
    step_ended: npt.NDArray[np.int32]
    node: npt.NDArray[np.int16]
    tactic: npt.NDArray[np.int16]
    propensity: npt.NDArray[np.float64]
    available: npt.NDArray[np.uint64]
    result: npt.NDArray[np.int8]


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
        n, size, chosen = len(self.seeds), len(program.paths), len(program.nodes)
        self._agents = kernel.Agents(
            mem=np.zeros((n, size), np.int16),
            pick=np.zeros((n, chosen), np.int16),
            excluded=np.zeros((n, chosen), np.int64),
            since=np.zeros((n, chosen), np.int32),
            held=np.full((n, chosen), -1, np.int32),
            row=np.full((n, chosen), -1, np.int32),
            draws=np.zeros(n, np.int64),
            tactic=np.full(n, -1, np.int16),
            seeds=self.seeds,
        )
        self._log = _empty_log(_FIRST_ROWS if keep_log and chosen else 0)
        self.commands = np.full(n, -1, np.int16)
        self.result = np.zeros(n, np.int8)
        self._events = np.zeros((n, events), np.int32)
        self._counts = np.zeros(n, np.int32)
        self._stack = np.zeros(kernel.STACK, np.float64)
        self._no_answers = np.zeros((n, 0), np.int8)
        self._clock = np.array([0, _hold_steps(hold_s, step_s)], np.int64)
        self.weights(np.ones(len(program.tactics)) if factors is None else factors)

    @property
    def tactic(self) -> npt.NDArray[np.int16]:
        """int16[n]: the running or last chosen tactic of each agent, −1 before the first."""
        return self._agents.tactic

    @property
    def step(self) -> int:
        """How many times `tick` was called."""
        return int(self._clock[0])

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
        x = self._step(facts, status, done, answers)
        first, n = 0, len(self.seeds)
        # Outside numba (NUMBA_DISABLE_JIT) numpy would warn of what IEEE 754 defines.
        with np.errstate(all="ignore"):
            while True:
                first = int(kernel.tick(self.program.flat, self._agents, self._log, x, first))
                if first >= n:
                    break
                self._log = _grown(self._log, len(self.program.tactics))
        self._clock[0] += 1
        return self.commands

    def halt(self) -> None:
        """Halt every agent: what runs is interrupted, what is held has succeeded."""
        n, columns = len(self.seeds), len(self.program.facts)
        x = self._step(np.zeros((n, columns)), np.zeros(n, np.int8), np.ones(n, np.bool_), None)
        for w in range(n):
            kernel.halt(self.program.flat, self._agents, self._log, x, w)
        self.commands[:] = -1

    @property
    def log(self) -> DecisionLog:
        """What was decided so far: views that the next tick may change."""
        used = int(self._log.count[0])
        columns = [column[:used] for column in self._log[1:]]
        columns[6] = columns[6].view(np.uint64)
        return DecisionLog(*columns)

    def events_of(self, agent: int) -> list[tuple[int, int]]:
        """Leaf events of the last tick: (number of the node, `Status`, or 7 for a halt)."""
        count = int(self._counts[agent])
        return [(int(e) // 8, int(e) % 8) for e in self._events[agent, :count]]

    def _step(self, facts: Any, status: Any, done: Any, answers: Any) -> kernel.Step:
        n = len(self.seeds)
        if self._clock[0] >= MAX_STEPS:
            raise UsageError(what="too many steps", got=self.step, fix="start a new BatchTicker")
        facts = _array("facts", facts, np.float64, (n, len(self.program.facts)))
        if np.isnan(facts).any():
            raise UsageError(what="facts hold NaN", where="BatchTicker.tick", fix="give numbers")
        said = self._no_answers
        if answers is not None:
            said = _array("answers", answers, np.int8, (n, len(self.program.actions)))
        self._counts[:] = 0
        return kernel.Step(
            facts=facts,
            status=_array("status", status, np.int8, (n,)),
            done=_array("done", done, np.bool_, (n,)),
            weights=self._weights,
            answers=said,
            commands=self.commands,
            result=self.result,
            events=self._events,
            counts=self._counts,
            stack=self._stack,
            clock=self._clock,
        )


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


def _empty_log(rows: int) -> kernel.Log:
    columns = {name: np.zeros(rows, dtype) for name, dtype in _COLUMNS.items()}
    return kernel.Log(np.zeros(1, np.int64), **columns)


def _grown(log: kernel.Log, at_least: int) -> kernel.Log:
    """The same log with twice the room."""
    rows = max(2 * len(log.world), len(log.world) + at_least)
    larger = _empty_log(rows)
    for old, new in zip(log, larger, strict=True):
        new[: len(old)] = old
    return larger


assert RESULTS[kernel.INTERRUPTED] == "interrupted"
