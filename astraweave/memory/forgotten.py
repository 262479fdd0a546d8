"""Forget a memory or an episode with all that it left behind: statistics too, unlike fading.

In steps, each a transaction or part of one. Refuses to part a row of statistics from the state that
was folded from it: a program killed between two steps has forgotten less, never half a sum, and
forgetting again goes on.
"""

from collections.abc import Sequence

import apsw

from astraweave.memory.derived import delete_derived
from astraweave.memory.rows import delete_memories
from astraweave.memory.slices import Query
from astraweave.model.derived import derived_ranges, reflection_id
from astraweave.model.learned import pair_key

_QUARANTINED = (
    "SELECT seq, key FROM quarantine "
    "WHERE source IN ('episodes', 'memories', 'statistics', 'digests')"
)
_PAIRS = "SELECT DISTINCT player, companion FROM statistics WHERE episode = ?"


def worked_out(query: Query, names: Sequence[str]) -> list[str]:
    """Ids of what was worked out from all episodes of the pairs that these are of; only reads."""
    pairs = dict.fromkeys((row[0], row[1]) for name in names for row in query(_PAIRS, (name,)))
    ranges = [ends for pair in pairs for ends in derived_ranges(*pair)]
    sql = "SELECT id FROM memories WHERE id >= ? AND id < ?"
    return [row[0] for ends in ranges for row in query(sql, ends)]


def quarantined(query: Query, names: Sequence[str]) -> list[int]:
    """Rows of the quarantine that are of one of these; only reads."""
    wanted = frozenset(names)
    return [row[0] for row in query(_QUARANTINED, ()) if row[1] in wanted]


def forget_quarantined(db: apsw.Connection, number: int) -> bool:
    """Delete a row of the quarantine; whether there was one."""
    return _deleted(db, "DELETE FROM quarantine WHERE seq = ?", number) > 0


def forget_memory(db: apsw.Connection, name: str) -> bool:
    """Delete a memory, what was thought about it, and links to both; whether there was one."""
    thought = reflection_id(name)
    gone = delete_memories(db, "id IN (?, ?)", (name, thought))
    for target in (name, thought):
        _deleted(db, "DELETE FROM associations WHERE target = ?", target)
    return gone > 0


def forget_episode(db: apsw.Connection, name: str) -> bool:
    """Delete an episode and what was learned of it; whether there was one.

    With its row of statistics the state goes that was folded from it: the next step of learning
    folds the rows that are left, which is what it would have done without the episode.
    """
    pairs = [(str(row[0]), str(row[1])) for row in db.execute(_PAIRS, (name,)).fetchall()]
    gone = [
        _deleted(db, "DELETE FROM episodes WHERE id = ?", name),
        _deleted(db, "DELETE FROM digests WHERE episode = ?", name),
        _deleted(db, "DELETE FROM statistics WHERE episode = ?", name),
    ]
    _deleted(db, "DELETE FROM checkpoints WHERE episode = ?", name)
    for player, companion in pairs:
        db.execute("DELETE FROM states WHERE player = ? AND companion = ?", (player, companion))
        delete_memories(db, "id = ?", (f"profile:{pair_key(player, companion)}",))
        # As a rule they are gone already, in slices; a step of learning may have written new ones.
        delete_derived(db, player, companion)
    return any(gone)


def _deleted(db: apsw.Connection, sql: str, key: str | int) -> int:
    db.execute(sql, (key,))
    return int(db.changes())
