"""Features as they stand in the save, many memories at once: checked, and taken apart.

`naive` twins stand in the tests.
"""

from typing import Any

import numpy as np

from astraweave.model.kernels.jit import njit

FULL = np.uint32(0xFFFFFFFF)
HEAD, FEATURE = 8, 5
"""Bytes of a seal (four letters, a CRC32) and of a feature (a hash, a weight)."""


def crc_table() -> Any:
    """What CRC32 adds for each byte, uint32[256]."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(0xEDB88320), table >> 1)
    return table.astype(np.uint32)


@njit()
def unsealed(
    blobs: Any,
    ends: Any,
    numbers: Any,
    kind: Any,
    prefix: Any,
    table: Any,
    hashes: Any,
    weights: Any,
    lengths: Any,
    sound: Any,
) -> int:
    """Check seals, and write down the features of those that hold, one memory after the other.

    Args:
        blobs: uint8[b], the sealed features of `k` memories, one after the other.
        ends: int64[k], where each ends.
        numbers: int64[k], of their rows, not negative.
        kind: uint8[4], the letters of the seal.
        prefix: uint8[p], what stands before the number in the key of a seal.
        table: uint32[256], `crc_table`.
        hashes: uint32[≥ b / 5], written; weights: uint8[≥ b / 5], written.
        lengths: int64[k], written: how many features each has, 0 where the seal is broken.
        sound: bool[k], written: whether its seal holds.

    Returns:
        How many features there are.
    """
    digits = np.empty(20, np.uint8)
    first, total = 0, 0
    for i in range(ends.shape[0]):
        body = blobs[first : ends[i]]
        first = ends[i]
        lengths[i], sound[i] = 0, False
        if not _is_kind(body, kind):
            continue
        left, count = numbers[i], 0
        while left > 0 or count == 0:
            digits[19 - count] = 48 + left % 10
            left, count = left // 10, count + 1
        crc = _crc(_crc(FULL, prefix, table), digits[20 - count :], table)
        crc = _crc(crc, body[HEAD:], table) ^ FULL
        sound[i] = crc == _number(body, 4)
        if sound[i]:
            lengths[i] = (body.shape[0] - HEAD) // FEATURE
            for f in range(lengths[i]):
                hashes[total + f] = _number(body, HEAD + FEATURE * f)
                weights[total + f] = body[HEAD + FEATURE * f + 4]
            total += lengths[i]
    return total


@njit()
def _is_kind(body: Any, kind: Any) -> bool:
    different = 0
    for i in range(min(body.shape[0], kind.shape[0])):
        different += body[i] != kind[i]
    return body.shape[0] >= HEAD and different == 0


@njit()
def _crc(crc: Any, values: Any, table: Any) -> Any:
    """CRC32 (as of zlib, before its last turning round) of what `crc` is of, and `values`."""
    for value in values:
        crc = table[(crc ^ value) & np.uint32(255)] ^ (crc >> np.uint32(8))
    return crc


@njit()
def _number(values: Any, at: int) -> Any:
    """Four bytes, the lowest first, as uint32."""
    low = np.uint32(values[at]) | np.uint32(values[at + 1]) << np.uint32(8)
    high = np.uint32(values[at + 2]) | np.uint32(values[at + 3]) << np.uint32(8)
    return low | high << np.uint32(16)
