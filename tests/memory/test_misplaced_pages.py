"""Pages where they do not belong: roots of other trees, a chain for many rows, cells on cells."""

from pathlib import Path

import apsw
import pytest

from astraweave.errors import SaveError
from astraweave.memory import open_memory
from astraweave.memory.beside import backups_of
from astraweave.memory.checkup import check
from astraweave.memory.keeping import backup_now, compact
from astraweave.memory.pages import LEAF_INDEX, LEAF_TABLE, MOST_OWNERS, Image
from astraweave.memory.repair import repair
from tests.faults import saves
from tests.memory.ruins import destroy, pages_of

PAGE = 4096
ROOT = "SELECT rootpage FROM sqlite_schema WHERE name = ?"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "slot.db"
    saves.make(path)
    return path


@pytest.fixture(scope="module")
def original(sound: Path) -> saves.Readings:
    with open_memory(sound, backups=0) as store:
        return saves.readings(store)


def root_of(save: Path, tree: str) -> int:
    db = apsw.Connection(str(save), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return int(str(db.execute(ROOT, (tree,)).fetchall()[0][0]))
    finally:
        db.close()


def put(save: Path, page: int, data: bytes) -> None:
    whole = bytearray(save.read_bytes())
    whole[(page - 1) * PAGE : page * PAGE] = data.ljust(PAGE, b"\0")
    save.write_bytes(whole)


def empty_page(kind: int) -> bytes:
    return bytes([kind, 0, 0, 0, 0, PAGE >> 8, 0, 0])


def mended(save: Path, original: saves.Readings) -> saves.Readings:
    """What a repaired save gives: nothing other than it was given."""
    repair(str(save))
    with open_memory(save, backups=0) as store:
        found = saves.readings(store)
    assert [name for name, value in found.items() if original.get(name) != value] == []
    return found


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ("memories", LEAF_TABLE),
        ("observations", LEAF_TABLE),
        ("observations", LEAF_INDEX),
        ("associations", LEAF_INDEX),
        ("tags", LEAF_INDEX),
    ],
)
def test_rows_below_a_root_that_was_emptied_are_found(
    table: str, kind: int, sound: Path, original: saves.Readings, save: Path
) -> None:
    save.write_bytes(sound.read_bytes())
    put(save, root_of(save, table), empty_page(kind))
    assert not check(str(save), full=True).sound
    lost = original.keys() - mended(save, original).keys()
    # Of a table without numbers some rows stand in the root itself.
    assert len(lost) <= 2


@pytest.mark.parametrize(
    ("one", "other"),
    [("memories", "episodes_unlearned"), ("associations", "tags"), ("observations", "consents")],
)
def test_nothing_is_lost_where_two_trees_are_exchanged(
    one: str, other: str, sound: Path, original: saves.Readings, save: Path
) -> None:
    save.write_bytes(sound.read_bytes())
    image, pages = Image(save), [root_of(save, name) for name in (one, other)]
    for page, held in zip(pages, [image.bytes_of(page) for page in reversed(pages)], strict=True):
        put(save, page, held)
    assert mended(save, original) == original


def test_rows_that_a_damaged_save_takes_for_erasures_cost_no_backup_and_no_row(
    sound: Path, original: saves.Readings, save: Path
) -> None:
    save.write_bytes(sound.read_bytes())
    backup_now(str(save))
    image, pages = Image(save), [root_of(save, name) for name in ("memories", "erasures")]
    for page, held in zip(pages, [image.bytes_of(page) for page in reversed(pages)], strict=True):
        put(save, page, held)
    with open_memory(save, backups=0) as store:
        assert "erasure is not finished" in store.problems[0]
    assert len(backups_of(save)) == 1
    assert mended(save, original) == original


def test_a_link_of_an_uncertain_strength_is_left_out_where_vectors_are_an_index(
    sound: Path, original: saves.Readings, save: Path
) -> None:
    save.write_bytes(sound.read_bytes())
    root, index = root_of(save, "vectors"), root_of(save, "vectors_of_player")
    strange = Image(save).bytes_of(index)
    destroy(save, pages_of(save, "vectors", "associations", "associations_by_target"))
    put(save, root, strange)
    mended(save, original)


@pytest.mark.parametrize("table", ["memories", "notes", "verdicts"])
def test_a_page_of_a_longer_index_in_the_place_of_an_index_is_no_witness(
    table: str, sound: Path, original: saves.Readings, save: Path
) -> None:
    save.write_bytes(sound.read_bytes())
    backup_now(str(save))
    strange = [
        data
        for page in pages_of(save, "associations_by_target")
        if (data := Image(save).bytes_of(page))[0] == LEAF_INDEX
    ]
    tree = pages_of(save, table)
    put(save, root_of(save, f"sqlite_autoindex_{table}_1"), strange[0])
    destroy(save, tree)
    mended(save, original)


def chained(save: Path, pages: int, leaves: int) -> int:
    """A table of notes, each row of which is the same chain of `pages`; how many rows."""
    whole = bytearray(save.read_bytes())
    first, length = len(whole) // PAGE + 1, 489 + pages * (PAGE - 4)
    for number in range(pages):
        following = first + number + 1 if number + 1 < pages else 0
        whole += following.to_bytes(4, "big") + b"z" * (PAGE - 4)
    blob = length - 8
    head = b"\x07\x0f" + _varint(12 + 2 * blob)
    row = (head.ljust(7, b"\0") + b"kAWN1").ljust(489, b"y") + first.to_bytes(4, "big")
    cells, at = 0, first + pages
    for _ in range(leaves):
        page, pointers, end = bytearray(PAGE), [], PAGE
        for _ in range(8):
            cells += 1
            cell = _varint(length) + _varint(cells) + row
            end -= len(cell)
            page[end : end + len(cell)] = cell
            pointers.append(end)
        head = bytes([LEAF_TABLE, 0, 0, 0, len(pointers), *end.to_bytes(2, "big"), 0])
        page[:24] = head + b"".join(place.to_bytes(2, "big") for place in pointers)
        whole += page
    inner = bytearray(PAGE)
    for number in range(leaves - 1):
        cell = (at + number).to_bytes(4, "big") + _varint(8 * (number + 1))
        end = PAGE - 8 * (number + 1)
        inner[end : end + len(cell)] = cell
        inner[12 + 2 * number : 14 + 2 * number] = end.to_bytes(2, "big")
    inner[:12] = (
        bytes([5, 0, 0])
        + (leaves - 1).to_bytes(2, "big")
        + (PAGE - 8 * (leaves - 1)).to_bytes(2, "big")
        + b"\0"
        + (at + leaves - 1).to_bytes(4, "big")
    )
    whole[28:32] = (len(whole) // PAGE).to_bytes(4, "big")
    save.write_bytes(whole)
    put(save, root_of(save, "notes"), bytes(inner))
    return cells


def _varint(value: int) -> bytes:
    found = [value & 127]
    while value := value >> 7:
        found.append(value & 127 | 128)
    return bytes(reversed(found))


def test_one_chain_of_pages_for_many_rows_is_not_copied_for_each(
    sound: Path, original: saves.Readings, save: Path
) -> None:
    save.write_bytes(sound.read_bytes())
    rows = chained(save, pages=200, leaves=100)
    found = check(str(save))
    assert not found.sound
    # Read as it stands there, that would be 650 MB.
    before, size = save.read_bytes(), save.stat().st_size
    assert rows * 200 * PAGE > 300 * size
    with pytest.raises(SaveError, match="damaged"):
        compact(str(save), before_s=1e12)
    assert save.read_bytes() == before
    mended(save, original)
    assert save.stat().st_size < (MOST_OWNERS + 1) * size


def test_entries_that_lie_on_one_another_are_no_page(sound: Path, save: Path) -> None:
    save.write_bytes(sound.read_bytes())
    cell = _varint(2_000) + b"\x01" + b"\x04\x00" + _varint(12 + 2 * 1_996) + bytes(1_996)
    page = bytearray(PAGE)
    page[PAGE - len(cell) :] = cell
    page[:8] = bytes([LEAF_TABLE, 0, 0, 1_000 >> 8, 1_000 & 255, 8, 0, 0])
    page[8:2_008] = (PAGE - len(cell)).to_bytes(2, "big") * 1_000
    number = root_of(save, "notes")
    put(save, number, bytes(page))
    with pytest.raises(ValueError, match="lie on one another"):
        Image(save).page(number)
