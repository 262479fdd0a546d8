"""A rejection, shown again: its simplest episode, step by step, with what the tree's nodes said.

Refuses verdicts that point at no episode, and to show what has changed since: another tree, game,
weights or player would play another episode. Says whether what is said of it was seen (`seen`).
"""

from dataclasses import replace
from typing import NamedTuple

from astraweave.behavior import Tree
from astraweave.behavior.trace import Tick
from astraweave.errors import UsageError
from astraweave.learning.game import Game
from astraweave.learning.judge import Cast, cast_of, environment_in
from astraweave.learning.seen import check_example, compared_with, holds, retold, rule_of
from astraweave.model.verdict import Counterexample, Verdict
from astraweave.model.weights import Proposal, WeightSet, designer_weights
from astraweave.sandbox import (
    Frame,
    GateSettings,
    Played,
    rules_for,
    scenario_of,
    settings_of,
    watching,
)
from astraweave.sandbox.asked import Asked
from astraweave.sandbox.replay import replayed
from astraweave.sandbox.runner import tick_of_step
from astraweave.sandbox.theatre import ARCHETYPES, FITTED
from astraweave.sandbox.traced import traced
from astraweave.sandbox.trial import CANDIDATE, DEPLOYED

KNOWN = ("tree", "environment")
DECIDES = (
    *KNOWN,
    *("deployed_tree", "candidate", "deployed", "scenarios", "players", "rules", "settings"),
)
"""Hashes of a verdict that decide what an episode of it plays and shows; of a save the first two,
since it keeps the weights and the player itself."""
_GIVEN_BY = {
    "candidate": "--weights",
    "deployed": "--against",
    "deployed_tree": "--against-tree",
    "scenarios": "--scenarios",
    "players": "--player",
    "rules": "--rules",
    "settings": "--skip",
}
"""With which argument it is given, where it is given."""


class Contest(NamedTuple):
    """Who was judged, against what, beside whom; arguments as those of `judge`.

    seconds: None where it is not known any more.
    """

    game: Game
    candidate: WeightSet
    deployed: WeightSet
    deployed_tree: Tree
    cast: Cast
    gate: GateSettings | None = None
    seconds: float | None = None


class Side(NamedTuple):
    """One policy's episode. ticks: of its tree, one a frame, as far as it came."""

    name: str
    tree: Tree
    weights: WeightSet
    frames: list[Frame]
    ticks: list[Tick]


class Shown(NamedTuple):
    """What a rejection shows. other: the episode that it is compared with, on the same seed.

    scale: ticks in a step. seen: whether the replay holds what the verdict says of it.
    """

    verdict: Verdict
    example: Counterexample
    side: Side
    other: Side | None
    scale: int
    seen: bool

    def step_of(self, tick: int) -> int:
        """The frame in which a tick of the counterexample lies."""
        return min(len(self.side.frames) - 1, max(0, tick // self.scale))

    @property
    def end(self) -> int:
        """The frame in which the rule is broken; the last one of a comparison."""
        frames, least = self.side.frames, self.step_of(self.example.first_tick)
        if not self.example.against:
            # A game may count its ticks from 0 or from 1: the frame with the event is the one.
            at = self.step_of(self.example.tick)
            near = [step for step in (at - 1, at) if step >= 0 and frames[step].events]
            return max(least, near[0]) if near else at
        return len(frames) - 1


def contest_of(game: Game, proposal: Proposal) -> Contest:
    """What a save's proposal was judged as."""
    environment = environment_in(game)
    cast = cast_of(environment, proposal.profile)
    return Contest(game, proposal.candidate, proposal.baseline, game.tree, cast)


def shown_by(verdict: Verdict, where: str = "replay") -> Counterexample:
    """The episode a verdict points at.

    Args:
        verdict: of a save, or of a file.
        where: it comes from, for errors.

    Raises:
        UsageError: there is none; the message says what the verdict was about.
        InputError: it is none that a verdict gives.
    """
    if verdict.counterexample is None:
        word = "approved" if verdict.approved else "rejected without play"
        what = f"proposal {verdict.proposal_number} was {word}: {verdict.reason}"
        raise UsageError(what=what, where="replay", fix="choose a proposal that play rejected")
    check_example(verdict.counterexample, where)
    return verdict.counterexample


def check_unchanged(contest: Contest, verdict: Verdict, names: tuple[str, ...] = KNOWN) -> None:
    """Refuse to show what has changed since.

    Args:
        contest: as it is now.
        verdict: what was said then.
        names: of hashes to compare; one that the verdict does not have is taken to be the same.

    Raises:
        UsageError: naming what has changed.
    """
    environment = environment_in(contest.game).content_hash()
    now = {"tree": contest.game.tree.content_hash, "environment": environment}
    if names != KNOWN:
        now = _question(contest, verdict).hashes()
    for name in names:
        if verdict.hashes.get(name, now[name]) != now[name]:
            thing, given = name.replace("_", " "), _GIVEN_BY.get(name)
            has, was = ("have", "were") if thing.endswith("s") else ("has", "was")
            by = "" if given is None else f" by {given}"
            raise UsageError(
                what=f"the {thing} {has} changed since this verdict: it would not replay the same",
                where="replay",
                fix=f"give the {thing} that {was} judged{by}, or judge again",
            )


def _question(contest: Contest, verdict: Verdict) -> Asked:
    """What would be asked now."""
    game, cast = environment_in(contest.game), contest.cast
    settings = settings_of(game, contest.gate)
    settings = replace(settings, rules=rules_for(game, settings.rules))
    casts = {FITTED: cast.person}
    return Asked(
        game=game,
        tree=contest.game.tree,
        deployed_tree=contest.deployed_tree,
        candidate=contest.candidate,
        deployed=contest.deployed,
        scenarios=contest.game.scenarios,
        casts=casts if cast.archetypes is None else casts | {ARCHETYPES: cast.archetypes},
        settings=settings,
        whitelist=None,
        bounds={},
        span=1.0,
        reward_name="",
        players_name=cast.name,
        seed=verdict.seed,
        number=verdict.proposal_number,
    )


def shown_again(contest: Contest, verdict: Verdict, where: str = "replay") -> Shown:
    """Play what a verdict points at, and what it is compared with.

    Args:
        contest: what was judged.
        verdict: what was said of it.
        where: it comes from, for errors.

    Raises:
        UsageError: it points at nothing, or its scenario is gone.
        InputError: at what no verdict gives, or at a rule that this game is not held to.
        EnvironmentFailure, ScenarioError, TreeError, RuleError: as in `validate`.
    """
    example = shown_by(verdict, where)
    game = environment_in(contest.game)
    # A rule about a fact has an event of its own, as it had when it was judged.
    rules = rules_for(game, settings_of(game, contest.gate).rules)
    game = watching(game, rules)
    rule = rule_of(example, (rule for rule in rules if rule.applies(game.events)), where)
    contest = contest._replace(game=replace(contest.game, environment=game))
    side, played = _again(contest, example, example.policy)
    others = [_again(contest, example, name) for name in compared_with(example, rule)]
    theirs = [other for _, other in others]
    seen = holds(example, rule, played, theirs, contest.seconds)
    if seen:
        example = retold(example, rule, played, theirs)
    other = others[0][0] if example.against else None
    return Shown(verdict, example, side, other, tick_of_step(game), seen)


def _again(contest: Contest, example: Counterexample, name: str) -> tuple[Side, Played]:
    """The episode of one policy, and what was counted in it."""
    game = environment_in(contest.game)
    tree = contest.game.tree if name == CANDIDATE else contest.deployed_tree
    weights = {CANDIDATE: contest.candidate, DEPLOYED: contest.deployed}.get(
        name, designer_weights(tree.tactics)
    )
    scenario = scenario_of(example, contest.game.scenarios)
    archetypes = contest.cast.archetypes if example.players == ARCHETYPES else None
    players = archetypes or contest.cast.person
    frames, played = replayed(game, tree, weights, scenario, example.seed, players)
    ticks = traced(tree, weights, frames, example.seed, game.step_seconds)
    return Side(name, tree, weights, frames, ticks), played
