"""What an episode shows beyond its totals: manners outside of combat, aggression by situation.

All are opportunity ratios: taken of those that were there. Refuses to infer a manner from a name or
a kind: an action shows what its vocabulary declares, and a game that declares none gets none.
"""

import numpy as np

from astraweave.model.actions import MANNERS, ActionVocabulary
from astraweave.model.columns import PLAYER, EpisodeLog
from astraweave.model.episode import EpisodeCategory
from astraweave.model.facts import FactRole, FactSheet
from astraweave.playstyle.bands import BAND_NAMES, UNKNOWN_BAND, bands
from astraweave.playstyle.features import fact_of, passes_up

Manners = dict[str, tuple[int, int]]
SITUATION = "health "
"""How the names of situations begin: ``health low, threat high``."""


def manners_of(
    log: EpisodeLog, vocabulary: ActionVocabulary, sheet: FactSheet | None = None
) -> Manners:
    """Name → (taken, opportunities) of one episode; only what had an opportunity.

    A manner of `MANNERS` has one with each action of the player in an episode of its category, in
    a game where some action shows it. A situation is health band × threat band, each in thirds of
    its range; in it aggression has one with each action while an aggressive one was available,
    as in `feature_row`. Actions that the vocabulary does not declare are passed over.
    """
    seen = log.observations[log.observations["kind"] == PLAYER]
    kinds = [vocabulary.get(name) for name in log.names]
    known = np.array([kind is not None for kind in kinds], dtype=bool)
    code = np.array(seen["code"])
    declared = known[code] if len(known) else np.zeros(len(code), dtype=bool)
    code, row = code[declared], np.array(seen["row"])[declared]
    found: Manners = {}
    for manner, category in MANNERS.items():
        if log.category != category or not any(manner in k.shows for k in vocabulary.values()):
            continue
        shows = np.array([kind is not None and manner in kind.shows for kind in kinds], dtype=bool)
        if len(code):
            found[manner] = int(shows[code].sum()), len(code)
    if any(kind.aggressive for kind in vocabulary.values()):
        fierce = np.array([kind is not None and kind.aggressive for kind in kinds], dtype=bool)
        _situations(log, sheet, fierce[code] if len(code) else fierce[:0], row, found)
    return found


def _situations(
    log: EpisodeLog,
    sheet: FactSheet | None,
    fierce: np.ndarray,
    row: np.ndarray,
    found: Manners,
) -> None:
    if log.category != EpisodeCategory.COMBAT:
        said = (fact_of(log, sheet, role) for role in (FactRole.CAN_ATTACK, FactRole.THREAT))
        if not passes_up(fierce, *said):
            return
    health, threat = (
        bands(log, sheet, role, row) for role in (FactRole.PLAYER_HEALTH, FactRole.THREAT)
    )
    told = _could_attack(log, sheet, row) & ((health != UNKNOWN_BAND) | (threat != UNKNOWN_BAND))
    for h, t in sorted(set(zip(health[told].tolist(), threat[told].tolist(), strict=True))):
        here = told & (health == h) & (threat == t)
        name = f"{SITUATION}{BAND_NAMES[h]}, threat {BAND_NAMES[t]}"
        found[name] = int(fierce[here].sum()), int(here.sum())


def _could_attack(log: EpisodeLog, sheet: FactSheet | None, row: np.ndarray) -> np.ndarray:
    """bool[n]: whether an aggressive action was open: the first known of two facts says so."""
    could = np.ones(len(row), dtype=bool)
    # The later overrules the earlier.
    for role, least in ((FactRole.THREAT, np.nextafter(0.0, 1.0)), (FactRole.CAN_ATTACK, 0.5)):
        values = fact_of(log, sheet, role)
        if not len(values):
            continue
        value = np.where(row >= 0, values[row], np.nan)
        could = np.where(np.isnan(value), could, value >= least)
    return could
