"""Episodes and other values as bytes that say when they are damaged.

Every blob starts with four letters and a CRC32 that also covers the key it is stored under,
so that neither a flipped bit nor a swapped row passes. Everything is little-endian. Refuses,
with `SaveError`: a wrong CRC, sizes that do not add up (before anything is allocated), an
index that points outside its table, a value outside its range.
"""

import struct
import zlib
from collections.abc import Sequence
from typing import Any, Literal, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from astraweave.errors import SaveError
from astraweave.model.columns import (
    COMPANION,
    NO_ROW,
    NONE,
    OBSERVATION,
    RESULTS,
    WORLD,
    EpisodeLog,
)

_SEAL = struct.Struct("<4sI")
# Observations, fact rows, facts, parameters, bytes of names; 4 spare bytes, so that the arrays
# behind seal and counts start at a multiple of eight.
_COUNTS = struct.Struct("<IIIII4x")
_REAL, _INDEX = np.dtype("<f8"), np.dtype("<u2")
_HEAD_BYTES = _SEAL.size + _COUNTS.size
LOG_V1 = b"AWL1"
MAX_OBSERVATIONS = 1_000_000

T = TypeVar("T")
Row = tuple[str | float | int | bytes | None, ...]


class LogArrays(msgspec.Struct, frozen=True):
    """What `decode_log` finds in a blob: all of an `EpisodeLog` but its header."""

    names: tuple[str, ...]
    observations: npt.NDArray[Any]
    fact_names: tuple[str, ...]
    facts: npt.NDArray[np.float64]
    param_names: npt.NDArray[np.uint16]
    param_values: npt.NDArray[np.float64]
    sets: tuple[tuple[int, ...], ...]
    extra: dict[int, dict[str, dict[str, Any]]]


class _Names(msgspec.Struct, array_like=True, frozen=True):
    names: tuple[str, ...]
    fact_names: tuple[str, ...]
    sets: tuple[tuple[int, ...], ...]
    extra: bytes


_Extra = dict[int, dict[Literal["parameters", "world_state"], dict[str, Any]]]
_pack = msgspec.msgpack.Encoder().encode
_unpack_names = msgspec.msgpack.Decoder(_Names).decode
_unpack_extra = msgspec.json.Decoder(_Extra).decode
_encode_json = msgspec.json.Encoder().encode


def seal(kind: bytes, payload: bytes, key: str) -> bytes:
    """`payload` with `kind` (four letters) and a CRC32 over `key` and itself before it."""
    return _SEAL.pack(kind, zlib.crc32(payload, zlib.crc32(key.encode()))) + payload


def unseal(kind: bytes, blob: Any, key: str) -> bytes:
    """The payload that `seal` was given.

    Raises:
        SaveError: another kind, or a CRC that does not fit.
    """
    # A page of another table in its place: SQLite gives what stands there, of any type.
    if not isinstance(blob, bytes) or len(blob) < _SEAL.size:
        raise _damaged(key, f"{type(blob).__name__} of the wrong size or type")
    found, crc = _SEAL.unpack_from(blob)
    payload = blob[_SEAL.size :]
    if found != kind or crc != zlib.crc32(payload, zlib.crc32(key.encode())):
        raise _damaged(key, "a wrong checksum")
    return payload


def row_crc(*columns: str | float | int | bytes | None) -> int:
    """CRC32 of the columns of a row, which must be what SQLite gives back for them."""
    return crc_of(columns)


def crc_of(columns: Sequence[Any]) -> int:
    """As `row_crc`, of a tuple or list."""
    return zlib.crc32(_pack(columns))


def check_row(where: str, crc: object, *columns: Any) -> None:
    """Raise `SaveError` when the CRC of a row does not fit its columns."""
    if crc != row_crc(*columns):
        raise SaveError(what="a wrong checksum", where=f"save: {where}")


def check_key(found: Sequence[Any], *asked: Any) -> None:
    """Raise `SaveError` when a sound row is not the one that was asked for."""
    if tuple(found) != asked:
        raise SaveError(
            what="the save is damaged: an index leads to another row",
            got="/".join(map(str, found)),
            where=f"save: {'/'.join(map(str, asked))}",
            fix="restore a copy of it, or choose another save",
        )


def encode_log(log: EpisodeLog) -> bytes:
    """The columns of an episode as one blob; the header goes to a row of its own.

    Raises:
        ValueError: columns that do not fit each other.
    """
    facts = log.facts
    if facts.ndim != 2 or facts.shape[1] != len(log.fact_names):
        msg = f"facts must be [rows, {len(log.fact_names)}], got {facts.shape}"
        raise ValueError(msg)
    if len(log.param_names) != len(log.param_values):
        msg = f"{len(log.param_names)} parameter names for {len(log.param_values)} values"
        raise ValueError(msg)
    # JSON for the odd values, because MessagePack has no integer beyond 64 bits.
    extra = _encode_json(log.extra) if log.extra else b""
    meta = _pack((log.names, log.fact_names, log.sets, extra))
    counts = (len(log.observations), *facts.shape, len(log.param_names), len(meta))
    # The arrays as they are, and a CRC over the pieces: the whole is put together once.
    body: tuple[Any, ...] = (
        _COUNTS.pack(*counts),
        np.ascontiguousarray(log.observations, OBSERVATION),
        np.ascontiguousarray(facts, _REAL),
        np.ascontiguousarray(log.param_values, _REAL),
        np.ascontiguousarray(log.param_names, _INDEX),
        meta,
    )
    crc = zlib.crc32(log.id.encode())
    for piece in body:
        crc = zlib.crc32(piece, crc)
    return b"".join((_SEAL.pack(LOG_V1, crc), *body))


def decode_log(blob: bytes, key: str) -> LogArrays:
    """The columns of the episode with id `key`; arrays are the caller's own and writable.

    Raises:
        SaveError: see the module.
    """
    unseal(LOG_V1, blob, key)
    if len(blob) < _HEAD_BYTES:
        raise _damaged(key, f"{len(blob)} bytes")
    n, rows, width, m, meta = _COUNTS.unpack_from(blob, _SEAL.size)
    sizes = (n * OBSERVATION.itemsize, rows * width * 8, m * 8, m * 2, meta)
    # `rows` is bounded by itself: with no facts a row takes no bytes.
    if _HEAD_BYTES + sum(sizes) != len(blob) or n > MAX_OBSERVATIONS or rows > MAX_OBSERVATIONS:
        raise _damaged(key, "sizes that do not add up")
    at = [_HEAD_BYTES]
    for size in sizes:
        at.append(at[-1] + size)
    try:
        names = _unpack_names(blob[at[4] :])
        extra = _unpack_extra(names.extra) if names.extra else {}
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise _damaged(key, f"wrong names: {error}") from error
    # Copies: aligned and writable, like the arrays of a log that was never stored, so that
    # the kernels are compiled once for both.
    found = LogArrays(
        names.names,
        np.frombuffer(blob, OBSERVATION, n, at[0]).copy(),
        names.fact_names,
        np.frombuffer(blob, "<f8", rows * width, at[1]).astype(np.float64).reshape(rows, width),
        np.frombuffer(blob, "<u2", m, at[3]).astype(np.uint16),
        np.frombuffer(blob, "<f8", m, at[2]).astype(np.float64),
        names.sets,
        extra,  # type: ignore[arg-type]  # keys are narrowed to the two fields
    )
    wrong = _first_wrong(found)
    if wrong:
        raise _damaged(key, wrong)
    return found


def _first_wrong(a: LogArrays) -> str | None:
    """What does not fit in columns whose sizes are right; None when all does."""
    if len(a.names) >= NONE or a.facts.shape[1] != len(a.fact_names):
        return "tables of names that do not fit"
    if any(index >= len(a.names) or index < 0 for group in a.sets for index in group):
        return "a tactic that has no name"
    if any(not 0 <= index < len(a.observations) for index in a.extra):
        return "values of an observation that does not exist"
    if len(a.param_names) and int(a.param_names.max()) >= len(a.names):
        return "a parameter that has no name"
    if np.isinf(a.facts).any() or not np.isfinite(a.param_values).all():
        return "a number that is not finite"
    return _first_wrong_column(a, a.observations) if len(a.observations) else None


def _first_wrong_column(a: LogArrays, seen: npt.NDArray[Any]) -> str | None:
    for column, limit in (
        ("code", len(a.names)),
        ("target", len(a.names)),
        ("tactic", len(a.names)),
        ("node", len(a.names)),
        ("available", len(a.sets)),
    ):
        values = seen[column]
        if ((values >= limit) & (values != NONE)).any():
            return f"a {column} outside its table"
    kind, row, param = seen["kind"], seen["row"], seen["param"]
    effect, chance = seen["effectiveness"], seen["propensity"]
    checks = (
        (((seen["code"] == NONE) & (kind != WORLD)).any(), "an action without a name"),
        (kind.max() > WORLD or seen["result"].max() >= len(RESULTS), "an unknown code"),
        (((seen["joined"] != 0) & (kind != COMPANION)).any(), "a joined row that is no response"),
        (row.min() < NO_ROW or row.max() >= len(a.facts), "a row of facts that does not exist"),
        ((param[1:] < param[:-1]).any(), "parameters out of order"),
        (param[-1] > len(a.param_values), "parameters that do not exist"),
        (((effect < 0.0) | (effect > 1.0)).any(), "effectiveness outside [0, 1]"),
        (((chance <= 0.0) | (chance > 1.0)).any(), "propensity outside (0, 1]"),
    )
    return next((message for wrong, message in checks if wrong), None)


def _damaged(key: str, found: str) -> SaveError:
    return SaveError(
        what="damaged bytes",
        got=found,
        where=f"save: {key}",
        fix="`astraweave doctor` lists what was set aside",
    )


def decoded(data: str | bytes, kind: type[T]) -> T:
    """A value from its JSON.

    Raises:
        SaveError: it is no such value.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        where = f"save: {kind.__name__}"
        raise SaveError(what="wrong values", got=str(error), where=where) from error
