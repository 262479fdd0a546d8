"""A game of the tests: a boat that two people row; the companion helps or rests.

Helping moves the boat, resting does not. Copied beside a test and made by ``toy_game:make``.
"""

import threading
import time
from pathlib import Path

import numpy as np

from astraweave.model.actions import ActionVocabulary, Kind
from astraweave.model.facts import Fact, FactSheet
from astraweave.model.ports import OUTCOMES, RUNNING, SUCCESS, BatchStep, Step
from astraweave.model.scenario import Scenario

STEPS = 20


class Boat:
    facts = FactSheet([Fact("water", low=0.0, high=1.0), Fact("tired", low=0.0, high=1.0)])
    actions = ("help", "rest")
    events = ("harmed_player",)
    ranges = ("water",)
    step_seconds = 0.5
    vocabulary = ActionVocabulary(row=Kind("melee", aggressive=True), bail=Kind("utility"))
    scenarios = (
        Scenario(
            name="calm", description="", threat=0.1, seconds=10.0, ranges={"water": (0.0, 0.5)}
        ),
    )

    def reset(self, scenario, seeds, players=None):
        self.seeds, self.t = seeds, 0
        n = len(seeds)
        self.strength = np.ones(n) if players is None else players
        low, high = scenario.ranges["water"]
        self.water = low + (high - low) * (seeds % 97) / 97.0
        self.way, self.busy = np.zeros(n), np.zeros(n, dtype=bool)
        return self._facts()

    def _facts(self):
        return np.stack([self.water, np.full(len(self.water), self.t / STEPS)], axis=1)

    def step(self, commands):
        begun = (commands >= 0) & ~self.busy
        self.way += (begun & (commands == 0)) * 0.08 * self.strength
        self.busy = begun
        self.t += 1
        status = np.where(begun, RUNNING, SUCCESS).astype(np.int8)
        n = len(commands)
        return BatchStep(self._facts(), status, np.full(n, np.nan), np.full(n, self.t >= STEPS))

    def outcomes(self):
        n = len(self.way)
        success, zero = np.clip(self.way, 0.0, 1.0), np.zeros(n)
        return np.stack([success, np.full(n, 10.0), zero, zero, zero, success], axis=1)

    def event_counts(self):
        n = len(self.way)
        return np.zeros((n, 1), dtype=np.int32), np.full((n, 1), -1, dtype=np.int32)

    def content_hash(self):
        return "boat-1"

    def players(self, profile, seeds):
        return np.full(len(seeds), 0.5 + profile.playstyle.aggression.mean)

    def archetypes(self, seeds):
        return np.ones(len(seeds))


class OneBoat:
    """The same, one boat at a time, with something in it that cannot leave its process."""

    facts, actions, events, ranges = Boat.facts, Boat.actions, Boat.events, Boat.ranges
    step_seconds, vocabulary = Boat.step_seconds, Boat.vocabulary

    def __init__(self):
        self.boat, self.anchor = Boat(), threading.Lock()

    def reset(self, scenario, seed):
        return self._named(self.boat.reset(scenario, np.array([seed])))

    def _named(self, facts):
        return dict(zip(self.facts.names, map(float, facts[0]), strict=True))

    def step(self, action):
        command = -1 if action is None else self.actions.index(action)
        seen = self.boat.step(np.array([command]))
        return Step(self._named(seen.facts), int(seen.status[0]), done=bool(seen.done[0]))

    def outcome(self):
        return dict(zip(OUTCOMES, map(float, self.boat.outcomes()[0]), strict=True))


def make():
    return Boat()


def one():
    return OneBoat()


def slow():
    """Leaves a mark when it is played, and takes its time."""

    class Slow(OneBoat):
        def step(self, action):
            Path("playing").touch()
            time.sleep(0.05)
            return super().step(action)

    return Slow()


def nothing():
    return 42


def broken():
    message = "no boat today"
    raise RuntimeError(message)
