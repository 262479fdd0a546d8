"""What each scenario costs and tells: the table that strata are made by.

    python -m bench.strata [--scenarios all|strata|FOLDER|FILE] [--episodes N]

Of the shipped tree with the designer's weights: mean ticks, nanoseconds of one core a tick of a
world, success, deaths, and how often each rule is broken. Then what the gate can see: in how many
fights the same tree harms the player when it shoots without looking; the spread of the paired
score x = ½ + Δreward/2R of a capped step, and the mean of x where heals were taken away.
"""

import argparse
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from astraweave.arena import Arena
from astraweave.behavior import Tree, load_tree
from astraweave.learning.reward import PLAY_SPAN, sandbox_reward
from astraweave.model.scenario import Scenario
from astraweave.model.weights import CAP
from astraweave.sandbox import load_scenarios
from astraweave.sandbox.played import Played
from astraweave.sandbox.rules import FORBID, RULES
from astraweave.sandbox.runner import Policy, play

TREE = "companion.xml"
GUARD = re.compile(r"line_of_fire_clear &lt; 0\.5 \|\|\s*")
HEAL_QUARTER = 0.25
FULL_SAFETY = 7402
HEAD = (
    "scenario             ticks   ns success  died forbid  ready thrash   idle  harm"
    "  sd(x) x capped x heal/4 ready heal/4  worst/mean\n"
)
ROW = (
    "{:18} {:7.0f} {:4.0f} {:7.3f} {:5.3f} {:6d} {:6.4f} {:6.4f} {:6.4f} {:5.2f}"
    " {:6.3f} {:8.4f} {:8.4f} {:12.4f} {:11.2f}\n"
)


class Line(NamedTuple):
    """One scenario. Shares are of episodes; x is the paired score, ½ is equal."""

    scenario: str
    ticks: float
    ns: float
    success: float
    died: float
    forbidden: int
    heal_ready: float
    thrashing: float
    idling: float
    harm_unguarded: float
    sd_step: float
    x_step: float
    x_no_heal: float
    ready_no_heal: float
    waste: float


def unguarded() -> Tree:
    """The shipped tree, but that it shoots without looking."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / TREE
        path.write_text(GUARD.sub("", load_tree(TREE).to_xml()), "utf-8")
        return load_tree(path)


def capped_step(tree: Tree, seed: int = 0) -> npt.NDArray[np.float64]:
    """Factors of a largest step: each tactic up or down by the cap, by chance."""
    up = np.random.default_rng(seed).integers(0, 2, len(tree.tactics))
    return np.asarray(1.0 + CAP * (2.0 * up - 1.0))


def measured(arena: Arena, scenario: Scenario, episodes: int) -> Line:
    """Play a scenario with four policies on the same seeds."""
    seeds = np.arange(episodes, dtype=np.int64) * 7919 + 1
    tree, careless = load_tree(TREE), unguarded()
    plain = np.ones(len(tree.tactics))
    no_heal = plain.copy()
    no_heal[tree.tactics.index("heal_player")] = HEAL_QUARTER

    def of(tree: Tree, factors: npt.NDArray[np.float64]) -> Played:
        program = tree.program(arena.facts.names, arena.actions)
        return play(arena, Policy(program, factors), scenario, seeds, arena.archetypes)

    of(tree, plain)
    start = time.thread_time()
    base = of(tree, plain)
    seconds = time.thread_time() - start
    rewards = sandbox_reward(base.outcomes)

    def score(factors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        other = sandbox_reward(of(tree, factors).outcomes)
        return np.asarray(0.5 + (other - rewards) / (2.0 * PLAY_SPAN))

    stingy = of(tree, no_heal)
    rates = {rule.name: rule.broken(base) for rule in RULES}
    step = score(capped_step(tree))
    return Line(
        scenario.name,
        float(base.ticks.mean()),
        seconds * 1e9 / float(base.ticks.sum()),
        float(base.outcome("success").mean()),
        float((base.count("player_died") > 0).mean()),
        sum(int(rates[rule.name].sum()) for rule in RULES if rule.kind == FORBID),
        float(rates["letting_the_player_die"].mean()),
        float(rates["thrashing"].mean()),
        float(rates["idling_while_attacked"].mean()),
        float((of(careless, plain).count("harmed_player") > 0).mean()),
        float(step.std()),
        float(step.mean()),
        float(0.5 + (sandbox_reward(stingy.outcomes) - rewards).mean() / (2.0 * PLAY_SPAN)),
        float((stingy.count("player_died_heal_ready") > 0).mean()),
        float(
            base.ticks[: episodes // 64 * 64].reshape(-1, 64).max(axis=1).mean() / base.ticks.mean()
        ),
    )


def main(words: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="bench.strata", description=__doc__.split("\n")[0])
    parser.add_argument("--scenarios", default="all")
    parser.add_argument("--episodes", type=int, default=2000)
    given = parser.parse_args(words)
    arena, total = Arena(), 0.0
    sys.stdout.write(HEAD)
    for scenario in load_scenarios(given.scenarios, arena):
        line = measured(arena, scenario, given.episodes)
        total += 2 * line.ticks * line.ns * FULL_SAFETY * 1e-9
        sys.stdout.write(ROW.format(*line))
        sys.stdout.flush()
    words_ = "safety of two policies, {:,} episodes each: {:.1f} s of one core\n"
    sys.stdout.write(words_.format(FULL_SAFETY, total))
    return 0


if __name__ == "__main__":
    sys.exit(main())
