"""Questions to the store. Each is one statement, so it sees the newest commit of any process.

A row whose checksum or shape is wrong is handed to `bad_row`, and the others load.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from astraweave.errors import SaveError, StoreError
from astraweave.memory.associations import SELECT_ASSOCIATIONS, read_association
from astraweave.memory.beside import next_step
from astraweave.memory.codec import check_key
from astraweave.memory.connection import Link, translated
from astraweave.memory.packing import SELECT_DICTIONARY, dictionary_in
from astraweave.memory.quarantine import reason_of
from astraweave.memory.rows import SELECT_EPISODE, SELECT_MEMORY, read_episode, read_memory
from astraweave.memory.used import NEVER, uses_in
from astraweave.model.columns import EpisodeLog
from astraweave.model.memory import Association, Memory, MemoryType

AT_ONCE = 100
"""Rows asked for by number in one statement."""

# Most memories have no links of their own; looking there costs less than a statement for nothing.
_SELECT = SELECT_MEMORY.replace(
    " FROM ", ", EXISTS (SELECT 1 FROM associations a WHERE a.memory = seq) FROM ", 1
)
_UNUSED = (None, None, None)
"""What stands in the columns of `uses` where there is no row of it."""

_PAGES = "PRAGMA cache_size = -8192"
"""Eight megabytes of pages: hits lie all over the file, and SQLite keeps two by itself."""

MOST_DAMAGED = 200
"""Damaged links of the memories of one question, beyond which the save is refused instead."""


class BadRow(NamedTuple):
    """A damaged row: where it is, what its content was marked with, and what is wrong."""

    table: str
    rowid: int
    mark: int | bytes | None
    reason: str
    line: str


class Reader:
    """A connection that only reads."""

    def __init__(
        self, link: Link, bad_row: Callable[[BadRow], None], unreadable: Callable[[], None]
    ) -> None:
        """`unreadable` sets aside what is no UTF-8, when a query stumbles over such a row."""
        self.link = link
        link.db.execute(_PAGES)
        self._bad_row = bad_row
        self._unreadable = unreadable
        self._dictionaries: dict[int, bytes] = {}

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of one statement, as tuples.

        Raises:
            SaveError: the file is damaged.
            StoreError: it cannot be read now, or a value is no text.
        """
        with translated(self.link.where):
            try:
                with self.link.lock:
                    return self.link.db.execute(sql, values).fetchall()
            except UnicodeEncodeError as error:
                raise StoreError(
                    what="half a character cannot be asked for",
                    got=ascii(error.object)[:60],
                    where=self.link.where,
                    fix="leave lone surrogates out",
                ) from None
            except (OverflowError, TypeError) as error:
                raise StoreError(
                    what="this cannot be asked for",
                    got=str(error),
                    where=self.link.where,
                    fix="give texts, and whole numbers of at most 64 bits",
                ) from None
            except UnicodeDecodeError:
                self._unreadable()
                with self.link.lock:
                    return self.link.db.execute(sql, values).fetchall()

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """First column of the first row; None without one."""
        rows = self.query(sql, values)
        return rows[0][0] if rows else None

    def bad(self, table: str, rowid: int, mark: int | bytes | None, error: SaveError) -> None:
        """Set a damaged row aside and say so."""
        self._bad_row(BadRow(table, rowid, mark, reason_of(error), f"{error}; set aside"))

    def episode(self, episode_id: str) -> EpisodeLog | None:
        """One episode; None when there is none, or it is damaged."""
        return next(self.episodes((episode_id,)), None)

    def episodes(self, ids: Iterable[str]) -> Iterator[EpisodeLog]:
        """Episodes in the order of `ids`, without those that are not there or damaged."""
        for episode_id in ids:
            for row in self.query(SELECT_EPISODE + "WHERE e.id = ?", (episode_id,)):
                try:
                    found = read_episode(row, self.dictionary)
                except SaveError as error:
                    self.bad("episodes", row[0], row[12], error)
                    continue
                check_key((found.id,), episode_id)
                yield found

    def dictionary(self, number: int) -> bytes:
        """A dictionary that observations were packed with.

        Raises:
            SaveError: there is none, or it is damaged.
        """
        if number not in self._dictionaries:
            rows = self.query(SELECT_DICTIONARY, (number,))
            self._dictionaries[number] = dictionary_in(rows, number)
        return self._dictionaries[number]

    def forget_dictionaries(self) -> None:
        """Read them anew when they are next needed."""
        self._dictionaries.clear()

    def episode_ids(self, player_id: str | None, companion_id: str | None) -> tuple[str, ...]:
        """Ids of episodes, oldest first."""
        where, values = _filter(player=player_id, companion=companion_id)
        return self._ids(f"SELECT id FROM episodes{where} ORDER BY seq", values)

    def episodes_ever(self) -> int:
        """Number of the newest episode, from 1 on; pruning does not lower it."""
        newest = self.value("SELECT seq FROM sqlite_sequence WHERE name = 'episodes'")
        return int(newest or 0)

    def unlearned(self, player_id: str, companion_id: str) -> tuple[str, ...]:
        """Ids of episodes without a row of statistics that no state counts, by start, then id."""
        pair = (player_id, companion_id)
        # A state counts also those that lost their rows to damage; without it they are new.
        counted = self.value("SELECT 1 FROM states WHERE player = ? AND companion = ?", pair)
        return self._ids(
            "SELECT id FROM episodes e WHERE player = ?1 AND companion = ?2 "
            f"{'' if counted is None else 'AND learned = 0 '}"
            # The mark may be damaged; to learn twice would be refused, again and again.
            "AND NOT EXISTS (SELECT 1 FROM statistics "
            "WHERE player = ?1 AND companion = ?2 AND episode = e.id) ORDER BY start_time, id",
            pair,
        )

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every (player, companion) that played or learned, sorted."""
        return tuple(
            self.query(
                "SELECT player, companion FROM episodes "
                "UNION SELECT player, companion FROM states ORDER BY 1, 2"
            )
        )

    def memory(self, memory_id: str) -> Memory | None:
        """One memory; None when there is none, or it is damaged."""
        found = self._memories(self.query(_SELECT + "WHERE id = ?", (memory_id,)))
        for memory in found.values():
            check_key((memory.id,), memory_id)
        return next(iter(found.values()), None)

    def numbered(self, numbers: Sequence[int]) -> dict[int, Memory]:
        """Memories by the number of their row, without those that are not there or damaged."""
        found: dict[int, Memory] = {}
        for first in range(0, len(numbers), AT_ONCE):
            some = numbers[first : first + AT_ONCE]
            rows = self.query(f"{_SELECT}WHERE seq IN ({_marks(some)})", some)
            found.update(self._memories(rows))
        return found

    def _memories(self, rows: Sequence[Any]) -> dict[int, Memory]:
        found = {}
        linked = [row[0] for row in rows if row[13]]
        links = self._links(linked) if linked else {}
        for row in rows:
            try:
                uses = NEVER if row[10:13] == _UNUSED else self._uses(row)
                found[row[0]] = read_memory(row, links.get(row[0], ()), uses)
            except SaveError as error:
                self.bad("memories", row[0], row[9], error)
        return found

    def _uses(self, row: Sequence[Any]) -> tuple[int, float]:
        try:
            return uses_in(row[0], row[10:13])
        except SaveError as error:
            self.bad("uses", row[0], row[12], error)
            return NEVER

    def _links(self, numbers: Sequence[int]) -> dict[int, list[Association]]:
        """The associations of memories, by the number of their row."""
        found: dict[int, list[Association]] = {}
        damaged: list[tuple[Any, SaveError]] = []
        where = self.link.where
        sql = f"{SELECT_ASSOCIATIONS} WHERE memory IN ({_marks(numbers)})"
        for row in self.query(sql, numbers):
            try:
                found.setdefault(row[0], []).append(read_association(row))
            except SaveError as error:
                damaged.append((row, error))
            # Each is set aside in a transaction of its own: a hostile file may hold any number.
            if len(damaged) > MOST_DAMAGED:
                what = f"more than {MOST_DAMAGED} links are damaged"
                raise SaveError(what=what, where=where, fix=next_step(where))
        for row, wrong in damaged:
            self.bad("associations", row[0], row[4], wrong)
        return found

    def memory_ids(
        self,
        *,
        memory_type: MemoryType | None = None,
        tag: str | None = None,
        player_id: str | None = None,
        companion_id: str | None = None,
        limit: int | None = None,
    ) -> tuple[str, ...]:
        """Ids of memories, newest first; `limit` None gives all."""
        kind = None if memory_type is None else MemoryType(memory_type).value
        where, values = _filter(type=kind, player=player_id, companion=companion_id)
        if tag is not None:
            where += " AND " if where else " WHERE "
            where += "seq IN (SELECT memory FROM tags WHERE tag = ?)"
            values = (*values, tag)
        return self._ids(
            f"SELECT id FROM memories{where} ORDER BY created_at DESC, seq DESC LIMIT ?",
            (*values, -1 if limit is None else max(0, limit)),
        )

    def count(self, player_id: str | None) -> int:
        """How many memories there are."""
        where, values = _filter(player=player_id)
        return int(self.value(f"SELECT count(*) FROM memories{where}", values))

    def _ids(self, sql: str, values: Sequence[Any]) -> tuple[str, ...]:
        return tuple([row[0] for row in self.query(sql, values)])


def _marks(values: Sequence[int]) -> str:
    """Question marks for so many values of a statement."""
    return ",".join("?" * len(values))


def _filter(**columns: str | None) -> tuple[str, tuple[str, ...]]:
    """A WHERE clause for the columns that are given, and its values."""
    given = {name: value for name, value in columns.items() if value is not None}
    clause = " AND ".join(f"{name} = ?" for name in given)
    return (f" WHERE {clause}" if clause else ""), tuple(given.values())
