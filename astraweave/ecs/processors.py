"""The two processors Astraweave adds to a world. They take any arguments of `esper.process`.

Behaviour runs before the game's own simulation (priority 100), the recorder in the
post-simulation stage, after every processor of the game, whatever order they were added in.
"""

import warnings
from typing import TYPE_CHECKING, Any

import esper

if TYPE_CHECKING:
    from astraweave.ecs.learner import Learner

BEHAVIOUR_PRIORITY = 100
RECORDER_PRIORITY = -1_000_000


class BehaviourProcessor(esper.Processor):
    """Senses and ticks the companions' trees, one decision every few frames, staggered."""

    def __init__(self, learner: "Learner") -> None:
        """Tick for `learner`."""
        self._learner = learner

    def process(self, *_args: Any, **_kwargs: Any) -> None:
        """One frame."""
        self._learner.behave()


class EpisodeRecorderProcessor(esper.Processor):
    """Closes the frame: hands checkpoints to the writer, notices processors that run later.

    Reads the world after simulation and never writes to it; never touches disk.
    """

    def __init__(self, learner: "Learner") -> None:
        """Record for `learner`."""
        self._learner = learner
        self._known = -1

    def process(self, *_args: Any, **_kwargs: Any) -> None:
        """One frame."""
        self._learner.record()
        count = len(esper._processors)  # noqa: SLF001  # esper has no public list of processors
        if count != self._known:
            self._known = count
            self._warn_of_later()

    def _warn_of_later(self) -> None:
        order = list(esper._processors)  # noqa: SLF001
        # By place, not by priority: of equal priorities the one added later runs later.
        later = [type(p).__name__ for p in order[order.index(self) + 1 :]]
        if later:
            warnings.warn(
                f"{', '.join(later)} runs after the episode recorder: what it changes is recorded "
                f"one frame late; give it a priority above {RECORDER_PRIORITY}",
                RuntimeWarning,
                stacklevel=2,
            )
