"""From careers to figures: ratios of means with intervals, drawn by resampling the seeds."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.learning.runs import Careers

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
    """J of the designer's weights and of the best ones: float64[people, seeds] each."""

    static: Floats
    best: Floats

    @property
    def clear(self) -> npt.NDArray[np.bool_]:
        """bool[people]: whose gap is more than two standard errors; the others are told apart."""
        gap = self.best - self.static
        error = gap.std(axis=1, ddof=1) / np.sqrt(gap.shape[1]) if gap.shape[1] > 1 else 0.0
        return np.asarray(gap.mean(axis=1) > 2.0 * error)


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
    gained = run.worth[who][:, :, when].mean(axis=2) - ends.static[who]
    return share(gained, (ends.best - ends.static)[who], rng)


def regret(run: Careers, ends: Ends, rng: np.random.Generator) -> tuple[float, float, float]:
    """Σ(J_oracle − J_e)/Σ(J_oracle − J_static) over all episodes that were played."""
    who = ends.clear
    lost = (ends.best[:, :, None] - run.worth[:, :, :-1]).mean(axis=2)
    return share(lost[who], (ends.best - ends.static)[who], rng)


def made_worse(run: Careers, static: Floats) -> Floats:
    """float64[people, seeds]: 1 where some ten-episode mean of J fell .02 below static."""
    played = run.worth[:, :, :-1]
    width = min(WINDOW, played.shape[2])
    sums = np.cumsum(np.pad(played, ((0, 0), (0, 0), (1, 0))), axis=2)
    means = (sums[:, :, width:] - sums[:, :, :-width]) / width
    return np.asarray((means.min(axis=2) < static - WORSE_BY).astype(np.float64))


def proportion(flags: Floats) -> tuple[float, float, float]:
    """A share with Wilson's 95 % interval."""
    n, z = flags.size, 1.96
    p = float(flags.mean())
    middle, spread = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return p, float((middle - spread) / (1 + z * z / n)), float((middle + spread) / (1 + z * z / n))
