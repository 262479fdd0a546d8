"""`astraweave player forget SAVE PLAYER`: leave no copy of a player in the save and beside it.

Asks on a terminal; elsewhere it needs --yes. `--dry-run` says what would go. Exit code 1 when the
save knows no such player, when the answer is no, or while another program keeps it from being done.
"""

import argparse
import sys
from pathlib import Path

from astraweave.cli.common import opened
from astraweave.cli.output import add_json, say, say_json
from astraweave.errors import InputError
from astraweave.learning.held import check_known
from astraweave.memory import MemoryStore
from astraweave.memory.beside import backups_of, file_of, put_aside
from astraweave.memory.erasing import Erased


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("save", metavar="SAVE", type=Path, help="the save file")
    parser.add_argument("player", metavar="PLAYER", help="the player's id")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")
    parser.add_argument(
        "--mentioned", action="store_true", help="the player need not have played: a name will do"
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask, forget, and say what went."""
    save, player = arguments.save, arguments.player
    with opened(save, mend=not arguments.dry_run) as store:
        if not arguments.mentioned:
            check_known(store, player)
        rows = next((h.rows for h in store.players() if h.player_id == player), {})
        copies = [found.file for found in backups_of(file_of(save))]
        copies += put_aside(file_of(save))
        if arguments.dry_run:
            _plan(player, rows, [str(file) for file in copies], as_json=arguments.json)
            return 0
        if not arguments.yes and not _confirmed(player, rows, len(copies)):
            say("nothing was forgotten")
            return 1
        done = _forget(store, player)
    if arguments.json:
        say_json({"player_id": player, **_facts(done)})
    else:
        say(render(player, done))
    return 0 if done.finished else 1


def _forget(store: MemoryStore, player: str) -> Erased:
    return store.forget_player(player)


def _facts(done: Erased) -> dict[str, object]:
    return {name: getattr(done, name) for name in done.__struct_fields__}


def _plan(player: str, rows: dict[str, int], copies: list[str], *, as_json: bool) -> None:
    if as_json:
        say_json({"player_id": player, "rows": rows, "backups": copies, "dry_run": True})
        return
    say(f"{player}: would forget {_counted(rows)}")
    for file in copies:
        say(f"  and remove {file}")


def _confirmed(player: str, rows: dict[str, int], copies: int) -> bool:
    if not sys.stdin.isatty():
        raise InputError(
            what="forgetting cannot be undone, and nobody is there to be asked",
            where=f"player forget {player}",
            fix="add --yes, or --dry-run to see what would go",
        )
    say(f"{player}: {_counted(rows)}, {copies} backups and older copies. This cannot be undone.")
    sys.stdout.write("Type the player's name to forget it: ")
    sys.stdout.flush()
    return sys.stdin.readline().rstrip("\n") == player


def render(player: str, done: Erased) -> str:
    """For a person."""
    lines = [f"{player}: forgot {_counted(done.rows)}, changed {done.changed} rows of others"]
    lines += [f"  removed {file}" for file in done.backups]
    lines += [f"  the name is part of {name!r}, where it stays" for name in done.still_in]
    if not done.finished:
        lines.append(
            "  NOT FINISHED: another program has the save open; close it, then repeat any command"
        )
    return "\n".join(lines)


def _counted(rows: dict[str, int]) -> str:
    return ", ".join(f"{count} {table}" for table, count in rows.items() if count) or "nothing"
