"""What a person may do to what was learned: freeze, undo, reset. Exempt from the cap.

Each writes a new version with its origin, so that the history stays whole and can be undone.
"""

from typing import TYPE_CHECKING

import msgspec

from astraweave.errors import UsageError, WeightsError
from astraweave.learning.game import Game
from astraweave.learning.loop import deployed_weights, frozen_note
from astraweave.learning.statistics import LearnerState
from astraweave.model.actions import nearest
from astraweave.model.learned import LearningCommit
from astraweave.model.verdict import Deployment
from astraweave.model.weights import WeightSet, designer_weights

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore


def freeze(store: "MemoryStore", player_id: str, companion_id: str, *, frozen: bool = True) -> None:
    """Keep the weights as they are (or let them follow again); learning goes on either way."""
    store.put_note(frozen_note(player_id, companion_id), b"1" if frozen else b"0")


def is_frozen(store: "MemoryStore", player_id: str, companion_id: str) -> bool:
    """Whether the weights of this pair are kept as they are."""
    return store.note(frozen_note(player_id, companion_id)) == b"1"


def undo(
    store: "MemoryStore", game: Game, player_id: str, companion_id: str, *, now: float
) -> WeightSet:
    """Go back to the weights that were in use before the present ones; undo again goes further.

    Raises:
        UsageError: nothing was ever deployed.
    """
    current, _ = deployed_weights(store, game, player_id, companion_id)
    if current.version == 0 or (current.origin == "undo" and current.reason == "0"):
        raise UsageError(what="nothing to undo: the designer's weights are in use", where="undo")
    # An undone version's parent is the one it went back from; its source is what undo looks at.
    before = current.parent
    if current.origin == "undo":
        source = _weights(store, game, player_id, companion_id, int(current.reason))
        before = source.parent
    older = _weights(store, game, player_id, companion_id, before or 0)
    undone = msgspec.structs.replace(
        older,
        version=store.next_version(player_id, companion_id),
        parent=current.version,
        origin="undo",
        created_at=now,
        reason=str(older.version),
    )
    return _deploy(store, undone, player_id, companion_id, now, action="undo")


def reset(
    store: "MemoryStore",
    game: Game,
    player_id: str,
    companion_id: str,
    *,
    tactic: str | None = None,
    now: float,
) -> WeightSet:
    """Back to the designer's weight for one tactic or all, and forget what spoke against it.

    Raises:
        WeightsError: the tree has no such tactic.
    """
    if tactic is not None and tactic not in game.tree.tactics:
        fix = nearest(tactic, game.tree.tactics)
        raise WeightsError(what=f"the tree has no tactic {tactic!r}", where="reset", fix=fix)
    current, _ = deployed_weights(store, game, player_id, companion_id)
    names = game.tree.tactics if tactic is None else (tactic,)
    state = LearnerState.decoded(store.state(player_id, companion_id))
    for name in names:
        state.tactics.pop(name, None)
    fresh = msgspec.structs.replace(
        current,
        version=store.next_version(player_id, companion_id),
        weights={**current.weights, **dict.fromkeys(names, 1.0)},
        parent=current.version,
        origin="reset",
        created_at=now,
        reason=tactic or "all",
    )
    return _deploy(store, fresh, player_id, companion_id, now, action="reset", state=state)


def _weights(
    store: "MemoryStore", game: Game, player_id: str, companion_id: str, version: int
) -> WeightSet:
    found = store.weight_set(player_id, companion_id, version) if version else None
    return designer_weights(game.tree.tactics) if found is None else found


def _deploy(
    store: "MemoryStore",
    weights: WeightSet,
    player_id: str,
    companion_id: str,
    now: float,
    *,
    action: str,
    state: LearnerState | None = None,
) -> WeightSet:
    if state is None:
        state = LearnerState.decoded(store.state(player_id, companion_id))
    state.canary = None
    store.commit(
        LearningCommit(
            player_id=player_id,
            companion_id=companion_id,
            state=state.encoded(),
            weights=weights,
            deployment=Deployment(
                version=weights.version,
                player_id=player_id,
                companion_id=companion_id,
                action=action,
                deployed_at=now,
                reason=f"asked for by a person: {action} {weights.reason}",
            ),
        )
    )
    return weights
