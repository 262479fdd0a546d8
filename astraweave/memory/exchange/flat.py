"""Episodes and memories as flat rows, one value a column of `tables`, and back.

Numbers of facts and parameters get columns of their own; what is no number stands in a JSON object
beside them, so that nothing is lost. What comes back is plain data: whoever reads it checks it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from astraweave.memory.exchange.tables import (
    FACT,
    MAX_COLUMNS,
    OBSERVATIONS,
    OUTCOME,
    PARAM,
)
from astraweave.model.columns import EpisodeLog, is_number
from astraweave.model.episode import Episode, Observation
from astraweave.model.memory import Memory
from astraweave.model.profile import TraitRow

Row = dict[str, Any]
_encode = msgspec.json.Encoder(order="deterministic").encode
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode
_MICRO = 1e6


class Names(NamedTuple):
    """Facts and parameters that get columns, sorted."""

    facts: tuple[str, ...] = ()
    params: tuple[str, ...] = ()


def names_in(logs: Iterable[EpisodeLog]) -> Names:
    """The facts and parameters with a value in these episodes; of too many, the most frequent."""
    facts, params = Counter[str](), Counter[str]()
    for log in logs:
        rows = np.unique(log.observations["row"])
        sensed = ~np.isnan(log.facts[rows[rows >= 0]]).all(axis=0)
        facts.update(name for name, known in zip(log.fact_names, sensed, strict=True) if known)
        params.update({log.names[k] for k in log.param_names.tolist()})
    return Names(_most(facts), _most(params))


def _most(counts: Counter[str]) -> tuple[str, ...]:
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    return tuple(sorted(ranked[:MAX_COLUMNS]))


def episode_row(episode: Episode) -> Row:
    """An episode without its observations."""
    row: Row = {
        "id": episode.id,
        "player_id": episode.player_id,
        "companion_id": episode.companion_id,
        "category": episode.category.value,
        "start_time": _moment(episode.start_time),
        "end_time": None if episode.end_time is None else _moment(episode.end_time),
        "start_time_s": episode.start_time,
        "end_time_s": episode.end_time,
        "policy_version": episode.policy_version,
        "seed": episode.seed,
        "truncated": episode.truncated,
        "tags": episode.tags,
        "observations": len(episode.observations),
    }
    return row | {name: getattr(episode.outcome, name, None) for name in OUTCOME}


def observation_rows(episode: Episode, names: Names) -> Iterator[Row]:
    """Its observations, with columns for `names`."""
    facts = [(name, FACT + name) for name in names.facts]
    params = [(name, PARAM + name) for name in names.params]
    for number, seen in enumerate(episode.observations):
        row: Row = {
            "episode_id": episode.id,
            "observation": number,
            "player_id": episode.player_id,
            "companion_id": episode.companion_id,
            "time": _moment(episode.start_time + seen.timestamp_ms / 1e3),
            "timestamp_ms": seen.timestamp_ms,
            **_done(seen),
        }
        given = {} if seen.player_action is None else seen.player_action.parameters
        row["other_parameters"] = _spread(row, given, params)
        row["other_facts"] = _spread(row, seen.world_state, facts)
        yield row


_DONE = dict.fromkeys(column.name for column in OBSERVATIONS[6:16])


def _done(seen: Observation) -> Row:
    row, action, response = dict(_DONE), seen.player_action, seen.companion_response
    if action is not None:
        row |= {"player_action": action.action_type, "player_target": action.target}
    if response is not None:
        row |= {
            "companion_action": response.action_type,
            "companion_result": response.result.value,
            "companion_effectiveness": response.effectiveness,
            "companion_tactic": response.tactic,
            "companion_node": response.node,
            "companion_propensity": response.propensity,
            "companion_available": response.available,
            "companion_duration_ms": response.duration_ms,
        }
    return row


def _spread(row: Row, values: Mapping[str, Any], columns: Sequence[tuple[str, str]]) -> str | None:
    """Put numbers into their columns; what has none is returned as JSON."""
    left = len(values)
    for name, column in columns:
        value = values.get(name)
        if value is not None and is_number(value):
            row[column] = value
            left -= 1
        else:
            row[column] = None
    if not left:
        return None
    known = {name for name, column in columns if row[column] is not None}
    return _encode({name: value for name, value in values.items() if name not in known}).decode()


def memory_row(memory: Memory) -> Row:
    """A memory."""
    emotion, context = memory.emotion, memory.context
    return {
        "id": memory.id,
        "memory_type": memory.memory_type.value,
        "text": memory.text,
        "created_at": _moment(memory.created_at),
        "created_at_s": memory.created_at,
        "player_id": memory.player_id,
        "companion_id": memory.companion_id,
        "importance": memory.importance,
        "confidence": memory.confidence,
        "source": memory.source.value,
        "access_count": memory.access_count,
        "last_accessed_s": memory.last_accessed,
        "primary_emotion": None if emotion is None else emotion.primary_emotion,
        "emotion_intensity": None if emotion is None else emotion.intensity,
        "emotion_valence": None if emotion is None else emotion.valence,
        "emotion_arousal": None if emotion is None else emotion.arousal,
        "location": context.location,
        "time_period": context.time_period,
        "duration_ms": context.duration_ms,
        "participants": context.participants,
        "related_events": context.related_events,
        "tags": memory.tags,
        "associations": [msgspec.to_builtins(link) for link in memory.associations],
        "embedding": memory.embedding,
        "data": None if memory.data is None else _encode(memory.data).decode(),
    }


def trait_row(row: TraitRow) -> Row:
    """A trait."""
    return {name: getattr(row, name) for name in row.__struct_fields__}


def episode_from(row: Row, seen: Iterable[Row]) -> Row:
    """The JSON value of an `Episode`; rows without the derived columns.

    Raises:
        ValueError: a column of JSON holds no JSON object.
    """
    names = ("id", "player_id", "companion_id", "category")
    told = {name: row[name] for name in (*names, "policy_version", "seed", "truncated", "tags")}
    told |= {"start_time": row["start_time_s"], "end_time": row["end_time_s"]}
    outcome = {name: row[name] for name in OUTCOME if row[name] is not None}
    observations = [_observation(each) for each in seen]
    return _given(told) | {"observations": observations, "outcome": outcome or None}


def _observation(row: Row) -> Row:
    told: Row = {"timestamp_ms": row["timestamp_ms"]}
    if row["player_action"] is not None:
        told["player_action"] = {
            "action_type": row["player_action"],
            "target": row["player_target"],
            "parameters": _gathered(row, PARAM, "other_parameters"),
        }
    if row["companion_action"] is not None:
        response = {name.removeprefix("companion_"): row[name] for name in _DONE if name[0] == "c"}
        response["action_type"] = response.pop("action")
        told["companion_response"] = _given(response)
    told["world_state"] = _gathered(row, FACT, "other_facts")
    return told


def _gathered(row: Row, prefix: str, others: str) -> Row:
    numbers = {
        name.removeprefix(prefix): value
        for name, value in row.items()
        if value is not None and name.startswith(prefix)
    }
    return numbers if row[others] is None else numbers | _decode_object(row[others])


def memory_from(row: Row) -> Row:
    """The JSON value of a `Memory`; a row without the derived columns.

    Raises:
        ValueError: the column of JSON holds none.
    """
    emotion = {
        "primary_emotion": row["primary_emotion"],
        "intensity": row["emotion_intensity"],
        "valence": row["emotion_valence"],
        "arousal": row["emotion_arousal"],
    }
    context = ("location", "time_period", "duration_ms", "participants", "related_events")
    same = (
        *("id", "memory_type", "text", "player_id", "companion_id", "importance", "confidence"),
        *("source", "access_count", "tags", "associations", "embedding"),
    )
    told = {name: row[name] for name in same}
    told |= {"created_at": row["created_at_s"], "last_accessed": row["last_accessed_s"]}
    told["context"] = _given({name: row[name] for name in context})
    if any(value is not None for value in emotion.values()):
        told["emotion"] = emotion
    if row["data"] is not None:
        told["data"] = msgspec.json.decode(row["data"])
    return _given(told)


def _given(values: Row) -> Row:
    return {name: value for name, value in values.items() if value is not None}


def _moment(seconds: float) -> int:
    """Microseconds since 1970."""
    return round(seconds * _MICRO)
