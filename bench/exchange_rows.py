"""What getting data in and out costs: lines into a save, and a save into lines."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import msgspec
import numpy as np

from astraweave.learning.export import export
from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.connection import Link, open_link
from astraweave.memory.exchange import Intake
from astraweave.memory.exchange.lines import encode_line
from astraweave.memory.rows import EpisodeRows, episode_rows
from astraweave.model.columns import EpisodeLog, episode_of
from astraweave.model.episode import Episode
from astraweave.model.exchange import read_episodes
from bench.harness import Operation, Operations, Row, pairs
from bench.memory_rows import OBSERVATIONS, fight, insert_by_hand

_EPISODES, _ROUNDS = 40, 15
_INGEST, _EXPORT = 20_000, 20_000


def ingest() -> Row:
    """Lines of JSON into a save, against decoding them and statements for ready-made values."""
    names = count()
    with _save() as ours, _link() as hand:
        batches = [_batch(names) for _ in range(_ROUNDS + 3)]
        ready = [
            (lines, [episode_rows(log) for log in logs])
            for lines, logs in (_batch(names) for _ in batches)
        ]
        times, reference = pairs(
            lambda: _ingest(ours, batches.pop()[0]),
            lambda: _by_hand(hand, *ready.pop()),
            rounds=_ROUNDS,
        )
    n = _EPISODES * OBSERVATIONS
    value, other = n / float(np.median(times)) * 1e9, n / float(np.median(reference)) * 1e9
    return Row(
        name="ingest",
        what=f"observations of {OBSERVATIONS}-observation episodes from JSON Lines into a save",
        value=value,
        unit="/s",
        goal=f"≥ {_INGEST:,}/s",
        reference=other,
        ratio=float(np.median(times / reference)),
        met=value >= _INGEST,
        detail="reference: the lines only decoded by msgspec, unchecked, and the same rows, "
        "encoded before, by hand in APSW; the ratio is of times",
    )


def export_() -> Row:
    """A save into lines of JSON, against encoding the same episodes that are in RAM already."""
    lines, logs = _batch(count())
    told = [episode_of(log) for log in logs]
    with _save() as store:
        _ingest(store, lines)
        times, reference = pairs(
            lambda: export(store, io.BytesIO()),
            lambda: b"\n".join([encode_line(episode) for episode in told]),
            rounds=_ROUNDS,
        )
    n = _EPISODES * OBSERVATIONS
    value, other = n / float(np.median(times)) * 1e9, n / float(np.median(reference)) * 1e9
    return Row(
        name="export",
        what=f"observations of {OBSERVATIONS}-observation episodes from a save into JSON Lines",
        value=value,
        unit="/s",
        goal=f"≥ {_EXPORT:,}/s",
        reference=other,
        ratio=float(np.median(times / reference)),
        met=value >= _EXPORT,
        detail="reference: the episodes, read before, only encoded; the ratio is of times",
    )


def _batch(names: Iterator[int]) -> tuple[bytes, list[EpisodeLog]]:
    """Episodes as lines, and as they are."""
    logs = [replace(fight(), id=f"e{next(names)}") for _ in range(_EPISODES)]
    return b"\n".join([encode_line(episode_of(log)) for log in logs]), logs


def _ingest(store: MemoryStore, lines: bytes) -> int:
    """All that `astraweave ingest` does with lines; how many episodes were stored."""
    intake = Intake("lines", lambda: store, _nothing, _bad)
    for line in read_episodes(io.BytesIO(lines), "lines"):
        intake.take(line)
    return intake.finish().ingested


def _nothing(_: object) -> None:
    """A game that declares nothing."""


def _bad(_: int, reason: str) -> None:
    raise ValueError(reason)


_decode = msgspec.json.Decoder(Episode).decode


def _by_hand(link: Link, lines: bytes, rows: list[EpisodeRows]) -> list[Episode]:
    """Decoded, and the rows that were ready, in one transaction."""
    decoded = [_decode(line) for line in lines.split(b"\n")]
    with link.transaction():
        for row in rows:
            insert_by_hand(link, row)
    return decoded


@contextmanager
def _save() -> Iterator[MemoryStore]:
    with tempfile.TemporaryDirectory() as folder, open_memory(Path(folder) / "s.db") as store:
        yield store


@contextmanager
def _link() -> Iterator[Link]:
    with tempfile.TemporaryDirectory() as folder:
        link = open_link(str(Path(folder) / "hand.db"))
        yield link
        link.db.close()


@contextmanager
def _ingest_operation() -> Iterator[Operation]:
    names, lines = count(), _batch(count())[0]
    with _save() as store:
        yield lambda: _ingest(store, lines.replace(b'"id":"e', b'"id":"%d-' % next(names)))


@contextmanager
def _export_operation() -> Iterator[Operation]:
    with _save() as store:
        _ingest(store, _batch(count())[0])
        yield lambda: export(store, io.BytesIO())


OPERATIONS: Operations = {"ingest": _ingest_operation, "export": _export_operation}
