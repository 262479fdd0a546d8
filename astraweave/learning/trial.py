"""The gate's last step: after promotion, the same test on real play, and the way back.

Until it ends, what was promoted plays in about half of the episodes and its predecessor in the
others. Refuses nothing; decides from rewards of real play alone, whatever proof came before.
"""

import numpy as np
import numpy.typing as npt

from astraweave.learning.reward import PLAY_SPAN
from astraweave.learning.statistics import Canary, LearnerState
from astraweave.sandbox import NOT_WORSE, WORSE, NotWorse, turned_at

TRIAL_EPISODES = 30
"""How long a trial lasts unless the e-process ends it: about fifteen pairs, enough to notice
that fights which were won are now lost."""
REAL_TRUST = 4.0
BETA = 0.025
"""Error rate of each of the two tests that may say "worse"."""
ON_TRIAL = "on trial in half of the episodes"
KEEP, ROLL_BACK, WAIT = "keep", "roll back", "wait"


def put_on_trial(state: LearnerState, version: int, predecessor: int) -> Canary:
    """From now on this version is tried; one that comes during a trial joins it.

    All of a line are tried against what played before the first of them: a trial of each would be
    too short ever to say no.
    """
    trial = state.canary
    if trial is None:
        trial = Canary(baseline=predecessor, line=[], since=state.episodes)
    trial.line = [*trial.line, version]
    state.canary = trial
    return trial


def seen(canary: Canary) -> NotWorse:
    """The test over the pairs so far; each is one episode of either half, in their order.

    x = ½ + (r_new − r_old)/2R. The bets depend on earlier pairs alone, so a line of versions may
    be tried as well as one: while none of them is worse than the baseline, a roll back happens in
    at most one trial of twenty.
    """
    x = 0.5 - _losses(canary) / (2.0 * PLAY_SPAN)
    test = NotWorse(trust=REAL_TRUST, beta=BETA)
    test.update(x)
    return test


def _losses(canary: Canary) -> npt.NDArray[np.float64]:
    """By how much the predecessor did better, pair by pair."""
    pairs = min(len(canary.new), len(canary.old))
    return np.asarray(np.subtract(canary.old[:pairs], canary.new[:pairs]), dtype=np.float64)


def canary_decision(state: LearnerState, canary: Canary) -> str:
    """What becomes of a trial: keep, roll back or wait, by the e-processes over real episodes.

    Worse by the mean of a bounded reward, which needs no more than its bounds; or by pairs that
    lean to the predecessor's side, which sees a small steady loss in half the time.
    """
    found = seen(canary).decision
    if found == WORSE or turned_at(_losses(canary), BETA) is not None:
        return ROLL_BACK
    enough = state.episodes - canary.since >= TRIAL_EPISODES
    return KEEP if found == NOT_WORSE or enough else WAIT


def verdict_of_play(canary: Canary, decision: str) -> str:
    """Why a trial ended as it did, in one sentence."""
    test = seen(canary)
    said = f"mean score {test.mean:.2f} over {test.pairs} pairs of real episodes, ½ is equal"
    if decision == KEEP:
        return f"its trial showed no harm: {said}"
    return f"version {canary.line[-1]} did worse than {canary.baseline} in real episodes: {said}"
