"""The structures that a session plays: the game's tree, and what of the save stands beside it.

A change of structure is on trial like one of weights: some episodes play the tree before it. Both
share the callbacks that the game has bound. Refuses to read the save in a frame: `know` does, when
a policy is read.
"""

from typing import TYPE_CHECKING

from astraweave.learning.variants import variant_of

if TYPE_CHECKING:
    from astraweave.behavior import Tree
    from astraweave.memory import MemoryStore


class Structures:
    """Trees by the name that versions of the weights have for them; "" is the designer's.

    own: the designer's, as its file says. played: the tree that the game holds.
    """

    def __init__(self, memory: "MemoryStore", own: "Tree", played: "Tree") -> None:
        """`own` and `played` are the same where the save has no variant."""
        self._memory, self.own, self._played = memory, own, played
        self._known: dict[str, Tree] = {}
        self._facts: tuple[str, ...] = ()

    def bind(self, facts: tuple[str, ...]) -> None:
        """Check each against these facts, those to come as well.

        Raises:
            TreeError: the designer's reads another one.
        """
        self._facts = facts
        self._played.bind(facts)

    def know(self, name: str) -> None:
        """Have the tree of that name ready; not for a frame."""
        if name in self._known:
            return
        found = variant_of(self._memory, self.own, name)
        if found.content_hash == self._played.content_hash:
            found = self._played
        else:
            found = found.sharing(self._played)
            found.bind(self._facts)
        self._known[name] = found

    def of(self, name: str) -> "Tree":
        """The tree of that name; the game's where it is not known."""
        return self._known.get(name, self._played)
