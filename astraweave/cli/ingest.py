"""`astraweave ingest EPISODES.jsonl --save S`: episodes of any game, one a line, oldest first.

A bad line is reported with its number, the others are stored, and the exit code is 2. The save is
made with the first good episode, so a file of nothing but errors leaves nothing behind. Refuses an
episode whose id is another one's.
"""

import argparse
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path

import msgspec
import numpy as np

from astraweave.cli.common import add_game, declared, opened, opened_lines, progress, wipe
from astraweave.cli.output import add_json, complain, say, say_json
from astraweave.errors import EpisodeError
from astraweave.learning import GameSpec, remember
from astraweave.learning.setup import game_of
from astraweave.memory import MemoryStore, open_memory
from astraweave.model.columns import EpisodeLog, episode_of, log_of
from astraweave.model.episode import Episode
from astraweave.model.exchange import check_episode, read_episodes

SHOWN = 20
KEPT = 1_000
FLUSH_EVERY = 256


class BadLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line that was not stored, numbered from 1."""

    line: int
    reason: str


class Summary(msgspec.Struct, kw_only=True):
    """What became of the lines. `bad` holds the first `KEPT` of `bad_lines`."""

    read: int = 0
    ingested: int = 0
    duplicates: int = 0
    bad_lines: int = 0
    bad: list[BadLine] = []


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("episodes", metavar="EPISODES", help="a JSON Lines file, or - for stdin")
    parser.add_argument("--save", metavar="PATH", type=Path, required=True, help="the save file")
    add_game(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Read, check and store."""
    with ExitStack() as stack:
        stream, size = opened_lines(arguments.episodes, stack)
        desk = _Desk(arguments, stack)
        draw = progress()
        for number, found in read_episodes(stream, arguments.episodes):
            desk.take(number, found)
            if draw is not None and size:
                draw(f"{desk.summary.ingested} episodes", stream.tell() / size)
        wipe()
        desk.finish()
    summary = desk.summary
    if arguments.json:
        say_json(summary)
    else:
        say(
            f"{summary.read} episodes read: {summary.ingested} ingested, "
            f"{summary.duplicates} known already, {summary.bad_lines} bad"
        )
    return 2 if summary.bad_lines else 0


class _Desk:
    """Checks episodes against the game's declarations and stores what fits."""

    def __init__(self, arguments: argparse.Namespace, stack: ExitStack) -> None:
        self.path: Path = arguments.save
        self.name: str = arguments.episodes
        self.summary = Summary()
        self._stack = stack
        self._store: MemoryStore | None = None
        if self.path.exists():
            self._store = stack.enter_context(opened(self.path, mend=True))
        self.spec: GameSpec = declared(self._store, arguments.tree, arguments.actions)
        self.game, _ = game_of(msgspec.structs.replace(self.spec, environment=None))
        self._known: set[str] = set() if self._store is None else set(self._store.episode_ids())

    def take(self, number: int, found: Episode | EpisodeError) -> None:
        """One line."""
        self.summary.read += 1
        try:
            if isinstance(found, EpisodeError):
                raise found
            self._check(found)
            self._keep(found)
        except EpisodeError as error:
            self._refuse(number, error)

    def _check(self, episode: Episode) -> None:
        check_episode(
            episode,
            vocabulary=self.game.vocabulary,
            sheet=self.game.sheet,
            tactics=frozenset(self.game.tree.tactics),
        )

    def _keep(self, episode: Episode) -> None:
        store, log = self._save(), log_of(episode)
        if episode.id in self._known:
            stored = store.episode(episode.id)
            if stored is not None and not _same(stored, log):
                what = f"another episode has the id {episode.id!r}"
                raise EpisodeError(what=what, fix="give each episode its own id")
            self.summary.duplicates += 1
            return
        store.write(log)
        self._known.add(episode.id)
        self.summary.ingested += 1
        if self.summary.ingested % FLUSH_EVERY == 0:
            store.flush()

    def _save(self) -> MemoryStore:
        """The save, made when the first episode is worth it."""
        if self._store is None:
            self._store = self._stack.enter_context(open_memory(self.path, recover=False))
        return self._store

    def _refuse(self, number: int, error: EpisodeError) -> None:
        where = error.where or ""
        here = f"{self.name}:{number}"
        at = where if where.startswith(here) else f"{here}: {where}" if where else here
        line = EpisodeError(what=error.what, got=error.got, where=at, fix=error.fix)
        summary = self.summary
        summary.bad_lines += 1
        if len(summary.bad) < KEPT:
            summary.bad.append(BadLine(line=number, reason=str(line)))
        if summary.bad_lines <= SHOWN:
            wipe()
            complain(str(line))

    def finish(self) -> None:
        """Remember the game that the episodes are of, so that `learn` needs no more to be told."""
        more = self.summary.bad_lines - SHOWN
        if more > 0:
            complain(f"{self.name}: and {more} more bad lines")
        if self._store is not None and self.summary.ingested + self.summary.duplicates:
            self._store.flush()
            remember(self._store, self.spec)


def _same(one: EpisodeLog, other: EpisodeLog) -> bool:
    """Whether two logs say the same; mostly told from their columns, 20 times as fast."""
    pairs = [(getattr(one, f.name), getattr(other, f.name)) for f in fields(EpisodeLog)]
    alike = all(
        a.tobytes() == b.tobytes() if isinstance(a, np.ndarray) else a == b for a, b in pairs
    )
    return alike or episode_of(one) == episode_of(other)
