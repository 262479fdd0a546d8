"""The thread that writes: when it dies, everybody hears of it; when it is late, nobody waits."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import apsw
import pytest

from astraweave.errors import StoreError
from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.jobs import Job
from astraweave.model.memory import Memory, MemoryType
from tests.faults.tally import Tally
from tests.memory.episodes import make_draft

pytestmark = pytest.mark.faults
DEATHS = (SystemExit, KeyboardInterrupt, GeneratorExit, apsw.CorruptError, apsw.NotADBError)


class Deadly(Job):
    """Work that ends the thread that does it."""

    def __init__(self, kind: type[BaseException]) -> None:
        super().__init__("poison")
        self._kind = kind

    def apply(self, db: apsw.Connection) -> str:
        raise self._kind


def test_nothing_acknowledged_is_lost_when_the_writer_dies_and_it_is_said(
    save: Path, tally: Callable[..., Tally]
) -> None:
    deaths = tally("the writer thread dies", few=5, full=100)
    for number in deaths.each():
        store = open_memory(save)
        store.write(make_draft(f"safe{number}"))
        store.flush()
        store._writer.post(Deadly(DEATHS[number % len(DEATHS)]))
        with suppress(StoreError):
            store.write(make_draft(f"late{number}"))
        with pytest.raises(StoreError), deaths.timed():
            store.flush()
        assert store.problems, "somebody who looks finds out too"
        with pytest.raises(StoreError):
            store.close()
        with open_memory(save) as again:
            deaths.lost += f"safe{number}" not in again.episode_ids()
        deaths.became["said by the next flush, if not by the next write"] += 1
    assert deaths.lost == 0
    deaths.within(1.0)


def give(store: MemoryStore, number: int) -> None:
    """A frame that hands over one of each."""
    store.write(make_draft(f"e{number}", 3))
    store.checkpoint(make_draft(f"open{number}", 3))
    at = 1.0 + number
    store.encode(Memory(id=f"m{number}", memory_type=MemoryType.SOCIAL, text="", created_at=at))


def batched(numbers: Iterator[int], size: int) -> Iterator[list[int]]:
    while some := list(islice(numbers, size)):
        yield some


def test_a_full_queue_blocks_no_frame_and_drops_nothing_in_silence(
    save: Path, tally: Callable[..., Tally]
) -> None:
    frames = tally("queue full: another program holds the save", few=200, full=4_000)
    with open_memory(save, queue_limit=64) as store:
        with store._link.lock:
            store._link.db.set_busy_timeout(1)
        other = apsw.Connection(str(save))
        other.execute("BEGIN IMMEDIATE")
        rounds = []
        for some in batched(frames.each(), frames.tries // 4):
            frames.longest_s = 0.0
            for number in some:
                with frames.timed():
                    give(store, number)
            rounds.append(frames.longest_s)
        # A store that makes a frame wait does so in each round; a busy system in some.
        frames.longest_s = min(rounds)
        other.close()
        store.flush(120.0)
        figures = store.figures()
        stored, remembered = len(store.episode_ids()), store.count()
        frames.lost += frames.tries - stored
        # An episode is a memory too.
        frames.lost += frames.tries + stored - remembered - figures["dropped_memories"]
        frames.became["episodes kept"] = stored
        frames.became["checkpoints and memories dropped, each counted"] = (
            figures["dropped_checkpoints"] + figures["dropped_memories"]
        )
    assert frames.lost == 0
    # A frame is 16.7 ms; the work of one is tens of microseconds, the rest is the scheduler's.
    frames.within(0.25)
