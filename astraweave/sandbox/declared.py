"""What an environment says of itself, before it is played.

Refuses declarations that nothing could be played by: a verdict over them would end in the middle.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from astraweave.errors import EnvironmentFailure
from astraweave.model.actions import ActionVocabulary
from astraweave.model.facts import FactSheet
from astraweave.model.scenario import Scenario

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
    time = isinstance(step_s, (int, float)) and math.isfinite(step_s) and step_s > 0.0
    yield "step_seconds must be a number above 0", time, step_s, _NEEDED
    scenarios = getattr(environment, "scenarios", ())
    loaded = isinstance(scenarios, Iterable) and all(isinstance(s, Scenario) for s in scenarios)
    fix = "build them, or read them with sandbox.load_scenarios"
    yield "scenarios must be a tuple of Scenario", loaded, scenarios, fix
    words = getattr(environment, "vocabulary", None)
    known = words is None or isinstance(words, ActionVocabulary)
    yield "vocabulary must be an ActionVocabulary", known, words, "build one, or leave it out"


def _names(given: Any) -> bool:
    """Whether these are different names."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        return False
    names = tuple(given)
    return all(isinstance(one, str) and one for one in names) and len(set(names)) == len(names)
