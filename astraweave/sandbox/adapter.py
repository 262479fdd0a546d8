"""Makes a `BatchEnvironment` of an `Environment` that plays one world at a time.

Refuses facts that are missing, undeclared or change. One world after the other, in this process:
a game whose world is global stays whole, and pays for it in time.
"""

import functools
import hashlib
import reprlib
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from astraweave.errors import EnvironmentFailure, UsageError
from astraweave.model.actions import ActionVocabulary, Kind
from astraweave.model.arguments import public
from astraweave.model.ports import OUTCOMES, BatchEnvironment, BatchStep, Environment, Step
from astraweave.model.scenario import Range, Scenario
from astraweave.sandbox.declared import check_declared
from astraweave.sandbox.gate import SLOW, GateSettings
from astraweave.sandbox.imported import imported_hash
from astraweave.sandbox.named import home_of


@public
def vectorised(environment: Environment | BatchEnvironment) -> BatchEnvironment:
    """The environment itself when it plays batches already, else an adapter around it.

    Raises:
        EnvironmentFailure: it declares something that cannot be played.
    """
    check_declared(environment)
    if isinstance(environment, BatchEnvironment):
        return environment
    return OneByOne(environment)


class OneByOne:
    """An `Environment` in batches of one; `largest_batch` tells the runner so."""

    largest_batch = 1

    def __init__(self, environment: Environment) -> None:
        """Take over what the environment declares."""
        self.environment = environment
        self.facts, self.actions = environment.facts, tuple(environment.actions)
        self.events, self.ranges = tuple(environment.events), tuple(environment.ranges)
        self.step_seconds = environment.step_seconds
        self.bounds: dict[str, Range] = dict(getattr(environment, "bounds", {}))
        self.counted_ranges: tuple[str, ...] = tuple(getattr(environment, "counted_ranges", ()))
        self.check_scenario = getattr(environment, "check_scenario", None)
        self.player_names = tuple(getattr(environment, "player_names", ()))
        # Read by `settings_of`: one world at a time is slow, unless the game says otherwise.
        # Without a hash of its own nobody knows which data the game reads.
        stated = hasattr(environment, "content_hash")
        self._home = home_of(environment)
        if not stated:
            _code_of(type(environment), self._home)
        self.states_content = stated and getattr(environment, "states_content", True)
        self.gate: GateSettings = getattr(environment, "gate", None) or SLOW
        self.scenarios: tuple[Scenario, ...] = tuple(getattr(environment, "scenarios", ()))
        self.rules = getattr(environment, "rules", ())
        self.vocabulary: ActionVocabulary = getattr(
            environment, "vocabulary", None
        ) or ActionVocabulary(dict.fromkeys(self.actions, Kind("utility")))
        self._begin()

    def _begin(self) -> None:
        self._tick = 0
        self._done = False
        self._counts = np.zeros((1, len(self.events)), dtype=np.int32)
        self._first = np.full((1, len(self.events)), -1, dtype=np.int32)

    def reset(
        self, scenario: Scenario, seeds: npt.NDArray[np.int64], players: Any = None
    ) -> npt.NDArray[np.float64]:
        """Start the one episode; `players` is not for an `Environment`, which plays its own."""
        del players
        if len(seeds) != 1:
            raise UsageError(
                what="this environment plays one world at a time",
                got=len(seeds),
                where="reset",
                fix="play it through sandbox.play",
            )
        self._begin()
        return self._row(self.environment.reset(scenario, int(seeds[0])))

    def step(self, commands: npt.NDArray[np.int16]) -> BatchStep:
        """Play one decision step of the one world."""
        action = None if commands[0] < 0 else self.actions[int(commands[0])]
        given = self.environment.step(action)
        if not all(hasattr(given, name) for name in Step._fields):
            self._refuse(f"must give a Step, gave {type(given).__name__}")
        self._tick += 1
        for event in given.events:
            if event not in self.events:
                self._refuse(f"event {event!r} is not declared")
            column = self.events.index(event)
            self._counts[0, column] += 1
            if self._first[0, column] < 0:
                self._first[0, column] = self._tick
        effect = np.nan if given.effectiveness is None else given.effectiveness
        return BatchStep(
            self._row(given.facts),
            np.array([given.status], dtype=np.int8),
            np.array([effect], dtype=np.float64),
            np.array([given.done], dtype=np.bool_),
        )

    def outcomes(self) -> npt.NDArray[np.float64]:
        """float64[1, len(OUTCOMES)]."""
        given: object = self.environment.outcome()
        if isinstance(given, Mapping) and set(given) != set(OUTCOMES):
            names = ", ".join(map(str, given))
            self._refuse(f"outcome must give {', '.join(OUTCOMES)}, gave {names}")
        return self._numbers(given, OUTCOMES, "an outcome")

    def event_counts(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Counts and first ticks, int32[1, len(events)]; a tick is a step."""
        return self._counts, self._first

    def content_hash(self) -> str:
        """The environment's own hash, else one over its class's files and what they import."""
        own = getattr(self.environment, "content_hash", None)
        if own is not None:
            return str(own())
        return _code_of(type(self.environment), self._home)

    def _row(self, facts: object) -> npt.NDArray[np.float64]:
        if isinstance(facts, Mapping) and set(facts) != set(self.facts.names):
            odd = sorted(map(str, set(facts) ^ set(self.facts.names)))
            self._refuse(f"changed its facts: {', '.join(odd)} missing or not declared")
        return self._numbers(facts, self.facts.names, "facts")

    def _numbers(self, given: object, names: Sequence[str], noun: str) -> npt.NDArray[np.float64]:
        """The values of these names as one row, float64[1, len(names)]."""
        if not isinstance(given, Mapping):
            self._refuse(f"must give {noun} as a mapping, gave {type(given).__name__}")
        row = [given[name] for name in names]
        try:
            return np.array([row], dtype=np.float64).reshape(1, len(names))
        except (TypeError, ValueError):
            odd = next(name for name in names if not isinstance(given[name], Real))
            self._refuse(f"must give numbers as {noun}, gave {reprlib.repr(given[odd])} for {odd}")

    def _refuse(self, what: str) -> NoReturn:
        raise EnvironmentFailure(
            what=what, where=f"step {self._tick}", fix="declare it, or keep to it"
        )


@functools.cache
def _code_of(kind: type, home: str) -> str:
    """16 hex digits over the files of a class and of those it derives from, and what they import.

    home: the module of the factory that made it, empty where nobody knows.
    Read once, when the class is first met: a file that is edited while a process runs is not what
    that process plays, and a worker that has gone on with the old one must be found out.
    """
    names = [*(each.__module__ for each in kind.__mro__), *filter(None, [home])]
    files = imported_hash(*dict.fromkeys(names))
    return hashlib.sha256(f"{kind.__qualname__} {files}".encode()).hexdigest()[:16]
