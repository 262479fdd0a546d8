"""The page says what is so: its code runs as it stands, and what it learns is more than chance."""

import contextlib
import io
import re

import pytest

from tests.rl.libraries import gymnasium

FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def page(root):
    return (root / "docs" / "reinforcement-learning.md").read_text("utf-8")


def said_by(code):
    """What a piece of the page prints."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        exec(compile(code, "reinforcement-learning.md", "exec"), {"gymnasium": gymnasium})  # noqa: S102
    return told.getvalue()


@pytest.mark.compiled
def test_the_code_of_the_page_runs_and_learns(page):
    one, many, training, both = FENCE.findall(page)
    assert 0.0 <= float(said_by(one).split()[0]) <= 1.0
    said_by(many)
    assert "'success'" in said_by(both)
    fewer = training.replace("GENERATIONS = 64, 16, 20", "GENERATIONS = 64, 16, 6")
    assert fewer != training
    words = said_by(fewer).split()
    at_random, learned = float(words[2]), float(words[4])
    assert learned > at_random + 0.1


@pytest.mark.slow
@pytest.mark.compiled
def test_all_of_the_training_gives_the_figures_of_the_page(page):
    words = said_by(FENCE.findall(page)[2]).split()
    assert f"scores {words[4].lstrip('0')}; at random it is {words[2].lstrip('0')}" in page


def test_it_is_about_forty_lines(page):
    lines = [line for line in FENCE.findall(page)[2].splitlines() if line.strip()]
    assert len(lines) <= 45
