"""Compiles a tree to jump code, from its last child to its first.

Every node is told where its SUCCESS, FAILURE and SKIPPED go on before it is compiled, and says
where it begins. A Sequence whose children may all be skipped is compiled once for "all skipped so
far" and once for "one was asked": what other engines count is where an agent stands in the code.
Equal instructions are one. Refuses what `jump_shape.jumpable` names.
"""

from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from astraweave.behavior import nodes
from astraweave.behavior.flat.jump_choices import Choices
from astraweave.behavior.flat.jump_code import JumpCode, Mark, Marked
from astraweave.behavior.flat.jump_formula import All, Computed, Formula, Literal
from astraweave.behavior.flat.jump_scripts import Scripts
from astraweave.behavior.flat.jump_shape import LEAVES, PASSES, REACTIVE, Shape, jumpable, shapes
from astraweave.behavior.flat.program import Program
from astraweave.behavior.kernels import jump_layout as at
from astraweave.behavior.status import FAILURE, SKIPPED, SUCCESS

MOST = 64
"""Instructions a node, on average, before a tree is left to the machine."""


class _TooLongError(Exception):
    """A tree whose nodes may be skipped in too many combinations."""


class Next(NamedTuple):
    """Where a node's SUCCESS, FAILURE and SKIPPED go on."""

    yes: int
    no: int
    skip: int


_KEPT: WeakKeyDictionary[Program, JumpCode | str] = WeakKeyDictionary()


def jump_code(program: Program) -> JumpCode | str:
    """A program's jump code, compiled once; or why it has none."""
    found = _KEPT.get(program)
    if found is None:
        if program.game:
            found = f"the game writes entries: {', '.join(program.game)}"
        else:
            found = compile_jump(program.root, program.facts, program.actions)
        _KEPT[program] = found
    return found


def compile_jump(
    root: nodes.Node, facts: tuple[str, ...], actions: tuple[str, ...]
) -> JumpCode | str:
    """Jump code of a tree, or why it has none. Arguments as in `program.compile_tree`."""
    why = jumpable(root)
    if why is not None:
        return why
    try:
        return _Compiler(root, facts, actions).compiled()
    except _TooLongError:
        return f"{root.at}: nodes that may be skipped nest too deeply"


class _Compiler:
    """The code so far, and what was compiled for which continuation."""

    def __init__(self, root: nodes.Node, facts: tuple[str, ...], actions: tuple[str, ...]) -> None:
        self.shapes = shapes(root)
        self.leaves = [s for s in self.shapes if isinstance(s.node, nodes.Action)]
        self.actions = actions
        self.scripts = Scripts(root, facts)
        self.lists = Marked()
        self.code: dict[tuple[float, ...], int] = {}
        self.bounds: list[float] = []
        self.done: dict[tuple[int, Next], int] = {}
        self.chosen: dict[tuple[int, Next], int] = {}
        self.resumes: dict[int, int] = {}
        self.begins: dict[int, int] = {}
        self.lists.add([0] * at.MEMORY * len(self.leaves), Mark.PLAIN)
        self.idle = len(self.lists.numbers)
        self._memory()
        self.choices = Choices(self.shapes, self.lists, self.scripts)

    def compiled(self) -> JumpCode:
        """The whole tree."""
        ends = [self._emit(at.END, arg=self.idle, depth=int(s)) for s in (SUCCESS, FAILURE)]
        self.lists.put(self.idle + at.START, self._chain(0, ends[0], ends[1], self.idle), Mark.CODE)
        for leaf in self.leaves:
            self._describe(leaf)
        code = np.array([key[: at.INSTRUCTION] for key in self.code], np.uint32)
        return JumpCode(
            code=code.ravel(),
            code_marks=_marks(code).ravel(),
            lists=np.array(self.lists.numbers, np.uint32),
            lists_marks=np.array(self.lists.marks, np.uint8),
            scripts=np.array(self.scripts.code.numbers, np.uint32),
            scripts_marks=np.array(self.scripts.code.marks, np.uint8),
            bounds=np.array(self.bounds),
            limits=np.array(self.choices.limits),
            masks=np.array(self.choices.masks, np.int64),
            constants=np.array(self.scripts.constants),
            idle=self.idle,
            leaves=len(self.leaves),
            choices=len(self.choices.place),
            tactics=self.choices.tactics,
        )

    def _emit(self, op: int, low: float = 0.0, high: float = 0.0, **columns: int) -> int:
        """An instruction, which is an earlier one when they are equal; returns where it lies."""
        line = [op, *(columns.get(name, 0) for name in _COLUMNS)]
        key = (*line, low, high)
        if key not in self.code:
            if len(self.code) >= MOST * (len(self.shapes) + MOST):
                raise _TooLongError
            self.code[key] = at.INSTRUCTION * len(self.code)
            self.bounds += (low, high)
        return self.code[key]

    def _memory(self) -> int:
        """A memory of an agent in which no leaf runs; where it begins is written later."""
        place = self.lists.add([0] * at.MEMORY, Mark.PLAIN)
        self.lists.put(place + at.NUMBER, at.NOBODY)
        self.lists.put(place + at.IDLE, self.idle, Mark.LIST)
        return place

    def _describe(self, leaf: Shape) -> None:
        """Write what an agent must know of its running leaf."""
        assert isinstance(leaf.node, nodes.Action)
        place = at.MEMORY * leaf.first
        resume = [self.resumes[number] for number in leaf.above] + [self.begins[leaf.number]]
        above = self.choices.above(leaf)
        self.lists.put(place + at.START, resume[0], Mark.CODE)
        self.lists.put(place + at.NUMBER, leaf.first, Mark.LEAF)
        self.lists.put(place + at.IDLE, self.idle, Mark.LIST)
        self.lists.put(place + at.RESUME, self.lists.add(resume, Mark.CODE), Mark.LIST)
        self.lists.put(place + at.COMMAND, self.actions.index(leaf.node.id))
        self.lists.put(place + at.NODE, leaf.number)
        self.lists.put(place + at.ABOVE, self.lists.add(above, Mark.LIST), Mark.LIST)
        self.lists.put(place + at.HOLDERS, len(above))

    def _chain(self, number: int, yes: int, no: int, memory: int) -> int:
        """The root, or the only node below it: when skipped it is not reset by a parent.

        What was entered then stays active, and its `_skipIf` is not asked in the next tick, as in
        BehaviorTree.CPP: the tick begins behind it. memory: the one that begins with this node.
        """
        shape = self.shapes[number]
        skip = self._emit(at.END, arg=memory, depth=int(SKIPPED))
        if isinstance(shape.node, (*LEAVES, nodes.WeightedFallback)):
            return self._guarded(shape, skip, self._body(shape, Next(yes, no, skip)))
        inner = self._memory()
        if isinstance(shape.node, PASSES):
            yes, no, _ = _passed(shape.node, Next(yes, no, skip))
            body = self._chain(shape.children[0], yes, no, inner)
        else:
            still = self._emit(at.END, arg=inner, depth=int(SKIPPED))
            body = self._body(shape, Next(yes, no, still))
        self.lists.put(inner + at.START, body, Mark.CODE)
        return self._guarded(shape, skip, body)

    def _node(self, number: int, then: Next) -> int:
        """Where a node begins that goes on so."""
        key = (number, then)
        if key not in self.done:
            shape = self.shapes[number]
            self.done[key] = self._guarded(shape, then.skip, self._body(shape, then))
        return self.done[key]

    def _guarded(self, shape: Shape, skip: int, body: int) -> int:
        guard = self.scripts.formula(shape.node.skip_if, shape.number)
        return self._test(guard, skip, body)

    def _test(self, given: Formula, yes: int, no: int) -> int:
        """Tests that go to `yes` when the formula holds, and no further than needed."""
        if isinstance(given, bool) or yes == no:
            return yes if given else no
        if isinstance(given, Literal):
            if not given.holds:
                yes, no = no, yes
            test = given.test
            if isinstance(test, Computed):
                return self._emit(at.COMPUTED, no=no, yes=yes, arg=test.row)
            op = at.PLAIN if test.b < 0 else at.APART
            columns = {"no": no, "yes": yes, "arg": test.a, "depth": max(test.b, 0)}
            return self._emit(op, test.low, test.high, **columns)
        for part in reversed(given.parts):
            if isinstance(given, All):
                yes = self._test(part, yes, no)
            else:
                no = self._test(part, yes, no)
        return yes if isinstance(given, All) else no

    def _body(self, shape: Shape, then: Next) -> int:
        """Where a node begins behind its `_skipIf`."""
        match shape.node:
            case nodes.AlwaysSuccess():
                begin = then.yes
            case nodes.AlwaysFailure():
                begin = then.no
            case nodes.ScriptCondition(code=code):
                begin = self._test(self.scripts.formula(code, shape.number), then.yes, then.no)
            case nodes.Action():
                leaf = at.MEMORY * shape.first
                begin = self._emit(at.LEAF, no=then.no, yes=then.yes, arg=leaf)
                self.begins[shape.number] = begin
            case nodes.WeightedFallback():
                begin = self._weighted(shape, then)
            case nodes.IfThenElse() | nodes.WhileDoElse():
                begin = self._branch(shape, then)
            case _ if isinstance(shape.node, PASSES):
                begin = self._node(shape.children[0], _passed(shape.node, then))
            case _:
                begin = self._ordered(shape, then)
        return begin

    def _ordered(self, shape: Shape, then: Next) -> int:
        """Sequence, Fallback and their reactive forms, from the last child on."""
        ends = isinstance(shape.node, (nodes.Sequence, nodes.ReactiveSequence))
        stop, other = (then.no, then.yes) if ends else (then.yes, then.no)
        skippable = [self.shapes[child].skippable for child in shape.children]
        asked, unasked = other, then.skip
        for place in range(len(shape.children) - 1, -1, -1):
            number = shape.children[place]
            leave = self._leave(shape, self.shapes[number].last, shape.last, stop)
            go = asked, unasked
            if place > 0:
                asked = self._child(shape, number, _ordered_next(ends, go[0], leave, go[0]))
            if all(skippable[:place]):
                unasked = self._child(shape, number, _ordered_next(ends, go[0], leave, go[1]))
        if isinstance(shape.node, REACTIVE):
            self.resumes[shape.number] = unasked
        return unasked

    def _leave(self, shape: Shape, first: int, last: int, to: int) -> int:
        """The way out of a reactive node, on which its leaves from `first` to `last` are halted."""
        if first == last or not isinstance(shape.node, REACTIVE):
            return to
        return self._emit(at.EXIT, no=to, lo=first, hi=last, depth=shape.choice)

    def _child(self, shape: Shape, number: int, then: Next) -> int:
        """The way into a child; in a reactive node it leads on to the leaf that runs there."""
        begin, child = self._node(number, then), self.shapes[number]
        if child.first == child.last or not isinstance(shape.node, REACTIVE):
            return begin
        depth = len(shape.above) + 1
        return self._emit(at.ENTER, no=begin, lo=child.first, hi=child.last, depth=depth)

    def _branch(self, shape: Shape, then: Next) -> int:
        """IfThenElse; WhileDoElse, which is reactive."""
        condition, yes, *rest = (self.shapes[child] for child in shape.children)
        ways = [self._child(shape, each.number, then) for each in (yes, *rest)]
        lose = ways[1] if rest else then.no
        no = self._leave(shape, yes.first, yes.last, lose)
        go = self._leave(shape, yes.last, shape.last, ways[0])
        begin = self._node(condition.number, Next(go, no, then.skip))
        if isinstance(shape.node, REACTIVE):
            self.resumes[shape.number] = begin
        return begin

    def _weighted(self, shape: Shape, then: Next) -> int:
        key = (shape.number, then)
        if key not in self.chosen:
            choice = self.choices.place[shape.number]
            children = self.lists.add([0] * len(shape.children), Mark.CODE)
            same = {"no": then.no, "skip": then.skip, "arg": choice, "depth": children}
            won = self._emit(at.WON, yes=then.yes, arg=choice)
            ends = Next(won, self._emit(at.LOST, **same), self._emit(at.PASSED, **same))
            for place, child in enumerate(shape.children):
                begin = self._body(self.shapes[child], ends)
                self.lists.put(children + place, begin, Mark.CODE)
            self.chosen[key] = self._emit(at.CHOOSE, **same)
        return self.chosen[key]


_COLUMNS = ("no", "yes", "skip", "arg", "lo", "hi", "depth")
"""Columns of code behind the first, by the names that `_emit` takes."""
_OF_ARG = {at.COMPUTED: Mark.SCRIPT, at.LEAF: Mark.LIST, at.END: Mark.LIST} | dict.fromkeys(
    (at.CHOOSE, at.WON, at.LOST, at.PASSED), Mark.LIST
)


def _marks(code: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Marks of the numbers of instructions."""
    marks = np.zeros((len(code), at.INSTRUCTION), np.uint8)
    marks[:, [at.NO, at.YES, at.SKIP]] = Mark.CODE
    marks[:, [at.LO, at.HI]] = Mark.LEAF
    for op, mark in _OF_ARG.items():
        marks[code[:, at.OP] == op, at.ARG] = mark
    marks[np.isin(code[:, at.OP], (at.CHOOSE, at.LOST, at.PASSED)), at.DEPTH] = Mark.LIST
    return marks


def _passed(node: nodes.Node, then: Next) -> Next:
    """What a decorator makes of its child's status."""
    match node:
        case nodes.Inverter():
            return Next(then.no, then.yes, then.skip)
        case nodes.ForceSuccess():
            return Next(then.yes, then.yes, then.skip)
        case nodes.ForceFailure():
            return Next(then.no, then.no, then.skip)
    return then


def _ordered_next(ends: bool, on: int, stop: int, skip: int) -> Next:
    """A child's three ways on; `ends`: whether its FAILURE ends the node, else its SUCCESS."""
    return Next(on, stop, skip) if ends else Next(stop, on, skip)
