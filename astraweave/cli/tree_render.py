"""`astraweave tree render FILE`: a tree to look at, as text, SVG or PNG.

Refuses to write over a file unless told to, and weights that are not the tree's.
"""

import argparse
import os
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from astraweave.behavior import Status, Tree, load_tree
from astraweave.behavior.groot.writer import write_file
from astraweave.behavior.render import Card, cards_of, heading_of, picture_of, svg_of, text_of
from astraweave.cli.common import one_pair, opened
from astraweave.cli.output import add_json, say, say_json
from astraweave.errors import InputError
from astraweave.learning.setup import recall, tree_of
from astraweave.model.shipped import shipped
from astraweave.model.weights_file import load_weights

FORMATS = ("text", "svg", "png")


class Shown(NamedTuple):
    """What is drawn. weights None: nothing was learned; statuses None: no tick is shown."""

    tree: Tree
    weights: Mapping[str, float] | None = None
    statuses: Mapping[str, Status] | None = None
    about: str = ""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="a Groot2 file, or the name of a shipped tree (default: the tree of --save)",
    )
    parser.add_argument(
        "--format", choices=FORMATS, help="default: what --out ends with, else text"
    )
    parser.add_argument("--out", metavar="PATH", type=Path, help="a file instead of the screen")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
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
    form, out = _form(arguments), arguments.out
    if out is not None:
        _check_out(out, form, replace=arguments.force)
    shown = _shown(arguments)
    cards = cards_of(shown.tree, weights=shown.weights, statuses=shown.statuses)
    if out is not None:
        _write(cards, shown, form, out, replace=arguments.force)
    if arguments.json:
        told = {"tree": heading_of(shown.tree), "about": shown.about}
        say_json({**told, "nodes": [card.facts for card in cards], "out": out and str(out)})
    elif out is None:
        say(_drawn(cards, shown, form).removesuffix("\n"))
    return 0


def _form(arguments: argparse.Namespace) -> str:
    """The format that is meant.

    Raises:
        InputError: a PNG for the screen.
    """
    form: str | None = arguments.format
    if form is None:
        ending = "" if arguments.out is None else arguments.out.suffix.lower().removeprefix(".")
        form = ending if ending in FORMATS else "text"
    if form == "png" and arguments.out is None:
        what = "a PNG is no text for a screen"
        raise InputError(what=what, where="--format png", fix="name a file with --out FILE.png")
    return form


def _check_out(out: Path, form: str, *, replace: bool) -> None:
    """Refuse what could not be written, before anything is drawn.

    Raises:
        InputError: it is there, is a folder, lies in none, or a PNG of another name.
    """
    if out.is_dir() or not out.parent.is_dir():
        what = "a picture must be a file in a folder that exists"
        raise InputError(what=what, got=str(out), where="--out", fix="name such a file")
    if out.exists() and not replace:
        fix = "name another, or write over it with --force"
        raise InputError(what="the file is there", got=str(out), where="--out", fix=fix)
    if form == "png" and out.suffix.lower() != ".png":
        fix = "name it .png"
        raise InputError(what="a PNG of another name", got=out.name, where="--out", fix=fix)


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
        about = f"weights of {arguments.weights.name}"
        return Shown(tree, load_weights(arguments.weights), about=about)
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
    if found is None:
        return Shown(tree, about=f"{pair[0]} & {pair[1]}: the designer's weights")
    weights, _ = found
    return Shown(
        tree, weights.weights, about=f"{pair[0]} & {pair[1]}: weights version {weights.version}"
    )


def _drawn(cards: list[Card], shown: Shown, form: str) -> str:
    if form == "text":
        return text_of(cards) + "\n"
    return svg_of(picture_of(cards, heading_of(shown.tree), _caption(cards, shown)))


def _caption(cards: list[Card], shown: Shown) -> str:
    count = "1 node" if len(cards) == 1 else f"{len(cards):,} nodes"
    parts = [Path(shown.tree.path).name, count, shown.about]
    return " · ".join(part for part in parts if part)


def _write(cards: list[Card], shown: Shown, form: str, out: Path, *, replace: bool) -> None:
    if form != "png":
        write_file(out, _drawn(cards, shown, form), replace=replace)
        return
    file = shipped("demos", "companion", "tree_png.py")
    if not file.is_file():
        what, fix = "the demo, which draws PNGs, is not installed", "take --format svg"
        raise InputError(what=what, where=str(file), fix=fix)
    main = runpy.run_path(str(file), run_name="astraweave_tree_png")["main"]
    part = out.with_name(f".{out.name[:100]}.{os.getpid()}.png")
    try:
        main(picture_of(cards, heading_of(shown.tree), _caption(cards, shown)), part)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
