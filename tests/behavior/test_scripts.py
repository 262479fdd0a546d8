"""The script language: one value in Python, in kernels and in a plain interpreter."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.behavior.flat.program import _Scripts
from astraweave.behavior.groot.reader import read_tree
from astraweave.behavior.kernels import scripts as kernel
from astraweave.behavior.scripts.functions import condition, value
from astraweave.behavior.scripts.parser import Binary, Choice, Name, Number, Unary, parse_script
from astraweave.errors import TreeError

FACTS = ("a", "b", "c")
OPERATORS = ("+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!=", "&&", "||")


def naive(node, facts):
    """The language read word by word, in float64."""
    match node:
        case Number(number):
            return number
        case Name(name):
            return facts[name]
        case Unary("-", inner):
            return -naive(inner, facts)
        case Unary(_, inner):
            return float(naive(inner, facts) == 0.0)
        case Choice(test, yes, no):
            return naive(yes if naive(test, facts) != 0.0 else no, facts)
    x, y = np.float64(naive(node.left, facts)), np.float64(naive(node.right, facts))
    with np.errstate(all="ignore"):
        result = {
            "+": lambda: x + y,
            "-": lambda: x - y,
            "*": lambda: x * y,
            "/": lambda: x / y,
            "<": lambda: x < y,
            "<=": lambda: x <= y,
            ">": lambda: x > y,
            ">=": lambda: x >= y,
            "==": lambda: x == y or abs(x - y) <= 2.0**-23,
            "!=": lambda: not (x == y or abs(x - y) <= 2.0**-23),
            "&&": lambda: x != 0.0 and y != 0.0,
            "||": lambda: x != 0.0 or y != 0.0,
        }[node.op]()
    return float(result)


@st.composite
def texts(draw, depth=5):
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from((*FACTS, "0", "1", "0.5", "2e3", "0x1F", "true", "false")))
    part = texts(depth=depth - 1)
    shape = draw(st.integers(0, 3))
    if shape == 0:
        return f"{draw(st.sampled_from('-!'))}({draw(part)})"
    if shape == 1:
        return f"({draw(part)} ? {draw(part)} : {draw(part)})"
    op = draw(st.sampled_from(OPERATORS))
    return f"({draw(part)}) {op} ({draw(part)})"


def bits(number):
    return "nan" if math.isnan(number) else np.float64(number).tobytes()


def in_kernel(script, row):
    scripts = _Scripts(FACTS)
    start = scripts.add(script, None, "code")
    cells = np.array([*row, *scripts.constants, *([0.0] * 300)])
    code = np.array(scripts.code, np.int64)
    code[0, 1] = len(row) + len(scripts.constants)
    with np.errstate(all="ignore"):
        return from_kernel(code, cells, start)


def from_kernel(code, cells, start):
    # `evaluate` has no wrapper for Python when it is compiled: its source is run instead, and the
    # compiled one is compared through whole trees in test_engines.
    plain = getattr(kernel.evaluate, "py_func", kernel.evaluate)
    two, arithmetic = kernel._two, kernel._arithmetic
    try:
        kernel._arithmetic = getattr(arithmetic, "py_func", arithmetic)
        kernel._two = getattr(two, "py_func", two)
        return plain(code, cells, start)
    finally:
        kernel._two, kernel._arithmetic = two, arithmetic


NUMBERS = st.floats(-1e9, 1e9) | st.sampled_from((0.0, -0.0, 1.0, 1e308, -1e308, 1e-308))


@given(texts(), st.lists(NUMBERS, min_size=3, max_size=3))
def test_python_and_postfix_give_the_same_number(text, row):
    try:
        script = parse_script(text)
    except TreeError as error:
        assert "tokens" in str(error) or "characters" in str(error)  # noqa: PT017
        return
    facts = dict(zip(FACTS, row, strict=True))
    expected = naive(script.expression, facts)
    assert bits(value(script)(facts)) == bits(expected)
    assert bits(in_kernel(script, row)) == bits(expected)
    assert bool(condition(script)(facts)) == (expected != 0.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("-2 * -3", 6.0),
        ("10 - 4 - 3", 3.0),
        ("8 / 4 / 2", 1.0),
        ("1 < 2 == true", 0.0),  # a chain: 1 < 2 and 2 == 1
        ("0 < a < 1", 1.0),
        ("0 < a < 0.4", 0.0),
        ("true || false && false", 1.0),
        ("!a", 0.0),
        ("!(a > 1)", 1.0),
        ("a > 1 ? 5 : a > 0 ? 6 : 7", 6.0),
        ("0.1 + 0.2 == 0.3", 1.0),
        ("1 == 1.001", 0.0),
        ("1/0", math.inf),
        ("-1/0", -math.inf),
        ("1/-0.0", -math.inf),
        ("0/0 == 0/0", 0.0),
        ("1/0 == 1/0", 1.0),
        ("0/0 ? 1 : 2", 1.0),
        ("true + 0x10;", 17.0),
        (".5 + 1.", 1.5),
    ],
)
def test_the_language_means_what_it_says(text, expected):
    assert value(parse_script(text))({"a": 0.5}) == expected


def test_facts_may_be_ints_and_bools():
    facts = {"a": True, "b": 3, "c": np.float64(2.0)}
    assert value(parse_script("a + b / c"))(facts) == 2.5
    assert condition(parse_script("a && b > c"))(facts)


def test_a_script_names_what_it_reads_in_order():
    assert parse_script("b + (a > b ? c : -a)").reads == ("b", "a", "c")


def test_a_name_is_never_code():
    hostile = "__import__"
    with pytest.raises(KeyError):
        condition(parse_script(hostile))({})
    assert value(parse_script("divide + facts"))({"divide": 1.0, "facts": 2.0}) == 3.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "found the end at character 1"),
        ("1 +", "found the end at character 4"),
        ("(1", "expected ')'"),
        ("1 2", "found '2' at character 3"),
        ("a = 1", "compare with =="),
        ("a := 1", "assignments"),
        ("name == 'x'", "strings"),
        ("a & b", "bit operator"),
        ("a @ b", "unknown character '@'"),
        ("a ? 1", "expected ':'"),
        ("1 < (a + 1) < 3", "middle"),
        ("0x" + "f" * 20, "hexadecimal"),
        ("(" * 40 + "1" + ")" * 40, "levels"),
        ("!" * 40 + "1", "levels"),
        ("1?" * 40 + "1" + ":1" * 40, "levels"),
        ("+".join(["1"] * 200), "tokens"),
        ("1" * 1001, "characters"),
    ],
)
def test_what_is_no_expression_is_refused_with_its_place(text, words):
    with pytest.raises(TreeError, match=r"\S") as refused:
        parse_script(text)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 400


def test_a_script_error_says_file_line_column_and_node():
    xml = (
        '<root BTCPP_format="4"><BehaviorTree ID="M">\n'
        '  <Sequence name="s"><Action ID="a" _skipIf="hp &lt;"/></Sequence>\n'
        "</BehaviorTree></root>"
    )
    with pytest.raises(TreeError, match=r"^x\.xml:2:22: s/a: _skipIf: script: expected a number"):
        read_tree(xml.encode(), "x.xml")


def test_binary_is_data():
    assert parse_script("a<1").expression == Binary("<", Name("a"), Number(1.0))
