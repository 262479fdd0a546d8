"""What an environment says of itself, before it is played.

Refuses declarations that nothing could be played by: a verdict over them would end in the middle.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
import numpy as np

from astraweave.errors import EnvironmentFailure
from astraweave.model.actions import ActionVocabulary
from astraweave.model.facts import FactSheet
from astraweave.model.scenario import Range, Scenario

MOST = 10_000_000
_NEEDED = "it declares facts, actions, events, ranges and step_seconds, reset, step and outcome"


def check_declared(environment: Any) -> None:
    """Check the declarations of an `Environment` or a `BatchEnvironment`.

    Raises:
        EnvironmentFailure: the first one that is wrong.
    """
    if isinstance(environment, type):
        raise EnvironmentFailure(
            what="is a class, not an object of it",
            where=f"environment {environment.__name__}",
            fix=f"make one: {environment.__name__}()",
        )
    for what, right, got, fix in _asked(environment):
        if not right:
            raise EnvironmentFailure(
                what=what,
                got=got if isinstance(got, str) else repr(got),
                where=f"environment {type(environment).__name__}",
                fix=fix,
            )


def _asked(environment: Any) -> Iterator[tuple[str, bool, object, str]]:
    """What is asked of it, whether it is so, what it says, and the next step."""
    facts, step_s = environment.facts, environment.step_seconds
    sheet = isinstance(facts, FactSheet)
    yield "facts must be a FactSheet", sheet, facts, "write astraweave.FactSheet([Fact(…), …])"
    for name in ("actions", "events", "ranges"):
        given = getattr(environment, name)
        yield f"{name} must be a tuple of different names", _names(given), given, _NEEDED
    some = bool(facts.names) and bool(tuple(environment.actions))
    yield "needs at least one fact and one action", some, "none", _NEEDED
    time = isinstance(step_s, (int, float)) and not isinstance(step_s, bool)
    time = time and math.isfinite(step_s) and step_s > 0.0
    yield "step_seconds must be a number above 0", time, step_s, _NEEDED
    for name in ("largest_batch", "step_ticks"):
        count = getattr(environment, name, 1)
        whole = isinstance(count, (int, np.integer)) and bool(1 <= count <= MOST)
        yield f"{name} must be a whole number in [1, {MOST:,}]", whole, count, "or leave it out"
    limits = getattr(environment, "bounds", {})
    fix = 'write {"range": (least, most), …}'
    yield "bounds must be pairs of finite numbers by range", _bounds(limits), limits, fix
    for name in ("player_names", "counted_ranges"):
        given, fix = getattr(environment, name, ()), "give them, or leave it out"
        yield f"{name} must be a tuple of different names", _names(given), given, fix
    check = getattr(environment, "check_scenario", None)
    asks = check is None or callable(check)
    yield "check_scenario must be a method", asks, check, "write one, or leave it out"
    scenarios = getattr(environment, "scenarios", ())
    loaded = isinstance(scenarios, Iterable) and all(isinstance(s, Scenario) for s in scenarios)
    fix = "build them, or read them with sandbox.load_scenarios"
    yield "scenarios must be a tuple of Scenario", loaded, scenarios, fix
    words = getattr(environment, "vocabulary", None)
    known = words is None or isinstance(words, ActionVocabulary)
    yield "vocabulary must be an ActionVocabulary", known, words, "build one, or leave it out"


def _bounds(given: Any) -> bool:
    """Whether these are name → (least, most)."""
    if not isinstance(given, Mapping):
        return False
    try:
        pairs = msgspec.convert(dict(given), dict[str, Range])
    except msgspec.ValidationError:
        return False
    return all(-math.inf < low <= high < math.inf for low, high in pairs.values())


def _names(given: Any) -> bool:
    """Whether these are different names."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        return False
    names = tuple(given)
    return all(isinstance(one, str) and one for one in names) and len(set(names)) == len(names)
