"""What the running nodes of one agent share: the agent's state, and the shape of a running node."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self

from astraweave.behavior.nodes import Node
from astraweave.behavior.scripts.parser import Script
from astraweave.behavior.status import IDLE, RUNNING, Result, Status
from astraweave.errors import TreeError
from astraweave.model.actions import nearest
from astraweave.model.episode import ActionResult

if TYPE_CHECKING:
    from astraweave.behavior.engine.blackboard import Blackboard
    from astraweave.behavior.engine.hooks import Watcher
    from astraweave.behavior.engine.timed import Timers

Facts = Mapping[str, float]
Callback = Callable[..., Any]
"""(entity, facts) or (entity, facts, ports) → bool, `Result`, status, or a generator."""

EPSILON_S = 1e-9
"""Simulated time is a sum of floats: what is this close to over is over."""


class Listener(Protocol):
    """Told of every decision. `tactic` and `available` are keys as in `Tree.tactics`."""

    def chose(
        self, node: str, tactic: str, propensity: float, available: tuple[str, ...], now_s: float
    ) -> None:
        """A WeightedFallback chose `tactic`, with probability `propensity` in (0, 1]."""
        ...

    def ended(
        self,
        node: str,
        tactic: str,
        result: ActionResult,
        effectiveness: float | None,
        now_s: float,
    ) -> None:
        """The decision ended; INTERRUPTED when it was halted or turned out to be skipped."""
        ...


class FactsView(Mapping[str, float]):
    """The facts of the present tick, read-only; a generator that runs on sees them change."""

    __slots__ = ("now",)

    def __init__(self) -> None:
        """Empty until the first tick."""
        self.now: Facts = {}

    def __getitem__(self, name: str) -> float:
        """Value of a fact; KeyError says which are known."""
        try:
            return self.now[name]
        except KeyError:
            message = f"no fact {name!r}; {nearest(name, list(self.now))}"
            raise KeyError(message) from None

    def __iter__(self) -> Iterator[str]:
        """Names of the facts."""
        return iter(self.now)

    def __len__(self) -> int:
        """How many facts there are."""
        return len(self.now)


class Agent:
    """State that the nodes of one agent share.

    now: seconds of the present tick. step: number of the tick. draws: how many were made.
    outcome: the last `Result` an action gave inside the present decision. holding: how many
    weighted nodes hold a choice that has succeeded. tactic: the last one chosen. woken: whether
    a node asked for another tick at once, as BehaviorTree.CPP's emitWakeUpSignal. wants_ports: IDs
    of the leaves whose callback takes them.
    """

    __slots__ = (
        "board",
        "callbacks",
        "draws",
        "entity",
        "facts",
        "hold_s",
        "holding",
        "listener",
        "now",
        "outcome",
        "seed",
        "step",
        "tactic",
        "timers",
        "view",
        "wants_ports",
        "watcher",
        "woken",
    )

    def __init__(
        self,
        entity: int,
        seed: int,
        callbacks: Mapping[str, Callback],
        wants_ports: Container[str],
        listener: Listener | None,
        hold_s: float,
        watcher: "Watcher | None" = None,
    ) -> None:
        """An agent before its first tick; it gets a board and timers from who makes it."""
        self.entity, self.seed = entity, seed
        self.callbacks, self.wants_ports = callbacks, wants_ports
        self.listener, self.hold_s, self.watcher = listener, hold_s, watcher
        self.facts: Facts = {}
        self.view = FactsView()
        self.now = 0.0
        self.step = self.draws = self.holding = 0
        self.outcome: Result | None = None
        self.tactic: str | None = None
        self.woken = False
        self.board: Blackboard
        self.timers: Timers


class Run:
    """A node at work for one agent.

    status: what it said last, until its parent resets it; a node that said SKIPPED keeps what it
    had, as in BehaviorTree.CPP. children: in document order. node: what it plays.
    """

    __slots__ = ("children", "node", "status")

    def __init__(self, node: Node, children: "Sequence[Run]" = ()) -> None:
        """Idle."""
        self.node, self.children = node, children
        self.status = IDLE

    def tick(self, agent: Agent) -> Status:
        """One tick; never IDLE. Leaves `status` as the class says."""
        return self.status

    def halt(self, agent: Agent) -> None:
        """Stop what runs below, in document order, and be idle; harmless when already idle."""
        reset(self.children, agent)
        self.status = IDLE

    def adopt(self, old: Self, agent: Agent) -> None:
        """Go on where `old` stands: the same node of a tree that has been replaced."""
        self.status = old.status


def reset(children: Iterable[Run], agent: Agent) -> None:
    """Make these idle, in order; those that run are halted."""
    for child in children:
        status = child.status
        if status is not IDLE:
            if status is RUNNING:
                child.halt(agent)
            child.status = IDLE


def below(root: Run) -> Iterator[Run]:
    """The node and all below it, parents before children, in document order."""
    stack = [root]
    while stack:
        run = stack.pop()
        yield run
        stack.extend(reversed(run.children))


def halt_all(runs: Iterable[Run], agent: Agent) -> None:
    """Halt each of these, whatever the others do.

    Raises:
        Exception: what the first of them raised.
    """
    failure: Exception | None = None
    for run in runs:
        try:
            run.halt(agent)
        except Exception as error:
            run.status = IDLE
            if failure is None:
                failure = error
                if agent.watcher is not None:
                    agent.watcher.failed(error)
    if failure is not None:
        raise failure


def bad_fact(node: Node, script: Script, agent: Agent, error: Exception) -> TreeError:
    """The error for a script that met a missing fact, or one that is no number."""
    missing = [name for name in script.reads if name not in agent.facts]
    if missing:
        return TreeError(
            what=f"script {script.text!r} reads a fact that is not there",
            got=missing[0],
            where=node.at,
            fix=nearest(missing[0], list(agent.facts)),
        )
    return TreeError(
        what=f"script {script.text!r} reads a fact that is no number",
        got=str(error),
        where=node.at,
        fix="sense numbers only",
    )
