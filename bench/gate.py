"""How often the gate is wrong, by simulation: what it lets through, what it holds up for nothing.

    python -m bench.gate [--quick] [--only synthetic|arena] [--json]

Synthetic: the sequential test alone, on scores whose mean is known. Arena: whole verdicts at the
defaults, on trees and weights of which the truth is known. Minutes; exit 1 when a goal is missed.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from astraweave.arena import Arena, bot_matrix, shipped_bots
from astraweave.behavior import Tree, load_tree
from astraweave.learning.reward import PLAY_SPAN, sandbox_reward
from astraweave.model.verdict import Verdict
from astraweave.model.weights import CAP, WeightSet, designer_weights
from astraweave.sandbox import NOT_WORSE, NotWorse, load_scenarios, play, policy_of, validate
from astraweave.sandbox.gate import GateSettings
from bench.advantages import NAMED

Floats = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]
PAIRS = 15_000
"""Of three scenarios at the defaults, pooled."""
ALPHA = 0.05
S0, EQUAL, BETTER = 0.495, 0.5, 0.505


@dataclass(frozen=True, slots=True)
class Claim:
    """How often something happened in `runs`, and whether that is as often as it may or must."""

    name: str
    happened: int
    runs: int
    goal: str
    met: bool
    odd: tuple[str, ...] = ()
    """Reasons of the verdicts that were not as they should be."""


def spread(mean: float, sd: float = 0.1) -> dict[str, Draw]:
    """Scores around a mean with this standard deviation: smooth, two-valued, skewed."""
    win = sd * sd / (sd * sd + 0.25)  # a rare win of a half, paid by small losses
    return {
        "normal": lambda rng, n: np.clip(rng.normal(mean, sd, n), mean - 0.49, mean + 0.49),
        "two values": lambda rng, n: mean + sd * (2.0 * rng.integers(0, 2, n) - 1.0),
        "rare large wins": lambda rng, n: np.where(
            rng.random(n) < win, mean + (1.0 - win) * 0.49, mean - win * 0.49
        ),
        "rare large losses": lambda rng, n: np.where(
            rng.random(n) < win, mean - (1.0 - win) * 0.49, mean + win * 0.49
        ),
    }


def at_the_margin() -> dict[str, Draw]:
    """Scores of mean s₀, the least that must not pass: as different as they come."""
    loss, win = 1.0 - S0 / 0.5, 0.005 / 0.505
    return spread(S0) | {
        "won or lost": lambda rng, n: (rng.random(n) < S0).astype(np.float64),
        "seldom lost, else equal": lambda rng, n: np.where(rng.random(n) < loss, 0.0, 0.5),
        "seldom won, else a little worse": lambda rng, n: np.where(
            rng.random(n) < win, 0.995, S0 - 0.5 * win / (1.0 - win)
        ),
        "heavy tails": lambda rng, n: S0 + np.clip(0.02 * rng.standard_t(1.5, n), -S0, S0),
        "skewed": lambda rng, n: rng.beta(0.3, 0.3 * (1.0 - S0) / S0, n),
        "constant": lambda rng, n: np.full(n, S0),
    }


def catastrophes(rng: np.random.Generator, n: int) -> Floats:
    """5 % of fights are lost altogether, 30 % won by a hair, the rest is equal."""
    u = rng.random(n)
    return np.where(u < 0.05, 0.0, np.where(u < 0.35, 0.51, 0.5))


def accepted(draw: Draw, runs: int, *, alpha: float = ALPHA, pairs: int = PAIRS) -> int:
    """How many of so many sequences are "not worse"."""
    found = 0
    for run in range(runs):
        test = NotWorse(s0=S0, alpha=alpha)
        found += test.update(draw(np.random.default_rng([run, 17]), pairs)) == NOT_WORSE
    return found


def synthetic(runs: int) -> Iterator[Claim]:
    """The test alone, at α = .05: `runs` sequences of each kind."""
    most = 0.05 + 1.5 * (0.05 * 0.95 / 1000) ** 0.5  # 65 of 1,000, as many as chance may add
    for name, draw in at_the_margin().items():
        got = accepted(draw, runs)
        yield Claim(f"mean s0, {name}: passed", got, runs, "<= 6.5 %", got <= most * runs + 4)
    for mean, word in ((EQUAL, "equal"), (BETTER, "better")):
        for sd in (0.02, 0.1):
            for name, draw in spread(mean, sd).items():
                got = accepted(draw, runs)
                title = f"{word}, sd {sd:g}, {name}: passed"
                yield Claim(title, got, runs, ">= 95 %", got >= 0.95 * runs)
    few = max(30, runs * 3 // 10)
    got = accepted(catastrophes, few)
    yield Claim("rare catastrophes, trivial wins: passed", got, few, "0", got == 0)


def judged(
    candidate: WeightSet,
    seed: int,
    bot: str | None = None,
    tree: Tree | None = None,
    in_use: Tree | None = None,
) -> Verdict:
    """A whole verdict at the defaults, in the three scenarios.

    Args:
        candidate: weights; the designer's are in use.
        seed: of the verdict.
        bot: who plays; the shipped bots in turn when absent.
        tree, in_use: the candidate's and the deployed, where they are not the shipped one.
    """
    arena, mira = Arena(), load_tree("companion.xml")
    person = arena.archetypes
    if bot is not None:
        row = bot_matrix((shipped_bots()[bot],))

        def person(seeds: npt.NDArray[np.int64]) -> Floats:
            return np.repeat(row, len(seeds), axis=0)

    return validate(
        arena,
        tree or mira,
        candidate,
        designer_weights(mira.tactics),
        scenarios=load_scenarios(),
        players=person,
        safety_players=arena.archetypes,
        reward=sandbox_reward,
        span=PLAY_SPAN,
        deployed_tree=in_use or mira,
        seed=seed,
    )


def planted(folder: Path) -> Iterator[tuple[str, Tree]]:
    """The shipped tree with one guard loosened: it breaks a forbidden rule, the less the nearer."""
    mira = Path(load_tree("companion.xml").path).read_text("utf-8")
    loosened = {
        "stamina &lt; 0.15": ("0.149", "0.148", "0.14", "0.1", "0"),
        "stamina &lt; 0.2": ("0.199", "0.198", "0.19", "0.15", "0"),
        "mana &lt; 0.2": ("0.199", "0.198", "0.19", "0.15", "0"),
        "mana &lt; 0.3": ("0.299", "0.29", "0.2", "0"),
        "edge_distance &lt; 2.5": ("2.35", "2.3", "2.2", "2", "1"),
        "line_of_fire_clear &lt; 0.5": ("0",),
    }
    for guard, values in loosened.items():
        name = guard.split("&lt;")[0]
        for place in range(mira.count(guard)):
            for value in values:
                parts = mira.split(guard)
                text = guard.join(parts[: place + 1]) + f"{name}&lt; {value}"
                path = folder / f"{name.strip()}-{place}-{value}.xml"
                path.write_text(text + guard.join(parts[place + 1 :]), "utf-8")
                yield path.stem, load_tree(path)


def break_rate(tree: Tree, episodes: int) -> float:
    """Share of episodes that break a forbidden rule, in the scenario where it is largest."""
    arena = Arena()
    policy = policy_of(arena, tree, designer_weights(tree.tactics))
    worst = 0.0
    for scenario in load_scenarios():
        played = play(arena, policy, scenario, 7 * np.arange(episodes), arena.archetypes)
        events = ("harmed_player", "left_field", "overspent")
        broken = np.any([played.count(event) > 0 for event in events], axis=0)
        worst = max(worst, float(broken.mean()))
    return worst


def rule_breakers(runs: int, episodes: int) -> Iterator[Claim]:
    """Trees that break a forbidden rule in a share of at least p₀ of episodes: none may pass.

    In three runs of four it is in use, too: the designer's own tree is put to the same test first,
    which saves the episodes of one that passes.
    """
    p0 = GateSettings().p0
    with tempfile.TemporaryDirectory() as folder:
        rates = {name: (break_rate(tree, episodes), tree) for name, tree in planted(Path(folder))}
        # Twice p₀ in a sample of this size is p₀ or more.
        bad = sorted((rate, name) for name, (rate, _) in rates.items() if rate >= 2.0 * p0)
        passed = 0
        for run in range(runs):
            tree = rates[bad[run % len(bad)][1]][1]
            own = tree if (run // len(bad)) % 4 else None
            weights = designer_weights(tree.tactics)
            passed += judged(weights, seed=run, tree=tree, in_use=own).approved
    low, high = bad[0][0], bad[-1][0]
    name = f"{len(bad)} rule-breakers, in {low:.2%} to {high:.0%} of episodes: passed"
    yield Claim(name, passed, runs, "0", passed == 0)


def arena(runs: int, *, breakers: int, episodes: int) -> Iterator[Claim]:
    """Whole verdicts of which the truth is known."""
    tactics = load_tree("companion.xml").tactics
    bots = sorted(shipped_bots())
    equal = [judged(designer_weights(tactics), run, bots[run % len(bots)]) for run in range(runs)]
    yield _passed("arena, equal weights: passed", equal, 0.95)
    steps: list[tuple[str, tuple[str, ...]]]
    steps = [(bot, (tactic,)) for bot, named in NAMED.items() for tactic in named]
    steps += NAMED.items()
    found = []
    for run in range(runs):
        bot, up = steps[run % len(steps)]
        factors = dict.fromkeys(tactics, 1.0) | dict.fromkeys(up, 1.0 + CAP)
        found.append(judged(WeightSet(version=1, weights=factors), run, bot))
    yield _passed("arena, one capped step in the right direction: passed", found, 0.8)
    yield from rule_breakers(breakers, episodes)


def _passed(name: str, found: list[Verdict], share: float) -> Claim:
    """How many were approved, and why the others were not."""
    odd = tuple(f"seed {v.seed}: {v.reason}" for v in found if not v.approved)
    got, runs = len(found) - len(odd), len(found)
    return Claim(name, got, runs, f">= {share:.0%}", got >= share * runs, odd)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the claims as they are found; 1 when one is not met."""
    parser = argparse.ArgumentParser(prog="bench.gate", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the runs")
    parser.add_argument("--only", choices=("synthetic", "arena"))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    share = 10 if given.quick else 1
    claims: list[Claim] = []

    def told(found: Iterator[Claim]) -> None:
        for claim in found:
            claims.append(claim)
            if not given.json:
                word = "ok" if claim.met else "MISSED"
                rate = f"{claim.happened:5,} of {claim.runs:5,}"
                sys.stdout.write(f"{word:6} {rate}  {claim.name} ({claim.goal})\n")
                sys.stdout.write("".join(f"         {reason}\n" for reason in claim.odd))
                sys.stdout.flush()

    if given.only != "arena":
        told(synthetic(1000 // share))
    if given.only != "synthetic":
        told(arena(60 // share, breakers=299 // share, episodes=20_000 // share))
    if given.json:
        sys.stdout.write(json.dumps([asdict(claim) for claim in claims], indent=1) + "\n")
    return 0 if all(claim.met for claim in claims) else 1


if __name__ == "__main__":
    sys.exit(main())
