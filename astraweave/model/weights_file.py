"""Weights that a person or a program wrote down, as JSON.

Refuses more than 1 MiB, anything but tactics with finite numbers, and keys that mean nothing or
stand there twice. Which tactics there are, and how far a weight may go, is for whoever knows the
tree.
"""

import json
import re
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from astraweave.errors import WeightsError
from astraweave.model.actions import nearest
from astraweave.model.reading import read_file
from astraweave.model.weights import WeightSet

MAX_BYTES = 1 << 20
_NO_NUMBER = re.compile(rb":\s*(-?(?:NaN|Infinity|nan|inf))\b")
"""What some programs write in the place of a number; JSON has none of them."""
_FIX = 'write {"weights": {"tactic": factor, …}}'


def load_weights(path: str | Path) -> dict[str, float]:
    """Tactic → learned factor, from ``{"weights": {…}}``, a `WeightSet`, or the mapping alone.

    Raises:
        WeightsError: the file cannot be read, or is none of these.
    """
    where = str(path)
    try:
        data = read_file(path, MAX_BYTES)
        if len(data) > MAX_BYTES:
            raise WeightsError(what="more than 1 MiB of weights", where=where, fix=_FIX)
        found = msgspec.json.decode(data, type=dict[str, object])
        # Again, since msgspec takes the last of two and says nothing.
        json.loads(data, object_pairs_hook=partial(_once, where), parse_int=float)
        inner = found.get("weights")
        if isinstance(inner, dict):
            _check_keys(found, where)
            found = inner
        elif inner is not None and not isinstance(inner, (int, float)):
            what = "`$.weights` holds no tactics"
            raise WeightsError(what=what, got=repr(inner), where=where, fix=_FIX)
        return {name: _number(name, value, where) for name, value in found.items()}
    except OSError as error:
        got = error.strerror
        raise WeightsError(
            what="cannot read the weights", got=got, where=where, fix=_FIX
        ) from error
    # RecursionError: nested deeper than any weights are.
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        word = _NO_NUMBER.search(data)
        if word is not None:
            what, got = "a weight must be a finite number", word[1].decode()
            raise WeightsError(what=what, got=got, where=where, fix=_FIX) from error
        raise WeightsError(what="not weights", got=str(error), where=where, fix=_FIX) from error


def _once(where: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        name, count = Counter(key for key, _ in pairs).most_common(1)[0]
        what = f"{name!r} stands there {count} times"
        raise WeightsError(what=what, where=where, fix="keep one")
    return found


def _check_keys(found: dict[str, object], where: str) -> None:
    known = WeightSet.__struct_fields__
    for key in found:
        if key not in known:
            raise WeightsError(what=f"unknown key `$.{key}`", where=where, fix=nearest(key, known))


def _number(name: str, value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        what = f"the weight of {name!r} must be a number"
        raise WeightsError(what=what, got=repr(value), where=where, fix=_FIX)
    return float(value)
