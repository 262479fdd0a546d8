"""What learned weights earned since they were deployed, beside what the designer's would have.

Sums alone: a life of a million episodes takes no more room than one of ten, and an episode that is
out of the log still counts. Refuses to count: that is `counted`'s.
"""

import math
from typing import Annotated

import msgspec
from msgspec import Meta

from astraweave.model.episode import Count

Total = Annotated[float, Meta(ge=-1e30, le=1e30)]
"""A million episodes of a thousand decisions, each counted at most (`counted`), come to 1e20."""
RISK = 0.01
"""How likely it is, over a whole life, that a loss is called where there is none."""
QUICKEST = 30.0
"""Episodes at which the bound is tightest."""


class Since(msgspec.Struct, kw_only=True):
    """Sums over the episodes that versions above `after` played.

    seen: how many episodes were looked at in all. earned: Σe, e the sum of y over an episode's
    decisions; owed: Σo, what the designer's weights would have earned by them. ee, eo, oo: sums of
    their products. means: "node|tactic" → (Σy, n), decayed an episode.
    """

    after: Count = 0
    seen: Count = 0
    episodes: Count = 0
    earned: Total = 0.0
    owed: Total = 0.0
    ee: Total = 0.0
    eo: Total = 0.0
    oo: Total = 0.0
    means: dict[str, tuple[Total, Total]] = {}

    def settled(self, version: int) -> "Since":
        """Versions up to this one are paid for: the account begins anew."""
        return Since(after=version, seen=self.seen, means=self.means)

    def add(self, earned: float, owed: float) -> None:
        """One more episode under learned weights."""
        self.episodes += 1
        self.earned, self.owed = self.earned + earned, self.owed + owed
        self.ee, self.eo = self.ee + earned * earned, self.eo + earned * owed
        self.oo += owed * owed

    def high(self, kept: float) -> float:
        """How far Σe − kept·Σo may be above 0 in truth, sure at 1 − `RISK` for a whole life.

        S + s·√(2(n + m)·ln(1 + √((n + m)/m)/2δ)), the one-sided normal mixture of Howard et al.
        (2021, "Time-uniform, nonparametric, nonasymptotic confidence sequences") with the variance
        s² of what was seen; m is `QUICKEST`, δ is `RISK`. It may be looked at after each episode.

        Args:
            kept: 1 − α, share of the designer's that must be earned.
        """
        n, m = self.episodes, QUICKEST
        if n < 2:
            return math.inf
        total = self.earned - kept * self.owed
        squares = self.ee - 2.0 * kept * self.eo + kept * kept * self.oo
        variance = max(0.0, squares - total * total / n) / (n - 1)
        reach = 2.0 * (n + m) * math.log1p(math.sqrt((n + m) / m) / (2.0 * RISK))
        return total + math.sqrt(variance * reach)
