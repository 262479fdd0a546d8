"""Complementary rules as a prior on weights: the companion does what the person does not.

Refuses to decide: these are log-factors for `learning`, which weighs them against outcomes.
"""

import math
from collections.abc import Iterable

import msgspec

from astraweave.model.profile import CombatStyle, PreferenceProfile


class Rule(msgspec.Struct, frozen=True):
    """For a player who is `player`, each of `tactics` is worth `factor` of its weight."""

    player: str
    factor: float
    tactics: tuple[str, ...]


RULES: tuple[Rule, ...] = (
    Rule("aggressive", 1.5, ("defensive_stance", "cover_player", "heal_player")),
    Rule("aggressive", 0.5, ("aggressive_attack", "flank_enemy")),
    Rule("cautious", 1.5, ("aggressive_attack", "draw_aggro")),
    Rule("cautious", 0.7, ("wait_for_player", "defensive_stance")),
    Rule(CombatStyle.MELEE.value, 1.3, ("close_support", "melee_combo")),
    Rule(CombatStyle.RANGED.value, 1.3, ("covering_fire", "suppress_enemy")),
    Rule(CombatStyle.MAGIC.value, 1.3, ("buff_player", "debuff_enemy")),
)


def prior_log_factors(
    profile: PreferenceProfile, tactics: Iterable[str], rules: tuple[Rule, ...] = RULES
) -> dict[str, float]:
    """x of each tactic: Σ ln(factor) · scale over the rules that name it; 0 where none does.

    With d = P(aggressive) − P(cautious), the scale of a rule for aggressive players is max(d, 0),
    for cautious ones max(−d, 0), and of a rule for a combat style the style's probability. A
    player who is as likely aggressive as cautious is therefore treated as neither.

    Args:
        profile: what is believed of the player.
        tactics: children of a WeightedFallback; "node/child" is known by its child's name.
        rules: by whom each tactic is wanted.
    """
    scales = _scales(profile)
    factors: dict[str, float] = {}
    for rule in rules:
        amount = math.log(rule.factor) * scales.get(rule.player, 0.0)
        for name in rule.tactics:
            factors[name] = factors.get(name, 0.0) + amount
    return {tactic: factors.get(tactic.rpartition("/")[2], 0.0) for tactic in tactics}


def _scales(profile: PreferenceProfile) -> dict[str, float]:
    """How much each kind of rule applies to this player, each in [0, 1]."""
    aggression = profile.playstyle.aggression
    d = aggression.p_high - aggression.p_low
    return {**profile.playstyle.styles, "aggressive": max(d, 0.0), "cautious": max(-d, 0.0)}
