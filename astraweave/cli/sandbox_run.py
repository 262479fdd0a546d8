"""`astraweave sandbox run TREE`: plays, and shows figures; nothing is asked, compared or kept.

0: played (with --strict: and no forbidden rule was broken); 1: with --strict, one was; 2: a file, a
name or the game is wrong, and stderr says why in one line.
"""

import argparse
import textwrap
from pathlib import Path

from astraweave.behavior import load_tree
from astraweave.cli.common import bad_input, check_seed, progress, wipe
from astraweave.cli.output import add_json, say, say_json
from astraweave.cli.sandbox_game import (
    add_environment,
    add_player,
    add_rules,
    add_scenarios,
    cast_with,
    game_in,
    person_of,
    rules_of,
    weights_of,
)
from astraweave.cli.text import several
from astraweave.errors import EnvironmentFailure, InputError, TreeFailure
from astraweave.model.weights import designer_weights
from astraweave.sandbox import FORBID, rules_for, settings_of, watching
from astraweave.sandbox.figures import ScenarioFigures, measure
from astraweave.sandbox.seeds import PAIRS, episode_seeds

EPISODES, MOST_EPISODES = 200, 1_000_000
WIDTH, TIE = 100, "\x1f"
"""Columns of text, and what stands for a space at which no line is broken."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("tree", metavar="TREE", help="a Groot2 file, or the name of a shipped one")
    parser.add_argument(
        "--weights",
        metavar="W.json",
        type=Path,
        help='learned factors: {"weights": {"tactic": factor}} (default: as the designer drew it)',
    )
    add_environment(parser)
    add_scenarios(parser)
    add_rules(parser)
    add_player(parser)
    parser.add_argument(
        "--episodes", metavar="N", type=int, default=EPISODES, help=f"a scenario ({EPISODES})"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="default 0")
    parser.add_argument(
        "--strict", action="store_true", help="end with 1 if a forbidden rule was broken"
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Play each scenario."""
    count = arguments.episodes
    check_seed(arguments.seed)
    if not 1 <= count <= MOST_EPISODES:
        what = f"--episodes must be 1 to {MOST_EPISODES:,}"
        raise InputError(what=what, got=count, where="sandbox run", fix=f"{EPISODES} is usual")
    tree = load_tree(arguments.tree)
    weights = designer_weights(tree.tactics)
    if arguments.weights is not None:
        weights = weights_of(arguments.weights, tree, version=1)
    person = person_of(arguments.player)
    game = game_in(tree, arguments.environment, arguments.scenarios)
    cast = cast_with(game, arguments.player, person)
    environment = game.environment
    assert environment is not None
    asked = (*settings_of(environment, None).rules, *rules_of(arguments.rules, environment))
    rules = rules_for(environment, asked)
    watched = watching(environment, rules)
    figures: list[ScenarioFigures] = []
    bar, total = progress(), count * len(game.scenarios)

    def told(played: int) -> None:
        if bar is not None:
            before = len(figures) * count
            bar("playing", (before + played) / total, before + played)

    try:
        for i, scenario in enumerate(game.scenarios):
            seeds = episode_seeds(arguments.seed, 1, PAIRS, i, 0, count)
            about = (watched, tree, weights, scenario, seeds)
            figures.append(measure(*about, players=cast.person, rules=rules, told=told))
    except (EnvironmentFailure, TreeFailure) as error:
        raise bad_input(error) from error
    finally:
        wipe()
    if arguments.json:
        say_json(
            {
                "tree": tree.path,
                "tree_hash": tree.content_hash,
                "weights": weights.weights,
                "environment": arguments.environment,
                "seed": arguments.seed,
                "scenarios": figures,
            }
        )
    else:
        say("\n\n".join(map(render, figures)))
    broken = any(rule.kind == FORBID and rule.breaks for each in figures for rule in each.rules)
    return int(arguments.strict and broken)


def render(figures: ScenarioFigures) -> str:
    """One scenario for a person."""
    f = figures
    lines = [
        f"{f.scenario}: success {f.success:.3f} ({f.success_low:.3f} to {f.success_high:.3f}), "
        f"{f.outcomes['seconds']:.1f} s, {several(f.episodes, 'episode')}",
    ]
    if f.tactics:
        used = sorted(f.tactics.items(), key=lambda item: (-item[1], item[0]))
        told = ", ".join(f"{name}{TIE}{share:.0%}" for name, share in used)
        lines.append(f"chose    {told}; {f.decisions:.1f} choices an episode")
    happened = [f"{name} {mean:.2g}" for name, mean in f.events.items() if mean]
    lines.append(f"events   {', '.join(happened) or 'none'}" + " an episode" * bool(happened))
    broken = [
        f"broke    {rule.rule} ({rule.kind}, {rule.severity}) in {rule.breaks:,} of "
        f"{f.episodes:,}; first in seed {rule.seed}, tick {rule.tick}"
        for rule in f.rules
        if rule.breaks
    ]
    lines += broken or [f"broke    none of {len(f.rules)} rules"]
    wrapped = (textwrap.wrap(line, WIDTH, subsequent_indent=" " * 9) for line in lines)
    return "\n  ".join(line.replace(TIE, " ") for some in wrapped for line in some)
