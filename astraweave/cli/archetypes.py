"""`astraweave archetypes ACTION`: kinds of player, as data.

Each action is a module `archetypes_ACTION` here with `configure(parser)` and
`run(arguments) -> int`, imported only when its action is typed. Refuses nothing: they do.
"""

import argparse

ACTIONS = {
    "list": "name the archetypes of a library, and what they mostly do",
    "show": "show one archetype: the share of each kind of action",
    "fit": "learn a library from what the players of many saves did",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the actions; their arguments wait until one is typed."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, line in ACTIONS.items():
        about = f"{line[0].upper()}{line[1:]}."
        actions.add_parser(name, help=line, description=about, late=f"{__name__}_{name}")


def run(arguments: argparse.Namespace) -> int:
    """The action that was typed."""
    return int(arguments.act(arguments))
