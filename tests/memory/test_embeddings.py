"""Vectors that a game computed itself find memories, by cosine."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import StoreError
from astraweave.memory import MemoryStore, Situation, open_memory
from astraweave.memory.directions import direction
from astraweave.model.memory import Association, Memory, MemoryType

START_S = 1.7e9


def told(name: str, *vector: float, text: str = "", **fields: object) -> Memory:
    kind = fields.pop("kind", MemoryType.SEMANTIC)
    header = {"id": name, "memory_type": kind, "text": text, "created_at": START_S}
    return Memory(**header, embedding=vector or None, **fields)  # type: ignore[arg-type]


def ids(store: MemoryStore, vector: object, **more: object) -> list[str]:
    found = store.retrieve(embedding=vector, now=START_S, **more)  # type: ignore[arg-type]
    return [hit.memory.id for hit in found]


def test_the_order_is_that_of_the_cosines_and_why_says_so(store: MemoryStore) -> None:
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(200, 12))
    for n, vector in enumerate(vectors):
        store.encode(told(f"m{n}", *(vector * rng.uniform(0.01, 100.0)).tolist()))
    asked = rng.normal(size=12)
    cosines = vectors @ asked / np.linalg.norm(vectors, axis=1) / np.linalg.norm(asked)
    best = np.argsort(-cosines)[:10]
    found = store.retrieve(embedding=(asked * 1e-200).tolist(), now=START_S)
    assert [hit.memory.id for hit in found] == [f"m{n}" for n in best]
    shares = [hit.why["embedding"] for hit in found]
    assert shares == pytest.approx((cosines[best] / cosines[best[0]]).tolist(), abs=1e-6)
    for hit in found:
        assert hit.matched == ("embedding",)
        assert sum(hit.why.values()) == pytest.approx(hit.score)


def test_vectors_and_words_add_up_and_other_lengths_are_left_alone(store: MemoryStore) -> None:
    store.encode(told("both", 1.0, 0.0, text="wolf"))
    store.encode(told("vector", 1.0, 0.0, text="bear"))
    store.encode(told("word", text="wolf"))
    store.encode(told("longer", 1.0, 0.0, 0.0, text="bear"))
    found = store.retrieve("wolf", embedding=[1, 0], now=START_S)
    assert found[0].memory.id == "both"
    assert {hit.memory.id for hit in found} == {"both", "vector", "word"}
    assert found[0].matched == ("wolf", "embedding")
    assert found[0].why["relevance"] + found[0].why["embedding"] == pytest.approx(1.0)
    assert ids(store, [1.0, 0.0, 0.0]) == ["longer"]
    assert ids(store, [1.0] * 7) == []
    assert "embedding" not in store.retrieve("wolf", now=START_S)[0].why


def test_a_memory_is_like_those_with_a_vector_like_its_own(store: MemoryStore) -> None:
    store.encode(told("a", 1.0, 0.1, kind=MemoryType.SOCIAL))
    store.encode(told("b", 1.0, 0.2, kind=MemoryType.SEMANTIC))
    one = told("one", 1.0, 0.0, kind=MemoryType.SENSORY)
    found = store.retrieve(like=one, now=START_S)
    assert [hit.memory.id for hit in found] == ["a", "b"]
    assert store.retrieve(like=told("nowhere", 0.0, 0.0), now=START_S) != ()
    assert [hit.memory.id for hit in store.retrieve(like=Situation(), now=START_S)]


def test_filters_players_and_links_hold_for_vectors_too(store: MemoryStore) -> None:
    for n in range(100):
        store.encode(told(f"near{n}", 1.0, n / 1000.0))
    link = Association(memory_id="near3", relation="of", strength=1.0)
    store.encode(told("far", 1.0, 1.0, tags=("rare",), associations=(link,)))
    store.encode(told("theirs", 1.0, 0.0, player_id="other"))
    assert ids(store, [1.0, 0.0], tags=["rare"]) == ["far"]
    assert ids(store, [1.0, 0.0], limit=3) == ["near0", "near1", "near2"]
    reached = store.retrieve(embedding=[1.0, 0.0], tags=["rare"], hops=1, now=START_S)
    assert [hit.memory.id for hit in reached] == ["far"]
    assert "theirs" not in ids(store, [1.0, 0.0], limit=50)
    assert ids(store, [1.0, 0.0], player_id="other") == ["theirs"]
    store.forget_player("other")
    assert store._ask().query("SELECT 1 FROM embeddings WHERE player = 'other'") == []
    assert ids(store, [1.0, 0.0], player_id="other") == []


def test_what_is_written_is_found_at_once_and_what_is_forgotten_never(save: Path) -> None:
    with open_memory(save) as store:
        store.encode(told("a", 1.0, 0.0))
        assert ids(store, [1.0, 0.0]) == ["a"]
        store.encode(told("b", 1.0, 0.0))
        store.encode(told("a", 0.0, 1.0))
        assert ids(store, [1.0, 0.0]) == ["b"]
        store.forget("b")
        assert ids(store, [1.0, 0.0]) == []
        assert store._ask().query("SELECT memory FROM embeddings") == [(3,)]
    with open_memory(save) as store:
        assert ids(store, [0.0, 1.0]) == ["a"]
        db = store._link.db
        db.execute("UPDATE embeddings SET body = zeroblob(length(body))")
    with open_memory(save) as store:
        assert ids(store, [0.0, 1.0]) == ["a"]


@pytest.mark.parametrize("vector", [[], [0.0, 0.0], [math.nan], [1.0, math.inf], "wolf", [[1.0]]])
def test_an_embedding_that_points_nowhere_is_refused(store: MemoryStore, vector: object) -> None:
    with pytest.raises(StoreError, match="an embedding must hold finite numbers"):
        ids(store, vector)


@given(st.lists(st.floats(-1e308, 1e308), max_size=8))
def test_a_direction_has_length_one_whatever_it_was_made_of(values: list[float]) -> None:
    found = direction(values)
    if found is None:
        assert not any(values)
    else:
        assert float(np.linalg.norm(found.astype(np.float64))) == pytest.approx(1.0, abs=1e-6)
