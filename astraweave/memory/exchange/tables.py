"""The tables of an export, column by column: names, types, units and what they say.

Refuses to depend on any format: `arrow` makes columns of its own from these.
"""

from typing import NamedTuple

FACT, PARAM = "fact_", "param_"
"""Before the names of a game's own facts and parameters, where they are columns."""
MAX_COLUMNS = 500
"""Facts, and parameters, that become columns; the rarer ones stand in `other_…` as JSON."""


class Column(NamedTuple):
    """One column.

    `kind` is text, real (float64), whole (int64), flag, moment (microseconds, UTC), texts, reals or
    links. A `derived` one is for readers: `ingest` does not look at it.
    """

    name: str
    kind: str
    about: str
    unit: str = ""
    derived: bool = False


_SINCE = "s since 1970-01-01 UTC"

EPISODES: tuple[Column, ...] = (
    Column("id", "text", "of the episode"),
    Column("player_id", "text", "who played"),
    Column("companion_id", "text", "beside whom"),
    Column("category", "text", "combat, dialogue, exploration, puzzle, quest or social"),
    Column("start_time", "moment", "when it began", "UTC", derived=True),
    Column("end_time", "moment", "when it ended; null when it was cut off", "UTC", derived=True),
    Column("start_time_s", "real", "the same, exactly", _SINCE),
    Column("end_time_s", "real", "the same, exactly", _SINCE),
    Column("policy_version", "whole", "of the weights that played; 0 is the designer's"),
    Column("seed", "whole", "of the companion's choices"),
    Column("truncated", "flag", "it ended for a reason outside the play"),
    Column("tags", "texts", "of the game's own"),
    Column("observations", "whole", "how many rows of the other table are its", derived=True),
    Column("success_rating", "real", "null without an outcome", "0 to 1"),
    Column("player_satisfaction", "real", "how it was for the player", "0 to 1"),
    Column("companion_effectiveness", "real", "how well the companion did", "0 to 1"),
    Column("duration_ms", "whole", "of the play, without pauses", "ms"),
    Column("damage_dealt", "real", "by the player", "the game's"),
    Column("damage_taken", "real", "by the player", "the game's"),
    Column("resources_used", "real", "by the player", "the game's"),
    Column("failure_count", "whole", "decisions of the companion that failed"),
    Column("quality_signals", "reals", "of the game's own", "-0.15 to 0.15 each"),
    Column("complexity", "real", "of the task", "1 to 1.2"),
)
OUTCOME = tuple(column.name for column in EPISODES[13:])
"""Columns of an episode that are its outcome."""

OBSERVATIONS: tuple[Column, ...] = (
    Column("episode_id", "text", "whose it is; rows stand in the order of their episodes"),
    Column("observation", "whole", "number in the episode, from 0", derived=True),
    Column("player_id", "text", "as the episode says", derived=True),
    Column("companion_id", "text", "as the episode says", derived=True),
    Column("time", "moment", "when it was", "UTC", derived=True),
    Column("timestamp_ms", "whole", "since the episode began", "ms"),
    Column("player_action", "text", "null when the player did nothing"),
    Column("player_target", "text", "to whom or what"),
    Column("companion_action", "text", "null when no decision of the companion ended"),
    Column("companion_result", "text", "success, failure, interrupted or partial"),
    Column("companion_effectiveness", "real", "the game's own measure", "0 to 1"),
    Column("companion_tactic", "text", "the child that was chosen"),
    Column("companion_node", "text", "the WeightedFallback that chose"),
    Column("companion_propensity", "real", "the probability it was chosen with", "0 to 1"),
    Column("companion_available", "texts", "the children that could have been chosen"),
    Column("companion_duration_ms", "whole", "from the choice to its end", "ms"),
    Column("other_parameters", "text", "parameters that are no numbers, as a JSON object"),
    Column("other_facts", "text", "facts that are no numbers, as a JSON object"),
)

MEMORIES: tuple[Column, ...] = (
    Column("id", "text", "of the memory; an episode's own memory has its id"),
    Column("memory_type", "text", "episodic, semantic, procedural, emotional, social, …"),
    Column("text", "text", "what is remembered"),
    Column("created_at", "moment", "when", "UTC", derived=True),
    Column("created_at_s", "real", "the same, exactly", _SINCE),
    Column("player_id", "text", "about whom"),
    Column("companion_id", "text", "whose"),
    Column("importance", "real", "how much it matters", "0 to 1"),
    Column("confidence", "real", "how sure it is", "0 to 1"),
    Column("source", "text", "direct_experience, inference, shared or authored"),
    Column("access_count", "whole", "how often it was found"),
    Column("last_accessed_s", "real", "when it was found last", _SINCE),
    Column("primary_emotion", "text", "null without an emotion"),
    Column("emotion_intensity", "real", "how strong", "0 to 1"),
    Column("emotion_valence", "real", "how pleasant", "-1 to 1"),
    Column("emotion_arousal", "real", "how exciting", "0 to 1"),
    Column("location", "text", "where"),
    Column("time_period", "text", "when, in the game's words"),
    Column("duration_ms", "whole", "how long", "ms"),
    Column("participants", "texts", "who was there"),
    Column("related_events", "texts", "ids of the game's own"),
    Column("tags", "texts", "of the game's own"),
    Column("associations", "links", "other memories: memory_id, relation, strength"),
    Column("embedding", "reals", "null where none was given"),
    Column("data", "text", "anything else, as JSON; null without"),
)

TRAITS: tuple[Column, ...] = (
    Column("player_id", "text", "of whom"),
    Column("companion_id", "text", "by whom"),
    Column("group", "text", "trait, combat_style, action_kind, preferred_action or archetype"),
    Column("name", "text", "aggression, melee, …"),
    Column("value", "real", "mean of the posterior, probability or share", "0 to 1"),
    Column("low", "real", "lower bound of the central 90 %", "0 to 1"),
    Column("high", "real", "upper bound of the central 90 %", "0 to 1"),
    Column("confidence", "real", "posterior mass of the likeliest class", "0 to 1"),
    Column("opportunities", "real", "how often it could have shown, decayed"),
    Column("episodes", "whole", "that were learned from"),
    Column("updated_at_s", "real", "when it was learned", _SINCE),
)

TABLES = {
    "episodes": EPISODES,
    "observations": OBSERVATIONS,
    "memories": MEMORIES,
    "traits": TRAITS,
}
