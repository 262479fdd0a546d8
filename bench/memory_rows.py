"""What the store costs: one episode written, a thousand rows of statistics read."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.cache import HotCache
from astraweave.memory.connection import Link, open_link
from astraweave.memory.jobs import WriteEpisode
from astraweave.memory.mark import Mark
from astraweave.memory.numbering import INSERT_MEMORY
from astraweave.memory.rows import (
    DELETE_CHECKPOINTS,
    INSERT_EPISODE,
    INSERT_OBSERVATIONS,
    INSERT_TAG,
    EpisodeRows,
    episode_rows,
)
from astraweave.memory.screen import Screen
from astraweave.model.columns import EpisodeLog
from astraweave.model.draft import Draft
from astraweave.model.episode import (
    ActionResult,
    CompanionResponse,
    EpisodeCategory,
    EpisodeOutcome,
)
from astraweave.model.learned import LearningCommit
from bench.harness import Operation, Operations, Row, median, pairs, sample

_ROUNDS = 400
OBSERVATIONS, _FACTS = 150, 18
_EPISODES, _FEATURES = 1_000, 40
_WRITE_RATIO, _READ_MS = 1.5, 10.0
_PLAYER, _COMPANION = "robin", "mira"


def write() -> Row:
    """One episode from its columns into the save, against statements for ready-made values."""
    log = fight()
    with _two_saves() as (ours, hand):
        logs = [replace(log, id=f"mira-{n:06d}-00000007") for n in range(_ROUNDS + 3)]
        # Encoded outside the clock: the reference is charged for SQLite only.
        rows = [episode_rows(log) for log in logs]
        written, reference = pairs(
            lambda: ours.write(logs.pop()), lambda: _by_hand(hand, rows.pop()), rounds=_ROUNDS
        )
    screen = Screen(Counter(), print)
    screened = sample(lambda: screen.episode(log), rounds=200)
    encoded = sample(lambda: episode_rows(log), rounds=200)
    value, by_hand = median(written, 1e3), median(reference, 1e3)
    ratio = float(np.median(written / reference))
    return Row(
        name="write",
        what=f"one {OBSERVATIONS}-observation episode: screened, encoded, written, committed",
        value=value,
        unit="µs",
        goal=f"≤ {_WRITE_RATIO}× reference",
        reference=by_hand,
        ratio=ratio,
        met=ratio <= _WRITE_RATIO,
        detail=(
            "reference: the same rows by hand in APSW, already encoded; "
            f"screening alone {median(screened, 1e3):.0f} µs, "
            f"encoding {median(encoded, 1e3):.0f} µs; in play all of it is off the frame"
        ),
    )


def read() -> Row:
    """Statistics of a thousand episodes into one array, against a bare SELECT of the same."""
    with _learned() as store:

        def ours() -> npt.NDArray[np.float64]:
            return _features(store)

        times, reference = pairs(ours, lambda: _selected(store), rounds=60)
        ids = store.episode_ids()
        columns = sample(lambda: sum(len(log.facts) for log in store.episodes(ids)), rounds=5)
    value, by_hand = median(times, 1e6), median(reference, 1e6)
    return Row(
        name="read",
        what=f"{_EPISODES:,} episodes' rows of {_FEATURES} features into one array",
        value=value,
        unit="ms",
        goal=f"≤ {_READ_MS:.0f} ms",
        reference=by_hand,
        ratio=value / by_hand,
        met=value <= _READ_MS,
        detail=(
            "reference: a bare SELECT and frombuffer, no checksums; "
            f"all {OBSERVATIONS} observations of every episode {median(columns, 1e6):.0f} ms"
        ),
    )


def fight() -> EpisodeLog:
    """A fight: two thirds actions of the player with one parameter, one third decisions."""
    rng = np.random.default_rng(7)
    tactics = ("heal_player", "flank_enemy", "draw_aggro", "cover_player")
    draft = Draft(
        id="fight",
        category=EpisodeCategory.COMBAT,
        start_time=1e9,
        end_time=1e9 + 60.0,
        player_id=_PLAYER,
        companion_id=_COMPANION,
        policy_version=3,
        seed=7,
        fact_names=tuple(f"fact_{i}" for i in range(_FACTS)),
        outcome=EpisodeOutcome(success_rating=0.8, player_satisfaction=0.6, damage_dealt=75.5),
        tags=["night"],
    )
    for i in range(OBSERVATIONS):
        at = 0.4 * i
        draft.rows.append(rng.uniform(0.0, 1.0, _FACTS).tolist())
        if i % 3:
            draft.seen.append((at, "strike", "orc", {"damage": float(i)}, i))
            continue
        response = CompanionResponse(
            action_type=tactics[i % 4],
            result=ActionResult.SUCCESS,
            effectiveness=0.5,
            tactic=tactics[i % 4],
            node="root",
            propensity=0.25,
            available=tactics,
            duration_ms=400,
        )
        draft.seen.append((at, response, i))
    return draft.log()


class _Ours:
    """What the writer thread does with one episode."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._cache, self._screen = HotCache(), Screen(Counter(), print)
        self._mark = Mark(link.file)

    def write(self, log: EpisodeLog) -> None:
        job = WriteEpisode(log, self._cache, self._screen)
        job.prepare()
        with self._link.transaction() as db:
            begun = self._mark.begin(db)
            job.apply(db)
        if begun:
            self._mark.write()
        job.settled()


def _by_hand(link: Link, rows: EpisodeRows) -> None:
    link.db.execute("BEGIN IMMEDIATE")
    insert_by_hand(link, rows)
    link.db.execute("COMMIT")


def insert_by_hand(link: Link, rows: EpisodeRows) -> None:
    """The same statements, as one would write them for this one case."""
    db = link.db
    db.execute(INSERT_EPISODE, rows.row)
    db.execute(INSERT_OBSERVATIONS, (db.last_insert_rowid(), rows.columns))
    db.execute(INSERT_MEMORY, rows.memory.row)
    memory = db.last_insert_rowid()
    db.executemany(INSERT_TAG, [(memory, tag) for tag in rows.memory.tags])
    db.execute(DELETE_CHECKPOINTS, (rows.row[0],))


def _features(store: MemoryStore) -> npt.NDArray[np.float64]:
    """float64[episodes, features], oldest first."""
    rows = store.rows(_PLAYER, _COMPANION)
    return np.frombuffer(b"".join([row for _, row in rows])).reshape(len(rows), -1)


def _selected(store: MemoryStore) -> npt.NDArray[np.float64]:
    rows: list[Any] = store._read_link.db.execute(
        "SELECT body FROM statistics WHERE player = ? AND companion = ? ORDER BY position",
        (_PLAYER, _COMPANION),
    ).fetchall()
    return np.frombuffer(b"".join([row[0][8:] for row in rows])).reshape(len(rows), -1)


@contextmanager
def _two_saves() -> Iterator[tuple[_Ours, Link]]:
    """Two new saves, one for each side of a comparison."""
    with tempfile.TemporaryDirectory() as folder:
        links = [open_link(str(Path(folder) / name)) for name in ("ours.db", "hand.db")]
        yield _Ours(links[0]), links[1]
        for link in links:
            link.db.close()


@contextmanager
def _learned() -> Iterator[MemoryStore]:
    """A save with a thousand episodes and their rows."""
    log = fight()
    rng = np.random.default_rng(8)
    rows = {f"e{n}": rng.uniform(size=_FEATURES).tobytes() for n in range(_EPISODES)}
    with tempfile.TemporaryDirectory() as folder, open_memory(Path(folder) / "s.db") as store:
        for name in rows:
            store.write(replace(log, id=name))
        store.commit(LearningCommit(player_id=_PLAYER, companion_id=_COMPANION, rows=rows))
        yield store


@contextmanager
def _write_operation() -> Iterator[Operation]:
    log, names = fight(), count()
    with _two_saves() as (ours, _):
        yield lambda: ours.write(replace(log, id=f"mira-{next(names):06d}-00000007"))


@contextmanager
def _read_operation() -> Iterator[Operation]:
    with _learned() as store:
        yield lambda: _features(store)


OPERATIONS: Operations = {"write": _write_operation, "read": _read_operation}
