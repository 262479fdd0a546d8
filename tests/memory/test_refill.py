"""What a repair takes from backups: all that was lost, nothing that was let go."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import msgspec
import numpy as np
import pytest

from astraweave.memory import open_memory
from astraweave.memory.checkup import check
from astraweave.memory.keeping import backup_now, listed
from astraweave.memory.repair import Repaired, repair
from astraweave.memory.retention import Limit, Retention
from tests.faults import saves
from tests.memory.episodes import make_draft
from tests.memory.ruins import PAGE, destroy, pages_of

LATER_S = saves.START_S + 10_000
EVERYTHING = ("episodes", "observations", "memories", "statistics", "notes", "weight_sets")
TREES = (*EVERYTHING, "associations", "digests", "sqlite_autoindex_memories_1", "episodes_of_pair")


class Played:
    """A save with a backup; `before` is what it held then, `now` what it holds."""

    def __init__(self, folder: Path, live_on: Callable[[Path], None]) -> None:
        self.save = folder / "slot.db"
        saves.make(self.save, episodes=40, observations=4, memories=30)
        self.before = held(self.save)
        backup_now(str(self.save))
        live_on(self.save)
        self.now = held(self.save)
        self.parts = {path.name: path.read_bytes() for path in folder.iterdir()}

    def put(self, folder: Path) -> Path:
        for name, data in self.parts.items():
            (folder / name).write_bytes(data)
        return folder / self.save.name


def held(save: Path) -> saves.Readings:
    with open_memory(save, backups=0, check_after_s=None) as store:
        found = saves.readings(store)
        return found | {f"digest {each.id}": each for each in store.digests()}


def let_go(save: Path) -> None:
    """Everything that takes rows away, and some that come in their place."""
    with open_memory(save, backups=0, clock=lambda: LATER_S) as store:
        store.forget("m3", "e5", "m17", "e38")
        store.retain(Retention(every=Limit(episodes=30)), now=LATER_S)
        store.prune(saves.START_S + 5, player_id="kim")
        memory = store.memory("m4")
        assert memory is not None
        store.encode(msgspec.structs.replace(memory, text="another text", associations=()))
        store.put_note("volume", b"louder")
        for number in range(6):
            store.write(make_draft(f"late{number}", 6, start_time=LATER_S + 100 * number))
        store.flush()
        store.consolidate()
        store.decay(now=saves.START_S + 5 * 86_400)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp("calm"), lambda save: None)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp("lived"), let_go)


def problem_of(done: Repaired) -> str:
    (asked,) = done.backups
    assert asked.rows == 0
    return asked.problem


@pytest.mark.parametrize(
    "table", [*EVERYTHING, "associations", "uses", "audit", "salts", "digests"]
)
def test_a_lost_table_comes_back_from_the_backup(calm: Played, tmp_path: Path, table: str) -> None:
    save = calm.put(tmp_path)
    destroy(save, pages_of(save, table))
    done = repair(str(save))
    assert held(save) == calm.now
    assert done.lost == 0
    assert done.from_backup == sum(each.from_backup for each in done.tables.values())
    assert check(str(save), full=True).sound


def test_a_damaged_row_is_replaced_and_not_set_aside(calm: Played, tmp_path: Path) -> None:
    save = calm.put(tmp_path)
    db = apsw.Connection(str(save))
    db.execute("UPDATE memories SET text = 'never' WHERE id IN ('m5', 'e3')")
    db.execute("UPDATE notes SET body = zeroblob(40) WHERE key = 'game'")
    db.execute("UPDATE observations SET columns = zeroblob(64) WHERE episode = 30")
    db.close()
    done = repair(str(save))
    assert (done.from_backup, done.lost) == (4, 0)
    assert held(save) == calm.now


def test_packed_observations_are_read_with_the_backups_dictionary(
    calm: Played, tmp_path: Path
) -> None:
    save = calm.put(tmp_path)
    with open_memory(save, backups=0) as store:
        assert store.compress(LATER_S).episodes
    backup_now(str(save))
    destroy(save, pages_of(save, "dictionaries"))
    assert repair(str(save)).tables["dictionaries"].from_backup == 1
    assert held(save) == calm.now


@pytest.mark.parametrize("seed", range(8))
def test_nothing_that_was_let_go_comes_back(lived: Played, tmp_path: Path, seed: int) -> None:
    save, rng = lived.put(tmp_path), np.random.default_rng(seed)
    whole = save.read_bytes()
    pages = len(whole) // PAGE
    core = [number - 1 for number in pages_of(save, *TREES)] if seed % 2 else range(pages)
    damaged = bytearray(whole)
    for at in rng.choice(core, min(len(core), (1, 3, 9, 30)[seed % 4]), replace=False) * PAGE:
        other = int(rng.integers(pages)) * PAGE
        page = (bytes(PAGE), rng.bytes(PAGE), whole[other : other + PAGE])[int(rng.integers(3))]
        damaged[at : at + PAGE] = page
    save.write_bytes(damaged)
    repair(str(save))
    strange = []
    for key, value in held(save).items():
        may_be = [lived.now.get(key)]
        if key.startswith("note "):  # the report says that it may be older
            may_be.append(lived.before[key])
        of = f"episode {key.removeprefix('digest ')}"  # without observations a digest is left
        if value not in may_be and not key.endswith(" uses") and of not in lived.now:
            strange.append(key)
    assert not strange


def test_a_note_that_was_written_anew_since_is_told_as_older(lived: Played, tmp_path: Path) -> None:
    save = lived.put(tmp_path)
    destroy(save, pages_of(save, "notes"))
    done = repair(str(save))
    assert (done.tables["notes"].from_backup, done.tables["notes"].older) == (2, 2)
    assert done.left_out > 0
    with open_memory(save, backups=0) as store:
        assert store.note("volume") == b"volume" * 9


def test_a_backup_of_before_an_erasure_gives_nothing(calm: Played, tmp_path: Path) -> None:
    save = calm.put(tmp_path)
    (backup,) = tmp_path.glob("*.backup-*")
    old = backup.read_bytes()
    with open_memory(save, backups=0) as store:
        store.forget_player("kim", now=LATER_S)
    for path in tmp_path.glob("*.backup-*"):
        path.unlink()
    backup.write_bytes(old)  # somebody puts it back
    lost = [*EVERYTHING, "tombstones", "associations"]
    for trees in (["memories"], lost, [*lost, "audit"]):
        copy = tmp_path / f"copy{len(trees)}.db"
        shutil.copy(save, copy)
        shutil.copy(backup, f"{copy}.backup-1")
        destroy(copy, pages_of(copy, *trees))
        assert "forgotten" in problem_of(repair(str(copy)))
        with open_memory(copy, backups=0) as store:
            assert "kim" not in {player for player, _ in store.pairs()}
            assert store.was_forgotten("kim")


def test_only_a_sound_backup_of_this_save_and_time_is_asked(
    calm: Played, lived: Played, tmp_path: Path
) -> None:
    save = calm.put(tmp_path)
    backup = tmp_path / "slot.db.backup-1"
    whole, sound = save.read_bytes(), backup.read_bytes()
    saves.make(tmp_path / "other.db", episodes=12, observations=3)
    with open_memory(tmp_path / "undone.db", backups=0) as store:
        for number in range(40):
            store.write(make_draft(f"other{number}", 3))
    torn = bytearray(sound)
    torn[20 * PAGE : 30 * PAGE] = bytes(10 * PAGE)
    reasons: dict[str, Any] = {
        "newer": lived.parts["slot.db"],
        "another save": (tmp_path / "undone.db").read_bytes(),
        "damaged": bytes(torn),
        "not a save": b"",
    }
    for reason, data in reasons.items():
        save.write_bytes(whole)
        destroy(save, pages_of(save, "memories"))
        backup.write_bytes(data)
        assert reason in problem_of(repair(str(save)))


def test_what_a_newer_backup_lacks_an_older_one_gives(calm: Played, tmp_path: Path) -> None:
    save = calm.put(tmp_path)
    backup_now(str(save))
    newest = tmp_path / "slot.db.backup-2"
    newest.write_bytes(newest.read_bytes()[:PAGE])
    destroy(save, pages_of(save, "memories"))
    done = repair(str(save))
    assert [bool(asked.problem) for asked in done.backups] == [True, False]
    assert held(save) == calm.now


def test_what_is_called_like_a_backup_and_is_no_file_is_left_alone(
    calm: Played, tmp_path: Path
) -> None:
    save = calm.put(tmp_path)
    os.mkfifo(tmp_path / "slot.db.backup-2")
    (tmp_path / "slot.db.backup-3").mkdir()
    (tmp_path / "slot.db.backup-4").symlink_to("/dev/zero")
    (tmp_path / "slot.db.backup-5").symlink_to("slot.db.backup-5")
    assert [each.number for each in listed(str(save))] == [1]
    assert backup_now(str(save)).number == 6
    destroy(save, pages_of(save, "memories"))
    assert len(repair(str(save)).backups) == 2
    assert held(save) == calm.now
