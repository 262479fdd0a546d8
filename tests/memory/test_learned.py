from pathlib import Path
from typing import Any

import msgspec
import pytest

from astraweave.errors import StoreError
from astraweave.memory import MemoryStore, open_memory
from astraweave.model.learned import LearningCommit
from astraweave.model.memory import Memory, MemoryType
from astraweave.model.verdict import Deployment, Verdict
from astraweave.model.weights import Change, Proposal, WeightSet

PAIR = ("robin", "mira")


def weights(version: int, factor: float = 1.25) -> WeightSet:
    return WeightSet(version=version, weights={"heal_player": factor})


def step(version: int = 1, *, approved: bool = True, **fields: Any) -> LearningCommit:
    candidate = weights(version)
    verdict = Verdict(approved=approved, reason="fine", proof="simulated", step="floor", alpha=0.05)
    baseline = weights(version - 1)
    moved = Change(tactic="heal_player", before=1.0, after=1.25, target=1.5)
    proposal = Proposal(
        player_id="robin",
        companion_id="mira",
        candidate=candidate,
        baseline=baseline,
        changes=(moved,),
        number=version,
    )
    deployment = Deployment(
        version=version,
        player_id="robin",
        companion_id="mira",
        action="promote",
        deployed_at=10.0,
        verdict=verdict,
    )
    values = {
        "player_id": "robin",
        "companion_id": "mira",
        "state": b"state",
        "rows": {f"e{version}": b"row"},
        "weights": candidate,
        "proposal": proposal,
        "verdict": verdict,
        "deployment": deployment,
        "memories": (
            Memory(id="profile", memory_type=MemoryType.SEMANTIC, text="likes", created_at=10.0),
        ),
    }
    return LearningCommit(**values | fields)


def test_one_step_of_learning_is_there_after_a_restart(save: Path) -> None:
    first, second = step(1), step(2, approved=False, deployment=None)
    with open_memory(save) as store:
        assert store.next_version(*PAIR) == 1
        assert store.deployed(*PAIR) is None
        store.commit(first)
        store.commit(second)
    with open_memory(save) as store:
        assert store.deployed(*PAIR) == (first.weights, first.deployment)
        assert store.deployments(*PAIR) == (first.deployment,)
        assert store.weight_set(*PAIR, 2) == second.weights
        assert store.weight_set(*PAIR, 3) is None
        assert store.next_version(*PAIR) == 3
        said = ((first.proposal, first.verdict), (second.proposal, second.verdict))
        assert store.verdicts(*PAIR) == said
        assert store.state(*PAIR) == b"state"
        assert store.by_type(MemoryType.SEMANTIC) == ("profile",)
        assert store.pairs() == (PAIR,)
        others = (store.verdicts("kim", "mira"), store.rows("kim", "mira"))
        assert others == ((), [])


def test_an_undo_to_the_designer_is_deployed_without_weights(store: MemoryStore) -> None:
    store.commit(step(1))
    undo = msgspec.structs.replace(step(1).deployment, version=0, action="undo")
    store.commit(LearningCommit(player_id="robin", companion_id="mira", deployment=undo))
    found = store.deployed(*PAIR)
    assert found is not None
    assert (found[0].version, found[0].weights, found[1]) == (0, {}, undo)


def test_rows_come_in_the_order_they_were_learned(store: MemoryStore, make_draft: Any) -> None:
    for name in ("a", "b", "c"):
        store.write(make_draft(name))
    assert store.unlearned(*PAIR) == ("a", "b", "c")
    for name in ("c", "a"):
        store.commit(LearningCommit(player_id="robin", companion_id="mira", rows={name: b"1"}))
    assert store.unlearned(*PAIR) == ("b",)
    rows = {"b": b"1", "gone": b"1"}
    store.commit(LearningCommit(player_id="robin", companion_id="mira", rows=rows))
    assert store.rows(*PAIR) == [(name, b"1") for name in ("c", "a", "b", "gone")]
    assert store.unlearned(*PAIR) == ()
    assert store.unlearned("kim", "mira") == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": WeightSet(version=1, weights={"heal_player": float("nan")})},
        {"weights": WeightSet(version=1, weights={"heal_player": 9.0})},
        {"weights": WeightSet(version=1, weights={"heal_player": object()})},  # type: ignore[dict-item]
        {"verdict": None},
        {"memories": (Memory(id="", memory_type=MemoryType.SOCIAL, text="", created_at=0.0),)},
    ],
)
def test_a_step_with_one_wrong_value_writes_nothing(
    wrong: dict[str, Any], store: MemoryStore
) -> None:
    with pytest.raises(StoreError):
        store.commit(step(1, **wrong))
    assert store.state(*PAIR) is None
    assert store.rows(*PAIR) == []
    assert store.deployed(*PAIR) is None
    assert store.count() == 0
    store.flush()


def test_a_version_that_another_process_took_is_refused(store: MemoryStore) -> None:
    store.commit(step(1))
    store.commit(LearningCommit(player_id="robin", companion_id="mira", weights=weights(1)))
    other = LearningCommit(player_id="robin", companion_id="mira", weights=weights(1, 0.75))
    with pytest.raises(StoreError, match="version 1 of the weights of robin/mira is taken"):
        store.commit(other)
    assert store.weight_set(*PAIR, 1) == weights(1)


def test_an_episode_is_learned_once_whoever_does_it(
    save: Path, store: MemoryStore, make_draft: Any
) -> None:
    store.write(make_draft("a"))
    first = LearningCommit(player_id="robin", companion_id="mira", state=b"1", rows={"a": b"row"})
    with open_memory(save, recover=False) as other:
        other.commit(first)
    late = LearningCommit(player_id="robin", companion_id="mira", state=b"2", rows={"a": b"row"})
    with pytest.raises(StoreError, match="episode 'a' was learned already"):
        store.commit(late)
    assert store.state(*PAIR) == b"1"


def test_an_episode_that_comes_back_after_pruning_is_not_learned_again(
    store: MemoryStore, make_draft: Any
) -> None:
    store.write(make_draft("a"))
    store.commit(LearningCommit(player_id="robin", companion_id="mira", rows={"a": b"row"}))
    assert store.prune(4e11) == 1
    store.write(make_draft("a"))
    assert store.episode_ids() == ("a",)
    assert store.unlearned(*PAIR) == ()
    assert store.episodes_ever() == 2


def test_a_note_is_kept_as_it_is(store: MemoryStore) -> None:
    assert store.note("tree") is None
    store.put_note("tree", b"\0companion.xml")
    store.put_note("tree", b"\0other.xml")
    assert store.note("tree") == b"\0other.xml"
    with pytest.raises(StoreError):
        store.put_note("", b"no key")


def test_a_commit_syncs_the_disk_and_an_episode_alone_does_not(
    store: MemoryStore, make_draft: Any
) -> None:
    db = store._link.db
    store.write(make_draft())
    store._writer.settle()
    assert db.pragma("synchronous") == 1
    store.commit(step(1))
    assert db.pragma("synchronous") == 2
