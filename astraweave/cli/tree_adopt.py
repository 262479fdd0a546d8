"""`astraweave tree adopt VARIANT --save S`: a changed tree through the gate, and into use.

0: approved, and played from the next start of the game on; 1: rejected; 2: bad input. The save
keeps the variant; `astraweave weights undo S` goes back. Refuses what no environment can prove.
"""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from astraweave.behavior import load_tree
from astraweave.cli.common import add_save, check_seed, declared, one_pair, opened, playable, wipe
from astraweave.cli.output import add_json, own_stdout, say, say_json
from astraweave.cli.sandbox_validate import render
from astraweave.errors import InputError
from astraweave.learning.variants import adopt


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("variant", metavar="VARIANT", help="a Groot2 file, e.g. of `tree mutate`")
    add_save(parser)
    parser.add_argument("--tree", metavar="XML", type=Path, help="of which, if not the save's own")
    parser.add_argument(
        "--environment", metavar="MODULE:FACTORY", help="the game to prove it in, as for `learn`"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="default 0")
    add_json(parser)


@own_stdout()
def run(arguments: argparse.Namespace) -> int:
    """Judge and, if it passes, deploy."""
    check_seed(arguments.seed)
    variant = load_tree(arguments.variant)
    with opened(arguments.save, mend=True) as store:
        pair = one_pair(store, arguments.player, arguments.companion)
        spec = declared(store, arguments.tree, None)
        game, settings = playable(spec, arguments.environment, store.path)
        if game.environment is None:
            fix = "give --environment module:factory"
            raise InputError(what="a structure is only proved by play", where=store.path, fix=fix)
        if variant.content_hash == game.tree.content_hash:
            fix = "give a variant of it, or go back with astraweave weights undo"
            raise InputError(what="this is the save's own tree", where=variant.path, fix=fix)
        told = adopt(
            *(store, game, variant),
            player_id=pair[0],
            companion_id=pair[1],
            seed=arguments.seed,
            now=datetime.now(UTC).timestamp(),
            settings=settings,
        )
    wipe()
    if arguments.json:
        say_json(
            {
                "player_id": pair[0],
                "companion_id": pair[1],
                "tree": variant.content_hash,
                "version": told.version,
                "verdict": told.verdict,
            }
        )
    else:
        said = render(told.verdict)
        if told.version is not None:
            back = f"astraweave weights undo {arguments.save}"
            since = "from the next start on, on trial in half of the episodes"
            said += f"\n\nversion {told.version} plays in it {since}; {back}"
        say(said)
    return 0 if told.version is not None else 1
