"""Rows of a backup that are no one's to delete by themselves: they go with what they belong to.

Observations with their episode, uses with their memory, a dictionary with what it packed; words of
consent, the audit and its salts with a player. Refuses a line of the audit that does not go on from
the one before it.
"""

import struct
from functools import partial
from typing import Any

import apsw

from astraweave.errors import SaveError
from astraweave.memory.audit import FIRST, chained
from astraweave.memory.packing import is_packed, stored_dictionary, unpack
from astraweave.memory.pages import Span
from astraweave.memory.placing import Given, Mending, put, rows_of
from astraweave.memory.salts import hash_name
from astraweave.memory.soundness import is_log, is_sound
from astraweave.memory.tombstones import FOREVER

_NUMBER = struct.Struct("<I")
_NUMBER_AT = 8
"""Where a packed blob names its dictionary: behind its seal."""
_BLOBS = (
    "SELECT e.seq, e.id, o.columns FROM episodes e LEFT JOIN observations o ON o.episode = e.seq"
)


def give_dependents(work: Mending, backup: apsw.Connection) -> None:
    """Take what belongs to rows that are there; see `refill.refill`."""
    db, given, unsound = work.db, work.given, work.unsound
    _dictionaries(db, backup, given)
    _observations(db, backup, given)
    lost = {name for name, places in work.salvage.places.items() if places}
    if "uses" in lost or unsound.get("uses"):
        _uses(work, backup)
    if "consents" in lost or unsound.get("consents"):
        _consents(db, backup, given)
    if "audit" in lost:
        _audit(db, backup, given)
    if "salts" in lost:
        _salts(db, backup, given)
    for row in backup.execute("SELECT ?1, seq, hash, until FROM tombstones", (FOREVER,)):
        db.execute("UPDATE tombstones SET until = ?4 WHERE (until, seq, hash) = (?1, ?2, ?3)", row)
        given.rows["tombstones"] += int(db.changes())
    for row in backup.execute("SELECT name, seq FROM sqlite_sequence"):
        # A number must never be given twice.
        db.execute("UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1", row)


def _dictionaries(db: apsw.Connection, backup: apsw.Connection, given: Given) -> None:
    """Those that packed what is there, and are not."""
    there = {row["number"] for row in rows_of(db, "dictionaries") if is_sound("dictionaries", row)}
    wanted = set[int]()
    for _, episode, blob in db.execute(_BLOBS):
        if not (isinstance(blob, bytes) and is_packed(blob) and is_log(blob, str(episode))):
            continue
        if len(blob) >= _NUMBER_AT + _NUMBER.size:
            wanted.add(_NUMBER.unpack_from(blob, _NUMBER_AT)[0])
    for row in rows_of(backup, "dictionaries"):
        if row["number"] in wanted - there and is_sound("dictionaries", row):
            put(db, "dictionaries", row, given)


def _observations(db: apsw.Connection, backup: apsw.Connection, given: Given) -> None:
    """Of episodes that have none that can be read."""
    rows: Any = db.execute(_BLOBS)
    bare = [(number, name) for number, name, blob in rows if not is_log(blob, name)]
    for number, episode in bare:
        found: list[Any] = backup.execute(f"{_BLOBS} WHERE e.seq = ?", (number,)).fetchall()
        for _, name, blob in found:
            plain = _plain(backup, episode, blob) if name == episode else None
            if plain is not None:
                db.execute("INSERT OR REPLACE INTO observations VALUES (?, ?)", (number, plain))
                given.rows["observations"] += 1


def _consents(db: apsw.Connection, backup: apsw.Connection, given: Given) -> None:
    for row in rows_of(backup, "consents"):
        if is_sound("consents", row):
            put(db, "consents", row, given)


def _plain(backup: apsw.Connection, episode: str, blob: Any) -> bytes | None:
    """Observations as they were before packing; None where they are damaged."""
    if not is_log(blob, episode):
        return None
    try:
        return (
            unpack(blob, episode, partial(stored_dictionary, backup)) if is_packed(blob) else blob
        )
    except SaveError:
        return None


def _uses(work: Mending, backup: apsw.Connection) -> None:
    places = [*work.salvage.places["uses"]]
    places += [Span(number, number) for number in work.unsound["uses"]]
    known = {row[0] for row in work.db.execute("SELECT seq FROM memories").fetchall()}
    for row in rows_of(backup, "uses"):
        lost = row["memory"] in known and any(row["memory"] in span for span in places)
        if lost and is_sound("uses", row):
            work.given.older["uses"] += put(work.db, "uses", row, work.given)


def _audit(db: apsw.Connection, backup: apsw.Connection, given: Given) -> None:
    hashes = {row["seq"]: bytes(row["hash"]) for row in rows_of(db, "audit")}
    for row in rows_of(backup, "audit", "1 ORDER BY seq"):
        number, (*told, digest) = row["seq"], row.values()
        before = FIRST if number == 1 else hashes.get(number - 1)
        if number in hashes or before is None or chained(before, told) != digest:
            continue
        if put(db, "audit", row, given):
            hashes[number] = digest


def _salts(db: apsw.Connection, backup: apsw.Connection, given: Given) -> None:
    """Of names that the audit tells of, and the save's own."""
    named = {row[name] for row in rows_of(db, "audit") for name in ("actor", "subject")}
    for row in rows_of(backup, "salts"):
        if row["kind"] == "save" or hash_name(row["salt"], row["name"]) in named:
            put(db, "salts", row, given)
