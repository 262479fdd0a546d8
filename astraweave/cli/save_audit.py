"""`astraweave save audit SAVE`: what was done with whose memories, and whether that is all of it.

Exit code 1 when rows were changed, taken out or cut off, or when nobody knows the player asked for.
"""

import argparse
from pathlib import Path

from astraweave.cli.common import opened
from astraweave.cli.output import add_json, say, say_json, table
from astraweave.errors import InputError
from astraweave.learning.held import check_known
from astraweave.memory.audit import AuditCheck, AuditEntry, next_step
from astraweave.memory.beside import moment

SHOWN = 40


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("save", metavar="SAVE", type=Path, help="the save file")
    parser.add_argument("--player", metavar="ID", help="only what concerns this player")
    parser.add_argument(
        "--last", metavar="N", type=int, default=SHOWN, help=f"at most so many rows ({SHOWN})"
    )
    parser.add_argument(
        "--accept",
        action="store_true",
        help="after a backup was put back: the shorter audit is known, and counts from now on",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show the rows, newest last, and check all of them."""
    if arguments.last < 0:
        raise InputError(what="--last must be 0 or more", got=arguments.last)
    with opened(arguments.save) as store:
        if arguments.accept:
            store.accept_audit()
        entries = store.audit(arguments.player)
        if arguments.player is not None and not entries:
            check_known(store, arguments.player)
        found = store.check_audit()
    shown = entries[len(entries) - arguments.last :] if arguments.last < len(entries) else entries
    if arguments.json:
        told = {"path": str(arguments.save), "check": found, "entries": shown}
        say_json(told | {"next": None if found.sound else next_step(str(arguments.save))})
    else:
        say(render(str(arguments.save), shown, len(entries), found))
        if not found.sound:
            say(f"  {next_step(str(arguments.save))}")
    return 0 if found.sound else 1


def render(path: str, shown: tuple[AuditEntry, ...], of: int, found: AuditCheck) -> str:
    """For a person."""
    lines = []
    if shown:
        rows = [("number", "when", "what", "whose", "by", "detail")]
        rows += [
            (
                f"{entry.number:6d}",
                moment(entry.at),
                entry.action,
                entry.player or "–",
                entry.by or "–",
                ", ".join(f"{name} {value}" for name, value in entry.detail.items()) or "–",
            )
            for entry in shown
        ]
        lines.append(table(rows))
        if len(shown) < of:
            lines.append(f"… and {of - len(shown)} before them (--last N, --json)")
    kept = "no head is kept beside it" if found.kept is None else "its head is kept beside it"
    if found.sound:
        lines.append(f"{path}: {found.rows} rows, unbroken; {kept}")
    else:
        lines.append(f"{path}: BROKEN, {found.rows} rows")
        lines += [f"  {line}" for line in found.problems]
    return "\n".join(lines)
