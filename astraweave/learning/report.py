"""What was learned, for people and programs: `status` as data, `why` as a few lines.

Reads the store; writes nothing.
"""

import math
from typing import TYPE_CHECKING

import msgspec

from astraweave.errors import InputError, SaveError
from astraweave.learning.controls import controls_of, is_frozen, with_controls
from astraweave.learning.guard import Account, accounts, paid_for
from astraweave.learning.ledger import deployed_weights, profile_id, version_of
from astraweave.learning.method import Valued
from astraweave.learning.methods import POSTERIOR, method_of
from astraweave.learning.rows import known
from astraweave.learning.setup import limits
from astraweave.learning.standing import trouble_of
from astraweave.learning.statistics import LearnerState
from astraweave.model.profile import PreferenceProfile
from astraweave.model.verdict import Spent, Verdict
from astraweave.model.weights import (
    MAX_WEIGHT,
    MIN_WEIGHT,
    Change,
    Proposal,
    WeightSet,
    designer_weights,
)
from astraweave.playstyle.archetypes import UNKNOWN
from astraweave.sandbox.bounds import spent_alpha

if TYPE_CHECKING:
    from astraweave.learning.game import Game
    from astraweave.memory import MemoryStore


TOP = 5
"""Tactics of each context that a status tells of."""
WORTH_TELLING = 0.005
"""A factor this close to 1 is the designer's weight to a reader."""


class WeightStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One tactic: the designer's weight, the learned factor, their product, the last change.

    `change` is relative to what was in use before (.25 is +25 %), whoever changed it;
    `decisions` is the evidence, decayed. `locked`: learning must not move it; `low` and `high`
    bound the learned factor.
    """

    tactic: str
    designer: float
    learned: float
    weight: float
    change: float
    decisions: float
    locked: bool = False
    low: float = MIN_WEIGHT
    high: float = MAX_WEIGHT


class PromotionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One version that was proposed: what became of it, and how far its largest step went."""

    version: int
    number: int
    approved: bool
    reason: str
    step: str
    largest_change: float
    proof: str
    rule: str | None = None
    scenario: str | None = None
    seed: int | None = None
    tick: int | None = None


class AlphaStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger of a pair: what its proposals had of `alpha`, the error rate of a life.

    `next_number` counts every proposal, the rejected ones too; the next gets `next_alpha`.
    """

    alpha: float
    spent: float
    next_number: int
    next_alpha: float
    ledger: tuple[Spent, ...]


class LearnerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Who says where the weights want to be, and the tactics it holds most of."""

    name: str
    top: tuple[Valued, ...] = ()


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one player and companion that a panel or a script wants.

    `curve` is the reward (without its learning term) of the last 64 episodes, oldest first.
    `rolled_back` says why what is in use came back by itself, None when it did not; `guard` is what
    learned weights earned beside what is owed (`learning.guard`).
    """

    player_id: str
    companion_id: str
    episodes: int
    proposals: int
    approved: int
    frozen: bool
    version: int
    profile: PreferenceProfile | None
    weights: tuple[WeightStatus, ...]
    promotions: tuple[PromotionStatus, ...]
    curve: tuple[float, ...]
    on_trial: bool
    alpha: AlphaStatus
    rolled_back: str | None = None
    guard: tuple[Account, ...] = ()
    learner: LearnerStatus
    trouble: str | None


def status(store: "MemoryStore", game: "Game", player_id: str, companion_id: str) -> Status:
    """All of `Status` for one pair, read in a few queries."""
    state = known(store, player_id, companion_id, game.archetypes).state
    weights, _ = deployed_weights(store, game, player_id, companion_id)
    before = _in_use_before(store, game, player_id, companion_id, weights.version)
    judged = store.verdicts(player_id, companion_id)
    past = store.deployments(player_id, companion_id)
    asked = controls_of(store, player_id, companion_id)
    decided = with_controls(limits(store), asked, game.tree.tactics)
    return Status(
        player_id=player_id,
        companion_id=companion_id,
        episodes=state.episodes,
        proposals=len(judged),
        approved=sum(verdict.approved for _, verdict in judged),
        frozen=is_frozen(store, player_id, companion_id),
        version=weights.version,
        profile=known_profile(store, player_id, companion_id),
        weights=tuple(
            WeightStatus(
                tactic=name,
                designer=designed,
                learned=weights.weights.get(name, 1.0),
                weight=designed * weights.weights.get(name, 1.0),
                change=weights.weights.get(name, 1.0) / before.weights.get(name, 1.0) - 1.0,
                decisions=state.tactics[name].N if name in state.tactics else 0.0,
                locked=name in decided.locked,
                low=decided.bounds.get(name, (MIN_WEIGHT, MAX_WEIGHT))[0],
                high=decided.bounds.get(name, (MIN_WEIGHT, MAX_WEIGHT))[1],
            )
            for node in game.tree.weighted
            for name, designed in zip(node.children, node.weights, strict=True)
        ),
        promotions=tuple(_promotion(proposal, verdict) for proposal, verdict in judged),
        curve=tuple(round(reward, 6) for _, reward in state.rewards),
        on_trial=state.canary is not None,
        alpha=_alpha(store, player_id, companion_id),
        rolled_back=past[-1].reason if past and past[-1].action == "roll_back" else None,
        guard=accounts(state, game.tree.weighted, after=paid_for(past), share=limits(store).guard),
        learner=_learner(state, game),
        trouble=trouble_of(store, player_id, companion_id),
    )


def _learner(state: LearnerState, game: "Game") -> LearnerStatus:
    kept = state.methods.get(state.learner)
    if kept is None:
        return LearnerStatus(name=state.learner)
    try:
        method = method_of(state.learner, game.tree.weighted, kept.body)
    except (InputError, SaveError):
        return LearnerStatus(name=state.learner)  # the next step folds it anew from the rows
    return LearnerStatus(name=state.learner, top=method.top(TOP))


def _alpha(store: "MemoryStore", player_id: str, companion_id: str) -> AlphaStatus:
    spent = store.book.spent(player_id, companion_id)
    number = store.book.next_number(player_id, companion_id)
    # That of the last simulation: a game may have changed its mind.
    alpha = next((each.alpha for each in reversed(spent) if each.alpha_k > 0.0), 0.0)
    return AlphaStatus(
        alpha=alpha,
        spent=sum(each.alpha_k for each in spent),
        next_number=number,
        next_alpha=spent_alpha(alpha, number),
        ledger=spent,
    )


def _in_use_before(
    store: "MemoryStore", game: "Game", player_id: str, companion_id: str, version: int
) -> WeightSet:
    """The weights that were in use before `version` came (back) into use."""
    deployed = [d.version for d in store.deployments(player_id, companion_id)]
    while deployed and deployed[-1] == version:
        deployed.pop()
    if not deployed:
        return designer_weights(game.tree.tactics)
    return version_of(store, game, player_id, companion_id, deployed[-1])


def known_profile(
    store: "MemoryStore", player_id: str, companion_id: str
) -> PreferenceProfile | None:
    """What was believed of a player when last learned from; None before that.

    Raises:
        SaveError: the save holds something else in its place.
    """
    found = store.memory(profile_id(player_id, companion_id))
    try:
        return None if found is None else msgspec.convert(found.data, PreferenceProfile)
    except msgspec.ValidationError as error:
        raise SaveError(
            what="what was learned cannot be read: the player's profile",
            got=str(error),
            where=str(store.path),
            fix="learn again, which writes it anew",
        ) from error


def _promotion(proposal: Proposal, verdict: Verdict) -> PromotionStatus:
    found = verdict.counterexample
    return PromotionStatus(
        version=proposal.candidate.version,
        number=proposal.number,
        approved=verdict.approved,
        reason=verdict.reason,
        step=verdict.step,
        largest_change=max((abs(c.after / c.before - 1) for c in proposal.changes), default=0.0),
        proof=verdict.proof,
        rule=None if found is None else found.rule,
        scenario=None if found is None else found.scenario,
        seed=None if found is None else found.seed,
        tick=None if found is None else found.tick,
    )


def why(store: "MemoryStore", game: "Game", player_id: str, companion_id: str) -> list[str]:
    """Five lines: the player, the change, the evidence, the proof, the way back."""
    told = status(store, game, player_id, companion_id)
    judged = store.verdicts(player_id, companion_id)
    return [
        _about_player(told),
        _about_change(told),
        _about_evidence(judged[-1][0] if judged else None),
        _about_proof(told),
        _about_undo(told),
        *_about_trouble(told),
    ]


def _about_player(told: Status) -> str:
    profile = told.profile
    if profile is None:
        return f"{told.companion_id} knows nothing of {told.player_id} yet."
    style = profile.playstyle
    sure = "" if profile.is_confident else ", not sure yet"
    top = style.preferred_tactics[0] if style.preferred_tactics else None
    favourite = f"; most often {top.action} ({top.share:.0%})" if top else ""
    count = "one episode" if told.episodes == 1 else f"{told.episodes} episodes"
    like = ""
    if profile.archetype not in (None, UNKNOWN):
        like = f", archetype {profile.archetype} since episode {profile.archetype_since}"
    return (
        f"{told.player_id}: {style.combat_style.value} style{sure}{like}, after {count}; "
        f"aggression {style.aggression.mean:.0%} ({style.aggression.low:.0%}–"
        f"{style.aggression.high:.0%}), risk {style.risk_tolerance.mean:.0%}{favourite}."
    )


def _about_change(told: Status) -> str:
    moved = [w for w in told.weights if abs(w.learned - 1.0) >= WORTH_TELLING]
    back = "" if told.rolled_back is None else f", rolled back: {told.rolled_back}"
    if not moved:
        return f"{told.companion_id} plays with the designer's weights{back}."
    largest = sorted(moved, key=lambda w: -abs(math.log(w.learned)))[:3]
    words = ", ".join(f"{w.tactic} ×{w.learned:.2f}" for w in largest)
    trial = ", on trial in half of the episodes" if told.on_trial else ""
    who = f"{told.companion_id} plays version {told.version}{trial}"
    return f"{who}: {words} of the designer's weight{back}."


def _about_evidence(proposal: Proposal | None) -> str:
    if proposal is None:
        return "Nothing was proposed yet."
    largest = max(proposal.changes, key=_size, default=None)
    if largest is None:
        return "The last proposal moved nothing."
    decisions = round(sum(c.decisions for c in proposal.changes))
    step = f"{largest.tactic} most, by {largest.after / largest.before - 1:+.0%}"
    who = "" if proposal.learner == POSTERIOR else f" ({proposal.learner})"
    return (
        f"The last proposal{who} weighed {decisions} decisions and moved {step}: outcomes ask for "
        f"{_factor(largest.evidence)}, the rules for this player for {_factor(largest.prior)}."
    )


def _size(change: Change) -> tuple[float, float]:
    """How far a tactic moved; where the cap cut several alike, how far it wanted to."""
    return abs(math.log(change.after / change.before)), abs(change.prior + change.evidence)


def _factor(term: float) -> str:
    """A factor for a person: beyond the bounds of a weight it is no more than that."""
    if term >= math.log(MAX_WEIGHT):
        return f"×{MAX_WEIGHT:g} or more"
    if term <= math.log(MIN_WEIGHT):
        return f"×{MIN_WEIGHT:g} or less"
    return f"×{math.exp(term):.2f}"


def _about_proof(told: Status) -> str:
    if not told.promotions:
        return "Nothing was put to the proof yet."
    last = told.promotions[-1]
    word = "approved" if last.approved else "rejected"
    at = "" if last.rule is None else f" ({last.rule} in {last.scenario}, tick {last.tick})"
    who = "The sandbox" if last.proof == "simulated" else "Logged play"
    return (
        f"{who} {word} the last proposal: {last.reason}{at}. "
        f"{told.approved} of {told.proposals} so far were approved."
    )


def _about_trouble(told: Status) -> list[str]:
    """A sixth line, only when there is something to say."""
    if told.trouble is None:
        return []
    return [f"The last step of learning failed and will be tried again: {told.trouble}."]


def _about_undo(told: Status) -> str:
    if told.frozen:
        return "The weights are frozen; thaw() lets them follow again."
    if told.version == 0:
        return "There is nothing to undo."
    held = [weight.tactic for weight in told.weights if weight.locked]
    kept = f" Locked: {', '.join(held)}." if held else ""
    return (
        "undo() goes back one version (redo() forward again), reset() to the designer's weights, "
        f"freeze() keeps these; or astraweave weights undo SAVE.{kept}"
    )
