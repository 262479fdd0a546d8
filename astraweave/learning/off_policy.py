"""What logged play says of weights that did not play it: two estimates, intervals, support.

*SNIPS* weighs each outcome by how much likelier the candidate would have made its choice
(Swaminathan & Joachims 2015); it needs no model. *DR* (Dudík, Langford & Li 2011) asks a direct
model first, posterior means of each tactic, and weighs only what the model did not expect: right
when either the propensities or the model are. Refuses decisions that the tree of today could not
make; they are left out.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from astraweave.behavior.flat.odds import drawn_by
from astraweave.learning.recent import Logged
from astraweave.learning.target import PRIOR_N

if TYPE_CHECKING:
    from astraweave.behavior import WeightedNode

Z_ONE_SIDED = 1.6448536269514722
Floats = npt.NDArray[np.float64]


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """Values per decision in [0, 1], and their difference candidate − deployed.

    low, high: bounds of the difference, 95 % each, so that 90 % lie between them. Measured over
    10 to 60 episodes: the truth is below `low` in 3–6 % of logs, above `high` in 6–8 %.
    """

    candidate: float = 0.0
    deployed: float = 0.0
    difference: float = 0.0
    low: float = -1.0
    high: float = 1.0


class OffPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Both estimates; `decisions` is the effective sample size (Kish) of the candidate's weights.

    episodes: those that had a decision to tell of.
    """

    snips: Estimate = Estimate()
    dr: Estimate = Estimate()
    decisions: float = 0.0
    episodes: int = 0


def evaluate(
    log: Sequence[Logged],
    nodes: "Sequence[WeightedNode]",
    candidate: Mapping[str, float],
    deployed: Mapping[str, float],
) -> OffPolicy:
    """Estimate two weight sets from decisions that were made by whatever versions.

    Each decision counts by the propensity it was made with. The bounds are Student's on the
    difference, its variance from whole episodes, so that decisions of one episode count as related
    and few episodes as few. The candidate comes from the same play, which flatters it a little.

    Args:
        log: recent episodes.
        nodes: the tree's WeightedFallbacks, for the designer's weights and the policy.
        candidate, deployed: learned factors by tactic.
    """
    parts = _parts(log, nodes, candidate, deployed)
    if not parts:
        return OffPolicy()
    new, old, y, expected, hoped_new, hoped_old = np.concatenate(parts, axis=1)
    ends = _ends(parts)
    squares = float(np.square(new).sum())
    surprise = y - expected
    return OffPolicy(
        snips=_estimate(*_snips(new, y), *_snips(old, y), ends),
        dr=_estimate(*_mean(hoped_new + new * surprise), *_mean(hoped_old + old * surprise), ends),
        decisions=float(new.sum()) ** 2 / squares if squares > 0.0 else 0.0,
        episodes=len(parts),
    )


class Realised(msgspec.Struct, frozen=True, kw_only=True):
    """What was earned a decision (`candidate`) beside what a baseline would have (`deployed`)."""

    estimate: Estimate = Estimate()
    decisions: int = 0
    episodes: int = 0


def realised(
    log: Sequence[Logged],
    nodes: "Sequence[WeightedNode]",
    baseline: Mapping[str, float],
    *,
    share: float = 1.0,
    z: float = Z_ONE_SIDED,
) -> Realised:
    """Compare what play earned with a share of what `baseline` would have, by DR, on the same.

    Args:
        log, nodes: as in `evaluate`.
        baseline: learned factors by tactic.
        share: of the baseline's worth that is compared with.
        z: normal quantile of the bounds.
    """
    parts = _parts(log, nodes, baseline, baseline)
    if not parts:
        return Realised()
    _, ratio, y, expected, _, hoped = np.concatenate(parts, axis=1)
    owed = share * (hoped + ratio * (y - expected))
    found = _estimate(*_mean(y), *_mean(owed), _ends(parts), z)
    return Realised(estimate=found, decisions=len(y), episodes=len(parts))


def _parts(
    log: Sequence[Logged],
    nodes: "Sequence[WeightedNode]",
    candidate: Mapping[str, float],
    deployed: Mapping[str, float],
) -> list[Floats]:
    """The columns of each episode that has any."""
    known = {node.name: node for node in nodes}
    told = [_told(episode, known) for episode in log]
    told = [rows for rows in told if rows]
    model = _Model(told)
    return [_columns(rows, model, known, candidate, deployed) for rows in told]


def _ends(parts: Sequence[Floats]) -> npt.NDArray[np.int64]:
    """Where to cut the decisions into episodes."""
    return np.cumsum([part.shape[1] for part in parts])[:-1]


class _Row(msgspec.Struct, frozen=True, array_like=True):
    """One decision: its node, what was available, which was taken, how likely, worth what."""

    node: str
    available: tuple[str, ...]
    place: int
    propensity: float
    y: float

    @property
    def tactic(self) -> str:
        return self.available[self.place]


def _told(episode: Logged, nodes: "Mapping[str, WeightedNode]") -> list[_Row]:
    """The decisions of an episode that the tree of today could make."""
    rows = [_Row(*episode.sets[at], place, p, y) for at, place, p, y in episode.decisions]
    return [r for r in rows if r.node in nodes and set(r.available) <= set(nodes[r.node].children)]


class _Model:
    """Posterior mean worth of each tactic of each node, from all episodes but the asked one.

    An episode that helped to make its own expectation would find itself less surprising than it is.
    """

    def __init__(self, told: Sequence[Sequence[_Row]]) -> None:
        self._all = _sums(row for rows in told for row in rows)

    def without(self, rows: Sequence[_Row]) -> dict[tuple[str, str], float]:
        """(node, tactic) → (n₀·ȳ + Σy)/(n₀ + n), ȳ the node's mean, ½ where nothing is known."""
        own, left = _sums(rows), {}
        nodes: dict[str, tuple[float, float]] = {}
        for (node, tactic), (s_all, n_all) in self._all.items():
            s_own, n_own = own.get((node, tactic), (0.0, 0.0))
            s, n = left[node, tactic] = (s_all - s_own, n_all - n_own)
            before = nodes.get(node, (0.0, 0.0))
            nodes[node] = (before[0] + s, before[1] + n)
        means = {node: s / n if n > 0 else 0.5 for node, (s, n) in nodes.items()}
        return {
            (node, tactic): (PRIOR_N * means[node] + s) / (PRIOR_N + n)
            for (node, tactic), (s, n) in left.items()
        } | {(node, ""): mean for node, mean in means.items()}


def _sums(rows: Iterable[_Row]) -> dict[tuple[str, str], tuple[float, float]]:
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for row in rows:
        s, n = found.get((row.node, row.tactic), (0.0, 0.0))
        found[row.node, row.tactic] = (s + row.y, n + 1.0)
    return found


def _columns(
    rows: Sequence[_Row],
    model: _Model,
    nodes: "Mapping[str, WeightedNode]",
    candidate: Mapping[str, float],
    deployed: Mapping[str, float],
) -> Floats:
    """What the estimates are made of, for one episode.

    Returns:
        float64[6, n]: π(a)/propensity under candidate and under deployed, y, what the model
        expected of the tactic taken, of the candidate and of the deployed.
    """
    means = model.without(rows)
    known: dict[tuple[str, tuple[str, ...]], list[tuple[float, ...]]] = {}
    columns = []
    for row in rows:
        key = (row.node, row.available)
        if key not in known:
            new, old = (
                chances_of(nodes[row.node], row.available, w) for w in (candidate, deployed)
            )
            hoped = [means.get((row.node, n), means[row.node, ""]) for n in row.available]
            both = [float(np.dot(chances, hoped)) for chances in (new, old)]
            known[key] = [(n, o, h, *both) for n, o, h in zip(new, old, hoped, strict=True)]
        n, o, h, hoped_new, hoped_old = known[key][row.place]
        p = row.propensity
        columns.append((n / p, o / p, row.y, h, hoped_new, hoped_old))
    return np.array(columns, dtype=np.float64).T


def chances_of(
    node: "WeightedNode", available: Sequence[str], factors: Mapping[str, float]
) -> list[float]:
    """Probability of each available child under weights designer × factor.

    A sorted node takes the heaviest, the first of equals; others draw by what their policy makes of
    all of its weights.
    """
    designed = dict(zip(node.children, node.weights, strict=True))
    weights = {name: designed[name] * factors.get(name, 1.0) for name in node.children}
    if node.policy == "sorted":
        best = max(available, key=weights.__getitem__)
        return [float(name == best) for name in available]
    drawn = drawn_by(node.policy, list(weights.values()), node.temperature)
    odds = dict(zip(node.children, drawn, strict=True))
    total = sum(odds[name] for name in available)
    return [odds[name] / total for name in available]


def _snips(ratios: Floats, y: Floats) -> tuple[float, Floats]:
    """The estimate, and by how much each decision moves it, in units of 1/n."""
    total = ratios.sum()
    if total <= 0:
        return 0.0, np.zeros_like(y)
    value = float((ratios * y).sum() / total)
    return value, ratios * (y - value) * len(y) / total


def _mean(values: Floats) -> tuple[float, Floats]:
    """The same for a plain mean."""
    value = float(values.mean())
    return value, values - value


def _estimate(
    new: float,
    moves_new: Floats,
    old: float,
    moves_old: Floats,
    ends: npt.NDArray[np.int64],
    z: float = Z_ONE_SIDED,
) -> Estimate:
    """Both values with the bounds of their difference; `ends` cut the decisions into episodes."""
    moves = moves_new - moves_old
    clusters = np.array([part.sum() for part in np.split(moves, ends)])
    n, difference = len(clusters), new - old
    if n < 2:
        return Estimate(candidate=new, deployed=old, difference=difference)
    error = math.sqrt(float(np.square(clusters).sum()) * n / (n - 1)) / len(moves)
    reach = student(z, n - 1) * error
    return Estimate(
        candidate=new,
        deployed=old,
        difference=difference,
        low=difference - reach,
        high=difference + reach,
    )


def student(z: float, degrees: float) -> float:
    """The quantile of Student's t where the normal one is z; for 95 % to 1 % from 3 degrees on.

    Cornish-Fisher's expansion (Abramowitz & Stegun 26.7.5); for 99.9 % to 1 % from 8 on, below
    that too small by up to 10 % at 5.
    """
    v = float(degrees)
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )
