"""What a player or companion can do: declared kinds, never guessed from a name.

Refuses a file over 1 MiB, unknown keys and unknown kinds.
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

from astraweave.errors import VocabularyError
from astraweave.model.arguments import public, publish
from astraweave.model.episode import EpisodeCategory
from astraweave.model.reading import read_file


class ActionKind(StrEnum):
    """What an action is; its place in this list is its code in the kernels."""

    MELEE = "melee"
    RANGED = "ranged"
    MAGIC = "magic"
    DEFENSIVE = "defensive"
    SUPPORT = "support"
    MOVEMENT = "movement"
    UTILITY = "utility"


KINDS: tuple[ActionKind, ...] = tuple(ActionKind)
MOST_HINTS, LONGEST_HINT = 40, 60
MAX_BYTES = 1 << 20
MANNERS: dict[str, EpisodeCategory] = {
    "talkative": EpisodeCategory.DIALOGUE,
    "explorative": EpisodeCategory.EXPLORATION,
    "analytical": EpisodeCategory.PUZZLE,
    "efficient": EpisodeCategory.QUEST,
    "social": EpisodeCategory.SOCIAL,
}
"""Traits outside of combat, each with the category of episodes in which it can be shown."""
KIND_CODE: dict[str, int] = {kind.value: code for code, kind in enumerate(KINDS)}


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Kind of one action. ``aggressive``: it presses the fight (opens, closes in or hurts).

    ``shows``: the manners (`MANNERS`) that somebody shows who does this rather than something else.
    """

    kind: str
    aggressive: bool = False
    shows: tuple[str, ...] = ()


@publish
class ActionVocabulary(Mapping[str, Kind]):
    """The declared actions of a game, in the order given: name → `Kind`.

    ``ActionVocabulary(strike=Kind("melee", aggressive=True), dodge=Kind("movement"))``

    Raises:
        VocabularyError: an unknown kind or manner, or no action at all.
    """

    __slots__ = ("_kinds", "where")

    def __init__(self, kinds: Mapping[str, Kind] | None = None, /, **named: Kind) -> None:
        """Take kinds by keyword, or as one mapping when names are not identifiers."""
        self.where = "ActionVocabulary"
        self._kinds: dict[str, Kind] = {**(kinds or {}), **named}
        if not self._kinds:
            raise VocabularyError(
                what="declares no action", where=self.where, fix="declare at least one"
            )
        for name, kind in self._kinds.items():
            said = getattr(kind, "kind", kind)
            if said not in KIND_CODE:
                raise VocabularyError(
                    what=f"action {name!r} must be Kind(one of {', '.join(KIND_CODE)})",
                    got=said,
                    where=self.where,
                    fix="correct the kind",
                )
            for manner in kind.shows:
                if manner not in MANNERS:
                    raise VocabularyError(
                        what=f"action {name!r} shows an unknown manner",
                        got=manner,
                        where=self.where,
                        fix=nearest(manner, MANNERS),
                    )

    def __getitem__(self, name: str) -> Kind:
        """Kind of `name`; KeyError when undeclared."""
        return self._kinds[name]

    def __iter__(self) -> Iterator[str]:
        """Names in the order they were declared."""
        return iter(self._kinds)

    def __len__(self) -> int:
        """How many actions are declared."""
        return len(self._kinds)

    def nearest(self, name: str) -> str:
        """A hint for an undeclared name: the nearest declared one, else all of them."""
        return nearest(name, self._kinds)


def nearest(name: str, known: Mapping[str, object] | tuple[str, ...] | list[str]) -> str:
    """``did you mean 'x'?`` for a typo, else the list of what is known, cut where it gets long."""
    close = difflib.get_close_matches(name[:LONGEST_HINT], list(known), n=1)
    if close:
        return f"did you mean {close[0][:LONGEST_HINT]!r}?"
    listed = [one[:LONGEST_HINT] for one in sorted(known)[:MOST_HINTS]]
    more = f", and {len(known) - MOST_HINTS} more" if len(known) > MOST_HINTS else ""
    return f"known: {', '.join(listed) or 'none'}{more}"


class _ActionFile(msgspec.Struct, forbid_unknown_fields=True):
    actions: dict[str, Kind]
    facts: dict[str, dict[str, object]] = {}


@public
def load_actions(path: str | Path) -> ActionVocabulary:
    """Read ``[actions.NAME] kind = "melee"  aggressive = true`` from a TOML file.

    A ``[facts.NAME]`` table in the same file is read by `model.facts.load_facts`.

    Raises:
        VocabularyError: the file is missing, is not TOML, or declares something unknown.
    """
    declared = read_action_file(path).actions
    try:
        vocabulary = ActionVocabulary(declared)
    except VocabularyError as error:
        raise in_file(error, path) from None
    vocabulary.where = str(path)
    return vocabulary


def in_file(error: VocabularyError, path: str | Path) -> VocabularyError:
    """The same error, about declarations that a file made."""
    return VocabularyError(what=error.what, got=error.got, where=str(path), fix=error.fix)


def read_action_file(path: str | Path) -> _ActionFile:
    """Decode an action file as data; the kinds are checked by `ActionVocabulary`."""
    where, fix = str(path), 'write [actions.NAME] with kind = "melee" and so on'
    try:
        data = read_file(path, MAX_BYTES)
        if len(data) > MAX_BYTES:
            raise VocabularyError(what="more than 1 MiB of actions", where=where, fix=fix)
        return msgspec.convert(tomllib.loads(data.decode("utf-8")), _ActionFile)
    # RecursionError: tomllib has no limit of its own on nested brackets.
    except (OSError, ValueError, RecursionError, msgspec.ValidationError) as error:
        what = "cannot read the action vocabulary"
        got = error.strerror if isinstance(error, OSError) else str(error)
        raise VocabularyError(what=what, got=got, where=where, fix=fix) from error
