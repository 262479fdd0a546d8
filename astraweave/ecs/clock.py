"""Time that never goes back, whatever the game's clock does."""

from collections.abc import Callable

from astraweave.errors import RecordError

MAX_SECONDS = 1e15


class SteadyClock:
    """Seconds of the game's clock; where that jumps back, this stands still and then goes on.

    Attributes:
        clock: the game's. offset: what is added to it by now.

    Raises:
        RecordError: the clock gives NaN or infinity.
    """

    __slots__ = ("_last", "clock", "offset")

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start at what `clock` says now."""
        self.clock, self.offset, self._last = clock, 0.0, -MAX_SECONDS
        try:
            self()
        except TypeError as error:  # it gave no number, or takes an argument
            fix = "use time.monotonic, or seconds of play"
            where = "attach(clock=…)"
            raise RecordError(what=f"the clock: {error}", where=where, fix=fix) from error

    def __call__(self) -> float:
        """Now, in seconds; never less than the last answer."""
        now = self.clock() + self.offset
        if self._last <= now < MAX_SECONDS:
            self._last = now
            return now
        return self._jumped(now)

    def _jumped(self, now: float) -> float:
        if not -MAX_SECONDS < now < MAX_SECONDS:
            raise RecordError(
                what="the clock must give finite seconds",
                got=now,
                where="attach(clock=…)",
                fix="use time.monotonic, or seconds of play",
            )
        self.offset += self._last - now
        return self._last
