import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from astraweave.errors import SaveError
from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.beside import name_once
from astraweave.memory.connection import check_header, open_here, open_link
from astraweave.memory.migrations import MIGRATIONS, Migration, migrate, shape_of, version_of
from astraweave.memory.schema import APPLICATION_ID
from tests.children import PATIENCE_S


def names_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def foreign_database(path: Path) -> None:
    db = apsw.Connection(str(path))
    db.execute("CREATE TABLE bills (amount REAL); INSERT INTO bills VALUES (3)")
    db.close()


def truncated_save(path: Path) -> None:
    open_memory(path).close()
    path.write_bytes(path.read_bytes()[:9000])


def with_trigger(path: Path) -> None:
    open_memory(path).close()
    db = apsw.Connection(str(path))
    db.execute("CREATE TRIGGER evil AFTER INSERT ON notes BEGIN DELETE FROM episodes; END")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.close()


def with_damaged_schema(path: Path) -> None:
    open_memory(path).close()
    data = bytearray(path.read_bytes())
    data[100:108] = b"\xff" * 8
    path.write_bytes(data)


def utf16_save(path: Path) -> None:
    open_memory(path).close()
    data = bytearray(path.read_bytes())
    data[56:60] = struct.pack(">I", 2)
    path.write_bytes(data)


NOT_SAVES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("dear diary\n" * 50),
    "short": lambda path: path.write_bytes(b"SQLite format 3\0"),
    "foreign": foreign_database,
    "truncated": truncated_save,
    "trigger": with_trigger,
    "schema": with_damaged_schema,
    "utf16": utf16_save,
}


@pytest.mark.parametrize("kind", NOT_SAVES)
def test_what_is_no_save_is_refused_in_one_line_and_keeps_every_byte(kind: str, save: Path) -> None:
    NOT_SAVES[kind](save)
    before, beside = save.read_bytes(), names_in(save.parent)
    with pytest.raises(SaveError) as caught:
        open_memory(save)
    assert "\n" not in str(caught.value)
    assert str(save) in str(caught.value)
    assert caught.value.fix
    assert save.read_bytes() == before
    assert names_in(save.parent) == beside


def test_a_folder_a_missing_folder_a_device_and_no_name_are_refused(tmp_path: Path) -> None:
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    long_name = tmp_path / ("x" * 300)
    for path in (tmp_path, tmp_path / "none" / "slot.db", fifo, "", "a\0b", long_name):
        with pytest.raises(SaveError):
            open_memory(path)
    assert names_in(tmp_path) == ["pipe"]


def test_a_save_without_permission_is_refused(save: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_memory(save).close()
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(SaveError, match="permissions"):
        open_memory(save)


def test_a_new_save_appears_whole_and_leaves_nothing_beside_it(save: Path) -> None:
    store = open_memory(save)
    check_header(save, "here")
    store.close()
    assert names_in(save.parent) == [save.name]


def test_a_crash_while_creating_leaves_no_half_of_a_save(
    save: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("astraweave.memory.connection.migrate", crash)
    with pytest.raises(KeyboardInterrupt):
        open_memory(save)
    assert names_in(save.parent) == []


def test_a_save_that_another_process_made_first_is_used(
    save: Path, monkeypatch: pytest.MonkeyPatch, make_draft: Callable[..., Any]
) -> None:
    with open_memory(save) as store:
        store.write(make_draft("theirs"))
    monkeypatch.setattr(Path, "exists", lambda path: path != save and os.path.lexists(path))
    with open_memory(save) as store:
        assert store.episode_ids() == ("theirs",)


def test_without_hard_links_a_save_still_never_replaces_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(os, "link", no_links)
    fresh, final = tmp_path / "fresh", tmp_path / "final"
    fresh.write_text("new")
    name_once(fresh, final)
    assert final.read_text() == "new"
    fresh.write_text("newer")
    with pytest.raises(FileExistsError):
        name_once(fresh, final)
    assert final.read_text() == "new"


def test_an_open_save_refuses_what_a_hostile_file_would_use(store: MemoryStore) -> None:
    db = store._link.db
    settings = {name: db.pragma(name) for name in ("foreign_keys", "secure_delete", "mmap_size")}
    assert settings == {"foreign_keys": 1, "secure_delete": 1, "mmap_size": 0}
    assert db.pragma("journal_mode") == "wal"
    assert db.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, -1) == 1
    assert db.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, -1) == 0
    with pytest.raises(apsw.SQLError):
        db.execute("ATTACH DATABASE ':memory:' AS other")


def test_a_migration_keeps_the_rows_and_is_written_down(save: Path) -> None:
    with open_memory(save) as store:
        store.put_note("colour", b"blue")
    steps = (*MIGRATIONS, Migration("notes have an age", ("ALTER TABLE notes ADD age INTEGER",)))
    db = apsw.Connection(str(save))
    assert migrate(db, steps) == 1
    assert migrate(db, steps) == 0
    assert version_of(db) == len(steps)
    assert db.execute("SELECT version, name FROM migrations").fetchall()[-1][1] == steps[-1].name
    assert db.execute("SELECT key, age FROM notes").fetchall() == [("colour", None)]
    db.close()


def test_a_migration_that_fails_leaves_the_old_schema() -> None:
    db = apsw.Connection(":memory:")
    migrate(db)
    before = shape_of(db)
    with pytest.raises(apsw.SQLError):
        migrate(db, (*MIGRATIONS, Migration("bad", ("CREATE TABLE new (a)", "CREATE NONSENSE"))))
    assert shape_of(db) == before
    assert version_of(db) == len(MIGRATIONS)
    assert db.pragma("application_id") == APPLICATION_ID


def test_a_save_keeps_its_place_when_the_host_changes_its_folder(
    save: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(save.parent)
    link = open_link(save.name)
    monkeypatch.chdir("/")
    assert link.file == save
    assert link.where == save.name
    link.db.close()


def test_a_save_is_known_to_be_open_here_while_another_thread_uses_it(save: Path) -> None:
    link, begun = open_link(str(save)), threading.Event()
    endless = (
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    )
    link.db.set_progress_handler(lambda: begun.set() or False, 1_000)

    def use() -> None:
        with pytest.raises(apsw.InterruptError):
            link.db.execute(endless).fetchall()

    user = threading.Thread(target=use, daemon=True)
    user.start()
    assert begun.wait(PATIENCE_S)
    try:
        assert all(open_here(save) for _ in range(100))
    finally:
        link.db.interrupt()
        user.join()
    link.db.close()
    assert not open_here(save)
