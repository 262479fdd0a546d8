"""`astraweave tree render FILE`: a tree to look at, as text, SVG or PNG.

Refuses weights that are not the tree's.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from astraweave.behavior import Tree, load_tree
from astraweave.behavior.render import cards_of, heading_of, text_of
from astraweave.cli.common import one_pair, opened
from astraweave.cli.output import add_json, say_json
from astraweave.cli.tree_picture import add_target, put, target_of
from astraweave.errors import InputError
from astraweave.learning.setup import recall, tree_of
from astraweave.model.weights_file import load_weights


class Shown(NamedTuple):
    """What is drawn. weights None: nothing was learned. about: whose they are."""

    tree: Tree
    weights: Mapping[str, float] | None = None
    about: str = ""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="a Groot2 file, or the name of a shipped tree (default: the tree of --save)",
    )
    add_target(parser)
    parser.add_argument("--main", metavar="ID", help="the tree to take, if not the file's main one")
    parser.add_argument(
        "--weights", metavar="W.json", type=Path, help='learned: {"weights": {"tactic": factor}}'
    )
    parser.add_argument("--save", metavar="PATH", type=Path, help="a save: the weights in use")
    parser.add_argument("--player", metavar="ID", help="whose, if the save knows several")
    parser.add_argument("--companion", metavar="ID", help="whose, if the save knows several")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Draw it."""
    target = target_of(arguments)
    shown = _shown(arguments)
    cards = cards_of(shown.tree, weights=shown.weights)
    if target.out is not None or not arguments.json:
        put(target, shown.tree, cards, shown.about, lambda: text_of(cards))
    if arguments.json:
        out = None if target.out is None else str(target.out)
        told = {"tree": heading_of(shown.tree), "about": shown.about, "out": out}
        say_json({**told, "nodes": [card.facts for card in cards]})
    return 0


def _shown(arguments: argparse.Namespace) -> Shown:
    """Tree and weights that were asked for.

    Raises:
        InputError: neither a file nor a save, or weights from both.
    """
    if arguments.save is None:
        if arguments.file is None:
            what = "nothing to draw"
            raise InputError(what=what, where="tree render", fix="name a FILE, or a --save")
        tree = load_tree(arguments.file, main=arguments.main)
        if arguments.weights is None:
            return Shown(tree)
        return Shown(tree, load_weights(arguments.weights), f"weights of {arguments.weights.name}")
    if arguments.weights is not None:
        what = "weights from a file and from a save"
        raise InputError(what=what, where="tree render", fix="give --weights or --save")
    return _of_save(arguments)


def _of_save(arguments: argparse.Namespace) -> Shown:
    with opened(arguments.save) as store:
        pair = one_pair(store, arguments.player, arguments.companion)
        given = arguments.file
        tree = tree_of(recall(store)) if given is None else load_tree(given, main=arguments.main)
        found = store.deployed(*pair)
    whose = " & ".join(pair)
    if found is None:
        return Shown(tree, about=f"{whose}: the designer's weights")
    return Shown(tree, found[0].weights, f"{whose}: weights version {found[0].version}")
