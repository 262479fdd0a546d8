"""Postfix code in kernels gives the number that Python gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.behavior.kernels import scripts as kernel
from astraweave.behavior.kernels.layout import END_OF_CODE
from astraweave.behavior.scripts.parser import MAX_TOKENS, Name, parse_script
from astraweave.behavior.scripts.postfix import postfix
from astraweave.errors import TreeError
from tests.behavior.script_texts import FACTS, NUMBERS, bits, naive, texts


def in_kernel(script, row):
    cells = list(row)

    def cell(leaf):
        if isinstance(leaf, Name):
            return FACTS.index(leaf.name)
        cells.append(leaf.value)
        return len(cells) - 1

    code = [(END_OF_CODE, 0), *postfix(script.expression, cell), (END_OF_CODE, 0)]
    code[0] = (END_OF_CODE, len(cells))
    cells += [0.0] * MAX_TOKENS
    # `evaluate` has no wrapper for Python when it is compiled: its source is run instead, and the
    # compiled one is compared through whole trees in test_engines.
    plain = getattr(kernel.evaluate, "py_func", kernel.evaluate)
    two, arithmetic = kernel._two, kernel._arithmetic
    try:
        kernel._arithmetic = getattr(arithmetic, "py_func", arithmetic)
        kernel._two = getattr(two, "py_func", two)
        with np.errstate(all="ignore"):
            return plain(np.array(code, np.int64), np.array(cells, np.float64), 1)
    finally:
        kernel._two, kernel._arithmetic = two, arithmetic


@given(texts(), st.lists(NUMBERS, min_size=3, max_size=3))
def test_kernels_give_the_number_of_the_language(text, row):
    try:
        script = parse_script(text)
    except TreeError as error:
        assert "tokens" in str(error) or "levels" in str(error)  # noqa: PT017
        return
    facts = dict(zip(FACTS, row, strict=True))
    assert bits(in_kernel(script, row)) == bits(naive(script.expression, facts))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a := 1", "got Assign"),
        ("'x'", "got Text"),
        ("a & b", "got Binary"),
        ("~a", "got Unary"),
        ("a .. b", "got Binary"),
        ("1 < (a + 1) < 3", "middle of a chained comparison"),
    ],
)
def test_kernels_refuse_what_is_no_number(text, words):
    with pytest.raises(TreeError, match=words):
        in_kernel(parse_script(text), (0.0, 0.0, 0.0))
