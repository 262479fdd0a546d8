"""Decayed sufficient statistics of tactics: what one more episode adds, at any history.

Refuses to look back: `fold` needs the state and the episode's own row, nothing else. Forgetting
an episode is folding the other rows again from an empty state.
"""

from statistics import median

import msgspec

from astraweave.errors import SaveError
from astraweave.learning.decisions import Choice, Conduct
from astraweave.learning.reward import REWARD_SCALE, TYPICAL_SECONDS, TYPICAL_STEPS, Reward, score
from astraweave.model.episode import EpisodeOutcome

DECAY = 0.95
WORTH_SHARE, REWARD_SHARE = 0.75, 0.25
MEDIAN_FROM, MEDIAN_OVER = 5, 64
PRIOR_DECISIONS, PRIOR_VARIANCE = 10.0, 0.0625
LOG_OVER = 64


class EpisodeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One episode's own statistics: all that `fold` needs, nothing that depends on others.

    `features` is float64[len(FEATURES)] of playstyle; `actions` counts the player's by name.
    """

    version: int = 1
    category: str
    policy_version: int
    seconds: float
    features: list[float]
    actions: dict[str, int]
    conduct: Conduct
    outcome: EpisodeOutcome | None


class TacticSums(msgspec.Struct, kw_only=True):
    """Sums over the decisions for one tactic, decayed by `DECAY` an episode.

    With n decisions of an episode, d = Σ(y − y₀) and episode weight w: S = Σwd, N = Σwn,
    K = Σw, K₂ = Σw², Q = Σwd²/n, W = Σw²n, M = Σw²n², V = Σw·Σ(y − y₀)².
    """

    S: float = 0.0
    N: float = 0.0
    K: float = 0.0
    K2: float = 0.0
    Q: float = 0.0
    W: float = 0.0
    M: float = 0.0
    V: float = 0.0

    def decay(self) -> None:
        """One episode passed."""
        g, g2 = DECAY, DECAY * DECAY
        self.S, self.N, self.K, self.Q, self.V = (
            g * self.S, g * self.N, g * self.K, g * self.Q, g * self.V
        )  # fmt: skip
        self.K2, self.W, self.M = g2 * self.K2, g2 * self.W, g2 * self.M

    def add(self, n: int, d: float, squares: float) -> None:
        """One episode with n decisions, their summed and squared-summed differences."""
        self.S += d
        self.N += n
        self.K += 1.0
        self.K2 += 1.0
        self.Q += d * d / n
        self.W += n
        self.M += n * n
        self.V += squares


class Logged(msgspec.Struct, frozen=True, array_like=True):
    """A recent decision as off-policy evaluation needs it."""

    node: str
    tactic: str
    available: tuple[str, ...]
    propensity: float
    y: float


class Canary(msgspec.Struct, frozen=True, kw_only=True):
    """A version on trial against its parent since a number of episodes."""

    version: int
    parent: int
    since: int


class LearnerState(msgspec.Struct, kw_only=True):
    """Everything learned of one player by one companion.

    tactics: name → sums. contexts: "node|bucket" → [Σy, Σn], decayed. seconds and steps: the
    last 64 of each category. log: decisions of the last 64 episodes, one list an episode.
    rewards: (policy version, reward without learning term) of the last 64 episodes.
    canary: the version on trial, where nothing could be simulated.
    """

    version: int = 1
    episodes: int = 0
    proposals: int = 0
    evidence: bytes = b""
    tactics: dict[str, TacticSums] = {}
    contexts: dict[str, list[float]] = {}
    seconds: dict[str, list[float]] = {}
    steps: dict[str, list[int]] = {}
    log: list[list[Logged]] = []
    rewards: list[tuple[int, float]] = []
    canary: Canary | None = None

    def encoded(self) -> bytes:
        """For the store; `LearnerState.decoded` reads it back."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decoded(cls, data: bytes | None) -> "LearnerState":
        """The state, empty where nothing was stored yet.

        Raises:
            SaveError: the bytes are no such state.
        """
        try:
            return cls() if data is None else msgspec.msgpack.decode(data, type=cls)
        except msgspec.MsgspecError as error:
            raise SaveError(
                what="the learner's state cannot be read", got=str(error), where="save: state"
            ) from error


def typical(state: LearnerState, category: str) -> tuple[float, float]:
    """Typical seconds and steps of a category: medians from 5 episodes on, else 60 and 10."""
    seconds = state.seconds.get(category, [])
    if len(seconds) < MEDIAN_FROM:
        return TYPICAL_SECONDS, TYPICAL_STEPS
    return max(1.0, median(seconds)), max(1.0, float(median(state.steps[category])))


def reward_of(state: LearnerState, row: EpisodeRow) -> Reward | None:
    """Reward of an episode, by what was typical before it; None without an outcome."""
    if row.outcome is None:
        return None
    typical_seconds, typical_steps = typical(state, row.category)
    return score(
        base=row.outcome.success_rating,
        steps=row.conduct.steps,
        failed_steps=row.conduct.failed,
        distinct_actions=row.conduct.distinct,
        seconds=row.seconds,
        complexity=row.outcome.complexity,
        recovered=row.conduct.recovered,
        quality_signals=row.outcome.quality_signals,
        typical_seconds=typical_seconds,
        typical_steps=typical_steps,
    )


def fold(state: LearnerState, row: EpisodeRow) -> Reward | None:
    """Add one episode to the tactics' statistics, in place; returns its reward.

    An episode without an outcome (cut off by a crash) tells how the person plays but not what
    a decision was worth: it leaves the tactics alone. The traits are folded by the caller.
    """
    reward = reward_of(state, row)
    state.episodes += 1
    if reward is None:
        return None
    by_tactic = _differences(state, row.conduct.choices, reward.play)
    for sums in state.tactics.values():
        sums.decay()
    for tactic, differences in by_tactic.items():
        squares = sum(d * d for d in differences)
        sums = state.tactics.setdefault(tactic, TacticSums())
        sums.add(len(differences), sum(differences), squares)
    _remember(state, row, reward.play)
    return reward


def worth(choice: Choice, play: float) -> float:
    """y of a decision: .75 of its own effectiveness, .25 of the episode's reward; in [0, 1]."""
    return WORTH_SHARE * choice.worth + REWARD_SHARE * play / REWARD_SCALE


def _differences(
    state: LearnerState, choices: tuple[Choice, ...], play: float
) -> dict[str, list[float]]:
    """y − y₀ of each decision by tactic; updates the contexts' means after reading them."""
    by_tactic: dict[str, list[float]] = {}
    added: dict[str, list[float]] = {}
    for choice in choices:
        context = f"{choice.node}|{choice.bucket}"
        total, count = state.contexts.get(context, (0.0, 0.0))
        before = total / count if count > 0 else 0.5
        y = worth(choice, play)
        by_tactic.setdefault(choice.tactic, []).append(y - before)
        sums = added.setdefault(context, [0.0, 0.0])
        sums[0] += y
        sums[1] += 1.0
    for context, (total, count) in state.contexts.items():
        state.contexts[context] = [DECAY * total, DECAY * count]
    for context, (total, count) in added.items():
        old = state.contexts.get(context, [0.0, 0.0])
        state.contexts[context] = [old[0] + total, old[1] + count]
    return by_tactic


def _remember(state: LearnerState, row: EpisodeRow, play: float) -> None:
    """What the medians and the off-policy evaluation look at: the last 64 episodes."""
    state.seconds[row.category] = [*state.seconds.get(row.category, []), row.seconds][-MEDIAN_OVER:]
    steps = [*state.steps.get(row.category, []), row.conduct.steps]
    state.steps[row.category] = steps[-MEDIAN_OVER:]
    state.rewards = [*state.rewards, (row.policy_version, play)][-LOG_OVER:]
    logged = [
        Logged(c.node, c.tactic, c.available, c.propensity, worth(c, play))
        for c in row.conduct.choices
    ]
    state.log = [*state.log, logged][-LOG_OVER:]


def pooled_variance(state: LearnerState) -> float:
    """σ² of one decision's y − y₀ over all tactics, with 10 pseudo-decisions at .0625."""
    squares = sum(t.V - (t.S * t.S / t.N if t.N > 0 else 0.0) for t in state.tactics.values())
    count = sum(t.N for t in state.tactics.values())
    return (max(0.0, squares) + PRIOR_DECISIONS * PRIOR_VARIANCE) / (count + PRIOR_DECISIONS)


def design_effect(sums: TacticSums, variance: float) -> float:
    """How many times less than N independent decisions these are worth, ≥ 1 for whole weights.

    The estimator of design section 8 for traits, with σ² in the place of p̂(1 − p̂).
    """
    t = sums
    if t.N <= 0:
        return 1.0
    below = variance * (t.N - t.K - (t.M - t.W) / t.N)
    r = 0.0
    if below > 0:
        r = min(0.9, max(0.0, (t.Q - t.S * t.S / t.N - variance * (t.K - t.W / t.N)) / below))
    n = t.K * t.K / t.K2 if t.K2 > 0 else 0.0
    rho = (max(0.0, n - 1.0) * r + 0.5) / (n + 4.0)
    return max(1e-3, (t.W + rho * (t.M - t.W)) / t.N)
