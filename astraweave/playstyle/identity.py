"""Who is playing: the same person told again in another level, from how they move and act.

What a level makes of everybody is taken out first (`centred`), then directions in which one person
varies from level to level count less (`Likeness`). Refuses to judge an episode by itself: the query
has no share in what it is compared with.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

SHRINKAGE = 0.9
"""Weight of the identity against what was seen of how a person varies: a few episodes each say
little about some hundred features."""
NOTHING = 1e-9
"""What varies by less is rounding: it tells nobody from anybody."""
_Floats = npt.NDArray[np.float64]


def centred(values: _Floats, groups: Sequence[Hashable]) -> _Floats:
    """Each row less the mean of the *other* rows of its group: float64[n, m].

    Args:
        values: float64[n, m], finite.
        groups: of each row what all play alike: the level, the role in it. A row alone in its
            group is compared with all others.
    """
    members: dict[Hashable, list[int]] = {}
    for i, group in enumerate(groups):
        members.setdefault(group, []).append(i)
    everyone = list(range(len(values)))
    out = np.zeros_like(values)
    for own in members.values():
        rows = own if len(own) > 1 else everyone
        total = values[rows].sum(axis=0)
        others = len(rows) - 1
        for i in own:
            if others:
                out[i] = values[i] - (total - values[i]) / others
    return out


class Likeness(NamedTuple):
    """A distance between episodes and people, fitted to some episodes of each.

    people: str[k], sorted. centres: float64[k, m], unit vectors. scale: float64[m].
    whiten: float64[m, m].
    """

    people: tuple[str, ...]
    centres: _Floats
    scale: _Floats
    whiten: _Floats

    @classmethod
    def fit(cls, values: _Floats, people: Sequence[str], shrinkage: float = SHRINKAGE) -> Self:
        """Learn it from centred features of people that are known.

        Linear discriminant analysis with a shrunken within-person covariance (Friedman 1989), and
        the angle in place of the length: how clearly somebody is themselves differs by level.

        Args:
            values: float64[n, m] from `centred`.
            people: str[n], whose each row is.
            shrinkage: in (0, 1].
        """
        scale = values.std(axis=0)
        scale = np.where(scale > NOTHING, scale, 1.0)
        scaled = values / scale
        names = tuple(sorted(set(people)))
        whose = np.searchsorted(names, people)
        means = np.array([scaled[whose == k].mean(axis=0) for k in range(len(names))])
        rest = scaled - means[whose]
        within = rest.T @ rest / max(1, len(scaled) - len(names))
        level = max(NOTHING, float(np.diag(within).mean()))
        within = (1.0 - shrinkage) * within + shrinkage * level * np.eye(len(within))
        whiten = np.linalg.cholesky(np.linalg.inv(within))
        return cls(names, _unit(means @ whiten), scale, whiten)

    def distances(self, values: _Floats) -> _Floats:
        """One minus the cosine to each person, float64[n, k] in [0, 2]; smaller is more alike."""
        distance: _Floats = 1.0 - _unit(values / self.scale @ self.whiten) @ self.centres.T
        return distance


class Found(NamedTuple):
    """Whom one episode was taken for, by the same people's episodes of other groups.

    rank: place of its own player, from 1. among: how many people were to be chosen from.
    nearest: the first of them. partner_further: whether the one who played beside them is less
    like it, None where nobody known did.
    """

    row: int
    rank: int
    among: int
    nearest: str
    partner_further: bool | None


def identify(
    values: _Floats,
    people: Sequence[str],
    levels: Sequence[Hashable],
    roles: Sequence[Hashable],
    partners: Sequence[str | None],
) -> tuple[Found, ...]:
    """Each level held out in turn: who played it, told by all other levels.

    Args:
        values: float64[n, m] of `rhythm.features`.
        people, levels, roles, partners: of each row; rows are centred by level and role. A row
            whose player is seen in its own level alone is left out.
    """
    rows = centred(values, list(zip(levels, roles, strict=True)))
    found: list[Found] = []
    for level in dict.fromkeys(levels):
        asked = [i for i, each in enumerate(levels) if each == level]
        known = [i for i, each in enumerate(levels) if each != level]
        if not known:
            continue
        likeness = Likeness.fit(rows[known], [people[i] for i in known])
        place = {name: k for k, name in enumerate(likeness.people)}
        for i, distance in zip(asked, likeness.distances(rows[asked]), strict=True):
            if people[i] in place:
                found.append(_found(i, distance, place, people[i], partners[i]))
    return tuple(sorted(found))


def _found(
    row: int, distance: _Floats, place: dict[str, int], person: str, partner: str | None
) -> Found:
    own = float(distance[place[person]])
    beside = None if partner is None else place.get(partner)
    return Found(
        row=row,
        rank=1 + int((distance < own).sum()),
        among=len(distance),
        nearest=next(name for name, k in place.items() if k == int(distance.argmin())),
        partner_further=None if beside is None else bool(own < distance[beside]),
    )


def _unit(rows: _Floats) -> _Floats:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: _Floats = rows / np.where(length > NOTHING, length, np.inf)
    return unit
