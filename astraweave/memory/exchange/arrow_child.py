"""Arrow and Parquet from outside, read by a process that may die of it.

    python -m astraweave.memory.exchange.arrow_child KIND FILE [FILE]

Prints {"rows": about how many}, then a line of JSON for each row: {"value": …} as JSON Lines would
hold it, or {"what": …, "got": …} where it cannot be told. Whatever pyarrow does with hostile bytes,
memory that runs out or a crash, ends this process and no other: the last line of stderr says why.
Refuses columns that it does not know, and tables without those that it needs.
"""

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import groupby
from typing import Any

import msgspec
import pyarrow as pa

from astraweave.memory.exchange.flat import Row, episode_from, memory_from
from astraweave.memory.exchange.tables import FACT, PARAM, TABLES, Column

MAX_MEMORY_BYTES = 2 << 30
MAX_STRING_BYTES = 16 << 20
BATCH_ROWS = 2_048
_PARQUET, _ARROW = b"PAR1", b"ARROW1"
_COUNT = "observations"
"""Of a table of episodes: how many rows of the other one are its, where it is told."""
_OWN = {"observations": (FACT, PARAM)}


class _WrongError(ValueError):
    """What is wrong with a file, for people."""


def rows_of(path: str, kind: str) -> Iterator[Row]:
    """Rows of a table, without its derived columns; whole floats where whole numbers belong.

    Raises:
        ValueError: it is no such table. Whatever else pyarrow raises.
    """
    columns = {column.name: column for column in TABLES[kind]}
    schema, batches, _ = _opened(path)
    wanted = _checked(schema.names, columns, _OWN.get(kind, ()))
    plain = {name: _plain_of(columns.get(name)) for name in wanted}
    for batch in batches(wanted):
        values = {name: batch.column(name).to_pylist() for name in wanted}
        told = [[plain[name](value) for value in values[name]] for name in wanted]
        for row in zip(*told, strict=True):
            yield dict(zip(wanted, row, strict=True))


def _opened(path: str) -> tuple[Any, Callable[[list[str]], Iterator[Any]], int]:
    """Schema; batches of columns; about how many rows, by what the file says of itself."""
    with open(path, "rb") as stream:  # noqa: PTH123  # a name from the command line
        magic = stream.read(6)
    if magic.startswith(_PARQUET):
        import pyarrow.parquet as pq  # noqa: PLC0415  # only for those

        file = pq.ParquetFile(
            path,
            thrift_string_size_limit=MAX_STRING_BYTES,
            thrift_container_size_limit=1_000_000,
        )
        read = partial(file.iter_batches, BATCH_ROWS, use_threads=False)
        return file.schema_arrow, lambda names: read(columns=names), file.metadata.num_rows
    if magic == _ARROW:
        reader = pa.ipc.open_file(path)
        count = reader.num_record_batches
        rows = count * reader.get_batch(0).num_rows if count else 0
        return reader.schema, lambda names: _sliced(reader, names), rows
    msg = f"neither Parquet nor an Arrow file: it begins with {magic!r}"
    raise _WrongError(msg)


def _sliced(reader: Any, names: list[str]) -> Iterator[Any]:
    for number in range(reader.num_record_batches):
        batch = reader.get_batch(number)
        batch.validate(full=True)
        for first in range(0, batch.num_rows, BATCH_ROWS):
            yield batch.slice(first, BATCH_ROWS).select(names)


def _checked(names: list[str], columns: dict[str, Column], own: tuple[str, ...]) -> list[str]:
    """The columns to read, when all that are needed are there, once, and no others."""
    needed = [name for name, column in columns.items() if not column.derived]
    counted = [_COUNT] if _COUNT in columns and _COUNT in names else []
    missing = [name for name in needed if name not in names]
    unknown = [name for name in names if name not in columns and not name.startswith(own or "\0")]
    twice = [name for name in names if names.count(name) > 1] if len(names) < 5_000 else names
    for what, found in (("no column", missing), ("an unknown column", unknown), ("twice", twice)):
        if found:
            msg = f"{what} {found[0]!r}" + (f" and {len(found) - 1} more" if found[1:] else "")
            raise _WrongError(msg)
    return [*needed, *counted, *(name for name in names if name not in columns)]


def _plain_of(column: Column | None) -> Callable[[Any], Any]:
    return _whole if column is not None and column.kind == "whole" else _real


def _real(value: Any) -> Any:
    """NaN is what pandas makes of null."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _whole(value: Any) -> Any:
    """Pandas makes floats of whole numbers with a null among them."""
    value = _real(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def episodes(path: str, beside: str) -> Iterator[Row]:
    """A line for each row of the table of episodes; observations stand in its order."""
    groups = groupby(rows_of(beside, "observations"), key=lambda row: row["episode_id"])
    waiting = next(groups, None)
    for row in rows_of(path, "episodes"):
        mine: Sequence[Row] = ()
        here = waiting is not None and waiting[0] == row["id"]
        if here and waiting is not None:
            mine = list(waiting[1])
        yield _line(lambda row=row, mine=mine: _episode(row, mine))  # type: ignore[misc]
        if here:
            waiting = next(groups, None)
    if waiting is not None:
        msg = (
            f"observations of {waiting[0]!r} stand where no such episode does: "
            "order both tables alike"
        )
        raise _WrongError(msg)


def _episode(row: Row, mine: Sequence[Row]) -> Row:
    if row.get(_COUNT) not in (None, len(mine)):
        msg = f"{row[_COUNT]} observations are told, {len(mine)} stand here: order both alike"
        raise _WrongError(msg)
    return episode_from(row, mine)


def memories(path: str) -> Iterator[Row]:
    """A line for each row."""
    for row in rows_of(path, "memories"):
        yield _line(lambda row=row: memory_from(row))  # type: ignore[misc]


def _line(told: Callable[[], Row]) -> Row:
    try:
        return {"value": told()}
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        return {"what": "a row that cannot be told", "got": str(error)}


def main(kind: str, paths: list[str]) -> None:
    """Print the lines."""
    _limit()
    encode = msgspec.json.Encoder().encode
    sys.stdout.buffer.write(encode({"rows": _opened(paths[0])[2]}) + b"\n")
    for line in episodes(*paths) if kind == "episodes" else memories(*paths):
        sys.stdout.buffer.write(encode(line) + b"\n")
    sys.stdout.buffer.flush()


def _limit() -> None:
    """What a file claims to be must not take the machine's memory."""
    with suppress(ImportError):  # Windows has no such limits
        import resource  # noqa: PLC0415  # not everywhere

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
