"""A save as it is at one moment, read row by row: what is written meanwhile is not in it.

Holds one row at a time, whatever the save holds. A damaged row is left where it is, said and
passed over; the others are read.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import apsw
import msgspec

from astraweave.errors import SaveError
from astraweave.memory.associations import SELECT_ASSOCIATIONS, read_association
from astraweave.memory.connection import MEMORY, Link, another_link, configure, translated
from astraweave.memory.packing import stored_dictionary
from astraweave.memory.rows import SELECT_EPISODE, SELECT_MEMORY, read_episode, read_memory
from astraweave.model.columns import EpisodeLog
from astraweave.model.memory import Memory

TOLD = 1_000
"""Lines about damaged rows that are kept; all are counted."""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows: of one player, one companion, from `since_s` until before `until_s` (since 1970).

    The time of an episode is its start, that of a memory its creation. None leaves it open.
    """

    player_id: str | None = None
    companion_id: str | None = None
    since_s: float | None = None
    until_s: float | None = None

    def clause(self, time: str) -> tuple[str, tuple[Any, ...]]:
        """A WHERE clause over rows whose time is the column `time`, and its values."""
        given = (
            ("player = ?", self.player_id),
            ("companion = ?", self.companion_id),
            (f"{time} >= ?", self.since_s),
            (f"{time} < ?", self.until_s),
        )
        asked = [(condition, value) for condition, value in given if value is not None]
        clause = " AND ".join(condition for condition, _ in asked)
        return (f" WHERE {clause}" if clause else ""), tuple(value for _, value in asked)


ALL = Selection()


class Snapshot:
    """What a save holds, in an order that its content decides.

    `damaged` counts rows that could not be read; `problems` has a line for each of the first.
    """

    def __init__(self, link: Link) -> None:
        """Read through `link`, which nobody else uses."""
        self._link = link
        self._dictionaries: dict[int, bytes] = {}
        self.damaged = 0
        self.problems: list[str] = []

    def players(self, only: Selection = ALL) -> tuple[str, ...]:
        """Everybody whose play or memories are here, sorted."""
        first, values = only.clause("start_time")
        second, _ = only.clause("created_at")
        sql = f"SELECT player FROM episodes{first} UNION SELECT player FROM memories{second}"
        return self._texts(sql, (*values, *values))

    def companions(self) -> tuple[str, ...]:
        """Every companion that played or remembers, sorted."""
        return self._texts("SELECT companion FROM episodes UNION SELECT companion FROM memories")

    def count_episodes(self, only: Selection) -> int:
        """How many `episodes` gives, damaged ones too."""
        return self._count("episodes", *only.clause("start_time"))

    def count_memories(self, only: Selection) -> int:
        """How many `memories` gives, damaged ones too."""
        return self._count("memories", *only.clause("created_at"))

    def episodes(self, only: Selection) -> Iterator[EpisodeLog]:
        """Episodes in the order they were written."""
        where, values = only.clause("start_time")
        for number in self._numbers(f"SELECT seq FROM episodes{where} ORDER BY seq", values):
            try:
                row = self._one(f"{SELECT_EPISODE}WHERE e.seq = ?", number)
                log = read_episode(row, self._dictionary)
            except SaveError as error:
                self._pass_over(error)
            else:
                yield log

    def memories(self, only: Selection) -> Iterator[Memory]:
        """Memories, oldest first, those of one moment by id."""
        where, values = only.clause("created_at")
        sql = f"SELECT seq FROM memories{where} ORDER BY created_at, id"
        for number in self._numbers(sql, values):
            try:
                row = self._one(f"{SELECT_MEMORY}WHERE seq = ?", number)
                memory = read_memory(row, self._links(number))
            except SaveError as error:
                self._pass_over(error)
            else:
                yield memory

    def _texts(self, sql: str, values: Sequence[Any] = ()) -> tuple[str, ...]:
        with translated(self._link.where):
            return tuple(row[0] for row in self._link.db.execute(f"{sql} ORDER BY 1", values))

    def _count(self, table: str, where: str, values: Sequence[Any]) -> int:
        with translated(self._link.where):
            found: Any = self._link.db.execute(f"SELECT count(*) FROM {table}{where}", values).get
        return int(found)

    def _numbers(self, sql: str, values: Sequence[Any]) -> Iterator[int]:
        # Numbers of rows alone: a row whose text is no UTF-8 must not end the others.
        with translated(self._link.where):
            for (number,) in self._link.db.execute(sql, values):
                yield number

    def _one(self, sql: str, number: int) -> Any:
        with translated(self._link.where):
            return self._link.db.execute(sql, (number,)).fetchone()

    def _links(self, number: int) -> list[Any]:
        found = []
        with translated(self._link.where):
            sql = f"{SELECT_ASSOCIATIONS} WHERE memory = ?"
            rows = self._link.db.execute(sql, (number,)).fetchall()
        for row in rows:
            try:
                found.append(read_association(row))
            except SaveError as error:
                self._pass_over(error)
        return found

    def _dictionary(self, number: int) -> bytes:
        if number not in self._dictionaries:
            self._dictionaries[number] = stored_dictionary(self._link.db, number)
        return self._dictionaries[number]

    def _pass_over(self, error: SaveError) -> None:
        self.damaged += 1
        if len(self.problems) < TOLD:
            self.problems.append(f"{error}; left out")


@contextmanager
def snapshot_of(link: Link) -> Iterator[Snapshot]:
    """The save behind `link` as it is now; other connections go on writing."""
    own = _copied(link) if link.file is None else another_link(link)
    try:
        # A read transaction begins with its first SELECT.
        with translated(link.where):
            own.db.execute("BEGIN")
            own.db.execute("SELECT 1 FROM migrations").fetchall()
        yield Snapshot(own)
    finally:
        own.db.close()


def _copied(link: Link) -> Link:
    """A save in memory has one connection only, so it is read from a copy."""
    db = apsw.Connection(MEMORY)
    with link.lock, db.backup("main", link.db, "main") as copying:
        copying.step()
    configure(db)
    return Link(db, link.where, None)
