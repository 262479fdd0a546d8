"""Old observations made small: zstd, with a dictionary trained on the save's own episodes.

Refuses a frame that says it holds something else than its row says, before anything is allocated:
a few kilobytes may claim to be gigabytes.
"""

import struct
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import apsw

from astraweave.errors import SaveError
from astraweave.memory.codec import seal, unseal
from astraweave.memory.slices import Query, spans

PACKED_V1, DICTIONARY_V1 = b"AWZ1", b"AWD1"
NO_DICTIONARY = 0
LEVEL = 12
DICTIONARY_BYTES, FEWEST, MOST = 32 << 10, 16, 128
"""Size of a dictionary, and from how few and how many episodes it is trained."""

SELECT_DICTIONARY = "SELECT body FROM dictionaries WHERE number = ?"
_PLAIN = (
    "SELECT e.seq FROM episodes e JOIN observations o ON o.episode = e.seq "
    "WHERE e.seq > ? AND e.seq <= ? AND e.start_time < ? "
    "AND substr(o.columns, 1, 4) = x'41574c31' ORDER BY e.seq"
)
SELECT_BLOB = (
    "SELECT e.seq, e.id, o.columns FROM episodes e JOIN observations o ON o.episode = e.seq "
    "WHERE e.seq = ? AND substr(o.columns, 1, 4) = x'41574c31'"
)
MAX_BYTES = 64 << 20
_HEAD = struct.Struct("<II")  # number of the dictionary, bytes before packing


class Packed(NamedTuple):
    """What packing did: episodes, and bytes of their observations before and after."""

    episodes: int
    before: int
    after: int


DictionaryOf = Callable[[int], bytes]


def is_packed(blob: Any) -> bool:
    """Whether `unpack` is needed."""
    return isinstance(blob, bytes) and blob[:4] == PACKED_V1


def pack(blob: bytes, key: str, number: int, dictionary: bytes) -> bytes:
    """`blob` compressed with dictionary `number`; `NO_DICTIONARY` has no bytes."""
    frame: bytes = compressor(dictionary).compress(blob)
    return seal(PACKED_V1, _HEAD.pack(number, len(blob)) + frame, key)


def unpack(blob: bytes, key: str, dictionary_of: DictionaryOf) -> bytes:
    """What `pack` was given.

    Raises:
        SaveError: a wrong CRC, a size that does not fit, a dictionary that is gone.
    """
    import zstandard  # noqa: PLC0415  # only for what was packed

    payload = unseal(PACKED_V1, blob, key)
    try:
        number, size = _HEAD.unpack_from(payload)
        frame = payload[_HEAD.size :]
        # The library believes the frame, whatever limit it is given.
        if size > MAX_BYTES or zstandard.get_frame_parameters(frame).content_size != size:
            raise SaveError(what="a size that does not fit", got=size, where=f"save: {key}")
        dictionary = b"" if number == NO_DICTIONARY else dictionary_of(number)
        return bytes(decompressor(dictionary).decompress(frame, max_output_size=size))
    except (struct.error, zstandard.ZstdError) as error:
        raise SaveError(
            what="packed observations that cannot be read", got=str(error), where=f"save: {key}"
        ) from error


def plain_before(query: Query, before_s: float) -> list[int]:
    """Rows of the episodes that began before `before_s` and are not packed; only reads."""
    parts = spans(query, "episodes")
    return [row[0] for span in parts for row in query(_PLAIN, (*span, before_s))]


def trained(samples: Sequence[bytes]) -> bytes:
    """A dictionary from episodes; empty when they are too few or too much alike."""
    import zstandard  # noqa: PLC0415  # only for who packs

    if len(samples) < FEWEST:
        return b""
    try:
        return bytes(zstandard.train_dictionary(DICTIONARY_BYTES, list(samples)).as_bytes())
    except zstandard.ZstdError:
        return b""


def insert_dictionary(db: apsw.Connection, body: bytes) -> int:
    """Store a dictionary; returns its number, from 1 on."""
    newest: Any = db.execute("SELECT coalesce(max(number), 0) FROM dictionaries").get
    number = int(newest) + 1
    sealed = seal(DICTIONARY_V1, body, f"dictionary {number}")
    db.execute("INSERT INTO dictionaries (number, body) VALUES (?, ?)", (number, sealed))
    return number


def stored_dictionary(db: apsw.Connection, number: int) -> bytes:
    """A dictionary of the save.

    Raises:
        SaveError: there is none, or it is damaged.
    """
    return dictionary_in(db.execute(SELECT_DICTIONARY, (number,)).fetchall(), number)


def dictionary_in(rows: Sequence[Any], number: int) -> bytes:
    """The dictionary in the rows of `SELECT_DICTIONARY`.

    Raises:
        SaveError: there is none, or it is damaged.
    """
    if not rows:
        raise SaveError(what="its dictionary is missing", where=f"save: dictionary {number}")
    return unseal(DICTIONARY_V1, rows[0][0], f"dictionary {number}")


def put_packed(db: apsw.Connection, rows: Sequence[tuple[int, bytes, bytes]]) -> None:
    """Put packed observations in the place of plain ones, where these are still the same.

    Args:
        db: inside a transaction.
        rows: number of the episode's row, plain bytes, packed bytes.
    """
    db.executemany("UPDATE observations SET columns = ?3 WHERE episode = ?1 AND columns = ?2", rows)


def renew_dictionaries(db: apsw.Connection) -> int:
    """Pack again, with a dictionary trained on what is left; returns how many episodes.

    A dictionary holds words of the episodes it was trained on, also of those that are gone. The
    numbers of old ones are never used again: another process may still know what they held.
    """
    old: Any = db.execute("SELECT coalesce(max(number), 0) FROM dictionaries").get
    if not old:
        return 0
    packed: list[Any] = db.execute(
        "SELECT o.episode, e.id FROM observations o JOIN episodes e ON e.seq = o.episode "
        "WHERE substr(o.columns, 1, 4) = x'41575a31' ORDER BY o.episode"
    ).fetchall()
    for number, key in packed:
        blob: Any = db.execute("SELECT columns FROM observations WHERE episode = ?", (number,)).get
        plain = unpack(blob, key, partial(stored_dictionary, db))
        db.execute("UPDATE observations SET columns = ? WHERE episode = ?", (plain, number))
    db.execute("DELETE FROM dictionaries WHERE number < ?", (old,))
    sealed = seal(DICTIONARY_V1, b"", f"dictionary {old}")
    db.execute("UPDATE dictionaries SET body = ?", (sealed,))
    samples = [
        db.execute("SELECT columns FROM observations WHERE episode = ?", (number,)).get
        for number, _ in packed[:: max(1, len(packed) // MOST)][:MOST]
    ]
    dictionary = trained(samples)
    number_of = insert_dictionary(db, dictionary) if dictionary else NO_DICTIONARY
    for number, key in packed:
        blob = db.execute("SELECT columns FROM observations WHERE episode = ?", (number,)).get
        put_packed(db, [(number, blob, pack(blob, key, number_of, dictionary))])
    return len(packed)


@lru_cache(maxsize=4)
def compressor(dictionary: bytes) -> Any:
    """What packs with a dictionary; the last few are kept."""
    import zstandard  # noqa: PLC0415  # only for who packs

    given = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
    return zstandard.ZstdCompressor(level=LEVEL, dict_data=given)


@lru_cache(maxsize=4)
def decompressor(dictionary: bytes) -> Any:
    """What unpacks with a dictionary; the last few are kept."""
    import zstandard  # noqa: PLC0415  # only for what was packed

    given = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
    return zstandard.ZstdDecompressor(dict_data=given, max_window_size=MAX_BYTES)
