"""The best weights inside the bounds for one player, by search: what learning could reach at most.

Coordinates in turn over five values, then the moves that helped taken together, from two starts:
the designer's weights, and each tactic at the bound that its own worth asks for. The seeds of the
search are not those that judge what it found.
"""

import numpy as np
import numpy.typing as npt

from astraweave.learning.statistics import worth
from astraweave.model.weights import MAX_WEIGHT, MIN_WEIGHT
from bench.learning.field import Field

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
VALUES = (MIN_WEIGHT, 0.5, 1.0, 2.0, MAX_WEIGHT)
PASSES = 3
SEARCH_SEEDS = 1 << 40
TYPICAL_PLAY = 1.4
"""Reward of a fight that went as usual: the same for every tactic, so it does not rank them."""


def oracle(field: Field, player: Floats, fights: int = 256) -> Floats:
    """The best weights found, float64[tactics].

    Args:
        field: what is played.
        player: float64[TRAITS].
        fights: seeds of each comparison.
    """
    seeds = SEARCH_SEEDS + np.arange(fights)
    starts = [np.ones(len(field.tactics)), _greedy(field, player, seeds)]
    found = [_climbed(field, player, start, seeds) for start in starts]
    values = _values(field, player, np.array(found), SEARCH_SEEDS + fights + np.arange(4 * fights))
    return found[int(values.argmax())]


def _values(field: Field, player: Floats, factors: Floats, seeds: Ints) -> Floats:
    k = len(factors)
    return field.worth(factors, np.tile(player, (k, 1)), np.tile(seeds, (k, 1)))


def _climbed(field: Field, player: Floats, start: Floats, seeds: Ints) -> Floats:
    best = start
    for _ in range(PASSES):
        moves = [(i, v) for i in range(len(best)) for v in VALUES if v != best[i]]
        trials = np.tile(best, (len(moves) + 1, 1))
        for row, (i, v) in zip(trials[1:], moves, strict=True):
            row[i] = v
        values = _values(field, player, trials, seeds)
        gains: dict[int, tuple[float, float]] = {}
        for (i, v), value in zip(moves, values[1:] - values[0], strict=True):
            if value > gains.get(i, (0.0, 0.0))[0]:
                gains[i] = (float(value), v)
        # Together they are worth less than their sum: as many of the best as still help.
        joined = [best]
        for i, (_, v) in sorted(gains.items(), key=lambda item: -item[1][0]):
            joined.append(joined[-1].copy())
            joined[-1][i] = v
        values = _values(field, player, np.array(joined), seeds)
        if not values.argmax():
            break
        best = joined[int(values.argmax())]
    return best


def _greedy(field: Field, player: Floats, seeds: Ints) -> Floats:
    """Each tactic at the bound that its mean worth asks for."""
    n = len(seeds)
    rows = field.fights(
        np.ones((n, len(field.tactics))), np.tile(player, (n, 1)), seeds, versions=[0] * n
    )
    of: dict[str, list[float]] = {name: [] for name in field.tactics}
    for row in rows:
        for choice in row.conduct.choices:
            of[choice.tactic].append(worth(choice, TYPICAL_PLAY))
    means = np.array([np.mean(values) if values else np.nan for values in of.values()])
    middle = np.nanmean(means)
    return np.where(np.isnan(means), 1.0, np.where(means > middle, MAX_WEIGHT, MIN_WEIGHT))
