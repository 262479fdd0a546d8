"""One step's decision: settle a trial, or propose, judge and deploy. Refuses to write anything."""

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from astraweave.errors import EnvironmentFailure, RuleError, WeightsError
from astraweave.learning.controls import controls_of, is_frozen, with_controls
from astraweave.learning.game import Game, LearnSettings
from astraweave.learning.guard import PLAYED, accounts, breach, paid_for
from astraweave.learning.judge import cast_of, environment_in, judge
from astraweave.learning.ledger import deployed_weights, version_of
from astraweave.learning.method import Method
from astraweave.learning.observed import (
    CAP_OBSERVED,
    HIGH_OBSERVED,
    LOW_OBSERVED,
    MIN_EPISODES,
    contradicted,
    figures_of,
    judge_observed,
)
from astraweave.learning.off_policy import evaluate
from astraweave.learning.proposal import fitted, propose
from astraweave.learning.statistics import LearnerState, typical, usual_category
from astraweave.learning.trial import (
    KEEP,
    ON_TRIAL,
    WAIT,
    canary_decision,
    put_on_trial,
    verdict_of_play,
)
from astraweave.model.profile import PreferenceProfile
from astraweave.model.verdict import Deployment, Verdict
from astraweave.model.weights import CAP, MAX_WEIGHT, MIN_WEIGHT, Proposal, WeightSet
from astraweave.sandbox import settings_of
from astraweave.sandbox.asked import Cache
from astraweave.sandbox.gate import TRIAL

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore


class Decided(NamedTuple):
    """What came of it; `message` is one line for a person, in every case.

    `weights` are new ones that no proposal made. `trouble` is what the learner could not do.
    """

    message: str
    proposal: Proposal | None = None
    verdict: Verdict | None = None
    deployment: Deployment | None = None
    weights: WeightSet | None = None
    trouble: str | None = None


class Desk:
    """Everything one decision looks at. `state` is moved on when a proposal is made."""

    def __init__(
        self,
        store: "MemoryStore",
        game: Game,
        settings: LearnSettings,
        state: LearnerState,
        profile: PreferenceProfile,
        *,
        seed: int,
        now: float,
        method: Method,
    ) -> None:
        """Read what is in use."""
        self._method = method
        self._store, self._game, self._state = store, game, state
        self._profile, self._seed, self._now = profile, seed, now
        self._pair = (profile.player_id, profile.companion_id)
        decided = controls_of(store, *self._pair)
        self._settings = with_controls(settings, decided, game.tree.tactics)
        self._current, _ = deployed_weights(store, game, *self._pair)

    def decide(self) -> Decided:
        """The end of a trial, when it has come, else a proposal, its verdict, its deployment.

        A frozen pair stays as it is in every respect.
        """
        state, tree = self._state, self._game.tree
        if is_frozen(self._store, *self._pair):
            return Decided("frozen: nothing changes")
        settled = self._settled() or self._guarded()
        if settled is not None:
            return settled
        if not tree.weighted:
            return Decided("the tree has no WeightedFallback: there are no weights to learn")
        if state.spent >= state.episodes:
            more = state.spent - state.episodes + 1
            return Decided(f"nothing to change before {_episodes(more)} more")
        return self._offered()

    def _offered(self) -> Decided:
        """A proposal with its verdict; none, where the learner says nothing that can be stored."""
        try:
            proposal = self._proposed()
        except WeightsError as error:
            self._store.report(f"learning failed: {error}")
            return Decided(f"nothing proposed: {error}", trouble=str(error))
        if proposal is None:
            return Decided("nothing to change: no weight wants to move by half a percent")
        return self._judged(proposal)

    def _settled(self) -> Decided | None:
        state, trial = self._state, self._state.canary
        found = WAIT if trial is None else canary_decision(state, trial)
        if trial is None or found == WAIT:
            return None
        state.canary = None
        reason = verdict_of_play(trial, found)
        if found == KEEP:
            version = trial.line[-1]
            kept = self._deployment(version, "promote", reason=reason)
            return Decided(f"kept version {version}: {reason}", deployment=kept)
        return self._rolled_back(trial.baseline, reason)

    def _guarded(self) -> Decided | None:
        """The designer's weights again, where what was learned has cost too much."""
        if set(self._current.weights.values()) <= {1.0}:
            return None
        share = self._settings.guard
        paid = paid_for(self._store.deployments(*self._pair))
        told = accounts(self._state, self._game.tree.weighted, after=paid, share=share)
        # While a trial runs, its own test looks at its episodes, and is the quicker one for many.
        asked = [each for each in told if each.source != PLAYED or self._state.canary is None]
        reason = breach(asked, share)
        if reason is None:
            return None
        self._state.canary = None
        return self._rolled_back(0, reason)

    def _rolled_back(self, baseline: int, reason: str) -> Decided:
        """The baseline again; what must not move stays where it is."""
        # The statistics that led there are still the same: let more of them come first.
        self._state.spent = self._state.episodes + MIN_EPISODES
        message = f"rolled back to version {baseline}: {reason}"
        before = fitted(self._version(baseline), self._game.tree.tactics)
        now = self._current.weights
        held = {n: now[n] for n in before.weights if n in self._settings.locked}
        after = before.weights | held
        if after == before.weights:
            back = self._deployment(baseline, "roll_back", reason=reason)
            return Decided(message, deployment=back)
        weights = msgspec.structs.replace(
            before,
            version=self._store.next_version(*self._pair),
            weights=after,
            parent=baseline,
            restores=None,
            origin="roll_back",
            created_at=self._now,
            reason=f"version {baseline}, with {', '.join(sorted(held))} as locked",
        )
        back = self._deployment(weights.version, "roll_back", reason=reason)
        return Decided(message, deployment=back, weights=weights)

    def _version(self, version: int) -> WeightSet:
        return version_of(self._store, self._game, *self._pair, version)

    def _proposed(self) -> Proposal | None:
        observed = self._game.environment is None
        # The book's count, which outlives these statistics.
        judged = self._store.book.next_number(*self._pair) - 1
        self._state.proposals = max(judged, self._state.proposals)
        return propose(
            self._state,
            self._profile,
            self._game.tree.weighted,
            self._current,
            version=self._store.next_version(*self._pair),
            now=self._now,
            cap=CAP_OBSERVED if observed else CAP,
            low=LOW_OBSERVED if observed else MIN_WEIGHT,
            high=HIGH_OBSERVED if observed else MAX_WEIGHT,
            locked=self._settings.locked,
            bounds=self._settings.bounds,
            method=self._method,
        )

    def _judged(self, proposal: Proposal) -> Decided:
        environment, state = self._game.environment, self._state
        if environment is None:
            verdict = self._by_play(proposal)
        else:
            verdict = by_sandbox(
                *(self._game, self._settings, state, self._profile, proposal),
                seed=self._seed,
                cache=self._store.book,
            )
        state.proposals = proposal.number
        # An environment that failed said nothing: this may be asked again without more play.
        state.spent += verdict.step != "environment"
        version = proposal.candidate.version
        if not verdict.approved:
            message = f"version {version} rejected: {verdict.reason}"
            return Decided(message, proposal, verdict)
        message = f"version {version} approved: {proposal.candidate.reason}"
        more: dict[str, Any] = {"verdict": verdict}
        # What logged play alone has proved is always tried.
        if environment is not None and verdict.steps.get(TRIAL) == "skipped":
            state.canary = None
        else:
            trial = put_on_trial(state, version, self._current.version)
            more |= {"canary": True, "against": trial.baseline}
            message = f"{message}; {ON_TRIAL}"
        deployment = self._deployment(version, "promote", **more)
        return Decided(message, proposal, verdict, deployment)

    def _by_play(self, proposal: Proposal) -> Verdict:
        baseline = None
        if self._state.canary is not None:
            baseline = fitted(self._version(self._state.canary.baseline), self._game.tree.tactics)
        return judge_observed(
            self._state,
            proposal,
            self._game.tree.weighted,
            baseline=baseline,
            require_sandbox=self._settings.require_sandbox,
            locked=self._settings.locked,
            bounds=self._settings.bounds,
        )

    def _deployment(self, version: int, action: str, **more: Any) -> Deployment:
        player_id, companion_id = self._pair
        return Deployment(
            version=version,
            player_id=player_id,
            companion_id=companion_id,
            action=action,
            deployed_at=self._now,
            **more,
        )


def _episodes(count: int) -> str:
    return "one episode" if count == 1 else f"{count} episodes"


def by_sandbox(
    game: Game,
    settings: LearnSettings,
    state: LearnerState,
    profile: PreferenceProfile,
    proposal: Proposal,
    *,
    seed: int,
    cache: Cache | None = None,
) -> Verdict:
    """What a game with an environment says of a proposal; a failure of the game is a verdict, too.

    Logged play is asked first: what it is sure of needs no simulation.

    Args:
        game: with an environment.
        settings: gate, locks and bounds.
        state: statistics that the proposal was made from.
        profile: whom the environment puts in the player's place.
        proposal: what is judged.
        seed: as in `judge`.
        cache: as in `judge`.

    Raises:
        UsageError: the game has no environment.
    """
    environment = environment_in(game)
    gate = settings_of(environment, settings.gate)
    candidate, deployed = proposal.candidate.weights, proposal.baseline.weights
    played = evaluate(state.log, game.tree.weighted, candidate, deployed)
    against = contradicted(played)
    if against is not None:
        return Verdict(
            approved=False,
            reason=against,
            proof="observed",
            step="observed",
            proposal_number=proposal.number,
            episodes=state.episodes,
            figures=figures_of(played),
        )
    try:
        return judge(
            game,
            proposal.candidate,
            proposal.baseline,
            cast_of(environment, profile),
            settings=settings,
            seconds=typical(state, usual_category(state))[0],
            number=proposal.number,
            seed=seed,
            cache=cache,
        )
    except (EnvironmentFailure, RuleError) as error:  # both are the game's
        return Verdict(
            approved=False,
            reason=str(error),
            proof="simulated",
            step="environment",
            alpha=gate.alpha,
            p0=gate.p0,
            proposal_number=proposal.number,
            seed=seed,
        )
