"""`astraweave tree check FILE…`: whether trees load, and what they hold.

0: all load; 2: one does not, and stderr says why in one line each.
"""

import argparse

from astraweave.behavior import Tree, load_tree
from astraweave.cli.output import add_json, complain, say, say_json
from astraweave.errors import TreeError


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "files", metavar="FILE", nargs="+", help="a Groot2 file, or the name of a shipped tree"
    )
    parser.add_argument("--main", metavar="ID", help="the tree to take, if not the file's main one")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check each file."""
    trees: list[tuple[str, Tree]] = []
    for file in arguments.files:
        try:
            trees.append((file, load_tree(file, main=arguments.main)))
        except TreeError as error:
            complain(str(error))
    if arguments.json:
        say_json({"trees": [{"file": f, "tactics": t.tactics, "reads": t.reads} for f, t in trees]})
    else:
        for file, tree in trees:
            say(f"{file}: loads; reads {', '.join(tree.reads) or 'nothing'}")
    return 0 if len(trees) == len(arguments.files) else 2
