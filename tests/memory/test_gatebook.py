"""What the gate spent is written down once and for all, and its verdicts are kept a while."""

import gzip
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from astraweave.errors import StoreError
from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.ledger import KEPT
from astraweave.memory.migrations import MIGRATIONS
from astraweave.model.learned import LearningCommit
from astraweave.model.verdict import Verdict
from astraweave.model.weights import Proposal, WeightSet

PAIR = ("robin", "mira")
OLD = Path(__file__).parents[1] / "data" / "saves" / "schema_1.db.gz"


def verdict(number: int = 1, **more: Any) -> Verdict:
    given = {"approved": False, "reason": "worse", "proof": "simulated", "step": "not worse"}
    figures = {"alpha_k": 0.0006 / number**2}
    told = {**given, "alpha": 0.001, "p0": 0.001, "proposal_number": number, "figures": figures}
    return Verdict(**told | more)


def step(number: int, **more: Any) -> LearningCommit:
    weights = WeightSet(version=number, weights={"guard": 1.0})
    proposal = Proposal(
        player_id="robin",
        companion_id="mira",
        candidate=weights,
        baseline=weights,
        changes=(),
        number=number,
    )
    given = {"weights": weights, "proposal": proposal, "verdict": verdict(number, **more)}
    return LearningCommit(player_id="robin", companion_id="mira", **given)


def test_every_proposal_costs_approved_or_not_and_across_restarts(save: Path) -> None:
    with open_memory(save) as store:
        assert store.book.next_number(*PAIR) == 1
        store.commit(step(1))
        store.commit(step(2, approved=True, step="floor"))
    with open_memory(save) as store:
        assert store.book.next_number(*PAIR) == 3
        assert store.book.next_number("kim", "mira") == 1
        spent = store.book.spent(*PAIR)
    assert [(s.number, s.approved, s.step) for s in spent] == [
        (1, False, "not worse"),
        (2, True, "floor"),
    ]
    assert [s.alpha_k for s in spent] == pytest.approx([0.0006, 0.00015])


def test_a_number_is_given_once(store: MemoryStore) -> None:
    store.commit(step(1))
    with pytest.raises(StoreError, match="proposal 1 of robin/mira was judged already"):
        store.commit(under_another_version(step(1), version=2))
    assert len(store.verdicts(*PAIR)) == 1


def under_another_version(commit: LearningCommit, version: int) -> LearningCommit:
    """The same proposal under another version of the weights."""
    assert commit.proposal is not None
    weights = WeightSet(version=version, weights={"guard": 1.1})
    proposal = msgspec.structs.replace(commit.proposal, candidate=weights)
    return LearningCommit(
        player_id=commit.player_id,
        companion_id=commit.companion_id,
        weights=weights,
        proposal=proposal,
        verdict=commit.verdict,
    )


def test_a_damaged_row_is_set_aside_and_gives_nothing_back(save: Path) -> None:
    with open_memory(save) as store:
        store.commit(step(1))
        store.commit(step(2))
    db = apsw.Connection(str(save))
    db.execute("UPDATE ledger SET body = replace(body, '1', '2') WHERE number = 2")
    db.close()
    with open_memory(save) as store:
        assert [s.number for s in store.book.spent(*PAIR)] == [1]
        store.flush()
        assert "ledger" in store.problems[-1]
        assert store.book.next_number(*PAIR) == 3


def test_a_copy_of_a_save_knows_what_was_spent(store: MemoryStore, tmp_path: Path) -> None:
    store.commit(step(1))
    store.copy_to(tmp_path / "copy.db")
    with open_memory(tmp_path / "copy.db") as copy:
        assert copy.book.spent(*PAIR) == store.book.spent(*PAIR)


def test_a_save_of_the_first_schema_keeps_all_it_had_and_what_it_spent(save: Path) -> None:
    save.write_bytes(gzip.decompress(OLD.read_bytes()))
    with open_memory(save) as store:
        assert store.health()["schema"] == len(MIGRATIONS)
        assert store.note("colour") == b"blue"
        assert len(store.verdicts(*PAIR)) == 3
        found = store.deployed(*PAIR)
        assert found is not None
        assert found[0].version == 3
        spent = store.book.spent(*PAIR)
        assert [(s.number, s.approved) for s in spent] == [(1, True), (2, False), (3, True)]
        # The third was proved by logged play alone.
        assert [s.alpha_k for s in spent] == pytest.approx([0.030396, 0.007599, 0.0], abs=1e-6)
        store.commit(step(4))
        assert store.book.next_number(*PAIR) == 5


def test_an_old_save_with_damaged_proposals_opens_all_the_same(save: Path) -> None:
    save.write_bytes(gzip.decompress(OLD.read_bytes()))
    db = apsw.Connection(str(save))
    db.execute("UPDATE proposals SET verdict = '{', player = CAST(x'ff' AS TEXT) WHERE number = 1")
    db.execute("UPDATE proposals SET verdict = '[[[' WHERE number = 2")
    db.execute("UPDATE proposals SET player = ?, number = 9 WHERE number = 3", ("x" * 999,))
    db.close()
    with open_memory(save) as store:
        assert [s.number for s in store.book.spent(*PAIR)] == [2]
        assert store.book.next_number(*PAIR) == 3


def test_verdicts_are_kept_by_question_the_newest_and_not_for_ever(save: Path) -> None:
    with open_memory(save) as store:
        for i in range(KEPT + 3):
            store.book.put(f"{i:064x}", verdict(seed=i))
        store.book.put(f"{9:064x}", verdict(seed=99))
    with open_memory(save) as store:
        assert store.book.get(f"{1:064x}") is None
        kept = store.book.get(f"{9:064x}")
        assert kept is not None
        assert kept.seed == 99
        assert store.book.get(f"{KEPT + 2:064x}") == verdict(seed=KEPT + 2)
        assert store.book.get("f" * 64) is None


def test_a_damaged_verdict_is_played_again(save: Path) -> None:
    key = "a" * 64
    with open_memory(save) as store:
        store.book.put(key, verdict())
    db = apsw.Connection(str(save))
    db.execute("UPDATE verdicts SET key = ? WHERE key = ?", ("b" * 64, key))
    db.close()
    with open_memory(save) as store:
        assert store.book.get("b" * 64) is None
        store.book.put("b" * 64, verdict(seed=5))
        assert store.book.get("b" * 64) == verdict(seed=5)
