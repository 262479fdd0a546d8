import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.memory.spelling import Spelling
from tests.memory.slips import naive_nearest

# Letters whose code points are alike in their lowest six bits, too.
SHORT = st.text("abc\u0121𐌡", min_size=1, max_size=5)


@given(SHORT, st.lists(SHORT, max_size=6), st.sampled_from(["", "spider"]))
def test_the_nearest_words_are_those_of_the_fewest_slips(
    end: str, ends: list[str], start: str
) -> None:
    word, known = start + end, [start + other for other in ends]
    spelling = Spelling(known[:3])
    assert spelling.nearest(word) == naive_nearest(word, known[:3])
    for other in known[3:]:
        spelling.add(other)
    assert spelling.nearest(word) == naive_nearest(word, known)
    assert len(spelling) == len(set(known))


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("sipder", ["spider"]),
        ("spiderr", ["spider"]),
        ("brtihedo", ["brithado"]),
        ("goshhinuhu", ["goshinushu"]),
        ("wulves", []),
        ("spider" * 9_000, []),
    ],
)
def test_a_slip_of_the_pen_leads_to_the_word_that_was_meant(word: str, meant: list[str]) -> None:
    known = ["spider", "cider", "wolf", "mill", "brithado", "goshinushu", "spi" * 20_000]
    assert Spelling(known).nearest(word) == meant


@given(st.text("abcd", min_size=3, max_size=9), st.integers(0, 8), st.sampled_from("abcd"))
def test_one_slip_is_always_within_reach(word: str, at: int, letter: str) -> None:
    at %= len(word)
    for slipped in (
        word[:at] + letter + word[at:],
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :],
    ):
        assert Spelling([word]).nearest(slipped) == [word]
