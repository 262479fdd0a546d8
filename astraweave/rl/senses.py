"""Observations: float32, every number in [−1, 1], in the order of `FACT_NAMES` and `FIELD_NAMES`.

*facts* are what the companion's tree senses, each scaled from its declared range to [0, 1]. *field*
adds what stands around whoever perceives it: where the others are, as shares of the field's width
and height, and how he is himself.
"""

import numpy as np
import numpy.typing as npt

from astraweave.arena import FACTS, Fights
from astraweave.arena.declared import FIELD_H, FIELD_W, MOST_ENEMIES
from astraweave.arena.kernels import layout as at

Observations = npt.NDArray[np.float32]
FACT_NAMES: tuple[str, ...] = FACTS.names
ENEMIES = int(MOST_ENEMIES)
HANDS_TICKS, HEAL_TICKS = 60.0, 240.0
"""A second, and as long as a heal takes to be ready again."""
FIELD_NAMES: tuple[str, ...] = (
    *("hands_busy", "heal_wait", "stamina", "mana", "mate_dx", "mate_dy"),
    *(f"enemy_{n}_{what}" for what in ("dx", "dy", "health") for n in range(1, ENEMIES + 1)),
)
_LOW = FACTS.low.astype(np.float32)
_SPAN = FACTS.high.astype(np.float32) - _LOW
_SIGNED = np.array([name.endswith(("_dx", "_dy")) for name in FIELD_NAMES])


def bounds(observation: str) -> tuple[Observations, Observations]:
    """Least and greatest of each number, float32[k] each, of ``"facts"`` or ``"field"``."""
    signed = np.zeros(len(FACT_NAMES), np.bool_)
    if observation == "field":
        signed = np.concatenate((signed, _SIGNED))
    return np.where(signed, -1.0, 0.0).astype(np.float32), np.ones(len(signed), np.float32)


def names(observation: str) -> tuple[str, ...]:
    """What each number is."""
    return FACT_NAMES + FIELD_NAMES if observation == "field" else FACT_NAMES


def scaled(facts: npt.NDArray[np.float64]) -> Observations:
    """Facts, float64[n, f], as shares of their ranges; a new array."""
    shares = facts.astype(np.float32)  # as they were sensed
    shares -= _LOW
    shares /= _SPAN
    return shares


def around(fights: Fights, slot: int) -> Observations:
    """The field as the fighter in a slot (0 player, 1 companion) perceives it, float32[n, k].

    An enemy that is down, or not there, is at no distance and has no health.
    """
    now = fights.of_worlds(at.TICK)
    other = at.COMPANION if slot == at.PLAYER else at.PLAYER
    x, y = fights.of_friends(slot, at.X), fights.of_friends(slot, at.Y)
    health, full = fights.of_foes(at.HP), fights.of_foes(at.MAX_HP)
    up = health > 0.0
    own = (
        (fights.of_friends(slot, at.WAIT) - now) / HANDS_TICKS,
        (fights.of_friends(slot, at.HEAL_AT) - now) / HEAL_TICKS,
        fights.of_friends(slot, at.STAMINA) / 100.0,
        fights.of_friends(slot, at.MANA) / 100.0,
        (fights.of_friends(other, at.X) - x) / FIELD_W,
        (fights.of_friends(other, at.Y) - y) / FIELD_H,
    )
    missing = ENEMIES - health.shape[1]
    foes = (
        np.where(up, (fights.of_foes(at.X) - x[:, None]) / FIELD_W, 0.0),
        np.where(up, (fights.of_foes(at.Y) - y[:, None]) / FIELD_H, 0.0),
        np.divide(health, full, out=np.zeros_like(health), where=up),
    )
    columns = [np.clip(np.stack(own, axis=1), -1.0, 1.0)]
    columns += [np.pad(each, ((0, 0), (0, missing))) for each in foes]
    told = np.hstack(columns)
    told[:, :2] = np.maximum(told[:, :2], 0.0)
    return told.astype(np.float32)
