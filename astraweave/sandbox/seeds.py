"""Seeds by counter: fresh ones for each proposal, the same for the same arguments."""

import numpy as np
import numpy.typing as npt

SAFETY, PAIRS = 1, 2
"""What seeds are for; a proposal's safety episodes and its pairs share none."""


def episode_seeds(
    seed: int, number: int, purpose: int, scenario: int, first: int, count: int
) -> npt.NDArray[np.int64]:
    """Seeds of episodes first … first + count − 1, int64[count], each in [0, 2⁵³).

    Below 2⁵³, so that a seed survives any JSON reader. Mixed by splitmix64, as a counter.

    Args:
        seed: of the verdict, any integer.
        number: the proposal's number, from 1.
        purpose: SAFETY or PAIRS.
        scenario: its place among the scenarios.
        first: index of the first episode.
        count: how many.
    """
    key = np.zeros(1, dtype=np.uint64)
    for word in (seed, number, purpose, scenario):
        key = _mix(key ^ np.uint64(word & 0xFFFF_FFFF_FFFF_FFFF))
    index = np.arange(first, first + count, dtype=np.uint64)
    return (_mix(key ^ index) >> np.uint64(11)).astype(np.int64)


def _mix(z: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """splitmix64's step over an array; arrays wrap without a warning, scalars would not."""
    z = z + np.uint64(0x9E37_79B9_7F4A_7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
    return z ^ (z >> np.uint64(31))
