"""Which key does what: read from TOML, checked before anything starts. Imports no pygame.

Refuses unknown actions, one key for two actions, an action without a key, and long files.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from astraweave import InputError, shipped
from astraweave.model.actions import nearest

Bound = TypeVar("Bound", str, int)
MAX_BYTES = 65_536
LABELS = {
    "move_up": "move up",
    "move_down": "move down",
    "move_left": "move left",
    "move_right": "move right",
    "strike": "strike",
    "shoot": "shoot",
    "cast": "cast a spell",
    "block": "block (hold)",
    "heal": "heal yourself",
    "panel": "panel: what Mira believes",
    "pause": "pause",
    "help": "this help",
    "freeze": "freeze or thaw what she learned",
    "reset": "reset it (press twice)",
    "undo": "undo the last change",
    "next": "next fight",
    "quit": "quit; what was played is kept",
}
FIGHTING = ("strike", "shoot", "cast", "block", "heal")
MOVES = {"move_up": (0, -1), "move_down": (0, 1), "move_left": (-1, 0), "move_right": (1, 0)}


class _KeyFile(msgspec.Struct, forbid_unknown_fields=True):
    keys: dict[str, tuple[str, ...]] = {}
    pad: dict[str, tuple[int, ...]] = {}


@dataclass(frozen=True, slots=True)
class Keymap:
    """Action → names of keys, and action → gamepad buttons; `where` names the file."""

    keys: dict[str, tuple[str, ...]]
    pad: dict[str, tuple[int, ...]]
    where: str

    def first(self, action: str) -> str:
        """The first key of an action, for small places: ``Space``."""
        return self.keys[action][0].title()

    def told(self, action: str) -> str:
        """The keys of an action, as a person reads them: ``W or Up``."""
        return " or ".join(name.title() for name in self.keys[action])


def load_keymap(path: str | Path | None = None) -> Keymap:
    """The shipped keymap, changed by what `path` says.

    Raises:
        InputError: the file cannot be read, names an unknown action, leaves one without a key
            or gives one key to two.
    """
    default = _read(shipped("assets", "keys.toml"))
    given = default if path is None else _read(Path(path))
    where = "keys.toml" if path is None else str(path)
    return Keymap(
        _merged(f"{where}: keys", default.keys, given.keys, must_bind=True),
        _merged(f"{where}: pad", default.pad, given.pad, must_bind=False),
        where,
    )


def _merged(
    where: str,
    default: dict[str, tuple[Bound, ...]],
    given: dict[str, tuple[Bound, ...]],
    *,
    must_bind: bool,
) -> dict[str, tuple[Bound, ...]]:
    """The defaults without the keys that `given` uses for something else, then `given`."""
    claimed = {key for bound in given.values() for key in bound}
    left = {
        action: tuple(key for key in bound if key not in claimed)
        for action, bound in default.items()
    }
    merged = {**left, **given}
    _check(where, merged, must_bind=must_bind)
    return merged


def _read(path: Path) -> _KeyFile:
    """The file as data; names of keys in lower case, as SDL compares them."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES)
        if len(data) == MAX_BYTES:
            raise InputError(
                what=f"a keymap must be below {MAX_BYTES} bytes", where=str(path), fix="shorten it"
            )
        found = msgspec.convert(tomllib.loads(data.decode("utf-8")), _KeyFile)
    # RecursionError: tomllib has no limit of its own on nested brackets.
    except (OSError, ValueError, RecursionError, msgspec.ValidationError) as error:
        raise InputError(
            what="cannot read the keymap",
            got=error.strerror if isinstance(error, OSError) else str(error),
            where=str(path),
            fix='write [keys] with lines like strike = ["j"]; assets/keys.toml is an example',
        ) from error
    found.keys = {name: tuple(k.lower() for k in bound) for name, bound in found.keys.items()}
    return found


def _check(where: str, entries: dict[str, tuple[Bound, ...]], *, must_bind: bool) -> None:
    taken: dict[Bound, str] = {}
    for action, bound in entries.items():
        if action not in LABELS:
            fix = nearest(action, LABELS)
            raise InputError(what="unknown action", got=action, where=where, fix=fix)
        if must_bind and not bound:
            raise InputError(
                what=f"{action!r} has no key", where=where, fix="give one, or leave the line out"
            )
        for key in bound:
            if key in taken:
                raise InputError(
                    what=f"{key!r} is given to {taken[key]!r} and {action!r}",
                    where=where,
                    fix="choose another for one of them",
                )
            taken[key] = action
