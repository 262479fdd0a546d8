"""Numeric rules from TOML, one table each.

    [rules.badly_hurt]
    kind = "limit"              # or "forbid"
    severity = "major"          # minor, major or critical: for the reader
    unit = "fights"             # what is counted
    doc = "The player takes more than they can bear."
    outcome = "damage_taken"    # or event = "…", or fact = "…"
    above = 80                  # or below, or both; an event alone: above = 0

Refuses a file over 64 KiB, more than 64 rules, unknown keys, kinds, severities and outcomes, limits
that are not finite, and rules about nothing or about two things. Events and facts are a game's to
know: `check_rules`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from astraweave.errors import RuleError
from astraweave.model.actions import nearest
from astraweave.model.arguments import public
from astraweave.model.episode import Name
from astraweave.model.ports import OUTCOMES
from astraweave.sandbox.reading import read_toml
from astraweave.sandbox.rules import FORBID, LIMIT, SEVERITIES, Rule
from astraweave.sandbox.thresholds import EVENT, OVER, Threshold

MAX_RULES = 64
TABLE = "rules"
_LISTED = ", ".join(OVER[:-1]) + f" or {OVER[-1]}"
MOST = 1e15
_NAME = re.compile(r"\w[\w .-]{0,63}")
_CHOICES = {"kind": (FORBID, LIMIT), "severity": SEVERITIES, "outcome": OUTCOMES}
_LIMITS = ("above", "below")
_Text = Annotated[str, Meta(min_length=1, max_length=500)]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule as it is written. `doc` says in a sentence what a break is."""

    kind: str
    severity: str
    unit: Name
    doc: _Text
    event: Name | None = None
    outcome: Name | None = None
    fact: Name | None = None
    above: float | None = None
    below: float | None = None


_STAND_IN = {"kind": LIMIT, "severity": SEVERITIES[0], "unit": "?", "doc": "?"}
"""The keys a table must have; these values stand for one that is absent or wrong."""


@public
def load_rules(path: str | Path) -> tuple[Rule, ...]:
    """Read a file of rules, in their order.

    Raises:
        RuleError: the first fault, naming file and key.
    """
    rules, faults = read_rules(path)
    if faults:
        raise faults[0]
    return rules


def read_rules(path: str | Path) -> tuple[tuple[Rule, ...], tuple[RuleError, ...]]:
    """The rules that are right, and every fault."""
    where = str(path)
    fix = f"name a TOML file of [{TABLE}.NAME] tables"
    try:
        tables = _tables(read_toml(Path(path), RuleError, "a file of rules", fix), where)
    except RuleError as error:
        return (), (error,)
    rules: list[Rule] = []
    faults: list[RuleError] = []
    for name, table in tables.items():
        own = [*_name_faults(name, where), *_faults(name, table, where)]
        faults += own
        if not own:
            rules.append(_rule(name, msgspec.convert(table, _Table)))
    return tuple(rules), tuple(faults)


def _tables(raw: dict[str, Any], where: str) -> dict[str, Any]:
    for key in raw:
        if key != TABLE:
            raise RuleError(what=f"unknown key `$.{key}`", where=where, fix=nearest(key, (TABLE,)))
    tables = raw.get(TABLE)
    if not isinstance(tables, dict) or not 0 < len(tables) <= MAX_RULES:
        raise RuleError(
            what=f"must hold 1 to {MAX_RULES} rules",
            got=len(tables) if isinstance(tables, (dict, list)) else "none",
            where=where,
            fix=f"write a table [{TABLE}.NAME] for each",
        )
    return tables


def _name_faults(name: str, where: str) -> Iterator[RuleError]:
    if not _NAME.fullmatch(name):
        fix = "give 1 to 64 letters, digits, `_`, `-`, dots and spaces"
        yield RuleError(what="no name of a rule", got=repr(name), where=where, fix=fix)


def _faults(name: str, table: object, where: str) -> Iterator[RuleError]:
    """Everything that is wrong with one table."""
    at = f"$.{TABLE}.{name}"
    if not isinstance(table, dict):
        got = type(table).__name__
        yield RuleError(what=f"`{at}` must be a table", got=got, where=where, fix=f"[{at[2:]}]")
        return
    wrong = set()
    for key, value in table.items():
        fault = _wrong(key, value)
        if fault is not None:
            wrong.add(key)
            what, odd, fix = fault
            yield RuleError(what=f"{what} `{at}.{key}`", got=odd, where=where, fix=fix)
    try:
        told = msgspec.convert(_STAND_IN | _without(table, wrong), _Table)
        absent = [key for key in _STAND_IN if key not in table]
    except msgspec.ValidationError as error:
        got = str(error).replace("`$", f"`{at}")
        yield RuleError(what="a key is wrong", got=got, where=where, fix="correct that key")
        return
    if absent:
        what = f"`{at}` lacks {', '.join(absent)}"
        yield RuleError(what=what, where=where, fix="write one line for each")
    if not wrong:
        for what, fix in _odd(told):
            yield RuleError(what=f"`{at}` {what}", where=where, fix=fix)


def _without(table: dict[str, Any], wrong: set[str]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in wrong}


def _wrong(key: str, value: object) -> tuple[str, object, str] | None:
    """What is wrong with one key by itself, what was got, and the next step."""
    if key not in _Table.__struct_fields__:
        return "unknown key", None, nearest(key, _Table.__struct_fields__)
    known = _CHOICES.get(key)
    if known is not None and value not in known:
        fix = nearest(value, known) if isinstance(value, str) else f"known: {', '.join(known)}"
        return f"no such {key} at", value, fix
    if key in _LIMITS and not (
        isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= MOST
    ):
        return f"need a number in ±{MOST:g} at", value, "give a finite number"
    return None


def _odd(told: _Table) -> Iterator[tuple[str, str]]:
    """What does not fit together, and the next step."""
    about = [over for over in OVER if getattr(told, over) is not None]
    if len(about) != 1:
        got = " and ".join(about) or "nothing"
        yield f"must be about one thing, got {got}", f"give one of {_LISTED}"
    if told.above is None and told.below is None and about != [EVENT]:
        yield "has no limit", "give above, below, or both"
    if told.above is not None and told.below is not None and told.below > told.above:
        yield "is broken by every number", "above must not be less than below"


def _rule(name: str, told: _Table) -> Rule:
    over = next(over for over in OVER if getattr(told, over) is not None)
    above = told.above
    if over == EVENT and above is None and told.below is None:
        above = 0.0
    limit = Threshold(over, getattr(told, over), told.below, above)
    return Rule(name, told.kind, told.severity, told.unit, told.doc, limit, limit.event)
