"""Esper games of the tests: one that plays, and what may go wrong in one. Found by name."""

import ctypes
import os
import subprocess
import sys
import threading
import time
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path

import esper

from astraweave.behavior import Result
from astraweave.ecs.environment import EsperEnvironment, EsperGame
from astraweave.model.actions import ActionVocabulary, Kind
from astraweave.model.facts import Fact, FactSheet
from astraweave.model.rng import uniform
from astraweave.model.scenario import Scenario

FIELD = Scenario(name="field", description="", threat=0.5, seconds=6.0, ranges={"gap": (4.0, 8.0)})
LOST: list[object] = []
HELPERS = "ESPER_GAMES_HELPERS"
"""Environment variable: the file in which a game writes the ids of the processes it started."""
PLAN = ("chase", "chase", None, "shut", "shut", "bark")


@dataclass
class At:
    x: float
    speed: float = 0.0


@dataclass
class Wolf:
    hunger: float = 1.0


class Walk(esper.Processor):
    def process(self, dt):
        for _, at in esper.get_component(At):
            at.x = max(0.0, at.x + at.speed * dt)


class Hunt(esper.Processor):
    """The wolf comes; what it reaches it bites."""

    def __init__(self, seed):
        self.seed, self.tick = seed, 0

    def process(self, dt):
        self.tick += 1
        for _, (wolf, at) in esper.get_components(Wolf, At):
            at.speed = -1.0 - uniform(self.seed, 0, self.tick, 1)
            if at.x == 0.0 and wolf.hunger > 0.0:
                wolf.hunger -= dt
                esper.dispatch_event("bite", self.tick)


class Sheepfold(EsperGame):
    """A wolf comes near; the companion chases it away, shuts the gate, or barks."""

    facts = FactSheet([Fact("gap", "m", 0.0, 20.0), Fact("shut", low=0.0, high=1.0)])
    actions = ("chase", "shut", "bark")
    events = ("bite", "harmed_player")
    ranges = ("gap",)
    scenarios = (FIELD,)
    vocabulary = ActionVocabulary(call=Kind("support"))
    dt, ticks = 0.05, 5

    def __init__(self, scenario, seed):
        low, high = scenario.ranges["gap"]
        self.at, self.wolf = At(low + (high - low) * uniform(seed, 0, 0, 0)), Wolf()
        self.gate, self.log, self.seed, self.steps = 0.0, [], seed, 0
        esper.create_entity(self.at, self.wolf)
        esper.add_processor(Walk())
        esper.add_processor(Hunt(seed), priority=1)
        esper.set_handler("bite", self.bitten)
        self.bites = 0

    def bitten(self, tick):
        self.bites += 1

    def sense(self):
        self.steps += 1
        return {"gap": min(20.0, self.at.x), "shut": self.gate}

    def act(self, action):
        if action == "bark":
            self.at.x += 0.2
            return True
        return self.work(action)

    def work(self, action):
        self.log.append(action)
        try:
            yield
            yield
        except GeneratorExit:
            self.log.append(f"~{action}")
            raise
        if action == "chase":
            self.at.x += 3.0
            return Result("success", effectiveness=0.9)
        self.gate = min(1.0, self.gate + 0.25)
        return Result("partial", effectiveness=0.4)

    def over(self):
        return self.gate >= 1.0 or self.wolf.hunger <= 0.0

    def outcome(self):
        return {"success": 1.0 - min(1.0, self.bites * 0.05), "damage_taken": float(self.bites)}


class Trouble(Sheepfold):
    """The fold, and an accident in the fourth step of a seed that ends in 7."""

    def frame(self):
        super().frame()
        if self.seed % 10 == 7 and self.steps == 4:
            self.happen()

    @abstractmethod
    def happen(self):
        """The accident."""


class Raises(Trouble):
    def happen(self):
        raise ValueError("the pond is dry")


class RaisesAtOnce(Sheepfold):
    def over(self):
        raise ValueError("the pond is dry")


class Slow(Sheepfold):
    def over(self):
        time.sleep(0.05)
        return False


class Exits(Trouble):
    def happen(self):
        raise SystemExit(3)


class Ends(Trouble):
    def happen(self):
        os._exit(9)


class Crashes(Trouble):
    def happen(self):
        ctypes.string_at(0)


class Loops(Trouble):
    def happen(self):
        while True:
            pass


class LoopsInC(Trouble):
    """Holds the interpreter all the while."""

    def happen(self):
        sum(range(10**14))


class Forks(Trouble):
    """There are two of it from here on, and both come back."""

    def happen(self):
        os.fork()


class EndsWithChildren(Trouble):
    """Ends, and leaves behind who holds on to all that it had open."""

    def happen(self):
        helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(6000)"])
        forked = os.fork()
        if forked == 0:
            os.setsid()
            time.sleep(6000.0)
            os._exit(0)
        Path(os.environ[HELPERS]).write_text(f"{helper.pid} {forked}", "ascii")
        while os.getsid(forked) != forked:  # else it would end with our group
            time.sleep(0.01)
        os._exit(9)


class StartsHelper(Trouble):
    def happen(self):
        helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(6000)"])
        Path(os.environ[HELPERS]).write_text(f"{helper.pid}", "ascii")


class LeavesThread(Trouble):
    def happen(self):
        threading.Thread(target=time.sleep, args=(6000.0,), daemon=True).start()


class Shouts(Trouble):
    """Raises what is no text."""

    def happen(self):
        raise ValueError("\udc80 wolf " * 1000)


class Starves(Trouble):
    def happen(self):
        bytearray(1 << 62)


class LeavesEntity(Trouble):
    def happen(self):
        own = esper.current_world
        esper.switch_world("default")
        esper.create_entity(At(1.0))
        esper.switch_world(own)


class LeavesProcessor(Trouble):
    def happen(self):
        own = esper.current_world
        esper.switch_world("default")
        esper.add_processor(Walk())
        esper.switch_world(own)


class LeavesHandler(Trouble):
    def happen(self):
        own = esper.current_world
        esper.switch_world("default")
        LOST.append(lambda *_: None)
        esper.set_handler("bite", LOST[-1])
        esper.switch_world(own)


class LeavesWorld(Trouble):
    def happen(self):
        own = esper.current_world
        esper.switch_world("cellar")
        esper.switch_world(own)


class GoesAway(Trouble):
    def happen(self):
        esper.switch_world("default")


class SaysNothing(Trouble):
    """Prints, and answers with what no fact can be."""

    def happen(self):
        print("the wolf\nis here", flush=True)  # noqa: T201
        self.at.x = float("nan")


class CannotBegin(Sheepfold):
    def __init__(self, scenario, seed):
        raise RuntimeError("no meadow")


def make():
    return EsperEnvironment(Sheepfold)


def episode(env, seed, steps=60, before=None):
    """All that is said of an episode; `before` is told each step that is about to be played."""
    said = [env.reset(FIELD, seed)]
    for step in range(steps):
        if before is not None:
            before(step)
        said.append(env.step(PLAN[step % len(PLAN)]))
        if said[-1].done:
            break
    return said, env.outcome()


def worlds():
    """The worlds of this process, with all that is in them."""
    current = esper.current_world
    found = {}
    for world in esper.list_worlds():
        esper.switch_world(world)
        components = {e: esper.components_for_entity(e) for e in list(esper._entities)}
        handlers = {name: len(held) for name, held in esper.event_registry.items()}
        found[world] = components, list(esper._processors), handlers
    esper.switch_world(current)
    return current, found


class Mute(Sheepfold):
    """A game that was forgotten half way."""

    @abstractmethod
    def sense(self):
        """Not written yet."""


class Lists(Sheepfold):
    def sense(self):
        return super().sense() | ({"gap": [1.0] * self.steps} if self.steps > 2 else {})


class SensesNothing(Sheepfold):
    def sense(self):
        return None


class Boasts(Sheepfold):
    def outcome(self):
        return {"success": 10**400}
