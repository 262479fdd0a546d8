"""What each node of a tree said in a replayed episode: the scalar engine over the same facts.

Both engines mean the same by a tree, so the choices are those that were played. Refuses nothing: a
tree that ends in an error is told as far as it came.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace

from astraweave.behavior import Trace, Tree
from astraweave.behavior.trace import Tick
from astraweave.errors import AstraweaveError
from astraweave.model.weights import WeightSet
from astraweave.sandbox.replay import Frame

_Action = Callable[[int, Mapping[str, float]], Generator[None, None, bool]]


def traced(
    tree: Tree, weights: WeightSet, frames: Sequence[Frame], seed: int, step_seconds: float
) -> list[Tick]:
    """One tick a frame, numbered as the frame is.

    Args:
        tree, weights: that played. No callback of the tree is called.
        frames: of `replay`.
        seed: of the episode.
        step_seconds: of the environment.
    """
    if not frames:
        return []
    said = ["idle"]
    copy = Tree(tree.root, tree.path)
    for action in copy.actions:
        copy.action(action)(_action(said))
    trace = Trace(copy, keep_ticks=len(frames))
    ticker = copy.ticker(seed=seed, watcher=trace, listener=trace)
    ticker.weights({name: w for name, w in weights.weights.items() if name in tree.tactics})
    try:
        for step, frame in enumerate(frames):
            ticker.tick(frame.facts, step * step_seconds)
            said[0] = frame.status
    except AstraweaveError:
        # The trace has the tick, with the error as its note.
        return _numbered(trace, frames)
    return _numbered(trace, frames)


def _numbered(trace: Trace, frames: Sequence[Frame]) -> list[Tick]:
    """By ticks of the game, of which a step may have several."""
    return [
        replace(tick, number=frame.tick) for tick, frame in zip(trace.ticks, frames, strict=False)
    ]


def _action(said: Sequence[str]) -> _Action:
    """A leaf that commands when it is entered, and later says what the game said of it."""

    def act(_entity: int, _facts: Mapping[str, float]) -> Generator[None, None, bool]:
        yield
        while said[0] == "running":
            yield
        return said[0] == "success"

    return act
