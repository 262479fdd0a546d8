"""Decayed sufficient statistics of tactics: what one more episode adds, at any history.

Refuses to look back: `fold` needs the state and the episode's own row, nothing else. Forgetting
an episode is folding the other rows again from an empty state.
"""

from statistics import median
from typing import Annotated

import msgspec
from msgspec import Meta

from astraweave.errors import SaveError
from astraweave.learning.decisions import Choice, Conduct
from astraweave.learning.recent import EPISODES_KEPT, Logged, kept, logged
from astraweave.learning.reward import REWARD_SCALE, TYPICAL_SECONDS, TYPICAL_STEPS, Reward, score
from astraweave.learning.since import Since
from astraweave.learning.story import Story
from astraweave.model.episode import Count, EpisodeCategory, EpisodeOutcome, Unit

VERSION = 1
DECAY = 0.95
WORTH_SHARE, REWARD_SHARE = 0.75, 0.25
MEDIAN_FROM, MEDIAN_OVER = 5, 64
TRIAL_KEPT = 64
FADED = 1e-9
"""What weighs less than this in decisions is dropped: some 450 episodes without one."""

Sum = Annotated[float, Meta(ge=0.0, le=1e15)]
Difference = Annotated[float, Meta(ge=-1e15, le=1e15)]
Version = Annotated[int, Meta(ge=1, le=VERSION)]


class EpisodeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One episode's own statistics: all that `fold` needs, nothing that depends on others.

    `features` is float64[len(FEATURES)] of playstyle; `actions` counts the player's by name.
    `weight` is what it counts of an episode of this person's `own` play. `manners` are those of
    `playstyle.manners_of`. `resets`: how many times a person had reset tactics when it was learned.
    """

    version: Version = VERSION
    category: str
    policy_version: Count
    seconds: Sum
    features: list[Sum]
    actions: dict[str, Count]
    conduct: Conduct
    outcome: EpisodeOutcome | None
    weight: Unit = 1.0
    own: bool = True
    manners: dict[str, tuple[Count, Count]] = {}
    resets: Count = 0

    def encoded(self) -> bytes:
        """For the store; `EpisodeRow.decoded` reads it back."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decoded(cls, data: bytes) -> "EpisodeRow":
        """The row.

        Raises:
            SaveError: the bytes are no such row, or a newer program's.
        """
        try:
            return msgspec.msgpack.decode(data, type=cls)
        except (msgspec.MsgspecError, ValueError) as error:
            raise _unreadable(cls, error) from error


class TacticSums(msgspec.Struct, kw_only=True):
    """Sums over the decisions for one tactic, decayed by `DECAY` an episode.

    With n decisions of an episode, d = Σ(y − y₀) and episode weight w: S = Σwd, N = Σwn,
    K = Σw, K₂ = Σw², Q = Σwd²/n, W = Σw²n, M = Σw²n², V = Σw·Σ(y − y₀)².
    """

    S: Difference = 0.0
    N: Sum = 0.0
    K: Sum = 0.0
    K2: Sum = 0.0
    Q: Sum = 0.0
    W: Sum = 0.0
    M: Sum = 0.0
    V: Sum = 0.0

    def decay(self, weight: float = 1.0) -> None:
        """One episode of this weight passed."""
        g = DECAY**weight
        g2 = g * g
        self.S, self.N, self.K, self.Q, self.V = (
            g * self.S, g * self.N, g * self.K, g * self.Q, g * self.V
        )  # fmt: skip
        self.K2, self.W, self.M = g2 * self.K2, g2 * self.W, g2 * self.M

    def scaled(self, share: float) -> "TacticSums":
        """The sums as if each episode had weighed `share` of what it did."""
        g, g2 = share, share * share
        return TacticSums(
            S=g * self.S, N=g * self.N, K=g * self.K, K2=g2 * self.K2,
            Q=g * self.Q, W=g2 * self.W, M=g2 * self.M, V=g * self.V,
        )  # fmt: skip

    def add(self, n: int, d: float, squares: float, weight: float = 1.0) -> None:
        """One episode with n decisions, their summed and squared-summed differences."""
        w, w2 = weight, weight * weight
        self.S += w * d
        self.N += w * n
        self.K += w
        self.K2 += w2
        self.Q += w * d * d / n
        self.W += w2 * n
        self.M += w2 * n * n
        self.V += w * squares


class KeptStyle(msgspec.Struct, frozen=True, array_like=True):
    """What was known of a person as long as they played like an archetype.

    tactics, contexts: as in `LearnerState`. traits: encoded `Evidence`.
    """

    tactics: dict[str, TacticSums]
    contexts: dict[str, tuple[Sum, Sum]]
    traits: bytes


class Canary(msgspec.Struct, kw_only=True):
    """Versions on trial against the `baseline` that plays the other half of the episodes.

    line: the versions tried, oldest first; the last plays. since: the episode the trial began
    after. new, old: rewards without the learning term of either half, oldest first.
    """

    baseline: Count
    line: list[Count]
    since: Count
    new: list[Sum] = []
    old: list[Sum] = []

    def add(self, policy_version: int, play: float) -> None:
        """One episode was played under a version; others than these two do not count."""
        if policy_version in self.line:
            self.new = [*self.new, play][-TRIAL_KEPT:]
        elif policy_version == self.baseline:
            self.old = [*self.old, play][-TRIAL_KEPT:]


class KeptMethod(msgspec.Struct, frozen=True, array_like=True):
    """A learner's own state, and how many episodes there were when it was last in use."""

    episodes: Count
    body: bytes


class LearnerState(msgspec.Struct, kw_only=True):
    """Everything learned of one player by one companion.

    revision: counts commits, so that no two are alike. proposals: made so far; spent: how many
    episodes they used up, one each. tactics: name → sums. contexts: "node|bucket" → (Σy, Σn),
    decayed. seconds and steps: the last 64 of each category. log: decisions of the last 64
    episodes. rewards: (policy version, reward without learning term) of the last 64. canary:
    what is on trial in real episodes. learner: who was last asked where the weights want to be;
    methods: what others than the posterior know, by their names. story: what was made
    of the episodes in words.
    cells: "bucket|tactic" → (Σ(y − y₀), Σn, `clock` when they were written, since when they fade);
    clock: weights of all episodes. since: what learned weights earned since their deployment.
    """

    version: Version = VERSION
    revision: Count = 0
    episodes: Count = 0
    proposals: Count = 0
    spent: Count = 0
    evidence: bytes = b""
    tactics: dict[str, TacticSums] = {}
    contexts: dict[str, tuple[Sum, Sum]] = {}
    cells: dict[str, tuple[Difference, Sum, Sum]] = {}
    clock: Sum = 0.0
    seconds: dict[str, list[Sum]] = {}
    steps: dict[str, list[Count]] = {}
    log: list[Logged] = []
    rewards: list[tuple[Count, Sum]] = []
    canary: Canary | None = None
    learner: str = "posterior"
    methods: dict[str, KeptMethod] = {}
    story: Story = msgspec.field(default_factory=Story)
    styles: dict[str, KeptStyle] = {}
    since: Since = msgspec.field(default_factory=Since)

    def encoded(self) -> bytes:
        """For the store; `LearnerState.decoded` reads it back."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decoded(cls, data: bytes | None) -> "LearnerState":
        """The state, empty where nothing was stored yet.

        Raises:
            SaveError: the bytes are no such state, or a newer program's.
        """
        try:
            return cls() if data is None else msgspec.msgpack.decode(data, type=cls)
        except (msgspec.MsgspecError, ValueError) as error:
            raise _unreadable(cls, error) from error


def _unreadable(kind: type, error: Exception) -> SaveError:
    return SaveError(
        what="what was learned cannot be read",
        got=str(error),
        where=f"save: {kind.__name__}",
        fix="use the astraweave that wrote it, or a newer one",
    )


def typical(state: LearnerState, category: str) -> tuple[float, float]:
    """Typical seconds and steps of a category: medians from 5 episodes on, else 60 and 10."""
    seconds, steps = state.seconds.get(category, []), state.steps.get(category, [])
    if min(len(seconds), len(steps)) < MEDIAN_FROM:
        return TYPICAL_SECONDS, TYPICAL_STEPS
    return max(1.0, median(seconds)), max(1.0, float(median(steps)))


def usual_category(state: LearnerState) -> str:
    """The category most episodes of late were of; combat before there are any."""
    counts = {name: len(seconds) for name, seconds in state.seconds.items()}
    return max(counts, key=counts.__getitem__, default=EpisodeCategory.COMBAT.value)


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
    a decision was worth: it leaves the tactics alone. The traits are folded by the caller. One of
    weight w counts as w of an episode, and lets what was known fade by as much; only own play
    enters medians, trials and the log.
    """
    reward = reward_of(state, row)
    state.episodes += 1
    if reward is None:
        return None
    if row.weight > 0.0:
        _learn(state, row, reward.play)
    if row.own:
        _remember(state, row, reward.play)
    elif state.canary is not None:
        # A trial lasts so many episodes of this person.
        state.canary.since += 1
    return reward


def _learn(state: LearnerState, row: EpisodeRow, play: float) -> None:
    """What the decisions of an episode were worth, into the sums of their tactics."""
    by_tactic = _differences(state, row.conduct.choices, play, row.weight)
    for sums in state.tactics.values():
        sums.decay(row.weight)
    state.tactics = {name: sums for name, sums in state.tactics.items() if sums.N >= FADED}
    for tactic, differences in by_tactic.items():
        squares = sum(d * d for d in differences)
        sums = state.tactics.setdefault(tactic, TacticSums())
        sums.add(len(differences), sum(differences), squares, row.weight)


def worth(choice: Choice, play: float) -> float:
    """y of a decision: .75 of its own effectiveness, .25 of the episode's reward; in [0, 1]."""
    return WORTH_SHARE * choice.worth + REWARD_SHARE * play / REWARD_SCALE


def _differences(
    state: LearnerState, choices: tuple[Choice, ...], play: float, weight: float
) -> dict[str, list[float]]:
    """y − y₀ of each decision by tactic; updates the contexts' means after reading them."""
    by_tactic: dict[str, list[float]] = {}
    added: dict[str, tuple[float, float]] = {}
    cells: dict[str, tuple[float, float]] = {}
    for choice in choices:
        context = f"{choice.node}|{choice.bucket}"
        total, count = state.contexts.get(context, (0.0, 0.0))
        before = total / count if count > 0 else 0.5
        y = worth(choice, play)
        by_tactic.setdefault(choice.tactic, []).append(y - before)
        total, count = added.get(context, (0.0, 0.0))
        added[context] = (total + weight * y, count + weight)
        here = f"{choice.bucket}|{choice.tactic}"
        total, count = cells.get(here, (0.0, 0.0))
        cells[here] = (total + weight * (y - before), count + weight)
    left = DECAY**weight
    faded = {c: (left * total, left * count) for c, (total, count) in state.contexts.items()}
    state.contexts = {c: sums for c, sums in faded.items() if sums[1] >= FADED}
    for context, (total, count) in added.items():
        old = state.contexts.get(context, (0.0, 0.0))
        state.contexts[context] = (old[0] + total, old[1] + count)
    _into_cells(state, cells, weight)
    return by_tactic


def _into_cells(state: LearnerState, cells: dict[str, tuple[float, float]], weight: float) -> None:
    """Each faded when it is next written: there are many, and an episode touches few."""
    state.clock += weight
    for here, (total, count) in cells.items():
        old_total, old_count, at = state.cells.get(here, (0.0, 0.0, state.clock))
        left = DECAY ** (state.clock - at)
        state.cells[here] = (left * old_total + total, left * old_count + count, state.clock)


def _remember(state: LearnerState, row: EpisodeRow, play: float) -> None:
    """What medians, trials and the off-policy evaluation look at: the last 64 episodes."""
    state.seconds[row.category] = [*state.seconds.get(row.category, []), row.seconds][-MEDIAN_OVER:]
    steps = [*state.steps.get(row.category, []), row.conduct.steps]
    state.steps[row.category] = steps[-MEDIAN_OVER:]
    state.rewards = [*state.rewards, (row.policy_version, play)][-EPISODES_KEPT:]
    decisions = logged((choice, worth(choice, play)) for choice in row.conduct.choices)
    state.log = kept([*state.log, decisions])
    if state.canary is not None:
        state.canary.add(row.policy_version, play)
