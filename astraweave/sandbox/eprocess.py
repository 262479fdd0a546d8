"""Sequential tests by betting: stop whenever the evidence suffices, and the error rate holds.

E_n = Π(1 + λ_i(x_i − s₀)) is the wealth of a gambler who bets, at fair odds if the mean were s₀,
that it is higher. If the mean is s₀ or less the wealth is a supermartingale whatever the bets,
as long as each is chosen before its x is seen; by Ville's inequality it ever reaches 1/α with
probability at most α. That is why looking after every pair and stopping early is allowed here,
which would inflate the errors of a t-test (Waudby-Smith & Ramdas 2024, "Estimating means of
bounded random variables by betting").

Only + − × ÷ and comparisons: the same numbers on every processor. Refuses x outside [0, 1].
"""

import math
from copy import copy
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from astraweave.errors import UsageError
from astraweave.model.arguments import publish

UNDECIDED, NOT_WORSE, WORSE = "undecided", "not worse", "worse"

MEAN_TRUST = 400.0
"""Pseudo-pairs behind the first guess of the mean, so that early noise does not steer the bet."""
SPREAD_TRUST = 20.0
"""Pseudo-pairs behind the first guess of the spread; few, since it is learned fast."""
STAKE = 0.75
"""Largest share of the wealth that one pair may cost."""


@dataclass(slots=True)
class Bet:
    """One gambler's wealth, against "the mean is at most `null`" (side +1) or "at least" (−1).

    guess: expected x − null before any data, times side. spread: expected second moment about
    null. trust: pseudo-pairs behind the guess. They only steer the bet; the error rate does not
    depend on them.
    """

    null: float
    side: int
    guess: float
    spread: float
    trust: float = MEAN_TRUST
    wealth: float = 1.0
    _count: float = 0.0
    _sum: float = 0.0
    _square: float = 0.0

    def path(self, x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Wealth after each of x, float64[n] in [0, 1]; moves the state to the last.

        Sequential sums only, so the numbers do not depend on how x is cut into calls.
        """
        gain = (x - self.null) * self.side
        sums = np.cumsum(np.concatenate(([self._sum], gain)))
        squares = np.cumsum(np.concatenate(([self._square], gain * gain)))
        counts = self._count + np.arange(len(x))
        mean = (self.trust * self.guess + sums[:-1]) / (self.trust + counts)
        moment = (SPREAD_TRUST * self.spread + squares[:-1]) / (SPREAD_TRUST + counts)
        worst = self.null if self.side > 0 else 1.0 - self.null
        stake = np.minimum(np.maximum(mean / moment, 0.0), STAKE / worst)
        factors = np.concatenate(([self.wealth], 1.0 + stake * gain))
        wealth = np.asarray(np.cumprod(factors)[1:], dtype=np.float64)
        self._count += len(x)
        self._sum, self._square = float(sums[-1]), float(squares[-1])
        self.wealth = float(wealth[-1]) if len(x) else self.wealth
        return wealth


@publish
@dataclass(slots=True)
class NotWorse:
    """Decides "mean > s0" (not worse) or "mean < s1" (worse), each with its own error rate.

    P(ever "not worse" | mean <= s0) <= alpha, P(ever "worse" | mean >= s1) <= beta. x = ½ stands
    for "equal", and the bets are tuned so that equal play is recognised soonest; a small `trust`
    makes them follow what was seen sooner, where pairs are few.
    """

    s0: float = 0.495
    s1: float = 0.5
    alpha: float = 0.05
    beta: float = 0.05
    trust: float = MEAN_TRUST
    decision: str = UNDECIDED
    pairs: int = 0
    total: float = 0.0
    accept: Bet = field(init=False)
    reject: Bet = field(init=False)

    def __post_init__(self) -> None:
        """Start both gamblers.

        Raises:
            UsageError: scores out of order, or a rate outside (0, 1).
        """
        rates = 0.0 < self.alpha < 1.0 and 0.0 < self.beta < 1.0 and 0.0 < self.trust < math.inf
        if not (rates and 0.0 < self.s0 < self.s1 < 1.0):
            raise UsageError(
                what="need 0 < s0 < s1 < 1, alpha and beta in (0, 1), and trust above 0",
                got=f"{self.s0}, {self.s1}, {self.alpha}, {self.beta}, {self.trust}",
                where="NotWorse",
                fix="correct them",
            )
        gap = 0.5 - self.s0
        self.accept = Bet(self.s0, 1, gap, gap, self.trust)
        # Bets nothing until play looks worse: for equal play it then hardly ever wins.
        self.reject = Bet(self.s1, -1, 0.0, gap, self.trust)

    @property
    def mean(self) -> float:
        """Mean of x so far; ½ without any."""
        return self.total / self.pairs if self.pairs else 0.5

    def update(self, x: npt.NDArray[np.float64]) -> str:
        """Look at more pairs, float64[n] each in [0, 1], up to the one that decides.

        Returns:
            `decision`; once it is made, further pairs are ignored.

        Raises:
            UsageError: x outside [0, 1] or NaN.
        """
        if not np.all((x >= 0.0) & (x <= 1.0)):
            got = str(x[~((x >= 0.0) & (x <= 1.0))][:3])
            fix = "is the span of the reward too small?"
            raise UsageError(what="scores must be in [0, 1]", got=got, where="sandbox", fix=fix)
        if self.decision != UNDECIDED:
            return self.decision
        accept, reject = copy(self.accept), copy(self.reject)
        won = _first(accept.path(x) >= 1.0 / self.alpha)
        lost = _first(reject.path(x) >= 1.0 / self.beta)
        used = x[: min(won, lost) + 1]
        if len(used) < len(x):
            # What is stated is the wealth at the deciding pair, not after.
            accept, reject = copy(self.accept), copy(self.reject)
            accept.path(used)
            reject.path(used)
        self.accept, self.reject = accept, reject
        if won < len(x) or lost < len(x):
            self.decision = WORSE if lost <= won else NOT_WORSE
        self.pairs += len(used)
        self.total = float(np.cumsum(np.concatenate(([self.total], used)))[-1])
        return self.decision


def _first(hit: npt.NDArray[np.bool_]) -> int:
    """Index of the first True; len(hit) when there is none."""
    return int(hit.argmax()) if hit.any() else len(hit)
