"""Episodes → profile → proposal → verdict → deployment, each once, in one transaction.

`learn` is the whole way of the data after play. It reads what was not learned yet, folds it into
the statistics, proposes one capped step, has it judged, and writes all of it or nothing. It never
plays, and never changes a tree.
"""

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from astraweave.learning.chapter import Chapter, chapter, known_before
from astraweave.learning.counted import count_last, recount
from astraweave.learning.desk import Decided, Desk
from astraweave.learning.game import Game, LearnSettings, unexplored
from astraweave.learning.ledger import again_if_overtaken, deployed_weights, profile_id
from astraweave.learning.method import Method
from astraweave.learning.methods import POSTERIOR, with_method
from astraweave.learning.resets import resets_of
from astraweave.learning.rows import Known, absorb, known, method_for, row_of, unknown_actions
from astraweave.learning.standing import trouble_notes
from astraweave.learning.story import Reflection
from astraweave.learning.variants import as_played
from astraweave.model.actions import nearest
from astraweave.model.learned import LearningCommit
from astraweave.model.memory import Memory, MemorySource, MemoryType, SpatialTemporalContext
from astraweave.model.profile import PreferenceProfile
from astraweave.model.verdict import Deployment, Verdict
from astraweave.model.weights import Proposal, WeightSet
from astraweave.playstyle import profile_of

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore


class LearnReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one step of learning did; `str(report)` is its message.

    `learned` counts the episodes that were new. `proposal` None: nothing to change, and `message`
    says why; `verdict` says what the sandbox said of it; `deployed` is what plays from the next
    episode on. `unknown_actions` of the player the vocabulary does not declare: they were left
    out, here counted by name. `learner` is who proposed,
    `trouble` what kept it from that.
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
    unknown_actions: dict[str, int] = {}
    learner: str = POSTERIOR
    trouble: str | None = None

    def __str__(self) -> str:
        """One line for a person."""
        return self.message


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
    moves nothing further than play has paid for. When another process learns at the same time,
    one of the two sees the other's work and repeats its own on top of it.

    Args:
        store: open memory; flushed first.
        game: what is played.
        player_id, companion_id: whose statistics.
        seed: for the sandbox; with the proposal's number it decides every simulated episode.
        now: seconds since 1970.
        settings: gate, locks and progress.

    Raises:
        StoreError: it could not be stored; nothing is lost, and the next call does the same.
    """
    store.flush()
    step = _Step(store, game, settings or LearnSettings(), player_id, companion_id, seed, now)
    return again_if_overtaken(store, player_id, companion_id, step.take)


class _Step:
    """One step, which may be taken again from the start."""

    def __init__(
        self,
        store: "MemoryStore",
        game: Game,
        settings: LearnSettings,
        player_id: str,
        companion_id: str,
        seed: int,
        now: float,
    ) -> None:
        self.store, self.given, self.game, self.settings = store, game, game, settings
        self.player_id, self.companion_id = player_id, companion_id
        self.seed, self.now = seed, now

    def take(self) -> LearnReport:
        self.game = as_played(self.store, self.given, self.player_id, self.companion_id)
        found = known(self.store, self.player_id, self.companion_id, self.game.styles)
        pair, name = (self.player_id, self.companion_id), self.settings.learner
        method = method_for(self.store, found, pair, name, self.game)
        recount(self.store, found.state, pair, self.game.tree.weighted)
        before = known_before(found.state.story, found.evidence.style, pair[0], found.replayed)
        rows, unknown, reflections = self._fold(found, method)
        found.other_learner = found.state.learner != method.name
        found.state.learner = method.name
        found.state.methods = with_method(found.state.methods, method, found.state.episodes)
        profile = profile_of(
            found.evidence, player_id=self.player_id, companion_id=self.companion_id, now=self.now
        )
        desk = Desk(
            *(self.store, self.game, self.settings, found.state, profile),
            seed=self.seed,
            now=self.now,
            method=method,
        )
        told = chapter(before, found.state.story, found.evidence.style, reflections, pair, self.now)
        try:
            decided = desk.decide()
        except Exception:
            # Whatever is wrong with the proposal, the episodes are learned.
            self._commit(found, profile, rows, Decided(""), told)
            raise
        self._commit(found, profile, rows, decided, told)
        return LearnReport(
            player_id=self.player_id,
            companion_id=self.companion_id,
            learned=len(rows),
            episodes=found.state.episodes,
            profile=profile,
            proposal=decided.proposal,
            verdict=decided.verdict,
            deployment=decided.deployment,
            deployed=deployed_weights(self.store, self.game, self.player_id, self.companion_id)[0],
            message="; ".join([decided.message, *self._remarks(found, unknown)]),
            unknown_actions=dict(unknown),
            learner=method.name,
            trouble=decided.trouble,
        )

    def _fold(
        self, found: Known, method: Method
    ) -> tuple[dict[str, bytes], Counter[str], list[Reflection]]:
        """Learn what is new: rows of statistics, actions nobody declared, and what was thought."""
        reflections: list[Reflection] = []
        rows: dict[str, bytes] = {}
        unknown: Counter[str] = Counter()
        styles = self.game.styles
        new = self.store.unlearned(self.player_id, self.companion_id)
        resets = len(resets_of(self.store, self.player_id, self.companion_id))
        for log in self.store.episodes(new):
            row = replace(row_of(log, self.game, self.settings.trust), resets=resets)
            found.evidence = absorb(found.state, found.evidence, row, styles, method, log.id)
            count_last(found.state, row, self.game.tree.weighted)
            last = found.state.story.last
            if last is not None and last.episode == log.id:
                reflections.append(last)
            rows[log.id] = row.encoded()
            unknown += unknown_actions(log, self.game)
        return rows, unknown, reflections

    def _commit(
        self,
        found: Known,
        profile: PreferenceProfile,
        rows: dict[str, bytes],
        decided: Decided,
        told: Chapter,
    ) -> None:
        """All that changed in one transaction; nothing when nothing did."""
        same = not (rows or decided.proposal or decided.deployment or found.replayed)
        notes = trouble_notes(self.store, self.player_id, self.companion_id, decided.trouble)
        same = same and not (found.other_learner or notes)
        if same and found.read is not None:
            return
        found.state.revision += 1
        found.state.evidence = found.evidence.encoded()
        self.store.commit(
            LearningCommit(
                player_id=self.player_id,
                companion_id=self.companion_id,
                state=found.state.encoded(),
                read=found.read,
                guarded=True,
                rows=rows,
                weights=decided.weights if decided.proposal is None else decided.proposal.candidate,
                proposal=decided.proposal,
                verdict=decided.verdict,
                deployment=decided.deployment,
                memories=(profile_memory(profile, self.now), *told.memories),
                gone=told.gone,
                anew=told.anew,
                notes=notes,
            )
        )

    def _remarks(self, found: Known, unknown: Counter[str]) -> list[str]:
        said = []
        if unknown:
            name, count = unknown.most_common(1)[0]
            more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
            said.append(
                f"left out {name!r} ×{count}{more}: not in the vocabulary, "
                f"{nearest(name, self.game.vocabulary)}"
            )
        still = unexplored(self.game.tree)
        if still is not None:
            said.append(still)
        if found.replayed:
            said.append(f"statistics were lost and replayed from {found.replayed} episodes' rows")
        if found.lost:
            said.append(f"{found.lost} rows could not be read")
        return said


def profile_memory(profile: PreferenceProfile, now: float) -> Memory:
    """The profile as knowledge about the player: a semantic memory, replaced each time."""
    style = profile.playstyle.combat_style.value
    named = f"a {style} fighter" if profile.is_confident else f"perhaps a {style} fighter"
    return Memory(
        id=profile_id(profile.player_id, profile.companion_id),
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
