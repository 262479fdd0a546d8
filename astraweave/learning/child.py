"""The child process of learning: orders in, answers out, one line of JSON each.

    python -m astraweave.learning.child

It ends when its standard input does, in the middle of a step, too: a step is stored whole or not
at all, and the next one takes it up. Refuses to die of a bad order: an error is an answer.
"""

import os
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import msgspec

from astraweave.errors import EnvironmentFailure, SaveError
from astraweave.learning.game import Game, LearnSettings
from astraweave.learning.loop import LearnReport, learn
from astraweave.learning.setup import GameSpec, game_of
from astraweave.memory import open_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from astraweave.memory import MemoryStore


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One step of learning for some pairs of (player, companion). `path` is the save."""

    path: str
    pairs: tuple[tuple[str, str], ...]
    seed: int
    now: float


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A job with the game it is for, as it is sent to the child."""

    job: Job
    game: GameSpec


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the child says: a report for each pair, or the one line of an error."""

    reports: tuple[LearnReport, ...] = ()
    error: str | None = None


def learn_all(
    store: "MemoryStore", game: Game, job: Job, settings: LearnSettings
) -> tuple[LearnReport, ...]:
    """One step for each pair."""
    return tuple(
        learn(
            store,
            game,
            player_id=player_id,
            companion_id=companion_id,
            seed=job.seed,
            now=job.now,
            settings=settings,
        )
        for player_id, companion_id in job.pairs
    )


class Unmade:
    """In the place of an environment that could not be made: whatever is asked of it fails.

    So its game is learned from all the same, and the verdict says what is wrong with it.
    """

    def __init__(self, failure: EnvironmentFailure) -> None:
        """Fail with `failure`."""
        self._failure = failure

    def content_hash(self) -> str:
        """Asked before anything is played."""
        raise self._failure


def _game(spec: GameSpec) -> tuple[Game, LearnSettings]:
    try:
        return game_of(spec)
    except EnvironmentFailure as failure:
        game, settings = game_of(msgspec.structs.replace(spec, environment=None))
        unmade: Any = Unmade(failure)
        return replace(game, environment=unmade), settings


def _opened(path: str) -> "MemoryStore":
    """The game's save; one that is gone is not made anew, empty."""
    if not Path(path).exists():
        raise SaveError(what="the save is gone", where=path, fix="leave it where it was opened")
    return open_memory(path, recover=False)


def answer_to(line: bytes) -> Answer:
    """Carry out one order."""
    try:
        order = msgspec.json.decode(line, type=Order)
        game, settings = _game(order.game)
        with _opened(order.job.path) as store:
            reports = learn_all(store, game, order.job, settings)
            store.consolidate()
            return Answer(reports=reports)
    except Exception as error:  # noqa: BLE001  # one bad job must not end the child
        return Answer(error=f"{type(error).__name__}: {error}")


def serve(lines: "Callable[[], bytes]", say: "Callable[[bytes], object]") -> None:
    """Answer one order a line until an empty one."""
    while line := lines():
        say(msgspec.json.encode(answer_to(line)) + b"\n")


def main() -> None:
    """Entry of the process. Whatever is printed elsewhere goes to standard error."""
    # Ctrl-C reaches every process of a terminal; whether to stop is the game's to decide.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    orders: SimpleQueue[bytes] = SimpleQueue()
    working = threading.Event()

    def read() -> None:
        for line in sys.stdin.buffer:
            working.set()
            orders.put(line)
        if working.is_set():
            # Nobody waits for the answer any more.
            os._exit(1)
        orders.put(b"")

    def say(line: bytes) -> None:
        working.clear()
        out.write(line)
        out.flush()

    threading.Thread(target=read, daemon=True).start()
    with suppress(BrokenPipeError):
        serve(orders.get, say)


if __name__ == "__main__":
    main()
