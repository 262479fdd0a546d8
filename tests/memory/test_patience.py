"""Whoever waits for the writer waits while it gets on, and for nothing that is another's."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import StoreError
from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.patience import wait_while_moving
from tests.children import PATIENCE_S

STILL_S = 2.0


class Told(threading.Condition):
    """A condition whose time is counted: what happens after how many seconds is given."""

    def __init__(self, events: list[tuple[float, Callable[[], None]]]) -> None:
        super().__init__()
        self.events, self.now_s = events, 0.0

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        assert timeout is not None
        end_s = self.now_s + timeout
        while not predicate() and self.events and self.events[0][0] <= end_s:
            self.now_s, happens = self.events.pop(0)
            happens()
        if not predicate():
            self.now_s = end_s
        return predicate()


@given(st.lists(st.floats(0.01, 3.0), max_size=8))
def test_a_wait_ends_with_the_work_or_when_it_stands_still(gaps_s: list[float]) -> None:
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    moments = [sum(gaps_s[: n + 1]) for n in range(len(gaps_s))]
    told = Told([(at, step) for at in moments])
    done = wait_while_moving(told, lambda: steps == len(gaps_s), lambda: steps, STILL_S)
    before = [0.0, *moments]
    halted = [before[n] + STILL_S for n, at in enumerate(moments) if at > before[n] + STILL_S]
    assert done is not bool(halted)
    assert told.now_s == (halted[0] if halted else before[-1])


class Held:
    """Work that stays in the writer until it is let go."""

    def __init__(self) -> None:
        self.begun, self.end = threading.Event(), threading.Event()

    def __call__(self, _db: apsw.Connection) -> str:
        self.begun.set()
        assert self.end.wait(PATIENCE_S)
        return "done"


@pytest.fixture
def held(store: MemoryStore) -> Any:
    """Long work that another thread waits for, as `forget_player` is."""
    work, given_back = Held(), list[str]()
    store.remember("a wolf at the mill", now=1e9)
    assert store.retrieve("wolf", now=1e9)
    store.flush()
    thread = threading.Thread(target=lambda: given_back.append(store._writer.call(work)))
    thread.start()
    assert work.begun.wait(PATIENCE_S)
    yield work
    work.end.set()
    thread.join()
    assert given_back == ["done"]


def test_a_question_does_not_wait_for_work_that_another_thread_waits_for(
    store: MemoryStore, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Longer than that work waits to be let go, which it is after the question.
    patient = partial(store._writer.settle, 2 * PATIENCE_S)
    monkeypatch.setattr(store._writer, "settle", patient)
    assert [hit.memory.text for hit in store.retrieve("wolf", now=1e9)] == ["a wolf at the mill"]
    assert store.count() == 1
    assert store.episode_ids() == ()
    assert not held.end.is_set()


def test_what_was_given_after_it_is_seen_by_the_next_question(
    store: MemoryStore, held: Held
) -> None:
    store.remember("a bear at the ford", now=1e9 + 1)
    held.end.set()
    assert store.count() == 2


def test_the_first_question_waits_for_all_that_was_given_before(save: Path) -> None:
    with open_memory(save, queue_limit=20_000) as store:
        for number in range(1_500):
            store.remember(f"wolf {number}", now=1e9 + number)
        newest = store.retrieve("wolf", now=1e9, limit=1)[0].memory
        assert store.count() == 1_500
        assert newest.text.startswith("wolf")


def test_work_that_finds_no_room_is_refused_at_once(
    save: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("astraweave.memory.writer.SPILL_FACTOR", 1)
    with open_memory(save, queue_limit=1) as store:
        with store._writer._changed:  # the writer cannot take anything meanwhile
            store.discard("e1")
            with pytest.raises(StoreError, match="too much waits"):
                store._writer.call(lambda _: None)
        with pytest.raises(StoreError, match="1 of what was given"):
            store.flush()
