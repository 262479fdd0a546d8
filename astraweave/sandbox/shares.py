"""How many episodes each part of a job has: worth handing out, and with nobody waiting at the end.

Refuses nothing.
"""

import math

JOB_S, THREAD_JOB_S = 0.25, 0.05
"""Seconds that a job should take at least, as far as there are episodes: fifty times what it costs
to send; and to a thread, which is sent nothing: small enough to share them out evenly, and enough
for a whole `CHUNK` of fights, in slow minutes too."""
SEND_S = 0.005
"""Seconds of one scheduler that a job costs, see docs/cluster.md: with many workers, jobs are so
long that one scheduler keeps all of them busy."""
LEAST = 4
"""Times that the first parts are as long as the last ones, at most."""
AHEAD = 1.5
"""Times a part fits into what each would still have to play, if all went on alike."""
MOST = 1 << 16
"""Episodes of a job, at most."""
CHUNK = 2048
"""Worlds played at once: few enough to stay in the cache, and enough for what needs the interpreter
around a call of the kernels to be little beside it (.86 ms; of 1,024 fights .88 ms in 18)."""
BLOCK = 64
"""Larger jobs are a multiple of this, or of `CHUNK`: kernels play worlds side by side, and a few
left over cost as much as all that would have fitted beside them."""


def worth(wanted_s: float, each_s: float) -> int:
    """Episodes that take about so many seconds.

    Args:
        wanted_s: seconds.
        each_s: seconds of one, under all policies of its job.
    """
    size = max(1, min(MOST, int(wanted_s / each_s)))
    return size - size % (CHUNK if size > CHUNK else BLOCK) if size > BLOCK else size


def shared(count: int, size: int, sharers: int) -> list[int]:
    """Episodes of each part, in the order in which they are begun.

    Where several play, whoever is free takes the next part, and the parts become shorter towards
    the end: so all end at about the same time though one may be slower, and threads do not wait
    for the one interpreter together, every time anew (guided self-scheduling, Polychronopoulos
    and Kuck 1987, with a least part).

    Args:
        count: episodes, at least 1. size: wanted of a part.
        sharers: how many play at once; 1 where that is not known.
    """
    if not BLOCK < size < count:
        return _cut(count, size)
    if sharers == 1:
        return _cut(count, _blocks(-(-count // -(-count // size))))
    least, left, sizes = _blocks(-(-size // LEAST)), count, []
    while left:
        part = _blocks(min(size, max(least, math.ceil(left / (AHEAD * sharers)))))
        if part < size and left - part < least // 2:
            part = left  # a rest is not worth a part
        sizes.append(min(part, left))
        left -= sizes[-1]
    return sizes


def _cut(count: int, size: int) -> list[int]:
    whole, left = divmod(count, size)
    return [size] * whole + [left] * (left > 0)


def _blocks(size: int) -> int:
    return size + -size % BLOCK
