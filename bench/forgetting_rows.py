"""Row `forgetting`: the frames of a game that records while a player is forgotten."""

import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import esper
import msgspec
import numpy as np

from astraweave.memory import open_memory
from bench.ecs_rows import FRAME_MS, Game, game_on
from bench.harness import Operation, Operations, Row, Times
from bench.memory_corpus import corpus

_RUNS, _MEMORIES, _ALONE, _PAUSE_S = 3, 3_000, 300, 0.004
_GONE, _OTHER = "kim", "pat"


def forgetting() -> Row:
    """Forget a player of three thousand memories in a thread, and play with another meanwhile."""
    runs = [_run() for _ in range(_RUNS)]
    reference = float(np.median([alone.max() for alone, _, _ in runs])) / 1e6
    worst = float(np.median([beside.max() for _, beside, _ in runs])) / 1e6
    frames = sum(len(beside) for _, beside, _ in runs)
    took_s = sum(seconds for _, _, seconds in runs)
    return Row(
        name="forgetting",
        what=f"worst frame of a game that records while {_MEMORIES:,} memories are erased",
        value=worst,
        unit="ms",
        goal=f"≤ {FRAME_MS:.1f} ms",
        reference=reference,
        ratio=worst / reference,
        met=worst <= FRAME_MS,
        detail=(
            f"median of {_RUNS} runs: {took_s:.1f} s of erasing, each in one transaction, in which "
            f"{frames:,} frames were played; reference: the worst of {_ALONE} without it"
        ),
    )


def _run() -> tuple[Times, Times, float]:
    """Frames alone and beside an erasure, and how many seconds that took."""
    with _save() as save, game_on(save, 1) as game, ThreadPoolExecutor(1) as beside:
        game.memory.retrieve("wolf", player_id=_GONE)  # all is indexed
        _frames(game, lambda done: done >= _ALONE)
        alone = _frames(game, lambda done: done >= _ALONE)
        start = time.perf_counter()
        erased = beside.submit(game.memory.forget_player, _GONE)
        times = _frames(game, lambda _: erased.done())
        took_s = time.perf_counter() - start
        assert erased.result().rows["memories"] >= _MEMORIES
    return alone, times, took_s


def _frames(game: Game, ended: Callable[[int], bool]) -> Times:
    """Nanoseconds of each frame; an observation in every one, a memory in one of thirty."""
    learner, me = game.learner, game.players[0]
    times = list[int]()
    while not ended(len(times)):
        start = time.perf_counter_ns()
        learner.player_did(me, "strike", target="wolf", params={"damage": 3.0})
        if len(times) % 30 == 0:
            game.memory.remember("the wolf came", player_id=_OTHER)
        esper.process(1 / 60)
        times.append(time.perf_counter_ns() - start)
        time.sleep(_PAUSE_S)
    return np.array(times, np.int64)


@contextmanager
def _save() -> Iterator[Path]:
    """A save with the memories of one who will be forgotten."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.db"
        with open_memory(path, queue_limit=2 * _MEMORIES, backups=0) as store:
            for memory in corpus(_MEMORIES, 1, 4).memories:
                store.encode(msgspec.structs.replace(memory, player_id=_GONE))
        yield path


@contextmanager
def _operation() -> Iterator[Operation]:
    with _save() as path, game_on(path, 1) as game:
        yield lambda: _frames(game, lambda done: done >= 1)


OPERATIONS: Operations = {"forgetting": _operation}
