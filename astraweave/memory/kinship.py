"""Whether a backup may give rows to a damaged save: is it of this save, was nobody erased since?

Refuses, with the reason in words, what cannot be proven.
"""

from typing import Any

import apsw

from astraweave.memory.audit import SELECT_AUDIT, chained
from astraweave.memory.salvage import Salvage

_AUDITED_FROM = 8
"""The schema version from which on somebody can be erased."""


def objection(db: apsw.Connection, salvage: Salvage, backup: apsw.Connection) -> str | None:
    """Why a backup is not asked; None when it may be.

    Args:
        db: the mended copy, with what could be read of the save and nothing else.
        salvage: what was read of it.
        backup: sound, of the newest schema; only read.
    """
    counts = [row.values for row in salvage.rows["sqlite_sequence"]]
    known = {values[0]: values[1] for values in counts if len(values) == 2}
    for name, count in backup.execute("SELECT name, seq FROM sqlite_sequence"):
        ever = known.get(str(name))
        if isinstance(ever, int) and isinstance(count, int) and count > ever:
            return "it is newer than what is left of the save: restore it, if that is better"
    erased = _erased_since(db, salvage, backup, known.get("audit"))
    if erased is not None:
        return erased
    common = 0
    for table in ("episodes", "memories"):
        ours, theirs = _ids(db, table), _ids(backup, table)
        if table == "memories":  # as an index names them
            ours = {number: name for name, number in salvage.memories.items()} | ours
        both = ours.keys() & theirs.keys()
        common += len(both)
        if any(ours[number] != theirs[number] for number in both):
            return "it is of another save, or of a time that was undone"
    if not common:
        return "it has no row in common with what is left of the save"
    return None


def is_unchanged(salvage: Salvage, backup: apsw.Connection) -> bool:
    """Whether there was no durable commit since a backup that `objection` has nothing against."""
    counts = {row.values[2] for row in salvage.rows.get("acknowledged", ())}
    return counts == {row[0] for row in backup.execute("SELECT count FROM acknowledged").fetchall()}


def _ids(db: apsw.Connection, table: str) -> dict[Any, Any]:
    rows: list[Any] = db.execute(f"SELECT seq, id FROM {table}").fetchall()
    return dict(rows)


def _erased_since(
    db: apsw.Connection, salvage: Salvage, backup: apsw.Connection, ever: object
) -> str | None:
    """What speaks against it: a player was erased since, or nobody can tell."""
    erased = "a player was forgotten since"
    if salvage.version < _AUDITED_FROM:
        return None
    since = _audited_since(db, backup, ever)
    if since is not None:
        return erased if "erasure" in since else None
    if salvage.places["tombstones"]:
        return "nobody can tell whether a player was forgotten since"
    ours, theirs = (
        {row[0] for row in each.execute("SELECT seq FROM tombstones NOT INDEXED").fetchall()}
        for each in (db, backup)
    )
    return erased if ours - theirs else None


def _audited_since(db: apsw.Connection, backup: apsw.Connection, ever: object) -> list[str] | None:
    """What was done since a backup by the audit, whose chain goes on from it; None: it does not."""
    last: list[Any] = backup.execute(f"{SELECT_AUDIT} DESC LIMIT 1").fetchall()
    if not last:
        return None
    number, before = int(last[0][0]), bytes(last[0][6])
    done = list[str]()
    rows: list[Any] = db.execute(SELECT_AUDIT).fetchall()
    for row in rows:
        if row[0] <= number:
            continue
        if row[0] != number + 1 or bytes(row[6]) != chained(before, row[:6]):
            return None
        number, before = row[0], bytes(row[6])
        done.append(row[2])
    return done if number == ever else None
