import re
from pathlib import Path

import apsw
import pytest

from astraweave.errors import SaveError, StoreError
from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.audit import DAMAGED
from astraweave.memory.checkup import check
from astraweave.memory.tombstones import FOREVER

UNTIL = 1.5e9


@pytest.fixture
def played(save: Path) -> Path:
    """Kim was forgotten; robin consented and took it back."""
    with open_memory(save, backups=0) as store:
        store.remember("Kim hunts", player_id="kim", now=1e9)
        store.remember("Robin rests", player_id="robin", now=1e9)
        store.flush()
        store.consent.give("robin", "mira", now=1e9)
        store.consent.withdraw("robin", "mira", now=1e9 + 5)
        store.forget_player("kim", now=UNTIL)
    return save


def places(save: Path, sql: str) -> list[int]:
    """Where the bytes that `sql` gives stand in the file."""
    db = apsw.Connection(str(save))
    wanted = bytes(db.execute(sql).get)
    db.close()
    raw, found, at = save.read_bytes(), [], -1
    while (at := raw.find(wanted, at + 1)) >= 0:
        found.append(at)
    return found


def flip(save: Path, at: int) -> None:
    raw = bytearray(save.read_bytes())
    raw[at] ^= 1
    save.write_bytes(raw)


def refuses(store: MemoryStore) -> None:
    store.remember("Kim is back", player_id="kim", now=1e9)
    with pytest.raises(StoreError, match="could not be stored"):
        store.flush()


@pytest.mark.parametrize("copy", [0, 1])
@pytest.mark.parametrize("byte", [0, 17, 31])
def test_one_flipped_bit_brings_nobody_back(copy: int, byte: int, played: Path) -> None:
    where = places(played, "SELECT hash FROM tombstones")
    assert len(where) == 2
    flip(played, where[copy] + byte)
    assert "damaged rows of forgotten players" in " ".join(opened_problems(played))
    with open_memory(played, backups=0) as store:
        assert store.was_forgotten("kim") == UNTIL
        assert store.was_forgotten("robin") is None
        refuses(store)
        store.forget_player("kim", now=UNTIL + 1)
    assert opened_problems(played) == ()
    assert check(str(played), full=True).sound


def opened_problems(save: Path) -> tuple[str, ...]:
    with open_memory(save, backups=0) as store:
        return store.problems


def test_a_hash_that_is_lost_in_both_copies_is_said(played: Path) -> None:
    for at in places(played, "SELECT hash FROM tombstones"):
        flip(played, at)
    assert "their old data may be let in" in " ".join(opened_problems(played))
    found = check(str(played), full=True)
    assert "forget them again, or restore" in " ".join(found.problems)


def test_a_moment_that_is_damaged_refuses_everything(played: Path) -> None:
    db = apsw.Connection(str(played))
    db.execute("UPDATE tombstones SET until = 5.0")
    db.close()
    with open_memory(played, backups=0) as store:
        assert store.was_forgotten("kim") == FOREVER
        assert "damaged rows of forgotten" in store.problems[0]
        refuses(store)
        assert store.readmit("kim")
        assert store.was_forgotten("kim") is None


def test_without_its_salt_nobody_is_told_apart_and_that_is_said(played: Path) -> None:
    db = apsw.Connection(str(played))
    db.execute("DELETE FROM salts WHERE kind = 'save'")
    db.close()
    assert "the salt of forgotten players is lost" in opened_problems(played)[0]


def test_rows_of_programs_without_a_checksum_still_count(played: Path) -> None:
    db = apsw.Connection(str(played))
    db.execute("UPDATE tombstones SET seq = 1")
    db.close()
    with open_memory(played, backups=0) as store:
        assert (store.was_forgotten("kim"), store.problems) == (UNTIL, ())
        assert store.forget_player("robin", now=UNTIL).finished
        assert (store.was_forgotten("kim"), store.was_forgotten("robin")) == (UNTIL, UNTIL)


LOSSES = {
    "the newest": "DELETE FROM consents WHERE given = 0",
    "one between": "DELETE FROM consents WHERE version = 4",
    "the audit's": "DELETE FROM audit WHERE action IN ('consent', 'withdrawal')",
    "the salt": "DELETE FROM salts WHERE kind = 'player' AND name = 'robin'",
}


@pytest.mark.parametrize("lost", LOSSES)
def test_where_a_word_is_lost_nothing_is_shared_until_it_is_said_again(
    lost: str, played: Path
) -> None:
    with open_memory(played, backups=0) as store:
        if lost != "the newest":
            store.consent.give("robin", "mira", now=1e9 + 6)
            store.consent.withdraw("robin", "bree", now=1e9 + 7)
            store.consent.give("robin", "mira" if lost != "one between" else "bree", now=1e9 + 8)
    db = apsw.Connection(str(played))
    db.execute(LOSSES[lost])
    db.close()
    assert "a word of consent of 'robin' is lost" in " ".join(
        check(str(played), full=True).problems
    )
    with open_memory(played, backups=0) as store:
        assert not store.consent.allows("robin", "mira")
        assert not any(said.given and said.to == "mira" for said in store.consent.current("robin"))
        assert "nothing is shared until" in store.problems[0]
        store.consent.give("robin", "mira", now=1e9 + 9)
        assert store.consent.allows("robin", "mira")


def test_a_cell_that_a_page_no_longer_counts_is_no_consent(played: Path) -> None:
    db = apsw.Connection(str(played))
    page = int(db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'consents'").get)
    size = int(db.pragma("page_size"))
    db.close()
    raw = bytearray(played.read_bytes())
    at = (page - 1) * size + 3
    assert raw[at : at + 2] == b"\0\2"
    raw[at : at + 2] = b"\0\1"
    played.write_bytes(raw)
    with open_memory(played, backups=0) as store:
        assert not store.consent.allows("robin", "mira")
        assert "a word of consent of 'robin' is lost" in store.problems[0]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("hash", "NULL"),
        ("hash", "123456789012345"),
        ("at", "'zz'"),
        ("at", "1e300"),
        ("action", "x'ff'"),
        ("subject", "'abc'"),
        ("detail", "'{'"),
        ("detail", "'[1]'"),
    ],
)
def test_a_row_of_the_audit_that_is_none_is_shown_as_damaged_and_stops_no_forgetting(
    column: str, value: str, played: Path
) -> None:
    written_by_hand(played, "audit", f"UPDATE audit SET {column} = {value}")
    with open_memory(played, backups=0) as store:
        rows = store.audit()
        assert [entry.number for entry in rows] == list(range(1, len(rows) + 1))
        if column in {"at", "action", "detail"}:
            assert {entry.action for entry in rows} == {DAMAGED}
        assert not store.check_audit().sound
        assert [player.player_id for player in store.players()] == ["robin"]
        store.forget_player("robin", now=UNTIL)
        assert store.players() == ()


def test_a_salt_that_is_none_is_refused_in_one_line(played: Path) -> None:
    written_by_hand(played, "salts", "UPDATE salts SET salt = 7")
    with open_memory(played, backups=0) as store:
        assert store.problems
        store.audit()
        assert not store.check_audit().sound
        with pytest.raises(SaveError, match="salt"):
            store.consent.give("robin", "mira", now=1e9)


def written_by_hand(save: Path, table: str, sql: str) -> None:
    """Change rows past every type and check of a table, as damage does."""
    known = "SELECT sql FROM sqlite_schema WHERE name = ?"
    put = "UPDATE sqlite_schema SET sql = ? WHERE name = ?"
    db = apsw.Connection(str(save))
    (made,) = db.execute(known, (table,)).fetchall()[0]
    db.execute("PRAGMA writable_schema = ON")
    loose = re.sub(r"CHECK \(.*\)(?=,)| STRICT,?|NOT NULL|(REAL|TEXT|BLOB)", "", str(made))
    db.execute(put, (loose, table))
    db.close()
    db = apsw.Connection(str(save))
    db.execute("PRAGMA writable_schema = ON; PRAGMA ignore_check_constraints = ON")
    db.execute(sql)
    db.execute(put, (made, table))
    db.close()
