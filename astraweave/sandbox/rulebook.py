"""Which rules a game is held to: those asked for, and those that it brings along.

Refuses rules that no play of this game could break: about an event or a fact that it does not
declare, or beyond the range of the fact; and those that every play breaks. Such a rule would prove
nothing, and look as if it did.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Protocol, runtime_checkable

from astraweave.errors import RuleError
from astraweave.model.actions import nearest
from astraweave.model.arguments import public
from astraweave.model.facts import FactSheet
from astraweave.sandbox.played import OWN_EVENTS
from astraweave.sandbox.rules import RULES, Rule
from astraweave.sandbox.thresholds import EVENT, FACT, OUTCOME, Threshold


@runtime_checkable
class Plays(Protocol):
    """Whatever declares facts and events."""

    @property
    def facts(self) -> FactSheet:
        """What is sensed."""
        ...

    @property
    def events(self) -> tuple[str, ...]:
        """What a rule may look at."""
        ...


@public
def rules_for(environment: Plays, asked: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules asked for, then the game's own (its attribute `rules`, if it has one).

    Raises:
        RuleError: what `check_rules` refuses, or a game's `rules` are none.
    """
    asked = tuple(asked)
    own = _own(environment)
    both = (*asked, *(rule for rule in own if rule not in asked))
    check_rules(both, environment)
    return both


@public
def check_rules(rules: Iterable[Rule], environment: Plays) -> None:
    """Check that play of this game could break each of them; a shipped one need not apply.

    Raises:
        RuleError: the first one that could not, or a name that two of them share.
    """
    fault = next(rule_faults(rules, environment), None)
    if fault is not None:
        raise fault


def rule_faults(
    rules: Iterable[Rule], environment: Plays, where: str | None = None
) -> Iterator[RuleError]:
    """Every fault of rules in this game.

    Args:
        rules: to be held to.
        environment: what it declares.
        where: their file, for errors; by default a rule's name stands for it.
    """
    names: set[str] = set()
    for rule in rules:
        place = f"rule {rule.name}" if where is None else f"{where}: rule {rule.name}"
        if rule.name in names:
            yield RuleError(what="two rules share a name", where=place, fix="rename one of them")
        names.add(rule.name)
        fault = _fault(rule, environment)
        if fault is not None:
            what, fix = fault
            yield RuleError(what=what, where=place, fix=fix)


def _own(environment: Plays) -> tuple[Rule, ...]:
    given = getattr(environment, "rules", ())
    own = tuple(given) if isinstance(given, Iterable) else (given,)
    for rule in own:
        if not isinstance(rule, Rule):
            raise RuleError(
                what="the game's `rules` must be rules",
                got=rule,
                where="environment",
                fix="make them with sandbox.rule or sandbox.load_rules",
            )
    return own


def _fault(rule: Rule, environment: Plays) -> tuple[str, str] | None:
    """Why it could not be broken, and the next step."""
    limit = rule.broken if isinstance(rule.broken, Threshold) else None
    if limit is not None and limit.over == FACT:
        noun, name, known = FACT, limit.name, environment.facts.names
    elif rule.event is None or rule in RULES:
        noun, name, known = EVENT, "", ("",)
    else:
        noun, name, known = (
            EVENT,
            rule.event,
            tuple(dict.fromkeys((*environment.events, *OWN_EVENTS))),
        )
    if name not in known:
        return f"is about the {noun} {name!r}, which the game does not declare", nearest(
            name, known
        )
    return None if limit is None else _beyond(limit, *_range(limit, environment))


def _range(limit: Threshold, environment: Plays) -> tuple[float, float]:
    """What the number may be at all."""
    if limit.over == FACT:
        fact = environment.facts.facts[environment.facts.index[limit.name]]
        return fact.low, fact.high
    if limit.over == OUTCOME and limit.name != "success":
        return -math.inf, math.inf
    return 0.0, 1.0 if limit.over == OUTCOME else math.inf


def _beyond(limit: Threshold, low: float, high: float) -> tuple[str, str] | None:
    """Whether nothing in the range is outside of the limit, or all of it."""
    under = limit.below is not None and limit.below > low
    over = limit.above is not None and limit.above < high
    if not (under or over):
        what = f"can never be broken: {limit.over} {limit.name} is in [{low:g}, {high:g}]"
        return what, "correct its limit"
    below_all = limit.below is not None and limit.below > high
    above_all = limit.above is not None and limit.above < low
    if below_all or above_all:
        what = f"is broken by every play: {limit.over} {limit.name} is in [{low:g}, {high:g}]"
        return what, "correct its limit"
    return None
