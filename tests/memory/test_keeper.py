"""Backups that a game makes without asking for them: when, how many, and never in its way."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.beside import backups_of, whole_file
from astraweave.memory.keeper import APART_S, Keeper
from astraweave.memory.rolling import copied

Make = Callable[..., Any]


def play(store: MemoryStore, make_draft: Make, first: int, count: int) -> None:
    for number in range(first, first + count):
        store.write(make_draft(f"e{number}", 2))
    store.flush()


def numbers(save: Path) -> list[int]:
    return [found.number for found in backups_of(save)]


def test_each_start_after_enough_new_episodes_makes_one_and_three_stay(
    save: Path, make_draft: Make
) -> None:
    for session in range(5):
        with open_memory(save, backup_after=4) as store:
            store._keeper.wait()
            play(store, make_draft, 4 * session, 4)
    assert numbers(save) == [4, 3, 2]
    with open_memory(backups_of(save)[0].file, backups=0) as backup:
        assert len(backup.episode_ids()) == 16


def test_too_few_new_episodes_or_none_wanted_make_none(save: Path, make_draft: Make) -> None:
    with open_memory(save) as store:
        play(store, make_draft, 0, 30)
    for options in ({"backups": 0}, {"recover": False}, {"backup_after": 31}):
        with open_memory(save, **options) as store:
            store._keeper.wait()
        assert numbers(save) == []
    for _ in range(3):
        with open_memory(save) as store:
            store._keeper.wait()
        assert numbers(save) == [1]


def test_a_large_save_is_copied_when_it_has_grown_by_a_share(
    save: Path, make_draft: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("astraweave.memory.keeper.SHARE", 2)
    for first, count, made in ((0, 10, [1]), (10, 5, [1]), (15, 6, [2, 1])):
        with open_memory(save, backups=0) as store:
            play(store, make_draft, first, count)
        with open_memory(save, backup_after=4) as store:
            store._keeper.wait()
        assert numbers(save) == made


def test_in_play_one_is_made_at_most_every_ten_minutes(save: Path, make_draft: Make) -> None:
    now_s = 0.0
    with open_memory(save, backups=0) as store:
        store._keeper = Keeper(
            store._link, store._writer.report, keep=2, after=3, clock=lambda: now_s
        )
        for minutes in (1, 9, 11, 12, 22):
            now_s = 60.0 * minutes
            play(store, make_draft, 3 * minutes, 3)
            store._keeper.wait()
            assert store.problems == ()
            assert bool(numbers(save)) == (now_s >= APART_S)
    assert numbers(save) == [2, 1]


def test_what_was_restored_is_backed_up_anew(save: Path, make_draft: Make) -> None:
    with open_memory(save) as store:
        play(store, make_draft, 0, 40)
    with open_memory(save) as store:
        store._keeper.wait()
    save.unlink()
    with open_memory(save, backups=0) as store:
        play(store, make_draft, 0, 25)
    with open_memory(save) as store:
        store._keeper.wait()
    assert numbers(save) == [2, 1]


def test_a_damaged_save_leaves_its_backups_and_is_said(save: Path, make_draft: Make) -> None:
    with open_memory(save) as store:
        play(store, make_draft, 0, 40)
    with open_memory(save) as store:
        store._keeper.wait()
        play(store, make_draft, 40, 40)
    data = bytearray(save.read_bytes())
    # A page of observations: nothing that opening a save looks at.
    at = data.index(b"AWL1") // 4096 * 4096
    data[at : at + 8] = b"\xff" * 8
    save.write_bytes(data)
    with open_memory(save, mend=False) as store:
        store._keeper.wait()
        assert "no backup was made" in store.problems[0]
        assert "save restore" in store.problems[0]
    assert numbers(save) == [1]


def test_a_disk_that_is_nearly_full_is_not_filled(
    save: Path, make_draft: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_memory(save) as store:
        play(store, make_draft, 0, 40)
    monkeypatch.setattr("astraweave.memory.keeper.LEAST_FREE_BYTES", 1 << 62)
    with open_memory(save) as store:
        store._keeper.wait()
        assert "bytes are free" in store.problems[0]
    assert numbers(save) == []


def test_other_work_on_the_whole_file_is_not_waited_for(save: Path, make_draft: Make) -> None:
    with open_memory(save) as store:
        play(store, make_draft, 0, 40)
    with whole_file(save), open_memory(save) as store:
        store._keeper.wait()
        assert "another program works on this save" in store.problems[0]


def test_a_copy_is_given_up_between_two_pages_or_two_steps_of_its_check(
    save: Path, make_draft: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = save.with_name("fresh")
    asked = threading.Event()

    def go_on() -> bool:
        first = not asked.is_set()
        asked.set()
        return first

    with open_memory(save) as store:
        play(store, make_draft, 0, 40)
        monkeypatch.setattr("astraweave.memory.rolling.PAGES", 8)
        assert not copied(store._read_link.db, fresh, "here", go_on)
        asked.clear()
        monkeypatch.setattr("astraweave.memory.rolling.PAGES", 1 << 20)
        monkeypatch.setattr("astraweave.memory.rolling.STEPS", 100)
        assert not copied(store._read_link.db, fresh, "here", go_on)
        assert copied(store._read_link.db, fresh, "here")
