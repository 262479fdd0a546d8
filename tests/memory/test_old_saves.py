"""Saves that released versions wrote, checked in as they were, still open with all they hold."""

import gzip
from pathlib import Path

import pytest

from astraweave.memory import open_memory
from astraweave.memory.connection import open_link
from astraweave.memory.migrations import MIGRATIONS, expected_shape, shape_of, version_of
from astraweave.model.memory import Association

SAVES = Path(__file__).parents[1] / "data" / "saves"


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_a_save_of_every_earlier_version_is_brought_up_to_date(version: int, save: Path) -> None:
    save.write_bytes(gzip.decompress((SAVES / f"schema_{version}.db.gz").read_bytes()))
    with open_memory(save) as store:
        health = store.health()
        assert (health["damaged"], health["structure"], store.problems) == (0, "ok", ())
    link = open_link(str(save))
    assert version_of(link.db) == len(MIGRATIONS)
    assert shape_of(link.db) == expected_shape(MIGRATIONS)
    link.db.close()


def test_uses_that_an_older_save_counted_count_on(save: Path) -> None:
    save.write_bytes(gzip.decompress((SAVES / "schema_6.db.gz").read_bytes()))
    with open_memory(save) as store:
        (hit,) = store.retrieve("his sister", player_id="robin", now=3e6, limit=1)
        assert hit.memory.access_count == 3
        sister = store.memory(hit.memory.id)
        assert sister is not None
        assert (sister.access_count, sister.last_accessed, store.problems) == (4, 3e6, ())


def test_memories_of_an_older_save_are_found_with_all_they_hold(save: Path) -> None:
    save.write_bytes(gzip.decompress((SAVES / "schema_2.db.gz").read_bytes()))
    with open_memory(save) as store:
        assert store.episode_ids() == ("a", "b")
        assert store.rows("robin", "mira") == [("a", b"row a"), ("b", b"row b")]
        assert store.state("robin", "mira") == b"state"
        sister = store.memory("sister")
        assert sister is not None
        assert sister.associations == (
            Association(memory_id="a", relation="supports", strength=0.5),
        )
        assert (sister.access_count, sister.importance) == (3, 0.9)
        found = store.retrieve("his sister", player_id="robin", place="camp", now=2e6)
        assert [hit.memory.id for hit in found] == ["sister"]


def test_vectors_of_an_older_save_are_searched(save: Path) -> None:
    save.write_bytes(gzip.decompress((SAVES / "schema_8.db.gz").read_bytes()))
    with open_memory(save) as store:
        found = store.retrieve(embedding=(0.6, 0.0, -0.8), player_id="robin", now=2e6)
        assert [hit.memory.id for hit in found] == ["sister"]
        assert found[0].why["embedding"] == 1.0
