"""The tree of a stored episode, ticked again at the moments whose facts were kept.

Choices are forced to be the recorded ones, by the draw that gives them, if there is one; the
recorded seed's own is tried first, so that it shows whether tree, weights and facts are still
those of then. Refuses no log: what the tree would do otherwise is noted where it happened.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from astraweave.behavior.retrace.draws import Draws
from astraweave.behavior.retrace.ground import Ground, renamed
from astraweave.behavior.retrace.leaves import Leaves
from astraweave.behavior.retrace.record import (
    Decision,
    Facts,
    Moment,
    decisions_of,
    facts_of,
    moments_of,
)
from astraweave.behavior.trace import Choice, Tick, Trace
from astraweave.behavior.tree import Tree
from astraweave.errors import AstraweaveError

if TYPE_CHECKING:
    from astraweave.model.columns import EpisodeLog

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
    """One episode; listens to the ticker.

    open: decisions that are being followed, by node. expected: those that the present tick should
    make; anew: among them those that were made before. stand: who stood for a node's first choice.
    """

    def __init__(self, tree: Tree, log: "EpisodeLog", weights: Mapping[str, float]) -> None:
        self.log = log
        # Leaves are told apart by path: several may have one ID.
        copy = Tree(renamed(tree.root), tree.path)
        ground = Ground(copy, weights)
        self.decisions = decisions_of(log, ground)
        self.draws = Draws(ground, log.seed, self.decisions)
        self.open: dict[str, Decision] = {}
        self.leaves = Leaves(copy, ground, self.open)
        self.trace = Trace(copy, keep_ticks=1, listener=self)
        self.ticker = copy.ticker(
            seed=log.seed, watcher=self.trace, listener=self.trace, hold_s=0.0
        )
        self.ticker.weights(weights)
        self.live: dict[str, Decision] = {}
        self.expected: list[Decision] = []
        self.anew: Sequence[Decision] = ()
        self.stand: dict[str, tuple[str, ...]] = {}
        self.facts: Facts = {}
        self.notes: dict[int, str] = {}
        self.surprise = ""
        self.agree = self.drawn = 0

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
        before = [d for d in self.live.values() if not d.ends_before(moment.t_ms)]
        made = self._attempt(moment, facts, [])
        self.stand = {}
        staying = [d for d in before if d.ends_after(moment.t_ms)]
        # Twice each: the first time may show who stands for choice.
        for again in (before, before, staying, staying, None):
            if not made.faults or made.broken:
                break
            self._idle()
            if again is None:
                self._enter(before, moment.t_ms)
            made = min(made, self._attempt(moment, facts, again or []), key=lambda a: a.faults)
        if made.faults:
            self._idle()
        self.facts = facts
        self.live = {decision.node: decision for decision in (*before, *moment.made)}
        tick = made.tick
        tick.number, tick.now_s = number, moment.t_ms / 1e3
        both = (*before, *moment.made)
        tick.choices = [_choice(d, made.notes.get(id(d), "")) for d in both]
        fitting = [d for d in moment.made if id(d) not in made.notes]
        self.agree += len(fitting)
        self.drawn += sum(self.draws.gives(d.draw, d, d.available) for d in fitting)
        return tick

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
        self.leaves.mark(tick)
        faults = len(self.notes) + bool(tick.note)
        return _Attempt(tick, faults, self.notes, bool(broken))

    def _idle(self) -> None:
        self.ticker.halt()
        self.open.clear()

    def _enter(self, running: Sequence[Decision], t_ms: int) -> None:
        """Enter these from an idle tree, in the facts known before."""
        self.expected, self.anew = list(running), running
        self.leaves.entering = True
        self._tick(t_ms, self.facts)
        self.leaves.entering, self.expected = False, []

    def _tick(self, t_ms: int, facts: Facts) -> str:
        """One tick; returns why it broke off, if it did."""
        self.surprise = ""
        self.leaves.prepare(t_ms, self.expected)
        self._aim()
        self.trace.clear()
        try:
            self.ticker.tick(facts, t_ms / 1e3)
        except AstraweaveError as error:
            return f"{error.what}: {error.got}" if error.got is not None else error.what
        return ""

    # -- choices ---------------------------------------------------------------------------------

    def _aim(self) -> None:
        """Set the draw that makes the next choice, whichever node it is that makes it."""
        own = next((d for d in self.expected if d not in self.anew), None)
        aims = [(d, self.stand.get(d.node, ())) for d in self.anew if d in self.expected]
        if own is not None and any(d.node == own.node for d, _ in aims):
            own = None
        if own is not None:
            aims.append((own, own.available))
        draw = self.draws.find(None if own is None else own.draw, aims)
        if draw is not None:
            self.ticker.draws = draw

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

    def ended(self, node: str, *_: object, **__: object) -> None:
        """The tree's decision is over, and so is the recorded one."""
        self.open.pop(node, None)


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
