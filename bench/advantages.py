"""What each tactic is truly worth, bot by bot: the ground truth that learning is judged against.

    python -m bench.advantages [--worlds N] [--scenario play|low_health|…] [--bots NAME…]
                               [--no-effects] [--json]

*Advantage*: mean effectiveness of a tactic's activations less the mean over all tactics, when
the shipped tree chooses with the designer's weights. *Effect*: change of the mean success,
seconds and damage taken when that tactic's weight is doubled, over the same seeds.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from astraweave.arena import Arena, bot_matrix, play_scenario, shipped_bots
from astraweave.behavior import BatchTicker, load_tree
from astraweave.behavior.flat.program import Program
from astraweave.model.ports import OUTCOMES
from astraweave.model.scenario import Scenario
from astraweave.sandbox import load_scenarios

Floats = npt.NDArray[np.float64]
AGGRESSIVE = tuple(kind.aggressive for kind in Arena.vocabulary.values())
NAMED = {
    "berserker": ("defensive_stance", "cover_player", "heal_player"),
    "cautious": ("aggressive_attack", "draw_aggro"),
    "kiter": ("covering_fire", "suppress_enemy"),
    "caster": ("buff_player", "debuff_enemy"),
}
"""What learning should raise for whom."""
MARGIN = 0.12


@dataclass(frozen=True, slots=True)
class Fights:
    """n fights of one bot: effectiveness of every activation, and how the fights ended.

    tactic: int64[activations]. effectiveness: float64[activations]. outcomes: float64[n, 6].
    events: mean count of each event an episode.
    """

    tactic: npt.NDArray[np.int64]
    effectiveness: Floats
    outcomes: Floats
    events: Floats

    def outcome(self, name: str) -> float:
        """Mean of one outcome."""
        return float(self.outcomes[:, OUTCOMES.index(name)].mean())


def fights(
    program: Program, scenario: Scenario, players: Floats, factors: Floats | None = None
) -> Fights:
    """Play one fight a row of `players`, seeds 0, 1, …, under factors on the designer's weights."""
    seeds = np.arange(len(players), dtype=np.int64)
    arena = Arena()
    facts = arena.reset(scenario, seeds, players)
    ticker = BatchTicker(program, seeds, factors, arena.step_seconds, keep_log=False)
    status, done = np.zeros(len(seeds), np.int8), np.zeros(len(seeds), np.bool_)
    tactics: list[npt.NDArray[np.int64]] = []
    worth: list[Floats] = []
    while not done.all():
        commands = ticker.tick(facts, status, done)
        step = arena.step(commands)
        ended = ~np.isnan(step.effectiveness)
        tactics.append(commands[ended].astype(np.int64))
        worth.append(step.effectiveness[ended])
        facts, status, done = step.facts, step.status, step.done
    counts, _ = arena.event_counts()
    return Fights(
        np.concatenate(tactics), np.concatenate(worth), arena.outcomes(), counts.mean(axis=0)
    )


def advantages(played: Fights) -> dict[str, dict[str, float]]:
    """Tactic → advantage, its standard error, mean, spread and number of activations."""
    rows: dict[str, dict[str, float]] = {}
    for i, name in enumerate(Arena.actions):
        of = played.effectiveness[played.tactic == i]
        sd = float(of.std()) if len(of) > 1 else 0.0
        mean = float(of.mean()) if len(of) else float("nan")
        error = sd / max(1, len(of)) ** 0.5
        rows[name] = {"mean": mean, "sd": sd, "error": error, "count": len(of)}
    middle = float(np.nanmean([row["mean"] for row in rows.values()]))
    for row in rows.values():
        row["advantage"] = row["mean"] - middle
    return rows


def effects(
    program: Program, scenario: Scenario, players: Floats, base: Fights
) -> dict[str, dict[str, float]]:
    """Tactic → change of success, seconds and damage_taken when its weight is doubled."""
    rows: dict[str, dict[str, float]] = {}
    for name in program.tactics:
        factors = np.ones(len(program.tactics))
        factors[program.tactics.index(name)] = 2.0
        other = fights(program, scenario, players, factors)
        rows[name] = {
            column: other.outcome(column) - base.outcome(column)
            for column in ("success", "seconds", "damage_taken", "satisfaction")
        }
    return rows


def study(
    bots: Sequence[str], scenario: Scenario, worlds: int, *, with_effects: bool = True
) -> dict[str, Any]:
    """All figures, bot by bot."""
    tree = load_tree("companion.xml")
    program = tree.program(Arena.facts.names, Arena.actions)
    result: dict[str, Any] = {}
    for bot in bots:
        players = bot_matrix((shipped_bots()[bot],) * worlds)
        base = fights(program, scenario, players)
        tactics = advantages(base)
        if with_effects:
            for name, row in effects(program, scenario, players, base).items():
                tactics[name].update(row)
        result[bot] = {
            "outcomes": {name: base.outcome(name) for name in OUTCOMES},
            "won": float((base.outcomes[:, 0] >= 1.0).mean()),
            "events": dict(zip(Arena.events, base.events.tolist(), strict=True)),
            "tactics": tactics,
        }
    return result


def render(result: dict[str, Any]) -> str:
    """The figures as text, tactics by advantage; a star marks what learning should raise."""
    lines: list[str] = []
    for bot, figures in result.items():
        outcome = ", ".join(f"{k} {v:.2f}" for k, v in figures["outcomes"].items())
        events = ", ".join(f"{k} {v:.3f}" for k, v in figures["events"].items() if v)
        lines += [f"\n{bot}: won {figures['won']:.2f}, {outcome}", f"  events: {events or 'none'}"]
        ranked = sorted(figures["tactics"].items(), key=lambda pair: -pair[1]["advantage"])
        for name, row in ranked:
            star = "*" if name in NAMED.get(bot, ()) else " "
            line = (
                f"  {star} {name:18} {row['advantage']:+.3f} ±{row['error']:.3f}"
                f"  mean {row['mean']:.2f} sd {row['sd']:.2f} n {row['count']:6.0f}"
            )
            if "seconds" in row:
                line += (
                    f"  doubled: success {row['success']:+.4f}, {row['seconds']:+.2f} s,"
                    f" taken {row['damage_taken']:+.1f}, satisfaction {row['satisfaction']:+.4f}"
                )
            lines.append(line)
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 1 when a named tactic of a bot misses its margin."""
    parser = argparse.ArgumentParser(prog="bench.advantages", description=__doc__.split("\n")[0])
    parser.add_argument("--worlds", type=int, default=512)
    parser.add_argument("--scenario", default="play")
    parser.add_argument("--bots", nargs="*", default=sorted(shipped_bots()))
    parser.add_argument("--no-effects", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    known = {"play": play_scenario(), **{each.name: each for each in load_scenarios()}}
    scenario = known[given.scenario]
    result = study(given.bots, scenario, given.worlds, with_effects=not given.no_effects)
    sys.stdout.write((json.dumps(result, indent=1) if given.json else render(result)) + "\n")
    gaps = [result[b]["tactics"][t]["advantage"] for b in result for t in NAMED.get(b, ())]
    return 0 if all(gap >= MARGIN for gap in gaps) else 1


if __name__ == "__main__":
    sys.exit(main())
