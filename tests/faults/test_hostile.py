"""Saves that somebody made to hurt: opened as data only, and stopped by limits."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from astraweave.errors import SaveError, StoreError
from astraweave.memory import open_memory
from astraweave.memory.checkup import check, info
from tests.faults import saves
from tests.faults.tally import Tally

pytestmark = pytest.mark.faults
ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
GIANT = 100 << 20

ATTACKS = {
    "a trigger that deletes": (
        "CREATE TRIGGER evil AFTER INSERT ON notes BEGIN DELETE FROM episodes; END",
    ),
    "a trigger that never ends": (
        f"CREATE TRIGGER evil AFTER INSERT ON episodes BEGIN {ENDLESS}; END",
    ),
    "a view in a table's place": (
        "ALTER TABLE episodes RENAME TO other",
        "CREATE VIEW episodes AS SELECT * FROM other",
    ),
    "a view that never ends": (
        "ALTER TABLE notes RENAME TO other",
        f"CREATE VIEW notes (key, body) AS SELECT i, x'' FROM ({ENDLESS.replace('max(i)', 'i')})",
    ),
    "a view that never ends, of its own": (f"CREATE VIEW evil AS {ENDLESS}",),
    "a giant blob": (f"INSERT INTO notes VALUES ('volume2', zeroblob({GIANT}))",),
    "a giant blob where one is read": (f"UPDATE notes SET body = zeroblob({GIANT})",),
    "a giant text where one is read": (
        f"UPDATE memories SET text = CAST(zeroblob({GIANT}) AS TEXT) WHERE seq = 1",
    ),
    "a generated column that never ends": (
        "ALTER TABLE notes ADD COLUMN evil BLOB AS (zeroblob(1000000000))",
    ),
    "an index over an expression": ("CREATE INDEX evil ON notes (hex(zeroblob(length(body))))",),
    "a column more": ("ALTER TABLE memories ADD COLUMN evil TEXT",),
    "a check of another table": (
        "DROP TABLE notes",
        "CREATE TABLE notes (key TEXT PRIMARY KEY, body BLOB CHECK (length(hex(body)) > 0)) STRICT",
    ),
    "an index dropped": ("DROP INDEX memories_by_time",),
    "shadow tables of the words, wrong": (
        "UPDATE memory_words_data SET block = zeroblob(3000000)",
    ),
    "shadow tables of the words, random": ("UPDATE memory_words_data SET block = randomblob(99)",),
    "shadow tables of the words, empty": ("DELETE FROM memory_words_data",),
    "the words' settings, wrong": ("UPDATE memory_words_config SET v = 999",),
    "a million tables": tuple(f"CREATE TABLE t{i} (a)" for i in range(2_000)),
    "a table with a long name": (f'CREATE TABLE "{"x" * 1_000_000}" (a)',),
    "a schema that is not SQL": (
        "UPDATE sqlite_schema SET sql = 'CREATE TABLE notes (' WHERE name = 'notes'",
    ),
    "a schema that calls a function": (
        "UPDATE sqlite_schema SET sql = replace(sql, 'key TEXT', "
        "'key TEXT DEFAULT (load_extension(''evil''))') WHERE name = 'notes'",
    ),
    "two tables in one place": (
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE "
        "name = 'episodes') WHERE name = 'notes'",
    ),
    "a root page beyond the end": (
        "UPDATE sqlite_schema SET rootpage = 1000000 WHERE name = 'episodes'",
    ),
    "a digest a mile deep": (
        f"INSERT INTO digests VALUES ('x', 'robin', 'mira', 1.0, '{'[' * 100_000}', 7)",
    ),
    "links by the hundred thousand": (
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) "
        "INSERT INTO associations SELECT 1, 'm' || i, 'x', .5, i FROM n",
    ),
}


def attacked(save: Path, statements: tuple[str, ...]) -> None:
    db = apsw.Connection(str(save))
    db.execute("PRAGMA writable_schema = ON")
    db.execute("BEGIN")
    for statement in statements:
        db.execute(statement)
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.close()


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_save_is_data_only_and_costs_no_time(
    attack: str, save: Path, tally: Callable[..., Tally]
) -> None:
    tries = tally(f"a hostile save, {len(ATTACKS)} kinds", few=1, full=1)
    saves.make(save, episodes=6, memories=6)
    with open_memory(save) as store:
        original = saves.readings(store)
    attacked(save, ATTACKS[attack])
    wrong, refused = [], ""
    with tries.timed():
        try:
            with open_memory(save) as store:
                now = saves.readings(store)
                saves.answers(store)
                wrong = [name for name, value in now.items() if original.get(name) != value]
                lacks = original.keys() - now.keys()
                said = saves.is_reported(store)
                assert said or not lacks
            tries.became["set aside what was wrong" if said else "read as if it were not there"] = 1
        except (SaveError, StoreError) as error:
            refused = str(error)
            tries.became["refused in one line"] = 1
    assert "\n" not in refused
    for look in (info, check):
        with suppress(SaveError, StoreError), tries.timed():
            look(str(save))
    # Not timed: it copies and reads the whole of a file, here of up to 200 MB.
    with suppress(SaveError, StoreError):
        check(str(save), full=True)
    tries.lost = len(wrong)
    assert not wrong
    tries.within(1.0)
