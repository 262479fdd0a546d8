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

    A game may reload its tree while it runs: then its file has the last word, as at a start.
    """

    def __init__(self, memory: "MemoryStore", own: "Tree", played: "Tree") -> None:
        """Of the designer's, as its file says, and the tree that the game holds.

        They are the same where the save has no variant.
        """
        self._memory, self._own, self._played = memory, own, played
        self._base, self._version = own.content_hash, played.version
        self._known: dict[str, Tree] = {}
        self._facts: tuple[str, ...] = ()

    @property
    def own(self) -> "Tree":
        """The designer's, as its file said when it was last read."""
        self._follow()
        return self._own

    def _follow(self) -> None:
        """What was read anew is the designer's; of another one there is no variant any more."""
        if self._version == self._played.version:
            return
        self._version, self._own = self._played.version, self._played
        if self._base != self._own.content_hash:
            self._base = self._own.content_hash
            self._known.clear()

    def bind(self, facts: tuple[str, ...]) -> None:
        """Check each against these facts, those to come as well.

        Raises:
            TreeError: the designer's reads another one.
        """
        self._facts = facts
        self._played.bind(facts)

    def know(self, name: str) -> None:
        """Have the tree of that name ready; not for a frame."""
        own = self.own
        if name in self._known:
            return
        found = variant_of(self._memory, own, name).sharing(self._played)
        if found.content_hash != self._played.content_hash:
            found.bind(self._facts)
        self._known[name] = found

    def of(self, name: str) -> "Tree":
        """The tree of that name; the game's where it is not known, or is the same."""
        self._follow()
        found = self._known.get(name, self._played)
        return self._played if found.content_hash == self._played.content_hash else found
