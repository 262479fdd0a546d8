"""Running leaves of the scalar engine: scripts, callbacks, generators, intentions.

An exception in a callback goes up unchanged, with the node's path as a note.
"""

from types import GeneratorType
from typing import Any

from astraweave.behavior.engine.running import Agent, Callback, Run, bad_fact
from astraweave.behavior.nodes import Action, Condition, ScriptCondition
from astraweave.behavior.scripts.functions import condition
from astraweave.behavior.status import FAILURE, RUNNING, SUCCESS, Result, Status, status_of
from astraweave.errors import TreeError, UsageError

EPSILON_S = 1e-9
"""Simulated time is a sum of floats: a hold that is this close to over is over."""


class RunScript(Run):
    """A ScriptCondition."""

    __slots__ = ("code", "test")

    def __init__(self, node: ScriptCondition) -> None:
        """Compiled once for all agents."""
        super().__init__(node)
        self.code = node.code
        self.test = condition(node.code)

    def tick(self, agent: Agent) -> Status:
        """SUCCESS when the code is not 0."""
        try:
            return SUCCESS if self.test(agent.facts) else FAILURE
        except (KeyError, TypeError) as error:
            raise bad_fact(self.node, self.code, agent, error) from error

    def halt(self, agent: Agent) -> None:
        """Never runs."""


class RunCondition(Run):
    """A Condition: asks its callback."""

    __slots__ = ("id",)

    def __init__(self, node: Condition) -> None:
        """The callback is looked up when it is asked, so it may be bound later."""
        super().__init__(node)
        self.id = node.id

    def tick(self, agent: Agent) -> Status:
        """The callback's answer."""
        callback = agent.callbacks.get(self.id)
        if callback is None:
            raise TreeError(
                what="a Condition without a callback",
                got=self.id,
                where=self.node.at,
                fix=f"bind one with @tree.condition({self.id!r})",
            )
        try:
            answer = callback(agent.entity, agent.view)
            if answer is True:
                return SUCCESS
            if answer is False:
                return FAILURE
            return self.other(answer)
        except Exception as error:
            error.add_note(f"in the callback of {self.node.at}")
            raise

    def other(self, answer: object) -> Status:
        """Status of an answer that is no plain bool."""
        status = status_of(answer)
        if status is RUNNING:
            raise UsageError(
                what="a Condition must answer at once", got="RUNNING", fix="make it an Action"
            )
        return status

    def halt(self, agent: Agent) -> None:
        """Never runs."""


class RunAction(Run):
    """An Action: its callback, the generator it returned, or an intention."""

    __slots__ = ("id", "running", "since")

    def __init__(self, node: Action) -> None:
        """Idle."""
        super().__init__(node)
        self.id = node.id
        self.running: GeneratorType[Any, Any, Any] | None = None
        self.since: float | None = None

    def tick(self, agent: Agent) -> Status:
        """Call, or resume."""
        running = self.running
        if running is None:
            callback = agent.callbacks.get(self.id)
            if callback is None:
                return self.intend(agent)
            return self.call(agent, callback)
        return self.resume(agent, running)

    def intend(self, agent: Agent) -> Status:
        """RUNNING until the hold is over: the game reads the tactic and acts on it."""
        since = self.since
        if since is None:
            self.since = agent.now
            return RUNNING
        if agent.now - since < agent.hold_s - EPSILON_S:
            return RUNNING
        self.since = None
        return SUCCESS

    def call(self, agent: Agent, callback: Callback) -> Status:
        """Start: a plain function answers at once, a generator runs to its first yield."""
        try:
            answer = callback(agent.entity, agent.view)
            if not isinstance(answer, GeneratorType):
                return self.ended(agent, answer)
        except Exception as error:
            error.add_note(f"in the callback of {self.node.at}")
            raise
        self.running = answer
        return self.resume(agent, answer)

    def resume(self, agent: Agent, running: "GeneratorType[Any, Any, Any]") -> Status:
        """Run the generator to its next yield, or take what it returned."""
        try:
            next(running)
        except StopIteration as stop:
            self.running = None
            try:
                return self.ended(agent, stop.value)
            except UsageError as error:
                error.add_note(f"in the callback of {self.node.at}")
                raise error from None
        except BaseException as error:
            self.running = None
            error.add_note(f"in the callback of {self.node.at}")
            raise
        return RUNNING

    def ended(self, agent: Agent, answer: object) -> Status:
        """Status of an answer; a `Result` is kept for the decision it belongs to."""
        if isinstance(answer, Result):
            agent.outcome = answer
        return status_of(answer)

    def halt(self, agent: Agent) -> None:
        """Close the generator, which runs its `finally`."""
        self.since = None
        running, self.running = self.running, None
        if running is not None:
            try:
                running.close()
            except Exception as error:
                error.add_note(f"while halting {self.node.at}")
                raise
