"""The rows of vectors that a game computed itself: at length one, float32, each with its checksum.

Refuses none that a `Memory` may hold; one without a direction (all zeros) has no row.
"""

import math
from collections.abc import Sequence
from typing import Any

import apsw
import msgspec
import numpy as np
import numpy.typing as npt

from astraweave.memory.codec import seal

EMBEDDING_V1 = b"AWE1"
_INSERT = "INSERT OR REPLACE INTO embeddings (memory, player, dimensions, body) VALUES (?, ?, ?, ?)"
_INDEXED = (
    "SELECT seq, player, rest FROM memories "
    "WHERE instr(rest, '\"embedding\":[') AND seq IN (SELECT memory FROM vectors)"
)


def direction(values: Sequence[float]) -> npt.NDArray[np.float32] | None:
    """`values` at length one, float32[n]; None when they point nowhere."""
    given = np.array(values, np.float64)
    largest = float(np.abs(given).max(initial=0.0))
    if given.ndim != 1 or not 0.0 < largest < math.inf:
        return None
    given /= largest
    given /= math.sqrt(float(given @ given))
    return given.astype(np.float32)


def insert_embedding(
    db: apsw.Connection, number: int, player: str, values: Sequence[float] | None
) -> None:
    """Store what the memory in row `number` can be found by, if it has it."""
    found = direction(values or ())
    if found is not None:
        body = seal(EMBEDDING_V1, found.astype("<f4").tobytes(), f"embedding {number}")
        db.execute(_INSERT, (number, player, len(found), body))


def fill_embeddings(db: apsw.Connection) -> None:
    """Give the memories of an older save that were indexed without their vectors these, too."""
    rows: list[Any] = db.execute(_INDEXED).fetchall()
    for number, player, rest in rows:
        try:
            values = msgspec.convert(msgspec.json.decode(rest)["embedding"], list[float])
        except (KeyError, TypeError, ValueError, RecursionError):
            continue  # whoever reads the memory sets it aside
        insert_embedding(db, number, player, values)
