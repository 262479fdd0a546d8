"""What the running nodes of one agent share: the agent's state, and the shape of a running node."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from astraweave.behavior.nodes import Node
from astraweave.behavior.scripts.parser import Script
from astraweave.behavior.status import Result, Status
from astraweave.errors import TreeError
from astraweave.model.actions import nearest
from astraweave.model.episode import ActionResult

Facts = Mapping[str, float]
Callback = Callable[..., Any]
"""(entity, facts) → bool, `Result`, status, or a generator."""


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
    weighted nodes hold a choice that has succeeded. tactic: the last one chosen.
    """

    __slots__ = (
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
        "view",
    )

    def __init__(
        self,
        entity: int,
        seed: int,
        callbacks: Mapping[str, Callback],
        listener: Listener | None,
        hold_s: float,
    ) -> None:
        """An agent before its first tick."""
        self.entity, self.seed, self.callbacks = entity, seed, callbacks
        self.listener, self.hold_s = listener, hold_s
        self.facts: Facts = {}
        self.view = FactsView()
        self.now = 0.0
        self.step = self.draws = self.holding = 0
        self.outcome: Result | None = None
        self.tactic: str | None = None


class Run:
    """A node at work for one agent."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        """Idle."""
        self.node = node

    @abstractmethod
    def tick(self, agent: Agent) -> Status:
        """One tick; never IDLE."""

    @abstractmethod
    def halt(self, agent: Agent) -> None:
        """Stop what runs below, in document order, and be idle. Nothing when already idle."""


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
