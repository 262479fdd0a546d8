"""What is kept of recent decisions is bounded, and an even sample where it must be one."""

import msgspec
import pytest

from astraweave.learning.decisions import Choice
from astraweave.learning.recent import (
    DECISIONS_KEPT,
    EPISODE_DECISIONS,
    EPISODES_KEPT,
    Logged,
    kept,
    logged,
)

SET = ("n", ("a", "b"))


def choices(count):
    return [
        (Choice("n", 0, "ab"[i % 3 == 0], ("a", "b"), 0.5, 0.5), i / count) for i in range(count)
    ]


def test_a_short_episode_is_kept_whole():
    found = logged(choices(10))
    assert found.sets == (SET,)
    assert [y for *_, y in found.decisions] == [i / 10 for i in range(10)]
    assert [place for _, place, _, _ in found.decisions] == [int(i % 3 == 0) for i in range(10)]


@pytest.mark.parametrize("count", [EPISODE_DECISIONS, EPISODE_DECISIONS + 1, 36_000])
def test_a_long_episode_gives_an_even_sample(count):
    found = logged(choices(count))
    assert EPISODE_DECISIONS / 2 <= len(found.decisions) <= EPISODE_DECISIONS
    mean = sum(y for *_, y in found.decisions) / len(found.decisions)
    assert mean == pytest.approx(0.5, abs=0.01)


def test_old_episodes_go_first():
    short = [logged(choices(2)) for _ in range(EPISODES_KEPT + 9)]
    assert len(kept(short)) == EPISODES_KEPT
    long = [logged(choices(EPISODE_DECISIONS)) for _ in range(20)]
    found = kept([*short[:5], *long])
    assert sum(len(one.decisions) for one in found) <= DECISIONS_KEPT
    assert found[-1] is long[-1]


@pytest.mark.parametrize(
    "row",
    [(1, 0, 0.5, 0.5), (0, 2, 0.5, 0.5), (0, 0, 0.0, 0.5), (0, 0, 0.5, 1.5), (-1, 0, 0.5, 0.5)],
)
def test_a_stored_decision_that_fits_no_set_is_refused(row):
    body = msgspec.msgpack.encode(([SET], [row]))
    with pytest.raises((msgspec.ValidationError, ValueError)):
        msgspec.msgpack.decode(body, type=Logged)
