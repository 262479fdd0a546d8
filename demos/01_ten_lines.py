"""Ten lines that make a companion learn, in a small game of its own.

Robin and Pim spend windy nights at a campfire. Wolves come as near as the fire lets them, and near
wolves bite. Pim fetches wood, chases wolves, forages or sings, and must find out what helps.
"""

import argparse
import json
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import esper

import astraweave as aw

TREE = Path(__file__).with_suffix(".xml")
STEP_S, NIGHT_S, FIELD_M = 0.1, 45.0, 20.0
ACTIONS = aw.ActionVocabulary(throw=aw.Kind("ranged", aggressive=True), rest=aw.Kind("utility"))
FACTS = (
    aw.Fact("heat", low=0, high=1),
    aw.Fact("wolves", unit="m", low=0, high=FIELD_M),
    aw.Fact("health", low=0, high=1, role="player_health"),
)
PIM_CAN = {"fetch_wood": (0.3, 0.0), "chase_wolves": (0.0, 3.0), "forage": (0, 0), "sing": (0, 0)}


@dataclass
class Fire:
    heat: float = 0.7


@dataclass
class Wolves:
    metres: float = 12.0


class Nature(esper.Processor):
    """Wind eats the fire; wolves walk to where its light ends, a metre a second."""

    def process(self, dt: float) -> None:
        for _, (fire, wolves) in esper.get_components(Fire, Wolves):
            fire.heat = max(0.0, fire.heat - 0.04 * dt)
            wolves.metres += max(-dt, min(dt, FIELD_M * fire.heat - wolves.metres))


class Camp:
    def __init__(self) -> None:
        self.now, self.health, self.fire, self.wolves = 0.0, 1.0, Fire(), Wolves()
        esper.add_processor(Nature())
        esper.create_entity(self.fire, self.wolves)
        self.clock = lambda: self.now

    def facts(self, _who: int) -> dict[str, float]:
        return {"heat": self.fire.heat, "wolves": self.wolves.metres, "health": self.health}

    def safety(self) -> float:
        return (self.fire.heat + self.wolves.metres / FIELD_M) / 2.0

    def teach(self, tree: aw.Tree) -> None:
        for name, gains in PIM_CAN.items():
            tree.action(name)(partial(self.work, *gains))

    def work(self, heat: float, metres: float, *_: object) -> Generator[None, None, aw.Result]:
        """Two seconds of one thing; worth what it did to the camp's safety."""
        before, until = self.safety(), self.now + 2.0
        while self.now < until:
            yield
        self.fire.heat = min(1.0, self.fire.heat + heat)
        self.wolves.metres = min(FIELD_M, self.wolves.metres + metres)
        worth = min(1.0, max(0.0, 0.5 + 2.0 * (self.safety() - before)))
        return aw.Result("success", effectiveness=worth)

    def night(self, robin_does: Callable[[str], None]) -> None:
        self.fire.heat, self.wolves.metres, self.health = 0.7, 12.0, 1.0
        for frame in range(round(NIGHT_S / STEP_S)):
            bitten = self.wolves.metres < 6.0
            self.health = max(0.0, self.health - 0.04 * STEP_S * bitten)
            if frame % 10 == 0:
                robin_does("throw" if bitten else "rest")
            esper.process(STEP_S)
            self.now += STEP_S


def play(memory: aw.MemoryStore, nights: int) -> tuple[aw.Learner, int]:
    camp = Camp()
    # --8<-- ten lines
    tree = aw.load_tree(TREE)
    camp.teach(tree)  # binds what Pim does: tree.action("sing")(…), and so on
    learner = aw.attach(memory, tree, actions=ACTIONS, facts=FACTS, seed=7, clock=camp.clock)
    learner.sense(camp.facts)
    pim, robin = esper.create_entity(aw.Companion("pim")), esper.create_entity(aw.Player("robin"))
    for _ in range(nights):
        learner.begin(pim, "combat", player=robin)
        camp.night(lambda action: learner.player_did(robin, action))
        learner.end(pim, success=camp.health)
        learner.learn()
    # --8<-- ten lines
    return learner, pim


def main() -> None:
    parser = argparse.ArgumentParser(description="A companion at a campfire learns what helps.")
    parser.add_argument("--save", default=":memory:", help="play twice with one: Pim remembers")
    parser.add_argument("--episodes", type=int, default=40, help="nights to play")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with aw.open_memory(given.save) as memory:
        learner, pim = play(memory, given.episodes)
        found = memory.deployed("robin", "pim")
        weights = {} if found is None else found[0].weights
        told = {"nights": len(memory.episode_ids()), "weights": weights}
        print(json.dumps(told) if given.json else learner.why(pim))
        learner.close()


if __name__ == "__main__":
    main()
