"""Disks that are full, and folders and files that cannot be written: the game goes on."""

import os
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from astraweave.errors import SaveError, StoreError
from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.keeping import backup_now, compact, put_back
from astraweave.memory.repair import repair
from tests.faults import saves
from tests.faults.tally import Tally
from tests.memory.episodes import START_S, make_draft

pytestmark = pytest.mark.faults


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    """A file system of its own; skips where none can be made."""
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("needs root and mount(8), to make a small file system")
    folder.mkdir(exist_ok=True)
    done = subprocess.run([mount, *options, str(folder)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted: {done.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True, capture_output=True)


def play_until_full(store: MemoryStore, tries: Tally) -> list[str]:
    """Frames go on until the disk has been full for long; ids of all that was given."""
    given = []
    for number in range(4_000):
        given.append(f"e{number}")
        with tries.timed():
            at = START_S + number
            store.write(make_draft(given[-1], 150, start_time=at, end_time=at + 1))
        if number % 32 == 31:
            with suppress(StoreError):
                store.flush(timeout_s=1.0)
            if store._writer._stuck:  # and not merely slow
                break
    return given


def check_spilled(store: MemoryStore, given: list[str], tries: Tally) -> None:
    """Nothing that was given is unaccounted for, and there is a way out."""
    figures = store.figures()
    assert figures["queued"] > 0, "what spilled is counted"
    stored = set(store.episode_ids())
    assert len(given) == len(stored) + figures["queued"]
    tries.became["kept, said and written when there was room"] += 1


def test_a_full_disk_stops_no_game_and_prune_makes_room(
    tmp_path: Path, tally: Callable[..., Tally]
) -> None:
    tries = tally("full disk of 2 MB", few=1, full=5)
    for _ in tries.each():
        with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=2m", "tmpfs") as disk:
            store = open_memory(disk / "slot1.db")
            given = play_until_full(store, tries)
            check_spilled(store, given, tries)
            stored = len(store.episode_ids())
            pruned = store.prune(START_S + 0.9 * stored)
            assert pruned > 0
            store.flush()
            kept = set(store.episode_ids())
            tries.lost += len(set(given[pruned:]) - kept)
            assert (tries.lost, store.health()["structure"]) == (0, "ok")
            store.close()
            with open_memory(disk / "slot1.db") as again:
                tries.lost += len(kept - set(again.episode_ids()))
    assert tries.lost == 0


VERBS: dict[str, Callable[[str], object]] = {
    "backup": backup_now,
    "compact": lambda path: compact(path, before_s=1e12),
    "repair": repair,
    "restore": lambda path: put_back(path, "newest"),
}


def test_what_looks_after_a_save_leaves_it_whole_on_a_full_disk(
    tmp_path: Path, tally: Callable[..., Tally]
) -> None:
    tries = tally("`save backup`, `compact`, `repair`, `restore` on a full disk", few=1, full=10)
    sound = tmp_path / "sound" / "slot1.db"
    sound.parent.mkdir()
    saves.make(sound)
    backup_now(str(sound))
    files = {path.name: path.read_bytes() for path in sound.parent.iterdir()}
    hurt = bytearray(files[sound.name])
    hurt[9 * 4096 : 10 * 4096] = bytes(4096)
    tries.tries *= len(VERBS)
    for number in tries.each():
        name, verb = list(VERBS.items())[number % len(VERBS)]
        given = files | ({sound.name: bytes(hurt)} if name == "repair" else {})
        room = sum(-(-len(data) // 4096) for data in given.values()) * 4 + 8 + 9 * number
        with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", f"size={room}k", "tmpfs") as disk:
            for file, data in given.items():
                (disk / file).write_bytes(data)
            with tries.timed(), pytest.raises((SaveError, StoreError)):
                verb(str(disk / sound.name))
            left = {path.name: path.read_bytes() for path in disk.iterdir()}
            tries.lost += sum(left.get(file) != data for file, data in given.items())
            assert [file for file in left if file.endswith(".new")] == []
        tries.became["refused in one line, untouched"] += 1
    assert tries.lost == 0
    tries.within(1.0)


def test_a_file_that_may_not_grow_is_a_full_disk(save: Path, tally: Callable[..., Tally]) -> None:
    tries = tally("a file that may not grow (RLIMIT_FSIZE)", few=1, full=5)
    for _ in tries.each():
        store = open_memory(save)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
        try:
            given = play_until_full(store, tries)
            check_spilled(store, given, tries)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, before)
        store.flush()
        tries.lost += len(set(given) - set(store.episode_ids()))
        store.close()
        save.unlink()
    assert tries.lost == 0


def test_a_read_only_folder_or_file_is_refused_in_one_line_and_left_alone(
    tmp_path: Path, tally: Callable[..., Tally]
) -> None:
    tries = tally("a read-only folder", few=1, full=5)
    for _ in tries.each():
        with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=4m", "tmpfs") as disk:
            save = disk / "slot1.db"
            with open_memory(save) as store:
                store.write(make_draft("e1"))
            whole, beside = save.read_bytes(), sorted(disk.iterdir())
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            for path in (save, disk / "new.db"):
                with tries.timed(), pytest.raises((SaveError, StoreError)) as caught:
                    open_memory(path)
                assert str(path) in str(caught.value)
                assert caught.value.fix
            assert (save.read_bytes(), sorted(disk.iterdir())) == (whole, beside)
            subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
            with open_memory(save) as store:
                tries.lost += "e1" not in store.episode_ids()
        tries.became["refused in one line, untouched"] += 1
    assert tries.lost == 0


@contextmanager
def nobody() -> Iterator[None]:
    """Not root, to whom permissions mean nothing."""
    if os.getuid() != 0:
        yield
        return
    os.setresuid(65_534, 65_534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def test_a_file_that_may_only_be_read_is_refused_in_one_line_and_left_alone(
    tally: Callable[..., Tally],
) -> None:
    tries = tally("a read-only file", few=1, full=5)
    for _ in tries.each():
        with tempfile.TemporaryDirectory() as name:
            save = Path(name) / "slot1.db"
            with open_memory(save) as store:
                store.write(make_draft("e1"))
            whole = save.read_bytes()
            save.chmod(0o444)
            save.parent.chmod(0o755)
            with tries.timed(), nobody(), pytest.raises(SaveError, match="permissions"):
                open_memory(save)
            assert (save.read_bytes(), len(list(save.parent.iterdir()))) == (whole, 1)
            save.chmod(0o644)
            with open_memory(save) as store:
                tries.lost += "e1" not in store.episode_ids()
        tries.became["refused in one line, untouched"] += 1
    assert tries.lost == 0
