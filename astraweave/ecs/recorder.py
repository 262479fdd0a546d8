"""The recorder: begins, fills and ends episodes in one esper world. Refuses to learn.

It works in the world that was current when it was made, whichever is current when a method is
called. It never touches disk in a frame: episodes and checkpoints go to the store's writer, and
what plays next was read before.
"""

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import esper

from astraweave.ecs.agents import Agents, Sense
from astraweave.ecs.checks import (
    MAX_ID,
    checked_name,
    checked_outcome,
    checked_params,
    checked_tags,
)
from astraweave.ecs.clock import SteadyClock
from astraweave.ecs.components import Companion, Player
from astraweave.ecs.drafts import Drafts, check_seed
from astraweave.ecs.policies import Policies
from astraweave.ecs.recording import Recording, outcome_of, satisfaction_of
from astraweave.ecs.structures import Structures
from astraweave.ecs.world import component_of, inside, only_player
from astraweave.errors import RecordError, StoreError, UsageError
from astraweave.learning.game import Game
from astraweave.model.arguments import check, public
from astraweave.model.episode import EpisodeCategory
from astraweave.model.sources import OWN, source_tags

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore

TARGETS_KNOWN = 10_000
CHECKPOINTS_A_FRAME = 4
"""Episodes that began together come due together: no frame pays for all of them."""


class Recorder:
    """Episodes of the companions of one world."""

    def __init__(
        self,
        memory: "MemoryStore",
        game: Game,
        *,
        seed: int,
        clock: Callable[[], float],
        wall: Callable[[], float],
        agents: Agents,
        structures: Structures,
        checkpoint_s: float,
    ) -> None:
        """Use `astraweave.attach`, which also adds the processors."""
        self.memory, self.game = memory, game
        self._seed, self._time, self._wall = seed, SteadyClock(clock), wall
        self._agents, self._checkpoint_s = agents, checkpoint_s
        self._structures = structures
        self._world: str = esper.current_world
        self._open: dict[int, Recording] = {}
        self._by_player: dict[int, tuple[Recording, ...]] = {}
        self._actions = frozenset(game.vocabulary)
        self._targets: set[str] = set()
        self._policies = Policies(memory, game, seed, structures)
        names = game.sheet.names
        self._drafts = Drafts(memory, self._policies, fact_names=names, seed=seed, wall=wall)
        self._pairs: dict[tuple[str, str], None] = {}
        self._ids: dict[int, str] = {}
        self._attached = True
        self._store_failed = False

    # -- the frame -----------------------------------------------------------------------------

    def behave(self) -> None:
        """One frame of behaviour; called by the behaviour processor."""
        self._agents.tick(self._time())

    def record(self) -> None:
        """End of a frame: open episodes whose checkpoint is due go to the writer's queue."""
        now, room = self._time(), CHECKPOINTS_A_FRAME
        for recording in self._open.values():
            if now >= recording.next_checkpoint and recording.paused_at is None:
                recording.next_checkpoint = now + self._checkpoint_s
                self._checkpoint(recording, now)
                room -= 1
                if not room:
                    return

    def _checkpoint(self, recording: Recording, now: float) -> None:
        draft = recording.draft
        first, first_row = recording.checkpointed
        part = draft.part(first, first_row, draft.start_time + recording.at(now))
        try:
            kept = self.memory.checkpoint(part)
        except StoreError as error:
            # The game goes on; `end` raises, when there is something to lose.
            if not self._store_failed:
                self._store_failed = True
                warnings.warn(f"episodes are not kept: {error}", RuntimeWarning, stacklevel=2)
            return
        # What the queue could not take is in the next part again.
        if kept:
            recording.checkpointed = (len(draft.seen), len(draft.rows))

    def player_did(
        self,
        player: int,
        action: str,
        *,
        target: str | None = None,
        params: "Mapping[str, Any] | None" = None,
    ) -> None:
        """Record one action in every open episode of this player's companions.

        Args:
            player: entity with a `Player` component.
            action: a name of the vocabulary.
            target: what it was aimed at, a name.
            params: finite numbers, short texts, booleans; copied.

        Raises:
            RecordError: an undeclared action or a value that cannot be stored, by its name.
            UsageError: the entity is no player.
        """
        try:
            known, episodes = action in self._actions, self._by_player.get(player)
        except TypeError:  # no text, or no entity: it has no hash
            check(Recorder.player_did, player=player)
            known, episodes = False, None
        if not known:
            action = checked_name("action", action, "player_did")
            fix = self.game.vocabulary.nearest(action)
            raise RecordError(
                what=f"action {action!r} is not declared", where="player_did", fix=fix
            )
        if target is not None and (target.__class__ is not str or target not in self._targets):
            target = self._new_target(target)
        if params is not None:
            params = checked_params(params)
        # Read bare, for speed; a jump back since the last frame is evened out in the columns.
        time = self._time
        now = time.clock() + time.offset
        for recording in episodes or self._nobody(player):
            paused = recording.paused_at
            t = now - recording.start if paused is None else paused
            recording.draft.seen.append((t, action, target, params, recording.row()))

    def _new_target(self, target: str) -> str:
        """A target's name, checked the first time it is met."""
        name = checked_name("target", target, "player_did")
        if len(self._targets) >= TARGETS_KNOWN:
            self._targets.clear()
        self._targets.add(name)
        return name

    def _nobody(self, player: int) -> tuple[Recording, ...]:
        """No episode is open for this entity, which is fine for a player and for one long gone."""
        with inside(self._world):
            if esper.entity_exists(player):
                component_of(player, Player)
        return ()

    # -- episodes ------------------------------------------------------------------------------

    @public
    def sense(self, function: Sense) -> Sense:
        """Give facts before each decision: ``function(companion entity) -> {name: value}``."""
        self._agents.sense = function
        return function

    @public
    def begin(
        self,
        companion: int,
        category: str,
        *,
        player: int | None = None,
        tags: Iterable[str] = (),
        seed: int | None = None,
        source: str = OWN,
    ) -> str:
        """Open an episode; the weights in use now play it to its end. Returns its id.

        Touches no disk, so a processor may call it.

        Args:
            companion: entity with a `Companion` component.
            category: combat, dialogue, exploration, puzzle, quest or social.
            player: entity with a `Player`; may be left out when the world has just one.
            tags: words to find it by.
            seed: of the tree's choices; by default drawn from the learner's.
            source: whose play it is: own, shared or bot; it decides what the episode counts.

        Raises:
            UsageError: an episode of this companion is open already, there is no player, or no
                such source.
            RecordError: an id or a tag that is no name.
        """
        self._check_attached()
        if category not in tuple(EpisodeCategory):
            fix = f"one of {', '.join(EpisodeCategory)}"
            raise UsageError(what="unknown category", got=category, where="begin", fix=fix)
        if companion in self._open:
            raise UsageError(
                what=f"an episode of companion {companion} is open", where="begin", fix="end it"
            )
        check_seed(seed, "begin")
        with inside(self._world):
            mate = component_of(companion, Companion)
            player = only_player() if player is None else player
            person = component_of(player, Player)
            pair = (
                checked_name("Player.id", person.id, "begin", MAX_ID),
                checked_name("Companion.id", mate.id, "begin", MAX_ID),
            )
            told = [*source_tags(source), *checked_tags(tags)]
            draft, weights = self._drafts.new(pair, EpisodeCategory(category), told, seed)
            now, tree = self._time(), self._policies.tree_of(draft)
            recording = Recording(draft, now, next_checkpoint=now + self._checkpoint_s)
            self._agents.start(companion, mate, draft.seed, weights, recording, tree)
        self._open[companion] = recording
        self._by_player[player] = (*self._by_player.get(player, ()), recording)
        self._pairs[pair] = None
        self._ids[companion] = pair[1]
        # An empty part: from here on a crash is noticed.
        self._checkpoint(recording, now)
        return draft.id

    @public
    def end(
        self, companion: int, success: float, *, truncated: bool = False, **outcome: Any
    ) -> str:
        """Close the episode and hand it to the store. Returns its id.

        Args:
            companion: the entity whose episode it is; it may be gone by now.
            success: 0 (or False) to 1 (or True).
            truncated: it ended for a reason outside the play.
            outcome: fields of `EpisodeOutcome`; what is not given is computed.

        Raises:
            UsageError: no episode of this companion is open.
            RecordError: a field that does not exist or is out of range; the episode stays open.
        """
        recording = self._recording(companion, "end")
        given = checked_outcome(success, outcome)
        seconds = recording.at(self._time())
        try:
            self._stop(companion, recording, seconds)
        finally:
            # Whatever a callback's `finally` raised: the episode was played.
            draft = recording.draft
            if "player_satisfaction" not in given:
                given["player_satisfaction"] = satisfaction_of(
                    draft, given["success_rating"], seconds, self.game.sheet
                )
            draft.outcome = outcome_of(draft, seconds, given)
            self._keep(companion, recording, seconds, truncated=truncated)
        return draft.id

    @public
    def abort(self, companion: int) -> None:
        """Drop the open episode as if it had not been played."""
        recording = self._recording(companion, "abort")
        try:
            self._stop(companion, recording, 0.0)
        finally:
            self._close(companion, recording)
            self.memory.discard(recording.draft.id)

    @public
    def tag(self, companion: int, tag: str) -> None:
        """Add a tag to the open episode."""
        tags = self._recording(companion, "tag").draft.tags
        if tag not in tags:
            tags.append(checked_name("a tag", tag, "tag"))

    @public
    def credit(self, companion: int, amount: float) -> None:
        """Give (or take) what came late, −1 to 1: shared among the tactics of the last 5 s."""
        recording = self._recording(companion, "credit")
        recording.credit(amount, recording.at(self._time()))

    @public
    def pause(self, companion: int) -> None:
        """Stop the companion and its episode's time, e.g. in a menu; again changes nothing."""
        self._recording(companion, "pause").pause(self._time())

    @public
    def resume(self, companion: int) -> None:
        """Go on where `pause` stopped; nothing happens when it did not."""
        self._recording(companion, "resume").resume(self._time())

    # -- inside --------------------------------------------------------------------------------

    def _stop(self, companion: int, recording: Recording, seconds: float) -> None:
        """Halt the companion and take down what it was doing; nothing is recorded after that."""
        agent = self._agents.by_entity.get(companion)
        try:
            if agent is not None and agent.recording is recording:
                with inside(self._world):
                    agent.ticker.halt(seconds)
        finally:
            recording.interrupt(seconds)
            recording.closed = True

    def _keep(
        self, companion: int, recording: Recording, seconds: float, *, truncated: bool
    ) -> None:
        draft = recording.draft
        draft.end_time = draft.start_time + seconds
        draft.truncated = truncated
        self._close(companion, recording)
        self.memory.write(draft)

    def _close(self, companion: int, recording: Recording) -> None:
        """Forget the episode; its companion goes on with the same weights, unrecorded."""
        del self._open[companion]
        for player, recordings in list(self._by_player.items()):
            left = tuple(r for r in recordings if r is not recording)
            self._by_player[player] = left
            if not left:
                del self._by_player[player]
        draft = recording.draft
        with inside(self._world):
            agent = self._agents.by_entity.get(companion)
            if agent is None or agent.recording is not recording:
                return
            mate = esper.try_component(companion, Companion)
            if mate is None or not esper.entity_exists(companion):
                self._agents.stop(companion)
                return
            weights, tree = self._policies.weights_of(draft), self._policies.tree_of(draft)
            self._agents.start(companion, mate, draft.seed, weights, tree=tree)

    def _recording(self, companion: int, where: str) -> Recording:
        recording = self._open.get(companion)
        if recording is None:
            raise UsageError(
                what=f"no episode of companion {companion} is open", where=where, fix="begin one"
            )
        return recording

    def _check_attached(self) -> None:
        if not self._attached:
            raise UsageError(what="the learner is detached", fix="attach again")
