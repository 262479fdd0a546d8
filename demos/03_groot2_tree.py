"""Lesson 3: a tree drawn in Groot2 learns.

    python demos/03_groot2_tree.py [--evenings N] [--save PATH] [--json]

`03_groot2_tree.xml`, beside this file, is the tree of Bess, a sheepdog, in the form in which
Groot2 saves trees. She brings Tam's flock home before dark: she can circle it, drive it, bark at
it or fetch a stray, and the designer likes all four alike. This flock is a nervous one, and a
scattered flock walks nowhere; she has to find that out.

With `--save bess.db` she remembers, and what she learned can be drawn and frozen:

    astraweave tree render demos/03_groot2_tree.xml --save bess.db --out bess.svg
    astraweave tree freeze demos/03_groot2_tree.xml --save bess.db --out bess.xml

`docs/groot2.md` goes through both files.
"""

import argparse
import json
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import esper

import astraweave as aw

TREE = Path(__file__).with_suffix(".xml")
STEP_S, EVENING_S = 0.1, 60.0
ACTIONS = aw.ActionVocabulary(
    whistle=aw.Kind("support"), walk=aw.Kind("movement"), wait=aw.Kind("utility")
)
FACTS = (
    aw.Fact("spread", unit="m, how far apart they stand", low=0, high=40),
    aw.Fact("gate", unit="m to the fold", low=0, high=60),
    aw.Fact("strays", unit="sheep", low=0, high=5),
    aw.Fact("nerves", low=0, high=1),
    aw.Fact("tired", unit="of the dog", low=0, high=1),
)
Facts = Mapping[str, float]
Work = Generator[None, None, aw.Result]


@dataclass
class Hill:
    """The flock and the dog; all fields but the time are the facts of the same name."""

    now: float = 0.0
    spread: float = 0.0
    gate: float = 0.0
    strays: float = 0.0
    nerves: float = 0.0
    tired: float = 0.0

    def clock(self) -> float:
        return self.now

    def facts(self, _who: int) -> dict[str, float]:
        return {fact.name: getattr(self, fact.name) for fact in FACTS}

    def left(self) -> float:
        """What is left to do, from 1 at the far end of the hill to 0 at home."""
        return 0.5 * self.gate / 60.0 + 0.3 * self.spread / 40.0 + 0.2 * self.strays / 5.0

    def change(self, **by: float) -> None:
        for fact in FACTS:
            value = getattr(self, fact.name) + by.get(fact.name, 0.0)
            setattr(self, fact.name, min(fact.high, max(fact.low, value)))

    def worth(self, before: float, **by: float) -> aw.Result:
        """Change the hill; the effectiveness of what did it is what it gained, around a half."""
        self.change(tired=0.07, **by)
        gained = 0.5 + 8.0 * (before - self.left())
        return aw.Result("success", effectiveness=min(1.0, max(0.0, gained)))

    def wait(self, seconds: float) -> Generator[None, None, None]:
        until = self.now + seconds - 1e-9
        while self.now < until:
            yield

    def evening(self, tam_does: Callable[[str], None]) -> float:
        """Until they are in or it is dark; returns how much was done."""
        self.spread, self.gate, self.strays, self.nerves, self.tired = 14.0, 60.0, 3.0, 0.3, 0.0
        for frame in range(round(EVENING_S / STEP_S)):
            if frame % 20 == 0:
                tam_does("whistle" if self.spread > 8.0 else "walk")
            esper.process(STEP_S)
            self.now += STEP_S
            wander = 0.1 + 0.6 * self.nerves
            self.change(spread=wander * STEP_S, nerves=-0.03 * STEP_S, tired=-0.01 * STEP_S)
            if self.gate <= 0.0:
                break
        return 1.0 - self.left()


def teach_herding(tree: aw.Tree, hill: Hill) -> None:
    """Bind what Bess does with the whole flock."""

    @tree.action
    def circle(_who: int, _facts: Facts) -> Work:
        before = hill.left()
        yield from hill.wait(2.0)
        return hill.worth(before, spread=-6.0, nerves=0.02)

    @tree.action
    def drive(_who: int, facts: Facts) -> Work:
        before = hill.left()
        yield from hill.wait(2.0)
        together = max(0.0, 1.0 - facts["spread"] / 25.0)
        return hill.worth(before, gate=-9.0 * together, spread=1.0, nerves=0.05)

    @tree.action
    def bark(_who: int, facts: Facts) -> Work:
        before = hill.left()
        yield from hill.wait(1.0)
        return hill.worth(before, gate=-2.0, spread=1.0 + 8.0 * facts["nerves"], nerves=0.25)


def teach_errands(tree: aw.Tree, hill: Hill) -> None:
    """Bind what she does alone, and what she looks at."""

    @tree.condition
    def sheep_are_out(_who: int, facts: Facts) -> bool:
        return facts["gate"] > 0.0

    @tree.action
    def run_out(_who: int, facts: Facts) -> Generator[None, None, bool]:
        # The last stray stands across the stream: the tree's Timeout calls her back.
        yield from hill.wait(1.5 if facts["strays"] > 1.0 else 9.0)
        return True

    @tree.action
    def bring_in(_who: int, _facts: Facts) -> Work:
        before = hill.left()
        yield from hill.wait(1.5)
        return hill.worth(before, strays=-1.0, spread=-1.0)

    @tree.action
    def pant(_who: int, _facts: Facts) -> Generator[None, None, bool]:
        yield from hill.wait(3.0)
        hill.change(tired=-0.5)
        return True


def play(memory: aw.MemoryStore, evenings: int) -> tuple[aw.Tree, aw.Learner, int, list[float]]:
    """Some evenings, Bess learning after each; how much of the work each of them got done."""
    hill = Hill()
    tree = aw.load_tree(TREE)
    teach_herding(tree, hill)
    teach_errands(tree, hill)
    learner = aw.attach(memory, tree, actions=ACTIONS, facts=FACTS, seed=7, clock=hill.clock)
    learner.sense(hill.facts)
    bess, tam = esper.create_entity(aw.Companion("bess")), esper.create_entity(aw.Player("tam"))
    done = []
    for _ in range(evenings):
        learner.begin(bess, "quest", player=tam)
        done.append(hill.evening(lambda action: learner.player_did(tam, action)))
        learner.end(bess, success=done[-1])
        learner.learn()
    return tree, learner, bess, done


def told(tree: aw.Tree, weights: Mapping[str, float], done: Sequence[float]) -> str:
    """What was learned: the tree with its weights, and what came of it."""
    first, last = done[:10], done[-10:]
    return (
        f"{tree.render(weights=weights)}\n\n"
        f"{len(done)} evenings; done in the first ten {sum(first) / len(first):.0%}, "
        f"in the last ten {sum(last) / len(last):.0%}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Play, learn, and tell what was learned."""
    parser = argparse.ArgumentParser(description="A sheepdog, drawn in Groot2, learns her work.")
    parser.add_argument("--evenings", type=int, default=60, metavar="N")
    parser.add_argument("--save", default=":memory:", metavar="PATH", help="Bess remembers")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    given = parser.parse_args(argv)
    with aw.open_memory(given.save) as memory:
        tree, learner, bess, done = play(memory, given.evenings)
        found = memory.deployed("tam", "bess")
        weights = dict(found[0].weights) if found else {}
        if given.json:
            print(json.dumps({"weights": weights, "done": done}))
        else:
            print(told(tree, weights, done), learner.why(bess), sep="\n\n")
        learner.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
