"""What a person puts into use: the designer's weights again, or (`history`) another version.

Exempt from the cap. Each writes a new version with its origin, so that the history stays whole and
can be undone. None is overruled at once: the next proposal waits for the next episode.
"""

from typing import TYPE_CHECKING

import msgspec

from astraweave.learning.controls import check_tactics
from astraweave.learning.game import Game
from astraweave.learning.ledger import again_if_overtaken, deployed_weights
from astraweave.learning.methods import without
from astraweave.learning.resets import drop, with_reset
from astraweave.learning.rows import known
from astraweave.model.learned import LearningCommit
from astraweave.model.verdict import Deployment
from astraweave.model.weights import WeightSet

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore


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
    check_tactics(game, () if tactic is None else (tactic,), "reset")
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
            tree="" if tactic is None else current.tree,
            created_at=now,
            reason=f"{tactic or 'everything'} as the designer drew it",
        )
        return deploy(store, game, fresh, player_id, companion_id, now, forget=names)

    return again_if_overtaken(store, player_id, companion_id, work)


def deploy(
    store: "MemoryStore",
    game: Game,
    weights: WeightSet,
    player_id: str,
    companion_id: str,
    now: float,
    *,
    forget: tuple[str, ...] = (),
) -> WeightSet:
    """Put weights into use by a person's word; a trial that runs ends. Returns them."""
    found = known(store, player_id, companion_id, game.styles)
    state = found.state
    drop(state, forget)
    state.methods = without(state.methods, game.tree.weighted, forget)
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
            notes=with_reset(store, player_id, companion_id, forget) if forget else {},
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
