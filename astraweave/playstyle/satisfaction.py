"""How content the player seems to be, inferred from behaviour; refuses to ask.

satisfaction = clamp(.5·active + .3·kept + .2·success), where *active* is the share of the
episode's 2 s windows that hold an action of the player (who is bored or lost does little), *kept*
the player's mean health over the observations (½ where it is unknown) and *success* the
episode's success rating (½ where it is unknown).
"""

from astraweave.model.columns import EpisodeLog
from astraweave.model.facts import FactRole, FactSheet
from astraweave.playstyle.features import fact_of, watched

ACTIVE_SHARE, KEPT_SHARE, SUCCESS_SHARE = 0.5, 0.3, 0.2
UNKNOWN = 0.5


def satisfaction_from(*, active: float, kept: float, success: float) -> float:
    """The formula itself; all in [0, 1]."""
    content = ACTIVE_SHARE * active + KEPT_SHARE * kept + SUCCESS_SHARE * success
    return min(1.0, max(0.0, content))


def satisfaction(
    log: EpisodeLog, sheet: FactSheet | None = None, *, success: float | None = None
) -> float:
    """Player satisfaction of one episode, in [0, 1].

    Args:
        log: the episode.
        sheet: says which fact is the player's health, and its range.
        success: the success rating; by default the outcome's.
    """
    health = fact_of(log, sheet, FactRole.PLAYER_HEALTH)
    active, total, known, _, windows = watched(log, health)
    if success is None:
        success = UNKNOWN if log.outcome is None else log.outcome.success_rating
    return satisfaction_from(
        active=active / windows if windows else 0.0,
        kept=total / known if known else UNKNOWN,
        success=success,
    )
