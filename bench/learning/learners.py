"""Who learns: ours, and what it is compared with. Each sees rows and gives factors."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from astraweave.arena.declared import VOCABULARY
from astraweave.behavior import Tree
from astraweave.learning import methods
from astraweave.learning.dynamic_scripting import ScriptingSettings, updated
from astraweave.learning.method import Method, Terms
from astraweave.learning.methods import method_of
from astraweave.learning.proposal import propose
from astraweave.learning.reward import PLAY_SPAN
from astraweave.learning.rows import absorb
from astraweave.learning.statistics import EpisodeRow, LearnerState, reward_of
from astraweave.learning.target import step, terms
from astraweave.model.profile import PreferenceProfile
from astraweave.model.weights import Proposal, WeightSet, designer_weights
from astraweave.playstyle import Evidence, Rule, load_archetypes, prior_log_factors, profile_of
from astraweave.playstyle.archetypes import played_in
from astraweave.playstyle.complement import RULES

Floats = npt.NDArray[np.float64]
_ARCHETYPES = played_in(load_archetypes(), VOCABULARY)


class Learner(Protocol):
    """One companion's knowledge of one person."""

    @property
    def factors(self) -> Floats:
        """float64[tactics], what plays next."""
        ...

    def learn(self, row: EpisodeRow) -> None:
        """One more episode."""
        ...


class Static:
    """The designer's weights, for ever."""

    def __init__(self, tree: Tree) -> None:
        """Of that tree's tactics."""
        self.factors = np.ones(len(tree.tactics))

    def learn(self, row: EpisodeRow) -> None:
        """Nothing."""


class Posterior:
    """Ours: `learning`'s own statistics, profile and proposal, each proposal taken.

    The gate is left off, as the targets ask; `bench.learning` says so.
    """

    method: Method | None = None

    def __init__(self, tree: Tree) -> None:
        """Nothing learned yet."""
        self.tree, self.state, self.evidence = tree, LearnerState(), Evidence()
        self.weights: WeightSet = designer_weights(tree.tactics)

    @property
    def factors(self) -> Floats:
        """float64[tactics]."""
        return np.array([self.weights.weights[name] for name in self.tree.tactics])

    @property
    def profile(self) -> PreferenceProfile:
        """What is believed by now."""
        return profile_of(self.evidence, player_id="player", companion_id="mira", now=0.0)

    def learn(self, row: EpisodeRow) -> None:
        """Fold the row; take the proposal, if there is one."""
        self.evidence = absorb(self.state, self.evidence, row, _ARCHETYPES, self.method)
        given = propose(
            *(self.state, self.profile, self.tree.weighted, self.weights),
            version=1,
            now=0.0,
            method=self.method,
        )
        if given is not None and self.allowed(given):
            self.weights = given.candidate

    def allowed(self, proposal: Proposal) -> bool:
        """Whether it plays."""
        del proposal
        return True


class Forgetful(Posterior):
    """Ours without a memory for styles: who comes back is met like somebody new."""

    def learn(self, row: EpisodeRow) -> None:
        """As ours, and nothing is set aside."""
        super().learn(row)
        self.state.styles = {}


class QLearner(Posterior):
    """Q-learning over (context bucket, tactic), through the same step, cap and bounds."""

    def __init__(self, tree: Tree) -> None:
        """Nothing learned yet."""
        super().__init__(tree)
        self.method = method_of("q", tree.weighted)


class _Told(methods.Posterior):
    """The posterior with another table of rules."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules

    def terms(
        self, state: LearnerState, profile: PreferenceProfile, tactics: Sequence[str]
    ) -> Terms:
        """As the posterior's own."""
        return terms(state, tactics, prior_log_factors(profile, tactics, self.rules))


class Misled(Posterior):
    """Ours with rules that say the opposite: each factor is its inverse."""

    def __init__(self, tree: Tree) -> None:
        """Nothing learned yet."""
        super().__init__(tree)
        opposite = (Rule(rule.player, 1.0 / rule.factor, rule.tactics) for rule in RULES)
        self.method = _Told(tuple(opposite))


class Muddled(Posterior):
    """Ours with rules that speak of the wrong tactics, and loudly: factors squared."""

    def __init__(self, tree: Tree) -> None:
        """Nothing learned yet."""
        super().__init__(tree)
        names = [name.rpartition("/")[2] for name in tree.tactics]
        other = dict(zip(names, (*names[3:], *names[:3]), strict=True))
        table = (
            Rule(rule.player, rule.factor**2, tuple(other.get(name, name) for name in rule.tactics))
            for rule in RULES
        )
        self.method = _Told(tuple(table))


class SeedRules(Posterior):
    """The seed's complementary rules alone: no outcome is looked at, the step is capped alike."""

    def learn(self, row: EpisodeRow) -> None:
        """Fold the row for the profile; step towards what the rules say."""
        self.evidence = absorb(LearnerState(), self.evidence, row, _ARCHETYPES)
        before = dict(self.weights.weights)
        logs = prior_log_factors(self.profile, self.tree.tactics)
        aims = {name: float(np.exp(x)) for name, x in logs.items()}
        self.weights = WeightSet(version=1, weights=step(before, aims))


class Scripting:
    """Dynamic scripting (Spronck 2006), at the paper's settings."""

    def __init__(self, tree: Tree, settings: ScriptingSettings | None = None) -> None:
        """Every tactic starts at 1."""
        self.state, self.settings = LearnerState(), settings
        self.weights = dict.fromkeys(tree.tactics, 1.0)

    @property
    def factors(self) -> Floats:
        """float64[tactics]."""
        return np.array(list(self.weights.values()))

    def learn(self, row: EpisodeRow) -> None:
        """Pay the tactics that were used by the reward of the episode."""
        reward = reward_of(self.state, row)
        if reward is not None:
            used = {choice.tactic for choice in row.conduct.choices}
            fitness = min(1.0, reward.play / PLAY_SPAN)
            self.weights = updated(self.weights, used, fitness, self.settings)


WRONG = {"rules inverted": Misled, "rules misplaced": Muddled}
KINDS: dict[str, type[Static | Posterior | Scripting]] = {
    "posterior": Posterior,
    **WRONG,
    "seed rules": SeedRules,
    "dynamic scripting": Scripting,
    "q-learning": QLearner,
}


def stacked(learners: Sequence[Learner]) -> Floats:
    """float64[n, tactics] of them all."""
    return np.stack([learner.factors for learner in learners])
