"""What a person decides of the weights of one pair: freeze, locks, a whitelist, bounds.

Kept in the save, so they outlast restarts. Learning obeys them from its next step on, and the
gate's static step checks that it did; a step that is under way meanwhile is taken again. A
person's own undo, redo and reset go where they are told. Refuses tactics the tree does not have.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from astraweave.errors import SaveError, WeightsError
from astraweave.learning.game import Game, LearnSettings
from astraweave.learning.ledger import again_if_overtaken, controls_note, frozen_note
from astraweave.learning.rows import known
from astraweave.model.actions import nearest
from astraweave.model.learned import LearningCommit
from astraweave.model.weights import MAX_WEIGHT, MIN_WEIGHT, Bounds, Controls

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore


def freeze(store: "MemoryStore", player_id: str, companion_id: str, *, frozen: bool = True) -> None:
    """Keep the weights as they are (or let them follow again); learning goes on either way."""
    store.put_note(frozen_note(player_id, companion_id), b"1" if frozen else b"0")
    overtake(store, player_id, companion_id)


def is_frozen(store: "MemoryStore", player_id: str, companion_id: str) -> bool:
    """Whether the weights of this pair are kept as they are."""
    return store.note(frozen_note(player_id, companion_id)) == b"1"


def controls_of(store: "MemoryStore", player_id: str, companion_id: str) -> Controls:
    """What was decided for this pair; nothing, where nobody decided anything.

    Raises:
        SaveError: it cannot be read. Learning waits rather than moving what may be locked.
    """
    data = store.note(controls_note(player_id, companion_id))
    try:
        return Controls() if data is None else msgspec.json.decode(data, type=Controls)
    except msgspec.MsgspecError as error:
        raise SaveError(
            what="locks and bounds of the weights cannot be read",
            got=str(error),
            where=store.path,
            fix="set them again: astraweave weights unlock SAVE",
        ) from error


def with_controls(
    settings: LearnSettings, controls: Controls, tactics: Sequence[str]
) -> LearnSettings:
    """The game's settings and what was decided for a pair: of both the stricter."""
    bounds = dict(settings.bounds)
    for name, (low, high) in controls.bounds.items():
        least, most = bounds.get(name, (MIN_WEIGHT, MAX_WEIGHT))
        # Where they exclude each other, the person's word is taken as far as the game allows.
        bounds[name] = (min(most, max(least, low)), max(least, min(most, high)))
    return replace(settings, locked=settings.locked | controls.held(tactics), bounds=bounds)


def lock(
    store: "MemoryStore", game: Game, player_id: str, companion_id: str, *tactics: str
) -> Controls:
    """Learning moves these no more; an automatic roll back neither.

    Raises:
        WeightsError: the tree has no such tactic.
    """
    check_tactics(game, tactics, "lock")
    return _decide(
        *(store, player_id, companion_id),
        lambda now: msgspec.structs.replace(now, locked=_sorted({*now.locked, *tactics})),
    )


def allow_only(
    store: "MemoryStore", game: Game, player_id: str, companion_id: str, *tactics: str
) -> Controls:
    """Learning moves these and no others, also none that the tree gets later.

    Raises:
        WeightsError: the tree has no such tactic.
    """
    check_tactics(game, tactics, "allow_only")
    return _decide(
        *(store, player_id, companion_id),
        lambda now: msgspec.structs.replace(now, only=_sorted(tactics)),
    )


def unlock(store: "MemoryStore", player_id: str, companion_id: str, *tactics: str) -> Controls:
    """Learning may move these again; without names, all. A tactic that is gone may be named, too.

    It does not mend what cannot be read of the controls: without names, that is replaced as well.

    Raises:
        WeightsError: what was given is no name.
    """
    for name in tactics:
        _check_name(name, "unlock")

    def freed(now: Controls) -> Controls:
        if not tactics:
            return msgspec.structs.replace(now, locked=(), only=None)
        only = None if now.only is None else _sorted({*now.only, *tactics})
        left = set(now.locked) - set(tactics)
        return msgspec.structs.replace(now, locked=_sorted(left), only=only)

    return _decide(store, player_id, companion_id, freed, mend=not tactics)


def bound(
    store: "MemoryStore",
    game: Game,
    player_id: str,
    companion_id: str,
    tactic: str,
    between: Bounds | None,
) -> Controls:
    """Keep the learned factor of a tactic inside (low, high); None takes the bounds away.

    A weight that stands outside comes nearer with each step, as fast as the cap allows.

    Raises:
        WeightsError: the tree has no such tactic, or the bounds are none.
    """
    check_tactics(game, (tactic,), "bounds")
    mine = {} if between is None else {tactic: checked_bounds(game, tactic, between)}

    def bounded(now: Controls) -> Controls:
        others = {name: pair for name, pair in now.bounds.items() if name != tactic}
        return msgspec.structs.replace(now, bounds=dict(sorted((others | mine).items())))

    return _decide(store, player_id, companion_id, bounded)


def checked_bounds(game: Game, tactic: str, between: Bounds) -> Bounds:
    """Bounds of one tactic, as plain floats.

    Raises:
        WeightsError: the tree has no such tactic, or the bounds are none.
    """
    check_tactics(game, (tactic,), "bounds")
    try:
        low, high = map(float, between)
    except (TypeError, ValueError) as error:
        raise WeightsError(
            what=f"bounds of {tactic} must be two numbers",
            got=between,
            where="bounds",
            fix=f"for instance ({MIN_WEIGHT:g}, {MAX_WEIGHT:g})",
        ) from error
    if not MIN_WEIGHT <= low <= high <= MAX_WEIGHT:
        raise WeightsError(
            what=f"bounds of {tactic} must be {MIN_WEIGHT:g} <= low <= high <= {MAX_WEIGHT:g}",
            got=f"{low:g} and {high:g}",
            where="bounds",
            fix="correct them",
        )
    return low, high


def check_tactics(game: Game, tactics: Sequence[str], where: str) -> None:
    """Refuse what is no tactic of the tree.

    Raises:
        WeightsError: by its name, with the nearest that there is.
    """
    for name in tactics:
        _check_name(name, where)
        if name not in game.tree.tactics:
            fix = nearest(name, game.tree.tactics)
            raise WeightsError(what=f"the tree has no tactic {name!r}", where=where, fix=fix)


def _check_name(tactic: object, where: str) -> None:
    if not isinstance(tactic, str):
        fix = "give its name"
        raise WeightsError(what="a tactic is a name", got=tactic, where=where, fix=fix)


def overtake(store: "MemoryStore", player_id: str, companion_id: str) -> None:
    """Make any step of learning that is under way be taken again, under what holds by now."""

    def work() -> None:
        found = known(store, player_id, companion_id)
        found.state.revision += 1
        found.state.evidence = found.evidence.encoded()
        store.commit(
            LearningCommit(
                player_id=player_id,
                companion_id=companion_id,
                state=found.state.encoded(),
                read=found.read,
                guarded=True,
            )
        )

    again_if_overtaken(store, player_id, companion_id, work)


def _decide(
    store: "MemoryStore",
    player_id: str,
    companion_id: str,
    change: Callable[[Controls], Controls],
    *,
    mend: bool = False,
) -> Controls:
    try:
        now = controls_of(store, player_id, companion_id)
    except SaveError:
        if not mend:
            raise
        now = Controls()
    after = change(now)
    store.put_note(controls_note(player_id, companion_id), msgspec.json.encode(after))
    overtake(store, player_id, companion_id)
    return after


def _sorted(names: Sequence[str] | set[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
