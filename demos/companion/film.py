"""A rejected episode as scenes, tick by tick, from the sandbox's own run of it. Needs no pygame.

The sandbox replays; what it commanded is given to a `Duel`, whose rules are the same kernels.
"""

from dataclasses import dataclass

import numpy as np

from astraweave.arena import Arena, Duel
from astraweave.errors import UsageError
from astraweave.learning.shown import Contest, Shown, Side, shown_again
from astraweave.learning.told import detail_of, draw_of, title_of, wrong_of
from astraweave.model.verdict import Counterexample, Verdict
from astraweave.sandbox import scenario_of
from astraweave.sandbox.theatre import ARCHETYPES
from companion.view import Scene, scene_of


@dataclass(frozen=True, slots=True)
class Film:
    """One policy's fight. `scenes[i]` is the fight after i ticks; `side.frames` its decisions."""

    found: Shown
    side: Side
    scenes: list[Scene]

    @property
    def shown(self) -> Counterexample:
        """What is pointed at."""
        return self.found.example

    @property
    def title(self) -> str:
        """What was rejected, in one line."""
        return title_of(self.found)

    @property
    def wrong(self) -> str:
        """What is seen at its end, or is not, in few words."""
        return wrong_of(self.found)

    @property
    def detail(self) -> str:
        """What came of it, or that it was not seen, in a sentence."""
        return detail_of(self.found)

    @property
    def draw(self) -> str:
        """What was made simple, in one line; may be empty."""
        return draw_of(self.found)

    @property
    def scale(self) -> int:
        """Ticks of a decision step."""
        return self.found.scale

    @property
    def first(self) -> int:
        """The tick of the decision that leads to it."""
        return self.found.step_of(self.shown.first_tick) * self.scale

    @property
    def end(self) -> int:
        """The tick after what went wrong: its scene shows it."""
        last = len(self.scenes) - 1
        return last if self.found.other is not None else min(last, self.shown.tick + 1)


def films_of(contest: Contest, verdict: Verdict, where: str = "replay") -> list[Film]:
    """What a rejection points at, and what it is compared with, with their scenes.

    Raises:
        UsageError: it points at nothing, or its game is not the arena.
        InputError: at what no verdict gives; `where` says where it comes from.
    """
    if not isinstance(contest.game.environment, Arena):
        raise UsageError(
            what="only fights of the arena can be drawn",
            got=type(contest.game.environment).__name__,
            where="replay",
            fix="see it as lines, or as --svg",
        )
    found = shown_again(contest, verdict, where)
    sides = [side for side in (found.side, found.other) if side is not None]
    return [Film(found, side, _scenes(contest, found, side)) for side in sides]


def _scenes(contest: Contest, found: Shown, side: Side) -> list[Scene]:
    example = found.example
    scenario = scenario_of(example, contest.game.scenarios)
    archetypes = contest.cast.archetypes if example.players == ARCHETYPES else None
    cast = (archetypes or contest.cast.person)(np.array([example.seed], dtype=np.int64))
    duel = Duel(scenario, example.seed, np.asarray(cast[0], dtype=np.float64))
    scenes = [scene_of(duel, None, scenario.seconds)]
    for frame in side.frames:
        duel.command(frame.command)
        for _ in range(found.scale):
            if not duel.done:
                duel.tick()
                scenes.append(scene_of(duel, frame.tactic, scenario.seconds))
    return scenes
