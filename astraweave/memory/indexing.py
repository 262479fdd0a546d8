"""What memories are found by, on disk: features, words, places and participants.

All of it is made from the memories and can be made again. Memories are indexed in the order of
their numbers, so what is left to do begins after the last one; refuses to look for more. Deleting
a memory takes its words along: `rows.delete_memories` is the only way.
"""

import math
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import apsw

from astraweave.errors import SaveError
from astraweave.memory.codec import seal
from astraweave.memory.directions import insert_embedding
from astraweave.memory.features import features_of
from astraweave.memory.rows import SELECT_MEMORY, read_memory
from astraweave.memory.slices import within

FEATURES_V1, FEATURES_KEY = b"AWF1", "features "
SLICE = 16
"""Memories looked up for one transaction while nobody waits for them."""

_LEFT = (
    f"{SELECT_MEMORY}WHERE seq > coalesce((SELECT max(memory) FROM vectors), 0) "
    "ORDER BY seq LIMIT ?"
)
_INSERT_WORDS = "INSERT INTO memory_words (rowid, words) VALUES (?, ?)"


def index_some(db: apsw.Connection, limit: int, slice_s: float = math.inf) -> None:
    """Index the next few memories, at most `limit`, as long as `slice_s` have not passed."""
    found: list[Any] = db.execute(_LEFT, (limit,)).fetchall()
    words = list[tuple[int, str]]()
    for row in within(found, slice_s):
        words += _index(db, row)
    # Together: after each change of another table FTS5 writes down what it has, as a part.
    db.executemany(_INSERT_WORDS, words)


def index_again(db: apsw.Connection, numbers: Iterable[int]) -> None:
    """Index these memories anew: what was made of them is damaged."""
    for number in numbers:
        db.execute("DELETE FROM memory_words WHERE rowid = ?", (number,))
        for row in db.execute(SELECT_MEMORY + "WHERE seq = ?", (number,)).fetchall():
            db.executemany(_INSERT_WORDS, _index(db, row))


def _index(db: apsw.Connection, row: Sequence[Any]) -> list[tuple[int, str]]:
    """Insert all but the words, which are given back."""
    number = row[0]
    try:
        memory = read_memory(row)
    except SaveError:
        # Whoever reads it sets it aside; until then it has no features, and no question finds it.
        _insert(db, number, row[6], b"")
        return []
    features, words = features_of(memory)
    _insert(db, number, memory.player_id, features.tobytes())
    insert_embedding(db, number, memory.player_id, memory.embedding)
    contexts = [("participant", who) for who in memory.context.participants]
    if memory.context.location is not None:
        contexts.append(("place", memory.context.location))
    db.executemany(
        "INSERT OR IGNORE INTO contexts VALUES (?, ?, ?)",
        [(number, kind, value.casefold()) for kind, value in contexts],
    )
    prefix = player_prefix(memory.player_id)
    return [(number, " ".join([prefix + word for word in words]))]


def _insert(db: apsw.Connection, number: int, player: str, features: bytes) -> None:
    db.execute(
        "INSERT OR REPLACE INTO vectors (memory, player, features) VALUES (?, ?, ?)",
        (number, player, seal(FEATURES_V1, features, f"{FEATURES_KEY}{number}")),
    )


_DIGITS = "0123456789abcdefghijklmnopqrstuv"


def player_prefix(player_id: str) -> str:
    """Five letters before each word of a player, so that a search reads no one else's."""
    number = zlib.crc32(player_id.encode())
    return "".join(_DIGITS[number >> shift & 31] for shift in (0, 5, 10, 15, 20))
