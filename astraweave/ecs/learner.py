"""The learner: what a game holds in its hand. Episodes in, better weights out.

Made by `attach`. Recording is `Recorder`'s; this adds learning, which runs when asked and off
the frame with `learn_soon`.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import esper

from astraweave.behavior import Trace
from astraweave.behavior.trace import KEEP_TICKS
from astraweave.ecs.components import Companion
from astraweave.ecs.recorder import Recorder
from astraweave.ecs.world import component_of, inside
from astraweave.errors import UsageError
from astraweave.learning.child import Job
from astraweave.learning.controls import allow_only, bound, freeze, lock, unlock
from astraweave.learning.deployment import reset
from astraweave.learning.game import Game, LearnSettings, with_environment
from astraweave.learning.history import redo, undo
from astraweave.learning.loop import LearnReport, learn
from astraweave.learning.standing import left_waiting
from astraweave.learning.why import why
from astraweave.learning.worker import JOB_TIMEOUT_S, Worker
from astraweave.model.arguments import publish
from astraweave.model.weights import MAX_WEIGHT, MIN_WEIGHT

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping, Sequence
    from concurrent.futures import Future

    from astraweave.behavior.engine.blackboard import Held
    from astraweave.memory.erasing import Erased


@publish
class Learner(Recorder):
    """Records, learns and deploys for the companions of one world.

    Attributes:
        memory: the open store.
        game: tree, vocabulary, facts and, if there is one, the environment.
        reports: (player id, companion id) → the last report of each.
    """

    _settings = LearnSettings()
    _environment_name: str | None = None
    _worker: Worker | None = None
    _learn_timeout_s = JOB_TIMEOUT_S
    _processors: "Sequence[esper.Processor]" = ()

    def configure(
        self,
        *,
        settings: LearnSettings,
        environment_name: str | None,
        learn_timeout_s: float,
        processors: "Sequence[esper.Processor]",
    ) -> None:
        """What `attach` knows and recording does not need."""
        self.reports: dict[tuple[str, str], LearnReport] = {}
        # The child may start after the game has changed its folder.
        self._save = str(Path(self.memory.path).resolve())
        self._settings = settings
        self._environment_name = environment_name
        self._learn_timeout_s = learn_timeout_s
        self._processors = tuple(processors)

    def learn(self, environment: Any = None) -> LearnReport:
        """Learn from what was played, prove the change, deploy it; blocks.

        Every pair of player and companion learns; the report is the last one's, `reports` has all.

        Args:
            environment: a `BatchEnvironment` to prove it in; by default the one of `attach`.

        Raises:
            UsageError: nothing was played yet.
        """
        pairs = self._known_pairs("learn")
        game = self._own_game
        if environment is not None:
            game = with_environment(game, environment)
        for player_id, companion_id in pairs:
            report = learn(
                self.memory,
                game,
                player_id=player_id,
                companion_id=companion_id,
                seed=self._seed,
                now=self._wall(),
                settings=self._settings,
            )
            self._learned([report])
        return report

    @property
    def _own_game(self) -> Game:
        """The game with the designer's tree: a save says which variant of it is played."""
        return replace(self.game, tree=self._structures.own)

    def learn_soon(self) -> "Future[LearnReport]":
        """`learn`, off the frame: in a child process for a save file, else in a thread.

        The new weights play from the next `begin` on. Never blocks; what cannot be done is in
        the future, and counted in `figures`.

        Raises:
            UsageError: nothing was played yet.
        """
        return self._soon(tuple(self._known_pairs("learn_soon")))

    def take_up(self) -> None:
        """Learn what an earlier start was asked to, and was closed or killed before it did."""
        pairs = left_waiting(self.memory)
        if pairs:
            self._soon(pairs)

    def _soon(self, pairs: tuple[tuple[str, str], ...]) -> "Future[LearnReport]":
        if self._worker is None:
            self._worker = Worker(
                self.memory,
                self._own_game,
                self._settings,
                self._environment_name,
                learned=self._learned,
                job_timeout_s=self._learn_timeout_s,
            )
        job = Job(path=self._save, pairs=pairs, seed=self._seed, now=self._wall())
        return self._worker.submit(job)

    def _learned(self, reports: "Sequence[LearnReport]") -> None:
        """What was learned plays from now on; called in the thread that waited for it."""
        for report in reports:
            self.reports[report.player_id, report.companion_id] = report
        self._policies.refresh((report.player_id, report.companion_id) for report in reports)

    def freeze(self) -> None:
        """Keep the weights as they are; memory and profile go on."""
        for pair in self._known_pairs("freeze"):
            freeze(self.memory, *pair)

    def thaw(self) -> None:
        """Let the weights follow again."""
        for pair in self._known_pairs("thaw"):
            freeze(self.memory, *pair, frozen=False)

    def lock(self, *tactics: str) -> None:
        """Learning moves the weights of these no more, in this session and all later ones.

        Raises:
            WeightsError: the tree has no such tactic.
        """
        self._each("lock", lambda pair: lock(self.memory, self.game, *pair, *tactics))

    def allow_only(self, *tactics: str) -> None:
        """Learning moves the weights of these and no others.

        Raises:
            WeightsError: the tree has no such tactic.
        """
        self._each("allow_only", lambda pair: allow_only(self.memory, self.game, *pair, *tactics))

    def unlock(self, *tactics: str) -> None:
        """Learning may move these again; without names, all."""
        self._each("unlock", lambda pair: unlock(self.memory, *pair, *tactics))

    def bounds(self, tactic: str, low: float | None = None, high: float | None = None) -> None:
        """Keep the learned factor of a tactic in [low, high]; without either, as all others.

        Raises:
            WeightsError: the tree has no such tactic, or they are not ordered inside [¼, 4].
        """
        ends = (MIN_WEIGHT if low is None else low, MAX_WEIGHT if high is None else high)
        between = None if low is None and high is None else ends
        self._each("bounds", lambda pair: bound(self.memory, self.game, *pair, tactic, between))

    def undo(self, to: int | None = None) -> None:
        """Go back to the weights that the present ones were made from; the next episode plays them.

        Args:
            to: the version to go to instead, any that was in use before; 0 for the designer's.

        Raises:
            UsageError: the designer's weights are in use, or there is no such version, with every
                companion.
        """
        self._each(
            "undo", lambda pair: undo(self.memory, self.game, *pair, to=to, now=self._wall())
        )

    def redo(self) -> None:
        """Take the last undo back.

        Raises:
            UsageError: there is none, with every companion.
        """
        self._each("redo", lambda pair: redo(self.memory, self.game, *pair, now=self._wall()))

    def reset(self, tactic: str | None = None) -> None:
        """Back to the designer's weight, for one tactic or all; memories stay.

        Raises:
            WeightsError: the tree has no such tactic.
        """
        self._each(
            "reset",
            lambda pair: reset(self.memory, self.game, *pair, tactic=tactic, now=self._wall()),
        )

    def forget(self, player_id: str) -> "Erased":
        """Forget a person, as `MemoryStore.forget_player` does, and go on as with a stranger.

        Open episodes of the player are dropped; the designer's weights play from the next `begin`
        on. Blocks until the files are clean, so not for a frame.

        Raises:
            StoreError: the disk did not take it; then nothing was forgotten.
        """
        self._check_attached()
        for companion, recording in list(self._open.items()):
            if recording.draft.player_id == player_id:
                self.abort(companion)
        done = self.memory.forget_player(player_id, now=self._wall())
        pairs = [pair for pair in (*self._pairs, *self.reports) if pair[0] == player_id]
        self._policies.drop_player(player_id)
        self._targets.clear()
        for pair in pairs:
            self._pairs.pop(pair, None)
            self.reports.pop(pair, None)
        return done

    def _each(self, where: str, work: "Callable[[tuple[str, str]], object]") -> None:
        """Do it for every pair; a pair it does not fit is no error while it fits another."""
        pairs, refused = self._known_pairs(where), []
        for pair in pairs:
            try:
                work(pair)
            except UsageError as error:
                refused.append(error)
        self._policies.refresh(pairs)
        if len(refused) == len(pairs):
            raise refused[0]

    def why(self, companion: int) -> str:
        """Five lines for a person: the player, the change, the evidence, the proof, the way back.

        Raises:
            UsageError: the entity is no companion.
        """
        self._check_attached()
        mate = self._ids.get(companion)
        if mate is None:
            with inside(self._world):
                mate = component_of(companion, Companion).id
        known = dict.fromkeys([*self._pairs, *self.memory.pairs()])
        pairs = [pair for pair in known if pair[1] == mate]
        if not pairs:
            return f"{mate} has not played with anyone yet."
        return "\n".join(line for pair in pairs for line in why(self.memory, self.game, *pair))

    def board(self, companion: int) -> "MutableMapping[str, Held]":
        """The blackboard of a companion's tree, for the game to read and write.

        Each episode begins with an empty one, and so does the time after it.

        Raises:
            UsageError: the entity is no companion.
        """
        self._check_attached()
        with inside(self._world):
            return self._agents.agent_of(companion).ticker.board

    def trace(self, companion: int, *, keep_ticks: int = KEEP_TICKS) -> Trace:
        """Watch a companion's tree from its next tick on, through all episodes, until `untrace`.

        Args:
            companion: the entity; one that is watched already goes on in the same trace.
            keep_ticks: how many decisions are kept.

        Raises:
            UsageError: the entity is no companion, or keep_ticks is below 1.
        """
        self._check_attached()
        trace = self._agents.traces.get(companion)
        if trace is None:
            trace = Trace(self.game.tree, keep_ticks=keep_ticks)
            with inside(self._world):
                self._agents.watch(companion, trace)
        return trace

    def untrace(self, companion: int) -> None:
        """Watch it no more: its ticks cost what they did before; the trace stays readable."""
        self._agents.unwatch(companion)

    def figures(self) -> dict[str, float]:
        """Counts since the start: the store's, and steps of learning as learn_… (see `Worker`)."""
        learning = {} if self._worker is None else self._worker.figures
        return self.memory.figures() | {f"learn_{name}": n for name, n in learning.items()}

    def detach(self) -> None:
        """Take the processors out of the world; open episodes are kept as truncated."""
        if not self._attached:
            return
        self._attached = False
        try:
            for companion, recording in list(self._open.items()):
                seconds = recording.at(self._time())
                try:
                    self._stop(companion, recording, seconds)
                finally:
                    self._keep(companion, recording, seconds, truncated=True)
        finally:
            with inside(self._world):
                for processor in self._processors:
                    esper.remove_processor(type(processor))
                for entity in list(self._agents.by_entity):
                    self._agents.stop(entity)

    def close(self) -> None:
        """Detach, finish what the worker is doing, and wait until everything is durable."""
        try:
            self.detach()
        finally:
            if self._worker is not None:
                self._worker.close()
        self.memory.flush()

    def _known_pairs(self, where: str) -> list[tuple[str, str]]:
        """Pairs played in this session, else those the save knows."""
        self._check_attached()
        pairs = list(self._pairs) or list(self.memory.pairs())
        if not pairs:
            raise UsageError(what="nothing was played yet", where=where, fix="begin and end one")
        return pairs
