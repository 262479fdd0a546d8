"""Whose play an episode is, and what that counts. Refuses sources that are not one of these.

An episode declares it with a tag: ``source:shared`` is another person's play that this save was
given, ``source:bot`` a program's in the player's place. Without one it is the person's own.
"""

from collections.abc import Iterable, Mapping

from astraweave.errors import UsageError
from astraweave.model.actions import nearest

OWN, SHARED, BOT = "own", "shared", "bot"
TRUST: dict[str, float] = {OWN: 1.0, SHARED: 0.5, BOT: 0.25}
"""What an episode counts as evidence of the tactics' worth, where nothing else is said."""
TAG = "source:"


def source_of(tags: Iterable[str]) -> str:
    """What the tags declare; the person's own where they declare nothing."""
    return next((tag.removeprefix(TAG) for tag in tags if tag.startswith(TAG)), OWN)


def declares_source(tags: Iterable[str]) -> bool:
    """Whether the tags say whose play it is."""
    return any(tag.startswith(TAG) for tag in tags)


def trust_in(source: str, trust: Mapping[str, float]) -> float:
    """What an episode of this source counts, in [0, 1]; an unknown one as the least of all."""
    return trust.get(source, min(trust.values(), default=0.0))


def source_tags(source: str) -> tuple[str, ...]:
    """The tags that declare it.

    Raises:
        UsageError: there is no such source.
    """
    if source not in TRUST:
        raise UsageError(what=f"unknown source {source!r}", fix=nearest(source, tuple(TRUST)))
    return () if source == OWN else (f"{TAG}{source}",)


def checked_trust(given: Mapping[str, float], where: str) -> dict[str, float]:
    """What each source counts: what is given, the defaults for the others.

    Raises:
        UsageError: a source that there is not, or a number outside [0, 1].
    """
    for name, weight in given.items():
        source_tags(name)
        if not 0.0 <= weight <= 1.0:
            raise UsageError(what=f"trust in {name} must be in [0, 1]", got=weight, where=where)
    return TRUST | {name: float(weight) for name, weight in given.items()}
