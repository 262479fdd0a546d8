"""Episodes and memories as odd as they may be, for laws."""

from types import SimpleNamespace

import pytest
from hypothesis import strategies as st

from astraweave.model.episode import (
    ActionResult,
    CompanionResponse,
    Episode,
    EpisodeCategory,
    EpisodeOutcome,
    Observation,
    PlayerAction,
)
from astraweave.model.memory import (
    Association,
    EmotionalContext,
    Memory,
    MemorySource,
    MemoryType,
    SpatialTemporalContext,
)
from astraweave.model.names import is_seen

texts = st.text(st.characters(codec="utf-8"), max_size=8).filter(str.isprintable)
names = texts.filter(bool) | st.sampled_from(["", "hp", "param_hp", "id", "Ω≈ç", "🜁", "a b"][1:])
people = names.filter(is_seen)
floats = st.floats(allow_nan=False, allow_infinity=False)
odd = st.sampled_from([0, -0.0, 5e-324, 1.7e308, 2**53, 2**53 + 1, -(2**63), 2**64, 10**300, 0.1])
scalars = st.one_of(floats, odd, st.integers(), st.booleans(), texts, st.none())
bags = st.dictionaries(names, scalars, max_size=4)
units = st.floats(0.0, 1.0)
moments = st.floats(0.0, 4e11)


@st.composite
def responses(draw):
    available = tuple(draw(st.lists(names, max_size=3, unique=True)))
    return CompanionResponse(
        action_type=draw(names),
        result=draw(st.sampled_from(ActionResult)),
        effectiveness=draw(st.none() | units),
        tactic=draw(st.sampled_from(available) if available else st.none() | names),
        node=draw(st.none() | names),
        propensity=draw(st.none() | st.floats(1e-300, 1.0)),
        available=available,
        duration_ms=draw(st.integers(0, 2**32 - 1)),
    )


@st.composite
def observations(draw):
    times = sorted(draw(st.lists(st.integers(0, 2**32 - 1), max_size=5)))
    players = st.builds(PlayerAction, action_type=names, target=st.none() | texts, parameters=bags)
    return tuple(
        Observation(
            timestamp_ms=time,
            player_action=draw(st.none() | players),
            companion_response=draw(st.none() | responses()),
            world_state=draw(bags),
        )
        for time in times
    )


outcomes = st.builds(
    EpisodeOutcome,
    success_rating=units,
    player_satisfaction=units,
    duration_ms=st.integers(0, 2**53),
    damage_dealt=st.floats(0.0, 1e12),
    quality_signals=st.lists(st.floats(-0.15, 0.15), max_size=2).map(tuple),
    complexity=st.floats(1.0, 1.2),
)


@st.composite
def episodes(draw, key=names):
    start, end = sorted((draw(moments), draw(moments)))
    return Episode(
        id=draw(key),
        category=draw(st.sampled_from(EpisodeCategory)),
        start_time=start,
        end_time=draw(st.sampled_from([None, end])),
        player_id=draw(people),
        companion_id=draw(people),
        policy_version=draw(st.integers(0, 2**53)),
        seed=draw(st.integers(-(2**63), 2**63 - 1)),
        truncated=draw(st.booleans()),
        observations=draw(observations()),
        outcome=draw(st.none() | outcomes),
        tags=tuple(draw(st.lists(texts, max_size=3))),
    )


wild = st.text(st.characters(codec="utf-8"), max_size=8)
keys = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
data = st.recursive(
    st.one_of(st.none(), st.booleans(), floats, odd, st.integers(-(2**70), 2**70), wild),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(wild, inner, max_size=3),
    max_leaves=6,
)
links = st.builds(Association, memory_id=keys, relation=wild, strength=units)
memories = st.builds(
    Memory,
    id=keys,
    memory_type=st.sampled_from(MemoryType),
    text=wild,
    created_at=moments,
    player_id=keys.filter(is_seen),
    data=data,
    emotion=st.none()
    | st.builds(
        EmotionalContext,
        primary_emotion=wild,
        intensity=units,
        valence=st.floats(-1.0, 1.0),
        arousal=units,
    ),
    context=st.builds(
        SpatialTemporalContext,
        location=st.none() | wild,
        duration_ms=st.none() | st.integers(0, 2**53),
        participants=st.lists(wild, max_size=2).map(tuple),
    ),
    last_accessed=moments,
    access_count=st.integers(0, 2**53),
    importance=units,
    source=st.sampled_from(MemorySource),
    tags=st.lists(wild, max_size=3).map(tuple),
    associations=st.lists(links, max_size=3).map(tuple),
    embedding=st.none() | st.lists(floats, max_size=3).map(tuple),
)


@pytest.fixture(scope="session")
def odd_things():
    """Strategies: `episodes`, `memories`, each with lists of them whose ids differ."""

    def several(one, **how):
        return st.lists(one, max_size=3, unique_by=lambda each: each.id, **how)

    return SimpleNamespace(episodes=several(episodes()), memories=several(memories))
