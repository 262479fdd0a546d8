"""Consolidate: memories of one time, place or matter become linked, a few at a time.

The rules are AstraWeave's: within 24 hours .5 + (1 − Δ/24 h), at most 1; the same place .8; the
same matter its likeness, .3 type + .5 words + .2 participants, from .7 up. A pair has one link,
from the newer row to the older; each further rule adds .2, and to a link that was given each does.
Refuses to look at a memory twice: so doing it again changes nothing, and slices of any size end in
the same links.
"""

import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import apsw

from astraweave.errors import SaveError
from astraweave.memory.associations import insert_association
from astraweave.memory.indexing import player_prefix
from astraweave.memory.rows import SELECT_MEMORY, read_memory
from astraweave.memory.slices import SLICE_S, Query, Seconds, within
from astraweave.memory.wording import quoted
from astraweave.memory.words import FILLERS, words_of
from astraweave.model.memory import Association, Memory

DAY_S = 86_400.0
SAME_PLACE, SAME_MATTER, AGAIN = 0.8, 0.7, 0.2
MOST_LINKS = 10
LOOKED_AT = 12
"""Neighbours looked at on each side in time, of a place, and of each of a few words."""

LINKED_AT_ONCE = 8
"""Memories whose links are worked out, outside any transaction, before they are written."""

_LEFT = (
    f"{SELECT_MEMORY}WHERE seq IN (SELECT memory FROM vectors WHERE linked = 0 "
    "ORDER BY memory LIMIT ?)"
)
_BEFORE = (
    "SELECT seq FROM memories WHERE created_at BETWEEN ?1 - 86400 AND ?1 AND player = ?2 "
    "AND seq < ?3 ORDER BY created_at DESC, seq DESC LIMIT ?4"
)
_AFTER = (
    "SELECT seq FROM memories WHERE created_at BETWEEN ?1 AND ?1 + 86400 AND player = ?2 "
    "AND seq < ?3 ORDER BY created_at, seq LIMIT ?4"
)
_PLACE = (
    "SELECT memory FROM contexts JOIN memories ON seq = memory WHERE kind = 'place' "
    "AND value = ? AND player = ? AND memory < ? ORDER BY memory DESC LIMIT ?"
)
_WORD = (
    "SELECT rowid FROM memory_words WHERE memory_words MATCH ? AND rowid < ? "
    "ORDER BY rowid DESC LIMIT ?"
)


class Linked(NamedTuple):
    """What one slice, or all of them, did."""

    memories: int
    links: int


class Plan(NamedTuple):
    """The links that the memory in row `number` is to have besides those it has."""

    number: int
    links: tuple[Association, ...]


def rules_of(memory: Memory, other: Memory) -> dict[str, float]:
    """Which rules link two memories, in their order: rule → strength in [0, 1]."""
    found: dict[str, float] = {}
    apart = abs(memory.created_at - other.created_at) / DAY_S
    if apart <= 1.0:
        found["temporal"] = min(1.0, 0.5 + (1.0 - apart))
    place, there = memory.context.location, other.context.location
    if place is not None and there is not None and place.casefold() == there.casefold():
        found["spatial"] = SAME_PLACE
    alike = matter(memory, other)
    if alike >= SAME_MATTER:
        found["conceptual"] = min(1.0, alike)
    return found


def matter(memory: Memory, other: Memory) -> float:
    """How much two memories are of one matter, in [0, 1]."""
    words = _shared(telling(memory.text), telling(other.text))
    people = _shared(frozenset(memory.context.participants), frozenset(other.context.participants))
    return 0.3 * (memory.memory_type is other.memory_type) + 0.5 * words + 0.2 * people


def strength_of(rules: dict[str, float], *, known: float | None) -> float:
    """Of the link of a pair; `known` is that of a link which was there before."""
    strengths = list(rules.values())
    first, further = (strengths[0], strengths[1:]) if known is None else (known, strengths)
    return min(1.0, first + AGAIN * len(further))


def planned(query: Query, most: int = LINKED_AT_ONCE) -> list[Plan]:
    """How the next few memories are to be linked; only reads, and empty when all are."""
    return [_plan(query, row) for row in query(_LEFT, (most,))]


def link_some(
    db: apsw.Connection,
    plans: Sequence[Plan],
    slice_s: float = SLICE_S,
    clock: Seconds = time.perf_counter,
) -> Linked:
    """Link the first of these, and more until `slice_s` have passed."""
    done = links = 0
    for plan in within(plans, slice_s, clock):
        links += _link(db, plan)
        done += 1
    return Linked(done, links)


def _link(db: apsw.Connection, plan: Plan) -> int:
    db.execute("UPDATE vectors SET linked = 1 WHERE memory = ? AND linked = 0", (plan.number,))
    if not db.changes():
        return 0  # deleted since it was planned, or linked by another process
    kept = 0
    for link in plan.links:
        if db.execute("SELECT 1 FROM memories WHERE id = ?", (link.memory_id,)).fetchone():
            insert_association(db, plan.number, link)
            kept += 1
    return kept


def _plan(query: Query, row: Sequence[Any]) -> Plan:
    number = row[0]
    try:
        memory = read_memory(row)
    except SaveError:
        return Plan(number, ())  # whoever reads it sets it aside
    given = query("SELECT target, relation, strength FROM associations WHERE memory = ?", (number,))
    return plan(query, number, memory, given)


def plan(query: Query, number: int, memory: Memory, given: Sequence[Sequence[Any]]) -> Plan:
    """How a memory is to be linked that was given links (target, relation, strength); only reads.

    Those that a rule strengthens are among them, those that stay as they are not.
    """
    held: dict[str, tuple[str, float]] = {}
    for target, relation, strength in given:
        held[target] = (relation, strength)
    found: list[tuple[float, int, Association]] = []
    for other_number, other in _neighbours(query, number, memory):
        rules = rules_of(memory, other)
        if rules:
            relation, known = held.get(other.id, (next(iter(rules)), None))
            link = Association(
                memory_id=other.id, relation=relation, strength=strength_of(rules, known=known)
            )
            found.append((link.strength, other_number, link))
    # Links that were given stay; new ones take what room is left, the strongest first.
    found.sort(key=lambda item: (item[2].memory_id not in held, -item[0], -item[1]))
    room = MOST_LINKS - len(given)
    kept = [link for _, _, link in found if link.memory_id in held]
    kept += [link for _, _, link in found if link.memory_id not in held][: max(0, room)]
    return Plan(number, tuple(kept))


def _neighbours(query: Query, number: int, memory: Memory) -> list[tuple[int, Memory]]:
    """Older rows of the player that a rule may link with this one."""
    at, player, most = memory.created_at, memory.player_id, LOOKED_AT
    asked: list[tuple[str, tuple[Any, ...]]] = [
        (_BEFORE, (at, player, number, most)),
        (_AFTER, (at, player, number, most)),
    ]
    if memory.context.location is not None:
        asked.append((_PLACE, (memory.context.location.casefold(), player, number, most)))
    prefix = player_prefix(player)
    # The longest words are the rarest, as a rule; to be of one matter most words must be shared.
    rare = sorted(telling(memory.text), key=lambda word: (-len(word), word))[:3]
    asked += [(_WORD, (quoted(prefix + word), number, most)) for word in rare]
    numbers: dict[int, None] = {}
    for sql, values in asked:
        numbers.update(dict.fromkeys(row[0] for row in query(sql, values)))
    return _read(query, numbers, player)


def _read(query: Query, numbers: Iterable[int], player: str) -> list[tuple[int, Memory]]:
    wanted = list(numbers)
    marks = ",".join("?" * len(wanted))
    found = []
    for row in query(f"{SELECT_MEMORY}WHERE seq IN ({marks})", wanted):
        try:
            memory = read_memory(row)
        except SaveError:
            continue  # whoever reads it sets it aside
        if memory.player_id == player:
            found.append((row[0], memory))
    return found


@lru_cache(maxsize=1_024)
def telling(text: str) -> frozenset[str]:
    """The words of a text that say what it is of."""
    return frozenset(word for word in words_of(text) if word not in FILLERS)


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard's index; of two empty sets 0."""
    return len(one & other) / len(one | other) if one or other else 0.0
