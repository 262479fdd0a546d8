"""`astraweave save repair SAVE`: every row that can still be read or a backup has, in a fresh file.

The damaged file is kept beside it, byte for byte. Exit code 1 when only the audit is broken,
which no repair mends.
"""

import argparse
from pathlib import Path

from astraweave.cli.output import add_json, say, say_json, table
from astraweave.memory.audit import next_step
from astraweave.memory.repair import Repaired, repair


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("save", metavar="SAVE", help="the save file; nobody may have it open")
    parser.add_argument(
        "--to", metavar="PATH", type=Path, help="write the mended save to this new file instead"
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Repair, and say what was kept and what is lost."""
    done = repair(arguments.save, arguments.to)
    if arguments.json:
        say_json(done)
    else:
        say(render(done))
    return 1 if done.left else 0


def render(done: Repaired) -> str:
    """For a person."""
    if done.left:
        lines = [f"{done.path}: every row is sound; no repair mends the audit", *done.left]
        return "\n  ".join([*lines, f"next: {next_step(done.path)}"])
    if done.to is None:
        return f"{done.path}: sound, every row; nothing to repair"
    rows = [["table", "kept", "lost", "set aside", "made again", "from backup"]]
    rows += [
        [name, *(f"{n:,}" if n else "-" for n in counts)]
        for name, t in done.tables.items()
        if any(counts := (t.kept, t.lost, t.set_aside, t.made_again, t.from_backup))
    ]
    kept = sum(t.kept for t in done.tables.values())
    lost = f"at least {done.lost:,}" if done.lost else "0"
    lines = [
        f"{done.to}: {kept:,} rows kept, {lost} lost or set aside, "
        f"{done.pages_lost} pages unreadable",
        table(rows),
        *_told_of_backups(done),
    ]
    if done.damaged:
        lines.append(f"the damaged file is now {done.damaged}")
    return "\n".join(lines)


def _told_of_backups(done: Repaired) -> list[str]:
    lines = [
        f"{asked.file}: not taken: {asked.problem}"
        if asked.problem
        else f"{asked.file}: {asked.rows:,} rows of it"
        for asked in done.backups
    ]
    older = {name: t.older for name, t in done.tables.items() if t.older}
    if older:
        told = ", ".join(f"{count:,} {name}" for name, count in older.items())
        lines.append(f"as they were at the backup, perhaps changed since: {told}")
    if done.left_out:
        lines.append(
            f"{done.left_out:,} episodes and memories of backups are not in it: forgotten since, "
            "or nothing proves that they were not"
        )
    return lines
