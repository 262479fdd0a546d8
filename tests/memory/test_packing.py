import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard

from astraweave.errors import SaveError
from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.codec import seal
from astraweave.memory.packing import (
    FEWEST,
    LEVEL,
    NO_DICTIONARY,
    PACKED_V1,
    Packed,
    pack,
    trained,
    unpack,
)

Make = Callable[..., Any]


def none(number: int) -> bytes:
    raise SaveError(what="its dictionary is missing", where=str(number))


def fights(make_draft: Make, count: int, first: int = 0) -> list[Any]:
    """Fights as a game senses them: health and place move a little at a time."""
    rng = np.random.default_rng(first)
    made = []
    for n in range(first, first + count):
        walk = np.cumsum(rng.normal(0.0, 0.05, (60, 4)), axis=0).astype(np.float32)
        made.append(
            make_draft(f"e{n}", 60, rows=walk.astype(float).tolist(), start_time=1e6 + 100.0 * n)
        )
    return made


def test_packed_episodes_are_a_third_at_most_and_the_same_to_the_last_byte(
    save: Path, make_draft: Make
) -> None:
    with open_memory(save) as store:
        for draft in fights(make_draft, 40):
            store.write(draft)
        before = {log.id: log for log in store.episodes(store.episode_ids())}
        done = store.compress(1e6 + 100.0 * 30)
        assert done.episodes == 30
        assert done.before >= 3 * done.after
        assert store.compress(1e6 + 100.0 * 30) == Packed(0, 0, 0)
    with open_memory(save) as store:
        for log in store.episodes(store.episode_ids()):
            old = before.pop(log.id)
            assert log.observations.tobytes() == old.observations.tobytes()
            assert log.facts.tobytes() == old.facts.tobytes()
            assert (log.names, log.extra, log.outcome) == (old.names, old.extra, old.outcome)
        assert before == {}
        assert store.health()["damaged"] == 0
        # Given again, it is still the same episode.
        store.write(fights(make_draft, 1)[0])
        store.flush()
        assert store.figures()["repeated"] == 1


def test_a_few_episodes_are_packed_without_a_dictionary(
    store: MemoryStore, make_draft: Make
) -> None:
    for draft in fights(make_draft, FEWEST - 1):
        store.write(draft)
    done = store.compress(1e12)
    assert done.episodes == FEWEST - 1
    assert done.after < done.before
    assert store._reader.value("SELECT count(*) FROM dictionaries") == 0
    assert len(list(store.episodes(store.episode_ids()))) == FEWEST - 1
    assert trained([b"x"] * 3) == b""


@pytest.mark.parametrize("damage", ["body = x'00'", "number = 7"])
def test_a_damaged_dictionary_costs_its_own_episodes_only(
    damage: str, save: Path, make_draft: Make
) -> None:
    with open_memory(save) as store:
        for draft in fights(make_draft, 24):
            store.write(draft)
        store.compress(1e6 + 100.0 * 20)
        with store._link.transaction() as db:
            db.execute(f"UPDATE dictionaries SET {damage}")
    with open_memory(save) as store:
        assert [log.id for log in store.episodes(store.episode_ids())] == [
            f"e{n}" for n in range(20, 24)
        ]
        assert "set aside" in store.problems[0]


def test_a_frame_that_lies_about_its_size_is_refused_before_anything_is_allocated() -> None:
    bomb = zstandard.ZstdCompressor(level=LEVEL).compress(b"\0" * (300 << 20))
    assert len(bomb) < 100_000
    for size in (1_000, 300 << 20, 0):
        lie = seal(PACKED_V1, struct.pack("<II", NO_DICTIONARY, size) + bomb, "e1")
        with pytest.raises(SaveError, match="a size that does not fit"):
            unpack(lie, "e1", none)


@pytest.mark.parametrize("cut", [0, 3, 8, 12, 16, 20, 40])
def test_what_is_cut_short_or_changed_is_damaged(cut: int) -> None:
    whole = pack(b"observations " * 50, "e1", NO_DICTIONARY, b"")
    assert unpack(whole, "e1", none) == b"observations " * 50
    with pytest.raises(SaveError):
        unpack(whole[:cut], "e1", none)
    with pytest.raises(SaveError):
        unpack(whole, "e2", none)
    payload = struct.pack("<II", NO_DICTIONARY, 650) + whole[16:-1][:cut]
    with pytest.raises(SaveError):
        unpack(seal(PACKED_V1, payload, "e1"), "e1", none)
