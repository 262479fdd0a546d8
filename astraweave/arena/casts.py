"""Casts of players by counter: the shipped bots in turn, or one person as a profile believes them.

Seed i decides row i alone, on every machine the same; refuses nothing.
"""

import functools

import msgspec
import numpy as np
import numpy.typing as npt

from astraweave.arena.kernels.layout import TRAITS
from astraweave.arena.players import Floats, Style, bot_row, load_shipped, shipped_names
from astraweave.model.profile import PreferenceProfile

_ARCHETYPE, _POSTERIOR, _NAMED = 300, 301, 302
_RANGES_M = np.array([1.2, 7.5, 6.0])
"""Distance kept with melee, ranged and magic attacks."""
_KINDS = tuple(kind.name for kind in msgspec.structs.fields(Style))
_GROUPS = np.array([0, 2, 4, 4 + len(_KINDS)])
"""Shapes of the drawn shares: aggression, risk, kinds of action."""
_MOST = 1e9
"""No one is surer than that many observations."""


@functools.cache
def _rows(names: tuple[str, ...]) -> Floats:
    return np.array([bot_row(load_shipped(name)) for name in names])


def archetype_players(seeds: npt.NDArray[np.int64]) -> Floats:
    """One of the shipped bots a seed, each as likely; float64[n, TRAITS]."""
    return _one_a_seed(shipped_names(), seeds, _ARCHETYPE)


def bots_of(names: tuple[str, ...], seeds: npt.NDArray[np.int64]) -> Floats:
    """One of these a seed, of `player_names`, each as likely; float64[n, TRAITS].

    Raises:
        BotError: one of them is not shipped.
    """
    return _one_a_seed(names, seeds, _NAMED)


def _one_a_seed(names: tuple[str, ...], seeds: npt.NDArray[np.int64], stream: int) -> Floats:
    # Loads numba, which reading a bot does not need.
    from astraweave.arena.kernels.drawing import cast  # noqa: PLC0415

    rows = _rows(names)
    players = np.empty((len(seeds), rows.shape[1]))
    cast(rows, _int64(seeds), stream, players)
    return players


def posterior_players(profile: PreferenceProfile, seeds: npt.NDArray[np.int64]) -> Floats:
    """One player a seed, drawn from what is believed of a person.

    Aggression is drawn from its Beta posterior. The share of fights engaged at low health, r,
    sets engage_at_health = .6·(1 − r). Style shares come from a Dirichlet around the kinds'
    mean shares, as sure as what was seen. What a profile does not hold (range, healing) follows
    from the style.

    Returns:
        float64[n, TRAITS].
    """
    from astraweave.arena.kernels.drawing import dirichlets  # noqa: PLC0415  # as above

    drawn = dirichlets(_shapes(profile), _GROUPS, _int64(seeds), _POSTERIOR)
    bold, risk, kinds = drawn[:, 0], drawn[:, 2], drawn[:, 4:]
    rows = np.zeros((len(seeds), TRAITS))
    rows[:, :7] = np.maximum(kinds, 1e-6)
    # Sums written out: a product of matrices is added up differently from machine to machine.
    melee, ranged, magic = rows[:, 0], rows[:, 1], rows[:, 2]
    near, far, cast = _RANGES_M
    reach = (melee * near + ranged * far + magic * cast) / (melee + ranged + magic)
    # A person who rarely attacks keeps away, whatever the weapon.
    shy = np.clip((0.5 - bold) / 0.2, 0.0, 1.0) * (reach < 7.0)
    rows[:, 7] = 0.6 * (1.0 - risk)
    rows[:, 8] = reach + (7.0 - reach) * shy
    rows[:, 9] = 0.15 + 0.5 * kinds[:, 4]
    rows[:, 10], rows[:, 11] = bold, 0.02
    return rows


def _shapes(profile: PreferenceProfile) -> Floats:
    pattern = profile.playstyle
    shares = np.array([max(pattern.kinds.get(kind, 0.0), 1e-3) for kind in _KINDS])
    sure = min(max(pattern.aggression.opportunities, 1.0), 1000.0)
    traits = (pattern.aggression, pattern.risk_tolerance)
    betas = [shape for trait in traits for shape in (trait.alpha, trait.beta)]
    shapes = np.array([*betas, *(shares / shares.sum() * sure)], dtype=np.float64)
    return np.asarray(np.clip(shapes, 1e-6, _MOST))


def _int64(seeds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.ascontiguousarray(seeds, dtype=np.int64)
