from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.recovery import joined
from astraweave.memory.session import Session, is_live, live_file
from astraweave.model.columns import NO_ROW, episode_of

Make = Callable[..., Any]


def crash(store: MemoryStore) -> None:
    """What a kill does: the lock is gone, the rows stay, nothing says goodbye."""
    store.flush()
    store._writer.stop()
    store._closed = True
    store._session.end()
    store._read_link.db.close()
    store._link.db.close()


def test_an_open_episode_comes_back_as_a_truncated_one(
    save: Path, make_draft: Make, episodes: Any
) -> None:
    draft = make_draft(observations=83)
    store = open_memory(save)
    for part in episodes.parts_of(draft, 8):
        assert store.checkpoint(part)
    crash(store)
    with open_memory(save) as again:
        found = again.recovered
        assert found is not None
        assert (found.episodes, found.observations) == (("e1",), 83)
        assert found.message == (
            "the last session ended without closing: combat episode e1 kept up to 00:44, "
            "at most 4 s lost"
        )
        log = again.episode("e1")
        assert log is not None
        assert (log.truncated, log.outcome, log.tags) == (True, None, ("night", "recovered"))
        assert episode_of(log).observations == episode_of(draft.log()).observations
        assert again.by_tag("recovered") == ("e1",)
        assert again.unlearned("robin", "mira") == ("e1",)
    with open_memory(save) as third:
        assert third.recovered is None
    assert [file.name for file in save.parent.iterdir()] == [save.name]


def test_the_parts_of_an_episode_go_when_it_ends_or_is_discarded(
    save: Path, make_draft: Make
) -> None:
    store = open_memory(save)
    store.checkpoint(make_draft("ended"))
    store.checkpoint(make_draft("aborted"))
    store.write(make_draft("ended"))
    store.discard("aborted")
    crash(store)
    with open_memory(save) as again:
        assert again.recovered is not None
        assert again.recovered.message.endswith("no episode was open")
        assert again.episode_ids() == ("ended",)


def test_an_episode_that_had_just_begun_is_named_and_not_stored(
    save: Path, make_draft: Make
) -> None:
    store = open_memory(save)
    store.checkpoint(make_draft(observations=0))
    crash(store)
    with open_memory(save) as again:
        assert again.recovered is not None
        assert again.recovered.episodes == ()
        assert "e1 had just begun and is lost" in again.recovered.message
        assert again.episode_ids() == ()


def test_an_empty_part_gives_way_to_the_one_that_begins_where_it_did(
    save: Path, make_draft: Make
) -> None:
    store = open_memory(save)
    store.checkpoint(make_draft(observations=0))
    store.checkpoint(make_draft(observations=3))
    crash(store)
    with open_memory(save) as again:
        assert again.recovered is not None
        assert again.recovered.observations == 3


def test_a_store_closed_inside_an_episode_leaves_it_to_the_next_start(
    save: Path, make_draft: Make
) -> None:
    with open_memory(save) as store:
        store.checkpoint(make_draft())
    with open_memory(save) as again:
        assert again.recovered is not None
        assert again.recovered.episodes == ("e1",)


def test_a_second_store_of_the_same_process_steals_nothing(save: Path, make_draft: Make) -> None:
    with open_memory(save) as store:
        store.checkpoint(make_draft())
        store.flush()
        for _ in range(2):
            with open_memory(save) as second:
                assert second.recovered is None
        with open_memory(save, recover=False) as third:
            assert third.recovered is None
        store.write(make_draft())
        assert store.episode_ids() == ("e1",)


def test_recover_false_leaves_the_dead_alone(save: Path, make_draft: Make) -> None:
    store = open_memory(save)
    store.checkpoint(make_draft())
    crash(store)
    with open_memory(save, recover=False) as learner:
        assert learner.recovered is None
        assert learner.episode_ids() == ()
    with open_memory(save) as again:
        assert again.recovered is not None


def test_a_lost_part_is_counted_and_the_others_are_joined(
    save: Path, make_draft: Make, episodes: Any
) -> None:
    store = open_memory(save)
    parts = episodes.parts_of(make_draft(observations=12), 4)
    for part in (parts[0], parts[2]):
        store.checkpoint(part)
    crash(store)
    with open_memory(save) as again:
        assert again.recovered is not None
        assert again.recovered.observations == 8
        assert "(4 observations between are missing)" in again.recovered.message


def test_a_damaged_part_is_set_aside_and_the_others_are_kept(
    save: Path, make_draft: Make, episodes: Any
) -> None:
    store = open_memory(save)
    for part in episodes.parts_of(make_draft(observations=12), 4):
        store.checkpoint(part)
    store.checkpoint(make_draft("other", 3))
    store.checkpoint(make_draft("hopeless", 3))
    store.flush()
    with store._link.transaction() as db:
        db.execute("UPDATE checkpoints SET body = x'00' WHERE first = 4 OR episode = 'hopeless'")
    crash(store)
    with open_memory(save) as again:
        assert again.recovered is not None
        assert again.recovered.episodes == ("e1", "other")
        assert again.figures()["quarantined"] == 2
        assert len(again.problems) == 2
        assert again.health()["quarantine"] == 2


def test_parts_that_make_no_episode_cost_nobody_else(save: Path, make_draft: Make) -> None:
    store = open_memory(save)
    store.checkpoint(make_draft("bad", start_time=-5.0))
    store.checkpoint(make_draft("worse", start_time=float("nan")))
    store.checkpoint(make_draft("good"))
    crash(store)
    with open_memory(save) as again:
        assert again.recovered is not None
        assert again.recovered.episodes == ("good",)
        assert "make no episode" in again.problems[0]
        assert again.health()["quarantine"] == 2


def test_parts_of_a_stored_episode_are_dropped(save: Path, make_draft: Make) -> None:
    store = open_memory(save)
    store.write(make_draft())
    store.checkpoint(make_draft())
    crash(store)
    with open_memory(save) as again:
        assert again.recovered is not None
        assert again.recovered.episodes == ()
        assert again.episode_ids() == ("e1",)


def test_more_than_three_lost_episodes_are_counted_in_the_message(
    save: Path, make_draft: Make
) -> None:
    store = open_memory(save)
    for number in range(5):
        store.checkpoint(make_draft(f"e{number}", 2))
    crash(store)
    with open_memory(save) as again:
        assert again.recovered is not None
        assert again.recovered.message.endswith("; and 2 more")


def test_joining_keeps_the_facts_each_entry_was_seen_in(make_draft: Make) -> None:
    draft = make_draft(observations=6)
    # The second part overlaps the first; its first entry was seen in a row of the first part;
    # nobody holds row 5.
    first, second = draft.part(0, 0, 1.0), draft.part(2, 3, 2.0)
    first.seen, first.rows = first.seen[:3], first.rows[:3]
    second.rows = second.rows[:2]
    whole, gap = joined([first, second])
    log = whole.log()
    assert gap == 0
    assert log.observations["row"].tolist() == [0, 1, 2, 3, 4, NO_ROW]
    assert np.array_equal(log.facts, draft.log().facts[:5])


def test_a_token_that_is_none_names_no_session(tmp_path: Path) -> None:
    for token in ("", "../../etc/passwd", "ABCDEFABCDEFABCD", "0" * 15):
        assert not is_live(tmp_path / "s.db", token)
    assert not is_live(None, "0" * 16)


def test_a_lock_that_may_not_be_tested_counts_as_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr("astraweave.memory.session.os.open", forbidden)
    assert is_live(tmp_path / "s.db", "0" * 16)


def test_a_lock_nobody_holds_is_removed(tmp_path: Path) -> None:
    save = tmp_path / "s.db"
    left = live_file(save, "0" * 16)
    left.touch()
    assert not is_live(save, "0" * 16)
    assert not left.exists()


def test_a_session_ends_even_if_its_file_is_gone(tmp_path: Path) -> None:
    session = Session(tmp_path / "s.db")
    session.begin()
    session.begin()
    assert is_live(tmp_path / "s.db", session.token)
    live_file(tmp_path / "s.db", session.token).unlink()
    session.end()
    assert not is_live(tmp_path / "s.db", session.token)
