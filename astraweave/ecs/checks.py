"""What a game may hand the recorder; everything else is refused by its name, before it is kept."""

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

import msgspec
import numpy as np

from astraweave.errors import RecordError
from astraweave.model.episode import EpisodeOutcome
from astraweave.model.names import MAX_NAME, is_name

MAX_TEXT = 10_000
MAX_ID = 150
"""Shorter than other names: an episode's id is made of it."""
MAX_WHOLE = 2**53


def checked_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the parameters of an action, numbers of numpy as plain ones.

    Raises:
        RecordError: NaN, infinite, beyond ±2⁵³ for whole numbers, a long text, another type.
    """
    kept: dict[str, Any] = {}
    try:
        pairs = params.items()
    except AttributeError:
        raise RecordError(
            what="params must be a mapping", got=params, where="player_did", fix="pass a dict"
        ) from None
    for name, value in pairs:
        kind = value.__class__
        if kind is float:
            fine = value - value == 0.0
        elif kind is int:
            fine = -MAX_WHOLE <= value <= MAX_WHOLE
        elif kind is str:
            fine = len(value) <= MAX_TEXT and value.isprintable()
        elif isinstance(value, np.generic):
            kept |= checked_params({name: value.item()})
            continue
        else:
            fine = value is None or kind is bool
        # `is_name`, written out: a call would cost a tenth of all that is done here.
        named = name.__class__ is str and 0 < len(name) <= MAX_NAME
        if not (fine and named and name.isprintable() and not name.isspace()):
            raise RecordError(
                what=f"parameter {name!r} must be a finite number, a short text or a boolean",
                got=value,
                where="player_did",
                fix="clamp it or leave it out",
            )
        kept[name] = value
    return kept


def checked_name(what: str, name: object, where: str, limit: int = MAX_NAME) -> str:
    """A text that may be a name: see `is_name`.

    Raises:
        RecordError: it is not.
    """
    if isinstance(name, str) and is_name(name, limit):
        return str.__str__(name)
    raise RecordError(
        what=f"{what} must be a printable text of 1 to {limit} characters, not blank",
        got=name,
        where=where,
        fix="pass a name, e.g. 'wolf'",
    )


def checked_tags(tags: Iterable[str]) -> list[str]:
    """Tags without repetition.

    Raises:
        RecordError: one text instead of several, or one that is no name.
    """
    if isinstance(tags, str):
        raise RecordError(what="tags must be several", got=tags, where="begin", fix="pass (tag,)")
    return list(dict.fromkeys(checked_name("a tag", tag, "begin") for tag in tags))


def checked_number(name: str, value: object) -> float:
    """Any real number, numpy's too, as a float.

    Raises:
        RecordError: it is none, or too large for a float.
    """
    if isinstance(value, (Real, np.bool_)):
        try:
            return float(value)
        except OverflowError:
            pass  # an integer beyond all floats is refused like any other bad value
    raise RecordError(what=f"fact {name!r} must be a number", got=value, where="sense")


def checked_outcome(success: object, given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of an `EpisodeOutcome` as plain values, `success` among them.

    Raises:
        RecordError: a field that does not exist, or out of its range, by its name.
    """
    fields = {"success_rating": success, **given}
    for name, value in fields.items():
        fields[name] = value.item() if isinstance(value, np.generic) else value
    whole = fields["success_rating"]
    if isinstance(whole, int) and 0 <= whole <= 1:
        fields["success_rating"] = float(whole)
    unknown = fields.keys() - set(EpisodeOutcome.__struct_fields__)
    if unknown:
        known = ", ".join(EpisodeOutcome.__struct_fields__)
        raise RecordError(
            what=f"an outcome has no {min(unknown)!r}", where="end", fix=f"one of {known}"
        )
    try:
        msgspec.convert(fields, type=EpisodeOutcome, strict=True)
    except (msgspec.ValidationError, UnicodeEncodeError, RecursionError) as error:
        raise RecordError(
            what="the outcome of the episode is out of range", got=str(error), where="end"
        ) from error
    return fields
