"""The formulas of weights and credit once more, over whole histories, and compared.

Written from their statement alone: every sum runs over all episodes with its weight, nothing is
decayed in place, nothing is shared with the package but the types of its input.
"""
# ruff: noqa: N806  # the formulas' own letters

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.learning.decisions import Choice, Conduct
from astraweave.learning.proposal import propose
from astraweave.learning.statistics import EpisodeRow, LearnerState, fold
from astraweave.learning.target import step, targets, terms
from astraweave.model.episode import EpisodeOutcome
from astraweave.model.weights import MAX_WEIGHT, MIN_WEIGHT, WeightSet, designer_weights
from astraweave.playstyle import FEATURES, Evidence, prior_log_factors, profile_of, update

TACTICS = ("guard", "heal", "rush", "wait")
TAU, N0, G = 0.03, 15.0, 0.95


# -- the oracle --------------------------------------------------------------------------------


def reward(row, seconds, steps):
    """R of an episode without its learning term, given those of its category before it."""
    typical_s = max(1.0, float(np.median(seconds[-64:]))) if len(seconds) >= 5 else 60.0
    typical_n = max(1.0, float(np.median(steps[-64:]))) if len(steps) >= 5 else 10.0
    n, failed = row.conduct.steps, row.conduct.failed
    d = 0.5 + math.exp(-row.seconds / (2 * typical_s)) if row.seconds > 0 else 1.5
    s = 0.5 + math.exp(-n / (2 * typical_n)) if n > 0 else 0.5
    efficiency = np.clip(0.5 * d + 0.5 * s, 0.5, 1.5)
    share = failed / n if n else math.nan
    f = 0.0 if n == 0 else -0.2 if share > 0.3 else -0.1 if share > 0.1 else 0.1 * (failed == 0)
    quality = np.clip(1 + f + sum(row.outcome.quality_signals), 0.5, 1.5)
    return max(0.0, row.outcome.success_rating) * efficiency * row.outcome.complexity * quality


class Oracle:
    """All that the target needs, by definition."""

    def __init__(self, rows):
        known = [row for row in rows if row.outcome is not None]
        weight = [G ** (len(known) - 1 - j) for j in range(len(known))]
        self.per = {}
        spread = 0.0
        past = []
        for j, row in enumerate(known):
            category = [k for k in range(j) if known[k].category == row.category]
            r = reward(
                row,
                [known[k].seconds for k in category],
                [known[k].conduct.steps for k in category],
            )
            ys = [0.75 * c.worth + 0.25 * r / 3.2 for c in row.conduct.choices]
            differences = {}
            for choice, y in zip(row.conduct.choices, ys, strict=True):
                seen = [
                    (G ** (j - i), v) for i, at, v in past if at == (choice.node, choice.bucket)
                ]
                total = sum(w for w, _ in seen)
                y0 = sum(w * v for w, v in seen) / total if seen else 0.5
                differences.setdefault(choice.tactic, []).append(y - y0)
            past += [
                (j, (c.node, c.bucket), y) for c, y in zip(row.conduct.choices, ys, strict=True)
            ]
            for tactic, d in differences.items():
                self.per.setdefault(tactic, []).append((weight[j], len(d), sum(d)))
                spread += weight[j] * sum(x * x for x in d)
        self.S = {t: sum(w * d for w, _, d in e) for t, e in self.per.items()}
        self.N = {t: sum(w * n for w, n, _ in e) for t, e in self.per.items()}
        pooled = spread - sum(self.S[t] ** 2 / self.N[t] for t in self.per)
        self.variance = (max(0.0, pooled) + 10 * 0.0625) / (sum(self.N.values()) + 10)

    def deff(self, tactic):
        w, n, d = np.array(self.per[tactic]).T
        K, K2, S, N = w.sum(), (w**2).sum(), (w * d).sum(), (w * n).sum()
        Q, W, M, V = (w * d**2 / n).sum(), (w**2 * n).sum(), (w**2 * n**2).sum(), self.variance
        below = V * (N - K - (M - W) / N)
        r = 0.0 if below <= 0 else np.clip((Q - S**2 / N - V * (K - W / N)) / below, 0, 0.9)
        independent = K**2 / K2
        rho = ((independent - 1) * r + 0.5) / (independent + 4)
        return (W + rho * (M - W)) / N

    def targets(self, tactics, x):
        S = {t: self.S.get(t, 0.0) for t in tactics}
        N = {t: self.N.get(t, 0.0) for t in tactics}
        total = sum(N.values())
        base = sum(S.values()) / total if total else 0.0
        above, below = TAU / TAU**2, 1 / TAU**2
        for t in tactics:
            if N[t]:
                v = self.variance * self.deff(t) / N[t]
                above += x.get(t, 0.0) * (S[t] / N[t] - base) / v
                below += x.get(t, 0.0) ** 2 / v
        trust = float(np.clip(above / below, -2 * TAU, 2 * TAU))
        m = {t: (N0 * (base + trust * x.get(t, 0.0)) + S[t]) / (N0 + N[t]) for t in tactics}
        middle = np.mean(list(m.values()))
        return {t: math.exp((m[t] - middle) / TAU) for t in tactics}, trust


# -- histories ---------------------------------------------------------------------------------


def row(decisions, *, seconds=30.0, success=1.0, category="combat", failed=0, outcome=True):
    choices = tuple(
        Choice(node, bucket, tactic, TACTICS, 0.25, e) for node, bucket, tactic, e in decisions
    )
    signals = (0.1, -0.05) if seconds > 20 else ()
    told = EpisodeOutcome(success_rating=success, quality_signals=signals, complexity=1.1)
    return EpisodeRow(
        category=category,
        policy_version=0,
        seconds=seconds,
        features=[],
        actions={},
        conduct=Conduct(choices, len(choices) + failed, failed, 3, False),
        outcome=told if outcome else None,
    )


DECISION = st.tuples(
    st.sampled_from(["n", "m"]),
    st.integers(0, 3),
    st.sampled_from(TACTICS[:3]),
    st.floats(0, 1),
)
ROW = st.builds(
    row,
    st.lists(DECISION, max_size=8),
    seconds=st.floats(0, 300),
    success=st.floats(0, 1),
    category=st.sampled_from(["combat", "quest"]),
    failed=st.integers(0, 4),
    outcome=st.booleans(),
)
HISTORY = st.lists(ROW, max_size=14)
LOG_FACTORS = st.fixed_dictionaries({t: st.floats(-0.7, 0.7) for t in TACTICS})


def folded(rows):
    state = LearnerState()
    for one in rows:
        fold(state, one)
    return state


def long_history(seed=3, episodes=60):
    rng = np.random.default_rng(seed)
    rows = []
    for j in range(episodes):
        luck = rng.normal(0, 0.15)
        decisions = [
            (
                "n",
                int(rng.integers(3)),
                TACTICS[int(rng.integers(3))],
                float(np.clip(0.5 + luck + rng.normal(0, 0.2), 0, 1)),
            )
            for _ in range(int(rng.integers(1, 12)))
        ]
        success = float(rng.random())
        rows.append(
            row(decisions, seconds=float(rng.uniform(5, 90)), success=success, failed=j % 3)
        )
    return rows


# -- comparisons -------------------------------------------------------------------------------


@given(rows=HISTORY, x=LOG_FACTORS)
def test_targets_equal_their_definition_over_the_whole_history(rows, x):
    expected, expected_trust = Oracle(rows).targets(TACTICS, x)
    found, trust = targets(folded(rows), TACTICS, x)
    assert trust == pytest.approx(expected_trust, abs=1e-9)
    assert found == pytest.approx(expected, rel=1e-7)


def test_targets_of_a_long_history_equal_their_definition():
    rows = long_history()
    x = {"guard": math.log(1.5), "rush": math.log(0.5)}
    expected, expected_trust = Oracle(rows).targets(TACTICS, x)
    found, trust = targets(folded(rows), TACTICS, x)
    assert trust == pytest.approx(expected_trust, rel=1e-9)
    assert found == pytest.approx(expected, rel=1e-9)
    assert len({round(v, 3) for v in found.values()}) == len(TACTICS)


@given(rows=HISTORY, x=LOG_FACTORS)
def test_what_rules_and_outcomes_ask_for_multiplies_to_the_target(rows, x):
    state = folded(rows)
    found, _ = targets(state, TACTICS, x)
    for name, (rules, seen) in terms(state, TACTICS, x)[0].items():
        assert math.log(found[name]) == pytest.approx(rules + seen, abs=1e-9)


@given(
    rows=HISTORY,
    x=LOG_FACTORS,
    before=st.fixed_dictionaries({t: st.floats(MIN_WEIGHT, MAX_WEIGHT) for t in TACTICS}),
)
def test_a_step_is_the_clipped_target(rows, x, before):
    aims, _ = targets(folded(rows), TACTICS, x)
    for name, after in step(before, aims).items():
        w, aim = before[name], aims[name]
        stated = np.clip(np.clip(aim, 0.75 * w, 1.25 * w), 0.25, 4.0)
        assert after == pytest.approx(stated, rel=1e-9), "a hair inside the cap"
        assert abs(after / w - 1) <= 0.25, "not even rounding passes it"


@given(rows=HISTORY, data=st.data())
def test_forgetting_an_episode_gives_what_never_having_seen_it_gives(rows, data):
    gone = data.draw(st.integers(0, max(0, len(rows) - 1)))
    stored = [one.encoded() for one in rows]
    replayed = [EpisodeRow.decoded(body) for i, body in enumerate(stored) if i != gone]
    never = [one for i, one in enumerate(rows) if i != gone]
    assert folded(replayed).encoded() == folded(never).encoded()


@given(rows=HISTORY)
def test_one_more_episode_never_changes_what_the_others_were_worth(rows):
    """y₀ looks back only: sums after an episode are those before it, decayed, plus its own."""
    for earlier, later in pairwise([folded(rows[:k]) for k in range(len(rows) + 1)]):
        for name, sums in earlier.tactics.items():
            now = later.tactics[name]
            assert now.N >= 0.95 * sums.N - 1e-12


# -- without data ------------------------------------------------------------------------------


def certain(aggressive):
    """A player about whom hundreds of actions left no doubt."""
    evidence = Evidence()
    one = np.zeros(len(FEATURES))
    one[:2] = (400.0 if aggressive else 0.0), 400.0
    for _ in range(60):
        evidence = update(evidence, one, {})
    return profile_of(evidence, player_id="p", companion_id="c", now=0.0)


@pytest.mark.parametrize(
    ("aggressive", "factors"),
    [
        (True, {"defensive_stance": 1.5, "heal_player": 1.5, "aggressive_attack": 0.5, "idle": 1}),
        (False, {"defensive_stance": 0.7, "wait_for_player": 0.7, "draw_aggro": 1.5, "idle": 1}),
    ],
)
def test_without_data_the_weights_are_the_rules_factors_up_to_a_common_one(aggressive, factors):
    prior = prior_log_factors(certain(aggressive), factors)
    found, trust = targets(LearnerState(), tuple(factors), prior)
    common = {name: found[name] / factor for name, factor in factors.items()}
    assert trust == pytest.approx(TAU)
    assert len({round(value, 6) for value in common.values()}) == 1


class Node:
    name, children, weights, policy = "n", TACTICS, (1.0,) * 4, "roulette"


def test_a_proposal_survives_an_edited_tree():
    """Tactics that are gone are left out, new ones stand at 1, and the cap holds for the rest."""
    deployed = WeightSet(version=4, weights={"guard": 2.0, "gone": 3.0}, parent=3)
    found = propose(folded(long_history()), certain(True), (Node(),), deployed, version=5, now=0.0)
    assert set(found.candidate.weights) == set(TACTICS)
    assert set(found.baseline.weights) == set(TACTICS)
    assert found.baseline.weights["wait"] == 1.0
    for change in found.changes:
        assert abs(change.after / change.before - 1) <= 0.25 + 1e-12


def test_a_tree_without_choices_has_nothing_to_propose():
    state = folded(long_history())
    assert propose(state, certain(True), (), designer_weights(()), version=1, now=0.0) is None
