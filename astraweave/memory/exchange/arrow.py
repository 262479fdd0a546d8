"""Tables as Arrow files and Parquet, in batches: what is held does not grow with the save.

Needs pyarrow (extra `arrow`), which is imported when a file is written.
"""

from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, BinaryIO

from astraweave.errors import UsageError
from astraweave.memory.exchange.flat import (
    Names,
    Row,
    episode_row,
    memory_row,
    observation_rows,
    trait_row,
)
from astraweave.memory.exchange.tables import FACT, PARAM, TABLES, Column
from astraweave.model.columns import EpisodeLog, episode_of

if TYPE_CHECKING:
    from astraweave.memory.exchange.files import Destination

BATCH_ROWS = 32_768
"""Rows of a record batch, or of a row group; those of an episode are never parted."""


def check_installed(form: str) -> None:
    """Make sure that there is pyarrow.

    Raises:
        UsageError: there is none.
    """
    if find_spec("pyarrow") is None:
        fix = 'pip install "astraweave[arrow]", or use jsonl'
        raise UsageError(what=f"{form} needs pyarrow, which is not installed", fix=fix)


class ArrowSink:
    """Writes memories or traits as one table."""

    def __init__(self, kind: str, form: str, to: "Destination") -> None:
        """Open the file of the table."""
        self._table = _Table(kind, form, to.stream(f"{kind}.{form}"), TABLES[kind])
        self._row: Callable[[Any], Row] = memory_row if kind == "memories" else trait_row

    def add(self, item: Any) -> None:
        """One row."""
        self._table.add([self._row(item)])

    def close(self) -> None:
        """Write what is held, and the end."""
        self._table.close()


class EpisodeSink:
    """Writes episodes as two tables: one row an episode, one row an observation."""

    def __init__(
        self, form: str, to: "Destination", names: Names, units: Mapping[str, str]
    ) -> None:
        """Open both files.

        Args:
            form: "arrow" or "parquet".
            to: a folder.
            names: facts and parameters that get columns.
            units: of facts.
        """
        self._names = names
        own = [
            *(Column(PARAM + name, "real", "a parameter of the action") for name in names.params),
            *(Column(FACT + name, "real", "", units.get(name, "")) for name in names.facts),
        ]
        columns = (*TABLES["observations"], *own)
        self._episodes = _Table("episodes", form, to.stream(f"episodes.{form}"), TABLES["episodes"])
        self._seen = _Table("observations", form, to.stream(f"observations.{form}"), columns)

    def add(self, item: EpisodeLog) -> None:
        """One episode."""
        episode = episode_of(item)
        self._episodes.add([episode_row(episode)])
        self._seen.add(observation_rows(episode, self._names))

    def close(self) -> None:
        """Write what is held, and the ends."""
        self._episodes.close()
        self._seen.close()


class _Table:
    """One file; rows are held until they are a batch."""

    def __init__(self, kind: str, form: str, stream: BinaryIO, columns: tuple[Column, ...]) -> None:
        import pyarrow as pa  # noqa: PLC0415  # an extra

        fields = [
            pa.field(column.name, _type_of(column.kind), metadata=_told(column))
            for column in columns
        ]
        self._schema = pa.schema(fields, metadata={"astraweave": kind, "version": "1"})
        self._names = [column.name for column in columns]
        self._rows: list[Row] = []
        self._batch = pa.RecordBatch.from_arrays
        self._array = pa.array
        if form == "parquet":
            import pyarrow.parquet as pq  # noqa: PLC0415  # an extra

            self._writer = pq.ParquetWriter(stream, self._schema, compression="zstd")
        else:
            self._writer = pa.ipc.new_file(stream, self._schema)

    def add(self, rows: Iterable[Row]) -> None:
        """Rows that stay together."""
        self._rows.extend(rows)
        if len(self._rows) >= BATCH_ROWS:
            self._write()

    def close(self) -> None:
        if self._rows:
            self._write()
        self._writer.close()

    def _write(self) -> None:
        rows, self._rows = self._rows, []
        arrays = [
            self._array([row[name] for row in rows], type=field.type)
            for name, field in zip(self._names, self._schema, strict=True)
        ]
        self._writer.write_batch(self._batch(arrays, schema=self._schema))


def _type_of(kind: str) -> Any:
    import pyarrow as pa  # noqa: PLC0415  # an extra

    link = {"memory_id": pa.string(), "relation": pa.string(), "strength": pa.float64()}
    types: dict[str, Any] = {
        "text": pa.string(),
        "real": pa.float64(),
        "whole": pa.int64(),
        "flag": pa.bool_(),
        "moment": pa.timestamp("us", tz="UTC"),
        "texts": pa.list_(pa.string()),
        "reals": pa.list_(pa.float64()),
        "links": pa.list_(pa.struct(list(link.items()))),
    }
    return types[kind]


def _told(column: Column) -> dict[str, str]:
    """Metadata of a column."""
    told = {"unit": column.unit, "description": column.about}
    return {name: text for name, text in told.items() if text}
