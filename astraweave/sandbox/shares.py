"""How many episodes each part of a job has: worth handing out, alike, and not all at one time.

Refuses nothing.
"""

JOB_S, THREAD_JOB_S = 0.25, 0.05
"""Seconds that a job should take at least, as far as there are episodes: fifty times what it costs
to send; and to a thread, which is sent nothing: small enough to share them out evenly, and enough
for a whole `CHUNK` of fights, in slow minutes too."""
SEND_S = 0.005
"""Seconds of one scheduler that a job costs, see docs/cluster.md: with many workers, jobs are so
long that one scheduler keeps all of them busy."""
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

    All are alike and each of those who play has as many: nobody waits at the end. Only what each
    begins with is shorter, by one step more from one to the next, and what is missing there comes
    last: threads that ended their parts at the same time would wait for the one interpreter,
    every time anew (two threads play 1.92 times what one does, and 1.80 times in step).

    Args:
        count: episodes, at least 1. size: wanted of a part.
        sharers: how many play at once; 1 where that is not known.
    """
    if not BLOCK < size < count:
        return _cut(count, size)
    turns = -(-count // (size * sharers))
    each = _blocks(-(-count // (turns * sharers)))
    if turns == 1:
        return _cut(count, each)
    first = [_blocks(each * i // sharers) for i in range(1, sharers)]
    last = [each - part for part in first if part < each]
    return [*first, *_cut(count - sum(first) - sum(last), each), *last]


def _cut(count: int, size: int) -> list[int]:
    whole, left = divmod(count, size)
    return [size] * whole + [left] * (left > 0)


def _blocks(size: int) -> int:
    return size + -size % BLOCK
