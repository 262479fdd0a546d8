"""Waits for somebody's work for as long as it goes on, and no longer.

A bound on the whole wait would say more about the machine than about the work. Refuses to wait for
what has come to a halt.
"""

import threading
from collections.abc import Callable
from functools import partial


def wait_while_moving(
    changed: threading.Condition,
    done: Callable[[], object],
    progress: Callable[[], int],
    still_s: float,
) -> bool:
    """Wait until `done`, or until `progress` has stood still for `still_s`; whether it is done.

    Args:
        changed: held by the caller, told of each change of either.
        done: whether there is nothing more to wait for.
        progress: a count of what was done, which only grows.
        still_s: seconds.
    """
    while not done():
        before = progress()
        changed.wait_for(partial(_moved, done, progress, before), still_s)
        if progress() == before:
            return bool(done())
    return True


def _moved(done: Callable[[], object], progress: Callable[[], int], before: int) -> bool:
    return bool(done()) or progress() != before
