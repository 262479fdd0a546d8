"""What a person may do to what was learned: freeze, undo, reset. Exempt from the cap.

Each writes a new version with its origin, so that the history stays whole and can be undone. None
is overruled at once: the next proposal waits for the next episode. `freeze` waits for `thaw`.
"""

from typing import TYPE_CHECKING

import msgspec

from astraweave.errors import UsageError, WeightsError
from astraweave.learning.game import Game
from astraweave.learning.ledger import (
    again_if_overtaken,
    deployed_weights,
    frozen_note,
    version_of,
)
from astraweave.learning.rows import known
from astraweave.model.actions import nearest
from astraweave.model.learned import LearningCommit
from astraweave.model.verdict import Deployment
from astraweave.model.weights import WeightSet

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
    """Go back to the weights the present ones were made from; undo again goes further.

    Raises:
        UsageError: the designer's weights are in use.
    """

    def work() -> WeightSet:
        older = _before(store, game, player_id, companion_id)
        current, _ = deployed_weights(store, game, player_id, companion_id)
        restores = older.version if older.restores is None else older.restores
        undone = msgspec.structs.replace(
            older,
            version=store.next_version(player_id, companion_id),
            parent=current.version,
            restores=restores,
            origin="undo",
            created_at=now,
            reason=f"back to {_called(restores)}",
        )
        return _deploy(store, undone, player_id, companion_id, now)

    return again_if_overtaken(store, player_id, companion_id, work)


def _before(store: "MemoryStore", game: Game, player_id: str, companion_id: str) -> WeightSet:
    """What the weights in use were made from: what an undo restored stands for itself."""
    current, _ = deployed_weights(store, game, player_id, companion_id)
    source = current
    if current.restores is not None:
        source = version_of(store, game, player_id, companion_id, current.restores)
    if source.version == 0:
        raise UsageError(what="nothing to undo: the designer's weights are in use", where="undo")
    return version_of(store, game, player_id, companion_id, source.parent or 0)


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
    names = game.tree.tactics if tactic is None else (tactic,)

    def work() -> WeightSet:
        current, _ = deployed_weights(store, game, player_id, companion_id)
        fresh = msgspec.structs.replace(
            current,
            version=store.next_version(player_id, companion_id),
            weights={**current.weights, **dict.fromkeys(names, 1.0)},
            parent=current.version,
            restores=None,
            origin="reset",
            created_at=now,
            reason=f"{tactic or 'everything'} as the designer drew it",
        )
        return _deploy(store, fresh, player_id, companion_id, now, forget=names)

    return again_if_overtaken(store, player_id, companion_id, work)


def _called(version: int) -> str:
    return f"version {version}" if version else "the designer's weights"


def _deploy(
    store: "MemoryStore",
    weights: WeightSet,
    player_id: str,
    companion_id: str,
    now: float,
    *,
    forget: tuple[str, ...] = (),
) -> WeightSet:
    found = known(store, player_id, companion_id)
    state = found.state
    for name in forget:
        state.tactics.pop(name, None)
    state.canary = None
    state.spent = max(state.spent, state.episodes)
    state.revision += 1
    state.evidence = found.evidence.encoded()
    store.commit(
        LearningCommit(
            player_id=player_id,
            companion_id=companion_id,
            state=state.encoded(),
            read=found.read,
            guarded=True,
            weights=weights,
            deployment=Deployment(
                version=weights.version,
                player_id=player_id,
                companion_id=companion_id,
                action=weights.origin,
                deployed_at=now,
                reason=f"asked for by a person: {weights.reason}",
            ),
        )
    )
    return weights
