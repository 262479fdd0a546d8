"""What is believed of a player as a flat table: one row a number, for spreadsheets and queries."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from astraweave.learning.report import known_profile
from astraweave.model.profile import PreferenceProfile, Trait, TraitRow

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore


def trait_rows(store: "MemoryStore", player_id: str, companion_id: str) -> Iterator[TraitRow]:
    """Rows of one pair; none before its first step of learning.

    Raises:
        SaveError: the save holds something else in place of the profile.
    """
    profile = known_profile(store, player_id, companion_id)
    if profile is not None:
        yield from rows_of(profile)


def rows_of(profile: PreferenceProfile) -> Iterator[TraitRow]:
    """A profile, flat."""
    play = profile.playstyle
    traits = {"aggression": play.aggression, "risk_tolerance": play.risk_tolerance}
    believed = (
        ("trait", traits | dict(sorted(play.manners.items()))),
        ("situation", dict(sorted(play.situations.items()))),
        ("lately", dict(sorted(play.lately.items()))),
    )
    for group, found in believed:
        for name, trait in found.items():
            yield _row(profile, group, name, trait.mean, trait)
    yield _row(profile, "entropy", "actions", play.entropy, None)
    shares = {tactic.action: tactic.share for tactic in play.preferred_tactics}
    groups = (
        ("combat_style", play.styles),
        ("action_kind", play.kinds),
        ("preferred_action", shares),
        ("archetype", profile.archetypes),
    )
    for group, values in groups:
        for name, value in sorted(values.items()):
            yield _row(profile, group, name, value, None)


def _row(
    profile: PreferenceProfile, group: str, name: str, value: float, trait: Trait | None
) -> TraitRow:
    return TraitRow(
        player_id=profile.player_id,
        companion_id=profile.companion_id,
        group=group,
        name=name,
        value=value,
        low=None if trait is None else trait.low,
        high=None if trait is None else trait.high,
        confidence=None if trait is None else trait.confidence,
        opportunities=None if trait is None else trait.opportunities,
        episodes=profile.episode_count,
        updated_at_s=profile.updated_at,
    )
