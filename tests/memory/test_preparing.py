import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import SaveError, StoreError
from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.codec import seal, unseal
from astraweave.memory.features import FEATURE
from astraweave.memory.indexing import FEATURES_KEY, FEATURES_V1
from astraweave.memory.kernels import loading
from astraweave.memory.likeness import Likeness
from astraweave.memory.preparing import FEWEST_BYTES

COUNT = 40


@pytest.fixture
def told(save: Path) -> Path:
    with open_memory(save) as store:
        for n in range(COUNT):
            store.remember(f"orchid number {n} of {n % 7}", now=float(n), place=f"place {n % 3}")
        store.remember("a daisy of Kim", now=1.0, player_id="kim")
        assert store.retrieve("orchid", now=1.0)
    return save


def answers(store: MemoryStore) -> list[Any]:
    asked = ("orchid 3", "number 17 orchid", "")
    return [store.retrieve(text, now=50.0, limit=50) for text in asked] + [
        store.retrieve(like=None, place="place 1", now=50.0),
        store.retrieve("daisy", player_id="kim", now=50.0),
    ]


def prepared(store: MemoryStore, player_id: str = "player") -> MemoryStore:
    store.prepare(player_id)
    assert store._preparing is not None
    store._preparing.wait()
    return store


def test_a_first_question_finds_all_loaded_and_gives_the_same_answer(told: Path) -> None:
    with open_memory(told) as store:
        expected = answers(store)
    with open_memory(told) as store:
        like = prepared(store)._retrieval._players["player"]
        assert like.size == COUNT
        starts = like.features[2]
        again = answers(store)
        assert like.features[2] is starts
        assert store.problems == ()
    plain = [[(hit.memory.id, hit.score, hit.why, hit.matched) for hit in one] for one in again]
    assert plain == [
        [(hit.memory.id, hit.score, hit.why, hit.matched) for hit in one] for one in expected
    ]


def test_what_a_first_question_finds_is_read_already(told: Path) -> None:
    with open_memory(told) as store:
        prepared(store)
        before = store.figures()
        found = store.retrieve("orchid", now=50.0, limit=50)
        now = store.figures()
        assert len(found) == COUNT
        assert now["cache_hits"] - before["cache_hits"] == COUNT
        assert now["cache_misses"] == before["cache_misses"]


def test_what_is_read_ahead_counts_every_use_and_is_nothing_that_was_pruned(told: Path) -> None:
    with open_memory(told) as store:
        before = {key: store.memory(key) for key in store.recent(COUNT + 1)}
        found = {hit.memory.id for hit in store.retrieve("orchid", now=50.0, limit=5)}
        for _ in store._slices("player"):
            store.prune(3.0, player_id="player")
        for key in found:
            was, now = before[key], store.memory(key)
            assert was is not None
            assert now is None or now.access_count == was.access_count + 1
        left = {f"orchid number {n} of {n % 7}" for n in range(3, COUNT)}
        hits = store.retrieve("orchid", now=60.0, limit=50)
        assert {hit.memory.text for hit in hits} == left
    with open_memory(told) as store:
        for key in found & {hit.memory.id for hit in hits}:
            memory, was = store.memory(key), before[key]
            assert memory is not None and was is not None  # noqa: PT018
            assert memory.access_count == was.access_count + 2


@pytest.mark.parametrize("slices", [0, 1, 3, 9])
def test_a_question_amid_the_preparation_sees_all_that_is_there_and_nothing_that_is_gone(
    told: Path, slices: int
) -> None:
    with open_memory(told) as store:
        noted = store._retrieval.noted()
        for _ in range(slices):
            store._retrieval.prepare("player", 5, noted)
        store.prune(10.0, player_id="player")
        for _ in range(slices):
            store._retrieval.prepare("player", 5, noted)
        store.remember("orchid of today", now=60.0)
        found = {hit.memory.text for hit in store.retrieve("orchid", now=60.0, limit=50)}
        assert found == {"orchid of today"} | {
            f"orchid number {n} of {n % 7}" for n in range(10, COUNT)
        }
        assert not store._retrieval.prepare("player", 5, noted)


def test_who_is_forgotten_is_not_prepared(told: Path) -> None:
    with open_memory(told) as store:
        prepared(store)
        store.forget_player("player")
        assert store._preparing is None
        assert store._retrieval._players == {}
        assert prepared(store).retrieve("orchid", now=1.0) == ()


def test_who_is_forgotten_amid_the_preparation_is_not_taken_up_again(told: Path) -> None:
    with open_memory(told) as store:
        drop, begun = store._retrieval.drop, list[bool]()

        def dropped() -> None:
            drop()
            begun.append(store._preparing is not None)

        store._retrieval.drop = dropped  # type: ignore[method-assign]
        store.prepare("player")
        store.forget_player("player")
        assert begun == [False]
        assert store._retrieval._players == {}


def test_a_closed_store_prepares_nothing(told: Path) -> None:
    with open_memory(told) as store:
        pass
    for whose in (None, "player"):
        with pytest.raises(StoreError, match="the store is closed"):
            store.prepare(whose)
    assert store._preparing is None


def test_a_save_that_was_moved_away_is_prepared_all_the_same(told: Path) -> None:
    with open_memory(told) as store:
        told.rename(told.with_name("moved.db"))
        store.prepare()
        told.with_name("moved.db").rename(told)


def test_only_a_large_save_is_prepared_by_itself(told: Path) -> None:
    with open_memory(told) as store:
        assert store._preparing is None
        for n in range(30):
            store.remember(f"{n} " + "orchid " * 6_000, now=float(100 + n))
        store.retrieve("daisy", player_id="kim", now=1.0)
    assert told.stat().st_size >= FEWEST_BYTES
    with open_memory(told) as store:
        assert store._preparing is not None
        store._preparing.wait()
        assert store._retrieval._players["player"].size == COUNT + 30
    with open_memory(told, recover=False) as store:
        assert store._preparing is None


def test_a_store_is_closed_amid_the_preparation(told: Path) -> None:
    for _ in range(3):
        with open_memory(told) as store:
            store.prepare("player")
        assert store.problems == ()


def test_what_is_damaged_is_said_by_the_question_and_not_by_the_preparation(told: Path) -> None:
    with open_memory(told) as store:
        with store._link.transaction() as db:
            db.execute("UPDATE vectors SET features = x'00' WHERE memory = 3")
        like = prepared(store)._retrieval._players["player"]
        assert like.damaged == [3]
        assert len(store.retrieve("orchid", now=1.0, limit=50)) == COUNT
        assert store._retrieval._players["player"].damaged == []


def naive(numbers: list[int], blobs: list[Any]) -> tuple[list[list[tuple[int, int]]], list[bool]]:
    features, sound = [], []
    for number, blob in zip(numbers, blobs, strict=True):
        try:
            found = unseal(FEATURES_V1, blob, f"{FEATURES_KEY}{number}")
        except SaveError:
            features.append([])
            sound.append(False)
            continue
        whole = found[: len(found) // FEATURE.itemsize * FEATURE.itemsize]
        features.append([(int(h), int(w)) for h, w in np.frombuffer(whole, FEATURE)])
        sound.append(True)
    return features, sound


ROW = st.tuples(
    st.integers(0, 2**62),
    st.binary(max_size=24),
    st.sampled_from(["sound", "flipped", "moved", "cut", "kind", "text"]),
    st.integers(0, 10_000),
)


@given(st.lists(ROW, max_size=6))
def test_seals_of_many_are_checked_as_those_of_one(given_rows: list[Any]) -> None:
    numbers, blobs = [], list[Any]()
    for number, payload, how, at in given_rows:
        blob = seal(FEATURES_V1, payload, f"{FEATURES_KEY}{number}")
        if how == "flipped":
            where = at % len(blob)
            blob = blob[:where] + bytes([blob[where] ^ 1 << at % 8]) + blob[where + 1 :]
        elif how == "cut":
            blob = blob[: at % len(blob)]
        elif how == "kind":
            blob = seal(b"AWL1", payload, f"{FEATURES_KEY}{number}")
        numbers.append(number + (how == "moved"))
        blobs.append("text" if how == "text" else blob)
    like = Likeness("player")
    if numbers:
        hashes, weights, lengths = like._unsealed(numbers, blobs)
        features, sound = naive(numbers, blobs)
        flat = [one for some in features for one in some]
        assert list(zip(hashes.tolist(), weights.tolist(), strict=True)) == flat
        assert lengths.tolist() == list(map(len, features))
        assert like.damaged == [n for n, ok in zip(numbers, sound, strict=True) if not ok]


@given(st.binary(), st.binary())
def test_the_checksum_is_zlib_s(first: bytes, second: bytes) -> None:
    table, crc = loading.crc_table(), loading.FULL
    for part in (first, second):
        crc = loading._crc(crc, np.frombuffer(part, np.uint8), table)
    assert int(crc) ^ 0xFFFFFFFF == zlib.crc32(first + second)
