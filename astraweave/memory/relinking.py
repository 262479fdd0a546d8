"""Links between memories that a damaged save lost, worked out again by the rules that made them.

Refuses to add a link of which a whole index knows nothing, and to strengthen one a second time.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import apsw

from astraweave.errors import SaveError
from astraweave.memory.associations import SELECT_ASSOCIATIONS, insert_association
from astraweave.memory.codec import row_crc
from astraweave.memory.consolidation import plan, rules_of, strength_of
from astraweave.memory.indexing import index_some
from astraweave.memory.rows import SELECT_MEMORY, read_memory
from astraweave.memory.salvage import Salvage
from astraweave.memory.witness import Witness
from astraweave.model.memory import Association, Memory

_AT_ONCE = 1_000
"""Memories indexed by one call."""
_LEFT = "SELECT 1 FROM memories WHERE seq > coalesce((SELECT max(memory) FROM vectors), 0) LIMIT 1"
_RULES = "('temporal', 'spatial', 'conceptual')"
_LINKED = f"SELECT coalesce(max(memory), 0) FROM associations WHERE relation IN {_RULES}"


class Links(NamedTuple):
    """Links (target, memory, relation) that are there and sound, and what tells of the others."""

    there: frozenset[object]
    witness: Witness


def links_left(db: apsw.Connection, salvage: Salvage) -> Links:
    """The links of a save's mended copy."""
    there, unsound = set[object](), set[int]()
    rows: Iterable[Any] = db.execute(SELECT_ASSOCIATIONS)
    for memory, target, relation, strength, crc in rows:
        if crc == row_crc(memory, target, relation, strength):
            there.add((target, memory, relation))
        else:
            unsound.add(memory)
    return Links(frozenset(there), Witness(salvage, "associations", there, unsound))


def index_all(db: apsw.Connection, linked: int, *, sure: bool) -> int:
    """Index every memory, and note which were linked before; returns up to which number.

    Args:
        db: the mended copy, in a transaction.
        linked: up to which number, as far as the damaged save says.
        sure: whether it says all of it; else links tell, too, that a rule may have made.
    """
    while _query(db, _LEFT):
        index_some(db, _AT_ONCE)
    if not sure:
        linked = max(linked, int(_query(db, _LINKED)[0][0]))
    db.execute("UPDATE vectors SET linked = 1 WHERE memory <= ?", (linked,))
    return linked


def relink(db: apsw.Connection, left: Links, linked: int, *, sure: bool) -> int:
    """Make links again that stood where nothing can be read; how many.

    Args:
        db: the mended copy, in a transaction, its memories indexed.
        left: from `links_left`.
        linked: up to which number memories were linked when the save was damaged, at least.
        sure: whether none beyond it was.
    """
    made = 0
    numbers = [int(row[0]) for row in _query(db, "SELECT seq FROM memories ORDER BY seq")]
    # Numbers are given in turn: up to the first that is gone, the rules see what they saw then.
    whole = next((n for n, number in enumerate(numbers, 1) if n != number), len(numbers) + 1) - 1
    named = dict[int, list[Any]]()
    for (target, memory, relation), _ in left.witness.entries():
        named.setdefault(int(str(memory)), []).append((target, relation))
    for number in filter(left.witness.is_lost, numbers):
        for row in _query(db, f"{SELECT_MEMORY}WHERE seq = ?", (number,)):
            with suppress(SaveError):  # damaged: whoever reads it sets it aside
                if number <= whole and (number <= linked or sure):
                    links = _all_links(db, row, linked=number <= linked)
                else:
                    may_be = number <= linked or not sure
                    links = _named_links(db, row, named.get(number, ()), linked=may_be)
                made += sum(_relink(db, left, number, link) for link in links)
    return made


def _all_links(db: apsw.Connection, row: Any, *, linked: bool) -> list[Association]:
    """Links of the memory in `row`: those it was encoded with and, if `linked`, of the rules.

    Raises:
        SaveError: the memory is damaged.
    """
    number, memory = row[0], read_memory(row)
    given = {(link.memory_id, link.relation): link for link in memory.associations}
    found = dict(given)
    if linked:
        rows = [(*key, given[key].strength) for key in sorted(given)]
        for link in plan(partial(_query, db), number, memory, rows).links:
            found[link.memory_id, link.relation] = link
    return list(found.values())


def _named_links(
    db: apsw.Connection, row: Any, named: Iterable[tuple[str, str]], *, linked: bool
) -> list[Association]:
    """Those of `named` (target, relation) whose strength is certain from both memories alone.

    Raises:
        SaveError: the memory is damaged.
    """
    memory, found = read_memory(row), list[Association]()
    given = {(link.memory_id, link.relation): link for link in memory.associations}
    for target, relation in named:
        rules = _rules(db, memory, target) if linked else {}
        was = given.get((target, relation))
        if was is not None and rules == {}:
            found.append(was)
        elif was is None and rules and next(iter(rules)) == relation:
            strength = strength_of(rules, known=None)
            found.append(Association(memory_id=target, relation=relation, strength=strength))
    return found


def _rules(db: apsw.Connection, memory: Memory, target: str) -> dict[str, float] | None:
    """Which rules link a memory with another; None when that is not there.

    Raises:
        SaveError: the other is damaged.
    """
    for row in _query(db, f"{SELECT_MEMORY}WHERE id = ?", (target,)):
        return rules_of(memory, read_memory(row))
    return None


def _relink(db: apsw.Connection, left: Links, number: int, link: Association) -> bool:
    if (link.memory_id, number, link.relation) in left.there:
        return False
    row: dict[str, str | int] = {
        "memory": number,
        "target": link.memory_id,
        "relation": link.relation,
    }
    if not left.witness.allows(row):
        return False
    insert_association(db, number, link)
    return True


def _query(db: apsw.Connection, sql: str, values: Sequence[Any] = ()) -> list[Any]:
    return db.execute(sql, values).fetchall()
