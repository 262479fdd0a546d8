"""Every version of a pair's weights, and the way back and forth between them: undo, redo.

Each writes a new version, so the history stays whole. What stands for what is told from the
deployments alone. Refuses to play a version that was never in use: the gate may have refused it.
"""

from typing import TYPE_CHECKING

import msgspec

from astraweave.errors import UsageError
from astraweave.learning.deployment import deploy
from astraweave.learning.game import Game
from astraweave.learning.ledger import again_if_overtaken, deployed_weights, version_of
from astraweave.model.weights import WeightSet

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore

IN_USE, ON_TRIAL, USED, REJECTED = "in use", "on trial", "used before", "rejected"


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version: where it came from, and how it stands now.

    `standing` is in use, on trial (in half of the episodes), used before, or rejected: never used.
    """

    version: int
    standing: str
    origin: str
    parent: int | None
    restores: int | None
    created_at: float
    episode_count: int
    reason: str
    weights: dict[str, float]


def versions(
    store: "MemoryStore", game: Game, player_id: str, companion_id: str
) -> tuple[Version, ...]:
    """Every version from the designer's (0) on that can be read, oldest first."""
    pair = (player_id, companion_id)
    deployments = store.deployments(*pair)
    used = {0, *(each.version for each in deployments)}
    now, deployment = deployed_weights(store, game, *pair)
    told = []
    for number in range(store.next_version(*pair)):
        found = version_of(store, game, *pair, 0) if not number else store.weight_set(*pair, number)
        if found is None:
            continue
        standing = USED if number in used else REJECTED
        if number == now.version:
            standing = ON_TRIAL if deployment is not None and deployment.canary else IN_USE
        told.append(
            Version(
                version=number,
                standing=standing,
                origin=found.origin,
                parent=found.parent,
                restores=found.restores,
                created_at=found.created_at,
                episode_count=found.episode_count,
                reason=found.reason,
                weights=dict(found.weights),
            )
        )
    return tuple(told)


def undo(
    store: "MemoryStore",
    game: Game,
    player_id: str,
    companion_id: str,
    *,
    to: int | None = None,
    now: float,
) -> WeightSet:
    """Go back to the weights the present ones were made from; undo again goes further.

    Args:
        store, game, player_id, companion_id: whose.
        to: the version to play instead, any that was in use before; 0 for the designer's.
        now: seconds since 1970.

    Raises:
        UsageError: the designer's weights are in use, or `to` names nothing that could be played.
    """

    def work() -> WeightSet:
        if to is None:
            older = _before(store, game, player_id, companion_id)
        else:
            older = _playable(store, game, player_id, companion_id, to)
        return _restore(store, game, player_id, companion_id, older, "undo", now)

    return again_if_overtaken(store, player_id, companion_id, work)


def redo(
    store: "MemoryStore", game: Game, player_id: str, companion_id: str, *, now: float
) -> WeightSet:
    """Take the last undo back that was not taken back yet; whatever else came since ends it.

    Raises:
        UsageError: there is no undo to take back.
    """

    def work() -> WeightSet:
        undone = undone_of(store, game, player_id, companion_id)
        if not undone:
            raise UsageError(what="nothing to redo: no undo stands to be taken back", where="redo")
        newer = version_of(store, game, player_id, companion_id, undone[-1])
        return _restore(store, game, player_id, companion_id, newer, "redo", now)

    return again_if_overtaken(store, player_id, companion_id, work)


def undone_of(
    store: "MemoryStore", game: Game, player_id: str, companion_id: str
) -> tuple[int, ...]:
    """The versions that redo would go to, the next one last."""
    undone: list[int] = []
    at = 0
    for each in store.deployments(player_id, companion_id):
        before, at = at, _stands_for(version_of(store, game, player_id, companion_id, each.version))
        if each.action == "undo":
            undone.append(before)
        elif each.action == "redo":
            undone = undone[:-1]
        elif at != before:
            undone = []
    return tuple(undone)


def _stands_for(weights: WeightSet) -> int:
    """The version whose weights these are."""
    return weights.version if weights.restores is None else weights.restores


def _before(store: "MemoryStore", game: Game, player_id: str, companion_id: str) -> WeightSet:
    """What the weights in use were made from: what an undo restored stands for itself."""
    current, _ = deployed_weights(store, game, player_id, companion_id)
    source = current
    if current.restores is not None:
        source = version_of(store, game, player_id, companion_id, current.restores)
    if source.version == 0:
        raise UsageError(what="nothing to undo: the designer's weights are in use", where="undo")
    return version_of(store, game, player_id, companion_id, source.parent or 0)


def _playable(
    store: "MemoryStore", game: Game, player_id: str, companion_id: str, to: int
) -> WeightSet:
    """The version that was asked for.

    Raises:
        UsageError: there is none, it was never in use, or it is in use.
    """
    told = {each.version: each for each in versions(store, game, player_id, companion_id)}
    current, _ = deployed_weights(store, game, player_id, companion_id)
    wrong = None
    if to not in told:
        wrong = f"there is no version {to}"
    elif told[to].standing == REJECTED:
        wrong = f"version {to} was rejected and never played"
    elif to in (current.version, _stands_for(current)):
        wrong = f"version {to} is in use"
    if wrong is not None:
        here = (current.version, _stands_for(current))
        others = [n for n, each in told.items() if each.standing != REJECTED and n not in here]
        usable = ", ".join(map(str, others))
        fix = f"choose one of {usable}" if usable else "there is no other yet"
        raise UsageError(what=wrong, where="undo", fix=fix)
    return version_of(store, game, player_id, companion_id, to)


def _restore(
    store: "MemoryStore",
    game: Game,
    player_id: str,
    companion_id: str,
    found: WeightSet,
    origin: str,
    now: float,
) -> WeightSet:
    """A new version with the weights of another."""
    current, _ = deployed_weights(store, game, player_id, companion_id)
    restores = _stands_for(found)
    name = f"version {restores}" if restores else "the designer's weights"
    restored = msgspec.structs.replace(
        found,
        version=store.next_version(player_id, companion_id),
        parent=current.version,
        restores=restores,
        origin=origin,
        created_at=now,
        reason=f"{'back' if origin == 'undo' else 'forward again'} to {name}",
    )
    return deploy(store, game, restored, player_id, companion_id, now)
