"""Scripts in kernels give and write what they do in Python: numbers, types, errors."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from astraweave.behavior import BatchTicker
from astraweave.behavior.flat.program import compile_tree
from astraweave.behavior.kernels.scripts import as_text
from astraweave.behavior.nodes import RunScript, Sequence
from astraweave.behavior.scripts.functions import pure
from astraweave.behavior.scripts.parser import parse_script
from astraweave.behavior.scripts.run import run
from astraweave.errors import TreeError
from tests.behavior.script_texts import FACTS, NUMBERS, bits, texts

ENTRIES = {"x": 3, "y": 0.5, "flag": True}
"""A whole number, a double and a truth value; `z` has no value."""
NAMES = (*ENTRIES, "z")
OPERATORS = ("+", "-", "*", "/", "&&", "||", "<", "<=", ">", ">=", "==", "!=", "&", "|", "^")
ASSIGNMENTS = (":=", "=", "+=", "-=", "*=", "/=")
LEAVES = (*NAMES, *FACTS, "0", "1", "7", "0.5", "true", "9007199254740993", "1e300")


@st.composite
def programs(draw, depth=4):
    """A script of the whole language, but for texts."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(LEAVES))
    part = programs(depth=depth - 1)
    shapes = ["{unary}({})", "({} ? {} : {})", "({}) < ({}) <= ({}) != ({})", "({name} {set} ({}))"]
    shapes += ["({}) {op} ({})"] * 2 + (["{}; {}"] if depth == 4 else ["{}"])
    shape = draw(st.sampled_from(shapes))
    return shape.format(
        *(draw(part) for _ in range(shape.count("{}"))),
        unary=draw(st.sampled_from("-!~")),
        name=draw(st.sampled_from(NAMES)),
        set=draw(st.sampled_from(ASSIGNMENTS)),
        op=draw(st.sampled_from(OPERATORS)),
    )


class Board:
    """An `Environment` of one scope; what Python runs over."""

    def __init__(self, facts):
        self.facts, self.entries = facts, dict(ENTRIES)

    def get(self, name):
        held = self.entries.get(name)
        return float(self.facts[name]) if held is None else held

    def entry(self, name):
        return ("any", self.entries[name]) if name in self.entries else None

    def create(self, name):
        self.entries[name] = None

    def set(self, name, new):
        self.entries[name] = new


def in_kernel(text, facts):
    """What the entries hold after a script that a tree runs, and its error."""
    place = {"where": "x.xml:1:1"}
    # A second node writes all names, so that they are entries.
    written = RunScript(
        name="w", path="r/w", code=parse_script("; ".join(f"{n}:=0" for n in NAMES)), **place
    )
    script = RunScript(name="s", path="r/s", code=parse_script(text), **place)
    root = Sequence(name="r", path="r", children=(script,), **place)
    program = compile_tree(root, FACTS, (), (), "", NAMES)
    assert compile_tree(written, FACTS, (), (), "").entries
    batch = BatchTicker(program, np.zeros(1, np.int64))
    for name, value in ENTRIES.items():
        batch.write(name, np.array(value))
    row = np.array([[facts[name] for name in FACTS]])
    batch.tick(row, np.zeros(1, np.int8), np.zeros(1, np.bool_))
    held = {}
    for name in NAMES:
        values, there = batch.entry(name)
        if there[0]:
            held[name] = values[0]
    return held, batch.error_of(0)


@settings(max_examples=400)
@example("(x := (b))", [0.0, -0.0, 0.0])
@given(programs(), st.lists(NUMBERS, min_size=3, max_size=3))
def test_a_script_writes_in_kernels_what_it_writes_in_python(text, row):
    facts = dict(zip(FACTS, row, strict=True))
    try:
        script = parse_script(text)
    except TreeError:
        return
    board, wrong = Board(facts), None
    try:
        run(script)(board)
    except TreeError as error:
        if pure(script):  # over facts alone a negative number is true, in kernels too
            return
        wrong = error
    try:
        held, error = in_kernel(text, facts)
    except TreeError as refused:
        if "9007199254740993" in text and "exactly" in refused.what:
            return
        raise
    assert (error is None) == (wrong is None), (error, wrong)
    expected = {name: float(value) for name, value in board.entries.items() if value is not None}
    assert {n: bits(v) for n, v in held.items()} == {n: bits(v) for n, v in expected.items()}


@given(texts(), st.lists(NUMBERS, min_size=3, max_size=3))
def test_a_script_over_facts_gives_the_number_of_the_language(text, row):
    facts = dict(zip(FACTS, row, strict=True))
    try:
        script = parse_script(f"z := {text}")
    except TreeError as error:
        assert "tokens" in str(error) or "levels" in str(error)  # noqa: PT017
        return
    try:
        expected = run(script)(Board(facts))
    except TreeError:
        assert in_kernel(f"z := {text}", facts)[1] is not None
        return
    held, error = in_kernel(f"z := {text}", facts)
    assert error is None
    assert bits(held["z"]) == bits(float(expected))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("z := 'x'", "numbers only, got x"),
        ("z := a .. b", "numbers only, got .."),
        ("z := 'x' == a", "numbers only"),
        ("z := 9007199254740993", "no double holds this whole number exactly"),
        ("z := gone + 1", "reads a fact that is not declared, got gone"),
    ],
)
def test_what_no_double_can_hold_is_refused_with_the_node_s_place(text, words):
    with pytest.raises(TreeError, match=words) as refused:
        in_kernel(text, dict.fromkeys(FACTS, 0.0))
    assert str(refused.value).startswith("x.xml:1:1: r/s: code")


@given(st.floats(allow_nan=False) | st.integers(-(10**13), 10**13).map(lambda i: i / 2**21))
def test_a_double_is_compared_as_the_text_it_would_be(value):
    plain = getattr(as_text, "py_func", as_text)
    with np.errstate(all="ignore"):
        assert plain(np.float64(value)) == float(f"{value:f}")
    assert math.isnan(plain(math.nan))
