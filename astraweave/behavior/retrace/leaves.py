"""Speaks for all leaves of a rerun: as recorded, as it must have been, else as is likeliest.

Refuses nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from astraweave.behavior.retrace.ground import Ground, regions
from astraweave.behavior.retrace.suppose import Answers, passed, passing, recorded, saying
from astraweave.behavior.status import FAILURE, RUNNING, SUCCESS, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from astraweave.behavior.retrace.record import Decision
    from astraweave.behavior.trace import Tick
    from astraweave.behavior.tree import Tree


class Leaves:
    """The callbacks of a tree whose leaves are told apart by path.

    open: the recorded decisions that are being followed, by node; shared with who follows them.
    entering: all of them go on after this tick.
    """

    def __init__(self, tree: "Tree", ground: Ground, open_: "dict[str, Decision]") -> None:
        """Bind all leaves."""
        self._tree, self._ground, self.open = tree, ground, open_
        self._regions = regions(tree.root)
        self._answers: Answers = {}
        self._passed: set[str] = set()
        self._asked: set[str] = set()
        self._t_ms = 0
        self.entering = False
        for leaf in tree.actions:
            tree.action(leaf)(self._leaf(leaf, RUNNING))
        for leaf in tree.conditions:
            tree.condition(leaf)(self._leaf(leaf, FAILURE))

    def prepare(self, t_ms: int, expected: "Sequence[Decision]") -> None:
        """Before the tick at `t_ms`, in which these decisions are expected."""
        self._t_ms = t_ms
        self._asked, self._passed, self._answers = set(), set(), {}
        # What was chosen first has the last word: the way to what came after leads past it.
        for decision in (*self.open.values(), *reversed(expected)):
            left = decision.result == "interrupted" and not decision.ends_after(t_ms)
            choosing = self._ground.choosing.get(decision.node)
            if choosing is not None and not left:
                self._answers.update(passing(choosing.way))
                self._passed.update(passed(choosing.way))

    def _leaf(self, path: str, default: Status) -> "Callable[[int, Mapping[str, float]], Status]":
        around = self._regions.get(path)

        def answer(_entity: int, _facts: Mapping[str, float]) -> Status:
            self._asked.add(path)
            if path in self._answers:
                return self._answers[path]
            decision = None if around is None else self.open.get(around.node)
            if around is None or decision is None:
                return default
            wanted = recorded(decision.result)
            if self.entering or decision.ends_after(self._t_ms):
                # A choice that succeeded and is held goes on in the record.
                wanted = SUCCESS if around.node in self._passed else RUNNING
            return dict(saying(around.child, wanted)).get(path, default)

        return answer

    def mark(self, tick: "Tick") -> None:
        """Say which answers were supposed: all but those of tactics that are leaves."""
        for path in self._supposed():
            step = tick.steps.get(path)
            if step is not None:
                step.supposed = True

    def _supposed(self) -> Iterable[str]:
        for path in self._asked:
            around = self._regions.get(path)
            if around is None or around.child.path != path:
                yield path
