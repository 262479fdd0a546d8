"""Pages of a save found by the tree they belong to, and destroyed."""

from pathlib import Path

import apsw

PAGE = 4096


def pages_of(save: Path, *trees: str) -> list[int]:
    """Pages of tables and indexes, from 1 on, by SQLite itself."""
    db = apsw.Connection(str(save), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        marks = ",".join("?" * len(trees))
        rows = db.execute(f"SELECT pageno FROM dbstat WHERE name IN ({marks})", trees)
        return [int(str(number)) for (number,) in rows]
    finally:
        db.close()


def destroy(save: Path, pages: list[int]) -> None:
    data = bytearray(save.read_bytes())
    for number in pages:
        data[(number - 1) * PAGE : number * PAGE] = bytes(PAGE)
    save.write_bytes(data)
