"""Counter-based random numbers: the same four integers give the same number, everywhere.

One flat function of integer arithmetic, so that Python and the kernels run the same source
(`model.kernels.rng` compiles this very function). Each round is lowbias32, the 32-bit hash
of C. Wellons' hash-prospector (public domain): bias .17, passes PractRand as a counter hash.
"""


def uniform(seed: int, world: int, tick: int, stream: int) -> float:
    """One number in [0, 1) with 32 bits, keyed by (seed, world, tick, stream).

    Args:
        seed: any integer below 2⁶³ in size; all of its low 64 bits count.
        world: index of the world, or of the episode.
        tick: simulated tick, or number of the decision.
        stream: what the number is for; one constant a use.
    """
    h = seed & 0xFFFFFFFF
    for word in (
        (seed >> 32) & 0xFFFFFFFF,
        world & 0xFFFFFFFF,
        tick & 0xFFFFFFFF,
        stream & 0xFFFFFFFF,
    ):
        h = (h + 0x9E3779B9) & 0xFFFFFFFF
        h = h ^ (h >> 16)
        h = (h * 0x7FEB352D) & 0xFFFFFFFF
        h = h ^ (h >> 15)
        h = (h * 0x846CA68B) & 0xFFFFFFFF
        h = (h ^ (h >> 16)) ^ word
    h = h ^ (h >> 16)
    h = (h * 0x7FEB352D) & 0xFFFFFFFF
    h = h ^ (h >> 15)
    h = (h * 0x846CA68B) & 0xFFFFFFFF
    h = h ^ (h >> 16)
    return h / 4294967296.0
