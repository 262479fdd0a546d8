"""`astraweave tree freeze TREE`: a plain tree in learned order, for stock BehaviorTree.CPP.

Without `--out` the tree goes to stdout. Refuses to replace a file without `--force`, and what it
was made from always.
"""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from astraweave.behavior import Tree, load_tree
from astraweave.behavior.groot.freeze import Frozen, freeze, told_weights
from astraweave.cli.common import one_pair, opened
from astraweave.cli.files import check_free, write_out
from astraweave.cli.output import add_json, complain, say, say_json
from astraweave.errors import InputError, UsageError, WeightsError
from astraweave.model.weights import MAX_WEIGHT, MIN_WEIGHT
from astraweave.model.weights_file import load_weights
from astraweave.sandbox import weights_fault

NOT_JUDGED = (
    "A fixed order is another policy than a choice by weight, and the sandbox has not judged it: "
    "astraweave sandbox validate FROZEN --against-tree TREE"
)


class Learned(NamedTuple):
    """Factors of tactics and where they are from; `unknown` are of none of the tree's."""

    weights: dict[str, float]
    version: int | None = None
    unknown: tuple[str, ...] = ()


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("tree", metavar="TREE", help="a Groot2 file, or the name of a shipped one")
    parser.add_argument("--main", metavar="ID", help="the tree to take, if not the file's main one")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--save", metavar="PATH", type=Path, help="what was learned in this save")
    source.add_argument(
        "--weights",
        metavar="W.json",
        type=Path,
        help='factors from a file: {"weights": {"tactic": factor}}',
    )
    add_made(parser)


def add_made(parser: argparse.ArgumentParser) -> None:
    """Add what verbs share that make a tree of what a save's player has played."""
    parser.add_argument("--player", metavar="ID", help="whose, if the save knows several")
    parser.add_argument("--companion", metavar="ID", help="whose, if the save knows several")
    parser.add_argument("--out", metavar="FILE", type=Path, help="write it there (default: stdout)")
    parser.add_argument("--force", action="store_true", help="replace FILE")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Freeze; the designer's tree stays as it is."""
    tree = load_tree(arguments.tree, main=arguments.main)
    learned = _learned(arguments, tree)
    if arguments.out is not None:
        _check_target(arguments, tree)
    frozen = freeze(tree, learned.weights, learned.version)
    for name in learned.unknown:
        complain(f"{arguments.save}: the weight of {name} is left out: no tactic of {tree.path}")
    for warning in frozen.warnings:
        complain(warning)
    if arguments.out is not None:
        write_out(arguments.out, frozen.xml, replace=arguments.force)
    if arguments.json:
        say_json(_facts(arguments, tree, learned, frozen))
    elif arguments.out is not None:
        say(_told(arguments.out, tree, learned, frozen))
    else:
        print_xml(frozen.xml)
    return 0


def _learned(arguments: argparse.Namespace, tree: Tree) -> Learned:
    if arguments.save is None and (arguments.player or arguments.companion):
        fix = "give --save too"
        raise InputError(what="--player and --companion choose within a save", fix=fix)
    if arguments.weights is not None:
        given = load_weights(arguments.weights)
        fault = weights_fault(given, tree.tactics, MIN_WEIGHT, MAX_WEIGHT)
        if fault is not None:
            fix = f"tactics are the children of {tree.path}'s WeightedFallbacks"
            raise WeightsError(what=fault, where=str(arguments.weights), fix=fix)
        return Learned(given)
    if arguments.save is None:
        return Learned({})
    with opened(arguments.save) as store:
        found = store.deployed(*one_pair(store, arguments.player, arguments.companion))
    if found is None:
        return Learned({}, 0)
    weights = found[0].weights
    known = {name: weight for name, weight in weights.items() if name in tree.tactics}
    if weights and not known:
        raise WeightsError(
            what=f"what was learned is of another tree than {tree.path}",
            got=", ".join(weights),
            where=str(arguments.save),
            fix="give the tree that was played",
        )
    return Learned(known, found[0].version, tuple(name for name in weights if name not in known))


def _check_target(arguments: argparse.Namespace, tree: Tree) -> None:
    """Refuse a target that is there, and at all times one that it is made from."""
    out = arguments.out
    if not out.exists():
        return
    for source in (*_files(tree), arguments.save, arguments.weights):
        if source is not None and source.exists() and out.samefile(source):
            raise UsageError(what="it is made from this file", where=str(out), fix="choose another")
    check_free(out, replace=arguments.force)


def _files(tree: Tree) -> Iterable[Path]:
    """The tree's own file and those it includes."""
    yield Path(tree.path)
    if tree.document is not None:
        for name in {element.file for element in tree.document.root.children}:
            yield Path(tree.path).parent / name


def _told(out: Path, tree: Tree, learned: Learned, frozen: Frozen) -> str:
    lines = [f"{out}: {tree.path} {told_weights(tree, learned.weights, learned.version)}"]
    if not frozen.orders:
        return f"{lines[0]}; it has no choice by weight, so nothing is in another order"
    for node, children, weights in frozen.orders:
        pairs = (f"{name} {weight:.4g}" for name, weight in zip(children, weights, strict=True))
        lines.append(f"{node}: {', '.join(pairs)}")
    return "\n".join([*lines, NOT_JUDGED])


def _facts(
    arguments: argparse.Namespace, tree: Tree, learned: Learned, frozen: Frozen
) -> dict[str, object]:
    return {
        "tree": tree.path,
        "main": tree.main,
        "content_hash": tree.content_hash,
        "weights": told_weights(tree, learned.weights, learned.version),
        "version": learned.version,
        "orders": [order._asdict() for order in frozen.orders],
        "out": None if arguments.out is None else str(arguments.out),
        "xml": frozen.xml if arguments.out is None else None,
        "warnings": frozen.warnings,
        "judged": False,
    }


def print_xml(xml: str) -> None:
    """The tree as it is; on a terminal without what that would obey."""
    if sys.stdout.isatty():
        say(xml.rstrip("\n"))
        return
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(xml)
