"""An index that says otherwise than its table: each makes a question lie, and is found out."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import numpy as np
import pytest

from astraweave.errors import SaveError, StoreError
from astraweave.memory import open_memory
from astraweave.memory.checkup import check, mendable
from astraweave.memory.pages import LEAF_INDEX, Image, leaves
from astraweave.memory.repair import repair
from tests.faults import saves
from tests.faults.tally import Tally

pytestmark = pytest.mark.faults
ROOTS = (
    "SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0 AND tbl_name NOT IN "
    "('memory_words_config', 'sqlite_sequence', 'migrations') ORDER BY name"
)


def entries(save: Path) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """(index, where each of its entries begins and ends), of those that have any."""
    db = apsw.Connection(str(save), flags=apsw.SQLITE_OPEN_READONLY)
    roots = db.execute(ROOTS).fetchall()
    db.close()
    image = Image(save)
    for name, root in roots:
        found = []
        for number, page in leaves(image, int(str(root)), []):
            if page.kind == LEAF_INDEX or name == "memory_words_data":
                data, first = image.bytes_of(number), (number - 1) * image.size
                offsets = struct.unpack_from(f">{len(page.cells)}H", data, 8)
                ends = dict(zip(sorted(offsets), sorted(offsets)[1:], strict=False))
                found += [(first + at, first + ends.get(at, image.size)) for at in offsets]
        if found:
            yield str(name), found


def differs(save: Path, original: saves.Readings, asked: saves.Readings) -> tuple[bool, bool]:
    """Whether the save gives other than it held; whether it says so in play, by itself."""
    try:
        with open_memory(save, backups=0, check_after_s=None) as store:
            try:
                other = saves.readings(store) != original or saves.answers(store) != asked
            except SaveError:
                other = True
            store.watch(0.0)
            store._watch.wait()
            return other, bool(store.problems)
    except (SaveError, StoreError):  # refused, or the writer says that it had to stop
        return True, True


def test_an_index_that_lies_is_found_by_a_check_and_in_play(
    tmp_path: Path, save: Path, tally: Callable[..., Tally]
) -> None:
    saves.make(tmp_path / "sound.db")
    with open_memory(tmp_path / "sound.db") as store:
        saves.answers(store)
    whole = (tmp_path / "sound.db").read_bytes()
    save.write_bytes(whole)
    indexes = list(entries(save))
    with open_memory(save, backups=0) as store:
        original, asked = saves.readings(store), saves.answers(store)
    tries = tally("an entry of an index wrong", few=6, full=10 * len(indexes))
    rng = np.random.default_rng(7)
    for number in tries.each():
        name, places = indexes[number % len(indexes)]
        begin, end = places[int(rng.integers(len(places)))]
        damaged = bytearray(whole)
        at = int(rng.integers(begin, end))
        damaged[at] ^= 1 << int(rng.integers(8))
        save.write_bytes(damaged)
        with tries.timed():
            # The rows of this one have checksums, which are compared when they are read.
            sound = check(str(save), full=name == "associations").sound
        other, said = differs(save, original, asked)
        silent = (other and sound) or (other and not said)
        tries.lost += silent
        assert not silent, (name, at)
        tries.became["nothing differs" if not other else "found and said"] += 1
        if not sound:
            save.write_bytes(damaged)
            repair(str(save))
            assert not mendable(check(str(save), full=True).problems)
        for file in tmp_path.glob(f"{save.name}*"):
            file.unlink()
