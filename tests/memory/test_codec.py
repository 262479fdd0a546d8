import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.errors import SaveError
from astraweave.memory.codec import LOG_V1, decode_log, encode_log, row_crc, seal, unseal
from astraweave.memory.recovery import decode_part, encode_part
from astraweave.memory.rows import episode_rows, read_episode
from astraweave.model.columns import EpisodeLog, episode_of, log_of
from astraweave.model.draft import Draft
from astraweave.model.episode import (
    ActionResult,
    CompanionResponse,
    Episode,
    EpisodeCategory,
    EpisodeOutcome,
    Observation,
    PlayerAction,
)

names = st.text("abcdé_", min_size=1, max_size=6)
numbers = st.floats(-1e6, 1e6).map(lambda value: round(value, 3) + 0.0)
scalars = st.one_of(numbers, st.integers(), st.booleans(), st.text(max_size=4), st.none())
units = st.floats(0.0, 1.0)
facts = st.dictionaries(names, scalars, max_size=3)
responses = st.builds(
    CompanionResponse,
    action_type=names,
    result=st.sampled_from(ActionResult),
    effectiveness=st.none() | units,
    tactic=st.none() | names,
    node=st.none() | names,
    propensity=st.none() | st.floats(0.001, 1.0),
    available=st.lists(names, max_size=3, unique=True).map(tuple),
    duration_ms=st.integers(0, 2**32 - 1),
)
observations = st.builds(
    Observation,
    timestamp_ms=st.integers(0, 2**32 - 1),
    player_action=st.none()
    | st.builds(PlayerAction, action_type=names, target=st.none() | names, parameters=facts),
    companion_response=st.none() | responses,
    world_state=facts,
)
episodes_of_any_kind = st.builds(
    Episode,
    id=names,
    category=st.sampled_from(EpisodeCategory),
    start_time=st.floats(0.0, 4e11),
    end_time=st.none() | st.floats(0.0, 4e11),
    player_id=names,
    companion_id=names,
    policy_version=st.integers(0, 2**53),
    seed=st.integers(-(2**63), 2**63 - 1),
    truncated=st.booleans(),
    observations=st.lists(observations, max_size=5).map(tuple),
    outcome=st.none() | st.builds(EpisodeOutcome, success_rating=units, damage_dealt=units),
    tags=st.lists(names, max_size=3).map(tuple),
)


def same_columns(a: EpisodeLog, b: Any) -> bool:
    return (
        a.observations.tobytes() == b.observations.tobytes()
        and np.array_equal(a.facts, b.facts, equal_nan=True)
        and np.array_equal(a.param_values, b.param_values)
        and np.array_equal(a.param_names, b.param_names)
        and (a.names, a.fact_names, a.sets, a.extra) == (b.names, b.fact_names, b.sets, b.extra)
    )


@given(episodes_of_any_kind)
@settings(max_examples=80, deadline=None)
def test_an_episode_comes_back_as_it_was(episode: Episode) -> None:
    log = log_of(episode)
    assert same_columns(log, decode_log(encode_log(log), log.id))
    rows = episode_rows(log)
    header = (1, *rows.row[:-1], rows.columns)
    assert episode_of(read_episode(header, lambda _: b"")) == episode_of(log)


def test_arrays_are_writable_and_aligned_like_those_of_a_new_log(
    make_draft: Callable[..., Any],
) -> None:
    log = make_draft().log()
    found = decode_log(encode_log(log), log.id)
    for name in ("observations", "facts", "param_values", "param_names"):
        array, fresh = getattr(found, name), getattr(log, name)
        assert array.flags.writeable
        assert array.flags.aligned
        assert array.dtype == fresh.dtype
        assert array.shape == fresh.shape


def test_any_flipped_bit_is_found(make_draft: Callable[..., Any]) -> None:
    log = make_draft(observations=4).log()
    blob = encode_log(log)
    for bit in range(0, len(blob) * 8, 7):
        damaged = bytearray(blob)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SaveError):
            decode_log(bytes(damaged), log.id)


def test_the_blob_of_another_episode_is_found(make_draft: Callable[..., Any]) -> None:
    with pytest.raises(SaveError, match="checksum"):
        decode_log(encode_log(make_draft("one").log()), "two")


def forged(blob: bytes, key: str) -> bytes:
    """`blob` with the checksum an attacker would compute."""
    return seal(blob[:4], blob[8:], key)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_forged_bytes_are_refused_or_read_but_never_crash(data: st.DataObject) -> None:
    blob = bytearray(FORGED_BASE)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(8, len(blob) - 1))
        blob[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(8, len(blob)))
    with suppress(SaveError):
        decode_log(forged(bytes(blob[: cut if data.draw(st.booleans()) else None]), "k"), "k")


FORGED_BASE = encode_log(
    log_of(
        Episode(
            id="k",
            category=EpisodeCategory.COMBAT,
            start_time=1.0,
            observations=(
                Observation(
                    timestamp_ms=5,
                    player_action=PlayerAction(action_type="hit", parameters={"damage": 2.5}),
                    companion_response=CompanionResponse(
                        action_type="heal", result=ActionResult.SUCCESS, available=("a", "b")
                    ),
                    world_state={"hp": 4.5, "place": "cave"},
                ),
            ),
        )
    )
)


def test_huge_counts_are_refused_before_anything_is_allocated() -> None:
    for counts in ((2**32 - 1,) * 5, (0, 2**32 - 1, 0, 0, 0), (2_000_000, 0, 0, 0, 0)):
        body = struct.pack("<IIIII4x", *counts)
        with pytest.raises(SaveError, match="sizes"):
            decode_log(seal(LOG_V1, body, "k"), "k")
    for short in (b"", b"AWL1", seal(LOG_V1, b"", "k")):
        with pytest.raises(SaveError):
            decode_log(short, "k")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("code", 999),
        ("code", 0xFFFF),
        ("target", 999),
        ("available", 7),
        ("kind", 9),
        ("result", 9),
        ("joined", 1),
        ("row", 50),
        ("row", -2),
        ("param", 10_000),
        ("effectiveness", 1.5),
        ("propensity", 0.0),
    ],
)
def test_a_column_that_points_nowhere_is_refused(
    column: str, value: float, make_draft: Callable[..., Any]
) -> None:
    log = make_draft().log()
    log.observations[column][1] = value
    with pytest.raises(SaveError):
        decode_log(encode_log(log), log.id)


@pytest.mark.parametrize(
    "fields",
    [
        {"sets": ((99,),)},
        {"extra": {99: {"parameters": {}}}},
        {"extra": {1: {"secrets": {}}}},
        {"param_names": np.full(20, 999, np.uint16), "param_values": np.zeros(20)},
        {"facts": np.full((12, 4), np.inf)},
        {"names": ("x",) * 70_000},
    ],
)
def test_tables_that_do_not_fit_are_refused(
    fields: dict[str, Any], make_draft: Callable[..., Any]
) -> None:
    log = make_draft().log()
    values = {name: getattr(log, name) for name in EpisodeLog.__dataclass_fields__}
    with pytest.raises(SaveError):
        decode_log(encode_log(EpisodeLog(**values | fields)), log.id)


def test_columns_of_different_lengths_are_not_written(make_draft: Callable[..., Any]) -> None:
    log = make_draft().log()
    values = {name: getattr(log, name) for name in EpisodeLog.__dataclass_fields__}
    for wrong in ({"facts": np.zeros((3, 9))}, {"param_values": np.zeros(1)}):
        with pytest.raises(ValueError, match=r"got|for"):
            encode_log(EpisodeLog(**values | wrong))


def test_not_a_number_stays_itself_in_columns(make_draft: Callable[..., Any]) -> None:
    log = make_draft(rows=[[float("nan"), 1.0, 2.0, 3.0]], observations=1).log()
    assert np.isnan(decode_log(encode_log(log), log.id).facts[0, 0])


def test_a_seal_knows_its_kind_its_key_and_its_bytes() -> None:
    blob = seal(b"AWN1", b"payload", "key")
    assert unseal(b"AWN1", blob, "key") == b"payload"
    for kind, given_blob, key in (
        (b"AWR1", blob, "key"),
        (b"AWN1", blob, "other"),
        (b"AWN1", blob + b"x", "key"),
        (b"AWN1", blob[:5], "key"),
    ):
        with pytest.raises(SaveError):
            unseal(kind, given_blob, key)
    assert row_crc("a", 1, None) == zlib.crc32(msgspec.msgpack.encode(("a", 1, None)))


def test_a_part_comes_back_as_it_was(make_draft: Callable[..., Any]) -> None:
    part = make_draft(outcome=None).part(3, 2, 1_000_004.0)
    found = decode_part(encode_part(part), part.id, 3)
    for name in Draft.__dataclass_fields__:
        assert list_of(getattr(found, name)) == list_of(getattr(part, name)), name


def list_of(value: Any) -> Any:
    return [tuple(v) for v in value] if isinstance(value, list) and name_free(value) else value


def name_free(values: list[Any]) -> bool:
    return all(isinstance(value, (list, tuple)) for value in values)


@pytest.mark.parametrize(
    "fields",
    [
        {"rows": [[1.0]]},
        {"rows": [[float("inf")] * 4]},
        {"seen": [(float("nan"), "strike", None, {}, 0)]},
        {"seen": [(-1.0, "strike", None, {}, 0)]},
        {"seen": [(1.0, "strike")]},
        {"seen": [(1.0, {"action_type": "x"}, 0)]},
        {"first": 5},
        {"category": "war"},
    ],
)
def test_a_wrong_part_is_refused(fields: dict[str, Any], make_draft: Callable[..., Any]) -> None:
    part = make_draft(**fields)
    blob = forged(encode_part(part), f"checkpoint {part.id} 0")
    with pytest.raises(SaveError):
        decode_part(blob, part.id, 0)
