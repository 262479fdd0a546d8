"""`astraweave save check SAVE`: is it sound? Nothing is changed.

Exit code 1 when it is not, or when nobody can tell whether its log is whole.
"""

import argparse

from astraweave.cli.output import add_json, say, say_json
from astraweave.memory.checkup import Checked, check


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("save", metavar="SAVE", help="the save file")
    parser.add_argument(
        "--full", action="store_true", help="read every row and compare its checksum, too"
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check, and say."""
    found = check(arguments.save, full=arguments.full)
    if arguments.json:
        say_json(found)
    else:
        say(render(found))
    return 0 if found.sound else 1


def render(found: Checked) -> str:
    """For a person."""
    what = (
        "every row" if found.full else "header, tables, indexes and audit (--full reads every row)"
    )
    rows = ", ".join(f"{found.rows.get(name, 0)} {name}" for name in ("episodes", "memories"))
    if found.sound:
        lines = [f"{found.path}: sound, schema {found.schema}, {rows}; checked {what}"]
    elif found.problems:
        lines = [f"{found.path}: DAMAGED", *(f"  {line}" for line in found.problems)]
    else:
        lines = [f"{found.path}: UNSURE, schema {found.schema}, {rows}; checked {what}"]
    lines += [f"  {line}" for line in found.unsure]
    lines += [f"  {line}" for line in found.notes]
    if found.next:
        lines.append(f"  next: {found.next}")
    return "\n".join(lines)
