"""Companions at work: one agent an entity, its tree's state, its facts, its open episode."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import esper

from astraweave.ecs.checks import checked_number
from astraweave.ecs.components import Blackboard, Companion
from astraweave.ecs.world import component_of
from astraweave.errors import RecordError

if TYPE_CHECKING:
    from astraweave.behavior import Ticker, Trace, Tree
    from astraweave.ecs.recording import Recording
    from astraweave.model.facts import FactSheet

Sense = Callable[[int], Mapping[str, float]]
NAN = float("nan")


@dataclass(slots=True)
class Agent:
    """One companion's tree at work. `due` is the frame of its next decision."""

    companion: Companion
    ticker: "Ticker"
    facts: dict[str, float]
    due: int
    recording: "Recording | None" = None


@dataclass(slots=True)
class Agents:
    """All companions of a world: senses and ticks them, a decision every few frames, staggered.

    Knows nothing of episodes but to tell an open one what was sensed. traces: entity → who
    watches it, from one episode to the next.
    """

    tree: "Tree"
    sheet: "FactSheet"
    decide_every: int
    hold_s: float
    sense: Sense | None = None
    frame: int = 0
    by_entity: dict[int, Agent] = field(default_factory=dict)
    traces: "dict[int, Trace]" = field(default_factory=dict)
    _bounds: dict[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Bounds as plain floats: comparing those is all that sensing costs."""
        self._bounds = {f.name: (f.low, f.high) for f in self.sheet.facts}

    def start(
        self,
        entity: int,
        companion: Companion,
        seed: int,
        weights: Mapping[str, float] | None = None,
        recording: "Recording | None" = None,
        tree: "Tree | None" = None,
    ) -> Agent:
        """A fresh tree state for an entity; whatever ran is halted first.

        Companions started in the same frame take their first decisions in different frames. A
        trace watches the tree that it was made for: with another one nothing is told it.
        """
        self.stop(entity)
        tree = tree or self.tree
        busy = sum(1 for agent in self.by_entity.values() if agent.due >= self.frame)
        trace = self.traces.get(entity)
        if trace is not None and trace.tree is not tree:
            trace = None
        if trace is not None:
            trace.listener = recording
        ticker = tree.ticker(
            entity, seed=seed, listener=trace or recording, hold_s=self.hold_s, watcher=trace
        )
        if weights:
            # The tree may have been loaded anew since they were learned.
            ticker.weights({name: weights[name] for name in tree.tactics if name in weights})
        due = self.frame + 1 + busy % self.decide_every
        agent = Agent(companion, ticker, self.sheet.defaults(), due, recording)
        self.by_entity[entity] = agent
        return agent

    def stop(self, entity: int) -> None:
        """Halt and forget an entity's agent; its callbacks' `finally` runs now."""
        agent = self.by_entity.pop(entity, None)
        if agent is not None:
            agent.companion.tactic, agent.companion.status = None, "IDLE"
            agent.ticker.halt()

    def agent_of(self, entity: int) -> Agent:
        """Whoever is at work for a companion.

        Raises:
            UsageError: the entity is none.
        """
        companion, agent = component_of(entity, Companion), self.by_entity.get(entity)
        if agent is None or agent.companion is not companion:
            agent = self._meet(entity, companion, agent)
        return agent

    def watch(self, entity: int, trace: "Trace") -> None:
        """From the next tick on the trace is told what a companion's tree does."""
        agent = self.agent_of(entity)
        self.traces[entity] = trace
        trace.listener = agent.recording
        agent.ticker.watch(trace, trace)

    def unwatch(self, entity: int) -> None:
        """Nobody is told any more."""
        agent = self.by_entity.get(entity)
        if self.traces.pop(entity, None) is not None and agent is not None:
            agent.ticker.watch(None, agent.recording)

    def tick(self, now: float) -> None:
        """One frame: the companions whose turn it is decide."""
        self.frame += 1
        frame = self.frame
        companions = esper.get_component(Companion)
        if len(self.by_entity) > len(companions):
            self._forget_those_gone({entity for entity, _ in companions})
        for entity, companion in companions:
            agent = self.by_entity.get(entity)
            if agent is None or agent.companion is not companion:
                agent = self._meet(entity, companion, agent)
            if frame >= agent.due:
                agent.due = frame + self.decide_every
                recording = agent.recording
                if recording is None:
                    self._decide(entity, agent, now)
                elif recording.paused_at is None:
                    self._decide(entity, agent, now - recording.start)

    def _meet(self, entity: int, companion: Companion, agent: Agent | None) -> Agent:
        """An entity that was not there, or whose component was replaced.

        A new component of the same companion goes on with what it does; another companion
        starts anew, and an episode that is open is not its own.
        """
        if agent is None or agent.companion.id != companion.id:
            return self.start(entity, companion, entity)
        agent.companion = companion
        return agent

    def _decide(self, entity: int, agent: Agent, now: float) -> None:
        facts = agent.facts
        blackboard = esper.try_component(entity, Blackboard)
        if blackboard is not None:
            self._take(blackboard.values, facts)
        if self.sense is not None:
            self._take(self.sense(entity), facts)
        if blackboard is not None:
            blackboard.values.update(facts)
        if agent.recording is not None and self._bounds:
            agent.recording.sensed(tuple([facts.get(name, NAN) for name in self._bounds]))
        status = agent.ticker.tick(facts, now)
        # A callback may have ended the episode: then another agent speaks for the companion.
        if self.by_entity.get(entity) is agent:
            agent.companion.tactic = agent.ticker.tactic
            agent.companion.status = status.name

    def _take(self, seen: Mapping[str, float], facts: dict[str, float]) -> None:
        """Copy sensed values; NaN fails the comparison, so it is refused like any bad one."""
        bounds = self._bounds
        try:
            pairs = seen.items()
        except AttributeError:
            raise RecordError(
                what="sense must give a mapping of facts", got=seen, where="sense", fix="return it"
            ) from None
        for name, value in pairs:
            bound = bounds.get(name)
            number = value if value.__class__ is float else checked_number(name, value)
            if bound is None or not bound[0] <= number <= bound[1] or number - number != 0.0:
                self.sheet.check(name, number)
            facts[name] = number

    def _forget_those_gone(self, present: set[int]) -> None:
        """Stop the agents whose entity or component is gone; an open episode stays open."""
        for entity in [e for e in self.by_entity if e not in present]:
            self.traces.pop(entity, None)
            self.stop(entity)
