"""`astraweave tree situate --save S`: the guard that this person's play asks for, for the gate.

A tactic that does clearly worse in a third of the range of health or threat than elsewhere, and
than the others there, is skipped there. Whether that plays no worse `tree adopt` asks the sandbox,
and then a trial. Exit 1 where play asks for no guard.
"""

import argparse
from pathlib import Path

from astraweave.cli.common import declared, one_pair, opened, playable
from astraweave.cli.files import check_free, write_out
from astraweave.cli.output import say, say_json
from astraweave.cli.tree_freeze import add_made, print_xml
from astraweave.learning.rows import known
from astraweave.learning.situated import guarded
from astraweave.learning.variants import as_played

NEXT = "Not judged yet: astraweave tree adopt {out} --save {save}"
NONE = "No tactic is clearly misplaced in a situation: there is nothing to guard."


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--save", metavar="PATH", type=Path, required=True, help="whose play")
    parser.add_argument("--tree", metavar="TREE", help="default: the save's")
    add_made(parser)


def run(arguments: argparse.Namespace) -> int:
    """Look, say what was found, write."""
    if arguments.out is not None:
        check_free(arguments.out, replace=arguments.force)
    with opened(arguments.save) as store:
        pair = one_pair(store, arguments.player, arguments.companion)
        game, _ = playable(declared(store, arguments.tree, None), None, store.path)
        game = as_played(store, game, *pair)
        made = guarded(game.tree, known(store, *pair, game.styles).state, game.sheet)
    if made is None:
        if arguments.json:
            say_json({"found": None, "xml": None, "out": None})
        else:
            say(NONE)
        return 1
    found, variant = made
    if arguments.out is not None:
        write_out(arguments.out, variant.xml, replace=arguments.force)
    if arguments.json:
        say_json(
            {
                "found": found._asdict(),
                "mutation": variant.mutation,
                "mutated_hash": variant.tree.content_hash,
                "out": None if arguments.out is None else str(arguments.out),
                "xml": variant.xml if arguments.out is None else None,
            }
        )
    elif arguments.out is not None:
        told = NEXT.format(out=arguments.out, save=arguments.save)
        say(f"{found.text}.\n{variant.mutation.detail}.\n{told}")
    else:
        print_xml(variant.xml)
    return 0
