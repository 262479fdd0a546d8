"""Saves of older programs are migrated on a copy; those of newer ones can be read."""

import gzip
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from astraweave.errors import SaveError, StoreError
from astraweave.memory import open_memory
from astraweave.memory.beside import backups_of
from astraweave.memory.checkup import check, info
from astraweave.memory.keeping import migrate_now
from astraweave.memory.migrations import MIGRATIONS, expected_shape, shape_of, version_of
from astraweave.model.learned import LearningCommit
from astraweave.model.memory import Memory

Make = Callable[..., Any]
HERE = Path(__file__).parent
SAVES = HERE.parent / "data" / "saves"


def old(save: Path, version: int) -> bytes:
    """A save of an earlier version, as that wrote it."""
    data = gzip.decompress((SAVES / f"schema_{version}.db.gz").read_bytes())
    save.write_bytes(data)
    return data


def content(save: Path) -> dict[str, list[Any]]:
    """Every row of the tables that every version has, but what migrations write."""
    db = apsw.Connection(str(save))
    try:
        names = ("episodes", "observations", "memories", "notes", "states", "statistics")
        return {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in names}
    finally:
        db.close()


def version_in(save: Path) -> int:
    db = apsw.Connection(str(save))
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return version_of(db)
    finally:
        db.close()


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_the_old_file_stays_as_a_backup_byte_for_byte(version: int, save: Path) -> None:
    before = old(save, version)
    rows = content(save)
    save.write_bytes(before)
    done = migrate_now(str(save))
    assert (done.before, done.after) == (version, len(MIGRATIONS))
    assert done.kept == f"{save}.backup-1"
    assert Path(done.kept).read_bytes() == before
    assert content(save) == rows
    assert migrate_now(str(save)).kept is None
    assert sorted(file.name for file in save.parent.iterdir()) == [
        save.name,
        f"{save.name}.backup-1",
    ]


def dies_at(save: Path, call: int) -> int | None:
    """How many calls there were; None when it died."""
    done = subprocess.run(
        [sys.executable, str(HERE / "dying.py"), str(save), str(call)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={"PYTHONPATH": str(HERE.parents[1]), "PATH": ""},
    )
    assert done.returncode in (0, -9), done.stderr
    return int(done.stdout) if done.returncode == 0 else None


@pytest.mark.parametrize(("version", "kills"), [(1, 8), (4, 8), (5, 4)])
def test_killed_midway_the_save_is_the_old_one_or_the_new_one(
    version: int, kills: int, tmp_path: Path
) -> None:
    save = tmp_path / "slot.db"
    old(save, version)
    calls = dies_at(save, 0)
    assert calls is not None
    assert calls > 50
    found = set()
    for kill in range(kills):
        save = tmp_path / f"slot-{kill}.db"
        before = old(save, version)
        rows = content(save)
        save.write_bytes(before)
        assert dies_at(save, 1 + kill * (calls - 1) // (kills - 1)) is None
        at = version_in(save)
        assert at in (version, len(MIGRATIONS))
        found.add(at)
        if at == version:
            assert save.read_bytes() == before
        assert content(save) == rows
        # And the next start goes on as if nothing had been.
        with open_memory(save, backups=0) as store:
            assert (store.health()["damaged"], store.problems) == (0, ())
        assert version_in(save) == len(MIGRATIONS)
        left = {file.name.removeprefix(save.name) for file in tmp_path.glob(f"{save.name}*")}
        # The empty file of a lock goes with the next work on the whole save.
        assert left <= {"", ".backup-1", ".backup-2", "-keeping"}
    assert found == {version, len(MIGRATIONS)}


def test_what_an_old_program_left_in_its_log_is_migrated_too(save: Path) -> None:
    old(save, 4)
    db = apsw.Connection(str(save))
    db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    db.execute("PRAGMA journal_mode = WAL").fetchall()
    db.execute("DELETE FROM memories WHERE id = 'sister'")
    db.close()
    assert Path(f"{save}-wal").stat().st_size
    with open_memory(save, backups=0) as store:
        assert store.memory("sister") is None
    assert version_in(save) == len(MIGRATIONS)


def test_an_old_save_that_is_open_elsewhere_is_left_alone(save: Path) -> None:
    before = old(save, 4)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import apsw, sys\n"
            "db = apsw.Connection(sys.argv[1])\n"
            "db.execute('SELECT count(*) FROM episodes').fetchall()\n"
            "print('held', flush=True)\n"
            "sys.stdin.read()",
            str(save),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(StoreError, match="open in another program"):
        open_memory(save)
    holder.communicate("")
    assert save.read_bytes() == before


def test_a_damaged_old_save_is_not_migrated(save: Path) -> None:
    data = bytearray(old(save, 4))
    data[5 * 4096 : 8 * 4096] = b"\xa5" * (3 * 4096)
    save.write_bytes(data)
    with pytest.raises(SaveError, match="save repair"):
        open_memory(save)
    assert save.read_bytes() == data
    assert backups_of(save) == ()


def newer(save: Path, make_draft: Make) -> bytes:
    """A save of a program to come: more tables, more columns, a view."""
    with open_memory(save) as store:
        for name in ("a", "b"):
            store.write(make_draft(name))
        store.flush()
        store.remember("the fire", place="camp", now=1e6)
        store.put_note("colour", b"blue")
    db = apsw.Connection(str(save))
    db.execute(
        "CREATE TABLE dreams (what TEXT) STRICT; INSERT INTO dreams VALUES ('a fox');"
        "ALTER TABLE episodes ADD COLUMN mood TEXT;"
        "CREATE VIEW moods AS SELECT id, mood FROM episodes;"
        "PRAGMA user_version = 99; PRAGMA journal_mode = DELETE"
    ).fetchall()
    db.close()
    return save.read_bytes()


def test_a_newer_save_is_read_and_keeps_every_byte(save: Path, make_draft: Make) -> None:
    before = newer(save, make_draft)
    with open_memory(save) as store:
        assert store.read_only is not None
        assert "schema version 99, this program writes up to" in store.read_only
        assert store.problems == (store.read_only,)
        assert store.episode_ids() == ("a", "b")
        assert store.episode("a") is not None
        assert store.note("colour") == b"blue"
        assert [hit.memory.text for hit in store.retrieve("fire")] == ["the fire"]
        assert store.health()["damaged"] == 0
    found = check(str(save), full=True)
    assert (found.sound, found.schema) == (True, 99)
    assert "newer" in found.notes[0]
    assert info(str(save)).schema == 99
    assert save.read_bytes() == before
    assert [file.name for file in save.parent.iterdir()] == [save.name]


def test_a_newer_save_refuses_every_write_in_one_line(save: Path, make_draft: Make) -> None:
    before = newer(save, make_draft)
    draft = make_draft("c")
    with open_memory(save) as store:
        memory = store.memory("a")
        assert memory is not None
        writes: list[Callable[[], object]] = [
            lambda: store.write(draft),
            lambda: store.checkpoint(draft),
            lambda: store.discard("c"),
            lambda: store.encode(memory),
            lambda: store.encode(Memory(**{"id": "new", "text": "x"} | _required(memory))),
            lambda: store.remember("more"),
            lambda: store.put_note("colour", b"red"),
            lambda: store.note_soon("colour", b"red"),
            lambda: store.commit(LearningCommit(player_id="r", companion_id="m", rows={})),
            lambda: store.forget("a"),
            lambda: store.prune(9e9),
            lambda: store.decay(now=9e9),
            lambda: store.compress(9e9),
            store.consolidate,
        ]
        for write in writes:
            with pytest.raises(SaveError) as caught:
                write()
            assert str(caught.value) == store.read_only
        assert store.memory("new") is None
        assert store.episode_ids() == ("a", "b")
        store.flush()
    assert save.read_bytes() == before


def _required(memory: Memory) -> dict[str, Any]:
    names = ("memory_type", "created_at", "player_id", "companion_id")
    return {name: getattr(memory, name) for name in names}


def test_a_newer_save_that_lacks_what_is_read_is_refused(save: Path, make_draft: Make) -> None:
    newer(save, make_draft)
    db = apsw.Connection(str(save))
    db.execute("ALTER TABLE memories RENAME COLUMN text TO words")
    db.close()
    before = save.read_bytes()
    with pytest.raises(SaveError, match="schema version 99, this program writes up to"):
        open_memory(save)
    assert save.read_bytes() == before


def test_only_the_number_of_a_newer_version_is_no_reason_to_refuse(save: Path) -> None:
    open_memory(save).close()
    with save.open("r+b") as file:
        file.seek(60)
        file.write(struct.pack(">I", 99))
    with open_memory(save) as store:
        assert store.read_only is not None
        assert shape_of(store._link.db) == expected_shape(MIGRATIONS)
