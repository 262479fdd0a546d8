"""Damage to the file of a closed save, anywhere: found out, never believed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from astraweave.errors import SaveError, StoreError
from astraweave.memory import open_memory
from tests.faults import saves
from tests.faults.tally import Tally

pytestmark = pytest.mark.faults
PAGE = 4096


def flipped_bit(whole: bytearray, rng: np.random.Generator) -> None:
    whole[int(rng.integers(len(whole)))] ^= 1 << int(rng.integers(8))


def wrong_bytes(whole: bytearray, rng: np.random.Generator) -> None:
    at, count = int(rng.integers(len(whole) - 32)), int(rng.integers(1, 32))
    whole[at : at + count] = rng.bytes(count)


def wrong_page(whole: bytearray, rng: np.random.Generator) -> None:
    """Zeros, noise, or a copy of another page."""
    pages = len(whole) // PAGE
    at, other, kind = (int(number) for number in rng.integers((pages, pages, 3)))
    copy = bytes(whole[other * PAGE : other * PAGE + PAGE])
    whole[at * PAGE : at * PAGE + PAGE] = (bytes(PAGE), rng.bytes(PAGE), copy)[kind]


DAMAGE = {"a bit": flipped_bit, "up to 31 bytes": wrong_bytes, "a page": wrong_page}
SHARES = {"a bit": (16, 400), "up to 31 bytes": (16, 300), "a page": (16, 300)}


class Original:
    """A sound save and all it holds; `missed`: how much of it the last damaged one lacked."""

    def __init__(self, path: Path) -> None:
        saves.make(path)
        self.whole = path.read_bytes()
        self.missed = 0
        with open_memory(path) as store:
            self.readings, self.answers = saves.readings(store), saves.answers(store)
            assert not saves.is_reported(store)

    def silent(self, path: Path) -> list[str]:
        """What the save at `path` gives otherwise, or lacks without a word."""
        with open_memory(path) as store:
            now = saves.readings(store)
            wrong = [name for name, value in now.items() if self.readings.get(name) != value]
            lacks = [name for name in self.readings if name not in now]
            asked = saves.answers(store)
            lacks += [name for name, answer in self.answers.items() if asked[name] != answer]
            if lacks and not saves.is_reported(store):
                wrong += lacks
            self.missed = len(lacks)
        return wrong


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_anywhere_in_a_save_is_never_believed(
    kind: str, tmp_path: Path, save: Path, tally: Callable[..., Tally]
) -> None:
    few, full = SHARES[kind]
    fuzz = tally(f"{kind} of the file wrong", few=few, full=full)
    original, rng = Original(tmp_path / "sound.db"), np.random.default_rng(full)
    silent: dict[int, list[str]] = {}
    for number in fuzz.each():
        damaged = bytearray(original.whole)
        DAMAGE[kind](damaged, rng)
        save.write_bytes(damaged)
        with fuzz.timed():
            try:
                silent[number] = original.silent(save)
                kept = "nothing missing" if not original.missed else "some missing, and said"
            except (SaveError, StoreError):
                kept = "refused"
        fuzz.became[kept] += 1
        for file in tmp_path.glob(f"{save.name}*"):
            file.unlink()
    wrong = {number: lines for number, lines in silent.items() if lines}
    fuzz.lost = len(wrong)
    assert not wrong
