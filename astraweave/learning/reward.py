"""What an episode was worth: one number from outcome, time, steps and care. Refuses nothing.

Formulas: design of memory-core (d-o-hub, rust-self-learning-memory) in game terms, and the
episode quality of AstraWeave. The reward *without* its learning term is what the sandbox
compares and what decisions are credited with; the learning term pays the companion for
having learned, which must not look like play that went better.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from astraweave.model.ports import OUTCOMES

TYPICAL_SECONDS, TYPICAL_STEPS = 60.0, 10.0
ABSTAINED_BASE = 0.3
COMPLEXITY_MAX = 1.2
FACTOR_MIN, FACTOR_MAX = 0.5, 1.5
REWARD_SCALE = 3.2
"""Largest reward: 1 · 1.5 · 1.2 · 1.5 = 2.7, plus ½ for learning."""
PLAY_SPAN = FACTOR_MAX * FACTOR_MAX * COMPLEXITY_MAX
"""Span of the reward without its learning term: from 0 to 2.7."""
HEALTH_SIGNAL = 0.15


class Reward(msgspec.Struct, frozen=True, kw_only=True):
    """`total` = max(0, base + abstention) · efficiency · complexity · quality + learning."""

    total: float
    play: float
    base: float
    abstention: float
    efficiency: float
    complexity: float
    quality: float
    learning: float


def score(  # noqa: PLR0913  # every term of the formula by its name
    *,
    base: float,
    steps: int,
    failed_steps: int,
    distinct_actions: int,
    seconds: float,
    complexity: float = 1.0,
    patterns_used: int = 0,
    recovered: bool = False,
    abstained_at: int | None = None,
    quality_signals: Sequence[float] = (),
    typical_seconds: float = TYPICAL_SECONDS,
    typical_steps: float = TYPICAL_STEPS,
) -> Reward:
    """Reward of one episode.

    Args:
        base: 1 for success, the completed fraction, 0 for failure; .3 when abstained.
        steps: decisions of the companion; `failed_steps` of them failed, `distinct_actions`
            different ones among them.
        seconds: length of the episode.
        complexity: 1, 1.1 or 1.2.
        patterns_used: learned patterns that were applied.
        recovered: whether a success followed a failure.
        abstained_at: the step at which the companion gave up on purpose, else None.
        quality_signals: the game's own, each within ±.15.
        typical_seconds: median of the category (60 until 5 episodes are known).
        typical_steps: likewise (10).
    """
    abstention = 0.0 if abstained_at is None else _abstention(abstained_at)
    efficiency = _efficiency(seconds, steps, typical_seconds, typical_steps)
    quality = _clamp(1.0 + _care(steps, failed_steps) + sum(quality_signals))
    learning = _learning(
        steps, failed_steps, distinct_actions, seconds, patterns_used, recovered=recovered
    )
    play = max(0.0, base + abstention) * efficiency * complexity * quality
    return Reward(
        total=play + learning,
        play=play,
        base=base,
        abstention=abstention,
        efficiency=efficiency,
        complexity=complexity,
        quality=quality,
        learning=learning,
    )


def _clamp(value: float) -> float:
    return min(FACTOR_MAX, max(FACTOR_MIN, value))


def _abstention(step: int) -> float:
    """+.5 up to step 3, −.3 from step 10, linear between."""
    return 0.5 - 0.8 * min(1.0, max(0.0, (step - 3) / 7.0))


def _efficiency(seconds: float, steps: float, typical_s: float, typical_steps: float) -> float:
    by_time = 0.5 + math.exp(-seconds / (2.0 * typical_s)) if seconds > 0 else 1.5
    by_steps = 0.5 + math.exp(-steps / (2.0 * typical_steps)) if steps > 0 else 0.5
    return _clamp(0.5 * by_time + 0.5 * by_steps)


def _care(steps: int, failed_steps: int) -> float:
    """By the share of failed steps; no steps, no judgement."""
    if steps <= 0:
        return 0.0
    share = failed_steps / steps
    if share > 0.3:
        return -0.2
    if share > 0.1:
        return -0.1
    return 0.0 if failed_steps else 0.1


def _learning(
    steps: int, failed: int, distinct: int, seconds: float, patterns: int, *, recovered: bool
) -> float:
    bonus = min(0.3, 0.1 * patterns)
    if steps >= 3:
        bonus += 0.15 if distinct >= 5 else 0.1 if distinct >= 3 else 0.0
    bonus += _reliability(steps, failed)
    bonus += 0.15 if recovered else 0.0
    bonus += 0.1 if seconds < 30 and 1 <= steps <= 9 else 0.0
    return min(0.5, bonus)


def _reliability(steps: int, failed: int) -> float:
    if steps >= 5 and (steps - failed) / steps > 0.9:
        return 0.2
    return 0.15 if steps >= 3 and failed == 0 else 0.0


def episode_quality(
    *,
    success_rating: float,
    player_satisfaction: float,
    companion_effectiveness: float,
    damage_dealt: float = 0.0,
    damage_taken: float = 0.0,
    resources_used: float = 0.0,
    **_unused: object,
) -> float:
    """Quality of an episode in [0, 1] from the fields of its outcome (AstraWeave)."""
    thrift = 1.0 if resources_used <= 0 else min(damage_dealt / resources_used, 1.0)
    traded = damage_dealt + damage_taken
    exchange = 0.5 if traded <= 0 else damage_dealt / traded
    quality = (
        0.4 * success_rating
        + 0.3 * player_satisfaction
        + 0.2 * companion_effectiveness
        + 0.05 * thrift
        + 0.05 * exchange
    )
    return min(1.0, max(0.0, quality))


def care_signal(satisfaction: float) -> float:
    """A game's quality signal from how well the player did by it: ±.15 over [0, 1]."""
    return HEALTH_SIGNAL * (2.0 * satisfaction - 1.0)


def sandbox_reward(
    outcomes: npt.NDArray[np.float64], typical_seconds: float = TYPICAL_SECONDS
) -> npt.NDArray[np.float64]:
    """Reward without its learning term of simulated episodes.

    The terms are those of `score`, at the typical number of steps and without failed steps, so
    that a policy is not paid for deciding less often; the quality signal is `care_signal`.

    Args:
        outcomes: float64[n, len(OUTCOMES)].
        typical_seconds: median length of the player's own episodes, frozen in the verdict.

    Returns:
        float64[n], each in [0, PLAY_SPAN].
    """
    success = outcomes[:, OUTCOMES.index("success")]
    seconds = outcomes[:, OUTCOMES.index("seconds")]
    care = HEALTH_SIGNAL * (2.0 * outcomes[:, OUTCOMES.index("satisfaction")] - 1.0)
    by_time = 0.5 + np.exp(-seconds / (2.0 * typical_seconds))
    efficiency = np.clip(0.5 * by_time + 0.5 * (0.5 + math.exp(-0.5)), FACTOR_MIN, FACTOR_MAX)
    quality = np.clip(1.1 + care, FACTOR_MIN, FACTOR_MAX)
    return np.asarray(np.clip(success, 0.0, 1.0) * efficiency * quality)
