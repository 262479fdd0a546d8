"""A formula over tests holds exactly when its script does."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.behavior.flat.jump_formula import (
    All,
    Between,
    Literal,
    formula,
    negated,
    terms,
)
from astraweave.behavior.kernels.layout import SAME
from astraweave.behavior.scripts.functions import condition, pure
from astraweave.behavior.scripts.parser import parse_script

NAMES = ("a", "b", "c")
EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, 0.1, 3e300, -3e300, 5e-324, 1e-9, 2.0**30]
EDGES += [edge + side * SAME for edge in (0.0, 0.5, 1.0, 2.0**30) for side in (-1.0, 1.0)]
EDGES += [math.nextafter(edge, side) for edge in EDGES for side in (-math.inf, math.inf)]
FACTS = st.sampled_from([*EDGES, math.inf, -math.inf]) | st.floats(allow_nan=False)
NUMBERS = st.sampled_from(
    ("0", "1.0", "0.5", "-0.1", "-(0.5)", "(1 / 0)", "-(1 / 0)", "(0 / 0)", "1 / 3", "true", "1e-9")
)
OPS = st.sampled_from(("<", "<=", ">", ">=", "==", "!="))


class Reads:
    """Columns in the order of NAMES; what must be computed is kept."""

    def __init__(self):
        self.kept = []

    def column(self, name):
        return NAMES.index(name)

    def computed(self, node):
        self.kept.append(node)
        return len(self.kept) - 1


def naive(found, facts):
    """Whether a formula holds, straight from what its parts say they are."""
    if isinstance(found, bool):
        return found
    if isinstance(found, Literal):
        test = found.test
        x = facts[test.a] - (facts[test.b] if test.b >= 0 else 0.0)
        return (test.low <= x <= test.high) == found.holds
    parts = [naive(part, facts) for part in found.parts]
    return all(parts) if isinstance(found, All) else any(parts)


@st.composite
def comparisons(draw):
    name = st.sampled_from(NAMES)
    one, other, third = draw(name), draw(name), draw(name)
    left = draw(st.sampled_from((one, f"{one} - {other}", one)))
    right = draw(NUMBERS | name)
    if right in NAMES and "-" in left:
        left = third
    op = draw(OPS)
    return draw(st.sampled_from((f"{left} {op} {right}", f"{right} {op} {left}")))


@st.composite
def scripts(draw, depth=3):
    if depth == 0 or draw(st.booleans()):
        return draw(comparisons() | st.sampled_from((*NAMES, "!a", "true", "false")))
    below = scripts(depth - 1)
    kind = draw(st.sampled_from(("&&", "||", "!", "?", "chain")))
    if kind == "!":
        return f"!({draw(below)})"
    if kind == "?":
        return f"(({draw(below)}) ? ({draw(below)}) : ({draw(below)}))"
    if kind == "chain":
        return f"a {draw(OPS)} {draw(st.sampled_from(('b', '0.5')))} {draw(OPS)} c"
    return f"({draw(below)}) {kind} ({draw(below)})"


@settings(max_examples=300)
@given(scripts(), st.tuples(FACTS, FACTS, FACTS))
def test_a_formula_holds_when_its_script_does(text, facts):
    script, reads = parse_script(text), Reads()
    assert pure(script)
    found = formula(script.expression, reads)
    expected = bool(condition(script)(dict(zip(NAMES, facts, strict=True))))
    assert naive(found, facts) == expected
    assert naive(negated(found), facts) != expected


@settings(max_examples=300)
@given(comparisons(), st.tuples(FACTS, FACTS, FACTS))
def test_a_comparison_needs_no_script(text, facts):
    reads = Reads()
    found = formula(parse_script(text).expression, reads)
    assert reads.kept == []
    held = bool(condition(parse_script(text))(dict(zip(NAMES, facts, strict=True))))
    assert naive(found, facts) == held


@settings(max_examples=300)
@given(scripts(), st.tuples(FACTS, FACTS, FACTS))
def test_one_of_the_terms_holds_when_the_formula_does(text, facts):
    found = formula(parse_script(text).expression, Reads())
    listed = terms(found, 16)
    if listed is None:
        return
    held = [all(naive(part, facts) for part in term) for term in listed]
    assert any(held) == naive(found, facts)


def test_terms_that_multiply_are_not_listed():
    text = " && ".join(f"(a > 0.{i} || b > 0.{i})" for i in range(1, 9))
    found = formula(parse_script(text).expression, Reads())
    assert terms(found, 255) is None
    assert len(terms(found, 256)) == 256


@pytest.mark.parametrize("text", ["a * 2 > 1", "a + b < c", "a / b", "-a < 0", "(a - b) == c"])
def test_what_is_no_test_is_computed(text):
    reads = Reads()
    formula(parse_script(text).expression, reads)
    assert len(reads.kept) == 1


@pytest.mark.parametrize(
    ("text", "test"),
    [
        ("a < 0.5", Between(0, -1, 0.5, math.inf)),
        ("a - b < 1", Between(0, 1, 1.0, math.inf)),
        ("0.25 <= c", Between(2, -1, -math.inf, math.nextafter(0.25, 0.0))),
        ("!a", Between(0, -1, 0.0, 0.0)),
    ],
)
def test_a_test_is_a_fact_or_a_difference_between_bounds(text, test):
    assert formula(parse_script(text).expression, Reads()).test == test
