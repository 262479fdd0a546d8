"""`astraweave why --save S`: in a few lines, what was learned of a player and how to undo it."""

import argparse

from astraweave.cli.common import add_game, add_save, declared, opened, pairs_of, shown
from astraweave.cli.output import add_json, say, say_json
from astraweave.learning import Game, why
from astraweave.learning.variants import as_played
from astraweave.memory import MemoryStore


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_save(parser)
    add_game(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Explain each pair."""
    with opened(arguments.save) as store:
        pairs = pairs_of(store, arguments.player, arguments.companion)
        game = shown(declared(store, arguments.tree, arguments.actions))
        told = [
            {"player_id": player, "companion_id": mate, "lines": _lines(store, game, player, mate)}
            for player, mate in pairs
        ]
    if arguments.json:
        say_json({"pairs": told})
    else:
        say("\n\n".join("\n".join(pair["lines"]) for pair in told))
    return 0


def _lines(store: MemoryStore, game: Game, player: str, companion: str) -> list[str]:
    return why(store, as_played(store, game, player, companion), player, companion)
