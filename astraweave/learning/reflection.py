"""Looking back on one episode: what worked, what to improve, what to do; in words, from facts.

Every sentence is a comparison that a 90 % interval bears out (of an episode's tactics, all of them
together): decisions for one tactic against the rest of the same episode, the episode's reward
against those before it, a tactic against what is expected where it was chosen. No causes, and
nothing at all where the evidence is thin.
"""

import math
from collections.abc import Iterator, Sequence
from statistics import NormalDist

from astraweave.learning.spread import design_effect, pooled_variance
from astraweave.learning.statistics import (
    EpisodeRow,
    LearnerState,
    TacticSums,
)
from astraweave.learning.story import Z_90, Compared, Reflection

LEAST_DECISIONS = 5
LEAST_EPISODES = 10
LEAST_EVIDENCE = 10.0
PRIOR_COUNT, PRIOR_VARIANCE = 2.0, 0.0625


def compared(row: EpisodeRow) -> dict[str, Compared]:
    """Each tactic with enough decisions against the rest of the episode, if that is enough too."""
    worths: dict[str, list[float]] = {}
    for choice in row.conduct.choices:
        worths.setdefault(choice.tactic, []).append(choice.worth)
    total = len(row.conduct.choices)
    asked = {
        name: own
        for name, own in worths.items()
        if min(len(own), total - len(own)) >= LEAST_DECISIONS
    }
    found = {}
    for tactic, own in asked.items():
        rest = [w for name, others in worths.items() if name != tactic for w in others]
        (mean, error), (other, other_error) = _mean(own), _mean(rest)
        both = error + other_error
        # Welch and Satterthwaite: the smaller and more scattered of the two decides.
        less = error**2 / (len(own) + 1) + other_error**2 / (len(rest) + 1)
        spread = _quantile(len(asked), both**2 / less) * math.sqrt(both)
        found[tactic] = Compared(len(own), mean, mean - other - spread, mean - other + spread)
    return found


def _quantile(comparisons: int, freedom: float) -> float:
    """Of Student's distribution, that 5 % of all comparisons together lie above."""
    z = NormalDist().inv_cdf(1.0 - 0.05 / comparisons)
    # Cornish and Fisher's first term: within 1 % of the table from 8 degrees on.
    return z * (1.0 + (z * z + 1.0) / (4.0 * freedom))


def _mean(values: Sequence[float]) -> tuple[float, float]:
    """The mean and its squared standard error, the variance drawn a little to .0625."""
    n = len(values)
    mean = sum(values) / n
    squares = sum((value - mean) ** 2 for value in values) + PRIOR_COUNT * PRIOR_VARIANCE
    return mean, squares / (n - 1 + PRIOR_COUNT) / n


def reflect(
    state: LearnerState,
    usual: Sequence[float],
    row: EpisodeRow,
    play: float,
    found: dict[str, Compared],
    episode: str,
) -> Reflection | None:
    """What there is to say of an episode; None where nothing is.

    Args:
        state: the statistics, this episode in them.
        usual: rewards of the episodes before it.
        row, play: the episode and its reward.
        found: see `compared`.
        episode: its id.
    """
    better = max(found.items(), key=lambda item: item[1].low, default=None)
    worse = min(found.items(), key=lambda item: item[1].high, default=None)
    worked, improve = _against_usual(usual, play)
    best = worst = ""
    if better is not None and better[1].low > 0.0:
        best, worked = better[0], "; ".join(filter(None, [_said(*better), worked]))
    if worse is not None and worse[1].high < 0.0:
        worst, improve = worse[0], "; ".join(filter(None, [_said(*worse), improve]))
    if not worked and not improve:
        return None
    return Reflection(
        episode=episode,
        number=state.episodes,
        worked=worked,
        improve=improve,
        advice="; ".join(_advice(state)),
        best=best,
        worst=worst,
    )


def _said(tactic: str, told: Compared) -> str:
    low, high = sorted((abs(told.low), abs(told.high)))
    word = "more" if told.low > 0.0 else "less"
    return (
        f"{tactic}, worth {told.worth:.2f} a decision in {told.decisions}, "
        f"{low:.2f} to {high:.2f} {word} than the rest of the episode"
    )


def _against_usual(usual: Sequence[float], play: float) -> tuple[str, str]:
    """What an uncommonly good, and what an uncommonly bad episode has said of it."""
    if len(usual) < LEAST_EPISODES:
        return "", ""
    ordered = sorted(usual)
    tail = len(ordered) // 20
    low, high = ordered[tail], ordered[-1 - tail]
    about = f"a reward of {play:.2f}, where of {len(usual)} before nine in ten lay in {low:.2f}"
    said = f"{about}–{high:.2f}"
    return (said if play > high else ""), (said if play < low else "")


def _advice(state: LearnerState) -> Iterator[str]:
    """The tactic that is surest to be better than expected, and the one surest to be worse."""
    variance = pooled_variance(state)
    known = {
        name: _interval(sums, variance)
        for name, sums in state.tactics.items()
        if sums.N >= LEAST_EVIDENCE
    }
    best = max(known.items(), key=lambda item: item[1][0], default=None)
    worst = min(known.items(), key=lambda item: item[1][1], default=None)
    for word, found in (("more", best), ("less", worst)):
        if found is None:
            continue
        low, high = found[1]
        if (low > 0.0) if word == "more" else (high < 0.0):
            count, (near, far) = state.tactics[found[0]].N, sorted((abs(low), abs(high)))
            yield (
                f"{found[0]} {word} often, in {count:.0f} decisions of late worth {near:.2f} to "
                f"{far:.2f} {word} than was expected there"
            )


def _interval(sums: TacticSums, variance: float) -> tuple[float, float]:
    mean = sums.S / sums.N
    spread = Z_90 * math.sqrt(variance * design_effect(sums, variance) / sums.N)
    return mean - spread, mean + spread
