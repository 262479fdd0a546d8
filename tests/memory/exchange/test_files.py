"""Where exports are written: never where a save, a part of one or what lies beside one is named."""

import pytest

from astraweave.errors import InputError
from astraweave.memory.exchange import Destination

OF_A_SAVE = (
    *("-wal", "-shm", "-journal", "-mark", "-audit", "-keeping", "-live-0123456789abcdef"),
    *(".backup-1", ".damaged-12", ".replaced-3", ".backup-1-wal", ".0123abcd.new", ".backup.new"),
    *("-WAL", ".Backup-2"),
)


def written(to, **how):
    """Whether `to` takes a file; what was there before is there again if not."""
    try:
        with Destination(to, overwrite=True, **how).whole() as destination:
            destination.stream("episodes.jsonl").write(b"{}")
    except InputError:
        return False
    return True


@pytest.mark.parametrize("folder", [True, False])
@pytest.mark.parametrize("end", OF_A_SAVE)
def test_every_name_of_a_save_is_refused_whether_it_is_taken_or_not(tmp_path, end, folder):
    (tmp_path / "slot.db").write_bytes(b"a save")
    to = tmp_path / f"slot.db{end}"
    assert not written(to, folder=folder)
    assert [each.name for each in tmp_path.iterdir()] == ["slot.db"]
    to.write_bytes(b"a part of it")
    assert not written(to, folder=folder)
    assert to.read_bytes() == b"a part of it"


@pytest.mark.parametrize("left", ["slot.db-audit", "slot.db.backup-4", "slot.db-mark"])
def test_a_save_that_is_torn_or_gone_is_known_by_what_is_left_of_it(tmp_path, left):
    (tmp_path / left).write_bytes(b"all that is left")
    for name in ("slot.db", "slot.db-wal", "slot.db.backup-9", left):
        assert not written(tmp_path / name)
    assert [each.name for each in tmp_path.iterdir()] == [left]


@pytest.mark.parametrize(
    "name", ["day-journal", "slot.db-walrus", "slot.db.backup-one", "slot.db1"]
)
def test_a_name_like_one_of_no_save_is_free(tmp_path, name):
    (tmp_path / "slot.db").write_bytes(b"a save")
    assert written(tmp_path / name)
    assert written(tmp_path / f"{name}-too", folder=True)
    assert written(tmp_path / f"{name}-too", folder=True)


def test_a_folder_that_is_called_like_a_part_takes_files(tmp_path):
    assert written(tmp_path / "day-journal", folder=True)
    assert written(tmp_path / "day-journal", folder=True)
    assert written(tmp_path / "day.jsonl")


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path):
    (tmp_path / "out").write_bytes(b"a poem")
    assert not written(tmp_path / "out", folder=True)
    assert (tmp_path / "out").read_bytes() == b"a poem"
