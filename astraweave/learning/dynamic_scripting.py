"""Dynamic scripting: the published baseline that our own learner is compared with.

Spronck, Ponsen, Sprinkhuizen-Kuyper & Postma 2006, "Adaptive game AI with dynamic scripting",
Machine Learning 63: after an episode the weights of the tactics that were used are raised or
lowered alike, by how far its fitness lay above or below break-even; the others make up for it, so
that the sum of the weights stays what it was. Whole-episode credit: a tactic that was used once is
paid like one that won the fight.

Refuses weights and fitness that mean nothing.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from astraweave.errors import InputError, WeightsError
from astraweave.model.weights import MAX_WEIGHT, MIN_WEIGHT

ROUNDS = 64
"""Rounds of handing on what bounds have cut; each fixes one weight at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptingSettings:
    """In units of a starting weight, 1 (the paper's 100).

    break_even: fitness, in (0, 1), at which nothing changes. penalty, reward: largest change, at
    fitness 0 and 1. low, high: bounds of a weight; with `clipping`, the first of the paper's two
    ways to scale difficulty, `high` is what limits how well it plays. cull_above: with top
    culling, the second, tactics whose weight exceeds this are not used; None culls none.
    """

    break_even: float = 0.3
    penalty: float = 0.3
    reward: float = 1.0
    low: float = MIN_WEIGHT
    high: float = MAX_WEIGHT
    cull_above: float | None = None

    def __post_init__(self) -> None:
        """Refuse settings under which nothing could be learned."""
        sizes = (self.penalty, self.reward, self.low, self.high)
        finite = all(map(math.isfinite, sizes)) and min(sizes) >= 0.0
        if not (finite and 0.0 < self.break_even < 1.0 and self.low < self.high):
            what = "0 < break_even < 1, penalty and reward at least 0, 0 <= low < high"
            raise InputError(what=what, got=str(self), where="ScriptingSettings")


def change(fitness: float, settings: ScriptingSettings) -> float:
    """ΔW of a used tactic: −P(b − F)/b below break-even, R(F − b)/(1 − b) above.

    Raises:
        InputError: fitness outside [0, 1].
    """
    if not 0.0 <= fitness <= 1.0:
        raise InputError(what="fitness must be in [0, 1]", got=fitness, where="dynamic scripting")
    b = settings.break_even
    if fitness < b:
        return -settings.penalty * (b - fitness) / b
    return settings.reward * (fitness - b) / (1.0 - b)


def updated(
    weights: Mapping[str, float],
    used: Iterable[str],
    fitness: float,
    settings: ScriptingSettings | None = None,
    *,
    share: float = 1.0,
) -> dict[str, float]:
    """The weights after one episode; their sum and order of names stay.

    Args:
        weights: tactic → weight, each within the bounds.
        used: tactics that were chosen in the episode; others than those in `weights` are nobody's.
        fitness: of the episode, in [0, 1].
        settings: None for the defaults.
        share: of an episode that this one counts, in [0, 1].

    Raises:
        WeightsError: a weight that is not finite or out of bounds.
        InputError: fitness outside [0, 1].
    """
    given = settings or ScriptingSettings()
    for name, weight in weights.items():
        if not given.low <= weight <= given.high:
            what = f"weight of {name!r} must be in [{given.low:g}, {given.high:g}]"
            raise WeightsError(what=what, got=weight, where="dynamic scripting", fix="clip it")
    delta, done = share * change(fitness, given), set(used) & set(weights)
    after = {
        name: min(given.high, max(given.low, weight + delta * (name in done)))
        for name, weight in weights.items()
    }
    rest = [name for name in weights if name not in done]
    owed = sum(weights.values()) - sum(after.values())
    # Where nobody unused is left to pay, those who gained give it back.
    return _handed(after, owed, rest or list(weights), given)


def playable(weights: Mapping[str, float], settings: ScriptingSettings) -> dict[str, float]:
    """The weights to play with: with top culling, what has grown too strong rests at the least."""
    if settings.cull_above is None:
        return dict(weights)
    least = settings.low if settings.low > 0.0 else MIN_WEIGHT
    culled = {n: least if w > settings.cull_above else w for n, w in weights.items()}
    return culled if any(w > least for w in culled.values()) else dict(weights)


def balanced(
    weights: Mapping[str, float],
    total: float,
    settings: ScriptingSettings,
    *,
    keep: Iterable[str] = (),
) -> dict[str, float]:
    """The weights with the sum `total`, inside the bounds; those in `keep` give and take last."""
    low, high = settings.low, settings.high
    after = {name: min(high, max(low, weight)) for name, weight in weights.items()}
    kept = set(keep)
    rest = [name for name in after if name not in kept]
    return _handed(after, total - sum(after.values()), rest or list(after), settings)


def _handed(
    weights: dict[str, float], owed: float, names: list[str], settings: ScriptingSettings
) -> dict[str, float]:
    """Share `owed` equally among `names`, inside the bounds; what one cannot take, the next do."""
    left = list(names)
    for _ in range(ROUNDS):
        if not left or abs(owed) < 1e-12:
            break
        each = owed / len(left)
        for name in left:
            before = weights[name]
            # Set, not added to: a sum of rounded numbers may lie a hair outside the bounds.
            weights[name] = min(settings.high, max(settings.low, before + each))
            owed -= weights[name] - before
        left = [n for n in left if settings.low < weights[n] < settings.high]
    if abs(owed) >= 1e-12 and set(names) != set(weights):
        rest = [name for name in weights if name not in names]
        return _handed(weights, owed, rest, settings)
    return weights
