"""Running leaves of the scalar engine: scripts, callbacks, generators, intentions.

An exception in a callback goes up unchanged, with the node's path as a note.
"""

from collections.abc import Callable
from types import GeneratorType
from typing import Any, Self

from astraweave.behavior.engine.hooks import Act, Test
from astraweave.behavior.engine.ports import Ports
from astraweave.behavior.engine.running import EPSILON_S, Agent, Callback, Facts, Run, bad_fact
from astraweave.behavior.nodes import Action, Condition, Node, ScriptCondition
from astraweave.behavior.scopes import Scope
from astraweave.behavior.status import (
    FAILURE,
    RUNNING,
    SKIPPED,
    SUCCESS,
    Result,
    Status,
    status_of,
)
from astraweave.errors import TreeError, UsageError


class Constant(Run):
    """AlwaysSuccess and AlwaysFailure."""

    __slots__ = ("answer",)

    def __init__(self, node: Node, answer: Status) -> None:
        """Idle."""
        super().__init__(node)
        self.answer = answer

    def tick(self, agent: Agent) -> Status:
        """Always the same."""
        self.status = self.answer
        return self.answer


class FactTest(Run):
    """A ScriptCondition that computes with facts alone: the short way."""

    __slots__ = ("test",)

    node: ScriptCondition

    def __init__(self, node: ScriptCondition, test: Callable[[Facts], bool]) -> None:
        """Compiled once for all agents."""
        super().__init__(node)
        self.test = test

    def tick(self, agent: Agent) -> Status:
        """SUCCESS when the code is not 0."""
        try:
            status = SUCCESS if self.test(agent.facts) else FAILURE
        except (KeyError, TypeError) as error:
            raise bad_fact(self.node, self.node.code, agent, error) from error
        self.status = status
        return status


class BoardTest(Run):
    """A ScriptCondition over the blackboard."""

    __slots__ = ("test",)

    def __init__(self, node: Node, test: Test) -> None:
        """Compiled once for all agents."""
        super().__init__(node)
        self.test = test

    def tick(self, agent: Agent) -> Status:
        """SUCCESS when it holds."""
        status = SUCCESS if self.test(agent) else FAILURE
        self.status = status
        return status


class Do(Run):
    """Script, SetBlackboard and UnsetBlackboard: does something, and has succeeded."""

    __slots__ = ("act",)

    def __init__(self, node: Node, act: Act) -> None:
        """Compiled once for all agents."""
        super().__init__(node)
        self.act = act

    def tick(self, agent: Agent) -> Status:
        """Do it."""
        self.act(agent)
        self.status = SUCCESS
        return SUCCESS


class Calling(Run):
    """What asks a callback. ports: what a callback with a third parameter gets, made when asked."""

    __slots__ = ("id", "ports", "scope")

    node: Action | Condition

    def __init__(self, node: Action | Condition, scope: Scope) -> None:
        """The callback is looked up when it is asked, so it may be bound later."""
        super().__init__(node)
        self.id, self.scope = node.id, scope
        self.ports: Ports | None = None

    def call(self, agent: Agent, callback: Callback) -> Any:
        """What the callback answers."""
        if self.id not in agent.wants_ports:
            return callback(agent.entity, agent.view)
        if self.ports is None:
            self.ports = Ports(self.node, self.scope, agent.board)
        return callback(agent.entity, agent.view, ports=self.ports)

    def adopt(self, old: Self, agent: Agent) -> None:
        """Keep the ports that a running callback holds."""
        super().adopt(old, agent)
        self.ports = old.ports
        if self.ports is not None:
            self.ports.bind(self.node, self.scope, agent.board)


class RunCondition(Calling):
    """A Condition: asks its callback."""

    __slots__ = ()

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
            answer = self.call(agent, callback)
            if answer is True:
                status = SUCCESS
            else:
                status = FAILURE if answer is False else self.other(answer)
        except Exception as error:
            error.add_note(f"in the callback of {self.node.at}")
            raise
        if status is not SKIPPED:
            self.status = status
        return status

    def other(self, answer: object) -> Status:
        """Status of an answer that is no plain bool."""
        status = status_of(answer)
        if status is RUNNING:
            raise UsageError(
                what="a Condition must answer at once", got="RUNNING", fix="make it an Action"
            )
        return status


class RunAction(Calling):
    """An Action: its callback, the generator it returned, or an intention."""

    __slots__ = ("running", "since")

    def __init__(self, node: Action, scope: Scope) -> None:
        """Idle."""
        super().__init__(node, scope)
        self.running: GeneratorType[Any, Any, Any] | None = None
        self.since: float | None = None

    def tick(self, agent: Agent) -> Status:
        """Call, or resume."""
        running = self.running
        if running is not None:
            status = self.resume(agent, running)
        else:
            callback = agent.callbacks.get(self.id)
            status = self.intend(agent) if callback is None else self.begin(agent, callback)
        if status is not SKIPPED:
            self.status = status
        return status

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

    def begin(self, agent: Agent, callback: Callback) -> Status:
        """Start: a plain function answers at once, a generator runs to its first yield."""
        try:
            answer = self.call(agent, callback)
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

    def adopt(self, old: Self, agent: Agent) -> None:
        """Keep what runs."""
        super().adopt(old, agent)
        self.running, self.since = old.running, old.since

    def halt(self, agent: Agent) -> None:
        """Close the generator, which runs its `finally`."""
        super().halt(agent)
        self.since = None
        running, self.running = self.running, None
        if running is not None:
            try:
                running.close()
            except Exception as error:
                error.add_note(f"while halting {self.node.at}")
                raise
