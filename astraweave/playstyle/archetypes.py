"""Archetypes: kinds of player, as data. Shares of action kinds, from TOML.

Refuses a file over 64 KiB, unknown keys and kinds, shares that are negative or all 0, and two
archetypes that cannot be told apart.
"""

import functools
import math
import tomllib
from collections import Counter
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from astraweave.errors import InputError
from astraweave.model.actions import KIND_CODE, KINDS, ActionVocabulary, nearest
from astraweave.model.arguments import public
from astraweave.model.episode import Name, NonNegative
from astraweave.model.reading import read_file

MAX_BYTES = 64 * 1024
MOST = 64
UNKNOWN = "unknown"
"""What a player is called whom no archetype fits; no archetype may have this name."""
KAPPA = 30.0
ALIKE = 1e-3

Floats = npt.NDArray[np.float64]


class Archetype(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of player. `kinds`: action kind → relative share; what is not named is 0."""

    kinds: dict[str, NonNegative]
    description: str = ""


class Library(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Archetypes by name, in the file's order.

    kappa: how closely an episode keeps to its player's shares: the sum of the Dirichlet that
    each episode's shares are drawn from. The more, the more alike a player's episodes.
    lapse: kind → relative share of it where somebody does anything at all; a kind that is not
    named cannot be done. Empty: each kind alike, or as the game's vocabulary asks (`played_in`).
    """

    archetypes: dict[Name, Archetype]
    kappa: Annotated[float, Meta(gt=0.0, le=1e6)] = KAPPA
    lapse: dict[str, NonNegative] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The archetypes, then `UNKNOWN`."""
        return (*self.archetypes, UNKNOWN)

    def shares(self) -> Floats:
        """float64[archetypes, kinds], each row summing to 1, in the order of `KINDS`."""
        rows = np.zeros((len(self.archetypes), len(KINDS)))
        for row, each in zip(rows, self.archetypes.values(), strict=True):
            for kind, share in each.kinds.items():
                row[KIND_CODE[kind]] = share
        return np.asarray(rows / rows.sum(axis=1, keepdims=True))

    def anything(self) -> Floats:
        """float64[kinds], summing to 1: how doing anything at all divides; 0: cannot be done."""
        if not self.lapse:
            return np.full(len(KINDS), 1.0 / len(KINDS))
        row = np.zeros(len(KINDS))
        for kind, share in self.lapse.items():
            row[KIND_CODE[kind]] = share
        return np.asarray(row / row.sum())


def played_in(library: Library, vocabulary: ActionVocabulary) -> Library:
    """The library where these are the actions; one that says itself what a lapse is stays.

    Whoever does anything at all may pick among the actions, or first among the kinds: a lapse is
    taken for halfway between. Archetypes of which less than half can be played here are left out,
    unless that is all of them. Of a single kind there is nothing to compare: nothing changes.
    """
    many = Counter(kind.kind for kind in vocabulary.values())
    if library.lapse or len(many) == 1:
        return library
    lapse = {k: 0.5 * n / len(vocabulary) + 0.5 / len(many) for k, n in many.items()}
    kept = {
        name: each
        for name, each in library.archetypes.items()
        if sum(each.kinds.get(k, 0.0) for k in many) >= 0.5 * sum(each.kinds.values())
    }
    return msgspec.structs.replace(library, archetypes=kept, lapse=lapse) if kept else library


def likeness(name: str) -> str:
    """How somebody is said to play who was confirmed as this archetype, or as `UNKNOWN`."""
    return f"like no archetype known ({name})" if name == UNKNOWN else f"like the archetype {name}"


@public
def load_archetypes(path: str | Path | None = None) -> Library:
    """Read a library of archetypes; the shipped one without a path.

    Raises:
        InputError: naming the file and the key.
    """
    if path is None:
        return _shipped()
    file = Path(path)
    where = str(file)
    try:
        data = read_file(file, MAX_BYTES)
        text = data.decode("utf-8")
    except OSError as error:
        got, fix = error.strerror or str(error), "name a TOML file of archetypes"
        raise InputError(
            what="cannot read the archetypes", got=got, where=where, fix=fix
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(what="is not TOML", got=str(error), where=where) from error
    if len(data) > MAX_BYTES:
        what = f"a file of archetypes is at most {MAX_BYTES // 1024} KiB"
        raise InputError(what=what, got="more", where=where, fix="is it one?")
    return _library(text, where)


@functools.cache
def _shipped() -> Library:
    file = resources.files("astraweave.playstyle") / "archetypes.toml"
    return _library(file.read_text("utf-8"), "archetypes.toml")


def _library(text: str, where: str) -> Library:
    try:
        found = msgspec.convert(tomllib.loads(text), Library)
    # RecursionError: tomllib has no limit of its own on nested brackets.
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(
            what="is not TOML", got=str(error), where=where, fix="correct it"
        ) from error
    except msgspec.ValidationError as error:
        what, fix = "a key is unknown, missing or wrong", "correct that key"
        raise InputError(what=what, got=str(error), where=where, fix=fix) from error
    check_library(found, where)
    return found


def check_library(library: Library, where: str = "Library") -> None:
    """Refuse what cannot be played against, from a file or built in code.

    Raises:
        InputError: naming the archetype.
    """
    if not 0 < len(library.archetypes) <= MOST:
        what = f"a library holds 1 to {MOST} archetypes"
        raise InputError(
            what=what, got=len(library.archetypes), where=where, fix="add or drop some"
        )
    for name, each in library.archetypes.items():
        at = f"{where}: archetypes.{name}"
        if name == UNKNOWN:
            fix = "choose another name"
            raise InputError(what=f"{UNKNOWN!r} is who fits none", where=at, fix=fix)
        _check_shares(each.kinds, at)
    if library.lapse:
        _check_lapse(library, where)
    _check_apart(library, where)


def _check_lapse(library: Library, where: str) -> None:
    _check_shares(library.lapse, f"{where}: lapse")
    can = {kind for kind, share in library.lapse.items() if share > 0.0}
    for name, each in library.archetypes.items():
        if not any(share > 0.0 for kind, share in each.kinds.items() if kind in can):
            what, fix = "cannot be played where [lapse] has none of its kinds", "add one of them"
            at = f"{where}: archetypes.{name}"
            raise InputError(what=what, got=sorted(can), where=at, fix=fix)


def _check_shares(kinds: Mapping[str, float], where: str) -> None:
    for kind in kinds:
        if kind not in KIND_CODE:
            fix = nearest(kind, tuple(KIND_CODE))
            raise InputError(what=f"unknown kind {kind!r}", where=where, fix=fix)
    total = sum(kinds.values())
    if not (math.isfinite(total) and total > 0.0):
        fix = "give at least one kind a share above 0"
        raise InputError(what="shares must be finite, one above 0", got=total, where=where, fix=fix)


def _check_apart(library: Library, where: str) -> None:
    shares, names = library.shares(), library.names
    for i in range(len(shares)):
        for j in range(i):
            if float(np.abs(shares[i] - shares[j]).sum()) < ALIKE:
                what = f"archetypes {names[j]!r} and {names[i]!r} are the same player"
                raise InputError(what=what, where=where, fix="drop one of them")
