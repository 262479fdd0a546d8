"""From any older schema to the present one, each step once and in a transaction.

Refuses a save that is newer than this program, and one whose tables are not exactly what
the migrations make: a trigger, a view or a changed CHECK in a file from outside is an attack.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import apsw

from astraweave.errors import SaveError
from astraweave.memory.associations import check_associations
from astraweave.memory.beside import next_step
from astraweave.memory.directions import fill_embeddings
from astraweave.memory.ledger import fill_ledger
from astraweave.memory.schema import (
    APPLICATION_ID,
    VERSION_1,
    VERSION_2,
    VERSION_3,
    VERSION_4,
    VERSION_5,
    VERSION_6,
    VERSION_7,
    VERSION_8,
    VERSION_9,
)
from astraweave.memory.used import check_uses
from astraweave.memory.views import VIEWS


class Migration(NamedTuple):
    """One step: the statements that lead from the schema before it to its own.

    `fill` puts rows into what they made, in the same transaction.
    """

    name: str
    statements: tuple[str, ...]
    fill: Callable[[apsw.Connection], None] | None = None


MIGRATIONS: tuple[Migration, ...] = (
    Migration("first schema", VERSION_1),
    Migration("the gate's ledger and its verdicts", VERSION_2, fill_ledger),
    Migration("memories are found by words, place and likeness", VERSION_3, check_associations),
    Migration("memories are linked, episodes leave digests", VERSION_4),
    Migration("old observations are packed", VERSION_5),
    Migration("durable commits are counted", VERSION_6),
    Migration("uses of memories are checked", VERSION_7, check_uses),
    Migration("consent, audit, and players who were forgotten", VERSION_8),
    Migration("a game's own vectors are searched", VERSION_9, fill_embeddings),
    Migration("views for people", VIEWS),
)
Shape = frozenset[tuple[str, str, str]]
Columns = frozenset[tuple[str, str]]


def migrate(db: apsw.Connection, steps: Sequence[Migration] = MIGRATIONS) -> int:
    """Bring `db` to the newest schema; returns the number of steps that were needed.

    All steps share one transaction: a crash leaves the old schema, never half of the new.
    """
    if version_of(db) == len(steps):
        return 0
    db.execute("BEGIN IMMEDIATE")
    try:
        # Read again under the lock: another process may have migrated meanwhile.
        version = version_of(db)
        for number, step in enumerate(steps[version:], start=version + 1):
            for statement in step.statements:
                db.execute(statement)
            if step.fill is not None:
                step.fill(db)
            db.execute("INSERT INTO migrations VALUES (?, ?)", (number, step.name))
        db.execute(f"PRAGMA user_version = {len(steps)}")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("COMMIT")
    except BaseException:
        # SQLite may have rolled back by itself (disk full); what went wrong is what is raised.
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    return len(steps) - version


def version_of(db: apsw.Connection) -> int:
    """Schema version; 0 is an empty database."""
    return int(db.pragma("user_version"))


def verify(
    db: apsw.Connection,
    where: str,
    steps: Sequence[Migration] = MIGRATIONS,
    *,
    newer_too: bool = False,
) -> None:
    """Make sure that the tables are ours, at a version this program can read; reads only.

    Args:
        db: a connection.
        where: the save, for errors.
        steps: all that this program knows.
        newer_too: also a newer save, in which every table of ours has at least our columns.

    Raises:
        SaveError: not a save of ours, newer than the program, or with a changed schema.
    """
    if db.pragma("application_id") != APPLICATION_ID:
        raise SaveError(
            what="not an Astraweave save", where=where, fix="choose another file name for the save"
        )
    version = version_of(db)
    if version > len(steps):
        if newer_too and _holds(shape_of(db), columns_of(db), tuple(steps)):
            return
        raise newer(version, where)
    if shape_of(db) != expected_shape(tuple(steps[:version])):
        raise SaveError(
            what=f"the tables are not those of schema version {version}",
            where=where,
            fix=f"this file was changed by something else: {next_step(where)}",
        )


def _holds(shape: Shape, columns: Columns, steps: tuple[Migration, ...]) -> bool:
    """Whether a newer save has all that this program reads, as tables and not as views."""
    if any(kind in ("trigger", "view") and name in _names(steps) for kind, name, _ in shape):
        return False
    plain = {
        name for kind, name, sql in shape if kind == "table" and sql.startswith("CREATE TABLE")
    }
    virtual = {item for item in expected_shape(steps) if item[2].startswith("CREATE VIRTUAL")}
    wanted = {(table, column) for table, column in expected_columns(steps) if table in plain}
    ours = _names(steps) - {name for _, name, _ in virtual}
    return virtual <= shape and ours <= plain and wanted <= columns


def _names(steps: tuple[Migration, ...]) -> set[str]:
    return {name for kind, name, _ in expected_shape(steps) if kind == "table"}


def newer(version: int, where: str) -> SaveError:
    """The error for a save of a later program."""
    return SaveError(
        what=f"the save has schema version {version}, this program writes up to {len(MIGRATIONS)}",
        where=where,
        fix="it can be read and exported; update astraweave to play on with it",
    )


def shape_of(db: apsw.Connection) -> Shape:
    """Every table, index, view and trigger with its SQL, without SQLite's own."""
    # Bounded: a hostile file may hold any number of tables.
    rows = db.execute(
        "SELECT type, name, coalesce(sql, '') FROM sqlite_schema "
        "WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~' LIMIT 1000"
    )
    return frozenset((str(kind), str(name), str(sql)) for kind, name, sql in rows)


def columns_of(db: apsw.Connection) -> Columns:
    """(table, column) of every column that is stored, not computed."""
    rows = db.execute(
        "SELECT s.name, c.name FROM sqlite_schema s, pragma_table_xinfo(s.name) c "
        "WHERE s.type = 'table' AND c.hidden = 0 LIMIT 10000"
    )
    return frozenset((str(table), str(column)) for table, column in rows)


@lru_cache(maxsize=2)
def expected_columns(steps: tuple[Migration, ...]) -> Columns:
    """The columns that these migrations make."""
    return _made(steps)[1]


@lru_cache(maxsize=8)
def expected_shape(steps: tuple[Migration, ...]) -> Shape:
    """The shape that these migrations make."""
    return _made(steps)[0]


def _made(steps: tuple[Migration, ...]) -> tuple[Shape, Columns]:
    """Shape and columns of a fresh database in memory."""
    db = apsw.Connection(":memory:")
    try:
        migrate(db, steps)
        return shape_of(db), columns_of(db)
    finally:
        db.close()
