"""Learning may not cost much: what learned weights earned against what the designer's would have.

The rule of conservative bandits (Wu et al. 2016): the sum of what was earned stays at or above
(1 − α) of the baseline's. What the designer's weights would have earned is estimated three times:
from the logged propensities of the very decisions that learned weights made (`off_policy`, DR),
over all episodes since they were deployed (`since`) and over the last ones, where a long good
past hides nothing; and from the episodes that they played themselves in trials between them. A
breach is called where one is sure of it. Refuses to look at what was played before the
last roll back: it was paid for.
"""

import math
from collections.abc import Sequence
from statistics import fmean, variance
from typing import TYPE_CHECKING

import msgspec

from astraweave.learning.game import GUARD
from astraweave.learning.off_policy import Estimate, realised, student
from astraweave.learning.since import Since
from astraweave.learning.statistics import LearnerState
from astraweave.model.verdict import Deployment

if TYPE_CHECKING:
    from astraweave.behavior import WeightedNode

LEAST = 10
"""Episodes under learned weights before anything is said; and of the baseline, where it played."""
Z_SURE = 3.090232306167813
"""One-sided 99.9 %: it is asked after each episode, and must stay silent over hundreds."""
PLAYED, LOGGED = "trial episodes", "logged propensities"
ALL = f"{LOGGED} of all episodes since it was deployed"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What learned weights earned, and (1 − α) of what the designer's would have.

    Sums over `episodes` episodes, of worth a decision in [0, 1] or of episode rewards; `high` is
    how far above the second the first may be on average. `source` says how it was estimated.
    """

    earned: float
    owed: float
    high: float
    episodes: int
    source: str

    @property
    def broken(self) -> bool:
        """Whether it is sure that less was earned than is owed."""
        return self.high < 0.0


def accounts(
    state: LearnerState,
    nodes: "Sequence[WeightedNode]",
    *,
    after: int = 0,
    share: float = GUARD,
) -> tuple[Account, ...]:
    """The account of each source that has enough episodes.

    Args:
        state: the statistics.
        nodes: the tree's WeightedFallbacks, for the designer's weights.
        after: versions above this one are learned and count; 0 is the designer's.
        share: α, how much of the baseline's reward learning may cost.
    """
    kept = 1.0 - share
    whole = _of_all(state.since, after, kept)
    found = (whole, _by_log(state, nodes, after, kept), _by_trials(state, after, kept))
    return tuple(account for account in found if account is not None)


def paid_for(deployments: Sequence[Deployment]) -> int:
    """The last version that a roll back has settled, 0 before any: later ones are on account."""
    backs = [at for at, each in enumerate(deployments) if each.action == "roll_back"]
    return max(each.version for each in deployments[: backs[-1] + 1]) if backs else 0


def breach(accounts: Sequence[Account], share: float = GUARD) -> str | None:
    """Why learned weights must go, in one sentence; None when nothing is sure."""
    for told in accounts:
        if told.broken:
            return (
                f"learned weights earned {told.earned:.1f} in {told.episodes} episodes, less than "
                f"{1.0 - share:.0%} of what the designer's would have ({told.owed:.1f}, by "
                f"{told.source})"
            )
    return None


def _of_all(since: Since, after: int, kept: float) -> Account | None:
    if since.episodes < LEAST or since.after != after:
        return None
    return Account(
        earned=since.earned,
        owed=kept * since.owed,
        high=since.high(kept) / since.episodes,
        episodes=since.episodes,
        source=ALL,
    )


def _by_log(
    state: LearnerState, nodes: "Sequence[WeightedNode]", after: int, kept: float
) -> Account | None:
    # The same episodes, the newest last; of the two the log may be the shorter.
    newest = zip(reversed(state.rewards), reversed(state.log), strict=False)
    log = [episode for (version, _), episode in newest if version > after]
    found = realised(log, nodes, {}, share=kept, z=Z_SURE)
    if found.episodes < LEAST:
        return None
    return _account(found.estimate, found.decisions, found.episodes, LOGGED)


def _account(found: Estimate, count: int, episodes: int, source: str) -> Account:
    return Account(
        earned=found.candidate * count,
        owed=found.deployed * count,
        high=found.high,
        episodes=episodes,
        source=source,
    )


def _by_trials(state: LearnerState, after: int, kept: float) -> Account | None:
    """From the first learned episode on: before it, the person and the game were others."""
    first = next((i for i, (version, _) in enumerate(state.rewards) if version > after), None)
    if first is None:
        return None
    new = [reward for version, reward in state.rewards[first:] if version > after]
    old = [kept * reward for version, reward in state.rewards[first:] if version == 0]
    if min(len(new), len(old)) < LEAST:
        return None
    a, b = variance(new) / len(new), variance(old) / len(old)
    # Welch and Satterthwaite: the halves may be of different size and spread.
    freedom = (a + b) ** 2 / (a * a / (len(new) - 1) + b * b / (len(old) - 1)) if a + b else 1e9
    difference = fmean(new) - fmean(old)
    reach = student(Z_SURE, freedom) * math.sqrt(a + b)
    found = Estimate(
        candidate=fmean(new), deployed=fmean(old), low=difference - reach, high=difference + reach
    )
    return _account(found, len(new), len(new), PLAYED)
