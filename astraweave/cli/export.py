"""`astraweave export SAVE --to PATH`: what a save holds, as files for other programs.

Reads, and writes into the audit that it did. A damaged row is said and left out, the others are
written, and the exit code is 2.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from astraweave.cli.common import opened, progress, wipe
from astraweave.cli.output import add_json, complain, say, say_json
from astraweave.errors import InputError
from astraweave.learning.export import Exported, export
from astraweave.memory.exchange import FORMATS, Selection, format_of

KINDS = {
    "episodes": ("episodes",),
    "memories": ("memories",),
    "traits": ("traits",),
    "all": ("episodes", "memories", "traits"),
}
SHOWN = 20
MAX_S = 4e11


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("save", metavar="SAVE", type=Path, help="the save file")
    parser.add_argument(
        "--to", metavar="PATH", required=True, help="a file, a folder for several, or - for stdout"
    )
    parser.add_argument("--what", choices=KINDS, default="episodes", help="default: episodes")
    parser.add_argument("--format", choices=FORMATS, help="default: as PATH ends, else jsonl")
    parser.add_argument("--player", metavar="ID", help="only this player")
    parser.add_argument("--companion", metavar="ID", help="only this companion")
    parser.add_argument(
        "--since",
        metavar="TIME",
        help="from then on: 2026-01-31, …T18:30+01:00 or seconds since 1970",
    )
    parser.add_argument("--until", metavar="TIME", help="before then")
    parser.add_argument("--overwrite", action="store_true", help="files may be there already")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the files and say what is in them."""
    to = sys.stdout.buffer if arguments.to == "-" else Path(arguments.to)
    kinds, form = KINDS[arguments.what], arguments.format or FORMATS[0]
    if isinstance(to, Path) and arguments.format is None:
        form = format_of(to, folder=len(kinds) > 1)
    only = Selection(
        player_id=arguments.player,
        companion_id=arguments.companion,
        since_s=_moment("--since", arguments.since),
        until_s=_moment("--until", arguments.until),
    )
    with opened(arguments.save) as store:
        told = export(
            store,
            to,
            what=kinds,
            form=form,
            only=only,
            overwrite=arguments.overwrite,
            progress=progress(),
        )
    wipe()
    for line in told.problems[:SHOWN]:
        complain(line)
    if told.damaged > SHOWN:
        complain(f"{arguments.save}: and {told.damaged - SHOWN} more damaged rows")
    _tell(told, arguments, isinstance(to, Path))
    return 2 if told.damaged else 0


def _tell(told: Exported, arguments: argparse.Namespace, to_files: bool) -> None:
    """The summary; rows that went to standard output are not mixed with it."""
    if not to_files:
        return
    if arguments.json:
        say_json(told)
        return
    counts = {kind: getattr(told, kind) for kind in KINDS[arguments.what]}
    parts = [f"{count:,} {kind}" for kind, count in counts.items()]
    if "episodes" in counts:
        parts[0] += f" ({told.observations:,} observations)"
    say(f"{', '.join(parts)} in {', '.join(told.files)}")


def _moment(name: str, text: str | None) -> float | None:
    """Seconds since 1970; a date without a zone is UTC.

    Raises:
        InputError: it is neither a date nor a number.
    """
    if text is None:
        return None
    try:
        moment = float(text)
    except ValueError:
        try:
            date = datetime.fromisoformat(text)
        except ValueError:
            moment = -1.0
        else:
            moment = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    if not 0.0 <= moment <= MAX_S:
        fix = "give a date such as 2026-01-31, or seconds since 1970"
        raise InputError(what="not a time", got=text, where=name, fix=fix)
    return moment
