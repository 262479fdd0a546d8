"""What one episode tells of the two of them: closer than at first, surer than at first, and where.

Each sign holds or does not, in one episode; what holds again and again becomes an insight
(`story`). Compared with the first ten episodes, and with the other tactics of the same episode in
the same situation. Refuses what a handful of decisions cannot tell.
"""

import re
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from astraweave.learning.insights import InsightType
from astraweave.playstyle.bands import BAND_NAMES, BANDS, UNKNOWN_BAND

if TYPE_CHECKING:
    from astraweave.learning.decisions import Choice
    from astraweave.learning.statistics import EpisodeRow

FIRST = 10
"""Episodes that later ones are compared with."""
LEAST = 2
"""Decisions for a tactic in a situation, and elsewhere, in one episode."""
MORE = 0.02
"""By so much satisfaction differs, of 1."""
Z_MANY = 2.58
"""99 %, where every tactic is asked in six situations."""
CLOSER, APART, SURER = "=closer", "=apart", "=surer"
PLACED = "@"
ROLES = ("player_health", "threat")
_PLACED = re.compile(rf"{PLACED}({'|'.join(ROLES)}):[0-{BANDS - 1}]{PLACED}.+{PLACED}", re.DOTALL)
First = tuple[int, float, float]
"""Of the first episodes: how many, Σ satisfaction, Σ share of steps that failed."""


def with_first(first: First, still: int, row: "EpisodeRow") -> tuple[First, int]:
    """The first ten, with this one if it is among them; and how many of them had no step."""
    if row.outcome is None or first[0] >= FIRST:
        return first, still
    satisfied = first[1] + row.outcome.player_satisfaction
    return (first[0] + 1, satisfied, first[2] + _failed(row)), still + (not row.conduct.steps)


def signs(row: "EpisodeRow", first: First, still: int) -> Iterator[tuple[str, bool]]:
    """Key of each sign that this episode can tell of, and whether it holds.

    Args:
        row: the episode.
        first, still: of `with_first`.
    """
    if row.outcome is None:
        return
    if first[0] >= FIRST:
        usual = first[1] / first[0]
        yield CLOSER, row.outcome.player_satisfaction > usual + MORE
        yield APART, row.outcome.player_satisfaction < usual - MORE
        if row.conduct.steps and first[0] > still:
            yield SURER, _failed(row) < first[2] / (first[0] - still)
    for axis, role in enumerate(ROLES):
        yield from _situations(row.conduct.choices, axis, role)


def _failed(row: "EpisodeRow") -> float:
    return row.conduct.failed / max(1, row.conduct.steps)


def _situations(choices: "Sequence[Choice]", axis: int, role: str) -> Iterator[tuple[str, bool]]:
    """Whether a tactic is worth less in a third of a fact than elsewhere, beside the others."""
    of_all: dict[int, list[float]] = {}
    placed: list[tuple[str, int, float]] = []
    for choice in choices:
        band = divmod(choice.bucket, UNKNOWN_BAND + 1)[axis]
        if band < BANDS:
            of_all.setdefault(band, []).append(choice.worth)
            placed.append((choice.tactic, band, choice.worth))
    means = {band: fmean(worths) for band, worths in of_all.items()}
    told: dict[str, dict[int, list[float]]] = {}
    for tactic, band, worth in placed:
        told.setdefault(tactic, {}).setdefault(band, []).append(worth - means[band])
    for tactic, bands in sorted(told.items()):
        for band, here in sorted(bands.items()):
            elsewhere = [y for other, worths in bands.items() if other != band for y in worths]
            if min(len(here), len(elsewhere)) >= LEAST:
                key = f"{PLACED}{role}:{band}{PLACED}{tactic}{PLACED}"
                yield key, fmean(here) < fmean(elsewhere)


def is_sign(key: str) -> bool:
    """Whether a finding is of these, and not how a tactic did beside the rest."""
    return key in (CLOSER, APART, SURER) or _PLACED.fullmatch(key) is not None


def opposite(key: str) -> str | None:
    """The finding that says the contrary."""
    return {CLOSER: APART, APART: CLOSER}.get(key)


def said(key: str, player_id: str) -> tuple[InsightType, str]:
    """The type of insight that it is, and what holds, in words."""
    if key == SURER:
        return InsightType.EMOTIONAL_GROWTH, f"beside {player_id} fewer steps fail than at first"
    if key in (CLOSER, APART):
        word = "more" if key == CLOSER else "less"
        about = f"{player_id} is {word} satisfied than at first"
        return InsightType.RELATIONSHIP_EVOLUTION, about
    where, _, tactic = key.strip(PLACED).partition(PLACED)
    role, _, band = where.partition(":")
    situation = f"{role.replace('_', ' ')} is {BAND_NAMES[int(band)]}"
    about = f"beside {player_id} {tactic} is worth less while {situation}"
    return InsightType.MEMORY_CONNECTION, about
