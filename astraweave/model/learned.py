"""What one step of learning writes, in one transaction or not at all."""

from dataclasses import dataclass, field

from astraweave.model.memory import Memory
from astraweave.model.verdict import Deployment, Verdict
from astraweave.model.weights import Proposal, WeightSet


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningCommit:
    """Everything that changed for one player and companion.

    `state` is the learner's own statistics, opaque to the store; `rows` maps an episode's id to
    its own row of statistics (opaque too), from which `state` can be replayed without it. A
    `guarded` commit is refused when the stored state is no longer `read` (None: there was none),
    from which all this was computed.
    """

    player_id: str
    companion_id: str
    state: bytes | None = None
    read: bytes | None = None
    guarded: bool = False
    rows: dict[str, bytes] = field(default_factory=dict)
    weights: WeightSet | None = None
    proposal: Proposal | None = None
    verdict: Verdict | None = None
    deployment: Deployment | None = None
    memories: tuple[Memory, ...] = ()
