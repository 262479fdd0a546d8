"""What the world says before a decision: declared names, units, ranges and roles."""

import math
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path

import msgspec
import numpy as np

from astraweave.errors import RecordError, VocabularyError
from astraweave.model.actions import in_file, nearest, read_action_file
from astraweave.model.arguments import publish


class FactRole(StrEnum):
    """What a fact means to the traits; a fact without a role is only seen by the tree."""

    PLAYER_HEALTH = "player_health"
    COMPANION_HEALTH = "companion_health"
    THREAT = "threat"
    CAN_ATTACK = "can_attack"
    PLAYER_POSITION = "player_position"
    PLAYER_X = "player_x"
    PLAYER_Y = "player_y"
    PLAYER_RESOURCE = "player_resource"


ROLES: frozenset[str] = frozenset(role.value for role in FactRole)


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One number the tree may read. Range is inclusive; `default` stands until first sensed."""

    name: str
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    role: str | None = None
    default: float | None = None


@publish
class FactSheet:
    """The declared facts of a game, in order; checks and packs what the game senses.

    Raises:
        VocabularyError: a name twice, an empty range, an unknown role or a bad default.
    """

    __slots__ = ("facts", "high", "index", "low", "names", "roles")

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        """Check the declarations once, so that sensing only compares numbers."""
        self.facts = tuple(facts)
        self.names = tuple(fact.name for fact in self.facts)
        self.index = {name: i for i, name in enumerate(self.names)}
        self.low = np.array([fact.low for fact in self.facts], dtype=np.float64)
        self.high = np.array([fact.high for fact in self.facts], dtype=np.float64)
        self.roles: dict[str, int] = {}
        if len(self.index) != len(self.facts):
            names = ", ".join(self.names)
            raise VocabularyError(what="a fact is declared twice", got=names, fix="rename one")
        for i, fact in enumerate(self.facts):
            _check_fact(fact)
            if fact.role is not None:
                self.roles.setdefault(fact.role, i)

    def __len__(self) -> int:
        """How many facts are declared."""
        return len(self.facts)

    def check(self, name: str, value: float) -> float:
        """Return `value` as float, or say which fact is undeclared or out of range.

        Raises:
            RecordError: undeclared name, not a number, NaN, infinite or outside [low, high].
        """
        i = self.index.get(name)
        if i is None:
            raise RecordError(
                what=f"fact {name!r} is not declared",
                where="sense",
                fix=nearest(name, self.names),
            )
        return check_number(f"fact {name!r}", value, self.facts[i].low, self.facts[i].high)

    def defaults(self) -> dict[str, float]:
        """Facts that have a value before anything was sensed."""
        return {fact.name: fact.default for fact in self.facts if fact.default is not None}

    def fraction(self, role: str) -> tuple[int, float, float] | None:
        """Column, offset and scale that map the fact of `role` to [0, 1]; None if undeclared."""
        i = self.roles.get(role)
        if i is None:
            return None
        low, high = self.facts[i].low, self.facts[i].high
        return (i, low, high - low) if math.isfinite(high - low) else (i, 0.0, 1.0)


def check_number(field: str, value: object, low: float, high: float) -> float:
    """`value` as float inside [low, high], or `RecordError` naming the field."""
    if not isinstance(value, (int, float)) or not low <= value <= high or not math.isfinite(value):
        raise RecordError(
            what=f"{field} must be a finite number in [{low:g}, {high:g}]",
            got=value if not isinstance(value, np.generic) else value.item(),
            fix="clamp it or correct the declaration",
        )
    return float(value)


def _check_fact(fact: Fact) -> None:
    bad = None
    if not fact.low < fact.high:
        bad = f"low must be below high, got [{fact.low:g}, {fact.high:g}]"
    elif fact.role is not None and fact.role not in ROLES:
        bad = f"role {fact.role!r} is unknown; {nearest(fact.role, sorted(ROLES))}"
    elif fact.default is not None and not fact.low <= fact.default <= fact.high:
        bad = f"default {fact.default:g} is outside [{fact.low:g}, {fact.high:g}]"
    if bad:
        raise VocabularyError(what=f"fact {fact.name!r}: {bad}", fix="correct the declaration")


def load_facts(path: str | Path) -> FactSheet:
    """Read ``[facts.NAME] unit = "hp"  low = 0  high = 100  role = "player_health"`` from TOML.

    Raises:
        VocabularyError: the file or a declaration is wrong.
    """
    declared: Mapping[str, dict[str, object]] = read_action_file(path).facts
    try:
        return FactSheet(msgspec.convert({"name": n, **f}, Fact) for n, f in declared.items())
    except VocabularyError as error:
        raise in_file(error, path) from None
    except msgspec.ValidationError as error:
        raise VocabularyError(
            what="a fact is wrong", got=str(error), where=str(path), fix="correct that key"
        ) from error
