"""Which archetype a person plays like, episode by episode, and when that changed.

A fixed-share filter (Herbster & Warmuth 1998): before each episode a little of the belief moves
to all others, since a person may change any day; then the episode's counts are weighed. Beside
the archetypes stands the unknown, who has shares of their own: any at first, and then those of
the last episodes. So whoever keeps to a style that is in no library is called unknown however
near an archetype comes, and not only who is far from all. How much of the play is lapse (any
action at all), and how closely episodes resemble each other, is not known either: the belief is
over archetype, lapse and closeness together, and a change of archetype keeps the other two.

Refuses to look back: a belief, one episode's counts and the library, nothing else.
"""

import math
from functools import cache
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from astraweave.errors import InputError
from astraweave.model.actions import KINDS
from astraweave.model.episode import Count, Name, NonNegative, Unit
from astraweave.playstyle.archetypes import UNKNOWN, Library

HAZARD = 1.0 / 40.0
"""How likely a person is to change from one episode to the next."""
LAPSES = (0.0, 0.15, 0.3, 0.45)
CLOSENESS = (1.0, 2.0)
"""Multiples of the library's kappa that an episode may keep to its shares with."""
OWN_DECAY = 0.85
"""What the person's own shares remember of an episode after the next: some six or seven count."""
CONFIRMED_AT = 0.9
RUNNING = 2
"""A new archetype is confirmed when it leads with more than .9 in two episodes running."""

Floats = npt.NDArray[np.float64]
_WIDTHS = len(LAPSES), len(LAPSES) * len(CLOSENESS)
"""Length of a row of masses: as it was before closeness was part of the belief, and as it is."""
Row = Annotated[tuple[Unit, ...], Meta(min_length=_WIDTHS[0], max_length=_WIDTHS[1])]


class Belief(msgspec.Struct, frozen=True, kw_only=True):
    """Masses by archetype, lapse and closeness; they sum to 1.

    names: the archetypes, then unknown. masses: a row each, over `LAPSES` × `CLOSENESS`.
    confirmed: how the person plays; None until that is known. leader: who has led with more than
    .9, for `running` episodes. switched_at: the number of the episode (from 1) in which
    `confirmed` last changed, or the unknown became another unknown. own: the person's last
    actions of each kind, in independent ones. odd: those of the last episodes, where they are
    likelier someone else's than `own` lets expect, by `gain` nats.
    """

    names: tuple[Name, ...]
    masses: tuple[Row, ...]
    episodes: Count = 0
    confirmed: str | None = None
    leader: str | None = None
    running: Count = 0
    switched_at: Count = 0
    own: tuple[NonNegative, ...] = ()
    odd: tuple[NonNegative, ...] = ()
    gain: NonNegative = 0.0

    def of(self, name: str) -> float:
        """Mass of one archetype, whatever the lapse; 0 for one that is not in the library."""
        return sum(self.masses[self.names.index(name)]) if name in self.names else 0.0

    @property
    def top(self) -> str:
        """The likeliest; the first of equals."""
        return max(self.names, key=self.of)

    @property
    def is_whole(self) -> bool:
        """Whether these masses can have come from `observed`: a row a name, together 1."""
        total = sum(map(sum, self.masses))
        even = {len(row) for row in self.masses} in [{width} for width in _WIDTHS]
        finite = all(map(math.isfinite, self.own)) and len(self.own) <= len(KINDS)
        return len(self.masses) == len(self.names) and even and finite and abs(total - 1.0) < 1e-6

    @property
    def lapse(self) -> float:
        """Expected lapse."""
        by_lapse = np.array(self.masses).sum(axis=0).reshape(len(LAPSES), -1).sum(axis=1)
        return float(by_lapse @ _LAPSES)


def beginning(library: Library) -> Belief:
    """Everything is open: the same mass everywhere."""
    names = library.names
    row = (1.0 / (len(names) * _WIDTHS[1]),) * _WIDTHS[1]
    return Belief(names=names, masses=(row,) * len(names))


def observed(belief: Belief, counts: Floats, library: Library, *, hazard: float = HAZARD) -> Belief:
    """The belief after one more episode.

    q⁻(k) = (1 − h)q(k) + h(1 − q(k))/(K − 1), then q ∝ q⁻ · DirMult(counts | κ[(1 − ℓ)π + ℓ/A]),
    for the unknown · DirMult(counts | what their own play so far says).
    An episode without any action tells nothing, and no time passes in it.

    Args:
        belief: of the same library; a belief of another one begins anew.
        counts: float64[kinds], player actions of each kind, ≥ 0 and finite.
        library: the archetypes.
        hazard: h, in [0, 1).

    Raises:
        InputError: counts that are no counts.
    """
    if not (np.isfinite(counts).all() and (counts >= 0.0).all()):
        raise InputError(what="counts must be finite and at least 0", got=str(counts), where="play")
    if belief.names != library.names:
        belief = beginning(library)
    if not counts.any():
        return belief
    kappas, own = library.kappa * _CLOSENESS, _padded(belief.own, len(counts))
    likely = np.empty((len(belief.names), _WIDTHS[1]))
    odd = _padded(belief.odd, len(counts))
    # Whether an unknown has changed: h before any odd play, and then by what that spoke for.
    speaks = hazard * math.exp(min(500.0, belief.gain))
    changed = speaks / (1.0 - hazard + speaks)
    _dirichlet().log_masses(
        *(counts, library.shares(), _LAPSES, kappas), own, odd, min(changed, 1.0 - 1e-9), likely
    )
    masses = _moved(_widened(belief), hazard) * np.exp(likely - likely.max())
    masses /= masses.sum()
    # Actions of one episode resemble each other: n of them are worth n·κ/(n + κ).
    scatter = float(masses.sum(axis=0) @ np.tile(1.0 / kappas, len(LAPSES)))
    play = counts / (1.0 + float(counts.sum()) * scatter)
    # An odd evening, and then as ever: however odd it was, nobody has changed.
    step = _dirichlet().log_odds(counts, own, odd, library.kappa)
    gain = belief.gain + step
    other = step > 0.0 and bool(odd.any()) and gain > _surprise(hazard)
    if other:
        own, odd, gain = odd + play, np.zeros(0), 0.0
    elif step > 0.0 and own.any():
        odd = odd + play
    else:
        own, odd, gain = OWN_DECAY * (own + odd) + play, np.zeros(0), 0.0
    told = _told(belief, masses, other=other)
    return msgspec.structs.replace(
        told, own=tuple(own.tolist()), odd=tuple(odd.tolist()), gain=gain
    )


def _padded(values: tuple[float, ...], kinds: int) -> Floats:
    found = np.zeros(kinds)
    found[: len(values)] = values
    return found


def _surprise(hazard: float) -> float:
    """By how many nats play must speak for someone else before that is .9 sure."""
    if hazard <= 0.0:
        return math.inf
    return math.log((1.0 - hazard) / hazard * CONFIRMED_AT / (1.0 - CONFIRMED_AT))


def _widened(belief: Belief) -> Floats:
    """float64[names, lapses × closeness]; of a belief without closeness, all alike."""
    masses = np.array(belief.masses)
    missing = _WIDTHS[1] // masses.shape[1]
    return masses if missing == 1 else np.repeat(masses / missing, missing, axis=1)


_LAPSES, _CLOSENESS = np.array(LAPSES), np.array(CLOSENESS)


def _moved(masses: Floats, hazard: float) -> Floats:
    """A share h of each archetype's mass goes to the others, lapse by lapse."""
    others = len(masses) - 1
    if others < 1:
        return masses
    moved = hazard * (masses.sum(axis=0) - masses) / others
    return np.asarray((1.0 - hazard) * masses + moved)


def _told(belief: Belief, masses: Floats, *, other: bool) -> Belief:
    """The belief with these masses; confirms whoever has led long enough.

    other: the person has twice played as they never did; an unknown is then another unknown.
    """
    total = masses.sum(axis=1)
    top = belief.names[int(total.argmax())]
    sure = float(total.max()) > CONFIRMED_AT
    leader = top if sure else None
    running = (belief.running + 1 if leader == belief.leader else 1) if sure else 0
    episodes = belief.episodes + 1
    confirmed, switched_at = belief.confirmed, belief.switched_at
    again = other and top == confirmed == UNKNOWN
    if again or (running >= RUNNING and leader != confirmed):
        confirmed, switched_at = top, episodes
    return Belief(
        names=belief.names,
        masses=tuple(map(tuple, np.minimum(1.0, masses).tolist())),
        episodes=episodes,
        confirmed=confirmed,
        leader=leader,
        running=running,
        switched_at=switched_at,
    )


@cache
def _dirichlet() -> Any:
    """The compiled distribution, loaded with numba when a person is first looked at."""
    from astraweave.playstyle.kernels import dirichlet  # noqa: PLC0415

    return dirichlet
