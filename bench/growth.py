"""Row `growth`: what a save costs after a thousand, ten thousand, … episodes.

`python -m bench --only growth` grows one to 100,000 in two minutes; `python -m bench.growth --to
1000000 --plot docs/images/growth.svg` to a million, and draws it (16 GB of disk, half an hour).
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import numpy as np

from astraweave.learning import learn
from astraweave.learning.controls import freeze
from astraweave.memory import MemoryStore, Situation, open_memory
from astraweave.memory.connection import Link, open_link
from astraweave.memory.rows import episode_rows, insert_episode
from bench.ecs_rows import game_on
from bench.growing import COMPANION, OBSERVATIONS, PLAYER, START_S, Growing
from bench.growth_plot import drawn
from bench.harness import Operation, Operations, Row, Times, median, quiet, sample

SIZES = (1_000, 10_000, 100_000, 1_000_000)
FLAT, OPEN_MS = 1.3, 50.0
_MOST = 100_000
_COSTS = ("record", "write", "update")
_TOGETHER = 100
"""Observations between two looks at the clock of the processor, which takes half as long as one."""


class Cost(NamedTuple):
    """What one more of each costs a save of `episodes`.

    Medians, in µs; in ms `open`, `first` (the first question), and `after` (the first one after one
    more episode); `asked` is a question by situation. `record`, `write`, `update` and `asked` are
    processor time: others' programs change them least.
    """

    episodes: int
    record: float
    write: float
    update: float
    asked: float
    asked_p95: float
    after: float
    open: float
    first: float
    bytes: float


def growth() -> Row:
    """One more observation, episode and step of learning, at any history."""
    with tempfile.TemporaryDirectory() as folder:
        costs = measured(Path(folder), _MOST, lambda _: None)
    return row_of(costs)


def row_of(costs: Sequence[Cost]) -> Row:
    """The row of a whole run."""
    ratios = {name: _ratio([getattr(cost, name) for cost in costs]) for name in _COSTS}
    worst, first, last = max(ratios.values()), costs[0], costs[-1]
    slowest = max(cost.open for cost in costs)
    linear = last.asked / first.asked <= last.episodes / first.episodes
    told = ", ".join(f"{name} {ratio:.2f}×" for name, ratio in ratios.items())
    return Row(
        name="growth",
        what=f"largest by smallest cost of {first.episodes:,} to {last.episodes:,} episodes",
        value=worst,
        unit="×",
        goal=f"≤ {FLAT}×, open ≤ {OPEN_MS:.0f} ms, questions ≤ linear",
        reference=1.0,
        ratio=worst,
        met=worst <= FLAT and slowest <= OPEN_MS and linear,
        detail=(
            f"{told}; open {slowest:.1f} ms; a question {first.asked:.0f} to {last.asked:.0f} µs; "
            f"{last.bytes:,.0f} bytes an episode of {OBSERVATIONS} observations"
        ),
    )


def measured(folder: Path, most: int, said: Callable[[str], None]) -> list[Cost]:
    """Grow a save in `folder` to `most` episodes, keep one of each size, and measure them in turns.

    A machine that slows down for a second slows all sizes.
    """
    growing, saves = Growing(folder / "growth.db"), list[Growing]()
    for size in [size for size in SIZES if size <= most]:
        kept = folder / f"{size}.db"
        if not kept.exists():
            said(f"growing to {size:,} episodes")
            growing.grow(size)
            shutil.copyfile(growing.path, kept)
        saves.append(growing.at(kept))
    said("measuring")
    sizes, bytes_ = [save.episodes for save in saves], [save.path.stat().st_size for save in saves]
    openings = [_Opening(save.path) for save in saves]
    opened = _turns(openings, 15)
    for opening in openings:
        opening.prepare()
    recorded = np.min([[_recorded(save.path) for save in saves] for _ in range(5)], axis=0)
    links = [open_link(str(save.path)) for save in saves]
    writes = [partial(_write, link, save) for link, save in zip(links, saves, strict=True)]
    written = _turns(writes, 300, time.thread_time_ns)
    for link in links:
        link.db.close()
    with ExitStack() as stack:
        stores = [stack.enter_context(_opened(save.path)) for save in saves]
        both = list(zip(stores, saves, strict=True))
        # Before the rest: what else loads the memories meanwhile would be counted there.
        questions = [_question(store) for store in stores]
        first = [sample(ask, rounds=1, warmup=0)[0] / 1e6 for ask in questions]
        for store, save in both:
            freeze(store, PLAYER, COMPANION)
            _learn(store, save)
        updates = [_Update(store, save) for store, save in both]
        updated = _turns(updates, 60, time.process_time_ns)
        asked = _turns(questions, 200, time.thread_time_ns)
        after = _turns([_Told(*pair) for pair in zip(stores, saves, questions, strict=True)], 5)
        for pair in both:
            _learn(*pair)
    columns = (
        sizes,
        recorded.tolist(),
        (np.median(written, axis=1) / 1e3).tolist(),
        (np.median(updated, axis=1) / 1e3).tolist(),
        (np.median(asked, axis=1) / 1e3).tolist(),
        (np.percentile(asked, 95, axis=1) / 1e3).tolist(),
        (np.median(after, axis=1) / 1e6).tolist(),
        (np.median(opened, axis=1) / 1e6).tolist(),
        first,
        [held / size for held, size in zip(bytes_, sizes, strict=True)],
    )
    return [Cost(*row) for row in zip(*columns, strict=True)]


def _turns(
    operations: Sequence[Operation], rounds: int, clock: Callable[[], int] = time.perf_counter_ns
) -> Times:
    """Nanoseconds of each, int64[len(operations), rounds], one after the other in every round."""
    times = np.empty((len(operations), rounds), np.int64)
    with quiet():
        for i in range(-2, rounds):
            for which, operation in enumerate(operations):
                if isinstance(operation, _Prepared):
                    operation.prepare()
                start = clock()
                operation()
                if i >= 0:
                    times[which, i] = clock() - start
    return times


def _write(link: Link, growing: Growing) -> None:
    """What the writer thread does with one episode."""
    rows = episode_rows(growing.next())
    with link.transaction() as db:
        insert_episode(db, rows)


class _Prepared(ABC):
    """Something to measure that needs something done before, which is not measured."""

    @abstractmethod
    def prepare(self) -> None:
        """Do that."""

    @abstractmethod
    def __call__(self) -> None:
        """Run what is measured."""


class _Update(_Prepared):
    """A step of learning from one more episode."""

    def __init__(self, store: MemoryStore, save: Growing) -> None:
        self._store, self._save = store, save

    def prepare(self) -> None:
        """Another episode is there."""
        self._store.write(self._save.next())
        self._store.flush()

    def __call__(self) -> None:
        """Learn from it."""
        _learn(self._store, self._save)


class _Told(_Update):
    """The first question after one more episode."""

    def __init__(self, store: MemoryStore, save: Growing, ask: Operation) -> None:
        super().__init__(store, save)
        self._ask = ask

    def __call__(self) -> None:
        """Ask."""
        self._ask()


class _Opening(_Prepared):
    """Opening a save that was closed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store: MemoryStore | None = None

    def prepare(self) -> None:
        """Close it."""
        if self._store is not None:
            self._store.close()

    def __call__(self) -> None:
        """Open it."""
        self._store = _opened(self._path)


def _opened(path: Path) -> MemoryStore:
    """The save, without the backup that is made off to the side: six gigabytes take a while."""
    return open_memory(path, backups=0)


def _recorded(path: Path) -> float:
    """Median µs of one observation with one parameter, an episode being open on this save."""
    with game_on(path, 1) as game:
        learner, me = game.learner, game.players[0]

        def some() -> None:
            for _ in range(_TOGETHER):
                learner.player_did(me, "strike", target="wolf", params={"damage": 3.0})

        times = sample(some, rounds=100, warmup=10, clock=time.thread_time_ns)
    return median(times, 1e3) / _TOGETHER


def _question(store: MemoryStore) -> Operation:
    situations = cycle(_situations())
    return lambda: store.retrieve(like=next(situations), player_id=PLAYER, now=START_S)


def _learn(store: MemoryStore, growing: Growing) -> None:
    learn(store, growing.game, player_id=PLAYER, companion_id=COMPANION, seed=1, now=START_S)


def _situations() -> list[Situation]:
    rng = np.random.default_rng(5)
    return [
        Situation(
            place=f"{rng.uniform(-500, 500):.1f}, {rng.uniform(-500, 500):.1f}",
            participants=[PLAYER],
            tags=["combat"],
        )
        for _ in range(64)
    ]


def _ratio(values: Sequence[float]) -> float:
    return max(values) / min(values)


def main(argv: Sequence[str] | None = None) -> int:
    """Grow, tell, draw; exit 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--to", type=int, default=_MOST, choices=SIZES, metavar="EPISODES")
    parser.add_argument(
        "--folder", type=Path, help="where saves grow, and stay; those there are measured again"
    )
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw the figures there")
    asked = parser.parse_args(argv)

    def said(line: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{line} …")

    with tempfile.TemporaryDirectory() as folder:
        costs = measured(asked.folder or Path(folder), asked.to, said)
    sys.stdout.write(json.dumps([cost._asdict() for cost in costs], indent=1) + "\n")
    row = row_of(costs)
    sys.stdout.write(f"{row.what}: {row.value:.2f}× ({row.goal}); {row.detail}\n")
    if asked.plot is not None:
        asked.plot.write_text(drawn([cost._asdict() for cost in costs]), encoding="utf-8")
    return 0 if row.met else 1


@contextmanager
def _operation() -> Iterator[Operation]:
    with tempfile.TemporaryDirectory() as folder:
        growing = Growing(Path(folder) / "growth.db")
        growing.grow(SIZES[0])
        link = open_link(str(growing.path))
        yield lambda: _write(link, growing)
        link.db.close()


OPERATIONS: Operations = {"growth": _operation}

if __name__ == "__main__":
    sys.exit(main())
