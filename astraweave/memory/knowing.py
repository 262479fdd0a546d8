"""What was learned, as a store tells it: statistics, weights, verdicts, small settings.

A row that is damaged is set aside, and told as if it were not there.
"""

from astraweave.memory.learned import LearnedReader
from astraweave.memory.notes import Noting
from astraweave.model.arguments import publish
from astraweave.model.verdict import Deployment, Verdict
from astraweave.model.weights import Proposal, WeightSet


@publish
class Knowing(Noting):
    """The part of a store that answers what was learned."""

    _learned: LearnedReader

    def rows(self, player_id: str, companion_id: str) -> list[tuple[str, bytes]]:
        """(episode, its row of statistics), in the order they were learned."""
        self._ask()
        return self._learned.rows(player_id, companion_id)

    def state(self, player_id: str, companion_id: str) -> bytes | None:
        """The learner's statistics as last committed; None without, or when damaged."""
        self._ask()
        return self._learned.state(player_id, companion_id)

    def deployed(self, player_id: str, companion_id: str) -> tuple[WeightSet, Deployment] | None:
        """The weights in use and their deployment; None for the designer's."""
        self._ask()
        return self._learned.deployed(player_id, companion_id)

    def weight_set(self, player_id: str, companion_id: str, version: int) -> WeightSet | None:
        """One version of the weights; None without, or when damaged."""
        self._ask()
        return self._learned.weight_set(player_id, companion_id, version)

    def next_version(self, player_id: str, companion_id: str) -> int:
        """The version the next weight set should have, from 1 on."""
        self._ask()
        return self._learned.next_version(player_id, companion_id)

    def deployments(self, player_id: str, companion_id: str) -> tuple[Deployment, ...]:
        """Everything that was ever deployed, oldest first."""
        self._ask()
        return self._learned.deployments(player_id, companion_id)

    def verdicts(self, player_id: str, companion_id: str) -> tuple[tuple[Proposal, Verdict], ...]:
        """Every proposal with its verdict, oldest first."""
        self._ask()
        return self._learned.verdicts(player_id, companion_id)

    def note(self, key: str) -> bytes | None:
        """A small setting of the host; None without, or when damaged."""
        self._ask()
        return self._learned.note(key)
