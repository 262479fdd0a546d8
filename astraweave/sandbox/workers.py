"""How many workers there are, and how long one is waited for: what a user says of them.

Refuses anything else than a whole number, and seconds without an end.
"""

import os

from astraweave.errors import InputError
from astraweave.model.arguments import fits

MAX_WORKERS = 1024
MAX_WAIT_S = 1e6
"""Eleven days; a wait must have an end."""


def checked_count(count: int | None) -> int:
    """So many workers; as many as there are cores when not given.

    Raises:
        InputError: none, too many, or no whole number.
    """
    given = os.cpu_count() or 1 if count is None else count
    if fits(given, bool) or not fits(given, int) or not 1 <= given <= MAX_WORKERS:
        raise InputError(
            what=f"workers must be 1 to {MAX_WORKERS:,}",
            got=given,
            where="workers",
            fix="one a core is enough",
        )
    return int(given)


def checked_wait(seconds: float, name: str) -> float:
    """So many seconds; `name` is that of the argument.

    Raises:
        InputError: no number above 0, or without an end.
    """
    if fits(seconds, bool) or not fits(seconds, float) or not 0.0 < seconds <= MAX_WAIT_S:
        raise InputError(
            what=f"{name} must be seconds above 0, at most {MAX_WAIT_S:,.0f}",
            got=seconds,
            where="workers",
            fix="correct it",
        )
    return float(seconds)
