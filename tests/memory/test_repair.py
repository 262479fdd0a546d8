"""What a repair saves of a damaged file, held against the rows that were in it."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import SaveError
from astraweave.memory import open_memory
from astraweave.memory.beside import put_aside
from astraweave.memory.checkup import check
from astraweave.memory.pages import Image, leaves, record
from astraweave.memory.repair import repair
from astraweave.memory.salvage import Salvage
from astraweave.memory.shapes import derived
from astraweave.model.learned import LearningCommit

Make = Callable[..., Any]
PAGE = 4096
EPISODES = 300
TABLES = ("episodes", "observations", "memories", "tags", "notes", "statistics", "associations")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, make_draft: Make) -> bytes:
    """A save of some size, with a little of everything; its bytes."""
    save = tmp_path_factory.mktemp("played") / "slot.db"
    with open_memory(save) as store:
        for number in range(EPISODES):
            store.write(make_draft(f"e{number}", 12))
        store.write(make_draft("long", 150))
        store.flush()
        for number in range(60):
            place = f"camp {number % 7}"
            store.remember(f"the fire {number}", tags=["fire"], place=place, now=1e6 + number)
        store.flush()
        store.consolidate()
        store.retrieve("fire")
        store.put_note("colour", b"blue")
        rows = {f"e{number}": bytes(40) for number in range(40)}
        store.commit(LearningCommit(player_id="robin", companion_id="mira", rows=rows))
    return save.read_bytes()


def rows_of(data: bytes, folder: Path) -> dict[str, set[Any]]:
    """Every row of the tables that matter, by SQLite itself: the oracle."""
    file = folder / "oracle.db"
    file.write_bytes(data)
    db = apsw.Connection(str(file))
    try:
        return {name: set(db.execute(f"SELECT * FROM {name}")) for name in TABLES}
    finally:
        db.close()


def kept(data: bytes, mended: Path, folder: Path) -> float:
    """The share of rows that are in the mended save just as they were."""
    before, after = rows_of(data, folder), rows_of(mended.read_bytes(), folder)
    there = sum(len(before[name] & after[name]) for name in TABLES)
    return there / sum(len(before[name]) for name in TABLES)


def test_pages_hold_the_rows_that_sqlite_reads(played: bytes, save: Path) -> None:
    save.write_bytes(played)
    salvage = Salvage(Image(save))
    assert (salvage.holes, +salvage.bad) == ([], {})
    db = apsw.Connection(str(save))
    for name, table in salvage.tables.items():
        if derived(name) or name == "sqlite_sequence":
            continue
        columns = ",".join(column.name for column in table.columns)
        found = []
        for row in salvage.rows[name]:
            values = list(row.values)
            if table.number is not None:
                values[table.number] = row.number
            found.append(tuple(values))
        assert sorted(found) == sorted(db.execute(f"SELECT {columns} FROM {name}")), name
    db.close()


def test_every_page_is_known_by_its_rows_alone(played: bytes, save: Path) -> None:
    save.write_bytes(played)
    with open_memory(save, backups=0) as store, store._link.transaction() as db:
        # Alike in columns and types, once a whole number stands for a real one.
        db.execute("INSERT INTO tombstones VALUES (1, randomblob(32), 2e9)")
        db.execute("DELETE FROM episodes WHERE id = 'long'")
    by_tree = Salvage(Image(save))
    data = bytearray(save.read_bytes())
    data[:PAGE] = bytes(PAGE)
    save.write_bytes(data)
    by_shape = Salvage(Image(save))
    for name in by_tree.tables:
        if not derived(name):
            assert sorted(by_shape.rows[name]) == sorted(by_tree.rows[name]), name
    repair(str(save))
    with open_memory(save, backups=0) as store:
        # A number that was given once is not given again.
        assert store.episodes_ever() == EPISODES + 1


def test_rows_of_every_shape_are_read_as_sqlite_wrote_them(tmp_path: Path) -> None:
    values = (None, 0, 1, -1, 300, -70_000, 2**40, -(2**63), 1.5, "é" * 100, b"\0" * 9000, "")
    file = tmp_path / "t.db"
    db = apsw.Connection(str(file))
    db.execute("CREATE TABLE t (" + ",".join(f"c{i}" for i in range(len(values))) + ")")
    for number in (-(2**63), -5, 1, 2**62):
        marks = ",".join("?" * len(values))
        db.execute(
            f"INSERT INTO t (rowid, {','.join(f'c{i}' for i in range(len(values)))}) "
            f"VALUES (?, {marks})",
            (number, *values),
        )
    db.close()
    found = [cell for _, page in leaves(Image(file), 2, []) for cell in page.cells if cell.values]
    assert [(cell.row, cell.values) for cell in found] == [
        (number, values) for number in (-(2**63), -5, 1, 2**62)
    ]


@given(data=st.binary(max_size=300))
def test_bytes_that_are_no_row_are_refused_and_never_crash(data: bytes) -> None:
    try:
        values = record(data)
    except (ValueError, IndexError, struct.error):
        return
    assert isinstance(values, tuple)


@pytest.mark.parametrize("seed", range(4))
def test_three_destroyed_pages_cost_less_than_a_twentieth_of_the_rows(
    played: bytes, save: Path, tmp_path: Path, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    data = bytearray(played)
    for page in rng.choice(len(data) // PAGE, 3, replace=False):
        data[page * PAGE : (page + 1) * PAGE] = rng.bytes(PAGE)
    save.write_bytes(data)
    done = repair(str(save))
    if done.to is not None:  # three free pages are nobody's loss
        assert put_aside(save)[0].read_bytes() == data
    share = kept(played, save, tmp_path)
    assert share >= 0.95
    assert check(str(save), full=True).sound


@pytest.mark.parametrize("lost", [100, PAGE])
def test_without_header_or_first_page_nothing_is_lost(
    played: bytes, save: Path, tmp_path: Path, lost: int
) -> None:
    save.write_bytes(bytes(lost) + played[lost:])
    assert not check(str(save)).sound
    repair(str(save))
    assert kept(played, save, tmp_path) == 1.0
    with open_memory(save) as store:
        assert store.note("colour") == b"blue"
        assert store.retrieve("fire")
        assert store.episodes_ever() == EPISODES + 1


def test_of_half_a_file_what_is_in_it_comes_back(played: bytes, save: Path) -> None:
    save.write_bytes(played[: len(played) // 2])
    done = repair(str(save))
    assert done.pages_lost
    assert done.lost
    assert check(str(save), full=True).sound
    with open_memory(save) as store:
        assert store.problems == ()
        assert len(store.episode_ids()) + len(store.digests()) > 0.4 * EPISODES
        for episode in store.episode_ids():
            assert store.episode(episode) is not None


def test_what_stands_in_the_log_only_is_saved_too(
    save: Path, make_draft: Make, tmp_path: Path
) -> None:
    with open_memory(save) as store:
        store.write(make_draft("a"))
        store.flush()
        copy = tmp_path / "copy.db"
        copy.write_bytes(bytes(100) + save.read_bytes()[100:])
        log = Path(f"{copy}-wal")
        log.write_bytes(Path(f"{save}-wal").read_bytes() + b"torn" * 300)
        written = log.read_bytes()
    done = repair(str(copy))
    assert done.damaged is not None
    assert Path(f"{done.damaged}-wal").read_bytes() == written
    with open_memory(copy) as store:
        assert store.episode_ids() == ("a",)


def test_a_row_with_a_wrong_checksum_is_set_aside_and_told(played: bytes, save: Path) -> None:
    save.write_bytes(played)
    with open_memory(save, backups=0) as store, store._link.transaction() as db:
        db.execute("UPDATE memories SET text = 'he fled' WHERE id = 'e7'")
    done = repair(str(save))
    assert done.tables["memories"].set_aside == 1
    assert done.lost == 1
    assert check(str(save), full=True).sound


def test_an_episode_without_observations_leaves_a_digest_and_its_memory_is_made_again(
    played: bytes, save: Path
) -> None:
    save.write_bytes(played)
    with open_memory(save, backups=0) as store, store._link.transaction() as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("DELETE FROM observations WHERE episode = 5")
        db.execute("DELETE FROM memories WHERE id = 'e9'")
    data = bytearray(save.read_bytes())
    data[:100] = bytes(100)
    save.write_bytes(data)
    done = repair(str(save))
    assert done.tables["digests"].made_again == 1
    assert done.tables["memories"].made_again == 1
    with open_memory(save) as store:
        assert [digest.id for digest in store.digests()] == ["e4"]
        assert store.memory("e9") is not None
        assert store.by_tag("night")


def test_a_sound_save_is_left_alone(played: bytes, save: Path) -> None:
    save.write_bytes(played)
    done = repair(str(save))
    assert (done.to, done.damaged, done.lost) == (None, None, 0)
    assert save.read_bytes() == played
    assert put_aside(save) == ()


def test_the_mended_save_can_go_elsewhere(played: bytes, save: Path, tmp_path: Path) -> None:
    damaged = bytes(100) + played[100:]
    save.write_bytes(damaged)
    to = tmp_path / "mended.db"
    assert repair(str(save), to).to == str(to)
    assert save.read_bytes() == damaged
    assert check(str(to), full=True).sound
    with pytest.raises(SaveError, match="a file of this name"):
        repair(str(save), to)


def test_what_never_was_a_save_is_refused_and_stays(save: Path) -> None:
    stranger = apsw.Connection(str(save))
    stranger.execute("CREATE TABLE bills (amount REAL); INSERT INTO bills VALUES (3)")
    stranger.close()
    for data in (save.read_bytes(), b"", b"dear diary\n" * 5000, bytes(40_000)):
        save.write_bytes(data)
        with pytest.raises(SaveError, match=r"not an Astraweave save|nothing of a save"):
            repair(str(save))
        assert save.read_bytes() == data
        assert put_aside(save) == ()


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM acknowledged",
        "UPDATE acknowledged SET count = 9223372036854775807",
        "UPDATE sqlite_sequence SET seq = 9223372036854775807",
        "UPDATE sqlite_sequence SET seq = 'x'",
    ],
)
def test_a_count_that_cannot_go_on_is_refused_named_and_made_again(
    tmp_path: Path, make_draft: Make, harm: str
) -> None:
    save = tmp_path / "slot.db"
    with open_memory(save, backups=0) as store:
        store.write(make_draft("a"))
        store.consent.give("robin", "mira", now=1e9)
    db = apsw.Connection(str(save))
    db.execute(harm)
    db.close()
    for full in (False, True):
        assert "is wrong" in check(str(save), full=full).problems[0]
    with pytest.raises(SaveError, match=r"count of .* is wrong.*save repair"):
        open_memory(save)
    repair(str(save))
    assert check(str(save), full=True).sound
    with open_memory(save, backups=0) as store:
        store.write(make_draft("b"))
        store.consent.give("robin", "mira", now=2e9)
        store.flush()
        assert store.episode_ids() == ("a", "b")
