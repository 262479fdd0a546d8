"""`save check`: what is wrong anywhere is told, with what helps."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from astraweave.errors import SaveError
from astraweave.memory import open_memory
from astraweave.memory.checkup import check
from astraweave.memory.repair import repair
from tests.faults import saves

Make = Callable[..., Any]


@pytest.fixture
def held(save: Path, make_draft: Make) -> Path:
    """Some of everything, with an episode that is still open."""
    saves.make(save, episodes=9, memories=3)
    with open_memory(save, backups=0, recover=False) as store:
        store.checkpoint(make_draft("open", 3))
        store.flush()
    return save


def edited(save: Path, sql: str) -> None:
    db = apsw.Connection(str(save))
    db.execute(sql)
    assert db.changes(), sql
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.close()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE notes SET body = randomblob(9) WHERE key = 'volume'",
        "UPDATE weight_sets SET crc = crc + 1 WHERE version = 1",
        "UPDATE ledger SET crc = crc + 1 WHERE number = 1",
        "UPDATE checkpoints SET body = substr(body, 1, length(body) - 1)",
        "UPDATE statistics SET body = x'00' WHERE seq = 1",
        "UPDATE associations SET strength = 0.25 WHERE target = 'e0'",
        "UPDATE uses SET count = count + 1",
    ],
)
def test_a_full_check_reads_what_is_only_asked_for_by_its_key(held: Path, sql: str) -> None:
    assert check(str(held), full=True).problems == ()
    edited(held, sql)
    found = check(str(held), full=True)
    assert not found.sound
    assert found.problems
    assert "save repair" in (found.next or "")


def test_a_name_that_fits_no_row_of_the_audit_is_told(held: Path) -> None:
    edited(held, "UPDATE salts SET salt = randomblob(16) WHERE name = 'robin'")
    found = check(str(held))
    assert "audit: 1 names fit no row" in "; ".join(found.problems)
    with open_memory(held, recover=False) as store:
        assert not store.check_audit().sound


def test_settings_of_the_index_of_words_that_make_no_sense_are_damage(held: Path) -> None:
    edited(held, "UPDATE memory_words_config SET v = 99 WHERE k = 'version'")
    assert not check(str(held)).sound
    with open_memory(held, recover=False) as store, pytest.raises(SaveError, match="save repair"):
        store.retrieve("grey wolves", player_id="robin")  # one word alone is found without it


@pytest.mark.parametrize(("at", "value"), [(32, 1), (32, 5), (32, 2**32 - 1), (36, 7), (44, 5)])
def test_a_wrong_list_of_free_pages_or_format_is_damage_and_mended(
    held: Path, at: int, value: int
) -> None:
    whole = bytearray(held.read_bytes())
    whole[at : at + 4] = value.to_bytes(4)
    held.write_bytes(whole)
    found = check(str(held))
    assert not found.sound
    assert "save repair" in (found.next or "")
    assert not any("\n" in line for line in found.problems)
    assert repair(str(held)).lost == 0
    assert check(str(held), full=True).sound
