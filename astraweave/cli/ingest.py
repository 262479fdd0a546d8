"""`astraweave ingest FILE --save S`: what another program, or `export`, wrote; oldest first.

A bad line is reported with its number and byte, the others are stored, and the exit code is 2
(with `--skip-bad` 0). The save is made with the first good line, so a file of nothing but errors
leaves nothing behind. What is stored already is left alone; refuses another thing under its id.
"""

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from astraweave.cli.common import add_game, declared, opened, progress, wipe
from astraweave.cli.output import add_json, complain, say, say_json
from astraweave.errors import InputError
from astraweave.learning import GameSpec, remember
from astraweave.learning.setup import game_of
from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.exchange import Intake, Taken
from astraweave.memory.exchange.lines import READERS, SCHEMAS
from astraweave.memory.exchange.sources import Source, sources
from astraweave.model.episode import Episode
from astraweave.model.exchange import check_episode
from astraweave.model.lines import Line
from astraweave.model.memory import Memory
from astraweave.model.sources import TRUST, declares_source, source_tags

SHOWN = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="JSON Lines, Arrow or Parquet, a folder that export wrote, or - for JSON on stdin",
    )
    parser.add_argument("--save", metavar="PATH", type=Path, help="the save file")
    parser.add_argument(
        "--what",
        choices=READERS,
        help="what a line holds (default: as FILE is called, or episodes)",
    )
    parser.add_argument(
        "--skip-bad", action="store_true", help="bad lines are told and counted, the exit code is 0"
    )
    parser.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of a line and end"
    )
    add_game(parser)
    parser.add_argument(
        "--source",
        choices=sorted(TRUST),
        help="whose play it is, of episodes that do not say so themselves (default: own)",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Read, check and store."""
    if arguments.schema:
        schema = SCHEMAS[arguments.what or "episodes"]()
        say(msgspec.json.format(msgspec.json.encode(schema), indent=2).decode())
        return 0
    if arguments.file is None or arguments.save is None:
        missing = "a file" if arguments.file is None else "--save"
        fix = "astraweave ingest episodes.jsonl --save slot1.db"
        raise InputError(what=f"ingest needs {missing}", fix=fix)
    with ExitStack() as stack:
        found = sources(arguments.file, arguments.what, stack)
        desk = _Desk(arguments, stack, any(source.what == "episodes" for source in found))
        taken = {each.what: _ingested(each, desk, arguments.source) for each in found}
    if arguments.json:
        say_json(taken if len(taken) > 1 else next(iter(taken.values())))
    else:
        say("\n".join(_line(what, each) for what, each in taken.items()))
    bad = any(each.bad_lines for each in taken.values())
    return 2 if bad and not arguments.skip_bad else 0


def _line(what: str, taken: Taken) -> str:
    return (
        f"{taken.read} {what} read: {taken.ingested} ingested, "
        f"{taken.duplicates} known already, {taken.bad_lines} bad"
    )


def _ingested(source: Source, desk: "_Desk", whose: str | None) -> Taken:
    draw = progress()
    check = desk.check if source.what == "episodes" else _anything
    intake = Intake(source.name, desk.save, check, _complain)
    try:
        for line in source.lines:
            intake.take(_from(whose, line))
            done = source.share(line)
            if draw is not None and done is not None:
                draw(f"{intake.taken.read} {source.what}", done)
    finally:
        # A file that breaks off is told, and what came before is stored.
        taken = intake.finish()
        wipe()
    more = taken.bad_lines - SHOWN
    if more > 0:
        complain(f"{source.name}: and {more} more bad lines")
    if source.what == "episodes":
        desk.finish(taken)
    return taken


def _from(source: str | None, line: Line[Any]) -> Line[Any]:
    """The line, its episode tagged with whose play it is where it does not say so itself."""
    found = line.found
    if source is None or not isinstance(found, Episode) or declares_source(found.tags):
        return line
    tags = (*found.tags, *source_tags(source))
    return line._replace(found=msgspec.structs.replace(found, tags=tags))


def _complain(count: int, reason: str) -> None:
    if count <= SHOWN:
        wipe()
        complain(reason)


class _Desk:
    """The save and what its game declares; memories need no declaration."""

    def __init__(self, arguments: argparse.Namespace, stack: ExitStack, declares: bool) -> None:
        self._path: Path = arguments.save
        self._stack = stack
        self._store: MemoryStore | None = None
        if self._path.exists():
            self._store = stack.enter_context(opened(self._path, mend=True))
        self._spec: GameSpec | None = None
        self.check: Callable[[Any], None] = _anything
        if declares:
            folder = Path(arguments.file)  # "-" is standard input, also where a folder is called so
            told = folder if arguments.file != "-" and folder.is_dir() else None
            self._spec = declared(self._store, arguments.tree, arguments.actions, told)
            self.check = _checked_by(self._spec)

    def save(self) -> MemoryStore:
        """The save, made when something is worth it."""
        if self._store is None:
            self._store = self._stack.enter_context(open_memory(self._path, recover=False))
        return self._store

    def finish(self, taken: Taken) -> None:
        """Remember the game that the episodes are of, so that `learn` needs no more to be told."""
        if self._spec is not None and taken.ingested + taken.duplicates:
            remember(self.save(), self._spec)


def _anything(memory: Memory) -> None:
    """A game declares nothing about memories."""


def _checked_by(spec: GameSpec) -> Callable[[Episode], None]:
    game, _ = game_of(msgspec.structs.replace(spec, environment=None))
    tactics = frozenset(game.tree.tactics)

    def check(episode: Episode) -> None:
        check_episode(episode, vocabulary=game.vocabulary, sheet=game.sheet, tactics=tactics)

    return check
