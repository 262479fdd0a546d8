"""Steps 2 to 4 of the gate: plays, counts, and stops at the first "no".

Refuses nothing itself: a "no" is a `Refusal`, an environment that fails raises.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from astraweave.errors import UsageError
from astraweave.model.verdict import Counterexample, RuleResult
from astraweave.sandbox.bounds import episodes_needed, spent_alpha, spent_so_far
from astraweave.sandbox.eprocess import NOT_WORSE, UNDECIDED, WORSE
from astraweave.sandbox.gate import SAFETY, GateSettings
from astraweave.sandbox.played import Played
from astraweave.sandbox.questions import Question, Tally, decided, questions_for
from astraweave.sandbox.rules import FORBID, LIMIT, Rule
from astraweave.sandbox.theatre import FITTED, Theatre

Reward = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
"""Rewards float64[n] of outcomes float64[n, len(OUTCOMES)]."""
Progress = Callable[[str, float, int], None]
"""Called with a word for the stage, the share of it that is done, in [0, 1], and how many episodes
were played so far."""

CANDIDATE, DEPLOYED, DESIGNER = "candidate", "deployed", "designer"
FIRST_SAFETY = 64, 1024
"""Safety episodes before the first look, at least and at most; else an eighth of them all."""


class Refusal(NamedTuple):
    """Why not: the step that said so, one sentence, and an episode that shows it.

    failing: seeds that broke the rule beside it. loss: of the episode's pair in reward.
    """

    step: str
    reason: str
    shown: Counterexample | None = None
    failing: tuple[int, ...] = ()
    loss: float = 0.0


class Trial:
    """One candidate before the gate."""

    def __init__(
        self,
        theatre: Theatre,
        settings: GateSettings,
        reward: Reward,
        span: float,
        progress: Progress,
    ) -> None:
        """Take a theatre that knows the policies CANDIDATE, DEPLOYED and DESIGNER."""
        self.theatre, self.settings, self.progress = theatre, settings, progress
        self._stage, self._done, self._each, self._heard = "", 0.0, 0.0, 0
        theatre.played = self._told
        self.reward, self.span = reward, span
        events = theatre.environment.events
        self.rules = tuple(rule for rule in settings.rules if rule.applies(events))
        self.alpha = spent_alpha(settings.alpha, theatre.number)
        self.needed = episodes_needed(settings.p0, self.alpha)
        self.names = [scenario.name for scenario in theatre.scenarios]
        self.tallies = {
            (rule.name, name): Tally(rule, name) for rule in self.rules for name in self.names
        }
        alike = theatre.same(DEPLOYED, DESIGNER)
        self.against = (DEPLOYED,) if alike else (DEPLOYED, DESIGNER)
        self.questions = questions_for(settings, self.rules, len(self.names), self.against)
        self.figures: dict[str, float] = {}
        self._sums: dict[str, npt.NDArray[np.float64]] = {}

    def run(self) -> Refusal | None:
        """Play until there is a "no", or nothing is left to ask."""
        for name in () if SAFETY in self.settings.skip else (DESIGNER, CANDIDATE):
            refusal = self._safety(name)
            if refusal is not None:
                return refusal
        self.theatre.forget()
        most = self.settings.max_pairs if self.questions else 0
        for first, count in _chunks(self.settings.first_pairs, most):
            refusal = self._compare(first, count)
            if refusal is not None:
                return refusal
            if decided(self.questions):
                break
        return next(filter(None, map(self._answer, self.questions)), None)

    def _at(self, stage: str, done: float, each: float) -> None:
        """Say where we are; `each` episode from here on is that share of the stage."""
        self._stage, self._done, self._each = stage, done, each
        self._told(0)

    def _told(self, episodes: int) -> None:
        self._done = min(1.0, self._done + episodes * self._each)
        self._heard += episodes
        self.progress(self._stage, self._done, self._heard)

    def _safety(self, name: str) -> Refusal | None:
        """Forbidden rules in as many fresh episodes a scenario as the bound needs."""
        # In chunks that grow: what breaks rules often is out soon, the rest is played in few calls.
        least, most = FIRST_SAFETY
        chunks = list(_chunks(min(max(self.needed // 8, least), most), self.needed))
        # Every scenario's first chunk, then every second one: the worst scenario may be the last.
        parts = [(i, *chunk) for chunk in chunks for i in range(len(self.names))]
        for part in parts:
            self.theatre.expect_safety(name, *part)
        each = 1.0 / (self.needed * len(self.names))
        played_already = 0
        for i, first, count in parts:
            self._at(f"safety of the {name}", played_already * each, each)
            played_already += count
            for who, played in self.theatre.safety(name, i, first, count).items():
                refusal = self._forbidden(name, who, played)
                if refusal is not None:
                    return refusal
        return None

    def _forbidden(self, name: str, who: str, played: Played) -> Refusal | None:
        """Count breaks of forbidden rules; the first one is a "no"."""
        found = None
        for rule in self.rules:
            if rule.kind != FORBID:
                continue
            broken = rule.breaks(played)
            tally = self.tallies[rule.name, played.scenario.name]
            if name == CANDIDATE:
                tally.breaks += int(broken.sum())
                tally.episodes += len(played)
            else:
                tally.baseline += int(broken.sum())
            if found is None and broken.any():
                found = _broken(rule, name, who, played, np.flatnonzero(broken))
        return found

    def _compare(self, first: int, count: int) -> Refusal | None:
        """Play a chunk of pairs in every scenario and put the questions."""
        scenarios = range(len(self.names))
        # A policy about which nothing is open any more is not played any further.
        unsettled = [asked for asked in self.questions if asked.test.decision == UNDECIDED]
        others = tuple(dict.fromkeys(asked.against for asked in unsettled))
        plays = self.settings.max_pairs * len(self.names) * (1 + len(others))
        self._at("comparing", first / self.settings.max_pairs, 1.0 / plays)
        for i in scenarios:
            self.theatre.expect_pairs((CANDIDATE, *others), i, first, count)
        new = [self.theatre.pairs(CANDIDATE, i, first, count) for i in scenarios]
        for played in new:
            refusal = None
            if SAFETY not in self.settings.skip:
                refusal = self._forbidden(CANDIDATE, FITTED, played)
            if refusal is not None:
                return refusal
        old = {
            name: [self.theatre.pairs(name, i, first, count) for i in scenarios] for name in others
        }
        everyone = {CANDIDATE: new, **old}
        rewards = {name: self._rewards(name, plays) for name, plays in everyone.items()}
        for asked in unsettled:
            other = old[asked.against]
            if asked.rule is None:
                gain = (rewards[CANDIDATE] - rewards[asked.against]) / self.span
            else:
                gain = self._restraint(asked.rule, new, other)
            asked.look(0.5 + 0.5 * gain, new, other)
        self.theatre.forget()
        return None

    def _rewards(self, name: str, plays: list[Played]) -> npt.NDArray[np.float64]:
        """float64[scenarios, pairs]."""
        rows = [np.asarray(self.reward(played.outcomes), dtype=np.float64) for played in plays]
        for row, played in zip(rows, plays, strict=True):
            if row.shape != (len(played),) or not np.isfinite(row).all():
                raise UsageError(
                    what="reward must give one finite number an episode",
                    where=f"scenario {played.scenario.name}",
                    fix="correct the reward function",
                )
        # Sum over pairs of reward and success: their means are stated in the verdict.
        total = np.array(
            [
                sum(row.sum() for row in rows),
                sum(played.outcome("success").sum() for played in plays),
                sum(len(played) for played in plays),
            ]
        )
        self._sums[name] = self._sums.get(name, np.zeros(3)) + total
        return np.stack(rows)

    def _restraint(
        self, rule: Rule, new: list[Played], old: list[Played]
    ) -> npt.NDArray[np.float64]:
        """Breaks of the other minus the candidate's: −1, 0 or 1, float64[scenarios, pairs]."""
        rows = []
        for played, other in zip(new, old, strict=True):
            mine, theirs = rule.breaks(played), rule.breaks(other)
            tally = self.tallies[rule.name, played.scenario.name]
            tally.breaks += int(mine.sum())
            tally.baseline += int(theirs.sum())
            tally.episodes += len(played)
            rows.append(theirs.astype(np.float64) - mine)
        return np.stack(rows)

    def _answer(self, asked: Question) -> Refusal | None:
        """A question's "no" in one sentence; None when it was answered well."""
        decision = asked.test.decision
        # One that was overtaken by another's "no" is open, but not the reason.
        overtaken = any(other.test.decision == WORSE for other in self.questions)
        if decision == NOT_WORSE or (decision == UNDECIDED and overtaken):
            return None
        loss = (1.0 - 2.0 * asked.worst_x) * self.span
        return Refusal(asked.step, asked.said(self.names), asked.worst, loss=loss)

    def rule_results(self) -> tuple[RuleResult, ...]:
        """Every rule in every scenario."""
        limits = {
            asked.rule.name: asked.test.decision == NOT_WORSE
            for asked in self.questions
            if asked.rule is not None
        }
        results = []
        for tally in self.tallies.values():
            limit = tally.rule.kind == LIMIT
            enough = tally.episodes >= self.needed and tally.breaks == 0
            passed = limits.get(tally.rule.name, False) if limit else enough
            alpha = self.settings.alpha if limit else self.alpha
            results.append(tally.result(alpha, passed=passed))
        return tuple(results)

    def stated(self) -> dict[str, float]:
        """Numbers for the reader: sizes, error rates, mean reward and success of each policy."""
        figures = {
            "alpha_k": self.alpha,
            "alpha_spent": spent_so_far(self.settings.alpha, self.theatre.number),
            "beta": self.settings.beta,
            "safety_episodes": 0.0 if SAFETY in self.settings.skip else float(self.needed),
        }
        for name, (reward, success, pairs) in self._sums.items():
            figures[f"pairs_{name}"] = float(pairs)
            figures[f"reward_{name}"] = float(reward / pairs)
            figures[f"success_{name}"] = float(success / pairs)
        for asked in self.questions:
            if asked.rule is not None:
                figures[f"e_{asked.rule.name}"] = asked.test.accept.wealth
        return figures


def _chunks(count: int, most: int) -> Iterator[tuple[int, int]]:
    """First and count of each chunk; together they double, up to `most`."""
    first = 0
    while first < most:
        count = min(count, most - first)
        yield first, count
        first += count
        count = first


def _broken(
    rule: Rule, name: str, who: str, played: Played, broken: npt.NDArray[np.intp]
) -> Refusal:
    """Breaks of a forbidden rule as a refusal that shows the one that came soonest."""
    ticks = played.first_tick(rule.event)[broken]
    order = broken[np.argsort(ticks, kind="stable")]
    seeds = [int(seed) for seed in played.seeds[order]]
    shown = Counterexample(
        rule=rule.name,
        scenario=played.scenario.name,
        seed=seeds[0],
        tick=int(ticks.min()),
        detail=rule.doc,
        players=who,
        policy=name,
    )
    whose = "the designer's own tree" if name == DESIGNER else "it"
    reason = f"{whose} broke {rule.name} in {shown.scenario}, seed {shown.seed}, tick {shown.tick}"
    return Refusal(SAFETY, reason, shown, tuple(seeds[1:]))
