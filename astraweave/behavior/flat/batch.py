"""Ticks thousands of agents through one `Program`: checks arrays, keeps memory and the log.

Refuses arrays of another shape, NaN facts and weights that are not positive. A change of weights
or of the program compiles nothing.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from astraweave.behavior.flat.log import DecisionLog
from astraweave.behavior.flat.machine import Machine
from astraweave.behavior.flat.program import Program
from astraweave.errors import UsageError, WeightsError

MAX_STEPS = 2**31 - 2


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
        hold_steps = _hold_steps(hold_s, step_s)
        self._engine = Machine(program, self.seeds, hold_steps, keep_log=keep_log, events=events)
        self.step = 0
        self.weights(np.ones(len(program.tactics)) if factors is None else factors)

    @property
    def tactic(self) -> npt.NDArray[np.int64]:
        """int64[n]: the running or last chosen tactic of each agent, −1 before the first."""
        return self._engine.tactic

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
        self._engine.weights(np.ascontiguousarray(table * self.program.designer))

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
        n, program = len(self.seeds), self.program
        if self.step >= MAX_STEPS:
            raise UsageError(what="too many steps", got=self.step, fix="start a new BatchTicker")
        facts = _array("facts", facts, np.float64, (n, len(program.facts)))
        if np.isnan(facts).any():
            raise UsageError(what="facts hold NaN", where="BatchTicker.tick", fix="give numbers")
        if answers is not None:
            answers = _array("answers", answers, np.int8, (n, len(program.actions)))
        status = _array("status", status, np.int8, (n,))
        self._engine.tick(facts, status, _array("done", done, np.bool_, (n,)), answers)
        self.step += 1
        return self.commands

    def halt(self) -> None:
        """Halt every agent: what runs is interrupted, what is held has succeeded."""
        self._engine.halt()

    @property
    def commands(self) -> npt.NDArray[np.int16]:
        """int16[n]: what the last tick returned."""
        return self._engine.commands

    @property
    def result(self) -> npt.NDArray[np.int8]:
        """int8[n]: status of each agent's root in the last tick; IDLE of a done agent."""
        return self._engine.result

    @property
    def log(self) -> DecisionLog:
        """What was decided so far: views that the next tick may change."""
        return self._engine.log

    def events_of(self, agent: int) -> list[tuple[int, int]]:
        """Leaf events of the last tick: (number of the node, `Status`, or 7 for a halt)."""
        return self._engine.events_of(agent)


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
