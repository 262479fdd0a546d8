"""From careers to figures: ratios of means with intervals, drawn by resampling the seeds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.learning.runs import Careers, block_of

Floats = npt.NDArray[np.float64]
RESAMPLES = 1000
WINDOW, WORSE_BY = 10, 0.02
STEADY = slice(20, 41)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure with its 95 % interval. `met`: None where there is no target."""

    name: str
    value: float
    low: float
    high: float
    target: str = ""
    met: bool | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """J of the designer's weights and of the best ones by block: float64[people, blocks] each."""

    static: Floats
    best: Floats

    @property
    def clear(self) -> npt.NDArray[np.bool_]:
        """bool[people]: whose gap is more than two standard errors; the others are told apart."""
        gap = self.best - self.static
        error = gap.std(axis=1, ddof=1) / np.sqrt(gap.shape[1]) if gap.shape[1] > 1 else 0.0
        return np.asarray(gap.mean(axis=1) > 2.0 * error)

    def gained(self, run: Careers) -> Floats:
        """float64[people, seeds, episodes + 1]: J above the static weights' in the same fights.

        Where it was not measured it is what it was before.
        """
        found = run.worth - self._at(self.static, run)
        for e in range(1, found.shape[2]):
            missing = np.isnan(found[:, :, e])
            found[:, :, e] = np.where(missing, found[:, :, e - 1], found[:, :, e])
        return np.asarray(found)

    def gap(self, run: Careers) -> Floats:
        """float64[people, seeds, episodes + 1]: what there was to gain in the same fights."""
        return self._at(self.best - self.static, run)

    def _at(self, values: Floats, run: Careers) -> Floats:
        return np.asarray(values[:, block_of(values.shape[1], *run.worth.shape[1:])])


def share(above: Floats, below: Floats, rng: np.random.Generator) -> tuple[float, float, float]:
    """Ratio of means over people and seeds, and 2.5 and 97.5 % over resampled seeds.

    Args:
        above, below: float64[people, seeds].
        rng: draws the resamples.
    """
    if not above.size or not below.sum():
        return float("nan"), float("nan"), float("nan")
    n = above.shape[1]
    drawn = rng.integers(0, n, (RESAMPLES, n))
    ratios = above.sum(axis=0)[drawn].sum(axis=1) / below.sum(axis=0)[drawn].sum(axis=1)
    low, high = np.quantile(ratios, (0.025, 0.975))
    return float(above.sum() / below.sum()), float(low), float(high)


def gap_closed(
    run: Careers, ends: Ends, when: slice, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Share of the gap static → oracle that is closed after these episodes, of clear people."""
    who = ends.clear
    gained, gap = ends.gained(run)[who][:, :, when], ends.gap(run)[who][:, :, when]
    return share(gained.mean(axis=2), gap.mean(axis=2), rng)


def regret(run: Careers, ends: Ends, rng: np.random.Generator) -> tuple[float, float, float]:
    """Σ(J_oracle − J_e)/Σ(J_oracle − J_static) over all episodes that were played."""
    who = ends.clear
    gap, gained = ends.gap(run)[who, :, :-1], ends.gained(run)[who, :, :-1]
    return share((gap - gained).mean(axis=2), gap.mean(axis=2), rng)


def made_worse(run: Careers, ends: Ends) -> Floats:
    """float64[people, seeds]: 1 where some ten-episode mean of J fell .02 below static."""
    played = ends.gained(run)[:, :, :-1]
    width = min(WINDOW, played.shape[2])
    sums = np.cumsum(np.pad(played, ((0, 0), (0, 0), (1, 0))), axis=2)
    means = (sums[:, :, width:] - sums[:, :, :-width]) / width
    return np.asarray((means.min(axis=2) < -WORSE_BY).astype(np.float64))


def proportion(flags: Floats) -> tuple[float, float, float]:
    """A share with Wilson's 95 % interval."""
    n, z = flags.size, 1.96
    p = float(flags.mean())
    middle, spread = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return p, float((middle - spread) / (1 + z * z / n)), float((middle + spread) / (1 + z * z / n))


def interval(
    rows: Floats,
    of: Callable[[Floats], float],
    rng: np.random.Generator,
    *,
    resamples: int = 300,
) -> tuple[float, float, float]:
    """A figure of rows, and 2.5 and 97.5 % of it over resampled columns.

    Args:
        rows: float64[k, n]; n are runs.
        of: float64[k, n] → the figure.
        rng: draws the resamples.
        resamples: how many.
    """
    n = rows.shape[1]
    drawn = [of(rows[:, rng.integers(0, n, n)]) for _ in range(resamples)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return of(rows), float(low), float(high)


def judged(name: str, found: tuple[float, float, float], target: float | None) -> Figure:
    """A figure against its target: at least, or at most where the target is below 0."""
    value, low, high = found
    if target is None:
        return Figure(name=name, value=value, low=low, high=high)
    if target < 0.0:
        met, word = value <= -target, f"≤ {-target:g}"
    else:
        met, word = value >= target, f"≥ {target:g}"
    return Figure(name=name, value=value, low=low, high=high, target=word, met=met)
