"""Ids of memories that are worked out from others: whoever forgets those must find these.

Refuses nothing; every id is within the 200 characters of a key.
"""

from hashlib import sha256

from astraweave.model.learned import pair_key

LONGEST = 200


def reflection_id(episode: str) -> str:
    """Of what was thought about an episode."""
    plain = f"reflection:{episode}"
    return plain if len(plain) <= LONGEST else f"reflection::{_digest(episode)}"


def insight_id(player_id: str, companion_id: str, key: str) -> str:
    """Of what one companion has come to know with one player."""
    return f"{_prefix('insight', player_id, companion_id)}{_digest(key)}"


def moment_id(player_id: str, companion_id: str, number: int) -> str:
    """Of a change, in the order of time."""
    return f"{_prefix('timeline', player_id, companion_id)}{number:012d}"


def derived_ranges(player_id: str, companion_id: str) -> tuple[tuple[str, str], ...]:
    """(from, below) of the ids of all that is worked out from the episodes of a pair together."""
    prefixes = [_prefix(kind, player_id, companion_id) for kind in ("insight", "timeline")]
    # Hex digits and decimals follow, which "~" is above.
    return tuple((prefix, f"{prefix}~") for prefix in prefixes)


def _prefix(kind: str, player_id: str, companion_id: str) -> str:
    return f"{kind}:{_digest(pair_key(player_id, companion_id))}:"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:24]
