"""`astraweave tree ACTION`: look at a tree without playing it.

Each action is a module `tree_ACTION` here with `configure(parser)` and `run(arguments) -> int`,
imported only when its action is typed. Refuses nothing: they do.
"""

import argparse

ACTIONS = {
    "adopt": "have a changed tree judged, and play it for one pair of a save if it passes",
    "check": "say what is wrong with trees, what looks wrong, and what they hold",
    "freeze": "write what was learned as a plain tree, for BehaviorTree.CPP without Astraweave",
    "mutate": "change its structure a little, by a seed: swap, add a guard, take from a library",
    "render": "draw a tree as text, SVG or PNG: weights as widths, the last tick in colour",
    "situate": "add the guard that a person's play asks for: a tactic misplaced in a situation",
    "trace": "go through a stored episode tick by tick: which node, which status, and why",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the actions; their arguments wait until one is typed."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, line in ACTIONS.items():
        about = f"{line[0].upper()}{line[1:]}."
        late = f"astraweave.cli.tree_{name}"
        actions.add_parser(name, help=line, description=about, late=late)


def run(arguments: argparse.Namespace) -> int:
    """The action that was typed."""
    return int(arguments.act(arguments))
