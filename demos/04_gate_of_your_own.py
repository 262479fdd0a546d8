"""Lesson 4: the gate over a game of your own.

    python demos/04_gate_of_your_own.py [--workers N] [--json]

Ida crosses a river on a leaky raft, and Otto, an otter, helps: he pulls, bails or naps. The game is
an esper game of some 50 lines; the sandbox plays it thousands of times, in a process of its own.
Two changes come before the gate: Otto naps less, and Otto pulls whenever he likes. One of them is
let through; of the other you see the crossing that speaks against it. On the command line:

    cd demos
    astraweave sandbox run 04_gate_of_your_own.xml --environment 04_gate_of_your_own:make
    echo '{"pull": 1.25, "nap": 0.75}' > lively.json
    astraweave sandbox validate 04_gate_of_your_own.xml --weights lively.json \
        --environment 04_gate_of_your_own:make

`docs/sandbox.md` goes through all of it.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import esper
import msgspec
import numpy as np
import numpy.typing as npt

import astraweave as aw
from astraweave import sandbox
from astraweave.ecs.environment import EsperEnvironment, EsperGame
from astraweave.model.rng import uniform
from astraweave.sandbox.hands import Hands, processes

TREE = Path(__file__).with_suffix(".xml")
GUARD = ' _skipIf="water &gt; 0.5"'
LIVELY = {"pull": 1.25, "bail": 1.0, "nap": 0.75}
RIVER = aw.Scenario(
    name="river", description="", threat=0.3, seconds=20.0, ranges={"metres": (8, 12)}
)


# --8<-- the rule
@sandbox.rule(sandbox.FORBID, severity="critical", unit="crossings", event="swamped")
def swamping(played: sandbox.Played) -> npt.NDArray[np.bool_]:
    """The raft fills up under Ida's feet."""
    return played.count("swamped") > 0


# --8<-- the rule
# --8<-- the game
@dataclass
class Raft:
    metres: float  # to the other side
    water: float = 0.0  # in [0, 1]: full
    seconds: float = 0.0


class River(esper.Processor):
    """Waves come over the edge, and the wetter the raft, the slower Ida rows."""

    def __init__(self, seed: int) -> None:
        self.seed, self.tick = seed, 0

    def process(self, dt: float) -> None:
        self.tick += 1
        for _, raft in esper.get_component(Raft):
            raft.seconds += dt
            raft.water += (0.02 + 0.08 * uniform(self.seed, 0, self.tick, 1)) * dt
            raft.metres -= dt * max(0.2, 1.0 - raft.water)
            if raft.water >= 1.0:
                esper.dispatch_event("swamped")


class Crossing(EsperGame):
    facts = aw.FactSheet([aw.Fact("metres", "m", 0, 40), aw.Fact("water", low=0, high=1)])
    actions, events, ranges = ("pull", "bail", "nap"), ("swamped",), ("metres",)
    scenarios, rules = (RIVER,), (swamping,)
    dt, ticks = 0.25, 4  # a decision a second

    def __init__(self, scenario: aw.Scenario, seed: int) -> None:
        low, high = scenario.ranges["metres"]
        self.raft = Raft(low + (high - low) * uniform(seed, 0, 0, 0))
        esper.create_entity(self.raft)
        esper.add_processor(River(seed))

    def sense(self) -> dict[str, float]:
        return {"metres": max(0.0, self.raft.metres), "water": min(1.0, self.raft.water)}

    def act(self, action: str) -> Generator[None, None, bool]:
        yield  # everything takes a decision step, a second
        if action == "pull":
            self.raft.metres -= 1.0
            self.raft.water += 0.2
        elif action == "bail":
            self.raft.water = max(0.0, self.raft.water - 0.3)
        return True

    def over(self) -> bool:
        return self.raft.metres <= 0.0 or self.raft.water >= 1.0

    def outcome(self) -> dict[str, float]:
        across = self.raft.metres <= 0.0 and self.raft.water < 1.0
        return {"success": across * (1.0 - min(1.0, self.raft.seconds / RIVER.seconds))}


# --8<-- the game
def make() -> EsperEnvironment:
    return EsperEnvironment(Crossing)


# --8<-- the gate
# A crossing takes a millisecond or two: thousands of them are minutes, so it asks for less.
SLOW = aw.GateSettings(p0=0.01, alpha=0.05, limit_margin=0.02, first_pairs=80)


def judged(tree: aw.Tree, weights: dict[str, float], hands: Hands | None) -> aw.Verdict:
    """The gate's answer to a tree with these weights, where the shipped tree is in use."""
    return sandbox.validate(
        make(),
        tree,
        aw.WeightSet(version=1, weights=weights),
        aw.WeightSet(version=0, weights=dict.fromkeys(LIVELY, 1.0)),
        deployed_tree=aw.load_tree(TREE),
        scenarios=Crossing.scenarios,
        reward=lambda outcomes: outcomes[:, 0],  # the first of `OUTCOMES`: success
        span=1.0,
        settings=SLOW,
        hands=hands,
    )


def shown(tree: aw.Tree, weights: dict[str, float], verdict: aw.Verdict) -> list[str]:
    """The episode a rejection points at, played again."""
    example = verdict.counterexample
    if example is None:
        return []
    own = aw.WeightSet(version=1, weights=weights)
    scenario = sandbox.scenario_of(example, Crossing.scenarios)
    frames = sandbox.replay(make(), tree, own, scenario, example.seed)
    return sandbox.narrate(frames, around=example.tick, steps=12)


# --8<-- the gate
def reckless() -> aw.Tree:
    """The tree without the guard that keeps Otto from pulling when the raft lies low."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reckless.xml"
        path.write_text(TREE.read_text("utf-8").replace(GUARD, "", 1), "utf-8")
        return aw.load_tree(path)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="The gate says yes, and no, about an otter.")
    parser.add_argument("--workers", type=int, metavar="N", help="processes that play")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    given = parser.parse_args(argv)
    told = {}
    # None: this process plays, one crossing after the other.
    with nullcontext() if given.workers is None else processes(given.workers) as hands:
        for name, tree, weights in (
            ("Otto naps less", aw.load_tree(TREE), LIVELY),
            ("Otto pulls whenever he likes", reckless(), dict.fromkeys(LIVELY, 1.0)),
        ):
            verdict = judged(tree, weights, hands)
            told[name] = msgspec.to_builtins(verdict)
            if not given.json:
                word = "APPROVED" if verdict.approved else f"REJECTED ({verdict.step})"
                lines = [f"{name}: {word}", verdict.reason, f"{verdict.episodes} crossings played"]
                print(*lines, *shown(tree, weights, verdict), "", sep="\n")
    if given.json:
        print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
