"""What drawing actions share: `--format`, `--out` and `--force`, and a picture where it belongs.

Refuses to write over a file unless told to, and a PNG on the screen.
"""

import argparse
import os
import runpy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from astraweave.behavior import Tree
from astraweave.behavior.groot.writer import write_file
from astraweave.behavior.render import Card, heading_of, picture_of, svg_of
from astraweave.cli.output import say
from astraweave.errors import InputError
from astraweave.memory.exchange import check_name
from astraweave.model.shipped import shipped

FORMATS = ("text", "svg", "png")


class Target(NamedTuple):
    """Where a picture goes, and in which format; out None: the screen."""

    form: str
    out: Path | None
    replace: bool


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add `--format`, `--out` and `--force`."""
    parser.add_argument(
        "--format", choices=FORMATS, help="default: what --out ends with, else text"
    )
    parser.add_argument("--out", metavar="PATH", type=Path, help="a file instead of the screen")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def target_of(arguments: argparse.Namespace) -> Target:
    """Where the picture is to go, checked before anything is drawn.

    Raises:
        InputError: a PNG for the screen or of another name, a file that is there, no such folder.
    """
    out: Path | None = arguments.out
    form: str | None = arguments.format
    if form is None:
        ending = "" if out is None else out.suffix.lower().removeprefix(".")
        form = ending if ending in FORMATS else "text"
    if out is not None:
        check_name(out)
        _check(out, form, replace=arguments.force)
    elif form == "png":
        what = "a PNG is no text for a screen"
        raise InputError(what=what, where="--format png", fix="name a file with --out FILE.png")
    return Target(form, out, arguments.force)


def _check(out: Path, form: str, *, replace: bool) -> None:
    if out.is_dir() or not out.parent.is_dir():
        what = "a picture must be a file in a folder that exists"
        raise InputError(what=what, got=str(out), where="--out", fix="name such a file")
    if out.exists() and not replace:
        fix = "name another, or write over it with --force"
        raise InputError(what="the file is there", got=str(out), where="--out", fix=fix)
    if form == "png" and out.suffix.lower() != ".png":
        fix = "name it .png"
        raise InputError(what="a PNG of another name", got=out.name, where="--out", fix=fix)


def put(
    target: Target, tree: Tree, cards: Sequence[Card], about: str, text: Callable[[], str]
) -> None:
    """Draw, and say or write it.

    Args:
        target: from `target_of`.
        tree: the tree that the cards are of.
        cards: from `cards_of`.
        about: what the picture's caption says besides the tree's file and size.
        text: gives what stands in the place of a picture; ends without a line break.
    """
    if target.form == "png" and target.out is not None:
        _png(target.out, tree, cards, about)
        return
    if target.form == "text":
        told = text()
    else:
        picture = picture_of(cards, heading_of(tree), _caption(tree, cards, about))
        told = svg_of(picture).removesuffix("\n")
    if target.out is None:
        say(told)
    else:
        write_file(target.out, f"{told}\n", replace=target.replace)


def _caption(tree: Tree, cards: Sequence[Card], about: str) -> str:
    count = "1 node" if len(cards) == 1 else f"{len(cards):,} nodes"
    return " · ".join(part for part in (Path(tree.path).name, count, about) if part)


def _png(out: Path, tree: Tree, cards: Sequence[Card], about: str) -> None:
    """Let the demo draw it; it is a program beside the package, and knows pygame."""
    file = shipped("demos", "companion", "tree_png.py")
    if not file.is_file():
        what, fix = "the demo, which draws PNGs, is not installed", "take --format svg"
        raise InputError(what=what, where=str(file), fix=fix)
    main = runpy.run_path(str(file), run_name="astraweave_tree_png")["main"]
    part = out.with_name(f".{out.name[:100]}.{os.getpid()}.png")
    try:
        main(picture_of(cards, heading_of(tree), _caption(tree, cards, about)), part)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
