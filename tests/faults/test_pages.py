"""Pages destroyed anywhere: what a repair saves of small and large saves, backed up and alone."""

from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import pytest

from astraweave.memory import open_memory
from astraweave.memory.keeping import backup_now
from astraweave.memory.repair import repair
from astraweave.model.memory import Memory, MemoryType
from tests.faults import saves
from tests.faults.tally import Tally
from tests.memory.episodes import make_draft

pytestmark = pytest.mark.faults
PAGE = 4096


class Size(NamedTuple):
    """A save of so many `pages`; the last sixth is played after its backup. Tries: few, full."""

    pages: int
    episodes: int
    observations: int
    memories: int
    few: int


SIZES = (Size(92, 24, 12, 12, 2), Size(782, 300, 60, 150, 1), Size(2_334, 1_000, 60, 500, 1))


def play_on(save: Path, episodes: int, observations: int) -> None:
    at = saves.START_S + 200_000.0
    with open_memory(save, backups=0, clock=lambda: at) as store:
        for number in range(episodes):
            store.write(make_draft(f"on{number}", observations, start_time=at + 100 * number))
        for number in range(episodes // 2):
            text, created = f"the ford {number}", at + number
            kind = MemoryType.SOCIAL
            store.encode(Memory(id=f"n{number}", memory_type=kind, text=text, created_at=created))
        store.flush()
        store.consolidate()


@pytest.mark.parametrize("backed_up", [False, True], ids=["alone", "backed up"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.pages} pages")
def test_with_three_pages_destroyed_most_rows_are_salvaged(
    size: Size, backed_up: bool, tmp_path: Path, save: Path, tally: Callable[..., Tally]
) -> None:
    beside = "a backup of 5/6 of it" if backed_up else "no backup"
    fault = f"three of {size.pages:,} pages destroyed, {beside}, `save repair`"
    tries = tally(fault, few=size.few, full=60)
    late = size.episodes // 6 if backed_up else 0
    sound = tmp_path / "sound.db"
    saves.make(sound, size.episodes - late, size.observations, size.memories - late // 2)
    copies = {}
    if backed_up:
        backup = backup_now(str(sound)).file
        copies = {tmp_path / f"{save.name}.backup-1": backup.read_bytes()}
        play_on(sound, late, size.observations)
    whole = sound.read_bytes()
    assert abs(len(whole) // PAGE - size.pages) <= size.pages // 10
    with open_memory(sound, backups=0) as store:
        original = saves.readings(store)
    rng = np.random.default_rng(60)
    shares = []
    for number in tries.each():
        damaged = bytearray(whole)
        for at in rng.choice(len(whole) // PAGE, 3, replace=False) * PAGE:
            damaged[at : at + PAGE] = (bytes(PAGE), rng.bytes(PAGE))[number % 2]
        save.write_bytes(damaged)
        for path, data in copies.items():
            path.write_bytes(data)
        with tries.timed():
            repair(str(save))
        with open_memory(save, backups=0, check_after_s=None) as store:
            found = saves.readings(store)
        wrong = [name for name, value in found.items() if original.get(name) != value]
        shares.append(sum(name in found for name in original) / len(original))
        tries.lost += len(wrong)
        assert not wrong
        # Three pages of 92 may hold a third of the rows: a save that small needs its backup.
        if backed_up or size.pages > 92:
            assert shares[-1] >= 0.95
        for path in tmp_path.glob(f"{save.name}*"):
            path.unlink()
    assert median(shares) >= 0.95
    kept = sum(share >= 0.95 for share in shares)
    worst = f"the worst {min(shares):.1%}"
    if kept == tries.tries:
        tries.became[f"salvaged at least 95% of all rows, {worst}"] = kept
    else:
        tries.became["salvaged at least 95% of all rows"] = kept
        tries.became[f"less, {worst}"] = tries.tries - kept
