"""Episodes from other programs: read one line at a time, and nothing hostile gets through."""

import io
import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import EpisodeError
from astraweave.model import lines
from astraweave.model.actions import ActionVocabulary, Kind
from astraweave.model.columns import episode_of, log_of
from astraweave.model.episode import Episode
from astraweave.model.exchange import check_episode, read_episodes
from astraweave.model.facts import Fact, FactSheet

GOOD = {"id": "a", "category": "combat", "start_time": 1.0}
VOCABULARY = ActionVocabulary(row=Kind("utility"))


def read(*lines):
    data = b"\n".join(x if isinstance(x, bytes) else json.dumps(x).encode() for x in lines)
    return [(line.number, line.found) for line in read_episodes(io.BytesIO(data), "file")]


def refused(line):
    ((number, found),) = read(line)
    assert number == 1
    assert isinstance(found, EpisodeError), found
    assert str(found).startswith("file:1 (byte ")
    assert "\n" not in str(found)
    return str(found)


def seen(**more):
    return GOOD | {"observations": [{"timestamp_ms": 0, **more}]}


def test_lines_are_numbered_with_the_empty_ones_and_a_byte_order_mark_is_passed_over():
    found = read(b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), b"", b"  ", GOOD | {"id": "b"})
    assert [(n, e.id) for n, e in found] == [(1, "a"), (4, "b")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"id": "a"', "truncated"),
        (b"\xff\xfe", "not an episode"),
        (b'{"id": "\xff"}', "not an episode"),
        (b'{"id": "\\ud800", "category": "combat", "start_time": 1}', "surrogate"),
        (b'{"id": "a", "category": "combat", "start_time": NaN}', "malformed"),
        (b'{"id": "a", "category": "combat", "start_time": 1e999}', "out of range"),
        (b"[" * 200_000, "not an episode"),
        (b'{"x": ' + b"[" * 200_000, "not an episode"),
        (GOOD | {"category": "picnic"}, "picnic"),
        (GOOD | {"player": "robin"}, "unknown field `player`"),
        (GOOD | {"start_time": -1}, "`float` >= 0.0"),
        (GOOD | {"id": ""}, "length >= 1"),
        (GOOD | {"id": "a\nb"}, "printable"),
        (GOOD | {"tags": ["x" * 10_001]}, "at most 10,000 characters"),
        (GOOD | {"end_time": 0.5}, "$.end_time is before $.start_time, got 0.5"),
        (GOOD | {"outcome": {"success_rating": 2}}, "$.outcome.success_rating"),
        (GOOD | {"seed": 2**80}, "$.seed"),
        (seen(timestamp_ms=-1), "$.observations[0].timestamp_ms"),
        (seen(world_state={"hp": 10**309}), "'hp' must be within ±1.798e+308, got a number of"),
        (seen(world_state={"hp": [1]}), "$.observations[0].world_state"),
        (seen(world_state={"h\tp": 1}), "printable"),
        (seen(player_action={"action_type": "row", "parameters": {"x": -(10**400)}}), "parameters"),
        (seen(companion_response={"action_type": "a", "result": "meh"}), "meh"),
        (
            seen(
                companion_response={
                    "action_type": "a",
                    "result": "success",
                    "tactic": "b",
                    "available": ["a"],
                }
            ),
            "tactic must be one of available, got b",
        ),
    ],
)
def test_a_hostile_line_is_refused_with_its_reason(line, reason):
    assert reason in refused(line)


def test_a_line_over_the_limit_is_skipped_and_the_next_one_read(monkeypatch):
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 1 << 20)
    (one, two) = read(GOOD | {"tags": ["x" * (3 << 20)]}, GOOD)
    assert one[0] == 1
    assert "longer than 1 MiB" in str(one[1])
    assert two == (2, msgspec.convert(GOOD, Episode))


def test_a_table_that_would_not_fit_is_refused_before_it_is_made():
    wide = [{"timestamp_ms": i, "world_state": {f"f{i}": 1}} for i in range(2_100)]
    assert "at most 4,000,000 observations × facts" in refused(GOOD | {"observations": wide})
    names = [{"timestamp_ms": 0, "world_state": {f"f{i}": 1 for i in range(10_001)}}]
    assert "at most 10,000 different names" in refused(GOOD | {"observations": names})
    long = b'{"id":"a","category":"combat","start_time":1,"observations":['
    long += b",".join([b'{"timestamp_ms":0}'] * 100_001) + b"]}"
    assert "at most 100,000 observations" in refused(long)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_episode_or_an_error_and_never_anything_else(data):
    for _, _, found in read_episodes(io.BytesIO(data)):
        assert isinstance(found, (Episode, EpisodeError))


@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from("abc"), st.floats(-1e15, 1e15) | st.booleans()),
            st.none() | st.sampled_from(["row", "bail"]),
        ),
        max_size=8,
    )
)
def test_what_is_read_survives_the_way_into_columns_and_back(rows):
    told = GOOD | {
        "observations": [
            {"timestamp_ms": 10 * i, "world_state": world}
            | ({} if action is None else {"player_action": {"action_type": action}})
            for i, (world, action) in enumerate(rows)
        ]
    }
    ((_, episode),) = read(told)
    assert episode_of(log_of(episode)) == episode


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"player_action": {"action_type": "rwo"}}, "'rwo' is not declared; did you mean 'row'?"),
        ({"world_state": {"hp": 101}}, "'hp' must be a finite number in [0, 100], got 101"),
        ({"world_state": {"ph": 1}}, "'ph' is not declared; known: hp"),
        (
            {"companion_response": {"action_type": "x", "result": "success", "tactic": "x"}},
            "the tree has no tactic 'x'",
        ),
    ],
)
def test_an_episode_must_fit_what_its_game_declares(more, reason):
    episode = msgspec.convert(seen(**more), Episode)
    sheet = FactSheet([Fact("hp", low=0, high=100)])
    with pytest.raises(EpisodeError) as caught:
        check_episode(episode, vocabulary=VOCABULARY, sheet=sheet, tactics=("help", "rest"))
    assert reason in str(caught.value)
    assert "$.observations[0]" in str(caught.value)


def test_a_game_that_declares_no_facts_or_tree_takes_any():
    more = {"action_type": "x", "result": "success", "tactic": "x"}
    told = seen(world_state={"anything": 5, "name": "a"}, companion_response=more)
    episode = msgspec.convert(told, Episode)
    check_episode(episode, vocabulary=VOCABULARY, sheet=FactSheet())


def test_texts_and_booleans_of_a_world_need_no_declaration():
    told = seen(world_state={"hp": 5, "place": "cellar", "dark": True})
    episode = msgspec.convert(told, Episode)
    sheet = FactSheet([Fact("hp", low=0, high=math.inf)])
    check_episode(episode, vocabulary=VOCABULARY, sheet=sheet)
