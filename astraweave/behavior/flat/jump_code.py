"""Jump code of one tree, and several trees' code joined into arrays that one batch reads.

Every number that points somewhere is marked with what it counts, so that a tree is compiled once
and its code moved to wherever it comes to lie. Refuses nothing.
"""

from collections.abc import Sequence as Order
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from astraweave.behavior.kernels import jump_layout as at

Ints = npt.NDArray[np.uint32]


class Mark(IntEnum):
    """What a number counts, and so what is added to it when trees are joined."""

    PLAIN, CODE, LIST, LEAF, TACTIC, LIMIT, MASK, SCRIPT, CONSTANT = range(9)


@dataclass(slots=True)
class Marked:
    """Numbers under construction, each with its mark."""

    numbers: list[int] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)

    def add(self, numbers: Order[int], mark: int) -> int:
        """Append numbers of one mark; returns where they begin."""
        start = len(self.numbers)
        self.numbers += numbers
        self.marks += [mark] * len(numbers)
        return start

    def put(self, at_: int, number: int, mark: int = Mark.PLAIN) -> None:
        """Write one number."""
        self.numbers[at_], self.marks[at_] = number, mark


@dataclass(frozen=True, slots=True, eq=False)
class JumpCode:
    """A compiled tree. Shapes as in `jump_layout`, marks beside what is moved.

    bounds: float64[2·I], of the instructions; limits: those of the tests of choices. idle: the
    memory of an idle agent. leaves, choices, tactics: how many there are.
    """

    code: Ints
    code_marks: npt.NDArray[np.uint8]
    lists: Ints
    lists_marks: npt.NDArray[np.uint8]
    scripts: Ints
    scripts_marks: npt.NDArray[np.uint8]
    bounds: npt.NDArray[np.float64]
    limits: npt.NDArray[np.float64]
    masks: npt.NDArray[np.int64]
    constants: npt.NDArray[np.float64]
    idle: int
    leaves: int
    choices: int
    tactics: int


class Joined(NamedTuple):
    """Code of one or more trees. idle: uint32[trees], the memory of an idle agent of each."""

    code: Ints
    bounds: npt.NDArray[np.float64]
    lists: Ints
    masks: npt.NDArray[np.int64]
    scripts: Ints
    constants: npt.NDArray[np.float64]
    idle: Ints


@lru_cache(maxsize=16)
def join(codes: tuple[JumpCode, ...]) -> Joined:
    """Put the code of several trees one behind the other; the arrays are nobody's to write to."""
    sizes = np.zeros((len(codes) + 1, len(Mark)), np.int64)
    for i, each in enumerate(codes):
        sizes[i + 1, Mark.CODE] = len(each.code)
        sizes[i + 1, Mark.LIST] = len(each.lists)
        sizes[i + 1, Mark.LEAF] = each.leaves
        sizes[i + 1, Mark.TACTIC] = each.tactics
        sizes[i + 1, Mark.LIMIT] = len(each.limits)
        sizes[i + 1, Mark.MASK] = len(each.masks)
        sizes[i + 1, Mark.SCRIPT] = len(each.scripts) // 2
        sizes[i + 1, Mark.CONSTANT] = len(each.constants)
    base = np.cumsum(sizes, axis=0)
    # Behind the bounds of all instructions, of which each of INSTRUCTION numbers has two.
    base[:, Mark.LIMIT] += base[-1, Mark.CODE] * 2 // at.INSTRUCTION
    moved = list(zip(codes, base, strict=False))
    return Joined(
        code=np.concatenate([_moved(c.code, c.code_marks, line) for c, line in moved]),
        bounds=np.concatenate([c.bounds for c in codes] + [c.limits for c in codes]),
        lists=np.concatenate([_moved(c.lists, c.lists_marks, line) for c, line in moved]),
        masks=np.concatenate([c.masks for c in codes]),
        scripts=np.concatenate([_moved(c.scripts, c.scripts_marks, line) for c, line in moved]),
        constants=np.concatenate([c.constants for c in codes]),
        idle=np.array([c.idle + line[Mark.LIST] for c, line in moved], np.uint32),
    )


def _moved(numbers: Ints, marks: npt.NDArray[np.uint8], base: npt.NDArray[np.int64]) -> Ints:
    """Numbers with the bases of their marks added."""
    return numbers + base[marks].astype(numbers.dtype)
