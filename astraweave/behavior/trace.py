"""What an agent did, tick by tick: which node said what, what its scripts read, what was chosen.

    trace = Trace(tree)
    ticker = tree.ticker(entity, seed=7, watcher=trace, listener=trace)
    ...
    print(trace.text(last=5))

A ticker without a watcher pays nothing for it. Refuses to grow: it keeps the last ticks, and of a
tick so many steps; what was left out is counted.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from astraweave.behavior import nodes
from astraweave.behavior.status import IDLE, SKIPPED, Status
from astraweave.errors import UsageError

if TYPE_CHECKING:
    from astraweave.behavior.engine.running import Listener
    from astraweave.behavior.scripts.parser import Script
    from astraweave.behavior.tree import Tree
    from astraweave.model.episode import ActionResult

KEEP_TICKS = 600
MOST_STEPS = 20_000
"""In one tick: a tree may go round in circles until its frame ends."""


class Asked(NamedTuple):
    """A script that ran. attribute: as in XML. read: names and the values they had before it."""

    attribute: str
    script: str
    value: object
    read: tuple[tuple[str, object], ...]


@dataclass(slots=True)
class Step:
    """One node in one tick. status: what it said last; IDLE when it was halted, or only asked.

    supposed: nobody recorded it; it is what must have been said, or what was likeliest.
    """

    path: str
    status: Status = IDLE
    asked: list[Asked] = field(default_factory=list)
    halted: bool = False
    supposed: bool = False


@dataclass(slots=True)
class Choice:
    """One choice of a WeightedFallback. result: how it ended, None as long as it has not.

    propensity: None where nobody recorded it. available: tactics that stood for choice. note:
    what does not fit, when it was taken from a record.
    """

    node: str
    tactic: str
    propensity: float | None
    available: tuple[str, ...]
    since_s: float
    ended_s: float | None = None
    result: str | None = None
    effectiveness: float | None = None
    note: str = ""


@dataclass(slots=True)
class Tick:
    """One tick. steps: by path, in the order in which the nodes were met; left_out: beyond those.

    number counts an agent's ticks from 0. now_s: the time that the ticker was given.
    """

    number: int
    now_s: float | None = None
    status: Status = IDLE
    steps: dict[str, Step] = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)
    left_out: int = 0
    note: str = ""

    @property
    def statuses(self) -> dict[str, Status]:
        """Of each node that was ticked, or not ticked because its `_skipIf` held; by path."""
        return {path: s.status for path, s in self.steps.items() if s.status is not IDLE}

    def facts(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        told: dict[str, Any] = {
            "tick": self.number,
            "now_s": self.now_s,
            "status": self.status.name,
            "nodes": [_step_facts(step) for step in self.steps.values()],
            "choices": [_choice_facts(choice) for choice in self.choices],
        }
        told |= {"left_out": self.left_out} if self.left_out else {}
        return told | ({"note": self.note} if self.note else {})


def _step_facts(step: Step) -> dict[str, Any]:
    asked = [{**a._asdict(), "read": dict(a.read)} for a in step.asked]
    told: dict[str, Any] = {"path": step.path, "status": step.status.name, "asked": asked}
    told |= {"halted": True} if step.halted else {}
    return told | ({"supposed": True} if step.supposed else {})


def _choice_facts(choice: Choice) -> dict[str, Any]:
    told = {name: getattr(choice, name) for name in Choice.__slots__}
    return {name: value for name, value in told.items() if name != "note" or value}


class Trace:
    """Watches one ticker of `tree`; give it as its `watcher`, and as its `listener`.

    listener: told of every choice too; may be changed at any time.
    """

    def __init__(
        self, tree: "Tree", *, keep_ticks: int = KEEP_TICKS, listener: "Listener | None" = None
    ) -> None:
        """Empty.

        Args:
            tree: whose ticker it will watch; it may reload.
            keep_ticks: how many ticks are kept, at least 1.
            listener: told of every choice too; a ticker has room for one.

        Raises:
            UsageError: keep_ticks below 1.
        """
        if keep_ticks < 1:
            raise UsageError(what="keep_ticks must be 1 or more", got=keep_ticks, where="Trace")
        self.tree, self.listener = tree, listener
        self._ticks: deque[Tick] = deque(maxlen=keep_ticks)
        self._open: dict[str, Choice] = {}
        self._now: Tick | None = None
        self._count = self._steps = 0

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """The ticks that are kept, oldest first."""
        return tuple(self._ticks)

    def statuses(self) -> dict[str, Status]:
        """Of the last tick, by path, for `Tree.render`; empty before the first."""
        return self._ticks[-1].statuses if self._ticks else {}

    def clear(self) -> None:
        """Forget the ticks, and what came after the last."""
        self._ticks.clear()
        self._now = None

    def text(self, last: int | None = None) -> str:
        """The last ticks, or all that are kept, for people."""
        # Late: who only watches pays nothing for words.
        from astraweave.behavior.render.told import text_of_ticks  # noqa: PLC0415

        ticks = self.ticks if last is None else self.ticks[-last:]
        return text_of_ticks(self.tree, ticks)

    def facts(self, last: int | None = None) -> list[dict[str, Any]]:
        """The last ticks, or all that are kept, as plain data for JSON."""
        ticks = self.ticks if last is None else self.ticks[-last:]
        return [tick.facts() for tick in ticks]

    # -- what a ticker tells ---------------------------------------------------------------------

    def ticked(self, node: nodes.Node, status: Status, now_s: float) -> None:
        """A node was ticked."""
        step = self._step(node, now_s)
        if step is not None:
            step.status = status
        if node is self.tree.root:
            self._end(status)

    def halted(self, node: nodes.Node, now_s: float) -> None:
        """A node that ran was halted; between two ticks it is told in the one before."""
        if self._now is None and self._ticks:
            step = self._ticks[-1].steps.get(node.path)
        else:
            step = self._step(node, now_s)
        if step is not None:
            step.halted = True

    def failed(self, error: BaseException) -> None:
        """The tick ended in an error."""
        self._present(None).note = f"{type(error).__name__}: {error}"
        self._end(IDLE)

    def asked(
        self,
        node: nodes.Node,
        attribute: str,
        script: "Script",
        value: object,
        read: Mapping[str, object],
    ) -> None:
        """A script of a node ran."""
        step = self._step(node, None)
        if step is None:
            return
        step.asked.append(Asked(attribute, script.text, value, tuple(read.items())))
        if attribute == "_skipIf" and value is True:
            step.status = SKIPPED

    def chose(
        self, node: str, tactic: str, propensity: float, available: tuple[str, ...], now_s: float
    ) -> None:
        """A WeightedFallback chose."""
        choice = Choice(node, tactic, propensity, available, now_s)
        self._open[node] = choice
        self._present(now_s).choices.append(choice)
        if self.listener is not None:
            self.listener.chose(node, tactic, propensity, available, now_s)

    def ended(
        self,
        node: str,
        tactic: str,
        result: "ActionResult",
        effectiveness: float | None,
        now_s: float,
    ) -> None:
        """A choice ended; told where it was made."""
        choice = self._open.pop(node, None)
        if choice is not None:
            choice.ended_s, choice.result = now_s, result.value
            choice.effectiveness = effectiveness
        if self.listener is not None:
            self.listener.ended(node, tactic, result, effectiveness, now_s)

    # -- inside ----------------------------------------------------------------------------------

    def _present(self, now_s: float | None) -> Tick:
        """The tick that goes on; its time is known when a node of it was ticked."""
        tick = self._now
        if tick is None:
            tick, self._steps = Tick(self._count), 0
            self._now = tick
        if now_s is not None:
            tick.now_s = now_s
        return tick

    def _step(self, node: nodes.Node, now_s: float | None) -> Step | None:
        tick = self._present(now_s)
        self._steps += 1
        if self._steps > MOST_STEPS:
            tick.left_out += 1
            return None
        step = tick.steps.get(node.path)
        if step is None:
            step = tick.steps[node.path] = Step(node.path)
        return step

    def _end(self, status: Status) -> None:
        tick = self._present(None)
        tick.status = status
        chosen = {choice.node for choice in tick.choices}
        tick.choices += [c for c in self._kept(tick) if c.node not in chosen]
        self._ticks.append(tick)
        self._now = None
        self._count += 1

    def _kept(self, tick: Tick) -> Iterator[Choice]:
        """Choices of earlier ticks that go on."""
        return (c for c in self._open.values() if tick.now_s is None or c.since_s < tick.now_s)
