"""What the draws of a batch are made from: the designer's weights times the learned factors.

The e^(w / temperature) of a softmax is computed here, once for all draws, so that both engines
draw alike. Refuses factors of another shape, and those that are not finite and above 0.
"""

import math
from collections.abc import Sequence as Order

import numpy as np
import numpy.typing as npt

from astraweave.behavior import nodes
from astraweave.behavior.flat.program import Program
from astraweave.errors import WeightsError

Floats = npt.NDArray[np.float64]
LEAST = 2.0**-1000
"""Odds of what a softmax all but rules out: above 0, so that every sum of some is."""


def softened(weights: Order[float], temperature: float) -> list[float]:
    """Odds of a softmax: e^(w / temperature), by the heaviest's; each in (0, 1]."""
    top = max(weights)
    return [max(math.exp((w - top) / temperature), LEAST) for w in weights]


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
            if node.policy == "softmax":
                for row in table[:, first:last]:
                    row[:] = softened(row.tolist(), node.temperature)
            first = last
    return table
