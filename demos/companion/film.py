"""A rejected episode as scenes, tick by tick, from the sandbox's own run of it. Needs no pygame.

The sandbox replays; what it commands is written down here and given to a `Duel`, whose rules are
the same kernels. Refuses games that are not the arena: nobody else knows how to draw them.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from astraweave.arena import TACTICS, Arena, Duel
from astraweave.errors import UsageError
from astraweave.learning import Game
from astraweave.learning.judge import replayed, shown_by
from astraweave.model.ports import BatchStep
from astraweave.model.scenario import Scenario
from astraweave.model.verdict import Counterexample, Verdict
from astraweave.model.weights import Proposal
from astraweave.sandbox import Frame
from companion.view import Scene, scene_of


class Filmed(Arena):
    """An arena that writes down how its last episode began, and every command."""

    def reset(
        self, scenario: Scenario, seeds: npt.NDArray[np.int64], players: Any = None
    ) -> npt.NDArray[np.float64]:
        """Begin, and forget the episode before."""
        self.scenario, self.seed = scenario, int(seeds[0])
        self.player = None if players is None else np.array(players[0])
        self.commands: list[int] = []
        return super().reset(scenario, seeds, players)

    def step(self, commands: npt.NDArray[np.int16]) -> BatchStep:
        """Play one step."""
        self.commands.append(int(commands[0]))
        return super().step(commands)


@dataclass(frozen=True, slots=True)
class Film:
    """`scenes[i]` is the fight after i ticks; `frames` are the sandbox's decision steps."""

    proposal: Proposal
    verdict: Verdict
    shown: Counterexample
    frames: list[Frame]
    scenes: list[Scene]

    @property
    def title(self) -> str:
        """What was rejected, in one line."""
        return f"Proposal {self.proposal.number} was rejected: {self.verdict.reason}"


def film_of(game: Game, proposal: Proposal, verdict: Verdict) -> Film:
    """Replay what a rejection points at, with its scenes.

    Raises:
        UsageError: it points at nothing, its game is not the arena, or something has changed.
    """
    if not isinstance(game.environment, Arena):
        raise UsageError(
            what="only fights of the arena can be drawn",
            got=type(game.environment).__name__,
            where="replay",
            fix="see it as lines: `astraweave sandbox replay` without --png or --window",
        )
    arena = Filmed(game.environment.step_ticks)
    frames = replayed(replace(game, environment=arena), proposal, verdict)
    duel = Duel(arena.scenario, arena.seed, arena.player)
    seconds = arena.scenario.seconds
    scenes = [scene_of(duel, None, seconds)]
    for step, code in enumerate(arena.commands):
        duel.command(TACTICS[code] if code >= 0 else None)
        for _ in range(arena.step_ticks):
            if not duel.done:
                duel.tick()
                scenes.append(scene_of(duel, frames[step].tactic, seconds))
    return Film(proposal, verdict, shown_by(verdict), frames, scenes)
