"""What comes from outside becomes rows, several in one transaction.

What is stored already is left alone; something else under its id is refused. Each piece is
answered: True when it was stored, False when it was known, or the error that says why not.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import apsw
import msgspec

from astraweave.errors import AstraweaveError, EpisodeError, SaveError
from astraweave.memory.associations import SELECT_ASSOCIATIONS, read_association
from astraweave.memory.packing import stored_dictionary
from astraweave.memory.rows import (
    SELECT_EPISODE,
    SELECT_MEMORY,
    checked_memory,
    episode_rows,
    insert_episode,
    memory_rows,
    read_episode,
    read_memory,
    replace_memory,
)
from astraweave.memory.screen import Screen
from astraweave.model.columns import episode_of, log_of
from astraweave.model.episode import Episode
from astraweave.model.memory import Memory, memory_of
from astraweave.model.names import check_who

Item = Episode | Memory
Answer = bool | EpisodeError
_LIFE = {"access_count": 0, "last_accessed": 0.0, "associations": ()}
"""Of a memory: what changes while it is kept, with what it begins as."""


class Work(NamedTuple):
    """How one piece is stored.

    `known` says whether it is there already, and raises when something else is; `store` stores what
    is not.
    """

    known: Callable[[apsw.Connection], bool]
    store: Callable[[apsw.Connection], object]


def _episode(given: Episode, screen: Screen) -> Work:
    _check_who(f"episode {given.id}", given)
    log = log_of(given)
    clean = screen.episode(log)
    episode = given if clean is log else episode_of(clean)
    rows = episode_rows(clean)

    def known(db: apsw.Connection) -> bool:
        found = _found(db, f"{SELECT_EPISODE}WHERE e.id = ?", episode.id)
        if found is None:
            return False
        if (found[12], found[13]) == (rows.row[11], rows.columns):
            return True
        if episode_of(read_episode(found, partial(stored_dictionary, db))) != episode:
            raise _another(episode)
        return True

    return Work(known, partial(insert_episode, rows=rows))


def _memory(given: Memory, screen: Screen) -> Work:
    """An episode's memory that nothing has happened to gives way to one that something has."""
    _check_who(f"memory {given.id}", given)
    memory = screen.memory(checked_memory(given))

    def known(db: apsw.Connection) -> bool:
        stored = _stored_memory(db, memory.id)
        if stored is None:
            return False
        if stored == memory:
            return True
        if stored == _as_made(db, memory.id):
            return False
        if _without_life(stored) != _without_life(memory):
            raise _another(memory)
        return True

    return Work(known, partial(replace_memory, rows=memory_rows(memory)))


def _check_who(where: str, given: Item) -> None:
    check_who(where, player_id=given.player_id, companion_id=given.companion_id)


def answers_to(
    db: apsw.Connection, works: Sequence[Work | EpisodeError], *, store: bool
) -> list[Answer]:
    """True where it is stored (or, without `store`, would be), False where it is known.

    Args:
        db: inside a transaction, if it is to `store`; one that fails leaves nothing behind.
        works: from `prepared`.
        store: or only look.
    """
    return [
        work if isinstance(work, EpisodeError) else _answer(db, work, store=store) for work in works
    ]


def prepared(given: Item | EpisodeError, screen: Screen) -> Work | EpisodeError:
    """The work that stores it, without what is sensitive, or why it cannot be stored."""
    if isinstance(given, EpisodeError):
        return given
    try:
        if isinstance(given, Episode):
            return _episode(given, screen)
        return _memory(given, screen)
    except (AstraweaveError, ValueError) as error:
        return _refused(error)


def _answer(db: apsw.Connection, work: Work, *, store: bool) -> Answer:
    try:
        if work.known(db):
            return False
        if store:
            with db:  # a savepoint
                work.store(db)
    except (AstraweaveError, apsw.ConstraintError) as error:
        return _refused(error)
    return True


def _refused(error: AstraweaveError | apsw.ConstraintError | ValueError) -> EpisodeError:
    if isinstance(error, EpisodeError):
        return error
    if isinstance(error, AstraweaveError):
        return EpisodeError(what=error.what, got=error.got, fix=error.fix)
    return EpisodeError(what="it cannot be stored", got=str(error), fix="correct it")


def _another(given: Item) -> EpisodeError:
    name = "episode" if isinstance(given, Episode) else "memory"
    return EpisodeError(
        what=f"another {name} has the id {given.id!r}", fix=f"give each {name} its own id"
    )


def _found(db: apsw.Connection, sql: str, key: str) -> Any:
    return db.execute(sql, (key,)).fetchone()


def _stored_memory(db: apsw.Connection, key: str) -> Memory | None:
    row = _found(db, f"{SELECT_MEMORY}WHERE id = ?", key)
    if row is None:
        return None
    links = db.execute(f"{SELECT_ASSOCIATIONS} WHERE memory = ?", (row[0],)).fetchall()
    return read_memory(row, [read_association(link) for link in links])


def _as_made(db: apsw.Connection, key: str) -> Memory | None:
    """The memory that the episode `key` was given when it was stored; None without one."""
    row = _found(db, f"{SELECT_EPISODE}WHERE e.id = ?", key)
    try:
        return None if row is None else memory_of(read_episode(row, partial(stored_dictionary, db)))
    except SaveError:  # damaged: whoever reads the episode next is told
        return None


def _without_life(memory: Memory) -> Memory:
    return msgspec.structs.replace(memory, **_LIFE)
