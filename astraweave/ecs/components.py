"""Components a game puts on its entities. They hold state; they do nothing."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Player:
    """Marks the entity a person plays. `id` is who: the key of everything remembered of them."""

    id: str = "player"


@dataclass(slots=True)
class Companion:
    """Marks a companion. `id` is the key of its memories.

    `tactic` is what it is doing now (None between decisions), `status` the last status of its
    tree; both are written by the behaviour processor and free to read.
    """

    id: str = "companion"
    tactic: str | None = None
    status: str = "IDLE"


@dataclass(slots=True)
class Blackboard:
    """Facts of one entity, declared name → value; `sense` fills it before each decision.

    A game may also write declared facts here itself.
    """

    values: dict[str, float] = field(default_factory=dict)
