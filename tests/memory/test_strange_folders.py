"""A save behind a link, and what is no file in the place of one of its parts."""

import gzip
import os
import shutil
from itertools import count
from pathlib import Path

import apsw
import pytest

from astraweave.errors import SaveError
from astraweave.memory import open_memory
from astraweave.memory.beside import backups_of
from astraweave.memory.checkup import check, info
from astraweave.memory.keeping import backup_now, migrate_now, put_back
from astraweave.memory.log import log_of
from astraweave.memory.migrations import MIGRATIONS
from tests.memory.episodes import make_draft

OLD = Path(__file__).parents[1] / "data" / "saves"
Linked = tuple[Path, int]
IN_LOG = 12 * 4096


@pytest.fixture
def linked(tmp_path: Path) -> Linked:
    """A link to a save of a killed session, whose last episodes are in its log; how many."""
    real, link = tmp_path / "cloud" / "real.db", tmp_path / "slot1.db"
    real.parent.mkdir()
    link.symlink_to(real)
    with open_memory(link, backups=0) as store:
        for number in count(1):
            store.write(make_draft(f"e{number}"))
            store.flush()
            with store._link.lock:  # a kill takes all at one moment: nobody moves the log
                left = {path: path.read_bytes() for path in real.parent.iterdir()}
            if len(left[log_of(real)]) >= IN_LOG:
                break
    shutil.rmtree(real.parent)
    real.parent.mkdir()
    for path, data in left.items():
        path.write_bytes(data)
    return link, number


def test_the_log_of_a_save_behind_a_link_is_seen(linked: Linked) -> None:
    link, episodes = linked
    found = check(str(link), full=True)
    assert (found.sound, found.rows["episodes"]) == (True, episodes)
    assert info(str(link)).log_bytes > 0
    os.truncate(log_of(link.resolve()), 100)
    assert f"of {episodes} episodes" in check(str(link)).problems[0]


def test_what_is_done_to_a_save_behind_a_link_is_done_where_it_is(linked: Linked) -> None:
    link, episodes = linked
    backup_now(str(link))
    with open_memory(link, backups=0) as store:
        store.write(make_draft("later"))
    _, aside = put_back(str(link), "newest")
    assert link.is_symlink()
    assert aside is not None
    assert aside.parent == link.resolve().parent
    assert len(backups_of(link.resolve())) == 1
    with open_memory(link, backups=0) as store:
        assert len(store.episode_ids()) == episodes
    assert [path.name for path in link.parent.iterdir() if path.is_file()] == [link.name]


def test_an_older_save_behind_a_link_is_migrated_with_its_log(tmp_path: Path) -> None:
    real, link = tmp_path / "cloud" / "real.db", tmp_path / "slot1.db"
    real.parent.mkdir()
    link.symlink_to(real)
    real.write_bytes(gzip.decompress((OLD / "schema_9.db.gz").read_bytes()))
    db = apsw.Connection(str(real))
    db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    db.execute("PRAGMA journal_mode = WAL").fetchall()
    db.execute("INSERT INTO notes VALUES ('in the log', x'00')")
    notes = db.execute("SELECT count(*) FROM notes").fetchall()[0][0]
    db.close()
    assert log_of(real).stat().st_size > 0
    done = migrate_now(str(link))
    assert (done.before, done.after) == (9, len(MIGRATIONS))
    assert info(str(link)).rows["notes"] == notes


def test_a_link_to_nothing_is_a_new_save_and_a_link_to_itself_none(tmp_path: Path) -> None:
    link, loop = tmp_path / "link.db", tmp_path / "loop.db"
    link.symlink_to(tmp_path / "real.db")
    loop.symlink_to(loop)
    with open_memory(link) as store:
        store.write(make_draft("e1"))
    assert check(str(tmp_path / "real.db")).rows["episodes"] == 1
    with pytest.raises(SaveError, match="symbolic links"):
        open_memory(loop)
    with pytest.raises(SaveError, match="too long"):
        open_memory(tmp_path / f"{'x' * 5_000}.db")


def test_a_folder_in_the_place_of_shared_memory_is_said_at_once(save: Path) -> None:
    with open_memory(save) as store:
        store.write(make_draft("e1"))
    log_of(save).write_bytes(b"x" * 100)
    Path(f"{save}-shm").mkdir()
    before = sorted(path.name for path in save.parent.iterdir())
    for use in (check, info, open_memory, lambda path: put_back(path, "newest")):
        with pytest.raises(SaveError, match=r"move slot1\.db-shm away"):
            use(str(save))
    assert sorted(path.name for path in save.parent.iterdir()) == before


def test_a_save_that_is_gone_is_told_of_by_its_backups(save: Path) -> None:
    with open_memory(save) as store:
        store.write(make_draft("e1"))
    backup_now(str(save))
    save.unlink()
    with pytest.raises(SaveError, match="save restore"):
        check(str(save))
    with open_memory(save) as store:
        (line,) = store.problems
        assert "backups of an older one" in line
        store.write(make_draft("e2"))
    with open_memory(save) as store:
        assert store.problems == ()
    put_back(str(save), "1")
    with open_memory(save) as store:
        assert store.episode_ids() == ("e1",)
