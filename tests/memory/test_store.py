from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from astraweave.errors import SaveError, StoreError
from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.migrations import MIGRATIONS
from astraweave.model.columns import episode_of
from astraweave.model.episode import EpisodeCategory
from astraweave.model.learned import LearningCommit
from astraweave.model.memory import (
    Association,
    EmotionalContext,
    Memory,
    MemoryType,
    SpatialTemporalContext,
    memory_of,
)

Make = Callable[..., Any]


@pytest.fixture(params=["file", "memory"])
def any_store(request: pytest.FixtureRequest, save: Path) -> Any:
    path = save if request.param == "file" else ":memory:"
    with open_memory(path) as store:
        yield store


def remember(name: str, at: float = 10.0, **fields: Any) -> Memory:
    kind = fields.pop("memory_type", MemoryType.SOCIAL)
    return Memory(id=name, memory_type=kind, text=f"about {name}", created_at=at, **fields)


def test_what_was_written_can_be_asked_at_once(any_store: MemoryStore, make_draft: Make) -> None:
    draft = make_draft()
    any_store.write(draft)
    found = any_store.episode("e1")
    assert found is not None
    assert episode_of(found) == episode_of(draft.log())
    assert any_store.memory("e1") == memory_of(draft.log())
    assert any_store.episode("e2") is None
    assert any_store.memory("e2") is None


def test_an_episode_is_there_after_a_restart(save: Path, make_draft: Make) -> None:
    with open_memory(save) as store:
        for number in range(5):
            store.write(make_draft(f"e{number}").log())
    with open_memory(save) as store:
        assert store.recovered is None
        assert store.episode_ids() == ("e0", "e1", "e2", "e3", "e4")
        assert [log.id for log in store.episodes(("e3", "none", "e1"))] == ["e3", "e1"]


def test_writing_the_same_episode_twice_does_no_harm(
    any_store: MemoryStore, make_draft: Make
) -> None:
    assert any_store.episodes_ever() == 0
    any_store.write(make_draft())
    any_store.write(make_draft())
    any_store.flush()
    assert any_store.episodes_ever() == 1
    assert any_store.figures()["repeated"] == 1
    assert any_store.count() == 1


def test_another_episode_with_a_taken_id_is_refused_and_said(
    any_store: MemoryStore, make_draft: Make
) -> None:
    any_store.write(make_draft())
    any_store.write(make_draft(observations=3))
    any_store.write(make_draft("good"))
    with pytest.raises(StoreError, match="'e1' is stored already"):
        any_store.flush()
    any_store.flush()
    assert any_store.episode_ids() == ("e1", "good")
    assert "'e1'" in any_store.problems[0]


@pytest.mark.parametrize(
    "fields",
    [
        {"start_time": float("nan")},
        {"end_time": float("nan")},
        {"end_time": float("inf")},
        {"id": ""},
        {"id": "x" * 201},
        {"player_id": ""},
        {"policy_version": -1},
        {"rows": [[1.0]]},
    ],
)
def test_an_episode_with_a_wrong_field_is_refused_and_the_others_are_stored(
    fields: dict[str, Any], store: MemoryStore, make_draft: Make
) -> None:
    with store._writer._changed:  # so that the three share one commit
        store.write(make_draft("before"))
        store.write(make_draft(**fields))
        store.write(make_draft("after"))
    with pytest.raises(StoreError, match="could not be stored"):
        store.flush()
    assert store.episode_ids() == ("before", "after")
    assert store.figures()["refused"] == 1


def test_an_outcome_that_is_not_a_number_never_becomes_null(
    store: MemoryStore, make_draft: Make, episodes: Any
) -> None:
    outcome = episodes.EpisodeOutcome(success_rating=0.5, damage_dealt=float("nan"))
    store.write(make_draft(outcome=outcome))
    with pytest.raises(StoreError, match="must be finite"):
        store.flush()
    assert store.episode_ids() == ()


def test_an_episode_is_all_there_or_not_at_all(
    store: MemoryStore, make_draft: Make, episodes: Any
) -> None:
    # Of no importance that a memory may have: it cannot be inserted, so nothing may stay.
    store.write(make_draft("e1", outcome=episodes.EpisodeOutcome(success_rating=3.0)))
    with pytest.raises(StoreError):
        store.flush()
    tables = ("episodes", "observations", "memories")
    assert [store._reader.value(f"SELECT count(*) FROM {table}") for table in tables] == [0, 0, 0]


def test_an_episode_leaves_the_memory_that_its_id_has_already(
    store: MemoryStore, make_draft: Make
) -> None:
    taken = remember("e1")
    store.encode(taken)
    store.write(make_draft("e1"))
    store.flush()
    assert store.episode_ids() == ("e1",)
    assert store.memory("e1") == taken


def test_a_memory_comes_back_with_everything_it_holds(any_store: MemoryStore) -> None:
    memory = remember(
        "m1",
        data={"words": ["thank you", 3, None, True], "share": 0.25},
        emotion=EmotionalContext(primary_emotion="joy", intensity=0.5, valence=-0.0, arousal=1.0),
        context=SpatialTemporalContext(location="cave", participants=("robin", "mira")),
        last_accessed=20.0,
        access_count=3,
        importance=1.0,
        confidence=0.5,
        tags=("b", "a", "b"),
        associations=(Association(memory_id="m0", relation="supports", strength=0.5),),
        embedding=(0.5, -0.25),
    )
    any_store.encode(memory)
    assert any_store.memory("m1") == memory
    any_store.flush()
    any_store._cache.clear()
    assert any_store.memory("m1") == memory
    links = any_store._reader.query("SELECT target, relation, strength FROM associations")
    assert links == [("m0", "supports", 0.5)]


def test_encoding_again_replaces_a_memory_and_its_tags(any_store: MemoryStore) -> None:
    any_store.encode(remember("m1", tags=("old",)))
    any_store.encode(remember("m1", tags=("new",), importance=0.75))
    assert any_store.by_tag("old") == ()
    assert any_store.by_tag("new") == ("m1",)
    assert any_store.count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"data": {"deep": [1.0, {"x": float("nan")}]}},
        {"data": float("inf")},
        {"importance": 2.0},
        {"importance": float("nan")},
        {"embedding": (float("nan"),)},
        {"player_id": ""},
        {"data": {1, 2}.__iter__()},
    ],
)
def test_a_memory_with_a_wrong_field_is_refused_where_it_is_given(
    fields: dict[str, Any], store: MemoryStore
) -> None:
    with pytest.raises(StoreError, match="the memory cannot be stored"):
        store.encode(remember("m1", **fields))
    store.flush()


def test_questions_answer_newest_first_and_keep_players_apart(any_store: MemoryStore) -> None:
    for number, player in enumerate(("robin", "kim", "robin")):
        tags = ("cave", f"t{number}")
        any_store.encode(remember(f"m{number}", float(number), player_id=player, tags=tags))
    any_store.encode(remember("s", 1.0, memory_type=MemoryType.SEMANTIC, player_id="kim"))
    assert any_store.recent(3) == ("m2", "s", "m1")
    assert any_store.recent(-1) == ()
    assert any_store.recent(9, player_id="robin") == ("m2", "m0")
    assert any_store.by_type(MemoryType.SOCIAL) == ("m2", "m1", "m0")
    assert any_store.by_type(MemoryType.SOCIAL, 1) == ("m2",)
    assert any_store.by_type(MemoryType.SEMANTIC, player_id="robin") == ()
    assert any_store.by_tag("cave") == ("m2", "m1", "m0")
    assert any_store.by_tag("cave", player_id="kim") == ("m1",)
    assert any_store.by_tag("cave", 2) == ("m2", "m1")
    assert any_store.by_tag("cav") == ()
    assert (any_store.count(), any_store.count(player_id="kim")) == (4, 2)


def test_episodes_are_listed_by_player_and_companion(
    any_store: MemoryStore, make_draft: Make
) -> None:
    for name, player, companion in (("a", "robin", "mira"), ("b", "kim", "mira")):
        any_store.write(make_draft(name, player_id=player, companion_id=companion))
    any_store.write(make_draft("c", companion_id="odo", category=EpisodeCategory.QUEST))
    assert any_store.episode_ids() == ("a", "b", "c")
    assert any_store.episode_ids("robin") == ("a", "c")
    assert any_store.episode_ids(companion_id="mira") == ("a", "b")
    assert any_store.episode_ids("robin", "odo") == ("c",)
    assert any_store.pairs() == (("kim", "mira"), ("robin", "mira"), ("robin", "odo"))


def test_pruning_removes_the_old_and_leaves_what_was_learned(
    save: Path, make_draft: Make, episodes: Any
) -> None:
    secret = "the word nobody may find again"
    with open_memory(save) as store:
        store.write(make_draft("old", tags=[secret]))
        store.write(make_draft("new", start_time=episodes.START_S + 500, end_time=None))
        store.encode(remember("note", at=1.0))
        store.encode(remember("profile:robin/mira", at=1.0, memory_type=MemoryType.SEMANTIC))
        rows = {"old": b"row", "new": b"row"}
        store.commit(LearningCommit(player_id="robin", companion_id="mira", rows=rows))
        assert store.prune(episodes.START_S + 100, player_id="kim") == 0
        assert store.prune(episodes.START_S + 100) == 2
        assert store.episode_ids() == ("new",)
        assert store.recent(9) == ("new", "profile:robin/mira")
        assert store.memory("old") is None
        assert store.by_tag(secret) == ()
        assert [name for name, _ in store.rows("robin", "mira")] == ["old", "new"]
        left = store._reader.query("SELECT count(*) FROM observations")
        assert left == [(1,)]
        for file in save.parent.iterdir():
            assert secret.encode() not in file.read_bytes()


def test_a_copy_opens_alone_and_knows_no_open_episode(
    any_store: MemoryStore, make_draft: Make, tmp_path: Path
) -> None:
    target = tmp_path / "slot2.db"
    any_store.write(make_draft())
    any_store.checkpoint(make_draft("open"))
    any_store.copy_to(target)
    with open_memory(target) as copy:
        assert copy.recovered is None
        assert copy.episode_ids() == ("e1",)
        assert copy.health()["structure"] == "ok"
    any_store.write(make_draft("e2"))
    any_store.copy_to(target)  # an older slot of ours may be overwritten
    with open_memory(target) as copy:
        assert copy.episode_ids() == ("e1", "e2")
    assert not [file for file in tmp_path.iterdir() if file.suffix == ".new"]
    any_store.discard("open")


def test_a_copy_never_replaces_a_stranger_itself_or_an_open_save(
    store: MemoryStore, save: Path, tmp_path: Path
) -> None:
    stranger = tmp_path / "diary.txt"
    stranger.write_text("dear diary")
    with pytest.raises(SaveError, match="not a database"):
        store.copy_to(stranger)
    assert stranger.read_text() == "dear diary"
    with pytest.raises(SaveError, match="onto itself"):
        store.copy_to(save)
    with open_memory(tmp_path / "other.db") as other:
        other.put_note("a", b"b")
        with pytest.raises(SaveError, match="is open"):
            store.copy_to(tmp_path / "other.db")
    with pytest.raises(SaveError, match="folder"):
        store.copy_to(tmp_path / "none" / "copy.db")


def test_a_copy_that_fails_leaves_nothing(
    store: MemoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("astraweave.memory.backup.os.fsync", full)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(SaveError, match="No space left"):
        store.copy_to(tmp_path / "copy.db")
    assert sorted(tmp_path.iterdir()) == before


def test_a_closed_store_says_so(save: Path, make_draft: Make) -> None:
    store = open_memory(save)
    store.close()
    store.close()
    for use in (lambda: store.recent(1), lambda: store.write(make_draft())):
        with pytest.raises(StoreError, match="closed"):
            use()


def test_health_counts_what_there_is(any_store: MemoryStore, make_draft: Make) -> None:
    any_store.write(make_draft())
    health = any_store.health()
    assert health["structure"] == "ok"
    assert health["sqlite"] == apsw.sqlite_lib_version()
    assert (health["schema"], health["episodes"], health["memories"]) == (len(MIGRATIONS), 1, 1)
    assert (health["damaged"], health["quarantine"], health["problems"]) == (0, 0, [])
    assert health["queued"] == 0
