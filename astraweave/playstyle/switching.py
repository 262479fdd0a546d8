"""Which archetype a person plays like, episode by episode, and when that changed.

A fixed-share filter (Herbster & Warmuth 1998): before each episode a little of the belief moves
to all others, since a person may change any day; then the episode's counts are weighed. Nobody
plays exactly like an archetype: a person of it has shares near its own, which are learned as they
play, and beside the archetypes stands who fits none of them (`unknown`). How much of the play is
lapse (any action at all), and how closely episodes resemble each other, is not known either: the
belief is over archetype, lapse and closeness together; a change of archetype keeps the other two.

Refuses to look back: a belief, one episode's counts and the library, nothing else.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from astraweave.errors import InputError
from astraweave.model.actions import KINDS
from astraweave.model.episode import Count, Name, Unit
from astraweave.playstyle.archetypes import MOST, UNKNOWN, Library
from astraweave.playstyle.unknown import FLOOR, TINY, Row, Unknown, begun, guesses

HAZARD = 1.0 / 40.0
"""How likely a person is to change from one episode to the next."""
UNKNOWN_FIRST, UNKNOWN_LATER, UNKNOWN_AGAIN = 0.3, 0.1, 0.5
"""How likely someone fits no archetype: before any play; once changed, from one; from none."""
LAPSES = (0.0, 0.15, 0.3, 0.45)
CLOSENESS = (1.0 / 3.0, 1.0, 3.0, 12.0)
"""Multiples of the library's kappa that an episode may keep to its shares with."""
ALIKE, LAPSE_ALIKE = 400.0, 30.0
"""Who is of an archetype has its shares up to a Dirichlet of this sum: some .1 off (Σ|difference|);
and lapses in shares of their own, up to a Dirichlet of the second."""
CONFIRMED_AT = 0.9
RUNNING = 2
"""A new archetype is confirmed when it leads with more than .9 in two episodes running."""

Floats = npt.NDArray[np.float64]
_WIDTHS = len(LAPSES), 2 * len(LAPSES), len(LAPSES) * len(CLOSENESS)
"""Length of a row of masses: in saves before closeness, with two of it, and now."""
Masses = Annotated[tuple[Unit, ...], Meta(min_length=_WIDTHS[0], max_length=_WIDTHS[-1])]


class Belief(msgspec.Struct, frozen=True, kw_only=True):
    """Masses by archetype, lapse and closeness; they sum to 1.

    names: the archetypes, then unknown. masses: a row each, over `LAPSES` × `CLOSENESS`.
    confirmed: how the person plays; None until that is known. leader: who has led with more than
    .9, for `running` episodes. switched_at: the number of the episode (from 1) in which
    `confirmed` last changed, or the unknown became another unknown. ways: by archetype, what the
    person played while of it, of each kind, in independent actions. unknown: who they are if of
    none. settled: what the confirmed unknown played, to tell another one by.
    """

    names: tuple[Name, ...]
    masses: tuple[Masses, ...]
    episodes: Count = 0
    confirmed: str | None = None
    leader: str | None = None
    running: Count = 0
    switched_at: Count = 0
    ways: Annotated[tuple[Row, ...], Meta(max_length=MOST)] = ()
    unknown: Unknown | None = None
    settled: Annotated[Row, Meta(max_length=len(KINDS))] = ()

    def of(self, name: str) -> float:
        """Mass of one archetype, whatever the lapse; 0 for one that is not in the library."""
        return sum(self.masses[self.names.index(name)]) if name in self.names else 0.0

    @property
    def top(self) -> str:
        """`UNKNOWN` if that is likelier than not, else the likeliest archetype."""
        return self.names[_top([sum(row) for row in self.masses])]

    @property
    def is_whole(self) -> bool:
        """Whether these masses can have come from `observed`: a row a name, together 1."""
        total = sum(map(sum, self.masses))
        even = {len(row) for row in self.masses} in [{width} for width in _WIDTHS]
        known = [len(row) == len(KINDS) and all(map(math.isfinite, row)) for row in self.ways]
        known += [all(map(math.isfinite, self.settled)) and len(self.settled) in (0, len(KINDS))]
        archetypes = len(self.names) - 1
        fits = (
            len(self.masses) == len(self.names) and len(self.ways) in (0, archetypes) and all(known)
        )
        stranger = self.unknown is None or self.unknown.is_whole(archetypes)
        return fits and even and stranger and abs(total - 1.0) < 1e-6

    @property
    def lapse(self) -> float:
        """Expected lapse."""
        by_lapse = np.array(self.masses).sum(axis=0).reshape(len(LAPSES), -1).sum(axis=1)
        return float(by_lapse @ _LAPSES)


def beginning(library: Library) -> Belief:
    """Nothing is known: each archetype is as likely as any other."""
    names = library.names
    known = (1.0 - UNKNOWN_FIRST) / ((len(names) - 1) * _WIDTHS[-1])
    rows = [(known,) * _WIDTHS[-1]] * (len(names) - 1)
    masses = (*rows, (UNKNOWN_FIRST / _WIDTHS[-1],) * _WIDTHS[-1])
    return Belief(names=names, masses=masses)


def observed(belief: Belief, counts: Floats, library: Library, *, hazard: float = HAZARD) -> Belief:
    """The belief after one more episode.

    An episode without any action of a kind that can be done tells nothing, and no time passes
    in it.

    Args:
        belief: of the same library; a belief of another one begins anew.
        counts: float64[kinds], player actions of each kind, ≥ 0 and finite.
        library: the archetypes.
        hazard: h, how likely the person has changed, in [0, 1).

    Raises:
        InputError: counts that are no counts.
    """
    if not (np.isfinite(counts).all() and (counts >= 0.0).all()):
        raise InputError(what="counts must be finite and at least 0", got=str(counts), where="play")
    if belief.names != library.names:
        belief = beginning(library)
    counts = np.where(library.anything() > 0.0, counts, 0.0)
    if not counts.any():
        return belief
    many = len(belief.names) - 1
    ways = np.array(belief.ways) if belief.ways else np.zeros((many, len(KINDS)))
    unknown = begun(many, belief.episodes) if belief.unknown is None else belief.unknown
    masses = _widened(belief)
    if belief.episodes:
        masses, fresh = _moved(masses, hazard)
        unknown = unknown.renewed(fresh, belief.episodes)
    kappas = library.kappa * _CLOSENESS
    known, strange = _likely(counts, library, ways, unknown, kappas)
    by_close = masses.reshape(many + 1, len(LAPSES), len(CLOSENESS))
    lapse = by_close.sum(axis=0) / np.maximum(TINY, by_close.sum(axis=(0, 1)))
    met = _log_sum(known + np.log(np.maximum(TINY, lapse)), axis=1)
    close = np.maximum(TINY, by_close[-1].sum(axis=0))
    unknown, none = unknown.weighed(strange, met, close / close.sum())
    likely = np.concatenate([known, np.broadcast_to(none, (1, len(LAPSES), len(CLOSENESS)))])
    terms = np.log(np.maximum(TINY, masses)) + likely.reshape(masses.shape)
    masses = np.exp(terms - terms.max())
    masses /= masses.sum()
    # Actions of one episode resemble each other: n of them are worth n(κ + 1)/(n + κ).
    actions = max(1.0, float(counts.sum()))
    scatter = float(masses.sum(axis=0) @ np.tile(1.0 / (kappas + 1.0), len(LAPSES)))
    play = counts / (1.0 + (actions - 1.0) * scatter)
    ways = ways + masses[:-1].sum(axis=1)[:, None] * play
    return _told(belief, masses, ways, unknown.played(play))


def _likely(
    counts: Floats, library: Library, ways: Floats, unknown: Unknown, kappas: Floats
) -> tuple[Floats, Floats]:
    """How likely an episode is, in logs, among the kinds that can be done at all.

    Returns:
        float64[archetypes, lapses, closeness], for people of each archetype, and
        float64[runs, guesses, closeness], for those of none.
    """
    anything = library.anything()
    here = anything > 0.0
    shares = library.shares()[:, here]
    shares /= shares.sum(axis=1, keepdims=True)
    mixed = shares[:, None] * (1.0 - _LAPSES)[:, None] + _LAPSES[:, None] * anything[here]
    of_one = (mixed * _ALIKE[:, None] + FLOOR).reshape(-1, shares.shape[1])
    guessed, runs = guesses(shares, anything[here]), unknown.runs
    alive = np.array([run.masses for run in runs]) > 0.0
    bases = np.concatenate([of_one, np.tile(guessed, (len(runs), 1))[alive.ravel()]])
    since = np.repeat(np.array([run.own for run in runs]), alive.sum(axis=1), axis=0)
    found = np.empty((len(bases), len(kappas)))
    own = np.concatenate([np.repeat(ways, len(LAPSES), axis=0), since])
    _dirichlet().log_masses(counts[here], bases, own[:, here], kappas, found)
    strange = np.full((*alive.shape, len(kappas)), -math.inf)
    strange[alive] = found[len(of_one) :]
    return found[: len(of_one)].reshape(len(shares), len(LAPSES), -1), strange


def _log_sum(terms: Floats, axis: int) -> Floats:
    most = terms.max(axis=axis, keepdims=True)
    return np.asarray(
        (most + np.log(np.exp(terms - most).sum(axis=axis, keepdims=True))).squeeze(axis)
    )


def _widened(belief: Belief) -> Floats:
    """float64[names, lapses × closeness]; of a belief with less closeness, all alike."""
    masses = np.array(belief.masses)
    if masses.shape[1] == _WIDTHS[-1]:
        return masses
    by_lapse = masses.reshape(len(masses), len(LAPSES), -1).sum(axis=2)
    return np.repeat(by_lapse / len(CLOSENESS), len(CLOSENESS), axis=1)


_LAPSES, _CLOSENESS = np.array(LAPSES), np.array(CLOSENESS)
_ALIKE = 1.0 / (1.0 / ALIKE + _LAPSES**2 / LAPSE_ALIKE)


def _moved(masses: Floats, hazard: float) -> tuple[Floats, float]:
    """A share h of each one's mass goes to the others, and of the unknown's to another unknown.

    Returns:
        The masses, and how much of the unknown's has only just become it.
    """
    of_one, none = masses[:-1], masses[-1]
    others = len(of_one) - 1
    total = of_one.sum(axis=0)
    known = 1.0 - UNKNOWN_LATER if others else 0.0
    to_one = known * (total - of_one) / max(1, others)
    to_one = to_one + (1.0 - UNKNOWN_AGAIN) * none / len(of_one)
    new = hazard * ((1.0 - known) * total + UNKNOWN_AGAIN * none)
    moved = np.concatenate(
        [(1.0 - hazard) * of_one + hazard * to_one, [(1.0 - hazard) * none + new]]
    )
    return moved, float(new.sum() / max(TINY, moved[-1].sum()))


def _top(totals: Sequence[float]) -> int:
    """Whom to name: the last, who is unknown, only if likelier than not."""
    best = max(range(len(totals) - 1), key=totals.__getitem__)
    return len(totals) - 1 if totals[-1] > 0.5 else best


def _told(belief: Belief, masses: Floats, ways: Floats, unknown: Unknown) -> Belief:
    """The belief after an episode; confirms whoever has led long enough."""
    total = masses.sum(axis=1)
    place = _top(total.tolist())
    top = belief.names[place]
    sure = float(total[place]) > CONFIRMED_AT
    leader = top if sure else None
    running = (belief.running + 1 if leader == belief.leader else 1) if sure else 0
    episodes = belief.episodes + 1
    confirmed, switched_at = belief.confirmed, belief.switched_at
    newer = unknown.newer(switched_at, episodes) * float(total[-1])
    again = newer > CONFIRMED_AT and confirmed == UNKNOWN and _unlike(belief.settled, unknown)
    if again or (running >= RUNNING and leader != confirmed):
        confirmed, switched_at = top, episodes
    begins = unknown.newer(switched_at, episodes + RUNNING)
    stays = leader == confirmed == UNKNOWN and begins < 1.0 - CONFIRMED_AT
    return Belief(
        names=belief.names,
        masses=tuple(map(tuple, np.minimum(1.0, masses).tolist())),
        episodes=episodes,
        confirmed=confirmed,
        leader=leader,
        running=running,
        switched_at=switched_at,
        ways=tuple(map(tuple, ways.tolist())),
        unknown=unknown,
        settled=unknown.likeliest if stays else belief.settled,
    )


def _unlike(settled: Row, unknown: Unknown) -> bool:
    """Whether the likeliest run is likelier of shares of its own than of those settled before.

    After an evening like an archetype's a stranger's style seems to begin anew, and is the old one.
    """
    if not settled:
        return True
    now, any_shares, weigh = (
        np.array(unknown.likeliest),
        np.ones(len(settled)),
        _dirichlet().log_mass,
    )
    return bool(weigh(now, any_shares) > weigh(now, any_shares + np.array(settled)))


@cache
def _dirichlet() -> Any:
    """The compiled distribution, loaded with numba when a person is first looked at."""
    from astraweave.playstyle.kernels import dirichlet  # noqa: PLC0415

    return dirichlet
