"""How an episode becomes a memory."""

import pytest

from astraweave.model.columns import log_of
from astraweave.model.episode import Episode, EpisodeCategory, EpisodeOutcome, Observation
from astraweave.model.memory import MemoryType, memory_of


def memory(outcome=None, world=None, **fields):
    seen = (Observation(timestamp_ms=0, world_state=world or {}), Observation(timestamp_ms=9))
    episode = Episode(
        id="e1",
        category=EpisodeCategory.COMBAT,
        start_time=100.0,
        end_time=145.0,
        observations=seen,
        outcome=outcome,
        **fields,
    )
    return memory_of(log_of(episode))


def test_an_episode_becomes_an_episodic_memory_of_the_same_id():
    told = memory(EpisodeOutcome(success_rating=0.95, player_satisfaction=0.6), tags=("cave",))
    assert (told.id, told.memory_type) == ("e1", MemoryType.EPISODIC)
    assert told.text == "Combat episode: Success: 95%, Satisfaction: 60%"
    assert told.importance == pytest.approx((0.95 + 0.6) / 2)
    assert told.context.participants == ("player", "companion")
    assert told.context.duration_ms == 45_000
    assert "cave" in told.tags


@pytest.mark.parametrize(("rating", "emotion"), [(0.71, "satisfied"), (0.7, "frustrated")])
def test_the_outcome_gives_the_emotion(rating, emotion):
    told = memory(
        EpisodeOutcome(success_rating=rating, player_satisfaction=0.4, companion_effectiveness=0.8)
    )
    assert told.emotion is not None
    assert told.emotion.primary_emotion == emotion
    assert told.emotion.valence == pytest.approx(2 * rating - 1)
    assert (told.emotion.intensity, told.emotion.arousal) == (0.4, 0.8)


def test_without_an_outcome_it_is_in_progress_and_of_middling_importance():
    told = memory()
    assert (told.text, told.emotion, told.importance) == ("Combat episode: In progress", None, 0.5)


@pytest.mark.parametrize(
    ("world", "place"),
    [
        ({"location": "old mill"}, "old mill"),
        ({"player_x": 1.25, "player_y": 3.0}, "1.2, 3.0"),
        ({"x": 2.0, "y": 4.0}, "2.0, 4.0"),
        ({"hp": 3.0}, None),
        ({}, None),
    ],
)
def test_the_place_is_that_of_the_first_observation(world, place):
    assert memory(world=world).context.location == place
