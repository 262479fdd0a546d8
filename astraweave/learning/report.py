"""What was learned, for people and programs: `status` as data, `why` as a few lines.

Reads the store; writes nothing.
"""

from typing import TYPE_CHECKING

import msgspec

from astraweave.errors import InputError, SaveError
from astraweave.learning.contexts import InContext, in_contexts
from astraweave.learning.controls import controls_of, is_frozen, with_controls
from astraweave.learning.guard import Account, accounts, paid_for
from astraweave.learning.insights import Insight
from astraweave.learning.ledger import deployed_weights, profile_id, version_of
from astraweave.learning.method import Valued
from astraweave.learning.methods import method_of
from astraweave.learning.rows import known
from astraweave.learning.setup import limits
from astraweave.learning.standing import trouble_of
from astraweave.learning.statistics import LearnerState
from astraweave.learning.story import Moment, Reflection, insights_of
from astraweave.model.profile import PreferenceProfile
from astraweave.model.verdict import Spent, Verdict
from astraweave.model.weights import (
    MAX_WEIGHT,
    MIN_WEIGHT,
    Proposal,
    WeightSet,
    designer_weights,
)
from astraweave.sandbox.bounds import spent_alpha

if TYPE_CHECKING:
    from astraweave.learning.game import Game
    from astraweave.memory import MemoryStore


TOP = 5
"""Tactics of each context that a status tells of."""


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
    learned weights earned beside what is owed (`learning.guard`). `contexts` is what outcomes ask
    for in each (`learning.contexts`); `tree` the variant that plays, empty for the designer's.
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
    contexts: tuple[InContext, ...] = ()
    tree: str = ""
    learner: LearnerStatus
    trouble: str | None
    reflection: Reflection | None = None
    insights: tuple[Insight, ...] = ()
    timeline: tuple[Moment, ...] = ()


def status(store: "MemoryStore", game: "Game", player_id: str, companion_id: str) -> Status:
    """All of `Status` for one pair, read in a few queries."""
    found = known(store, player_id, companion_id, game.styles)
    state = found.state
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
        contexts=tuple(
            each
            for node in game.tree.weighted
            for each in in_contexts(state, node.children, weights.weights)
        ),
        tree=weights.tree,
        rolled_back=past[-1].reason if past and past[-1].action == "roll_back" else None,
        guard=accounts(state, game.tree.weighted, after=paid_for(past), share=limits(store).guard),
        learner=_learner(state, game),
        trouble=trouble_of(store, player_id, companion_id),
        reflection=state.story.last,
        insights=tuple(insights_of(state.story, found.evidence.style, player_id)),
        timeline=tuple(state.story.moments),
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
