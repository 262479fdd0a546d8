"""The tree of a stored episode, ticked again at the moments whose facts were kept.

Choices are forced to be the recorded ones, by the draw that gives them, if there is one; the
recorded seed's own is tried first, so that it shows whether tree, weights and facts are still
those of then. Refuses no log: what the tree would do otherwise is noted where it happened.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from astraweave.behavior.engine.weighted import STREAM, pick
from astraweave.behavior.retrace.ground import Ground, regions, renamed
from astraweave.behavior.retrace.record import (
    Decision,
    Facts,
    Moment,
    decisions_of,
    facts_of,
    moments_of,
)
from astraweave.behavior.retrace.suppose import Answers, passed, passing, recorded, saying
from astraweave.behavior.status import FAILURE, RUNNING, SUCCESS, Status
from astraweave.behavior.trace import Choice, Tick, Trace
from astraweave.behavior.tree import Tree
from astraweave.errors import AstraweaveError
from astraweave.model.rng import uniform

if TYPE_CHECKING:
    from collections.abc import Callable

    from astraweave.model.columns import EpisodeLog
    from astraweave.model.episode import ActionResult

TRIES, ELSEWHERE = 5_000, 1 << 24
EVEN = 1e-6


class Retraced(NamedTuple):
    """A stored episode's ticks.

    decisions: how many were recorded. agree: how many the tree makes again, from as many tactics
    with as much propensity. drawn: how many of these by the recorded seed.
    """

    ticks: tuple[Tick, ...]
    decisions: int
    agree: int
    drawn: int


def retrace(tree: Tree, log: "EpisodeLog", weights: Mapping[str, float] | None = None) -> Retraced:
    """Run a stored episode through its tree, at the ticks whose facts are known.

    Args:
        tree: the tree that played. Its callbacks are not called.
        log: the episode.
        weights: learned factors that played; None for the designer's.
    """
    known = {key: factor for key, factor in (weights or {}).items() if key in tree.tactics}
    return _Rerun(tree, log, known).run()


class _Attempt(NamedTuple):
    """A tick, and how it came out. notes: by `id` of the decision."""

    tick: Tick
    faults: int
    notes: dict[int, str]
    broken: bool


class _Rerun:
    """One episode. Listens to the ticker, and speaks for all leaves."""

    def __init__(self, tree: Tree, log: "EpisodeLog", weights: Mapping[str, float]) -> None:
        self.log = log
        # Leaves are told apart by path: several may have one ID.
        self.tree = Tree(renamed(tree.root), tree.path)
        ground = Ground(self.tree, weights)
        self.choosing = ground.choosing
        self.decisions = decisions_of(log, ground)
        self._count_draws()
        self.region = regions(self.tree.root)
        for leaf in (*self.tree.actions, *self.tree.conditions):
            bind = self.tree.action if leaf in self.tree.actions else self.tree.condition
            bind(leaf)(self._leaf(leaf))
        self.trace = Trace(self.tree, keep_ticks=1, listener=self)
        self.ticker = self.tree.ticker(
            seed=log.seed, watcher=self.trace, listener=self.trace, hold_s=0.0
        )
        self.ticker.weights(weights)
        self.open: dict[str, Decision] = {}
        self.expected: list[Decision] = []
        self.anew: list[Decision] = []
        self.stand: dict[str, tuple[str, ...]] = {}
        self.answers: Answers = {}
        self.asked: set[str] = set()
        self.passed: set[str] = set()
        self.facts: Facts = {}
        self.entering = False
        self.t_ms = 0
        self.notes: dict[int, str] = {}
        self.surprise = ""
        self.agree = self.drawn = 0

    def _count_draws(self) -> None:
        drawn = 0
        for decision in self.decisions:
            decision.draw = drawn
            drawn += not self._is_sorted(decision)

    def _is_sorted(self, decision: Decision) -> bool:
        choosing = self.choosing.get(decision.node)
        return choosing is not None and choosing.node.policy == "sorted"

    # -- going through the episode ---------------------------------------------------------------

    def run(self) -> Retraced:
        """All moments."""
        ticks = []
        for number, moment in enumerate(moments_of(self.log, self.decisions)):
            self._until(moment.t_ms)
            ticks.append(self._moment(number, moment, facts_of(self.log, moment.row)))
        return Retraced(tuple(ticks), len(self.decisions), self.agree, self.drawn)

    def _until(self, t_ms: int) -> None:
        """What ended before this moment, in ticks that nobody kept the facts of."""
        over = [d for d in self.open.values() if d.ends_before(t_ms)]
        if any(d.result == "interrupted" for d in over):
            self._idle()
        elif over:
            self._tick(max(d.ended_ms for d in over), self.facts)
            if self.surprise or any(d in over for d in self.open.values()):
                self._idle()

    def _moment(self, number: int, moment: Moment, facts: Facts) -> Tick:
        """One tick; when it does not come out as recorded, once more from an idle tree.

        What the tree did in ticks that nobody kept may have left it in another state.
        """
        before = self._going_on(moment)
        made = self._attempt(moment, facts, [])
        self.stand = {}
        staying = [d for d in before if d.ends_after(moment.t_ms)]
        # Twice each: the first time may show who stands for choice.
        for again in (before, before, staying, staying, None):
            if not made.faults or made.broken:
                break
            self._idle()
            if again is None:
                self._enter(before)
            made = min(made, self._attempt(moment, facts, again or []), key=lambda a: a.faults)
        if made.faults:
            self._idle()
        self.facts = facts
        tick = made.tick
        tick.number, tick.now_s = number, moment.t_ms / 1e3
        both = (*before, *moment.made)
        tick.choices = [_choice(d, made.notes.get(id(d), "")) for d in both]
        self.anew = []
        fitting = [d for d in moment.made if id(d) not in made.notes]
        self.agree += len(fitting)
        self.drawn += sum(self._gives(d.draw, d) for d in fitting)
        return tick

    def _going_on(self, moment: Moment) -> list[Decision]:
        """Decisions of earlier ticks that are not over, or end in this one."""
        return [
            decision
            for decision in self.decisions
            if decision.began_ms < moment.t_ms
            and not decision.ends_before(moment.t_ms)
            and decision not in moment.made
        ]

    def _attempt(self, moment: Moment, facts: Facts, again: list[Decision]) -> _Attempt:
        """Tick at a moment, where the decisions `again` are to be entered anew besides its own."""
        self.expected, self.anew = [*again, *moment.made], again
        self.notes = {}
        broken = self._tick(moment.t_ms, facts)
        if any(d in moment.made for d in self.expected) and not (broken or self.surprise):
            # What was held ended before this tick: here it took one of its own.
            broken = self._tick(moment.t_ms, facts)
        for decision in self.expected:
            # Who was to be entered anew may have been held, and not been asked.
            if decision not in again:
                self.notes[id(decision)] = "run again, nothing is chosen here"
        self.expected = []
        kept = self.trace.ticks
        tick = kept[-1] if kept else Tick(0)
        tick.note = "; ".join(note for note in (broken, self.surprise) if note)
        self._mark(tick)
        faults = len(self.notes) + bool(tick.note)
        return _Attempt(tick, faults, self.notes, bool(broken))

    def _idle(self) -> None:
        self.ticker.halt()
        self.open.clear()

    def _enter(self, running: Sequence[Decision]) -> None:
        """Enter these from an idle tree, in the facts known before."""
        self.expected = self.anew = list(running)
        self.entering = True
        self._tick(self.t_ms, self.facts)
        self.entering, self.expected = False, []

    def _tick(self, t_ms: int, facts: Facts) -> str:
        """One tick; returns why it broke off, if it did."""
        self.t_ms, self.surprise = t_ms, ""
        self.asked, self.passed, self.answers = set(), set(), {}
        # What was chosen first has the last word: the way to what came after leads past it.
        for decision in (*self.open.values(), *reversed(self.expected)):
            left = decision.result == "interrupted" and not decision.ends_after(t_ms)
            if decision.node in self.choosing and not left:
                way = self.choosing[decision.node].way
                self.answers.update(passing(way))
                self.passed.update(passed(way))
        self._aim()
        self.trace.clear()
        try:
            self.ticker.tick(facts, t_ms / 1e3)
        except AstraweaveError as error:
            return f"{error.what}: {error.got}" if error.got is not None else error.what
        return ""

    # -- choices -----------------------------------------------------------------------------------

    def _aim(self) -> None:
        """Set the draw that gives the next expected choice, whichever node makes it."""
        own = next((d for d in self.expected if d not in self.anew), None)
        anew = [d for d in self.anew if d in self.expected]
        if own is not None and any(d.node == own.node for d in anew):
            own = None
        aims = [d for d in (own, *anew) if d is not None and not self._is_sorted(d)]
        tries = range(ELSEWHERE, ELSEWHERE + TRIES) if aims else ()
        for draw in (*((own.draw,) if own is not None else ()), *tries):
            if all(self._gives(draw, decision) for decision in aims):
                self.ticker.draws = draw
                return

    def _gives(self, draw: int, decision: Decision) -> bool:
        """Whether a draw of that number makes this decision; a sorted choice draws none."""
        choosing = self.choosing.get(decision.node)
        if choosing is None or decision.tactic not in choosing.keys:
            return False
        if choosing.node.policy == "sorted":
            return True
        names: tuple[str, ...] = decision.available
        if decision in self.anew:
            names = self.stand.get(decision.node, choosing.keys)
        wanted = choosing.keys.index(decision.tactic)
        stand = [i for i, key in enumerate(choosing.keys) if key in names] or [wanted]
        drawn = uniform(self.log.seed, 0, draw, STREAM + choosing.number)
        return pick(choosing.strengths, stand, drawn)[0] == wanted

    def chose(
        self, node: str, tactic: str, propensity: float, available: tuple[str, ...], now_s: float
    ) -> None:
        """The tree chose: as it was recorded?"""
        self.stand.setdefault(node, available)
        decision = next((d for d in self.expected if d.node == node), None)
        if decision is None:
            self.surprise = f"run again, {tactic} is chosen"
            return
        self.expected.remove(decision)
        self.open[node] = decision
        note = self._differs(decision, tactic, propensity, available)
        if note:
            self.notes[id(decision)] = note
        self._aim()

    def _differs(
        self, decision: Decision, tactic: str, propensity: float, available: tuple[str, ...]
    ) -> str:
        """What is not as it was recorded; empty when all is."""
        if tactic != decision.tactic:
            return f"run again, it is {tactic}"
        if decision in self.anew:
            return ""
        if decision.available and set(available) != set(decision.available):
            return _difference(available, decision.available)
        if decision.propensity is not None and abs(propensity - decision.propensity) > EVEN:
            return f"run again, {100.0 * propensity:.1f} %"
        return ""

    def ended(
        self,
        node: str,
        tactic: str,
        result: "ActionResult",
        effectiveness: float | None,
        now_s: float,
    ) -> None:
        """The tree's decision is over, and so is the recorded one."""
        self.open.pop(node, None)

    # -- leaves ---------------------------------------------------------------------------------

    def _leaf(self, path: str) -> "Callable[[int, Mapping[str, float]], Status]":
        default = RUNNING if path in self.tree.actions else FAILURE
        around = self.region.get(path)

        def answer(_entity: int, _facts: Mapping[str, float]) -> Status:
            self.asked.add(path)
            if path in self.answers:
                return self.answers[path]
            decision = None if around is None else self.open.get(around.node)
            if around is None or decision is None:
                return default
            wanted = recorded(decision.result)
            if self.entering or decision.ends_after(self.t_ms):
                # A choice that succeeded and is held goes on in the record.
                wanted = SUCCESS if around.node in self.passed else RUNNING
            return dict(saying(around.child, wanted)).get(path, default)

        return answer

    def _mark(self, tick: Tick) -> None:
        """Say which answers were supposed: all but those of tactics that are leaves."""
        for path in self.asked:
            around = self.region.get(path)
            step = tick.steps.get(path)
            if step is not None and (around is None or around.child.path != path):
                step.supposed = True


def _difference(stand: tuple[str, ...], then: tuple[str, ...]) -> str:
    """Who stands for choice now and did not when it was played, and the other way round."""
    more = ", ".join(name for name in stand if name not in then)
    less = ", ".join(name for name in then if name not in stand)
    parts = [f"run again, {more} may be chosen too"] if more else []
    return "; ".join([*parts, *([f"run again, {less} may not be chosen"] if less else [])])


def _choice(decision: Decision, note: str) -> Choice:
    return Choice(
        decision.node,
        decision.tactic,
        decision.propensity,
        decision.available,
        decision.began_ms / 1e3,
        decision.ended_ms / 1e3,
        decision.result,
        decision.effectiveness,
        note,
    )
