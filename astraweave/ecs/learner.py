"""The learner: what a game holds in its hand. Episodes in, better weights out.

Made by `attach`. Recording is `Recorder`'s; this adds learning, which runs when asked and off
the frame with `learn_soon`.
"""

from typing import TYPE_CHECKING, Any

import esper

from astraweave.ecs.components import Companion
from astraweave.ecs.recorder import Recorder, component_of
from astraweave.errors import UsageError
from astraweave.learning.child import Job
from astraweave.learning.deployment import freeze, reset, undo
from astraweave.learning.game import LearnSettings, with_environment
from astraweave.learning.loop import LearnReport, learn
from astraweave.learning.report import why
from astraweave.learning.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future


class Learner(Recorder):
    """Records, learns and deploys for the companions of one world.

    Attributes:
        memory: the open store.
        game: tree, vocabulary, facts and, if there is one, the environment.
    """

    _settings = LearnSettings()
    _environment_name: str | None = None
    _worker: Worker | None = None
    _processors: "Sequence[esper.Processor]" = ()

    def configure(
        self,
        *,
        settings: LearnSettings,
        environment_name: str | None,
        processors: "Sequence[esper.Processor]",
    ) -> None:
        """What `attach` knows and recording does not need."""
        self._settings = settings
        self._environment_name = environment_name
        self._processors = tuple(processors)

    def learn(self, environment: Any = None) -> LearnReport:
        """Learn from what was played, prove the change, deploy it; blocks.

        Args:
            environment: a `BatchEnvironment` to prove it in; by default the one of `attach`.

        Raises:
            UsageError: nothing was played yet.
        """
        self._check_attached()
        game = self.game if environment is None else with_environment(self.game, environment)
        report = None
        for player_id, companion_id in self._known_pairs("learn"):
            report = learn(
                self.memory,
                game,
                player_id=player_id,
                companion_id=companion_id,
                seed=self._seed,
                now=self._wall(),
                settings=self._settings,
            )
        if report is None:
            raise UsageError(what="nothing was played yet", where="learn", fix="begin and end one")
        return report

    def learn_soon(self) -> "Future[LearnReport]":
        """`learn`, off the frame: in a child process for a save file, else in a thread.

        The new weights play from the next `begin` on.
        """
        self._check_attached()
        if self._worker is None:
            name = self._environment_name
            self._worker = Worker(self.memory, self.game, self._settings, name)
        pairs = tuple(self._known_pairs("learn_soon"))
        path = str(self.memory.path)
        return self._worker.submit(Job(path=path, pairs=pairs, seed=self._seed, now=self._wall()))

    def freeze(self) -> None:
        """Keep the weights as they are; memory and profile go on."""
        for pair in self._known_pairs("freeze"):
            freeze(self.memory, *pair)

    def thaw(self) -> None:
        """Let the weights follow again."""
        for pair in self._known_pairs("thaw"):
            freeze(self.memory, *pair, frozen=False)

    def undo(self) -> None:
        """Go back to the weights in use before the present ones.

        Raises:
            UsageError: the designer's weights are in use.
        """
        for pair in self._known_pairs("undo"):
            undo(self.memory, self.game, *pair, now=self._wall())

    def reset(self, tactic: str | None = None) -> None:
        """Back to the designer's weight for one tactic, or for all."""
        for pair in self._known_pairs("reset"):
            reset(self.memory, self.game, *pair, tactic=tactic, now=self._wall())

    def why(self, companion: int) -> str:
        """In a few lines: what was learned of the player, what changed, and how to undo it."""
        with self._in_world():
            mate = component_of(companion, Companion)
        pairs = [pair for pair in self._known_pairs("why") if pair[1] == mate.id]
        return "\n".join(line for pair in pairs for line in why(self.memory, self.game, *pair))

    def detach(self) -> None:
        """Take the processors out of the world; open episodes are kept as truncated."""
        if not self._attached:
            return
        for companion in list(self._open):
            recording = self._open[companion]
            self._close(companion, recording)
            recording.draft.truncated = True
            recording.draft.end_time = recording.draft.start_time + self._clock() - recording.start
            self.memory.write(recording.draft)
        with self._in_world():
            for processor in self._processors:
                esper.remove_processor(type(processor))
        self._attached = False

    def close(self) -> None:
        """Detach, finish what the worker is doing, and wait until everything is durable."""
        self.detach()
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
