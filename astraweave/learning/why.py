"""`why`: in five lines, what was learned of a player, what changed, why, and how to undo it.

Reads the store; writes nothing.
"""

import math
from typing import TYPE_CHECKING

from astraweave.learning.game import unexplored
from astraweave.learning.methods import POSTERIOR
from astraweave.learning.report import Status, status
from astraweave.learning.story import STYLE
from astraweave.learning.variants import ORIGIN
from astraweave.model.weights import MAX_WEIGHT, MIN_WEIGHT, Change, Proposal, moved
from astraweave.playstyle.archetypes import likeness

if TYPE_CHECKING:
    from astraweave.learning.game import Game
    from astraweave.memory import MemoryStore

WORTH_TELLING = 0.005
"""A factor this close to 1 is the designer's weight to a reader."""


def why(store: "MemoryStore", game: "Game", player_id: str, companion_id: str) -> list[str]:
    """Five lines: the player, the change, the evidence, the proof, the way back."""
    told = status(store, game, player_id, companion_id)
    judged = store.verdicts(player_id, companion_id)
    return [
        _about_player(told),
        _about_change(told),
        _about_evidence(judged[-1][0] if judged else None) + _looking_back(told) + _untried(game),
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
    also = "".join(f", {name} {of.mean:.0%}" for name, of in profile.named_manners.items())
    like = ""
    if profile.archetype is not None:
        like = f", {likeness(profile.archetype)} since episode {profile.archetype_since}"
        changed = [m.before for m in told.timeline if m.subject == STYLE][1:]
        like += f" (before it {changed[-1]})" if changed else ""
    return (
        f"{told.player_id}: {style.combat_style.value} style{sure}{like}, after {count}; "
        f"aggression {style.aggression.mean:.0%} ({style.aggression.low:.0%}–"
        f"{style.aggression.high:.0%}), risk {style.risk_tolerance.mean:.0%}{also}{favourite}."
    )


def _about_change(told: Status) -> str:
    moved = [w for w in told.weights if abs(w.learned - 1.0) >= WORTH_TELLING]
    back = "" if told.rolled_back is None else f", rolled back: {told.rolled_back}"
    if not moved:
        return f"{told.companion_id} plays with the designer's weights{_structure(told)}{back}."
    largest = sorted(moved, key=lambda w: -abs(math.log(w.learned)))[:3]
    words = ", ".join(f"{w.tactic} ×{w.learned:.2f}" for w in largest)
    trial = ", on trial in half of the episodes" if told.on_trial else ""
    who = f"{told.companion_id} plays version {told.version}{_structure(told)}{trial}"
    return f"{who}: {words} of the designer's weight{back}."


def _structure(told: Status) -> str:
    return f", in tree variant {told.tree}" if told.tree else ""


def _about_evidence(proposal: Proposal | None) -> str:
    if proposal is None:
        return "Nothing was proposed yet."
    if proposal.candidate.origin == ORIGIN:
        return f"The last proposal changed {proposal.candidate.reason}."
    largest = max(proposal.changes, key=_size, default=None)
    if largest is None:
        return "The last proposal moved nothing."
    decisions = round(sum(c.decisions for c in proposal.changes))
    step = f"{largest.tactic} most, by {moved(largest.after / largest.before - 1.0)}"
    who = "" if proposal.learner == POSTERIOR else f" ({proposal.learner})"
    return (
        f"The last proposal{who} weighed {decisions} decisions and moved {step}: outcomes ask for "
        f"{_factor(largest.evidence)}, the rules for this player for {_factor(largest.prior)}."
    )


def _looking_back(told: Status) -> str:
    """The last reflection, on the line of the evidence."""
    last = told.reflection
    return "" if last is None else f" {last.brief}"


def _untried(game: "Game") -> str:
    """What the tree keeps learning from seeing."""
    still = unexplored(game.tree)
    return "" if still is None else f" {still}."


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
    if told.version == 0:
        still = "The weights are frozen; thaw() lets them follow again. " if told.frozen else ""
        return f"{still}There is nothing to undo."
    held = [weight.tactic for weight in told.weights if weight.locked]
    kept = f" Locked: {', '.join(held)}." if held else ""
    back = "undo() goes back one version (redo() forward again), reset() to the designer's weights"
    if told.frozen:
        thaw = "The weights are frozen: thaw() lets them follow again"
        return f"{thaw}, {back}; or astraweave weights thaw SAVE.{kept}"
    return f"{back}, freeze() keeps these; or astraweave weights undo SAVE.{kept}"
