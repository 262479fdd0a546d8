"""Row `retrieve_words`: finding memories by words, each question asked once."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle

import apsw

from astraweave.memory import MemoryStore
from astraweave.memory.words import FILLERS, words_of
from bench.harness import Operation, Operations, Row, median, percentile, sample
from bench.memory_corpus import Asked
from bench.retrieval_rows import ask, remembered

_COUNT, _TOP, _ROUNDS = 10_000, 10, 600
_GOAL_US = 300.0
_KINDS = ("words", "typo", "script")


def retrieve_words() -> Row:
    """The ten that matter of 10,000 memories, by words, mistyped ones and other scripts too."""
    with remembered(_COUNT, 2_500) as (store, questions):
        asked = cycle([one for one in questions if one.kind in _KINDS])
        plain = _plain(store)
        times = sample(lambda: ask(store, next(asked)), rounds=_ROUNDS, warmup=60)
        spent = sample(lambda: ask(store, next(asked)), rounds=_ROUNDS, clock=time.thread_time_ns)
        each = {}
        for kind in _KINDS:
            ones = cycle([one for one in questions if one.kind == kind])
            each[kind] = sample(lambda ones=ones: ask(store, next(ones)), rounds=200)  # type: ignore[misc]
        bare = sample(lambda: plain(next(asked)), rounds=_ROUNDS, warmup=60)
    value, reference = percentile(times, 95.0, 1e3), percentile(bare, 95.0, 1e3)
    told = ", ".join(f"{kind} {median(some, 1e3):.0f}" for kind, some in each.items())
    return Row(
        name="retrieve_words",
        what=f"p95 of the {_TOP} that matter of {_COUNT:,} memories, by words, with reasons",
        value=value,
        unit="µs",
        goal=f"≤ {_GOAL_US:,.0f} µs",
        reference=reference,
        ratio=value / reference,
        met=value <= _GOAL_US,
        detail=(
            f"median {median(times, 1e3):.0f} µs ({told}); of processor time p95 "
            f"{percentile(spent, 95.0, 1e3):.0f} µs, median {median(spent, 1e3):.0f} µs; "
            "reference: the same texts in FTS5, any of the words, the ids of the ten best by "
            f"bm25, median {median(bare, 1e3):.0f} µs"
        ),
    )


def _plain(store: MemoryStore) -> Callable[[Asked], list[str]]:
    """What SQLite does with the same texts by itself; it knows no mistyped word."""
    db = apsw.Connection(":memory:")
    db.execute("CREATE VIRTUAL TABLE texts USING fts5 (id UNINDEXED, text)")
    rows = store._reader.query("SELECT id, text FROM memories ORDER BY seq")
    with db:
        db.executemany("INSERT INTO texts VALUES (?, ?)", rows)

    def found(asked: Asked) -> list[str]:
        words = [f'"{word}"' for word in words_of(asked.text) if word not in FILLERS]
        sql = f"SELECT id FROM texts WHERE text MATCH ? ORDER BY rank LIMIT {_TOP}"
        return [row[0] for row in db.execute(sql, (" OR ".join(words),))]

    return found


@contextmanager
def _operation() -> Iterator[Operation]:
    with remembered(_COUNT, 500) as (store, questions):
        asked = cycle([one for one in questions if one.kind in _KINDS])
        yield lambda: ask(store, next(asked))


OPERATIONS: Operations = {"retrieve_words": _operation}
