"""Which engine can run a tree for many agents at once, and why not a faster one."""

from typing import TYPE_CHECKING, Literal, NamedTuple

from astraweave.behavior.check.facts import facts_of
from astraweave.behavior.flat.jump_shape import jumpable
from astraweave.errors import TreeError

if TYPE_CHECKING:
    from astraweave.behavior.tree import Tree


class Engine(NamedTuple):
    """name: "jump" code, the "flat" interpreter, or "scalar": one agent at a time.

    why: what keeps the tree from the faster ones; None for jump code.
    """

    name: Literal["jump", "flat", "scalar"]
    why: str | None = None

    def __str__(self) -> str:
        """In words."""
        told = {
            "jump": "runs in batches, by jump code",
            "flat": "runs in batches, by the interpreter",
            "scalar": "runs one agent at a time",
        }[self.name]
        return f"{told}: {self.why}" if self.why else told


def engine_of(tree: "Tree") -> Engine:
    """The fastest engine for a tree; what it reads and does is taken to be there."""
    why = jumpable(tree.root)
    try:
        tree.program(facts_of(tree.root), tree.actions)
    except TreeError:
        if tree.conditions:
            why = f"{tree.conditions[0]} is a Condition, which calls Python"
        return Engine("scalar", why)
    return Engine("jump") if why is None else Engine("flat", why)
