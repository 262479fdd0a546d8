"""Hypothesis: scripts over numbers, and the language read word by word."""

import math

import numpy as np
from hypothesis import strategies as st

from astraweave.behavior.scripts.parser import Chain, Choice, Name, Number, Unary

FACTS = ("a", "b", "c")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
OPERATORS = ("+", "-", "*", "/", "&&", "||", *COMPARISONS)
LITERALS = ("0", "1", "1.0", "0.5", "2e3", "true", "false")
NUMBERS = st.floats(-1e9, 1e9) | st.sampled_from((0.0, -0.0, 1.0, 1e308, -1e308, 1e-308))


@st.composite
def texts(draw, depth=5):
    """A script that computes one number."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from((*FACTS, *LITERALS)))
    part = texts(depth=depth - 1)
    shape = draw(st.integers(0, 4))
    if shape == 0:
        return f"{draw(st.sampled_from('-!'))}({draw(part)})"
    if shape == 1:
        return f"({draw(part)} ? {draw(part)} : {draw(part)})"
    if shape == 2:
        first, second = draw(st.sampled_from(COMPARISONS)), draw(st.sampled_from(COMPARISONS))
        middle = draw(st.sampled_from((*FACTS, *LITERALS)))
        return f"({draw(part)}) {first} {middle} {second} ({draw(part)})"
    return f"({draw(part)}) {draw(st.sampled_from(OPERATORS))} ({draw(part)})"


def naive(node, facts):
    """The number of an expression, in float64."""
    match node:
        case Number(number):
            return float(number)
        case Name(name):
            return float(facts[name])
        case Unary(op, inner):
            inside = naive(inner, facts)
            return -inside if op == "-" else float(inside == 0.0)
        case Choice(test, yes, no):
            return naive(yes if naive(test, facts) != 0.0 else no, facts)
        case Chain(operands, ops):
            values = [naive(operand, facts) for operand in operands]
            pairs = zip(ops, values, values[1:], strict=False)
            return float(all(two(op, x, y) for op, x, y in pairs))
    return float(two(node.op, naive(node.left, facts), naive(node.right, facts)))


def two(op, left, right):
    """One operator of two numbers."""
    x, y = np.float64(left), np.float64(right)
    with np.errstate(all="ignore"):
        return {
            "+": lambda: x + y,
            "-": lambda: x - y,
            "*": lambda: x * y,
            "/": lambda: x / y,
            "<": lambda: not x >= y,
            "<=": lambda: not x > y,
            ">": lambda: not x <= y,
            ">=": lambda: not x < y,
            "==": lambda: abs(x - y) <= 2.0**-23,
            "!=": lambda: not abs(x - y) <= 2.0**-23,
            "&&": lambda: x != 0.0 and y != 0.0,
            "||": lambda: x != 0.0 or y != 0.0,
        }[op]()


def bits(number):
    """What must be equal of two numbers that are."""
    return "nan" if math.isnan(number) else np.float64(number).tobytes()
