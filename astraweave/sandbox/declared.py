"""What an environment says of itself, before it is played.

Refuses declarations that nothing could be played by: a verdict over them would end in the middle.
"""

import math
from collections.abc import Iterable
from typing import Any, NoReturn

from astraweave.errors import EnvironmentFailure
from astraweave.model.facts import FactSheet

_NEEDED = "facts, actions, events, ranges and step_seconds, reset, step and outcome"


def check_declared(environment: Any) -> None:
    """Check the declarations of an `Environment` or a `BatchEnvironment`.

    Raises:
        EnvironmentFailure: the first one that is wrong.
    """
    if not isinstance(environment.facts, FactSheet):
        what, fix = "facts must be a FactSheet", "write astraweave.FactSheet([Fact(…), …])"
        _refuse(environment, what, type(environment.facts).__name__, fix)
    for name in ("actions", "events", "ranges"):
        given = getattr(environment, name)
        if not _names(given):
            _refuse(environment, f"{name} must be a tuple of different names", given)
    if not environment.facts.names or not tuple(environment.actions):
        _refuse(environment, "needs at least one fact and one action", "none")
    step_s = environment.step_seconds
    if not isinstance(step_s, (int, float)) or not (math.isfinite(step_s) and step_s > 0.0):
        _refuse(environment, "step_seconds must be a number above 0", step_s)


def _names(given: Any) -> bool:
    """Whether these are different names."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        return False
    names = tuple(given)
    return all(isinstance(one, str) and one for one in names) and len(set(names)) == len(names)


def _refuse(environment: Any, what: str, got: object, fix: str | None = None) -> NoReturn:
    raise EnvironmentFailure(
        what=what,
        got=got if isinstance(got, str) else repr(got),
        where=f"environment {type(environment).__name__}",
        fix=fix or f"an environment declares {_NEEDED}",
    )
