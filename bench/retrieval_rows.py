"""Finding memories: how fast, and how well, on the labelled corpus of `bench.memory_corpus`."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import numpy as np
import numpy.typing as npt

from astraweave.memory import Hit, MemoryStore, open_memory
from astraweave.memory.features import DIMENSIONS, hash_of, names_of
from bench.harness import Operation, Operations, Row, median, percentile, sample
from bench.memory_corpus import KINDS, PLAYER, START_S, Asked, corpus, lengthened

_SEED, _NOW = 11, START_S + 60 * 86_400.0
_SMALL, _LARGE = 10_000, 100_000
_SMALL_US, _LARGE_US = 300.0, 15_000.0
_NDCG, _RECALL, _TOP = 0.90, 0.97, 10
_LIKE = ("situation", "numbers")
_LOOKED = ("cache_hits", "cache_misses")


def retrieve() -> Row:
    """The ten that matter of 10,000 memories."""
    return _timed("retrieve", _SMALL, _SMALL_US)


def retrieve_large() -> Row:
    """The ten that matter of 100,000 memories."""
    return _timed("retrieve_large", _LARGE, _LARGE_US)


def retrieve_quality() -> Row:
    """nDCG@10 and recall@10 on the labelled corpus, another than was looked at while building."""
    with remembered(_SMALL, 1_000) as (store, asked):
        found = {
            kind: [_quality(store, one) for one in asked if one.kind == kind] for kind in KINDS
        }
        vectors = _Vectors(store)
        plain = [quality(vectors.ids(one), one.relevant)[0] for one in asked if one.kind in _LIKE]
        longer = [_quality(store, lengthened(one)) for one in asked if one.kind == "words"]
    every = np.array([pair for pairs_ in found.values() for pair in pairs_])
    ndcg, recall = every.mean(axis=0).tolist()
    told = ", ".join(f"{kind} {np.mean(pairs_, axis=0)[0]:.3f}" for kind, pairs_ in found.items())
    reference = float(np.mean(plain))
    return Row(
        name="retrieve_quality",
        what=f"nDCG@10 of {len(every):,} questions to {_SMALL:,} labelled memories",
        value=ndcg,
        unit="nDCG",
        goal=f"≥ {_NDCG:.2f}, recall@10 ≥ {_RECALL}",
        reference=reference,
        ratio=ndcg / reference,
        met=ndcg >= _NDCG and recall >= _RECALL,
        detail=(
            f"recall@10 {recall:.3f}; {told}; beside them, by names with a syllable more, which "
            f"no memory has: {np.mean(longer, axis=0)[0]:.3f}; reference: the hashed vectors "
            "alone, situation and numbers only"
        ),
    )


def ask(store: MemoryStore, asked: Asked) -> tuple[Hit, ...]:
    """Put one question of the corpus."""
    return store.retrieve(asked.text, like=asked.like, player_id=PLAYER, limit=_TOP, now=_NOW)


def quality(found: list[str], relevant: frozenset[str]) -> tuple[float, float]:
    """(nDCG@10, recall@10) of ids, best first, both in [0, 1]; relevance is yes or no."""
    gains = [memory_id in relevant for memory_id in found[:_TOP]]
    shares = 1.0 / np.log2(np.arange(2, _TOP + 2))
    best = min(_TOP, len(relevant))
    return float(shares[: len(gains)][gains].sum() / shares[:best].sum()), sum(gains) / best


def _quality(store: MemoryStore, asked: Asked) -> tuple[float, float]:
    return quality([hit.memory.id for hit in ask(store, asked)], asked.relevant)


def _timed(name: str, count: int, goal_us: float) -> Row:
    # So many that none is asked twice.
    with remembered(count, 2_500) as (store, asked):
        alike = cycle([one for one in asked if one.kind in _LIKE])
        worded = cycle([one for one in asked if one.kind not in _LIKE])
        vectors = _Vectors(store)
        # Not in turns: ten megabytes of float32 would push out what the search reads.
        before = store.figures()
        times = sample(lambda: ask(store, next(alike)), rounds=400, warmup=50)
        hits, misses = (store.figures()[name] - before[name] for name in _LOOKED)
        spent = sample(lambda: ask(store, next(alike)), rounds=400, clock=time.thread_time_ns)
        # Before RAM is emptied: what questions by words find is in it, and all words are, too.
        words = sample(lambda: ask(store, next(worded)), rounds=400, warmup=60)
        file = sample(lambda: _cold(store, next(alike)), rounds=400)
        again = next(alike)
        ram = sample(lambda: ask(store, again), rounds=200, warmup=3)
        plain = sample(lambda: vectors.ids(next(alike)), rounds=200, warmup=20)
        unread = sample(lambda: _cold(store, next(worded)), rounds=200)
    value, reference = percentile(times, 95.0, 1e3), percentile(plain, 95.0, 1e3)
    return Row(
        name=name,
        what=f"p95 of the {_TOP} that matter of {count:,} memories, by situation, with reasons",
        value=value,
        unit="µs",
        goal=f"≤ {goal_us:,.0f} µs",
        reference=reference,
        ratio=value / reference,
        met=value <= goal_us,
        detail=(
            f"median {median(times, 1e3):.0f} µs; of processor time p95 "
            f"{percentile(spent, 95.0, 1e3):.0f} µs, median {median(spent, 1e3):.0f} µs; "
            f"{hits / (hits + misses):.0%} of the hits were in RAM; none: p95 "
            f"{percentile(file, 95.0, 1e3):.0f} µs, median {median(file, 1e3):.0f} µs; all: "
            f"{percentile(ram, 95.0, 1e3):.0f} and {median(ram, 1e3):.0f} µs; "
            "reference: the same vectors in float32, one "
            "matrix product, the ids of the ten largest; by words, mistyped ones too, each asked "
            f"once, as much in RAM: median {median(words, 1e3):,.0f} µs, p95 "
            f"{percentile(words, 95.0, 1e3):,.0f} µs; no memory and no list of words in RAM: "
            f"{median(unread, 1e3):,.0f} and {percentile(unread, 95.0, 1e3):,.0f} µs"
        ),
    )


def _cold(store: MemoryStore, asked: Asked) -> tuple[Hit, ...]:
    """Ask when no memory and no word of another question is in RAM."""
    store._cache.clear()
    store._retrieval._lexicon.drop()
    return ask(store, asked)


class _Vectors:
    """The plain way: hashed vectors of all memories, a product, the largest."""

    def __init__(self, store: MemoryStore) -> None:
        like = store._retrieval._players[PLAYER]
        self._matrix = like._dense[:, : like.size].T.astype(np.float32)
        lengths = np.linalg.norm(self._matrix, axis=1, keepdims=True)
        self._matrix /= np.maximum(lengths, 1.0)
        rows = dict(store._reader.query("SELECT seq, id FROM memories"))
        self._ids = [rows[number] for number in like.numbers.tolist()]
        self._store, self._like = store, like

    def ids(self, asked: Asked) -> list[str]:
        """The ids of the ten nearest, best first."""
        scores = self._matrix @ self._query(asked)
        top = np.argpartition(-scores, _TOP)[:_TOP]
        return [self._ids[i] for i in top[np.argsort(-scores[top])].tolist()]

    def _query(self, asked: Asked) -> npt.NDArray[np.float32]:
        assert asked.like is not None
        named = {name: w for group in names_of(asked.like) for name, w in group.items()}
        codes = np.array([hash_of(name) for name in named], np.uint32)
        signs = np.where(codes & 256, -1.0, 1.0)
        weights = signs * np.array(list(named.values()))
        return np.bincount(codes & 255, weights, DIMENSIONS).astype(np.float32)


@contextmanager
def remembered(count: int, questions: int) -> Iterator[tuple[MemoryStore, tuple[Asked, ...]]]:
    """A save with the corpus in it, opened some seconds ago, and the questions."""
    made = corpus(count, questions, _SEED)
    with tempfile.TemporaryDirectory() as folder:
        save = Path(folder) / "s.db"
        with open_memory(save, queue_limit=2 * count) as store:
            for memory in made.memories:
                store.encode(memory)
            ask(store, made.questions[0])
        with open_memory(save) as store:
            prepare(store)
            yield store, made.questions


def prepare(store: MemoryStore) -> None:
    """Wait until all is ready that `open_memory` makes ready by itself."""
    store.prepare(PLAYER)
    while store._preparing is None or store._preparing._thread.is_alive():
        time.sleep(0.01)


@contextmanager
def _operation() -> Iterator[Operation]:
    with remembered(_SMALL, 500) as (store, asked):
        alike = cycle([one for one in asked if one.kind in _LIKE])
        yield lambda: ask(store, next(alike))


@contextmanager
def _large_operation() -> Iterator[Operation]:
    with remembered(_LARGE, 500) as (store, asked):
        alike = cycle([one for one in asked if one.kind in _LIKE])
        yield lambda: ask(store, next(alike))


OPERATIONS: Operations = {
    "retrieve": _operation,
    "retrieve_large": _large_operation,
    "retrieve_quality": _operation,
}
