"""Files that are no save any more, or never were: refused with a way back, never written over."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from astraweave.errors import SaveError, StoreError
from astraweave.memory import open_memory
from astraweave.memory.keeping import backup_now, put_back
from tests.faults import saves
from tests.faults.tally import Tally

pytestmark = pytest.mark.faults
PAGE = 4096


def zeroed_header(whole: bytes, rng: np.random.Generator) -> bytes:
    count = int(rng.choice([16, 100, 512, PAGE]))
    return bytes(count) + whole[count:]


def cut(whole: bytes, rng: np.random.Generator) -> bytes:
    return whole[: int(rng.integers(1, len(whole) - 1))]


def half(whole: bytes, rng: np.random.Generator) -> bytes:
    return whole[: len(whole) // 2]


def nothing(whole: bytes, rng: np.random.Generator) -> bytes:
    return b""


def noise(whole: bytes, rng: np.random.Generator) -> bytes:
    return rng.bytes(int(rng.integers(1, 20_000)))


NOT_SAVES = {
    "a zeroed header": (zeroed_header, 4, 40),
    "cut anywhere": (cut, 12, 200),
    "half a file": (half, 1, 1),
    "zero bytes": (nothing, 1, 1),
    "noise instead of a database": (noise, 4, 40),
}


@pytest.mark.parametrize("kind", NOT_SAVES)
def test_what_is_no_save_any_more_is_refused_with_a_way_back(
    kind: str, tmp_path: Path, save: Path, tally: Callable[..., Tally]
) -> None:
    damage, few, full = NOT_SAVES[kind]
    tries, rng = tally(kind, few=few, full=full), np.random.default_rng(full)
    saves.make(save, episodes=6, memories=3)
    backup_now(str(save))
    (kept,) = tmp_path.glob("*.backup-*")
    whole, copy = save.read_bytes(), kept.read_bytes()
    for _ in tries.each():
        damaged = damage(whole, rng)
        save.write_bytes(damaged)
        with tries.timed(), pytest.raises((SaveError, StoreError)) as caught:
            open_memory(save)
        assert "astraweave save restore" in str(caught.value)
        assert (save.read_bytes(), kept.read_bytes()) == (damaged, copy)
        put_back(str(save), "newest")
        with open_memory(save) as store:
            tries.lost += 6 - len(list(store.episodes(store.episode_ids())))
        replaced = [path for path in tmp_path.iterdir() if path.read_bytes() == damaged]
        assert replaced, "what was there is kept"
        tries.became["refused, kept beside, restored"] += 1
        for path in tmp_path.glob("*.replaced-*"):
            path.unlink()
    assert tries.lost == 0
