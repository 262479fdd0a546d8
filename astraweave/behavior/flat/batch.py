"""Ticks thousands of agents through their trees: checks arrays, picks engines, tells the log.

Refuses arrays of another shape, NaN facts, a status that is none, and weights that are not
positive. A change of weights or of the program compiles nothing.
"""

import math
from collections.abc import Sequence as Order
from functools import cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from astraweave.behavior.flat.log import DecisionLog
from astraweave.behavior.flat.machine import Machine
from astraweave.behavior.flat.odds import odds
from astraweave.behavior.flat.parts import Engine, Setting, parted
from astraweave.behavior.flat.program import Program
from astraweave.behavior.kernels.layout import ERROR, TELLS
from astraweave.behavior.status import FAILURE, SKIPPED
from astraweave.errors import TreeError, UsageError, WeightsError
from astraweave.model.actions import nearest

MAX_STEPS = 2**31 - 2


class BatchTicker:
    """n agents, each at its own place in its tree. An agent's play depends on its seed alone.

    Trees in which at most one leaf runs go through jump code (`jump_shape.jumpable` says which),
    the others through an interpreter: the play is the same.

    Args:
        program: from `Tree.program`; or several, with the same facts and actions.
        seeds: int64[n], of the draws.
        factors: learned factors, float64[tactics] for all or float64[n, tactics]; each is
            finite and above 0, and multiplies the designer's weight. Of several programs: a list
            of float64[tactics], or float64[n, most tactics], of which an agent uses its first.
        step_s: seconds between two ticks.
        which: int64[n], the program of each agent; needed with several programs.
        hold_s: least seconds that a choice of a roulette stands.
        keep_log: whether `log` is written.
        events: how many leaf events a tick may record for each agent (`events_of`).
    """

    def __init__(
        self,
        program: Program | Order[Program],
        seeds: npt.NDArray[np.int64],
        factors: npt.NDArray[np.float64] | Order[npt.NDArray[np.float64]] | None = None,
        step_s: float = 0.1,
        *,
        which: npt.NDArray[np.int64] | None = None,
        hold_s: float = 0.5,
        keep_log: bool = True,
        events: int = 0,
        _engine: Literal["", "jump", "machine"] = "",
    ) -> None:
        """All agents start idle, at step 0."""
        if not (math.isfinite(step_s) and step_s > 0.0):
            raise UsageError(what="step_s must be above 0", got=step_s, where="BatchTicker")
        self.programs = (program,) if isinstance(program, Program) else tuple(program)
        self.program = _alike(self.programs)
        self.seeds = np.ascontiguousarray(seeds, np.int64)
        self.which = _which(which, len(self.seeds), len(self.programs))
        self._setting = Setting(_hold_steps(hold_s, step_s), keep_log, events, step_s)
        self._forced, self.step = _engine, 0
        self._arrange(jump=_engine != "machine")
        if factors is None:
            factors = [np.ones(len(p.tactics)) for p in self.programs]
        self.weights(factors)

    def _arrange(self, *, jump: bool) -> None:
        self._parts = parted(self.programs, self.seeds, self.which, self._setting, jump=jump)

    @property
    def tactic(self) -> npt.NDArray[np.int64]:
        """int64[n]: the running or last chosen tactic of each agent, −1 before the first.

        An index into the tactics of the agent's own program, as `log.tactic` is.
        """
        return self._parts.tactic

    def weights(self, factors: npt.NDArray[np.float64] | Order[npt.NDArray[np.float64]]) -> None:
        """Take other learned factors, for later draws.

        Raises:
            WeightsError: wrong shape, or a factor that is not finite and above 0.
        """
        n, each = len(self.seeds), _apart(factors, self.programs)
        self._odds = [odds(p, f, n) for p, f in zip(self.programs, each, strict=True)]
        self._parts.weights(self._odds)

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
                (`Status`), in place of the environment's status. Or int8[n, actions, k] where it
                may be ticked more than once: what it says the first time, the second, …; k ≤ 4.

        Returns:
            int16[n], index into `Program.actions` of the action that runs now, −1 for none: of
            several in a Parallel, the last. The array is overwritten by the next tick, as is
            `result`, the root's status; 5 is an error, after which the agent is halted
            (`error_of`).

        Raises:
            UsageError: an array of another shape, or a NaN fact.
        """
        n, program = len(self.seeds), self.program
        if self.step >= MAX_STEPS:
            raise UsageError(what="too many steps", got=self.step, fix="start a new BatchTicker")
        facts = _array("facts", facts, np.float64, (n, len(program.facts)))
        status = _array("status", status, np.int8, (n,))
        done = _array("done", done, np.bool_, (n,))
        if answers is not None:
            answers = self._answers(answers)
            self._replay(answers)
        _check(facts, status)
        self._parts.tick(facts, status, done, answers)
        self.step += 1
        return self.commands

    def _replay(self, answers: npt.NDArray[np.int8]) -> None:
        """Jump code knows no leaf that says SKIPPED: a replay goes through the interpreter."""
        if self._forced == "" and self.step == 0 and self._parts.jumps:
            self._arrange(jump=False)
            self._parts.weights(self._odds)
        elif self._parts.jumps and (answers == SKIPPED).any():
            raise UsageError(
                what="an action that says SKIPPED after ticks without answers",
                where="BatchTicker.tick",
                fix="give answers from the first tick on",
            )

    def _answers(self, given: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
        shape = (len(self.seeds), len(self.program.actions))
        times = min(given.shape[2], TELLS) if np.ndim(given) == 3 else 0
        answers: npt.NDArray[np.int8] = _array(
            "answers", given, np.int8, (*shape, times) if times else shape
        )
        return answers

    def halt(self, answers: npt.NDArray[np.int8] | None = None) -> None:
        """Halt every agent: what runs is interrupted, what is held has succeeded.

        It is done at the time of the next tick, over the facts of the last one.

        Args:
            answers: as of `tick`, of actions that a TryCatch ticks because it is halted.
        """
        self._parts.halt(None if answers is None else self._answers(answers))

    @property
    def engine(self) -> Engine | None:
        """What ticks all agents, for kernels that tick many steps; None where several do."""
        return self._parts.only

    @property
    def commands(self) -> npt.NDArray[np.int16]:
        """int16[n]: what the last tick returned."""
        return self._parts.commands

    @property
    def result(self) -> npt.NDArray[np.int8]:
        """int8[n]: status of each agent's root in the last tick; IDLE of a done agent."""
        return self._parts.result

    @property
    def log(self) -> DecisionLog:
        """What was decided so far: views that the next tick may change."""
        return self._parts.log

    def error_of(self, agent: int) -> TreeError | None:
        """Why the last tick, or halt, of an agent was an error; None when it was none."""
        return self._parts.error_of(agent)

    def failure(self) -> tuple[int, TreeError] | None:
        """The first agent whose last tick, or halt, was an error, and why; None without one."""
        if not self._parts.fails:
            return None
        for agent in np.flatnonzero(self.result == ERROR).tolist():
            error = self.error_of(agent)
            if error is not None:
                return agent, error
        return None

    def entry(self, name: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """What an entry of the blackboard holds: float64[n], and bool[n] where it holds anything.

        Args:
            name: as in `Program.entries`: of a SubTree's blackboard ``path::name``.

        Raises:
            UsageError: no program has such an entry.
        """
        values, there = np.zeros(len(self.seeds)), np.zeros(len(self.seeds), np.bool_)
        for engine, agents in self._holders(name):
            values[agents], there[agents] = engine.entry(name)
        return values, there

    def write(
        self, name: str, values: npt.ArrayLike, agents: npt.NDArray[np.bool_] | None = None
    ) -> None:
        """Write an entry of the tree's own blackboard, as a game does between two ticks.

        Args:
            name: one of `board` of `Tree.program`, or of what a node writes.
            values: one for all or [n]; integers, truth values and doubles stay what they are.
            agents: bool[n], whose; default all.

        Raises:
            UsageError: no program has such an entry.
            TreeError: an entry was declared with a type that the value cannot become.
        """
        each = np.broadcast_to(np.asarray(values), (len(self.seeds),))
        for engine, mine in self._holders(name):
            engine.write(name, each[mine], _some(agents, mine))

    def remove(self, name: str, agents: npt.NDArray[np.bool_] | None = None) -> None:
        """Remove an entry of the tree's own blackboard; of all agents, or of some: bool[n].

        Raises:
            UsageError: no program has such an entry.
        """
        for engine, mine in self._holders(name):
            engine.remove(name, _some(agents, mine))

    def _holders(self, name: str) -> list[tuple[Machine, npt.NDArray[np.int64]]]:
        found = list(self._parts.holders(name))
        if not found:
            known = [entry for program in self.programs for entry in program.entries]
            fix = nearest(name, known)
            raise UsageError(what="no such entry", got=name, where="BatchTicker", fix=fix)
        return found

    def events_of(self, agent: int) -> list[tuple[int, int]]:
        """Leaf events of the last tick: (number of the node, `Status`, or 7 for a halt).

        (number, 5) is the error that any node met; what comes after it is the agent's halt.
        """
        return self._parts.events_of(agent)


def _alike(programs: tuple[Program, ...]) -> Program:
    """The first of several programs, which read the same facts and command the same actions."""
    if not programs:
        raise UsageError(what="no program", where="BatchTicker", fix="give at least one")
    for program in programs:
        if (program.facts, program.actions) != (programs[0].facts, programs[0].actions):
            raise UsageError(
                what="programs of one batch must have the same facts and actions",
                where="BatchTicker",
                fix="give Tree.program the same names for each",
            )
    return programs[0]


def _which(which: npt.NDArray[np.int64] | None, n: int, programs: int) -> npt.NDArray[np.int64]:
    """Program of each agent."""
    if which is None and programs == 1:
        return np.zeros(n, np.int64)
    given = np.asarray(which)
    if given.shape != (n,) or given.dtype.kind not in "iu":
        raise UsageError(
            what=f"which must be int64[{n}]", got=f"shape {given.shape}", where="BatchTicker"
        )
    if n and not (given.min() >= 0 and given.max() < programs):
        raise UsageError(
            what=f"which must be 0 to {programs - 1}", got=given.max(), where="BatchTicker"
        )
    return given.astype(np.int64)


def _apart(factors: Any, programs: tuple[Program, ...]) -> Order[Any]:
    """The factors of each program."""
    if len(programs) == 1 and not isinstance(factors, (list, tuple)):
        return (factors,)
    if isinstance(factors, np.ndarray) and factors.ndim == 2:
        return [factors[:, : len(program.tactics)] for program in programs]
    if not isinstance(factors, (list, tuple)) or len(factors) != len(programs):
        raise WeightsError(
            what=f"factors of {len(programs)} programs must be as many arrays",
            got=type(factors).__name__,
            where="BatchTicker",
            fix="or one, float64[n, most tactics]",
        )
    return factors


def _check(facts: npt.NDArray[np.float64], status: npt.NDArray[np.int8]) -> None:
    """Refuse NaN and what is no status, before any agent has ticked."""
    guards = _guards()
    found = guards.check(facts.reshape(-1).view(np.int64), status)
    if found == guards.NAN:
        raise UsageError(what="facts hold NaN", where="BatchTicker.tick", fix="give numbers")
    if found == guards.STRANGE:
        raise UsageError(
            what="status must be 0 to 3 (model.ports)",
            got=next(s for s in status.tolist() if not 0 <= s <= FAILURE),
            where="BatchTicker.tick",
        )


def _some(
    agents: npt.NDArray[np.bool_] | None, mine: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    return np.ones(len(mine), np.bool_) if agents is None else np.asarray(agents, np.bool_)[mine]


@cache
def _guards() -> Any:
    """Loaded with numba when a batch is first ticked: play needs neither."""
    from astraweave.behavior.kernels import guards  # noqa: PLC0415

    return guards


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
