"""The gate: lets a candidate through only when play has shown that it is safe and not worse.

In this order, each able to say no: the static checks; forbidden rules on fresh seeds, the
designer's own tree first; then, on paired seeds, the limit rules, "not worse" than what is
deployed and than the designer's weights, and a floor in every scenario. What stays undecided is
a "no". A step may be skipped, and the verdict says so. The same arguments give the same verdict:
no clock is read, no state is kept.
"""

import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace

import msgspec

from astraweave.behavior import Tree
from astraweave.errors import EnvironmentFailure, TreeFailure, UsageError
from astraweave.model.arguments import public
from astraweave.model.ports import BatchEnvironment, Environment
from astraweave.model.scenario import Scenario
from astraweave.model.verdict import Counterexample, Verdict
from astraweave.model.weights import WeightSet, designer_weights
from astraweave.sandbox.adapter import vectorised
from astraweave.sandbox.asked import Asked, Cache, answered
from astraweave.sandbox.gate import (
    FLOOR,
    NOT_WORSE,
    SAFETY,
    STATIC,
    STEPS,
    TRIAL,
    GateSettings,
    settings_of,
    static_fault,
)
from astraweave.sandbox.hands import Hands, own_hands
from astraweave.sandbox.minimise import Sought, minimised
from astraweave.sandbox.questions import scenario_results
from astraweave.sandbox.rulebook import rules_for
from astraweave.sandbox.runner import Players, nobody
from astraweave.sandbox.scenario import check_scenarios
from astraweave.sandbox.theatre import ARCHETYPES, FITTED, Theatre
from astraweave.sandbox.trial import (
    CANDIDATE,
    DEPLOYED,
    DESIGNER,
    Progress,
    Refusal,
    Reward,
    Trial,
)
from astraweave.sandbox.watched import watching

SIMULATED = "simulated"
ENVIRONMENT, TREE = "environment", "tree"
"""In place of a step: what failed while it was played."""


@public
def validate(  # noqa: PLR0913  # all but four by keyword, each decides the verdict
    environment: BatchEnvironment | Environment,
    tree: Tree,
    candidate: WeightSet,
    deployed: WeightSet,
    *,
    scenarios: Sequence[Scenario],
    reward: Reward,
    span: float,
    players: Players = nobody,
    safety_players: Players | None = None,
    settings: GateSettings | None = None,
    number: int = 1,
    seed: int = 0,
    whitelist: frozenset[str] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    deployed_tree: Tree | None = None,
    reward_name: str = "",
    players_name: str = "",
    progress: Progress | None = None,
    hands: Hands | None = None,
    cache: Cache | None = None,
) -> Verdict:
    """Say whether a candidate may be met by the player, and prove it by play.

    The designer's weights (every factor 1) on `deployed_tree` must pass the forbidden rules too:
    a tree that harms the player by itself is nobody's learning to blame.

    Args:
        environment: the game; one that plays a single world is played one seed after the other.
        tree: the candidate's tree.
        candidate: the weights proposed.
        deployed: the weights in use.
        scenarios: what is played, in this order.
        reward: reward of each outcome, without a learning term; within [0, span].
        span: largest possible difference of two rewards.
        players: this person, one bot a seed.
        safety_players: shipped archetypes, mixed half and half into the safety episodes.
        settings: error rates, sizes, rules and what is skipped; None for the environment's own
            (`gate`). The game's own `rules` are added to them.
        number: the how-manieth proposal of this player and companion, from 1.
        seed: decides, with `number`, every episode that is played.
        whitelist: tactics that may move; None for all.
        bounds: narrower bounds of single tactics.
        deployed_tree: where it is not `tree`, the tree in use.
        reward_name: text that stands for `reward` in the hashes; a function has no content.
        players_name: text that stands for both casts in the same way.
        progress: told the stage, its share done, and the episodes played so far.
        hands: who plays the episodes; None plays them here, on all cores where the game plays
            whole episodes in one call. The verdict does not depend on it.

    Raises:
        ScenarioError: a scenario the environment cannot play.
        RuleError: a rule that raises, or that play of this game could not break.
        UsageError: a reward outside its span, or an argument that is out of range.
    """
    _check(span, number)
    game = vectorised(environment)
    settings = settings_of(game, settings)
    settings = replace(settings, rules=rules_for(game, settings.rules))
    game = watching(game, settings.rules)
    in_use = deployed_tree or tree
    check_scenarios(scenarios, game)
    casts = {FITTED: players}
    if safety_players is not None:
        casts[ARCHETYPES] = safety_players
    asked = Asked(
        game=game,
        tree=tree,
        deployed_tree=in_use,
        candidate=candidate,
        deployed=deployed,
        scenarios=scenarios,
        casts=casts,
        settings=settings,
        whitelist=whitelist,
        bounds=bounds or {},
        span=span,
        reward_name=reward_name,
        players_name=players_name,
        seed=seed,
        number=number,
    )
    hashes = asked.hashes()
    key = None if cache is None else asked.key(hashes)
    known = None if cache is None or key is None else answered(cache, key, hashes)
    if known is not None:
        return known
    verdict = Verdict(
        approved=False,
        reason="",
        proof=SIMULATED,
        step=STATIC,
        alpha=settings.alpha,
        p0=settings.p0,
        proposal_number=number,
        seed=seed,
        hashes=hashes,
    )
    fault = static_fault(
        *(game, tree, candidate, deployed), settings=settings, whitelist=whitelist, bounds=bounds
    )
    if fault is not None:
        steps = steps_taken(settings.skip, STATIC)
        return msgspec.structs.replace(verdict, reason=fault, steps=steps)
    with nullcontext(hands) if hands is not None else own_hands(game) as helping:
        theatre = Theatre(
            *(game, scenarios, casts),
            seed=seed,
            number=number,
            hands=helping,
            apart=hands is not None,
        )
        theatre.add(DESIGNER, in_use, designer_weights(in_use.tactics))
        theatre.add(DEPLOYED, in_use, deployed)
        theatre.add(CANDIDATE, tree, candidate)
        trial = Trial(theatre, settings, reward, span, progress or _quiet)
        try:
            refusal = trial.run()
        except EnvironmentFailure as error:
            refusal = Refusal(ENVIRONMENT, str(error))
        except TreeFailure as error:
            refusal = Refusal(TREE, str(error))
        finally:
            theatre.forget()
    shown = None if refusal is None else _simplest(trial, refusal)
    verdict = _stated(verdict, trial, refusal, shown)
    # What failed may not fail again.
    if cache is not None and key is not None and verdict.step not in (ENVIRONMENT, TREE):
        cache.put(key, verdict)
    return verdict


def _check(span: float, number: int) -> None:
    if not 0.0 < span < math.inf:
        fix = "give the largest difference of two rewards"
        raise UsageError(
            what="span must be above 0 and finite", got=span, where="validate", fix=fix
        )
    if not 1 <= number < 2**53:
        fix = "count proposals from 1"
        raise UsageError(what="number must be 1 or more", got=number, where="validate", fix=fix)


def _simplest(trial: Trial, refusal: Refusal) -> Counterexample | None:
    """What a refusal shows, as simple as it gets."""
    shown = refusal.shown
    if shown is None:
        return None
    rule = next((rule for rule in trial.rules if rule.name == shown.rule), None)
    sought = Sought(shown, refusal.failing, rule, refusal.loss)
    return minimised(trial.theatre, sought, trial.reward)


def _stated(
    verdict: Verdict, trial: Trial, refusal: Refusal | None, shown: Counterexample | None
) -> Verdict:
    """The verdict with everything that was counted."""
    figures = trial.stated()
    skip = trial.settings.skip
    steps = steps_taken(skip, None if refusal is None else refusal.step)
    approved = refusal is None
    if refusal is None:
        last = [step for step in STEPS if step not in skip and step != TRIAL][-1]
        refusal = Refusal(last, _praise(trial, int(figures.get(f"pairs_{CANDIDATE}", 0))))
    return msgspec.structs.replace(
        verdict,
        approved=approved,
        reason=_pointed(refusal, shown),
        step=refusal.step,
        steps=steps,
        episodes=trial.theatre.episodes,
        rules=trial.rule_results(),
        scenarios=scenario_results(trial.questions, trial.names),
        counterexample=shown,
        figures=figures,
    )


def _pointed(refusal: Refusal, shown: Counterexample | None) -> str:
    """The reason; when the episode that it names was made simpler, which one is shown instead."""
    found = refusal.shown
    if found is None or shown is None or (found.seed, found.tick) == (shown.seed, shown.tick):
        return refusal.reason
    if f"seed {found.seed}" not in refusal.reason:
        return refusal.reason
    return f"{refusal.reason}; minimised: seed {shown.seed}, tick {shown.tick}"


def steps_taken(skip: frozenset[str], refused: str | None) -> dict[str, str]:
    """What came of each step, in order; `refused` said no, None when nothing did.

    A game or tree that fails ends the play, wherever that was: what was played says nothing then.
    """
    told = {}
    over = False
    for step in STEPS:
        said = "not reached" if over else "to come" if step == TRIAL else "passed"
        if refused in (ENVIRONMENT, TREE) and step != STATIC:
            said = "not reached"
        told[step] = "skipped" if step in skip else "no" if step == refused else said
        over = over or step == refused
    return told


def _praise(trial: Trial, compared: int) -> str:
    """Why it is approved, in one sentence: what was shown, and what was not asked."""
    skip, shown = trial.settings.skip, []
    if SAFETY not in skip:
        shown.append(f"no forbidden rule was broken in {trial.needed:,} episodes a scenario")
    if not skip >= {NOT_WORSE, FLOOR}:
        others = " and ".join(f"the {name} weights" for name in trial.against)
        decided = max(asked.test.pairs for asked in trial.questions if asked.rule is None)
        when = f"decided after at most {decided:,} of {compared:,} pairs"
        shown.append(f"it plays no worse than {others}, {when}")
    left_out = [step for step in STEPS if step in skip]
    return ", and ".join(shown) + (f" (skipped: {', '.join(left_out)})" if left_out else "")


def _quiet(stage: str, done: float, episodes: int) -> None:
    del stage, done, episodes
