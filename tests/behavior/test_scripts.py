"""The scripting language: what it is, what is none, and what it computes from facts."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.behavior.groot.reader import read_tree
from astraweave.behavior.scripts.functions import condition, pure, value
from astraweave.behavior.scripts.parser import (
    MAX_TOKENS,
    Assign,
    Binary,
    Chain,
    Choice,
    Name,
    Number,
    Text,
    Unary,
    parse_script,
)
from astraweave.errors import TreeError
from tests.behavior.script_texts import FACTS, NUMBERS, bits, naive, texts


@given(texts(), st.lists(NUMBERS, min_size=3, max_size=3))
def test_python_gives_the_number_of_the_language(text, row):
    try:
        script = parse_script(text)
    except TreeError as error:
        assert "tokens" in str(error) or "levels" in str(error)  # noqa: PT017
        return
    facts = dict(zip(FACTS, row, strict=True))
    expected = naive(script.expression, facts)
    assert bits(value(script)(facts)) == bits(expected)
    assert bool(condition(script)(facts)) == (expected != 0.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("-2 * -3", 6.0),
        ("2 - -3", 5.0),
        ("10 - 4 - 3", 3.0),
        ("8 / 4 / 2", 1.0),
        ("1 < 2 == true", 0.0),  # a chain: 1 < 2 and 2 == 1
        ("0 < a < 1", 1.0),
        ("0 < a < 0.4", 0.0),
        ("true || false && false", 1.0),
        ("!a", 0.0),
        ("!(a > 1)", 1.0),
        ("!1 == 0", 1.0),
        ("a > 1 ? 5 : a > 0 ? 6 : 7", 6.0),
        ("1 ? 2 : 3 + 10", 2.0),
        ("0.1 + 0.2 == 0.3", 1.0),
        ("1 == 1.0000001", 1.0),
        ("1 == 1.001", 0.0),
        ("1/0", math.inf),
        ("-1/0", -math.inf),
        ("1/-0.0", -math.inf),
        ("0/0 == 0/0", 0.0),
        ("0/0 < 1", 1.0),
        ("0/0 >= 1", 1.0),
        ("1/0 == 1/0", 0.0),  # infinity less infinity is NaN
        ("0/0 ? 1 : 2", 1.0),
        ("true + 0x10;", 17.0),
        ("007 + 1.5e1 + 12e-1", 23.2),
    ],
)
def test_the_language_means_what_it_says(text, expected):
    assert value(parse_script(text))({"a": 0.5}) == expected


def test_facts_may_be_ints_and_bools():
    facts = {"a": True, "b": 3, "c": np.float64(2.0)}
    assert value(parse_script("a + b / c"))(facts) == 2.5
    assert condition(parse_script("a && b > c"))(facts)
    assert condition(parse_script("b && !(c < a)"))(facts)


def test_logic_finds_a_missing_fact_on_either_side():
    for text in ("1 || gone", "0 && gone", "gone || 1"):
        with pytest.raises(KeyError, match="gone"):
            condition(parse_script(text))({})
    assert condition(parse_script("1 ? 1 : gone"))({})
    assert not condition(parse_script("2 < 1 < gone"))({})


def test_a_script_names_what_it_reads_and_writes_in_order():
    assert parse_script("b + (a > b ? c : -a)").reads == ("b", "a", "c")
    script = parse_script("x := y; z += x; @g = 'text' .. y; n = n + 1")
    assert script.reads == ("y", "z", "x", "n")
    assert script.writes == ("x", "z", "@g", "n")
    assert parse_script("a := b := 1").writes == ("a", "b")


def test_a_name_is_never_code():
    hostile = "__import__"
    with pytest.raises(KeyError):
        condition(parse_script(hostile))({})
    assert value(parse_script("divide + facts"))({"divide": 1.0, "facts": 2.0}) == 3.0


A, B, C, ONE = Name("a"), Name("b"), Name("c"), Number(1)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a<1", Binary("<", A, ONE)),
        ("a < b <= c", Chain((A, B, C), ("<", "<="))),
        ("a == b & c", Binary("==", A, Binary("&", B, C))),
        ("a | b & c", Binary("|", A, Binary("&", B, C))),
        ("a ^ b | c", Binary("|", Binary("^", A, B), C)),
        ("a & b + c", Binary("&", A, Binary("+", B, C))),
        ("a .. b * c", Binary("..", A, Binary("*", B, C))),
        ("~a + b", Binary("+", Unary("~", A), B)),
        ("-a * b", Binary("*", Unary("-", A), B)),
        ("a := b := 1", Assign("a", ":=", Assign("b", ":=", ONE))),
        ("a = b ? c : 1", Assign("a", "=", Choice(B, C, ONE))),
        ("a ? b : c ? a : b", Choice(A, B, Choice(C, A, B))),
        ("a ? b := 1 : c", Choice(A, Assign("b", ":=", ONE), C)),
        ("a + b := 1", Assign("", ":=", ONE)),
        ("'it''s'", None),
        ("'a;b'", Text("a;b")),
        ("65..'n'", Binary("..", Number(65), Text("n"))),
        ("@a", Name("@a")),
        ("true", Number(1.0)),
    ],
)
def test_text_becomes_a_tree(text, tree):
    if tree is None:
        assert parse_script(text).statements == (Text("it"), Text("s"))
    else:
        assert parse_script(text).statements == (tree,)


@pytest.mark.parametrize(
    "text", ["a := 1; b := 2", "a:=1;;b:=2;", "a:=1 b:=2", "\ta:=1\n;\r b:=2 "]
)
def test_statements_follow_one_another(text):
    assert parse_script(text).statements == (
        Assign("a", ":=", Number(1)),
        Assign("b", ":=", Number(2)),
    )


def test_whole_numbers_and_doubles_are_told_apart():
    kinds = [type(parse_script(text).expression.value) for text in ("1", "0x1F", "1.0", "1e3")]
    assert kinds == [int, int, float, float]
    assert parse_script("9223372036854775807").expression.value == 2**63 - 1


def test_an_enum_is_a_number_and_nobody_reads_it():
    script = parse_script("colour == RED && RED", (("RED", 3),))
    assert script.reads == ("colour",)
    assert condition(script)({"colour": 3.0})
    assert script != parse_script("colour == RED && RED")
    assert parse_script("RED += 1", (("RED", 3),)).writes == ("RED",)
    assert parse_script("RED := 1", (("RED", 3),)).expression == Assign("RED", ":=", Number(1))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "found the end at character 1"),
        ("  ", "found the end"),
        (";a", "found ';' at character 1"),
        ("1 +", "found the end at character 4"),
        ("(1", "expected ')'"),
        ("(a:=1;b:=2)", "found ';' at character 6"),
        ("1 * / 2", "found '/' at character 5"),
        ("a ==", "found the end"),
        ("a : = 1", "found ':' at character 3"),
        ("a ? 1", "expected ':' of the choice"),
        ("a ? b : c := 1", "found ':=' at character 11"),
        ("a $ b", "unknown character '$', got a $ b; see character 3"),
        ("ä := 1", "unknown character 'ä'"),
        ("'x", "without its closing quote"),
        ('"x"', "single quotes"),
        (".5", "unknown character '.'"),
        ("5.", "malformed number"),
        ("3x", "malformed number"),
        ("0x", "malformed number"),
        ("0x1.5", "malformed number"),
        ("1e", "malformed number"),
        ("1e999", "out of range"),
        ("1e-999", "out of range"),
        ("9223372036854775808", "63 bits"),
        ("0x" + "f" * 20, "63 bits"),
        ("9" * 3_000, "63 bits"),
        ("(" * 70 + "1" + ")" * 70, "levels"),
        ("!" * 70 + "1", "levels"),
        ("1?" * 70 + "1" + ":1" * 70, "levels"),
        ("a:=" * 70 + "1", "levels"),
        ("+".join(["1"] * 300), "tokens"),
        ("1" * 4001, "characters"),
    ],
)
def test_what_is_no_script_is_refused_with_its_place(text, words):
    with pytest.raises(TreeError, match=r"\S") as refused:
        parse_script(text)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 400


def test_scripts_up_to_the_limits_are_read():
    longest = "+".join(["a"] * ((MAX_TOKENS - 1) // 2))
    assert value(parse_script(longest))({"a": 1.0}) == (MAX_TOKENS - 1) // 2
    deep = "(" * 60 + "a" + ")" * 60
    assert value(parse_script(deep))({"a": 7.0}) == 7.0


@pytest.mark.parametrize(
    "text",
    ["a := 1", "'x' == 'x'", "a & 1", "~a", "'a' .. 1", "1; 2", "2", "a && 2", "a < (b + 1) < c",
     "9007199254740993 + 1", "a ? 1 : 7"],
)  # fmt: skip
def test_what_more_than_computes_has_no_short_form(text):
    script = parse_script(text)
    assert not pure(script)
    with pytest.raises(TreeError, match="does more than compute"):
        condition(script)


def test_a_whole_number_has_a_value_though_it_is_no_condition():
    assert value(parse_script("7"))({}) == 7.0
    with pytest.raises(TreeError, match="does more than compute"):
        value(parse_script("a := 7"))


def test_a_script_error_says_file_line_column_and_node():
    xml = (
        '<root BTCPP_format="4"><BehaviorTree ID="M">\n'
        '  <Sequence name="s"><Action ID="a" _skipIf="hp &lt;"/></Sequence>\n'
        "</BehaviorTree></root>"
    )
    with pytest.raises(TreeError, match=r"^x\.xml:2:22: s/a: _skipIf: script: expected a number"):
        read_tree(xml.encode(), "x.xml")
