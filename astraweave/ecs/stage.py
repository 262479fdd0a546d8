"""Plays an esper game in this process: each episode in a world of its own, deleted afterwards.

The caller's world is current again after every call, whatever was raised. Refuses a game that
leaves something behind in another world: entities, processors, handlers, worlds.
"""

import itertools
import reprlib
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import GeneratorType
from typing import Any, NamedTuple, TypeVar

import esper

from astraweave.behavior.status import Result, status_of
from astraweave.ecs.game import EsperGame
from astraweave.ecs.world import inside
from astraweave.errors import EnvironmentFailure, UsageError, said_of
from astraweave.model.ports import FAILURE, IDLE, OUTCOMES, RUNNING, Step
from astraweave.model.scenario import Scenario

T = TypeVar("T")
WORLD = "astraweave episode "
"""Begins the name of an episode's world."""
_numbers = itertools.count(1)


class Stage:
    """Plays one episode after the other; several stages may stand side by side."""

    def __init__(self, game: type[EsperGame]) -> None:
        """Nothing is made before the first `reset`."""
        self._kind = game
        self._game: Any = None
        self._world: str | None = None

    def reset(self, scenario: Scenario, seed: int) -> dict[str, float]:
        """Begin an episode in a new world; the facts it begins with.

        Raises:
            EnvironmentFailure: the game raised, or left something in another world.
        """
        self.close()
        self._world = world = _new_world()
        self._happened: list[str] = []
        # esper keeps weak references to handlers: these are the strong ones.
        self._handlers = {name: partial(_note, self._happened, name) for name in self._kind.events}
        self._action: str | None = None
        self._running: GeneratorType[Any, Any, Any] | None = None
        self._frames, self._over = 0, False
        with inside(world):
            for name, handler in self._handlers.items():
                esper.set_handler(name, handler)
        self._facts = self._played(partial(self._begun, scenario, seed))
        return dict(self._facts)

    def step(self, action: str | None) -> Step:
        """Play one decision step; after the end nothing moves any more.

        Raises:
            EnvironmentFailure: as for `reset`.
        """
        if self._world is None:
            raise UsageError(what="no episode has begun", where="step", fix="reset first")
        if self._over:
            return Step(dict(self._facts), IDLE, done=True)
        return self._played(partial(self._stepped, action))

    def outcome(self) -> dict[str, float]:
        """The `OUTCOMES` of the episode so far.

        Raises:
            EnvironmentFailure: as for `reset`.
        """
        given = self._played(self._told)
        seconds = self._frames * self._kind.dt
        return dict.fromkeys(OUTCOMES, 0.0) | {"seconds": seconds} | given

    def close(self) -> None:
        """Interrupt what runs and delete the world; nothing happens without one.

        Raises:
            EnvironmentFailure: the interruption raised; the world is gone all the same.
        """
        world, self._world = self._world, None
        if world is None or world not in esper.list_worlds():
            return
        try:
            with inside(world):
                try:
                    self._interrupt()
                except (Exception, SystemExit) as error:
                    raise _failure(error) from error
                finally:
                    self._game = None
                    # Here and now: a handler that dies while another world is current is looked
                    # for in that one by esper, and not found.
                    esper.event_registry.clear()
                    esper.clear_database()
        finally:
            if esper.current_world != world:
                esper.delete_world(world)

    # -- inside the world ------------------------------------------------------------------------

    def _begun(self, scenario: Scenario, seed: int) -> dict[str, float]:
        self._game = self._kind(scenario, seed)
        return _numbers_of(self._game.sense(), "facts")

    def _stepped(self, action: str | None) -> Step:
        if action != self._action:
            self._interrupt()
        status, effect = IDLE, None
        begins = action is not None and self._action is None
        if begins:
            self._action = action
            status, effect = self._advanced()
        for _ in range(self._kind.ticks):
            self._game.frame()
            self._frames += 1
            self._over = bool(self._game.over())
            if self._over:
                break
        if self._action is not None:
            # What the tree sees of it at its next decision.
            status, effect = self._advanced()
        if self._over:
            self._interrupt()
        self._facts = _numbers_of(self._game.sense(), "facts")
        events = tuple(self._happened)
        self._happened.clear()
        return Step(dict(self._facts), status, effect, events, self._over)

    def _told(self) -> dict[str, float]:
        return _numbers_of(self._game.outcome(), "an outcome")

    def _advanced(self) -> tuple[int, float | None]:
        """Begin the action, or go on with it: its status, and how effective it was."""
        answer: Any = RUNNING
        if self._running is None:
            answer = self._game.act(self._action)
            if isinstance(answer, GeneratorType):
                self._running = answer
        if self._running is not None:
            try:
                next(self._running)
            except StopIteration as end:
                answer = end.value
            else:
                return RUNNING, None
        self._action = self._running = None
        status = int(status_of(answer))
        if not RUNNING < status <= FAILURE:
            raise UsageError(
                what="act must give True, False or a Result, or be a generator", got=answer
            )
        return status, answer.effectiveness if isinstance(answer, Result) else None

    def _interrupt(self) -> None:
        running, self._action, self._running = self._running, None, None
        if running is not None:
            running.close()

    def _played(self, work: Callable[[], T]) -> T:
        """Call the game in its world; what goes wrong there ends the episode."""
        world = self._world or ""
        try:
            with inside(world):
                others = _footprints()
                try:
                    answer = work()
                except (Exception, SystemExit) as error:
                    raise _failure(error) from error
                _check_left(world, others)
        except BaseException:
            # The first failure is told, and no second one on top of it.
            with suppress(EnvironmentFailure):
                self.close()
            raise
        return answer


def _check_left(world: str, others: "Mapping[str, _Footprint]") -> None:
    """See that the game is in its own world, and has left the others as they were."""
    if esper.current_world != world:
        raise EnvironmentFailure(
            what=f"left esper in the world {esper.current_world!r}, not in its own",
            fix="switch back, or keep to one world",
        )
    now = _footprints()
    if now == others:
        return
    what = _difference(others, now)
    if what is not None:
        for left in now.keys() - others.keys():
            esper.delete_world(left)
        fix = "an episode has one world: create everything in that"
        raise EnvironmentFailure(what=what, fix=fix)


class _Footprint(NamedTuple):
    """How much is in a world: number of entities, processors by identity, number of handlers."""

    entities: int
    processors: dict[int, str]
    handlers: int


def _footprints() -> dict[str, _Footprint]:
    """Of every world but the current one and those of other episodes."""
    # esper's map is up to date for all worlds but the current one.
    worlds = esper._context_map.items()  # noqa: SLF001  # switching to each would be slower
    return {
        name: _Footprint(
            len(held[2]),
            {id(each): type(each).__name__ for each in held[6]},
            sum(map(len, held[-1].values())),
        )
        for name, held in worlds
        if not name.startswith(WORLD)
    }


def _difference(before: Mapping[str, _Footprint], now: Mapping[str, _Footprint]) -> str | None:
    """What was left behind, in words; None when nothing was."""
    for name in now.keys() ^ before.keys():
        return f"left a world {name!r} behind" if name in now else f"deleted the world {name!r}"
    for name, (entities, processors, handlers) in before.items():
        after = now[name]
        if after.entities != entities:
            return f"changed another world: {name!r} had {entities} entities, has {after.entities}"
        for key in after.processors.keys() ^ processors.keys():
            kind = after.processors.get(key) or processors[key]
            word = "added" if key in after.processors else "removed"
            return f"{word} the processor {kind} in another world, {name!r}"
        if after.handlers > handlers:
            return f"left {after.handlers - handlers} event handlers in another world, {name!r}"
    return None


def _new_world() -> str:
    """An empty world of a name that nobody has."""
    before, world = esper.current_world, f"{WORLD}{next(_numbers)}"
    esper.switch_world(world)
    esper.switch_world(before)
    return world


def _note(happened: list[str], name: str, *_given: object) -> None:
    happened.append(name)


def _numbers_of(given: object, noun: str) -> dict[str, float]:
    if not isinstance(given, Mapping):
        what = f"must give {noun} as a mapping, gave {type(given).__name__}"
        raise EnvironmentFailure(what=what, fix="declare it, or keep to it")
    numbers: dict[str, float] = {}
    for name, value in given.items():
        try:
            numbers[name] = float(value)
        except (TypeError, ValueError, OverflowError) as error:
            what = f"must give numbers as {noun}, gave {reprlib.repr(value)} for {name}"
            raise EnvironmentFailure(what=what, fix="declare it, or keep to it") from error
    return numbers


def _failure(error: BaseException) -> EnvironmentFailure:
    """What the game raised, and where."""
    if isinstance(error, EnvironmentFailure):
        return error
    last = traceback.extract_tb(error.__traceback__)[-1]
    at = f"{Path(last.filename).name}:{last.lineno}, {last.name}"
    return EnvironmentFailure(what=f"raised {said_of(error)} ({at})")
