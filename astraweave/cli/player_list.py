"""`astraweave player list SAVE`: of whom it holds what. Reads; the save stays as it is."""

import argparse
from pathlib import Path

from astraweave.cli.common import opened
from astraweave.cli.output import add_json, say, say_json, table
from astraweave.memory.beside import moment
from astraweave.memory.privacy import PlayerHeld


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("save", metavar="SAVE", type=Path, help="the save file")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show each player."""
    with opened(arguments.save) as store:
        players = store.players()
    if arguments.json:
        say_json({"players": players})
    else:
        say(render(players) if players else f"{arguments.save}: holds nothing about anybody")
    return 0


def render(players: tuple[PlayerHeld, ...]) -> str:
    """One line a player."""
    rows = [("player", "with", "episodes", "memories", "first", "last", "shared with")]
    rows += [
        (
            held.player_id,
            ", ".join(held.companions) or "–",
            f"{held.episodes:8d}",
            f"{held.memories:8d}",
            "–" if held.first is None else moment(held.first),
            "–" if held.last is None else moment(held.last),
            ", ".join("everyone" if to == "*" else to for to in held.shared_with) or "nobody",
        )
        for held in players
    ]
    return table(rows)
