"""What is believed about how a person plays, and how sure that is."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from astraweave.model.episode import Count, Name, NonNegative, Unit

NAMED_FROM_EPISODES = 10
NAMED_FROM_MASS = 0.8
LOW_BELOW, HIGH_ABOVE = 0.4, 0.6


class CombatStyle(StrEnum):
    """How a person fights."""

    MELEE = "melee"
    RANGED = "ranged"
    MAGIC = "magic"
    HYBRID = "hybrid"
    DEFENSIVE = "defensive"


class SupportPreference(StrEnum):
    """What help serves this person: a companion that attacks, defends, uses tools, or mixes."""

    AGGRESSIVE = "aggressive"
    DEFENSIVE = "defensive"
    TACTICAL = "tactical"
    ADAPTIVE = "adaptive"


class Trait(msgspec.Struct, frozen=True, kw_only=True):
    """A share in [0, 1] with its Beta posterior.

    `low` and `high` bound the central 90 %; `p_low`, `p_mid`, `p_high` are the posterior mass
    below .4, from .4 to .6 and above .6 (they sum to 1). `opportunities` is how often it could
    have shown, decayed.
    """

    alpha: Annotated[float, Meta(gt=0.0)]
    beta: Annotated[float, Meta(gt=0.0)]
    mean: Unit
    low: Unit
    high: Unit
    p_low: Unit
    p_mid: Unit
    p_high: Unit
    opportunities: NonNegative = 0.0

    @property
    def confidence(self) -> float:
        """Posterior mass of the most likely class."""
        return max(self.p_low, self.p_mid, self.p_high)


class TacticShare(msgspec.Struct, frozen=True, kw_only=True):
    """An action of the player and its share of all of them."""

    action: Name
    share: Unit


class PlaystylePattern(msgspec.Struct, frozen=True, kw_only=True):
    """How a person plays. `styles` maps each combat style to its probability (sum 1).

    `kinds` maps each action kind to its posterior mean share of actions (sum 1). `entropy` is that
    of the player's actions, in bits: 0 for one action only, log₂ n for n alike. `manners` holds
    the traits of `MANNERS` that had an opportunity; `situations` aggression by health and threat,
    drawn to the overall one where little was seen; `lately` aggression, risk_tolerance and
    manners on a clock of which half is three episodes old.
    """

    combat_style: CombatStyle
    styles: dict[str, Unit]
    aggression: Trait
    risk_tolerance: Trait
    preferred_tactics: tuple[TacticShare, ...]
    support_preference: SupportPreference
    kinds: dict[str, Unit]
    entropy: NonNegative = 0.0
    manners: dict[str, Trait] = {}
    situations: dict[str, Trait] = {}
    lately: dict[str, Trait] = {}


class PreferenceProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What is believed about one player by one companion.

    `confidence` is the smaller posterior mass of the named classes (aggression, combat style);
    a class is *named* from 10 episodes and mass .8 on. `updated_at` is seconds since 1970.
    `archetypes` maps each archetype, and "unknown", to its probability (sum 1; empty where none
    were compared); `archetype` is the one that was confirmed, in episode `archetype_since`.
    """

    player_id: Name
    companion_id: Name
    playstyle: PlaystylePattern
    episode_count: Count
    confidence: Unit
    updated_at: Annotated[float, Meta(ge=0.0, le=4e11)]
    archetypes: dict[str, Unit] = {}
    archetype: str | None = None
    archetype_since: Count = 0

    @property
    def is_confident(self) -> bool:
        """Whether the classes may be named to the player."""
        return self.episode_count >= NAMED_FROM_EPISODES and self.confidence >= NAMED_FROM_MASS

    @property
    def named_manners(self) -> dict[str, Trait]:
        """The manners that may be named to the player."""
        enough = self.episode_count >= NAMED_FROM_EPISODES
        of = self.playstyle.manners if enough else {}
        return {name: trait for name, trait in of.items() if trait.confidence >= NAMED_FROM_MASS}


class TraitRow(msgspec.Struct, frozen=True, kw_only=True):
    """One number that is believed of a player, as it is exported.

    `group` is "trait", "situation" or "lately" (shares of opportunities, with intervals),
    "entropy" (bits), "combat_style", "action_kind",
    "preferred_action" or "archetype" (probabilities and shares, in [0, 1]). `low` and `high` bound
    the central 90 %; `confidence` is the posterior mass of the likeliest class; `episodes` is how
    many were learned from, `updated_at_s` when (seconds since 1970).
    """

    player_id: Name
    companion_id: Name
    group: str
    name: str
    value: Unit
    low: Unit | None = None
    high: Unit | None = None
    confidence: Unit | None = None
    opportunities: NonNegative | None = None
    episodes: Count
    updated_at_s: float
