"""The spaces of the arena, made anew at each call: whoever samples from one seeds it."""

from gymnasium import Space
from gymnasium.spaces import Box, Discrete

from astraweave.rl.senses import Observations, bounds
from astraweave.rl.stage import NONE


def observations(observation: str) -> Space[Observations]:
    """Of ``"facts"`` or ``"field"``; see `senses`."""
    low, high = bounds(observation)
    return Box(low, high)


def tactics() -> Discrete:
    """What a companion can be told: the index of a tactic, or `NONE`."""
    return Discrete(NONE + 1)
