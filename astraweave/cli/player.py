"""`astraweave player ACTION`: of whom a save holds what; take it out, forget it, say who may know.

Each action is a module `player_ACTION` here with `configure(parser)` and `run(arguments) -> int`,
imported only when its action is typed. Refuses nothing: they do.
"""

import argparse

ACTIONS = {
    "list": "say of whom a save holds what, and who may be given it",
    "export": "write everything about a player as JSON lines a person can read",
    "forget": "leave no copy of a player: rows, names in others' rows, backups",
    "consent": "show, give or withdraw a player's consent to share memories",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the actions; their arguments wait until one is typed."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, line in ACTIONS.items():
        about = f"{line[0].upper()}{line[1:]}."
        late = f"astraweave.cli.player_{name}"
        actions.add_parser(name, help=line, description=about, late=late)


def run(arguments: argparse.Namespace) -> int:
    """The action that was typed."""
    return int(arguments.act(arguments))
