"""What plays the next episode of each pair, read before it is needed: a frame reads no save.

Refuses to look again by itself: what another process deploys is seen after the next step of
learning here, or the next start.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from astraweave.ecs.structures import Structures
from astraweave.learning.game import Game
from astraweave.learning.ledger import Policy, policy_of
from astraweave.model.rng import uniform

if TYPE_CHECKING:
    from astraweave.behavior import Tree
    from astraweave.memory import MemoryStore
    from astraweave.model.draft import Draft

Pair = tuple[str, str]
STREAM_CANARY = 2
HALF = 0.5


class Policies:
    """Versions and weights by (player id, companion id)."""

    def __init__(
        self, memory: "MemoryStore", game: Game, seed: int, structures: Structures
    ) -> None:
        """Read those of every pair the save knows; `seed` decides who plays during a trial."""
        self._memory, self._game, self._seed = memory, game, seed
        self._structures = structures
        self._known: dict[Pair, Policy] = {}
        self.refresh(memory.pairs())

    def refresh(self, pairs: Iterable[Pair]) -> None:
        """Read these again; not for a frame."""
        for pair in pairs:
            policy = self._known[pair] = policy_of(self._memory, self._game, *pair)
            for name in (policy.tree, policy.baseline_tree):
                self._structures.know(name)

    def drop_player(self, player_id: str) -> None:
        """Know nothing of a player any more: the designer's weights play."""
        for pair in [pair for pair in self._known if pair[0] == player_id]:
            del self._known[pair]

    def playing(self, pair: Pair, ordinal: int) -> tuple[int, dict[str, float]]:
        """Version and weights of a new episode; a trial's baseline plays about half of them."""
        policy = self._known.get(pair)
        if policy is None:
            return 0, {}
        if policy.baseline is None or uniform(self._seed, ordinal, 0, STREAM_CANARY) >= HALF:
            return policy.version, policy.weights
        return policy.baseline, policy.baseline_weights

    def tree_of(self, draft: "Draft") -> "Tree":
        """The structure of the version that plays an episode."""
        policy = self._known.get((draft.player_id, draft.companion_id))
        if policy is None:
            return self._structures.of("")
        before = policy.baseline is not None and draft.policy_version == policy.baseline
        return self._structures.of(policy.baseline_tree if before else policy.tree)

    def weights_of(self, draft: "Draft") -> dict[str, float]:
        """The weights an episode was played with, as far as they are still known."""
        policy = self._known.get((draft.player_id, draft.companion_id))
        if policy is None:
            return {}
        if policy.baseline is not None and draft.policy_version == policy.baseline:
            return policy.baseline_weights
        return policy.weights
