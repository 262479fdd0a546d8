"""`astraweave tree trace --save S`: a stored episode, tick by tick, through its tree once more.

Each node with its status, each script with the values it read, each choice with its propensity
and how it ended. Shows the ticks whose facts were kept: those of decisions, and what was sensed
when the player did something. Refuses episodes that the save does not have.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from astraweave.behavior import Tree, load_tree
from astraweave.behavior.render import cards_of
from astraweave.behavior.render.told import text_of_ticks
from astraweave.behavior.retrace import Retraced, retrace
from astraweave.cli.common import add_save, opened, pairs_of
from astraweave.cli.output import add_json, say_json
from astraweave.cli.text import several
from astraweave.cli.tree_picture import add_target, put, target_of
from astraweave.errors import InputError
from astraweave.learning.setup import recall, tree_of
from astraweave.model.actions import nearest

if TYPE_CHECKING:
    from astraweave.behavior.trace import Tick
    from astraweave.memory import MemoryStore
    from astraweave.model.columns import EpisodeLog


class Played(NamedTuple):
    """An episode, with the tree and the learned weights that played it."""

    log: "EpisodeLog"
    tree: Tree
    weights: Mapping[str, float] | None
    about: str


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_save(parser)
    parser.add_argument("--episode", metavar="E", help="its id (default: the last one stored)")
    parser.add_argument(
        "--tick", metavar="N", type=int, help="only this one, -1 is the last (a picture: the last)"
    )
    parser.add_argument("--tree", metavar="XML", type=Path, help="the tree, if not the save's own")
    add_target(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show it."""
    target = target_of(arguments)
    played = _played(arguments)
    found = retrace(played.tree, played.log, played.weights)
    shown = _asked_for(found.ticks, arguments.tick)
    if target.out is not None or not arguments.json:
        last = shown[-1] if shown else None
        cards = cards_of(
            played.tree,
            weights=played.weights,
            statuses=None if last is None else last.statuses,
        )
        when = "" if last is None else f" · tick {last.number} at {last.now_s:.3f} s"
        about = f"{played.about}{when}"
        put(target, played.tree, cards, about, lambda: render(played, found, shown))
    if arguments.json:
        say_json(_facts(played, found, shown))
    return 0


def render(played: Played, found: Retraced, shown: Sequence["Tick"]) -> str:
    """Ticks for a person, below what they are worth."""
    count = found.decisions
    kept = f"{several(len(found.ticks), 'tick')} whose facts were kept"
    lines = [f"{played.about}: {several(count, 'decision')}, {kept}"]
    if count:
        lines.append(
            f"run again, {found.agree} of {count} decisions are the same; "
            f"{found.drawn} by the recorded seed"
        )
    lines.append(
        "facts are kept when something is decided and when the player acts: other ticks are not "
        "shown; (supposed): nobody recorded it"
    )
    return "\n\n".join(["\n".join(lines), *filter(None, [text_of_ticks(played.tree, shown)])])


def _facts(played: Played, found: Retraced, shown: Sequence["Tick"]) -> dict[str, object]:
    log = played.log
    return {
        "episode": log.id,
        "player_id": log.player_id,
        "companion_id": log.companion_id,
        "policy_version": log.policy_version,
        "seed": log.seed,
        "decisions": found.decisions,
        "agree": found.agree,
        "drawn": found.drawn,
        "ticks": [tick.facts() for tick in shown],
    }


def _asked_for(ticks: Sequence["Tick"], number: int | None) -> Sequence["Tick"]:
    """All ticks, or the one of that number.

    Raises:
        InputError: there is none.
    """
    if number is None:
        return ticks
    at = number if number >= 0 else len(ticks) + number
    if not 0 <= at < len(ticks):
        fix = f"it has ticks 0 to {len(ticks) - 1}" if ticks else "it has none"
        raise InputError(what="no such tick", got=number, where="--tick", fix=fix)
    return ticks[at : at + 1]


def _played(arguments: argparse.Namespace) -> Played:
    with opened(arguments.save) as store:
        log = _episode(store, arguments)
        given = arguments.tree
        tree = tree_of(recall(store)) if given is None else load_tree(given)
        version = log.policy_version
        found = store.weight_set(log.player_id, log.companion_id, version) if version else None
    if found is not None:
        whose = f"weights version {version}"
    else:
        whose = f"weights version {version}, which is gone" if version else "the designer's weights"
    about = f"{log.id} of {log.player_id} & {log.companion_id}, {whose}"
    known = None if found is None else {t: w for t, w in found.weights.items() if t in tree.tactics}
    return Played(log, tree, known, about)


def _episode(store: "MemoryStore", arguments: argparse.Namespace) -> "EpisodeLog":
    """The episode that was asked for, else the last one.

    Raises:
        InputError: there is none.
    """
    pairs = pairs_of(store, arguments.player, arguments.companion)
    ids = [found for pair in pairs for found in store.episode_ids(*pair)]
    wanted = arguments.episode
    if wanted is None:
        wanted = next((i for i in reversed(store.episode_ids()) if i in set(ids)), None)
    log = store.episode(wanted) if wanted in ids else None
    if log is None:
        fix = nearest(str(wanted), ids) if ids else "play, or ingest episodes"
        raise InputError(what="no such episode", got=wanted, where=store.path, fix=fix)
    return log
