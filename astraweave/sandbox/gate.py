"""What the gate asks: its settings, and the checks that need no play.

Refuses weights that are not finite or out of bounds, tactics the tree lacks or that must not
move, and steps larger than the cap; and settings under which nothing would be asked.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from astraweave.behavior import Tree
from astraweave.errors import EnvironmentFailure, TreeError, UsageError
from astraweave.model.actions import nearest
from astraweave.model.arguments import public, publish
from astraweave.model.ports import BatchEnvironment
from astraweave.model.weights import CAP, MAX_WEIGHT, MIN_WEIGHT, WeightSet
from astraweave.sandbox.rules import RULES, Rule

EXEMPT = frozenset({"designer", "undo", "redo", "reset", "roll back", "roll_back"})
"""Origins that go back to what was proved before, however far: the cap is not for them."""
STATIC, SAFETY, NOT_WORSE, FLOOR, TRIAL = STEPS = (
    "static",
    "safety",
    "not worse",
    "floor",
    "trial",
)
"""In this order, each able to say no; the last on real episodes, after promotion."""
PLAYED = frozenset({SAFETY, NOT_WORSE, FLOOR})
"""Steps that play in the sandbox."""
PLAYABLE = (1e-9, 1e9)
"""Bounds of a weight that can be played at all."""
SLACK = 1e-9
"""A step of exactly the cap passes, whatever the rounding of its division."""


@publish
@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """How sure the gate wants to be, and how long it may play to become so.

    p0, alpha: after safety, each forbidden rule is broken in less than a share p0 of episodes,
    with confidence 1 − alpha over a life of proposals. s0, s1: scores (½ is equal) at or below
    which a candidate is worse with error rate alpha, at or above which it is not with error rate
    beta. floor: s0 of each single scenario. limit_margin: how much more often a limit rule may be
    broken than by what is deployed. max_pairs, first_pairs: pairs a scenario, at most and in the
    first chunk (the next ones double). cap: largest relative step of a weight. skip: steps of
    `STEPS` that are not taken; every verdict says so.
    """

    p0: float = 0.001
    alpha: float = 0.001
    beta: float = 0.05
    s0: float = 0.495
    s1: float = 0.5
    floor: float = 0.49
    limit_margin: float = 0.005
    max_pairs: int = 5000
    first_pairs: int = 320
    cap: float = CAP
    rules: tuple[Rule, ...] = RULES
    skip: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse settings that would prove nothing.

        Raises:
            UsageError: a rate outside (0, 1), scores out of order, no pairs, rules of one name,
                a step that there is not, or none left that plays.
        """
        rates = (self.p0, self.alpha, self.beta, self.cap, self.limit_margin)
        names = {rule.name for rule in self.rules}
        bad = None
        if not all(0.0 < rate < 1.0 for rate in rates):
            bad = "p0, alpha, beta, cap and limit_margin must be in (0, 1)"
        elif not 0.0 < self.floor <= self.s0 < self.s1 <= 0.5:
            bad = "scores must be ordered 0 < floor <= s0 < s1 <= .5"
        elif not 1 <= self.first_pairs <= self.max_pairs <= 10_000_000:
            bad = "pairs must be ordered 1 <= first_pairs <= max_pairs <= 10,000,000"
        elif len(names) != len(self.rules):
            bad = "two rules share a name"
        elif not self.skip <= set(STEPS):
            odd = min(self.skip - set(STEPS))
            bad = f"there is no step {odd!r} to skip; {nearest(odd, STEPS)}"
        elif self.skip >= PLAYED:
            bad = "nothing would be played: keep one of safety, not worse and floor"
        if bad is not None:
            raise UsageError(what=bad, where="GateSettings", fix="correct the settings")

    def content(self) -> dict[str, Any]:
        """All but the rules that decides a verdict, for its hash and for a save."""
        fields = ("p0", "alpha", "beta", "s0", "s1", "floor", "limit_margin", "cap")
        told = {name: getattr(self, name) for name in (*fields, "max_pairs", "first_pairs")}
        return told | {"skip": [step for step in STEPS if step in self.skip]}


SLOW = GateSettings(p0=0.01, alpha=0.05)
"""For a game that plays one world at a time: 348 safety episodes a scenario instead of 7,402."""


@public
def settings_of(environment: BatchEnvironment, given: GateSettings | None) -> GateSettings:
    """The settings that were given; else the environment's own (`gate`), else the defaults.

    Raises:
        EnvironmentFailure: its `gate` is something else.
    """
    own = getattr(environment, "gate", None) if given is None else given
    if own is not None and not isinstance(own, GateSettings):
        what = "the environment's `gate` must be GateSettings"
        got = type(own).__name__
        fix = "correct it, or leave it out"
        raise EnvironmentFailure(what=what, got=got, where="environment", fix=fix)
    return own or GateSettings()


@public
def weights_fault(
    weights: Mapping[str, float], tactics: tuple[str, ...], low: float, high: float
) -> str | None:
    """What is wrong with a weight set by itself, in one sentence; None when nothing is.

    A tree without tactics has none, and an empty set fits it.
    """
    if not weights and tactics:
        return "the weight set is empty"
    for name, value in weights.items():
        if name not in tactics:
            return f"the tree has no tactic {name!r}; {nearest(name, tactics)}"
        if not math.isfinite(value) or not low <= value <= high:
            return f"the weight of {name} must be in [{low:g}, {high:g}], got {value:g}"
    return None


def static_fault(
    environment: BatchEnvironment,
    tree: Tree,
    candidate: WeightSet,
    deployed: WeightSet,
    *,
    settings: GateSettings,
    whitelist: frozenset[str] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> str | None:
    """Step 1: everything that can be said without playing; one sentence, None when all is well.

    Skipped, it still refuses what cannot be played at all.

    Args:
        environment: its facts and actions must cover what the tree reads and does.
        tree: the candidate's.
        candidate: weights that are proposed.
        deployed: weights in use.
        settings: `cap` and `skip`.
        whitelist: tactics that may move; None for all.
        bounds: narrower bounds of single tactics; a weight outside may only come nearer.
    """
    asked = STATIC not in settings.skip
    try:
        tree.program(environment.facts.names, environment.actions)
    except TreeError as error:
        return str(error)
    widest = (MIN_WEIGHT, MAX_WEIGHT) if asked else PLAYABLE
    fault = weights_fault(candidate.weights, tree.tactics, *widest)
    if fault is not None:
        return fault
    if any(not 0.0 < value < math.inf for value in deployed.weights.values()):
        return "a deployed weight is not positive and finite"
    if not asked:
        return None
    before = {name: deployed.weights.get(name, 1.0) for name in tree.tactics}
    after = {name: candidate.weights.get(name, 1.0) for name in tree.tactics}
    cap = math.inf if candidate.origin in EXEMPT else settings.cap
    return step_fault(before, after, cap=cap, whitelist=whitelist, bounds=bounds or {})


def step_fault(
    before: Mapping[str, float],
    after: Mapping[str, float],
    *,
    cap: float,
    whitelist: frozenset[str] | None = None,
    bounds: Mapping[str, tuple[float, float]],
    widest: tuple[float, float] = PLAYABLE,
) -> str | None:
    """What is wrong with a step between two weight sets; one sentence, None when all is well.

    Args:
        before, after: positive factors of the same tactics.
        cap: largest relative change; infinity for none.
        whitelist: tactics that may move; None for all.
        bounds: of single tactics; a weight that stands outside may only come nearer.
        widest: bounds of the others, in the same sense.
    """
    for name, new in after.items():
        old = before[name]
        if new != old and whitelist is not None and name not in whitelist:
            return f"{name} must not move, it went from {old:g} to {new:g}"
        moved = abs(new / old - 1.0)
        if moved > cap + SLACK:
            return f"{name} moved by {moved:.0%}, at most {cap:.0%} is allowed"
        low, high = bounds.get(name, widest)
        if _outside(new, low, high) > _outside(old, low, high) + SLACK:
            return f"the weight of {name} must be in [{low:g}, {high:g}]"
    return None


def _outside(weight: float, low: float, high: float) -> float:
    return max(0.0, low - weight, weight - high)
