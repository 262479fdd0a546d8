"""Which decision of an episode leads to its end: the last one without which it would not have come.

An arrow that hits was shot before; whoever runs when it hits need not have shot it. So the same
seed is played again with the same commands up to a decision, and none from there on. Refuses
nothing.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from astraweave.behavior.flat.log import DecisionLog
from astraweave.behavior.kernels.layout import LOG_COLUMNS
from astraweave.model.ports import BatchEnvironment
from astraweave.model.scenario import Scenario
from astraweave.sandbox.decisions import DITHER_RUN
from astraweave.sandbox.played import Played
from astraweave.sandbox.replay import Frame
from astraweave.sandbox.runner import Batch, Players, Policy

MOST_DECISIONS = 32

Still = Callable[[Played], npt.NDArray[np.bool_]]
"""Whether episodes end as the one in question did, bool[n]."""


class Script:
    """Commands in the place of a ticker's, each world's own up to a step, and none after it.

    Args:
        commands: int16[steps], of the episode.
        until: int64[n], the first step of each world that commands nothing.
    """

    log = DecisionLog.of(np.zeros((1, LOG_COLUMNS), np.int64), np.zeros(1))

    def __init__(self, commands: npt.NDArray[np.int16], until: npt.NDArray[np.int64]) -> None:
        """At the first step."""
        self._commands, self._until, self._step = commands, until, 0

    def tick(
        self,
        facts: npt.NDArray[np.float64],
        status: npt.NDArray[np.int8],
        done: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.int16]:
        """The next commands."""
        del facts, status, done
        step, self._step = self._step, self._step + 1
        command = self._commands[step] if step < len(self._commands) else -1
        return np.where(step < self._until, command, -1).astype(np.int16)


def choices_in(frames: Sequence[Frame]) -> list[int]:
    """Steps in which something was decided: a tactic chosen, or another action begun."""
    found = []
    before: str | None = None
    for step, frame in enumerate(frames):
        if frame.command is not None and (frame.chosen or frame.command != before):
            found.append(step)
        before = frame.command
    return found


Upto = Callable[[npt.NDArray[np.int16], list[int], int], Played]
"""Plays the seed of `frames` with these commands, once up to each of these steps; of so many."""


def played_upto(
    game: BatchEnvironment,
    policy: Policy,
    case: tuple[Scenario, int, Players],
    commands: npt.NDArray[np.int16],
    until: list[int],
    most_steps: int,
) -> Played:
    """One episode for each of `until`, in which nothing is commanded from that step on."""
    scenario, seed, players = case
    seeds = np.full(len(until), seed, np.int64)
    script = Script(commands, np.array(until, np.int64))
    return Batch(game, policy, scenario, seeds, players, script).play(most_steps=most_steps)


def decided_at(
    game: BatchEnvironment, upto: Upto, frames: Sequence[Frame], end: int, still: Still
) -> tuple[int, int]:
    """The step of the last decision without which it would not end so, and the episodes played.

    Where none can be blamed, that of the last decision before the end; 0 without one.

    Args:
        game: what played; only what it declares is read.
        upto: plays it.
        frames: of that episode.
        end: the step in which it ends so.
        still: says so of other endings.
    """
    choices = [step for step in choices_in(frames) if step <= end][-MOST_DECISIONS:]
    commands = np.array(
        [-1 if f.command is None else game.actions.index(f.command) for f in frames[: end + 1]],
        dtype=np.int16,
    )
    size = min(MOST_DECISIONS, getattr(game, "largest_batch", MOST_DECISIONS))
    tried, plays = choices, 0
    while tried:
        part, tried = tried[-size:], tried[:-size]
        avoided = ~np.asarray(still(upto(commands, part, end + 1)))
        plays += len(part)
        if avoided.any():
            return part[int(np.flatnonzero(avoided)[-1])], plays
    return (choices[-1] if choices else 0), plays


def wavered_from(frames: Sequence[Frame], end: int) -> int:
    """The first step of the decisions that were dropped one after the other up to an end."""
    choices = [step for step in choices_in(frames) if step <= end][-DITHER_RUN:]
    return choices[0] if choices else 0


def parted_at(frames: Sequence[Frame], others: Sequence[Frame]) -> int:
    """The first step in which two policies do not command the same; the last if they always do."""
    for step, (frame, other) in enumerate(zip(frames, others, strict=False)):
        if frame.command != other.command:
            return step
    return max(0, min(len(frames), len(others)) - 1)
