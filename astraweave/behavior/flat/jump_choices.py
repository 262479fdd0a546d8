"""The choices of a tree for jump code: which children stand, as bits of tests that are all made.

Refuses nothing.
"""

from typing import NamedTuple

from astraweave.behavior import nodes
from astraweave.behavior.flat.jump_code import Mark, Marked
from astraweave.behavior.flat.jump_formula import Between, Computed, Literal, Term, negated, terms
from astraweave.behavior.flat.jump_scripts import Scripts
from astraweave.behavior.flat.jump_shape import Shape
from astraweave.behavior.kernels import jump_layout as at

TERMS, TESTS = 8, 64
"""The most terms of a child and tests of a choice: 64 bits. What needs more is computed."""

Test = Between | Computed


class Guards(NamedTuple):
    """The tests of one choice, and the terms of which one must hold for a child to stand."""

    tests: list[Test]
    owned: list[tuple[int, Term]]


class Choices:
    """Descriptions of all choices, each at its place in lists. tactics: how many there are."""

    def __init__(self, shapes: list[Shape], lists: Marked, scripts: Scripts) -> None:
        """Describe every WeightedFallback among `shapes`."""
        self.shapes = [s for s in shapes if isinstance(s.node, nodes.WeightedFallback)]
        self.all, self.lists, self.scripts = shapes, lists, scripts
        self.limits: list[float] = []
        self.masks: list[int] = []
        self.tactics = 0
        self.place = {s.number: lists.add([0] * at.CHOICE, Mark.PLAIN) for s in self.shapes}
        for shape in self.shapes:
            self._describe(shape)

    def above(self, leaf: Shape) -> list[int]:
        """Where the choices that hold a leaf are described."""
        return [self.place[s.number] for s in self.shapes if s.first <= leaf.first < s.last]

    def _describe(self, shape: Shape) -> None:
        node, place = shape.node, self.place[shape.number]
        assert isinstance(node, nodes.WeightedFallback)
        guards = self._guards(shape)
        owners = [child for child, _ in guards.owned]
        plain = {
            at.PLACE: shape.choice,
            at.COUNT: len(node.children),
            at.FIRST: self.tactics,
            at.SORTED: int(node.policy == "sorted"),
            at.SIMPLE: int(owners == list(range(len(node.children)))),
        }
        for column, number in plain.items():
            self.lists.put(place + column, number)
        self.lists.put(place + at.OFFSET, self.tactics, Mark.TACTIC)
        self.lists.put(place + at.FROM, shape.first, Mark.LEAF)
        self.lists.put(place + at.UNTIL, shape.last, Mark.LEAF)
        self.lists.put(place + at.OWNERS, self.lists.add(owners, Mark.PLAIN), Mark.LIST)
        self._tests(place, guards.tests)
        self._terms(place, guards)
        self.tactics += len(node.children)

    def _tests(self, place: int, tests: list[Test]) -> None:
        """List the tests, which are sorted by kind."""
        between = [test for test in tests if isinstance(test, Between)]
        pairs = [test for test in between if test.b >= 0]
        rows = [test.row for test in tests if isinstance(test, Computed)]
        columns = [*(test.a for test in between), *(test.b for test in pairs)]
        self.lists.put(place + at.TESTS, self.lists.add(columns, Mark.PLAIN), Mark.LIST)
        self.lists.add(rows, Mark.SCRIPT)
        self.lists.put(place + at.PLAINS, len(between) - len(pairs))
        self.lists.put(place + at.PAIRS, len(pairs))
        self.lists.put(place + at.SCRIPTS, len(rows))
        self.lists.put(place + at.LIMITS, len(self.limits), Mark.LIMIT)
        self.limits += [test.low for test in between] + [test.high for test in between]

    def _terms(self, place: int, guards: Guards) -> None:
        bit = {test: 1 << i for i, test in enumerate(guards.tests)}
        terms = [term for _, term in guards.owned]
        masks = [sum({bit[literal.test] for literal in term}) for term in terms]
        wanted = [sum(bit[part.test] for part in term if part.holds) for term in terms]
        self.lists.put(place + at.TERMS, len(terms))
        self.lists.put(place + at.TERM, len(self.masks), Mark.MASK)
        self.masks += [_signed(bits) for bits in (*masks, *wanted)]

    def _guards(self, shape: Shape) -> Guards:
        """Terms of all children; a guard that needs too many, or too many tests, is computed."""
        tests: dict[Test, None] = {}
        owned: list[tuple[int, Term]] = []
        for place, number in enumerate(shape.children):
            left = len(shape.children) - 1 - place
            found = self._stands(number)
            new = {literal.test for term in found or () for literal in term} - set(tests)
            if found is None or len(tests) + len(new) + left > TESTS:
                found = (frozenset((Literal(self._computed(number), holds=False),)),)
            tests |= dict.fromkeys(literal.test for term in found for literal in term)
            owned += [(place, term) for term in found]
        return Guards(sorted(tests, key=_kind), owned)

    def _stands(self, number: int) -> tuple[Term, ...] | None:
        """Terms of which one holds when the guard of a child does not; None: too many."""
        guard = self.scripts.formula(self.all[number].node.skip_if, number)
        found = terms(negated(guard), TERMS)
        return None if found is None else tuple(t for t in found if _possible(t))

    def _computed(self, number: int) -> Computed:
        guard = self.all[number].node.skip_if
        assert guard is not None
        return Computed(self.scripts.reader(number).computed(guard.expression))


def _possible(term: Term) -> bool:
    """Whether no test must both hold and not."""
    return len({literal.test for literal in term}) == len(term)


def _kind(test: Test) -> int:
    """0 for a test of one fact, 1 of two, 2 of a script."""
    if isinstance(test, Computed):
        return 2
    return int(test.b >= 0)


def _signed(bits: int) -> int:
    """64 bits as int64."""
    return bits - 2**64 if bits >= 2**63 else bits
