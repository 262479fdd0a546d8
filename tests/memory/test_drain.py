"""The log goes into the file between two pieces of work, and nobody's commit waits for it."""

from pathlib import Path
from typing import Any

import pytest

from astraweave.memory import open_memory
from astraweave.memory.connection import another_link
from astraweave.memory.drain import PAGES, Drain
from astraweave.memory.log import log_of

PAGE = 4096 + 24


def pages_in_log(save: Path) -> int:
    return log_of(save).stat().st_size // PAGE


def test_the_log_stays_short_and_nothing_of_it_is_left_when_it_was_moved(
    save: Path, make_draft: Any
) -> None:
    with open_memory(save, backups=0) as store:
        longest, cut = 0, 0
        for number in range(60):
            store.write(make_draft(f"e{number}", 20))
            store._writer.settle()
            store._writer.call(lambda db: None, durable=False)
            longest, cut = max(longest, pages_in_log(save)), cut + (pages_in_log(save) < 5)
        assert PAGES / 2 < longest < 2 * PAGES
        assert cut > 2
        assert store.episode_ids() == tuple(f"e{number}" for number in range(60))


def test_what_somebody_reads_stays_in_the_log_until_he_has_done(
    save: Path, make_draft: Any
) -> None:
    with open_memory(save, backups=0) as store:
        other = another_link(store._link)
        other.db.execute("BEGIN")
        assert other.db.execute("SELECT count(*) FROM episodes").get == 0
        for number in range(60):
            store.write(make_draft(f"e{number}", 20))
            store.flush()
        assert pages_in_log(save) > 3 * PAGES
        assert other.db.execute("SELECT count(*) FROM episodes").get == 0
        other.db.execute("COMMIT")
        for number in range(60, 80):
            store.write(make_draft(f"e{number}", 20))
            store.flush()
        other.db.close()
        assert pages_in_log(save) < 2 * PAGES
        assert len(store.episode_ids()) == 80


def test_whoever_waits_for_a_commit_has_his_answer_before_the_log_is_moved(
    save: Path, make_draft: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = list[int]()
    run = Drain.run
    with open_memory(save, backups=0) as store:

        def moved(drain: Drain) -> None:
            left.append(store._writer.queued)
            run(drain)

        monkeypatch.setattr(Drain, "run", moved)
        for number in range(40):
            store.write(make_draft(f"e{number}", 20))
            store.flush()
    assert len(left) > 2
    assert set(left) == {0}
