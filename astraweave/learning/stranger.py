"""Whether a tree that somebody gives is of the game a save is of. Refuses one that is not."""

from typing import TYPE_CHECKING

from astraweave.behavior import Tree
from astraweave.errors import InputError, TreeError
from astraweave.learning.rows import known
from astraweave.learning.setup import GameSpec, tree_of

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore

SHOWN = 3


def refuse_stranger(store: "MemoryStore", spec: GameSpec, tree: Tree) -> None:
    """Refuse a tree that shares no tactic with what the save holds, or, untaught, its own tree.

    Raises:
        InputError: it shares none.
    """
    held = _held(store) or _own(spec)
    if not held or held & set(tree.tactics):
        return
    some = ", ".join(sorted(held)[:SHOWN]) + (", …" if len(held) > SHOWN else "")
    raise InputError(
        what="this tree has none of the tactics that the save knows, so it is another game's",
        got=", ".join(tree.tactics[:SHOWN]) or "no tactics",
        where=str(tree.path),
        fix=f"leave --tree out for {spec.tree}, or give one with {some}",
    )


def _held(store: "MemoryStore") -> set[str]:
    """Tactics that weights in use or statistics speak of, of any pair."""
    held: set[str] = set()
    for pair in store.pairs():
        found = store.deployed(*pair)
        held |= set(known(store, *pair).state.tactics)
        held |= set() if found is None else set(found[0].weights)
    return held


def _own(spec: GameSpec) -> set[str]:
    try:
        return set(tree_of(spec).tactics)
    except TreeError:
        return set()  # it lies elsewhere by now, which is why another is given
