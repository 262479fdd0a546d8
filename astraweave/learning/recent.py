"""What is kept of the last episodes' decisions, for off-policy evaluation; bounded in size.

Refuses to grow: a long episode gives an even sample of its decisions, and old episodes go first.
"""

from collections.abc import Iterable

import msgspec

from astraweave.learning.decisions import Choice
from astraweave.model.episode import Count, Unit

EPISODES_KEPT = 64
EPISODE_DECISIONS = 1024
DECISIONS_KEPT = 8192


class Logged(msgspec.Struct, frozen=True, array_like=True):
    """Decisions of one episode.

    sets: distinct (node, available tactics). decisions: (index into sets, place of the chosen
    tactic in it, propensity in (0, 1], y in [0, 1]), in order of time.
    """

    sets: tuple[tuple[str, tuple[str, ...]], ...] = ()
    decisions: tuple[tuple[Count, Count, Unit, Unit], ...] = ()

    def __post_init__(self) -> None:
        """Refuse decisions that point outside their set."""
        for at, place, propensity, _ in self.decisions:
            if at >= len(self.sets) or place >= len(self.sets[at][1]) or propensity <= 0.0:
                message = "a logged decision that does not fit its set"
                raise ValueError(message)


def logged(decisions: Iterable[tuple[Choice, float]]) -> Logged:
    """The decisions of an episode, each with its y; an even sample where there are too many."""
    known = list(decisions)
    stride = -(-len(known) // EPISODE_DECISIONS) or 1
    sets: dict[tuple[str, tuple[str, ...]], int] = {}
    rows = []
    for choice, y in known[::stride]:
        at = sets.setdefault((choice.node, choice.available), len(sets))
        rows.append((at, choice.available.index(choice.tactic), choice.propensity, y))
    return Logged(tuple(sets), tuple(rows))


def kept(log: list[Logged]) -> list[Logged]:
    """The newest episodes that the bounds leave room for; the last one always."""
    log = log[-EPISODES_KEPT:]
    count = sum(len(episode.decisions) for episode in log)
    first = 0
    while count > DECISIONS_KEPT:
        count -= len(log[first].decisions)
        first += 1
    return log[first:]
