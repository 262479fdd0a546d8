"""`astraweave sandbox ACTION`: what is played and forbidden, playing it, and asking the gate.

Each action is a module `sandbox_ACTION` here with `configure(parser)` and `run(arguments) -> int`,
imported only when its action is typed. Refuses nothing: they do.
"""

import argparse

from astraweave.cli.output import own_stdout
from astraweave.cli.patience import patience_in_play

ACTIONS = {
    "list": "say which scenarios can be played, and which rules a companion is held to",
    "check": "say what is wrong with scenarios and rules of your own",
    "run": "play a tree in the sandbox and show figures",
    "validate": "ask the gate whether weights may be played",
    "replay": "show the episode that a rejection points at",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the actions; their arguments wait until one is typed."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, line in ACTIONS.items():
        about = f"{line[0].upper()}{line[1:]}."
        late = f"astraweave.cli.sandbox_{name}"
        actions.add_parser(name, help=line, description=about, late=late)


@own_stdout()
def run(arguments: argparse.Namespace) -> int:
    """The action that was typed."""
    with patience_in_play():
        return int(arguments.act(arguments))
