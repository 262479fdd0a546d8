from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw
import pytest

from astraweave.errors import SaveError, StoreError
from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.codec import row_crc
from astraweave.memory.connection import translated
from astraweave.memory.quarantine import set_aside
from astraweave.model.learned import LearningCommit
from astraweave.model.memory import Memory, MemoryType
from astraweave.model.verdict import Deployment, Verdict
from astraweave.model.weights import Proposal, WeightSet

PAIR = ("robin", "mira")


@pytest.fixture
def full(store: MemoryStore, make_draft: Callable[..., Any]) -> MemoryStore:
    """Two of everything that can be damaged."""
    for name in ("a", "b"):
        store.write(make_draft(name))
        store.put_note(name, b"note")
    for version in (1, 2):
        weights = WeightSet(version=version, weights={"heal": 1.0})
        store.commit(
            LearningCommit(
                player_id="robin",
                companion_id="mira",
                state=b"state",
                rows={"ab"[version - 1]: b"row"},
                weights=weights,
                proposal=Proposal(
                    player_id="robin",
                    companion_id="mira",
                    candidate=weights,
                    baseline=weights,
                    changes=(),
                    number=version,
                ),
                verdict=Verdict(approved=True, reason="", proof="simulated", step="floor"),
                deployment=Deployment(
                    version=version,
                    player_id="robin",
                    companion_id="mira",
                    action="promote",
                    deployed_at=1.0,
                ),
            )
        )
    return store


def damage(store: MemoryStore, sql: str) -> None:
    with store._link.transaction() as db:
        db.execute(sql)
    store._cache.clear()


CASES: dict[str, tuple[str, Callable[[MemoryStore], object], object]] = {
    "episode header": (
        "UPDATE episodes SET seed = 8 WHERE id = 'a'",
        lambda s: [log.id for log in s.episodes(("a", "b"))],
        ["b"],
    ),
    "observations": (
        "UPDATE observations SET columns = zeroblob(500) WHERE episode = 1",
        lambda s: s.episode("a"),
        None,
    ),
    "no observations": (
        "DELETE FROM observations WHERE episode = 1",
        lambda s: s.episode("a"),
        None,
    ),
    "memory": (
        "UPDATE memories SET importance = 1 WHERE id = 'a'",
        lambda s: (s.memory("a"), s.memory("b") is not None),
        (None, True),
    ),
    "uses": (
        "INSERT INTO uses VALUES (1, 7, 5.0, 99)",
        lambda s: (s.memory("a").access_count, s.memory("b").access_count),
        (0, 0),
    ),
    "row": (
        "UPDATE statistics SET body = x'00' WHERE episode = 'a'",
        lambda s: s.rows(*PAIR),
        [("b", b"row")],
    ),
    "swapped rows": (
        "UPDATE statistics SET episode = CASE episode WHEN 'a' THEN 'z' ELSE 'b' END",
        lambda s: s.rows(*PAIR),
        [("b", b"row")],
    ),
    "state": ("UPDATE states SET body = x'00'", lambda s: s.state(*PAIR), None),
    "note": (
        "UPDATE notes SET body = x'00' WHERE key = 'a'",
        lambda s: (s.note("a"), s.note("b")),
        (None, b"note"),
    ),
    "weights": (
        "UPDATE weight_sets SET body = '{}' WHERE version = 2",
        lambda s: (s.weight_set(*PAIR, 2), s.weight_set(*PAIR, 1) is not None),
        (None, True),
    ),
    "deployed weights": (
        "UPDATE weight_sets SET body = '{}' WHERE version = 2",
        lambda s: s.deployed(*PAIR),
        None,
    ),
    "deployment": (
        "UPDATE deployments SET action = 'undo' WHERE version = 1",
        lambda s: [deployment.version for deployment in s.deployments(*PAIR)],
        [2],
    ),
    "verdict": (
        "UPDATE proposals SET approved = 0 WHERE number = 1",
        lambda s: [proposal.number for proposal, _ in s.verdicts(*PAIR)],
        [2],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_damaged_row_is_set_aside_and_said_and_the_others_load(
    case: str, full: MemoryStore
) -> None:
    sql, ask, expected = CASES[case]
    damage(full, sql)
    assert ask(full) == expected
    assert "set aside" in full.problems[0]
    assert full.figures()["quarantined"] == 1
    assert ask(full) == expected
    assert len(full.problems) == 1
    assert full.health()["quarantine"] == 1


def test_a_program_that_only_looks_says_what_is_damaged_and_leaves_it(
    save: Path, make_draft: Callable[..., Any]
) -> None:
    with open_memory(save) as store:
        store.write(make_draft("a"))
        store.flush()
        damage(store, "UPDATE memories SET importance = 1 WHERE id = 'a'")
    before = save.read_bytes()
    with open_memory(save, mend=False) as looking:
        assert looking.memory("a") is None
        assert looking.problems[0].endswith("left where it is")
        assert looking.health()["quarantine"] == 0
        assert looking.health()["damaged"] == 1
    assert save.read_bytes() == before


def test_a_row_with_a_right_checksum_and_wrong_values_is_set_aside(full: MemoryStore) -> None:
    for table, column, wrong, ask in (
        ("memories", "rest", '{"access_count": "many"}', lambda: full.memory("a")),
        ("weight_sets", "body", '{"version": -1}', lambda: full.weight_set(*PAIR, 1)),
        ("episodes", "outcome", '{"success_rating": 7}', lambda: full.episode("a")),
    ):
        damage(full, f"UPDATE {table} SET {column} = '{wrong}' WHERE rowid = 1")
        skip = {"memories": (1, 9), "weight_sets": (0, 4), "episodes": (1, 12)}[table]
        row = full._reader.query(f"SELECT * FROM {table} WHERE rowid = 1")[0]
        damage(full, f"UPDATE {table} SET crc = {row_crc(*row[slice(*skip)])} WHERE rowid = 1")
        assert ask() is None
        assert "checksum" not in full.problems[-1]
    assert full.health()["quarantine"] == 3


def test_a_text_that_is_no_utf8_costs_its_own_row_only(full: MemoryStore) -> None:
    full.encode(Memory(id="m", memory_type=MemoryType.SOCIAL, text="", created_at=1.0))
    full.flush()
    damage(full, "UPDATE memories SET id = CAST(x'ff41' AS TEXT) WHERE id = 'a'")
    damage(full, "INSERT INTO sessions VALUES (CAST(x'ff303030303030303030303030303030' AS TEXT))")
    assert full.recent(9) == ("b", "m")
    assert full.health()["quarantine"] == 1
    name = full._reader.value("SELECT key FROM quarantine")
    assert name == "\ufffdA"


def test_parts_outlive_the_damaged_row_of_their_session(
    save: Path, make_draft: Callable[..., Any]
) -> None:
    store = open_memory(save)
    store.checkpoint(make_draft("open"))
    store.flush()
    with store._link.lock:
        store._link.db.execute("PRAGMA foreign_keys = OFF")
    damage(store, "UPDATE sessions SET token = CAST(x'ff303030303030303030303030303030' AS TEXT)")
    store.close()
    with open_memory(save) as again:
        assert again.recovered is not None
        assert again.recovered.episodes == ("open",)
        assert "not UTF-8" in again.problems[0]


def test_a_damaged_mark_makes_no_episode_be_learned_twice(full: MemoryStore) -> None:
    damage(full, "UPDATE episodes SET learned = 0 WHERE id = 'a'")
    assert full.unlearned(*PAIR) == ()


def test_a_row_that_was_mended_meanwhile_stays(full: MemoryStore) -> None:
    with full._link.transaction() as db:
        assert not set_aside(db, "notes", 1, b"what was read before", "damaged")
    assert full.note("a") == b"note"


def test_a_dead_writer_does_not_stop_a_damaged_row_from_being_reported(
    full: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(full, "UPDATE notes SET body = x'00' WHERE key = 'a'")

    def dead(_: object) -> bool:
        raise StoreError(what="the writer has stopped")

    monkeypatch.setattr(full._writer, "post", dead)
    assert full.note("a") is None
    assert "set aside" in full.problems[0]


def test_flipped_bytes_anywhere_are_refused_reported_or_harmless(
    save: Path, make_draft: Callable[..., Any]
) -> None:
    with open_memory(save) as store:
        for number in range(4):
            store.write(make_draft(f"e{number}", 40))
        good = {log.id: log.observations.tobytes() for log in store.episodes(store.episode_ids())}
    whole = save.read_bytes()
    for at in range(0, len(whole), 2_347):
        save.write_bytes(whole[:at] + bytes([whole[at] ^ 0x81]) + whole[at + 1 :])
        with suppress(SaveError, StoreError), open_memory(save) as store:
            for log in store.episodes(store.episode_ids()):
                assert log.observations.tobytes() == good[log.id], at


@pytest.mark.parametrize("error", [apsw.CorruptError, apsw.NotADBError, apsw.IOError])
def test_errors_of_sqlite_become_one_line_of_ours(error: type[apsw.Error]) -> None:
    with pytest.raises((SaveError, StoreError), match=r"slot1\.db: the s"), translated("slot1.db"):
        raise error
