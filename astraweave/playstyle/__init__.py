"""How a person plays: an episode's features, decayed evidence, a profile with its certainty.

    features      EpisodeLog → one row of numbers      kernels/   counting, Beta posteriors
    evidence      rows → decayed sums                  profile    sums → PreferenceProfile
    archetypes    kinds of player, as data             switching      which one, and when it changed
    manners       manners and situations of an episode     bands     health and threat in thirds
    complement    profile → prior of the weights       satisfaction   how content the player seems
    rhythm        which step follows which, how soon   identity       the same person told again

Refuses to guess what an action or a fact means: both are declared.
"""

from astraweave.playstyle.archetypes import Library, load_archetypes
from astraweave.playstyle.complement import Rule, prior_log_factors
from astraweave.playstyle.evidence import Evidence, Shares, update
from astraweave.playstyle.features import FEATURES as FEATURES
from astraweave.playstyle.features import (
    action_counts,
    feature_columns,
    feature_row,
    played_seconds,
)
from astraweave.playstyle.manners import manners_of
from astraweave.playstyle.profile import profile_of, trait_of
from astraweave.playstyle.satisfaction import satisfaction, satisfaction_from

__all__ = [
    "Evidence",
    "Library",
    "Rule",
    "Shares",
    "action_counts",
    "feature_columns",
    "feature_row",
    "load_archetypes",
    "manners_of",
    "played_seconds",
    "prior_log_factors",
    "profile_of",
    "satisfaction",
    "satisfaction_from",
    "trait_of",
    "update",
]
