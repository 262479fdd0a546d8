"""Episodes → profile → proposal → verdict → deployment, each once, in one transaction.

`learn` is the whole way of the data after play. It reads what was not learned yet, folds it into
the statistics, proposes one capped step, lets the sandbox judge it, and writes all of it or
nothing. It never plays, and never changes a tree.
"""

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from astraweave.learning.decisions import conduct_of
from astraweave.learning.game import Game, LearnSettings
from astraweave.learning.judge import cast_of, judge
from astraweave.learning.observed import (
    CAP_OBSERVED,
    HIGH_OBSERVED,
    LOW_OBSERVED,
    canary_decision,
    judge_observed,
)
from astraweave.learning.proposal import propose
from astraweave.learning.statistics import Canary, EpisodeRow, LearnerState, fold, typical
from astraweave.model.episode import EpisodeCategory
from astraweave.model.learned import LearningCommit
from astraweave.model.memory import Memory, MemorySource, MemoryType, SpatialTemporalContext
from astraweave.model.profile import PreferenceProfile
from astraweave.model.verdict import Deployment, Verdict
from astraweave.model.weights import CAP, MAX_WEIGHT, MIN_WEIGHT, Proposal, WeightSet
from astraweave.model.weights import designer_weights as designer
from astraweave.playstyle import Evidence, action_counts, feature_row, profile_of, update

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore
    from astraweave.model.columns import EpisodeLog


class LearnReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one step of learning did.

    `learned` counts the episodes that were new. `proposal` None: nothing to change (or frozen);
    `verdict` says what the sandbox said of it; `deployed` is what plays from the next episode on.
    """

    player_id: str
    companion_id: str
    learned: int
    episodes: int
    profile: PreferenceProfile
    proposal: Proposal | None
    verdict: Verdict | None
    deployment: Deployment | None
    deployed: WeightSet
    message: str


def row_of(log: "EpisodeLog", game: Game) -> EpisodeRow:
    """An episode's own statistics."""
    seconds = 0.0 if log.end_time is None else max(0.0, log.end_time - log.start_time)
    if log.outcome is not None and log.outcome.duration_ms:
        seconds = log.outcome.duration_ms / 1e3
    return EpisodeRow(
        category=log.category.value,
        policy_version=log.policy_version,
        seconds=seconds,
        features=feature_row(log, game.vocabulary, game.sheet).tolist(),
        actions=action_counts(log, game.vocabulary),
        conduct=conduct_of(log, game.sheet),
        outcome=log.outcome,
    )


def absorb(state: LearnerState, evidence: Evidence, row: EpisodeRow) -> Evidence:
    """Fold one row into tactics and traits; returns the new evidence of the traits."""
    fold(state, row)
    return update(evidence, np.array(row.features), row.actions)


def learn(
    store: "MemoryStore",
    game: Game,
    *,
    player_id: str,
    companion_id: str,
    seed: int,
    now: float,
    settings: LearnSettings | None = None,
) -> LearnReport:
    """One step of learning for one player and companion; blocks until it is durable.

    At most one proposal is made per episode played, so calling it again without new episodes
    moves nothing further than play has paid for.

    Args:
        store: open memory; flushed first.
        game: what is played.
        player_id, companion_id: whose statistics.
        seed: for the sandbox; with the proposal's number it decides every simulated episode.
        now: seconds since 1970.
        settings: gate, locks and progress.
    """
    settings = settings or LearnSettings()
    store.flush()
    state, evidence = _restored(store, player_id, companion_id)
    rows: dict[str, bytes] = {}
    for log in store.episodes(store.unlearned(player_id, companion_id)):
        row = row_of(log, game)
        evidence = absorb(state, evidence, row)
        rows[log.id] = msgspec.msgpack.encode(row)
    state.evidence = evidence.encoded()
    profile = profile_of(evidence, player_id=player_id, companion_id=companion_id, now=now)
    desk = _Desk(store, game, settings, state, profile, seed, now)
    settled = desk.settle_canary()
    proposal, verdict, deployment = desk.decide() if settled is None else (None, None, settled)
    store.commit(
        LearningCommit(
            player_id=player_id,
            companion_id=companion_id,
            state=state.encoded(),
            rows=rows,
            weights=proposal.candidate if proposal is not None else None,
            proposal=proposal,
            verdict=verdict,
            deployment=deployment,
            memories=(profile_memory(profile, now),),
        )
    )
    return LearnReport(
        player_id=player_id,
        companion_id=companion_id,
        learned=len(rows),
        episodes=state.episodes,
        profile=profile,
        proposal=proposal,
        verdict=verdict,
        deployment=deployment,
        deployed=deployed_weights(store, game, player_id, companion_id)[0],
        message=_message(proposal, verdict, deployment, frozen=desk.frozen),
    )


def _restored(
    store: "MemoryStore", player_id: str, companion_id: str
) -> tuple[LearnerState, Evidence]:
    """The statistics; replayed from the episodes' own rows where the state was lost."""
    data = store.state(player_id, companion_id)
    state = LearnerState.decoded(data)
    evidence = Evidence.decoded(state.evidence) if state.evidence else Evidence()
    if data is None:
        for _, row in store.rows(player_id, companion_id):
            evidence = absorb(state, evidence, msgspec.msgpack.decode(row, type=EpisodeRow))
    return state, evidence


def deployed_weights(
    store: "MemoryStore", game: Game, player_id: str, companion_id: str
) -> tuple[WeightSet, Deployment | None]:
    """What is in use for this player: the deployed weights, else the designer's."""
    found = store.deployed(player_id, companion_id)
    return (designer(game.tree.tactics), None) if found is None else found


def profile_memory(profile: PreferenceProfile, now: float) -> Memory:
    """The profile as knowledge about the player: a semantic memory, replaced each time."""
    style = profile.playstyle.combat_style.value
    named = f"a {style} fighter" if profile.is_confident else f"perhaps a {style} fighter"
    return Memory(
        id=f"profile:{profile.player_id}:{profile.companion_id}",
        memory_type=MemoryType.SEMANTIC,
        text=(
            f"{profile.player_id} is {named}, aggression {profile.playstyle.aggression.mean:.0%}, "
            f"risk {profile.playstyle.risk_tolerance.mean:.0%}"
        ),
        created_at=now,
        last_accessed=now,
        player_id=profile.player_id,
        companion_id=profile.companion_id,
        data=msgspec.to_builtins(profile),
        context=SpatialTemporalContext(participants=(profile.player_id,)),
        importance=0.9,
        confidence=profile.confidence,
        source=MemorySource.INFERENCE,
        tags=("profile", "playstyle"),
    )


def frozen_note(player_id: str, companion_id: str) -> str:
    """Key of the note that freezes this pair's weights."""
    return f"frozen:{player_id}:{companion_id}"


class _Desk:
    """One step's decision: settle a trial, or propose, judge and deploy."""

    def __init__(
        self,
        store: "MemoryStore",
        game: Game,
        settings: LearnSettings,
        state: LearnerState,
        profile: PreferenceProfile,
        seed: int,
        now: float,
    ) -> None:
        self.store, self.game, self.settings, self.state = store, game, settings, state
        self.profile, self.seed, self.now = profile, seed, now
        self.pair = (profile.player_id, profile.companion_id)
        self.frozen = store.note(frozen_note(*self.pair)) == b"1"
        self.current, self.deployment = deployed_weights(store, game, *self.pair)

    def _deployment(self, version: int, action: str, **more: Any) -> Deployment:
        player_id, companion_id = self.pair
        return Deployment(
            version=version,
            player_id=player_id,
            companion_id=companion_id,
            action=action,
            deployed_at=self.now,
            **more,
        )

    def settle_canary(self) -> Deployment | None:
        """The end of a trial, when it has come; None while none runs or it still waits."""
        trial = self.state.canary
        if trial is None:
            return None
        found = canary_decision(self.state, trial)
        if found == "wait":
            return None
        self.state.canary = None
        if found == "keep":
            reason = "its trial showed no harm"
            return self._deployment(trial.line[-1], "promote", reason=reason)
        reason = f"version {trial.line[-1]} did worse than {trial.baseline} in real episodes"
        return self._deployment(trial.baseline, "roll_back", reason=reason)

    def decide(self) -> tuple[Proposal | None, Verdict | None, Deployment | None]:
        """Propose, judge, deploy."""
        paid = self.state.proposals < self.state.episodes
        observed = self.game.environment is None
        if self.frozen or not paid:
            return None, None, None
        proposal = propose(
            self.state,
            self.profile,
            self.game.tree.weighted,
            self.current,
            version=self.store.next_version(*self.pair),
            now=self.now,
            cap=CAP_OBSERVED if observed else CAP,
            low=LOW_OBSERVED if observed else MIN_WEIGHT,
            high=HIGH_OBSERVED if observed else MAX_WEIGHT,
            locked=self.settings.locked,
        )
        if proposal is None:
            return None, None, None
        self.state.proposals = proposal.number
        verdict = self._judge_observed(proposal) if observed else self._judge(proposal)
        if not verdict.approved:
            return proposal, verdict, None
        version = proposal.candidate.version
        if not observed:
            return proposal, verdict, self._deployment(version, "promote", verdict=verdict)
        trial = self.state.canary
        if trial is None:
            trial = Canary(baseline=self.current.version, line=[], since=self.state.episodes)
        trial.line = [*trial.line, version]
        self.state.canary = trial
        more = {"verdict": verdict, "canary": True, "against": trial.baseline}
        return proposal, verdict, self._deployment(version, "promote", **more)

    def _judge_observed(self, proposal: Proposal) -> Verdict:
        return judge_observed(
            self.state,
            proposal,
            self.game.tree.weighted,
            require_sandbox=self.settings.require_sandbox,
        )

    def _judge(self, proposal: Proposal) -> Verdict:
        environment = self.game.environment
        if environment is None:
            raise AssertionError
        seconds, _ = typical(self.state, EpisodeCategory.COMBAT.value)
        return judge(
            self.game,
            proposal.candidate,
            proposal.baseline,
            cast_of(environment, self.profile),
            settings=self.settings,
            seconds=seconds,
            number=proposal.number,
            seed=self.seed,
        )


def _message(
    proposal: Proposal | None,
    verdict: Verdict | None,
    deployment: Deployment | None,
    *,
    frozen: bool,
) -> str:
    """One line for a person."""
    if proposal is None or verdict is None:
        if deployment is not None:
            return f"version {deployment.version} {deployment.action}: {deployment.reason}"
        return "frozen: nothing changes" if frozen else "nothing to change"
    word = "approved" if verdict.approved else "rejected"
    said = proposal.candidate.reason if verdict.approved else verdict.reason
    return f"version {proposal.candidate.version} {word}: {said}"
