"""`astraweave save info SAVE`: what is in it, how large it is, what lies beside it. Reads only."""

import argparse

from astraweave.cli.output import add_json, say, say_json, table
from astraweave.memory.checkup import Info, info

PLAYERS = 8


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("save", metavar="SAVE", help="the save file")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Look, and say."""
    found = info(arguments.save)
    if arguments.json:
        say_json(found)
    else:
        say(render(found))
    return 0


def render(found: Info) -> str:
    """For a person."""
    size = f"{found.bytes:,} bytes"
    if found.log_bytes:
        size += f" and {found.log_bytes:,} in its log"
    if found.free_bytes:
        size += f", {found.free_bytes:,} of them free (`astraweave save compact`)"
    newest = "the newest" if found.schema == found.newest else f"the newest is {found.newest}"
    rows = [
        ("save", found.path),
        ("size", size),
        ("schema", f"{found.schema}, {newest}; SQLite {found.sqlite}"),
    ]
    if found.first_episode is not None:
        rows.append(("played", f"{found.first_episode} to {found.last_episode}"))
        more = len(found.players) - PLAYERS
        named = ", ".join(found.players[:PLAYERS]) + (f" and {more} more" if more > 0 else "")
        rows.append(("players", named))
    rows.append(("rows", ", ".join(f"{n:,} {name}" for name, n in found.rows.items() if n)))
    rows += [("backup", name) for name in found.backups] or [("backup", "none")]
    rows += [("put aside", name) for name in found.aside]
    rows += [("half made", f"{name} (the next opening removes it)") for name in found.half_made]
    return table(rows)
