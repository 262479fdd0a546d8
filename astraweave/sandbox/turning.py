"""When did play turn? A sequential test on paired differences that knows no bound and no scale.

Where nothing changed, the two of a pair might as well stand the other way round: whatever a
difference's size, its sign is a fair coin. So a gambler who bets b(|d|) ∈ [0, 1) on the sign, by
what was seen before and by this size, plays a fair game, and reaches 1/α with probability at most
α (Ville's inequality; de la Peña 1999 for symmetric sums). b = z/√(1 + z²) with z = c·|d|/s,
s the root mean square of the differences so far: nearly the best bet on a normal shift by c·s
(that is tanh z). Three gamblers expect .2, .4 and .7; E is their mean wealth.

The bounded test of `eprocess` may stake little on a reward that varies by a tenth of its span:
for a shift by half a standard deviation it took 53 to 140 pairs in the median, this one 27.
Refuses to say more than that something turned: a difference whose mean is 0 and whose sides are
unlike is a change, too.
"""

import numpy as np
import numpy.typing as npt

from astraweave.errors import UsageError
from astraweave.model.arguments import public

EFFECTS = (0.2, 0.4, 0.7)
"""What the gamblers expect, in root mean squares of a difference."""
ALPHA = 0.05

Floats = npt.NDArray[np.float64]


def log_wealth(differences: npt.ArrayLike) -> Floats:
    """ln E_n after each difference, float64[..., n], against "no side is favoured".

    Args:
        differences: float64[..., n], oldest first; positive is the side that is bet on. Leading
            axes are histories of their own.

    Raises:
        UsageError: a difference that is not finite, or one alone instead of a list.
    """
    try:
        d = np.asarray(differences, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        what = "differences must be numbers"
        raise UsageError(what=what, got=differences, where="turning") from error
    if d.ndim == 0:
        raise UsageError(what="differences must be a list", got=differences, where="turning")
    if not np.isfinite(d).all():
        raise UsageError(
            what="differences must be finite", got=str(d[~np.isfinite(d)][:3]), where="turning"
        )
    # In units of the largest, so that no square overflows.
    largest = np.abs(d).max(axis=-1, keepdims=True, initial=0.0)
    d = d / np.where(largest > 0.0, largest, 1.0)
    squares = np.cumsum(d * d, axis=-1) / np.arange(1, d.shape[-1] + 1)
    size = np.where(squares > 0.0, np.sqrt(squares), 1.0)
    paths = []
    for effect in EFFECTS:
        z = effect * d / size
        paths.append(np.cumsum(np.log1p(z / np.sqrt(1.0 + z * z)), axis=-1))
    best = np.max(paths, axis=0)
    return np.asarray(best + np.log(np.mean(np.exp(np.array(paths) - best), axis=0)))


@public
def turned_at(differences: npt.ArrayLike, alpha: float = ALPHA) -> int | None:
    """After how many differences E first reached 1/α; None where it never did.

    Args:
        differences: float64[n], as for `log_wealth`.
        alpha: error rate, in (0, 1).

    Raises:
        UsageError: a difference that is not finite, or alpha out of range.
    """
    if not 0.0 < alpha < 1.0:
        raise UsageError(what="alpha must be in (0, 1)", got=alpha, where="turning")
    hit = log_wealth(differences) >= -np.log(alpha)
    return int(hit.argmax()) + 1 if hit.any() else None
