"""Running nodes that wait: Delay, Timeout and Sleep, driven by the time that `Ticker.tick` is told.

A timer that is due rings at the beginning of a tick, or of a halt, before any node is asked.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

from astraweave.behavior.engine.decorators import Count
from astraweave.behavior.engine.running import EPSILON_S, Agent, Run, reset
from astraweave.behavior.nodes import Node
from astraweave.behavior.status import FAILURE, IDLE, RUNNING, SUCCESS, Status


@dataclass(slots=True, order=True)
class Timer:
    """Rings once. due_s: when, on the clock of `Ticker.tick`. order: among those due at once."""

    due_s: float
    order: int
    ring: "Callable[[Agent], None] | None" = field(compare=False)


class Timers(list[Timer]):
    """The timers of one agent that have not rung, some of them stopped: a heap."""

    __slots__ = ("_order",)

    def __init__(self) -> None:
        """None."""
        super().__init__()
        self._order = 0

    def add(self, due_s: float, ring: Callable[[Agent], None]) -> Timer:
        """Start one."""
        self._order += 1
        timer = Timer(due_s, self._order, ring)
        heapq.heappush(self, timer)
        return timer

    def run(self, agent: Agent) -> None:
        """Ring all that are due, the earliest first."""
        while self and self[0].due_s <= agent.now + EPSILON_S:
            ring = heapq.heappop(self).ring
            if ring is not None:
                ring(agent)


class Timed(Run):
    """What all have: a timer, None while there is none."""

    __slots__ = ("timer",)

    def __init__(self, node: Node, children: Sequence[Run] = ()) -> None:
        """Idle."""
        super().__init__(node, children)
        self.timer: Timer | None = None

    def ring(self, agent: Agent) -> None:
        """The time is over."""
        self.timer = None

    def start(self, agent: Agent, milliseconds: int) -> None:
        """Ring that much later."""
        self.timer = agent.timers.add(agent.now + milliseconds / 1000.0, self.ring)

    def stop(self) -> None:
        """Do not ring."""
        if self.timer is not None:
            self.timer.ring = None
            self.timer = None

    def adopt(self, old: Self, agent: Agent) -> None:
        """Ring when `old` would have."""
        super().adopt(old, agent)
        if old.timer is not None:
            self.timer = agent.timers.add(old.timer.due_s, self.ring)
            old.stop()


class Wait(Timed):
    """Delay. over: whether the time is over."""

    __slots__ = ("over", "started", "wait")

    def __init__(self, node: Node, children: list[Run], wait: Count) -> None:
        """Idle; `wait`, in milliseconds, counts when the node is entered."""
        super().__init__(node, children)
        self.wait = wait
        self.started = self.over = False

    def tick(self, agent: Agent) -> Status:
        """RUNNING until the time is over, then the child."""
        milliseconds = self.wait(agent)
        if not self.started:
            self.started, self.over = True, False
            self.start(agent, milliseconds)
        self.status = RUNNING
        if not self.over:
            return RUNNING
        status = self.children[0].tick(agent)
        if status is SUCCESS or status is FAILURE:
            self.started = False
            reset(self.children, agent)
            self.status = status
        return status

    def ring(self, agent: Agent) -> None:
        """Now the child."""
        super().ring(agent)
        self.over = agent.woken = True

    def halt(self, agent: Agent) -> None:
        """Halt the child and forget the time."""
        self.started = False
        self.stop()
        super().halt(agent)

    def adopt(self, old: Self, agent: Agent) -> None:
        """Keep the time."""
        super().adopt(old, agent)
        self.started, self.over = old.started, old.over


class Limit(Timed):
    """Timeout. late: whether the child was halted because the time was over."""

    __slots__ = ("late", "limit", "started")

    def __init__(self, node: Node, children: list[Run], limit: Count) -> None:
        """Idle; `limit`, in milliseconds, counts when the node is entered; 0 is none."""
        super().__init__(node, children)
        self.limit = limit
        self.started = self.late = False

    def tick(self, agent: Agent) -> Status:
        """The child, while there is time."""
        milliseconds = self.limit(agent)
        if not self.started:
            self.started, self.late = True, False
            if milliseconds > 0:
                self.start(agent, milliseconds)
        self.status = RUNNING
        if self.late:
            self.started = False
            self.status = FAILURE
            return FAILURE
        status = self.children[0].tick(agent)
        if status is SUCCESS or status is FAILURE:
            self.started = False
            self.stop()
            reset(self.children, agent)
            self.status = status
        return status

    def ring(self, agent: Agent) -> None:
        """Halt the child."""
        super().ring(agent)
        if self.children[0].status is RUNNING:
            self.late = agent.woken = True
            reset(self.children, agent)

    def halt(self, agent: Agent) -> None:
        """Halt the child and forget the time."""
        self.started = False
        self.stop()
        super().halt(agent)

    def adopt(self, old: Self, agent: Agent) -> None:
        """Keep the time."""
        super().adopt(old, agent)
        self.started, self.late = old.started, old.late


class Nap(Timed):
    """Sleep."""

    __slots__ = ("wait",)

    def __init__(self, node: Node, wait: Count) -> None:
        """Idle; `wait` in milliseconds."""
        super().__init__(node)
        self.wait = wait

    def tick(self, agent: Agent) -> Status:
        """RUNNING until the time is over."""
        if self.status is IDLE:
            milliseconds = self.wait(agent)
            if milliseconds > 0:
                self.start(agent, milliseconds)
                self.status = RUNNING
            else:
                self.status = SUCCESS
        elif self.status is RUNNING and self.timer is None:
            self.status = SUCCESS
        return self.status

    def ring(self, agent: Agent) -> None:
        """The time is over."""
        super().ring(agent)
        agent.woken = True

    def halt(self, agent: Agent) -> None:
        """Forget the time."""
        self.stop()
        super().halt(agent)
