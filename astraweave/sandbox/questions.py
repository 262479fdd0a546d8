"""The sequential questions a gate puts to paired play, and what has been answered so far.

Pairs of all scenarios are looked at in one fixed order: pair 0 of each scenario in turn, then
pair 1 of each, and so on, so that a pooled question never depends on how play was cut.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from astraweave.model.verdict import Counterexample, RuleResult, ScenarioResult
from astraweave.sandbox.bounds import rate_bound
from astraweave.sandbox.eprocess import NOT_WORSE, UNDECIDED, WORSE, NotWorse
from astraweave.sandbox.gate import FLOOR, SAFETY, GateSettings
from astraweave.sandbox.gate import NOT_WORSE as COMPARE
from astraweave.sandbox.played import Played
from astraweave.sandbox.rules import LIMIT, Rule

ALL = "all"
"""Stands for every scenario in a pooled result."""


@dataclass(slots=True)
class Question:
    """One test and its most telling pair.

    step: safety (a limit), not worse or floor. against: deployed or designer. scenario: its place,
    or None when pooled. rule: for a limit.
    """

    step: str
    against: str
    test: NotWorse
    scenario: int | None = None
    rule: Rule | None = None
    worst_x: float = 0.5
    worst: Counterexample | None = None

    def look(self, x: npt.NDArray[np.float64], played: list[Played], other: list[Played]) -> None:
        """Look at new pairs.

        Args:
            x: float64[scenarios, pairs], scores.
            played, other: the candidate's and the other policy's play, one a scenario.
        """
        if self.test.decision != UNDECIDED:
            return
        scores = x.T.ravel() if self.scenario is None else x[self.scenario]
        before = self.test.pairs
        self.test.update(scores)
        seen = scores[: self.test.pairs - before]
        if not len(seen) or seen.min() >= self.worst_x:
            return
        # argmin gives the first of equals: the same pair however the play was cut.
        at = int(seen.argmin())
        width = len(played) if self.scenario is None else 1
        place = at % width if self.scenario is None else self.scenario
        self.worst_x = float(seen[at])
        self.worst = _shown(self, played[place], other[place], at // width)

    def said(self, names: list[str]) -> str:
        """Why the answer is no, in one sentence."""
        where = "" if self.scenario is None else f" in {names[self.scenario]}"
        pairs, mean = self.test.pairs, self.test.mean
        if self.rule is None:
            if self.test.decision == WORSE:
                return (
                    f"it plays worse than the {self.against} weights{where}: "
                    f"mean score {mean:.4f} over {pairs:,} pairs, ½ is equal"
                )
            return (
                f"{pairs:,} pairs did not show that it plays no worse than the "
                f"{self.against} weights{where}: mean score {mean:.4f}, ½ is equal"
            )
        more = f"{2.0 * (0.5 - mean):+z.2%} of episodes over {pairs:,} pairs"
        if self.test.decision == WORSE:
            return f"it breaks {self.rule.name} more often than the deployed weights: {more}"
        return f"play did not show that it breaks {self.rule.name} no more often: {more}"


def _shown(question: Question, played: Played, other: Played, pair: int) -> Counterexample:
    """The pair as something that can be replayed."""
    rule = question.rule
    detail = pair_detail(played, other, pair, question.against) if rule is None else rule.doc
    return Counterexample(
        rule="not worse" if rule is None else rule.name,
        scenario=played.scenario.name,
        seed=int(played.seeds[pair]),
        tick=int(played.first_tick(None if rule is None else rule.event)[pair]),
        detail=detail,
        against=question.against,
    )


def pair_detail(played: Played, other: Played, pair: int, against: str) -> str:
    """How the two of a pair ended, in one line."""
    seconds = (played.outcome("seconds")[pair], other.outcome("seconds")[pair])
    success = (played.outcome("success")[pair], other.outcome("success")[pair])
    return (
        f"success {success[0]:g} after {seconds[0]:.1f} s, "
        f"with the {against} weights {success[1]:g} after {seconds[1]:.1f} s"
    )


@dataclass(slots=True)
class Tally:
    """Breaks of one rule in one scenario by the candidate and by the baseline."""

    rule: Rule
    scenario: str
    breaks: int = 0
    baseline: int = 0
    episodes: int = 0

    def result(self, alpha: float, *, passed: bool) -> RuleResult:
        """As it stands in the verdict; the bound is at confidence 1 − alpha."""
        bound = rate_bound(self.breaks, self.episodes, alpha) if self.episodes else 1.0
        return RuleResult(
            rule=self.rule.name,
            kind=self.rule.kind,
            scenario=self.scenario,
            breaks=self.breaks,
            baseline_breaks=self.baseline,
            episodes=self.episodes,
            bound=round(bound, 9),
            passed=passed,
        )


def questions_for(
    settings: GateSettings, rules: tuple[Rule, ...], scenarios: int, against: tuple[str, ...]
) -> list[Question]:
    """Every question of the steps that are taken, in the order in which a "no" is reported."""
    asked = [
        Question(SAFETY, "deployed", _limit(settings), rule=rule)
        for rule in rules
        if rule.kind == LIMIT
    ]
    asked += [Question(COMPARE, name, _pooled(settings)) for name in against]
    for name in against:
        asked += [Question(FLOOR, name, _floor(settings), scenario=i) for i in range(scenarios)]
    return [question for question in asked if question.step not in settings.skip]


def _pooled(settings: GateSettings) -> NotWorse:
    return NotWorse(s0=settings.s0, s1=settings.s1, alpha=settings.alpha, beta=settings.beta)


def _floor(settings: GateSettings) -> NotWorse:
    # Its mirror stands as far above it as the pooled one's: a scenario between the two is no "no".
    s1 = settings.floor + (settings.s1 - settings.s0)
    return NotWorse(s0=settings.floor, s1=s1, alpha=settings.alpha, beta=settings.beta)


def _limit(settings: GateSettings) -> NotWorse:
    # x = ½ + (breaks of deployed − breaks of candidate)/2: half the margin is where it fails.
    s0 = 0.5 - settings.limit_margin / 2.0
    return NotWorse(s0=s0, s1=0.5, alpha=settings.alpha, beta=settings.beta)


def decided(questions: list[Question]) -> bool:
    """Whether nothing more can change the answer: one "worse", or all "not worse"."""
    answers = {question.test.decision for question in questions}
    return WORSE in answers or answers == {NOT_WORSE}


def scenario_results(questions: list[Question], names: list[str]) -> tuple[ScenarioResult, ...]:
    """The questions about reward as they stand in the verdict."""
    return tuple(
        ScenarioResult(
            scenario=ALL if asked.scenario is None else names[asked.scenario],
            against=asked.against,
            pairs=asked.test.pairs,
            mean=asked.test.mean,
            e_accept=asked.test.accept.wealth,
            e_reject=asked.test.reject.wealth,
            s0=asked.test.s0,
            decision=asked.test.decision,
        )
        for asked in questions
        if asked.rule is None
    )
