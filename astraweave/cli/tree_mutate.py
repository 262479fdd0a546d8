"""`astraweave tree mutate TREE --seed N`: one small change of a tree's structure, for the gate.

The result is written as Groot2 writes it. Whether it plays well `sandbox validate` says, and
`tree adopt` puts it to use. Refuses to replace a file without `--force`.
"""

import argparse
from pathlib import Path

from astraweave.behavior import Tree, load_tree, nodes
from astraweave.cli.common import check_seed, environment_of, one_pair, opened
from astraweave.cli.files import check_free, write_out
from astraweave.cli.output import add_json, say, say_json
from astraweave.cli.tree_freeze import print_xml
from astraweave.errors import InputError
from astraweave.learning.mutations import Limits, Variant, levels, mutate
from astraweave.learning.variants import tree_in_use

MOST_STEPS = 64
JUDGE = "Not judged yet: astraweave sandbox validate {out} --against-tree {tree}"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("tree", metavar="TREE", help="a Groot2 file, or the name of a shipped one")
    parser.add_argument("--main", metavar="ID", help="the tree to take, if not the file's main one")
    parser.add_argument(
        "--save", metavar="PATH", type=Path, help="change the variant of TREE that this save plays"
    )
    parser.add_argument("--player", metavar="ID", help="whose, if the save knows several")
    parser.add_argument("--companion", metavar="ID", help="whose, if the save knows several")
    parser.add_argument("--seed", metavar="N", type=int, required=True, help="decides the change")
    parser.add_argument(
        "--steps", metavar="N", type=int, default=1, help="changes on top of each other (default 1)"
    )
    parser.add_argument(
        "--library", metavar="DIR", type=Path, help="trees whose pieces and guards may be taken"
    )
    parser.add_argument(
        "--environment",
        metavar="MODULE:FACTORY",
        help="a game whose facts and actions alone may be used (default: all that the library has)",
    )
    for name, what, usual in (
        ("--max-nodes", "nodes of the result", Limits().nodes),
        ("--max-levels", "levels of the result", Limits().levels),
    ):
        text = f"{what} at most, and no fewer than TREE has (default {usual}, or as TREE)"
        parser.add_argument(name, metavar="N", type=int, help=text)
    parser.add_argument("--out", metavar="FILE", type=Path, help="write it there (default: stdout)")
    parser.add_argument("--force", action="store_true", help="replace FILE")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Change, say what was changed, write."""
    _check(arguments)
    tree = load_tree(arguments.tree, main=arguments.main)
    if arguments.save is not None:
        with opened(arguments.save) as store:
            pair = one_pair(store, arguments.player, arguments.companion)
            tree = tree_in_use(store, tree, *pair)
    made = _changed(arguments, tree)
    last = made[-1]
    if arguments.out is not None:
        write_out(arguments.out, last.xml, replace=arguments.force)
    if arguments.json:
        say_json(_facts(arguments, tree, made))
    elif arguments.out is not None:
        lines = [f"{each.mutation.kind}: {each.mutation.detail}" for each in made]
        lines.append(JUDGE.format(out=arguments.out, tree=arguments.tree))
        say("\n".join(lines))
    else:
        print_xml(last.xml)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    for name, value, most in (
        ("--steps", arguments.steps, MOST_STEPS),
        ("--max-nodes", arguments.max_nodes, 10_000),
        ("--max-levels", arguments.max_levels, 64),
    ):
        if value is not None and not 1 <= value <= most:
            raise InputError(what=f"{name} must be 1 to {most:,}", got=value, fix="correct it")
    check_seed(arguments.seed)
    if arguments.out is not None:
        check_free(arguments.out, replace=arguments.force)


def _limits(arguments: argparse.Namespace, tree: Tree) -> Limits:
    """What the result must keep to.

    Raises:
        InputError: the tree is larger already.
    """
    size, deep, usual = sum(1 for _ in nodes.walk(tree.root)), levels(tree.root), Limits()
    for name, asked, has in (
        ("--max-nodes", arguments.max_nodes, size),
        ("--max-levels", arguments.max_levels, deep),
    ):
        if asked is not None and asked < has:
            what, fix = f"{name} is below the {has} that the tree has", f"give at least {has}"
            raise InputError(what=what, got=asked, where=tree.path, fix=fix)
    return Limits(
        nodes=max(usual.nodes, size) if arguments.max_nodes is None else arguments.max_nodes,
        levels=max(usual.levels, deep) if arguments.max_levels is None else arguments.max_levels,
    )


def _changed(arguments: argparse.Namespace, tree: Tree) -> list[Variant]:
    library = _library(arguments.library)
    facts = actions = None
    if arguments.environment is not None:
        game = environment_of(arguments.environment)
        facts, actions = game.facts.names, game.actions
    limits = _limits(arguments, tree)
    made: list[Variant] = []
    for step in range(arguments.steps):
        made.append(
            mutate(
                made[-1].tree if made else tree,
                seed=arguments.seed * MOST_STEPS + step,
                library=library,
                limits=limits,
                facts=facts,
                actions=actions,
            )
        )
    return made


def _library(folder: Path | None) -> list[Tree]:
    """The trees of a folder, by name.

    Raises:
        InputError: there is no such folder, or nothing in it.
        TreeError: a tree that does not load.
    """
    if folder is None:
        return []
    files = sorted(folder.glob("*.xml")) if folder.is_dir() else []
    if not files:
        fix = "give a folder with *.xml"
        raise InputError(what="no trees in this library", where=str(folder), fix=fix)
    return [load_tree(file) for file in files]


def _facts(arguments: argparse.Namespace, tree: Tree, made: list[Variant]) -> dict[str, object]:
    last = made[-1]
    return {
        "tree": tree.path,
        "content_hash": tree.content_hash,
        "mutations": [each.mutation for each in made],
        "mutated_hash": last.tree.content_hash,
        "nodes": sum(1 for _ in nodes.walk(last.tree.root)),
        "tactics": last.tree.tactics,
        "seed": arguments.seed,
        "out": None if arguments.out is None else str(arguments.out),
        "xml": last.xml if arguments.out is None else None,
        "judged": False,
    }
