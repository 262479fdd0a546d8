"""Where a pair's knowledge stands in a save: what is deployed, under which names, by whom last.

Refuses to overwrite what another process has learned meanwhile: see `again_if_overtaken`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import msgspec

from astraweave.errors import StoreError
from astraweave.learning.game import Game
from astraweave.learning.proposal import fitted
from astraweave.model.learned import pair_key
from astraweave.model.verdict import Deployment
from astraweave.model.weights import WeightSet, designer_weights

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore

T = TypeVar("T")
ATTEMPTS = 5


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What plays the next episode of a pair: a version and its factors by tactic.

    On trial, `baseline` (and `baseline_weights`) plays about half of the episodes instead. `tree`
    and `baseline_tree` name the structures they play in, "" for the designer's.
    """

    version: int
    weights: dict[str, float]
    tree: str = ""
    baseline: int | None = None
    baseline_weights: dict[str, float] = {}
    baseline_tree: str = ""


def deployed_weights(
    store: "MemoryStore", game: Game, player_id: str, companion_id: str
) -> tuple[WeightSet, Deployment | None]:
    """What is in use for this player, for the tactics of the game's tree as it is now."""
    found = store.deployed(player_id, companion_id)
    if found is None:
        return designer_weights(game.tree.tactics), None
    return fitted(found[0], game.tree.tactics), found[1]


def version_of(
    store: "MemoryStore", game: Game, player_id: str, companion_id: str, version: int
) -> WeightSet:
    """One version of the weights as it was stored; the designer's where there is none."""
    found = store.weight_set(player_id, companion_id, version) if version else None
    return designer_weights(game.tree.tactics) if found is None else found


def policy_of(store: "MemoryStore", game: Game, player_id: str, companion_id: str) -> Policy:
    """What plays from the next episode on; reads the save, so call it off the frame."""
    weights, deployment = deployed_weights(store, game, player_id, companion_id)
    if deployment is None or not deployment.canary or deployment.against is None:
        return Policy(version=weights.version, weights=dict(weights.weights), tree=weights.tree)
    older = version_of(store, game, player_id, companion_id, deployment.against)
    return Policy(
        version=weights.version,
        weights=dict(weights.weights),
        tree=weights.tree,
        baseline=deployment.against,
        baseline_weights=dict(older.weights),
        baseline_tree=older.tree,
    )


def frozen_note(player_id: str, companion_id: str) -> str:
    """Key of the note that freezes this pair's weights."""
    return f"frozen:{pair_key(player_id, companion_id)}"


def controls_note(player_id: str, companion_id: str) -> str:
    """Key of the note that holds what a person decided of this pair's weights."""
    return f"controls:{pair_key(player_id, companion_id)}"


def resets_note(player_id: str, companion_id: str) -> str:
    """Key of the note that holds the tactics of each reset, oldest first."""
    return f"resets:{pair_key(player_id, companion_id)}"


def queue_note(player_id: str, companion_id: str) -> str:
    """Key of the note that says that a step of learning was asked for and not done yet."""
    return f"queue:{pair_key(player_id, companion_id)}"


def trouble_note(player_id: str, companion_id: str) -> str:
    """Key of the note that says why the last step of learning off the frame failed."""
    return f"trouble:{pair_key(player_id, companion_id)}"


def profile_id(player_id: str, companion_id: str) -> str:
    """Id of the memory that holds what is believed of this player."""
    return f"profile:{pair_key(player_id, companion_id)}"


def again_if_overtaken(
    store: "MemoryStore", player_id: str, companion_id: str, work: Callable[[], T]
) -> T:
    """Do `work`; when another process has learned meanwhile, which its commit refuses, again."""
    for _ in range(ATTEMPTS - 1):
        before = store.state(player_id, companion_id)
        try:
            return work()
        except StoreError:
            if store.state(player_id, companion_id) == before:
                raise
    return work()
