"""`astraweave save ACTION`: examine a save, back it up, put it back, mend it, make it smaller.

Each action is a module `save_ACTION` here with `configure(parser)` and `run(arguments) -> int`,
imported only when its action is typed. Refuses nothing: they do.
"""

import argparse

ACTIONS = {
    "check": "say whether a save is sound, and what to do when it is not",
    "info": "say what is in a save, how large it is, and what lies beside it",
    "backup": "copy a save beside it now, or elsewhere; the newest three stay",
    "restore": "list the backups of a save, and put one back",
    "repair": "put every row that can still be read into a fresh file",
    "migrate": "bring an older save to the newest schema",
    "audit": "show who was given what of whom, and whether the record is whole",
    "compact": "make a save smaller: pack old observations, give back free space",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the actions; their arguments wait until one is typed."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, line in ACTIONS.items():
        about = f"{line[0].upper()}{line[1:]}."
        late = f"astraweave.cli.save_{name}"
        actions.add_parser(name, help=line, description=about, late=late)


def run(arguments: argparse.Namespace) -> int:
    """The action that was typed."""
    return int(arguments.act(arguments))
