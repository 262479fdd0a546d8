"""From evidence to what may be believed, and how surely. Refuses to name what has no mass.

Every class is judged by posterior mass, none by a point estimate.

- *Aggression* is aggressive of all opportunities, *risk tolerance* the same below half health
  (whether it went well says nothing about tolerance): Beta(1 + S/deff, 1 + (N − S)/deff).
- *Combat style*. Among actions that are neither movement nor utility, in a game where something
  can be attacked; a uniform Dirichlet prior over the five kinds. P(defensive) = P(share of
  defensive and support > ½); melee, ranged and magic have (1 − P(defensive)) · P(their share of
  the offensive actions > .6), which exclude each other; hybrid has the rest, and so is the answer
  without evidence (.36, defensive .31).
- *Support preference* complements: high aggression → defensive; low → aggressive; middling with a
  ranged or magic style → tactical, whom tools and positioning serve; else, and for any of these
  with less mass than .8, adaptive.
"""

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from astraweave.model.actions import KINDS
from astraweave.model.profile import (
    HIGH_ABOVE,
    LOW_BELOW,
    NAMED_FROM_MASS,
    CombatStyle,
    PlaystylePattern,
    PreferenceProfile,
    SupportPreference,
    TacticShare,
    Trait,
)
from astraweave.playstyle.evidence import Evidence, Shares
from astraweave.playstyle.manners import SITUATION
from astraweave.playstyle.switching import Belief

TAIL = 0.05
TOP_TACTICS = 5
STYLE_SHARE = 0.6
BACK_OFF = 4.0
_OFFENSIVE_STYLES = (CombatStyle.MELEE, CombatStyle.RANGED, CombatStyle.MAGIC)


def profile_of(
    evidence: Evidence, *, player_id: str, companion_id: str, now: float
) -> PreferenceProfile:
    """What is believed about a player; without evidence, that everything is open.

    Args:
        evidence: from `update`.
        player_id, companion_id: whose.
        now: seconds since 1970.
    """
    away = {name: of for name, of in evidence.manners.items() if not name.startswith(SITUATION)}
    inside = {name: of for name, of in evidence.manners.items() if name.startswith(SITUATION)}
    aggression, risk, *others = _traits(
        evidence.aggression, evidence.risk, *away.values(), *evidence.lately.values()
    )
    styles = style_masses(evidence)
    style = max(styles, key=lambda name: styles[name])
    pattern = PlaystylePattern(
        combat_style=CombatStyle(style),
        styles=styles,
        aggression=aggression,
        risk_tolerance=risk,
        preferred_tactics=preferred_tactics(evidence.actions),
        support_preference=support_preference(aggression, styles),
        kinds=kind_shares(evidence.kinds),
        entropy=entropy(evidence.actions),
        manners=dict(zip(away, others, strict=False)),
        situations=in_situations(inside, aggression.mean),
        lately=dict(zip(evidence.lately, others[len(away) :], strict=True)),
    )
    return PreferenceProfile(
        player_id=player_id,
        companion_id=companion_id,
        playstyle=pattern,
        episode_count=evidence.episodes,
        confidence=min(aggression.confidence, styles[style]),
        updated_at=now,
        **_archetypes(evidence.style),
    )


def _archetypes(belief: Belief | None) -> dict[str, Any]:
    if belief is None:
        return {}
    return {
        "archetypes": {name: min(1.0, belief.of(name)) for name in belief.names},
        "archetype": belief.confirmed,
        "archetype_since": belief.switched_at,
    }


def trait_of(alpha: float, b: float, opportunities: float = 0.0) -> Trait:
    """The trait with the posterior Beta(alpha, b)."""
    return _trait_rows(np.array([alpha]), np.array([b]), (opportunities,))[0]


def style_masses(evidence: Evidence) -> dict[str, float]:
    """Combat style → probability, in the order of `CombatStyle`, sum 1."""
    (defended,), acted = evidence.defence.effective()
    offence, attacked = evidence.offence.effective()
    alphas = [2.0 + defended, *(1.0 + x for x in offence)]
    betas = [3.0 + acted - defended, *(2.0 + attacked - x for x in offence)]
    bounds = [0.5] + [STYLE_SHARE] * len(offence)
    above = _beta().masses_above(np.array(alphas), np.array(betas), np.array(bounds)).tolist()
    found = {
        style: (1.0 - above[0]) * p for style, p in zip(_OFFENSIVE_STYLES, above[1:], strict=True)
    }
    found[CombatStyle.DEFENSIVE] = above[0]
    found[CombatStyle.HYBRID] = max(0.0, 1.0 - sum(found.values()))
    return {style.value: found[style] for style in CombatStyle}


def support_preference(aggression: Trait, styles: dict[str, float]) -> SupportPreference:
    """What kind of help serves this person; the rules are in the module's docstring."""
    if aggression.p_high >= NAMED_FROM_MASS:
        return SupportPreference.DEFENSIVE
    if aggression.p_low >= NAMED_FROM_MASS:
        return SupportPreference.AGGRESSIVE
    distant = max(styles[CombatStyle.RANGED.value], styles[CombatStyle.MAGIC.value])
    if aggression.p_mid >= NAMED_FROM_MASS and distant >= NAMED_FROM_MASS:
        return SupportPreference.TACTICAL
    return SupportPreference.ADAPTIVE


def preferred_tactics(actions: dict[str, float]) -> tuple[TacticShare, ...]:
    """The five actions done most, recent episodes counting more; ties by name."""
    total = sum(actions.values())
    most = sorted(actions.items(), key=lambda pair: (-pair[1], pair[0]))[:TOP_TACTICS]
    return tuple(TacticShare(action=name, share=n / total) for name, n in most if n > 0.0)


def entropy(actions: dict[str, float]) -> float:
    """Of the shares of these decayed counts, in bits."""
    total = sum(actions.values())
    shares = [n / total for n in actions.values() if n > 0.0] if total > 0.0 else []
    return abs(sum(share * math.log2(share) for share in shares))


def in_situations(known: Mapping[str, Shares], overall: float) -> dict[str, Trait]:
    """Aggression by situation: Beta(n₀p̄ + S/deff, n₀(1 − p̄) + (N − S)/deff).

    Args:
        known: by the situation's name.
        overall: p̄, what it backs off to, as with `BACK_OFF` = n₀ independent opportunities.
    """
    if not known:
        return {}
    done = [of.effective() for of in known.values()]
    alphas = np.array([BACK_OFF * overall + taken for (taken,), _ in done])
    betas = np.array([BACK_OFF * (1.0 - overall) + max(0.0, n - taken) for (taken,), n in done])
    rows = _trait_rows(alphas, betas, [of.N for of in known.values()])
    return dict(zip(known, rows, strict=True))


def kind_shares(kinds: Shares) -> dict[str, float]:
    """Action kind → posterior mean share of all actions, from one prior action a kind; sum 1."""
    done, of = kinds.effective()
    return {kind.value: (1.0 + x) / (len(KINDS) + of) for kind, x in zip(KINDS, done, strict=True)}


def _traits(*shares: Shares) -> list[Trait]:
    alphas, betas = [], []
    for one in shares:
        (taken,), of = one.effective()
        alphas.append(1.0 + taken)
        betas.append(1.0 + max(0.0, of - taken))
    return _trait_rows(np.array(alphas), np.array(betas), [one.N for one in shares])


def _trait_rows(
    alphas: npt.NDArray[np.float64],
    betas: npt.NDArray[np.float64],
    opportunities: "list[float] | tuple[float, ...]",
) -> list[Trait]:
    table = _beta().summaries(alphas, betas, TAIL, LOW_BELOW, HIGH_ABOVE).tolist()
    rows = zip(alphas.tolist(), betas.tolist(), table, opportunities, strict=True)
    return [
        Trait(
            alpha=alpha,
            beta=b,
            mean=row[0],
            low=row[1],
            high=row[2],
            p_low=row[3],
            p_mid=row[4],
            p_high=row[5],
            opportunities=n,
        )
        for alpha, b, row, n in rows
    ]


@cache
def _beta() -> Any:
    """The compiled distribution, loaded with numba when a profile is first made."""
    from astraweave.playstyle.kernels import beta  # noqa: PLC0415

    return beta
