"""What one step of learning writes, in one transaction or not at all."""

from dataclasses import dataclass, field
from hashlib import sha256

from astraweave.model.memory import Memory
from astraweave.model.verdict import Deployment, Verdict
from astraweave.model.weights import Proposal, WeightSet

LONGEST_PAIR = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningCommit:
    """Everything that changed for one player and companion.

    `state` is the learner's own statistics, opaque to the store; `rows` maps an episode's id to
    its own row of statistics (opaque too), from which `state` can be replayed without it. A
    `guarded` commit is refused when the stored state is no longer `read` (None: there was none),
    from which all this was computed. `gone` are ids of memories that are true no more; `anew` says
    that all insights and the timeline of this pair are written again, from the first. `notes` are
    small settings, by their keys.
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
    gone: tuple[str, ...] = ()
    notes: dict[str, bytes] = field(default_factory=dict)
    anew: bool = False


def pair_key(player_id: str, companion_id: str) -> str:
    """Both names in one, so that no two pairs give the same; a digest where that is too long."""
    name = ":".join(
        name.replace("%", "%25").replace(":", "%3A") for name in (player_id, companion_id)
    )
    # A key has 200 characters; with two separators no plain pair looks like a digest.
    return name if len(name) <= LONGEST_PAIR else f"::{sha256(name.encode()).hexdigest()}"
