"""For a game's own tests: whether its `Environment` keeps what the sandbox relies on.

    from astraweave.testing import check_environment

    def test_my_game_can_be_a_sandbox():
        check_environment(MyGame, scenario)

It plays episodes with random commands and compares them. A verdict is only as good as these
promises: the same seed gives the same play, whoever was played before and beside it; facts are
declared, finite and in range; an episode ends and, beside others that go on, stays ended. Raises
at the first broken one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from astraweave.errors import EnvironmentFailure, UsageError, said_of
from astraweave.model.arguments import public
from astraweave.model.ports import FAILURE, OUTCOMES, BatchEnvironment, BatchStep, Environment
from astraweave.model.rng import uniform
from astraweave.model.scenario import Scenario
from astraweave.sandbox import check_scenario, vectorised

Make = Callable[[], Environment | BatchEnvironment]
SEEDS = (0, 1, 2, 3, 7, 2**31, 2**53 + 1)
MAX_STEPS = 10_000
BEYOND = 3
"""Steps after the end of all worlds of a batch."""
_COMMAND, _HOLD = 1, 2


@dataclass(frozen=True, slots=True)
class Checked:
    """What was played: episodes, decision steps, how often each event was seen, and remarks.

    `remarks` are no faults, but worth a look: episodes that never ended by themselves, events,
    actions or facts that nothing made happen, succeed or change.
    """

    episodes: int
    steps: int
    events: dict[str, int]
    remarks: tuple[str, ...]


@public
def check_environment(
    make: Make, scenario: Scenario, *, seeds: Sequence[int] = SEEDS, steps: int = 400
) -> Checked:
    """Play a game as the sandbox would, and raise at the first promise it breaks.

    Args:
        make: makes a fresh environment; called several times.
        scenario: what is played; its ranges must be the environment's.
        seeds: one episode each, at least two.
        steps: most decision steps of an episode, in [1, 10,000].

    Returns:
        What was played, with remarks.

    Raises:
        EnvironmentFailure: a promise is broken; says which, for which seed and at which step.
        ScenarioError: the scenario sets what the environment does not declare.
        UsageError: fewer than two seeds, or steps out of range.
    """
    if len(set(seeds)) < 2 or not 1 <= steps <= MAX_STEPS:
        raise UsageError(
            what=f"check_environment needs two seeds and 1 to {MAX_STEPS:,} steps",
            got=f"{len(set(seeds))} seeds, {steps} steps",
            where="check_environment",
        )
    environment = _made(make)
    _check_declared(environment)
    check_scenario(scenario, environment)
    alone = [_Episode(_made(make), scenario, (seed,), steps) for seed in seeds]
    _compare(alone[0], _Episode(environment, scenario, (seeds[0],), steps), "another object")
    for other in (alone[1], alone[0]):  # the same object again: what is left of the episode before?
        again = _Episode(environment, scenario, other.seeds, steps)
        _compare(other, again, "an object that had played another episode")
    if getattr(environment, "largest_batch", len(seeds)) > 1:
        _check_batch(make, scenario, alone, steps)
    return _summary(environment, alone)


def _made(make: Make) -> BatchEnvironment:
    made = make()
    if not isinstance(made, (Environment, BatchEnvironment)):
        _broken(
            "an Environment has facts, actions, events, ranges, step_seconds, reset, step and "
            f"outcome; {type(made).__name__} lacks some",
            "make()",
        )
    return vectorised(made)


def _broken(what: str, where: str, got: object = None) -> NoReturn:
    fix = "see astraweave.model.ports.Environment"
    raise EnvironmentFailure(what=what, got=got, where=where, fix=fix)


def _check_declared(environment: BatchEnvironment) -> None:
    hashes = environment.content_hash(), environment.content_hash()
    if hashes[0] != hashes[1] or not hashes[0]:
        _broken("content_hash must give one text, the same each time", "content_hash", hashes)


@dataclass(slots=True)
class _Episode:
    """Episodes of some seeds played to their end or the limit, and all that was said."""

    environment: BatchEnvironment
    scenario: Scenario
    seeds: tuple[int, ...]
    limit: int
    facts: list[npt.NDArray[np.float64]] = field(default_factory=list)
    said: list[tuple[npt.NDArray[Any], ...]] = field(default_factory=list)
    outcomes: npt.NDArray[np.float64] = field(init=False)
    events: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]] = field(init=False)

    def __post_init__(self) -> None:
        """Play at once."""
        seeds = np.array(self.seeds, np.int64)
        done = np.zeros(len(seeds), np.bool_)
        self._take_facts(self._ask(self.environment.reset, self.scenario, seeds), done)
        # Beside others an ended world is stepped, too; where each plays alone it never is.
        beyond = 0 if getattr(self.environment, "largest_batch", 2) == 1 else BEYOND
        ended = 0
        for step in range(self.limit):
            commands = np.array([self._command(seed, step) for seed in self.seeds], np.int16)
            given = self._ask(self.environment.step, np.where(done, np.int16(-1), commands))
            done = self._take(given, done)
            ended = ended + 1 if done.all() else 0
            if ended > beyond:
                break
        self._finish()

    @property
    def where(self) -> str:
        """Place for an error."""
        seeds = ", ".join(str(seed) for seed in self.seeds)
        return f"scenario {self.scenario.name}, seed {seeds}, step {len(self.said)}"

    def _command(self, seed: int, step: int) -> int:
        """Random actions, held for a few steps; none now and then."""
        start = step - step % (1 + int(4 * uniform(seed, 0, step // 8, _HOLD)))
        return int(uniform(seed, 0, start, _COMMAND) * (len(self.environment.actions) + 1)) - 1

    def _ask(self, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except EnvironmentFailure as error:
            _broken(error.what, self.where, error.got)
        except Exception as error:
            what = f"raised {said_of(error)}"
            raise EnvironmentFailure(
                what=what, where=self.where, fix="see its traceback"
            ) from error

    def _take_facts(self, given: Any, done: npt.NDArray[np.bool_]) -> None:
        sheet = self.environment.facts
        facts = np.array(given)
        if facts.shape != (len(self.seeds), len(sheet)) or facts.dtype != np.float64:
            got = f"{facts.dtype}{list(facts.shape)}"
            _broken(f"facts must be float64[n, {len(sheet)}]", self.where, got)
        wrong = ~((facts >= sheet.low) & (facts <= sheet.high) & np.isfinite(facts))
        if wrong[~done].any():
            world, column = np.argwhere(wrong & ~done[:, None])[0]
            fact = sheet.facts[column]
            what = f"fact {fact.name!r} must be finite and in [{fact.low:g}, {fact.high:g}]"
            _broken(what, self.where, float(facts[world, column]))
        self.facts.append(facts)

    def _take(self, given: Any, before: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        n = len(self.seeds)
        if not isinstance(given, tuple) or len(given) != len(BatchStep._fields):
            _broken("step must give a Step, or a BatchStep", self.where, type(given).__name__)
        step = BatchStep(*given)
        done = np.array(step.done, np.bool_)
        status, effect = np.array(step.status), np.array(step.effectiveness, np.float64)
        if done.shape != (n,) or status.shape != (n,) or effect.shape != (n,):
            _broken(f"status, effectiveness and done must be of {n} worlds", self.where)
        self._take_facts(step.facts, done)
        if (wrong := (status < 0) | (status > FAILURE)).any():
            what = "status must be IDLE, RUNNING, SUCCESS or FAILURE (0–3)"
            _broken(what, self.where, status[wrong][0].item())
        if (wrong := (effect < 0.0) | (effect > 1.0)).any():
            _broken("effectiveness must be in [0, 1], or none", self.where, float(effect[wrong][0]))
        if (before & ~done).any():
            _broken("an episode that was done must stay so", self.where)
        self.said.append((status, effect, done))
        return done

    def _finish(self) -> None:
        n, events = len(self.seeds), len(self.environment.events)
        self.outcomes = np.array(self._ask(self.environment.outcomes), np.float64)
        if self.outcomes.shape != (n, len(OUTCOMES)):
            got = f"float64{list(self.outcomes.shape)}"
            _broken(f"outcomes must be float64[{n}, {len(OUTCOMES)}]", self.where, got)
        if not np.isfinite(self.outcomes).all():
            row = self.outcomes[~np.isfinite(self.outcomes).all(axis=1)][0].tolist()
            _broken(f"outcomes must be finite: {', '.join(OUTCOMES)}", self.where, row)
        success = self.outcomes[:, 0]
        if (wrong := (success < 0.0) | (success > 1.0)).any():
            _broken("success must be in [0, 1]", self.where, float(success[wrong][0]))
        counts, first = (np.array(part) for part in self._ask(self.environment.event_counts))
        if counts.shape != (n, events) or first.shape != (n, events):
            _broken(f"event_counts must be two int32[n, {events}]", self.where)
        if ((counts > 0) != (first >= 0)).any():
            _broken("an event has a first tick exactly when it was counted", self.where)
        self.events = counts, first

    def of(self, world: int) -> tuple[npt.NDArray[Any], ...]:
        """All that was said of one world, up to its end, to be compared byte by byte."""
        length = next((i + 1 for i, s in enumerate(self.said) if s[2][world]), len(self.said))
        facts = [np.stack([row[world] for row in self.facts[: length + 1]])]
        steps = [np.array([s[k][world] for s in self.said[:length]]) for k in range(3)]
        return (*facts, *steps, self.outcomes[world], self.events[0][world], self.events[1][world])


_SAID = ("facts", "status", "effectiveness", "done", "outcomes", "event counts", "event ticks")


def _compare(one: _Episode, other: _Episode, who: str, world: int = 0) -> None:
    """The same seed must give the same play, byte by byte."""
    for name, a, b in zip(_SAID, one.of(0), other.of(world), strict=True):
        if a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
            continue
        length = min(len(a), len(b))
        differ = [k for k in range(length) if not np.array_equal(a[k], b[k], equal_nan=True)]
        at = differ[0] if differ else length
        where = f"scenario {one.scenario.name}, seed {one.seeds[0]}, {name}"
        where += f" at step {at}" if name in _SAID[:4] else ""
        _broken(f"the same seed must give the same play; {who} gave another", where)


def _check_batch(make: Make, scenario: Scenario, alone: list[_Episode], steps: int) -> None:
    """Worlds of one batch must not know of each other."""
    seeds = tuple(episode.seeds[0] for episode in alone)
    for order in (tuple(range(len(seeds))), tuple(reversed(range(len(seeds))))):
        batch = _Episode(_made(make), scenario, tuple(seeds[i] for i in order), steps)
        for world, i in enumerate(order):
            _compare(alone[i], batch, "a batch with other worlds", world)


def _summary(environment: BatchEnvironment, alone: list[_Episode]) -> Checked:
    counts = np.sum([episode.events[0][0] for episode in alone], axis=0)
    events = {name: int(n) for name, n in zip(environment.events, counts, strict=True)}
    remarks = [f"event {name} never happened" for name, n in events.items() if n == 0]
    endless = sum(1 for episode in alone if not episode.said[-1][2][0])
    if endless:
        remarks.append(f"{endless} of {len(alone)} episodes had not ended after the last step")
    rows = np.concatenate([np.concatenate(episode.facts) for episode in alone])
    still = np.ptp(rows, axis=0) == 0.0
    remarks += [
        f"fact {name} never changed"
        for name, constant in zip(environment.facts.names, still, strict=True)
        if constant
    ]
    if len({episode.facts[-1].tobytes() for episode in alone}) == 1:
        remarks.append("every seed ended alike: is the seed used?")
    steps = sum(len(episode.said) for episode in alone)
    return Checked(len(alone), steps, events, tuple(remarks))
