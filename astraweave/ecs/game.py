"""What the sandbox must know of an esper game to play it: one small class, one object an episode.

`EsperEnvironment` makes the class's object inside an esper world of its own, so entities and
processors are created the way a game creates them. Refuses nothing; who plays it does.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import esper

from astraweave.model.facts import Fact, FactSheet
from astraweave.model.scenario import Scenario

if TYPE_CHECKING:
    from astraweave.model.actions import ActionVocabulary
    from astraweave.sandbox import Rule


class EsperGame(ABC):
    """One episode. Derive from it, declare, and write `sense`, `act` and `outcome`.

    The same scenario and seed must give the same play: chance comes from `seed`, time from `dt`.

    Attributes:
        facts: what `sense` gives, with ranges.
        actions: what `act` understands; names of the tree's leaves.
        events: what a rule may look at; they happen by ``esper.dispatch_event(name)``.
        ranges: names that a scenario may set.
        scenarios: what is played when nobody names others; by default the shipped ones.
        rules: what its companion must not do, beside the shipped rules.
        vocabulary: the player's actions, for the command line; None for none.
        dt: seconds of one `esper.process`. ticks: so many of them are one decision step.
    """

    facts: ClassVar[FactSheet | Iterable[Fact]] = ()
    actions: ClassVar[tuple[str, ...]] = ()
    events: ClassVar[tuple[str, ...]] = ()
    ranges: ClassVar[tuple[str, ...]] = ()
    scenarios: ClassVar[tuple[Scenario, ...]] = ()
    rules: "ClassVar[tuple[Rule, ...]]" = ()
    vocabulary: "ClassVar[ActionVocabulary | None]" = None
    dt: ClassVar[float] = 1.0 / 60.0
    ticks: ClassVar[int] = 6

    def __init__(self, scenario: Scenario, seed: int) -> None:  # noqa: B027  # may need none
        """Create entities and processors in the current world, which is empty.

        Args:
            scenario: `ranges` holds [low, high] of whatever the seed decides.
            seed: whole number in [0, 2⁵³]; decides all chance of the episode.
        """

    def frame(self) -> None:
        """One tick; override it when the processors want other arguments."""
        esper.process(self.dt)

    @abstractmethod
    def sense(self) -> Mapping[str, float]:
        """Every declared fact, as it is now."""

    @abstractmethod
    def act(self, action: str) -> Any:
        """Do what the companion decided, as a callback of `tree.action` does.

        Returns:
            True, False or a `Result`; or a generator that yields while it runs, one decision step
            each, and whose `finally` is the interruption.
        """

    def over(self) -> bool:
        """Whether the episode has ended; the scenario's time ends it anyway."""
        return False

    @abstractmethod
    def outcome(self) -> Mapping[str, float]:
        """`success` in [0, 1], and what is known of the other `model.ports.OUTCOMES`.

        Left out, `seconds` is the time played, and the others are 0.
        """
