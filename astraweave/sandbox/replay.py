"""Plays one seed again, step by step: what a rejection points at, as frames and as lines.

Refuses nothing of its own; what the runner refuses is refused here too.
"""

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from astraweave.behavior import Tree
from astraweave.errors import UsageError
from astraweave.model.arguments import public
from astraweave.model.ports import BatchEnvironment, Environment
from astraweave.model.scenario import Scenario
from astraweave.model.verdict import Counterexample
from astraweave.model.weights import WeightSet
from astraweave.sandbox.adapter import vectorised
from astraweave.sandbox.played import Played
from astraweave.sandbox.runner import Batch, Players, Policy, nobody, tick_of_step
from astraweave.sandbox.scenario import check_scenario
from astraweave.sandbox.theatre import policy_of

STATUS = ("idle", "running", "success", "failure")


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One decision step.

    tick: when it was decided. facts: what the tree saw. tactic: the chosen child that ran, None
    without; chosen: whether it was chosen here. command: the action commanded, None without.
    status: of that action, after the step. events: what happened during the step, by name.
    """

    tick: int
    facts: dict[str, float]
    tactic: str | None
    command: str | None
    status: str
    events: dict[str, int]
    chosen: bool = False


@public
def scenario_of(example: Counterexample, scenarios: Iterable[Scenario]) -> Scenario:
    """What a counterexample plays: its scenario, with the ranges fixed that it fixes.

    Raises:
        UsageError: it is not among these.
    """
    for scenario in scenarios:
        if scenario.name == example.scenario:
            return fixed(scenario, example.draw) if example.draw else scenario
    raise UsageError(
        what=f"there is no scenario {example.scenario!r}",
        where="replay",
        fix="give the scenarios it was judged in",
    )


def fixed(scenario: Scenario, draw: Mapping[str, float]) -> Scenario:
    """The scenario with one value in the place of some ranges."""
    ranges = scenario.ranges | {name: (value, value) for name, value in draw.items()}
    return msgspec.structs.replace(scenario, ranges=ranges)


@public
def replay(
    environment: BatchEnvironment | Environment,
    tree: Tree,
    weights: WeightSet,
    scenario: Scenario,
    seed: int,
    players: Players = nobody,
) -> list[Frame]:
    """The whole episode of one seed, the same as in the verdict.

    Args:
        environment, tree, weights: as they were validated.
        scenario: of `scenario_of`.
        seed: of the counterexample.
        players: the cast that played: `Counterexample.players` says which.

    Raises:
        EnvironmentFailure, ScenarioError, TreeError: as in `validate`.
    """
    return replayed(environment, tree, weights, scenario, seed, players)[0]


def replayed(
    environment: BatchEnvironment | Environment,
    tree: Tree,
    weights: WeightSet,
    scenario: Scenario,
    seed: int,
    players: Players,
) -> tuple[list[Frame], Played]:
    """`replay`, with what was counted in it."""
    game = vectorised(environment)
    check_scenario(scenario, game)
    return _episode(game, policy_of(game, tree, weights), scenario, seed, players)


def frames_of(
    game: BatchEnvironment, policy: Policy, scenario: Scenario, seed: int, players: Players
) -> list[Frame]:
    """`replay` of a policy in a checked scenario."""
    return _episode(game, policy, scenario, seed, players)[0]


def _episode(
    game: BatchEnvironment, policy: Policy, scenario: Scenario, seed: int, players: Players
) -> tuple[list[Frame], Played]:
    seeds = np.array([operator.index(seed)], dtype=np.int64)
    batch = Batch(game, policy, scenario, seeds, players)
    rows: list[tuple[dict[str, float], int, int]] = []
    counts = [np.zeros(len(game.events), dtype=np.int64)]

    def watch(
        facts: npt.NDArray[np.float64],
        commands: npt.NDArray[np.int16],
        status: npt.NDArray[np.int8],
    ) -> None:
        seen = dict(zip(game.facts.names, facts[0].tolist(), strict=True))
        rows.append((seen, int(commands[0]), int(status[0])))
        counts.append(game.event_counts()[0][0].astype(np.int64))

    played = batch.play(watch)
    tactics = _tactics(batch.ticker.log, policy.program.tactics, len(rows))
    chosen = set(np.asarray(batch.ticker.log.step_started).tolist())
    scale = tick_of_step(game)
    own = _own(played, game.events, scale)
    frames = []
    for step, (facts, command, status) in enumerate(rows):
        happened = counts[step + 1] - counts[step]
        events = {name: int(k) for name, k in zip(game.events, happened, strict=True) if k}
        frames.append(
            Frame(
                tick=step * scale,
                facts=facts,
                tactic=tactics[step],
                command=None if command < 0 else game.actions[command],
                status=STATUS[status if command >= 0 else 0],
                events=events | own.get(step, {}),
                chosen=step in chosen,
            )
        )
    return frames, played


@public
def narrate(frames: Sequence[Frame], *, around: int | None = None, steps: int = 20) -> list[str]:
    """Frames as lines: a new line where tactic or command changes, or something happened.

    Args:
        frames: of `replay`.
        around: only the `steps` steps before and after this tick; None for all.
        steps: how many.
    """
    wanted = range(len(frames))
    if around is not None:
        at = sum(frame.tick < around for frame in frames)
        wanted = range(max(0, at - steps), min(len(frames), at + steps + 1))
    lines = []
    before: tuple[str | None, str | None] | None = None
    for i in wanted:
        frame = frames[i]
        now = (frame.tactic, frame.command)
        quiet = now == before or _between(frames, i)
        if quiet and not frame.events and i != wanted[-1]:
            continue
        before = now
        what = frame.tactic or "no tactic"
        if frame.command is not None and frame.command != frame.tactic:
            what += f" → {frame.command}"
        happened = "".join(f"  ! {name} ×{count}" for name, count in frame.events.items())
        lines.append(f"tick {frame.tick:5d}  {what} ({frame.status}){happened}")
    return lines


def _between(frames: Sequence[Frame], i: int) -> bool:
    """Whether this is the one step in which a tree ends an action before it begins the next."""
    follows = i + 1 < len(frames) and frames[i + 1].command is not None
    return frames[i].command is None and follows and i > 0 and frames[i - 1].command is not None


def _tactics(log: Any, names: Sequence[str], steps: int) -> list[str | None]:
    """The tactic that ran in each step: of decisions that overlap, the one made last."""
    running: list[str | None] = [None] * steps
    columns = (log.step_started, log.step_ended, log.tactic)
    for started, ended, tactic in zip(*(np.asarray(c).tolist() for c in columns), strict=True):
        until = steps if ended < 0 else max(ended, started + 1)
        running[started:until] = [names[tactic]] * (min(until, steps) - started)
    return running


def _own(played: Played, declared: Sequence[str], scale: int) -> dict[int, dict[str, int]]:
    """By step, the events only the sandbox sees: all of one kind where the first one was."""
    last = int(played.ticks[0]) // scale - 1
    found: dict[int, dict[str, int]] = {}
    for name in played.events:
        count = int(played.count(name)[0])
        if name not in declared and count:
            step = min(last, int(played.first_tick(name)[0]) // scale)
            found.setdefault(step, {})[name] = count
    return found
