"""What the draws of a batch are made from: the designer's weights times the learned factors.

The e^(w / temperature) of a softmax is computed here, once for all draws, so that both engines
draw alike. Refuses factors of another shape, and those that are not finite and above 0.
"""

import math
from collections.abc import Sequence as Order
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from astraweave.behavior import nodes
from astraweave.behavior.flat.program import Program
from astraweave.errors import WeightsError

Floats = npt.NDArray[np.float64]
TRIED = 0.1
"""Of a ranked choice: the odds of each beside the next heavier one."""
LEAST = 1e-200
"""Sums of such odds are still doubles, however many children there are."""
MOST_APART = 600.0
"""Widest range of weights, in temperatures: e^−600 is a double, and so are sums of such odds."""


def softened(weights: Order[float], temperature: float) -> list[float]:
    """Odds of a softmax: e^(w / temperature), by the heaviest's; each in [e^−600, 1].

    Raises:
        WeightsError: weights so far apart that the odds of the lightest would be 0.
    """
    top = max(weights)
    apart = (top - min(weights)) / temperature
    if not apart <= MOST_APART:
        raise WeightsError(
            what=f"weights of a softmax lie more than {MOST_APART:g} temperatures apart",
            got=f"{apart:.4g}",
            fix="raise the temperature, or take the policy sorted",
        )
    return [math.exp((w - top) / temperature) for w in weights]


def ranked(weights: Order[float]) -> list[float]:
    """Odds by place alone, each a tenth of the next heavier one's; ties: document order.

    Whatever is available, the heaviest of it is drawn nine times of ten or oftener.
    """
    order = sorted(range(len(weights)), key=lambda i: -weights[i])
    found, strength = [0.0] * len(order), 1.0
    for i in order:
        found[i] = strength
        strength = max(LEAST, TRIED * strength)
    return found


def drawn_by(policy: str, weights: Order[float], temperature: float) -> list[float]:
    """What a choice of this policy goes by, where its weights times factors are `weights`.

    Raises:
        WeightsError: as `softened`.
    """
    if policy == "softmax":
        return softened(weights, temperature)
    return ranked(weights) if policy == "ranked" else list(weights)


def odds(program: Program, factors: npt.ArrayLike, n: int) -> Floats:
    """What draws are made from, float64[1, tactics] for all agents or float64[n, tactics].

    Args:
        program: whose tactics they are.
        factors: learned, float64[tactics] or float64[n, tactics].
        n: how many agents there are.

    Raises:
        WeightsError: wrong shape, or a factor that is not finite and above 0.
    """
    tactics = len(program.tactics)
    table = np.atleast_2d(np.asarray(factors, np.float64))
    if table.shape not in ((1, tactics), (n, tactics)):
        raise WeightsError(
            what=f"factors must be float64[{tactics}] or float64[{n}, {tactics}]",
            got=f"shape {np.shape(factors)}",
            where="BatchTicker",
        )
    if len(table) > 1:
        return _odds(program, table)
    # The same for each batch of a verdict. Of arrays the bytes: somebody may write to them.
    return _kept(program, table.tobytes(), program.designer.tobytes())


@lru_cache(maxsize=64)
def _kept(program: Program, factors: bytes, designer: bytes) -> Floats:
    """`_odds` for all agents; nobody's to write to."""
    del designer
    table = _odds(program, np.frombuffer(factors)[None])
    table.flags.writeable = False
    return table


def _odds(program: Program, table: Floats) -> Floats:
    if not (np.isfinite(table).all() and (table > 0.0).all()):
        raise WeightsError(what="factors must be finite and above 0", where="BatchTicker")
    with np.errstate(over="ignore", under="ignore"):
        table = np.ascontiguousarray(table * program.designer)
    if not (np.isfinite(table).all() and (table > 0.0).all()):
        raise WeightsError(
            what="a factor times the designer's weight leaves the range of doubles",
            where="BatchTicker",
            fix="keep factors in [0.25, 4]",
        )
    first = 0
    for node in nodes.walk(program.root):
        if isinstance(node, nodes.WeightedFallback):
            last = first + len(node.children)
            if node.policy in ("softmax", "ranked"):
                for row in table[:, first:last]:
                    row[:] = drawn_by(node.policy, row.tolist(), node.temperature)
            first = last
    return table
