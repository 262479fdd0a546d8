"""Companions at work: one agent an entity, its tree's state, its facts, its open episode."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import esper

from astraweave.ecs.components import Blackboard, Companion

if TYPE_CHECKING:
    from astraweave.behavior import Ticker, Tree
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
    blackboard: Blackboard | None = None


@dataclass(slots=True)
class Agents:
    """All companions of a world: senses and ticks them, a decision every few frames, staggered.

    Knows nothing of episodes but to tell an open one what was sensed.
    """

    tree: "Tree"
    sheet: "FactSheet"
    decide_every: int
    hold_s: float
    sense: Sense | None = None
    frame: int = 0
    by_entity: dict[int, Agent] = field(default_factory=dict)
    _bounds: dict[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Bounds as plain floats: comparing those is all that sensing costs."""
        self._bounds = {f.name: (f.low, f.high) for f in self.sheet.facts}

    def start(
        self, entity: int, companion: Companion, seed: int, listener: "Recording | None"
    ) -> Agent:
        """A fresh tree state for an entity; whatever ran is halted first.

        Companions started in the same frame take their first decisions in different frames.
        """
        old = self.by_entity.get(entity)
        if old is not None:
            old.ticker.halt()
        busy = sum(1 for e, a in self.by_entity.items() if e != entity and a.due >= self.frame)
        agent = Agent(
            companion=companion,
            ticker=self.tree.ticker(entity, seed=seed, listener=listener, hold_s=self.hold_s),
            facts=self.sheet.defaults(),
            due=self.frame + 1 + busy % self.decide_every,
            recording=listener,
            blackboard=esper.try_component(entity, Blackboard),
        )
        self.by_entity[entity] = agent
        return agent

    def tick(self, now: float) -> None:
        """One frame: the companions whose turn it is decide."""
        self.frame += 1
        frame = self.frame
        for entity, companion in esper.get_component(Companion):
            agent = self.by_entity.get(entity)
            if agent is None or agent.companion is not companion:
                agent = self.start(entity, companion, entity, None)
            if frame >= agent.due:
                agent.due = frame + self.decide_every
                recording = agent.recording
                if recording is None or recording.paused_at is None:
                    self._decide(entity, agent, now)

    def _decide(self, entity: int, agent: Agent, now: float) -> None:
        facts = agent.facts
        if agent.blackboard is not None:
            self._take(agent.blackboard.values, facts)
        if self.sense is not None:
            self._take(self.sense(entity), facts)
        if agent.recording is not None and self._bounds:
            agent.recording.sensed(tuple([facts.get(name, NAN) for name in self._bounds]))
        status = agent.ticker.tick(facts, now)
        agent.companion.tactic = agent.ticker.tactic
        agent.companion.status = status.name

    def _take(self, seen: Mapping[str, float], facts: dict[str, float]) -> None:
        """Copy sensed values; NaN fails the comparison, so it is refused like any bad one."""
        bounds = self._bounds
        for name, value in seen.items():
            bound = bounds.get(name)
            if bound is None or not bound[0] <= value <= bound[1] or value - value != 0.0:
                self.sheet.check(name, value)
            facts[name] = value

    def forget_dead(self) -> None:
        """Drop the agents of entities that are gone."""
        for entity in [e for e in self.by_entity if not esper.entity_exists(e)]:
            del self.by_entity[entity]
