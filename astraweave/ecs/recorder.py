"""The recorder: begins, fills and ends episodes in one esper world. Refuses to learn.

It works in the world that was current when it was made, whichever is current when a method is
called. It never touches disk in a frame: episodes and checkpoints go to the store's writer.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import esper

from astraweave.ecs.agents import Agents, Sense
from astraweave.ecs.components import Companion, Player
from astraweave.ecs.recording import Recording, check_params, outcome_of, satisfaction_of
from astraweave.errors import RecordError, UsageError
from astraweave.learning.game import Game
from astraweave.learning.ledger import deployed_weights
from astraweave.model.draft import Draft
from astraweave.model.episode import EpisodeCategory
from astraweave.model.rng import uniform

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore

STREAM_EPISODE, STREAM_CANARY = 1, 2
HALF = 0.5


class Recorder:
    """Episodes of the companions of one world.

    Attributes:
        memory: the open store.
        game: tree, vocabulary, facts and, if there is one, the environment.
    """

    def __init__(
        self,
        memory: "MemoryStore",
        game: Game,
        *,
        seed: int,
        clock: Callable[[], float],
        wall: Callable[[], float],
        agents: Agents,
        checkpoint_s: float,
    ) -> None:
        """Use `astraweave.attach`, which also adds the processors."""
        self.memory, self.game = memory, game
        self._seed, self._clock, self._wall = seed, clock, wall
        self._agents, self._checkpoint_s = agents, checkpoint_s
        self._world: str = esper.current_world
        self._open: dict[int, Recording] = {}
        self._by_player: dict[int, tuple[Recording, ...]] = {}
        self._actions = frozenset(game.vocabulary)
        self._ordinal = memory.episodes_ever()
        self._pairs: dict[tuple[str, str], None] = {}
        self._attached = True

    # -- the frame -----------------------------------------------------------------------------

    def behave(self) -> None:
        """One frame of behaviour; called by the behaviour processor."""
        self._agents.tick(self._clock())

    def record(self) -> None:
        """End of a frame: open episodes whose checkpoint is due go to the writer's queue."""
        now = self._clock()
        for recording in self._open.values():
            if now >= recording.next_checkpoint and recording.paused_at is None:
                recording.next_checkpoint = now + self._checkpoint_s
                self._checkpoint(recording, now)

    def _checkpoint(self, recording: Recording, now: float) -> None:
        draft = recording.draft
        first, first_row = recording.checkpointed
        ends = draft.start_time + (now - recording.start)
        # What the queue could not take is in the next part again.
        if self.memory.checkpoint(draft.part(first, first_row, ends)):
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
            target: what it was aimed at.
            params: finite numbers, short texts, booleans; copied.

        Raises:
            RecordError: an undeclared action or a value that cannot be stored, by its name.
        """
        if action not in self._actions:
            fix = self.game.vocabulary.nearest(action)
            raise RecordError(
                what=f"action {action!r} is not declared", where="player_did", fix=fix
            )
        if params is not None:
            check_params(params)
            params = {**params}
        now = self._clock()
        for recording in self._by_player.get(player, ()):
            recording.draft.seen.append(
                (now - recording.start, action, target, params, recording.row())
            )

    # -- episodes ------------------------------------------------------------------------------

    def sense(self, function: Sense) -> Sense:
        """Give facts before each decision: ``function(companion entity) -> {name: value}``."""
        self._agents.sense = function
        return function

    def begin(
        self,
        companion: int,
        category: str,
        *,
        player: int | None = None,
        tags: tuple[str, ...] = (),
        seed: int | None = None,
    ) -> str:
        """Open an episode; the weights in use now play it to its end. Returns its id.

        Args:
            companion: entity with a `Companion` component.
            category: combat, dialogue, exploration, puzzle, quest or social.
            player: entity with a `Player`; may be left out when the world has just one.
            tags: words to find it by.
            seed: of the tree's choices; by default drawn from the learner's.

        Raises:
            UsageError: an episode of this companion is open already, or there is no player.
        """
        self._check_attached()
        if category not in set(EpisodeCategory):
            fix = f"one of {', '.join(EpisodeCategory)}"
            raise UsageError(what="unknown category", got=category, where="begin", fix=fix)
        if companion in self._open:
            raise UsageError(
                what=f"an episode of companion {companion} is open", where="begin", fix="end it"
            )
        with self._in_world():
            mate = component_of(companion, Companion)
            player = self._only_player() if player is None else player
            person = component_of(player, Player)
            self._ordinal += 1
            if seed is None:
                seed = int(uniform(self._seed, self._ordinal, 0, STREAM_EPISODE) * 2**32)
            version, weights = self._policy(person.id, mate.id)
            now = self._clock()
            draft = Draft(
                id=f"{mate.id}-{self._ordinal:06d}-{seed & 0xFFFFFFFF:08x}",
                category=EpisodeCategory(category),
                start_time=self._wall(),
                player_id=person.id,
                companion_id=mate.id,
                policy_version=version,
                seed=seed,
                fact_names=self.game.sheet.names,
                tags=list(dict.fromkeys(tags)),
            )
            recording = Recording(draft, now, next_checkpoint=now + self._checkpoint_s)
            agent = self._agents.start(companion, mate, seed, recording)
            agent.ticker.weights(weights)
        self._open[companion] = recording
        self._by_player[player] = (*self._by_player.get(player, ()), recording)
        self._pairs[person.id, mate.id] = None
        # An empty part: from here on a crash is noticed.
        self.memory.checkpoint(draft.part(0, 0, draft.start_time))
        return draft.id

    def end(
        self, companion: int, success: float, *, truncated: bool = False, **outcome: Any
    ) -> str:
        """Close the episode and hand it to the store. Returns its id.

        Args:
            companion: the entity whose episode it is.
            success: 0 (or False) to 1 (or True).
            truncated: it ended for a reason outside the play.
            outcome: fields of `EpisodeOutcome`; what is not given is computed.

        Raises:
            UsageError: no episode of this companion is open.
            RecordError: a field that does not exist or is out of range; the episode stays open.
        """
        recording = self._recording(companion, "end")
        self.resume(companion)
        seconds = max(0.0, self._clock() - recording.start)
        with self._in_world():
            self._agents.by_entity[companion].ticker.halt()
        draft = recording.draft
        if "player_satisfaction" not in outcome:
            outcome["player_satisfaction"] = satisfaction_of(
                draft, float(success), seconds, self.game.sheet
            )
        draft.outcome = outcome_of(draft, float(success), seconds, outcome)
        draft.end_time = draft.start_time + seconds
        draft.truncated = truncated
        self._close(companion, recording)
        self.memory.write(draft)
        return draft.id

    def abort(self, companion: int) -> None:
        """Drop the open episode as if it had not been played."""
        recording = self._recording(companion, "abort")
        with self._in_world():
            self._agents.by_entity[companion].ticker.halt()
        self._close(companion, recording)
        self.memory.discard(recording.draft.id)

    def tag(self, companion: int, tag: str) -> None:
        """Add a tag to the open episode."""
        tags = self._recording(companion, "tag").draft.tags
        if tag not in tags:
            tags.append(tag)

    def credit(self, companion: int, amount: float) -> None:
        """Give (or take) what came late, −1 to 1: shared among the tactics of the last 5 s."""
        self._recording(companion, "credit").credit(amount, self._clock())

    def pause(self, companion: int) -> None:
        """Stop the companion and its episode's clock, e.g. in a menu."""
        recording = self._recording(companion, "pause")
        if recording.paused_at is None:
            recording.paused_at = self._clock()

    def resume(self, companion: int) -> None:
        """Go on where `pause` stopped; nothing happens when it did not."""
        recording = self._recording(companion, "resume")
        if recording.paused_at is not None:
            recording.start += self._clock() - recording.paused_at
            recording.paused_at = None

    # -- inside --------------------------------------------------------------------------------

    def _policy(self, player_id: str, companion_id: str) -> tuple[int, dict[str, float]]:
        """Version and weights for a new episode; a version on trial plays every other one."""
        weights, deployment = deployed_weights(self.memory, self.game, player_id, companion_id)
        against = None if deployment is None or not deployment.canary else deployment.against
        if against is None or uniform(self._seed, self._ordinal, 0, STREAM_CANARY) >= HALF:
            return weights.version, dict(weights.weights)
        older = self.memory.weight_set(player_id, companion_id, against)
        return against, {} if older is None else dict(older.weights)

    def _close(self, companion: int, recording: Recording) -> None:
        del self._open[companion]
        for player, recordings in list(self._by_player.items()):
            left = tuple(r for r in recordings if r is not recording)
            self._by_player[player] = left
            if not left:
                del self._by_player[player]
        with self._in_world():
            agent = self._agents.by_entity.get(companion)
            if agent is not None:
                agent.recording = None
                agent.companion.tactic = None
                self._agents.start(companion, agent.companion, recording.draft.seed, None)
            self._agents.forget_dead()

    def _recording(self, companion: int, where: str) -> Recording:
        recording = self._open.get(companion)
        if recording is None:
            raise UsageError(
                what=f"no episode of companion {companion} is open", where=where, fix="begin one"
            )
        return recording

    def _only_player(self) -> int:
        players = [entity for entity, _ in esper.get_component(Player)]
        if len(players) != 1:
            raise UsageError(
                what=f"the world has {len(players)} players", where="begin", fix="give player=…"
            )
        return players[0]

    def _check_attached(self) -> None:
        if not self._attached:
            raise UsageError(what="the learner is detached", fix="attach again")

    @contextmanager
    def _in_world(self) -> Iterator[None]:
        """The learner's world is current inside, the caller's again after."""
        before = esper.current_world
        if before == self._world:
            yield
            return
        esper.switch_world(self._world)
        try:
            yield
        finally:
            esper.switch_world(before)


def component_of(entity: int, kind: type[Any]) -> Any:
    """The component of an entity, or UsageError saying which is missing."""
    found = esper.try_component(entity, kind) if esper.entity_exists(entity) else None
    if found is None:
        raise UsageError(
            what=f"entity {entity} has no {kind.__name__} component",
            fix=f"esper.create_entity({kind.__name__}(…))",
        )
    return found
