"""A rejection's episode made as simple as it gets, as a property test shrinks what fails.

Of the episodes that show it the shortest; then ranges of the scenario, as many at once as will do,
fixed to the simplest values with which it is still shown by one of many seeds; those that are left,
to what this seed drew, and from there one by one to simpler values with the same seed; then the
decision that leads there. How
much is played is bounded in episodes and steps, never in seconds: the same verdict is minimised
alike everywhere. Refuses nothing: where the game fails, what was found before stands.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from astraweave.errors import AstraweaveError, ScenarioError
from astraweave.model.ports import BatchEnvironment
from astraweave.model.scenario import Scenario
from astraweave.model.verdict import Counterexample
from astraweave.sandbox.culprit import decided_at, parted_at, played_upto, wavered_from
from astraweave.sandbox.drawn import drawn_by
from astraweave.sandbox.played import DITHERED, Played
from astraweave.sandbox.questions import pair_detail
from astraweave.sandbox.replay import Frame, fixed, frames_of, scenario_of
from astraweave.sandbox.rules import Rule
from astraweave.sandbox.runner import Batch, Players, Policy, tick_of_step
from astraweave.sandbox.scenario import check_scenario
from astraweave.sandbox.simplest import simplest
from astraweave.sandbox.theatre import Theatre

Reward = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]

MOST_PLAYS, MOST_STEPS = 2048, 12_000
"""Episodes, and steps of a batch: below 1 s in the arena, whatever is minimised."""
MANY_PLAYS, MANY_STEPS = 1280, 2400
"""Of these, for looking among many seeds; the others are for the one seed that shows it."""
WIDTH, FEW = 64, 4
"""Seeds that a simpler draw is tried with: at once, or of a game that plays one world at a time."""
KEPT_LOSS = 0.5
"""A pair is still worth showing when it loses at least this share of what was lost in it."""


class Sought(NamedTuple):
    """What is to be shown more simply.

    shown: as it was found. failing: seeds that failed beside it. rule: broken; None when rewards
    are compared. loss: of the pair in reward, above 0; 0 without one.
    """

    shown: Counterexample
    failing: Sequence[int] = ()
    rule: Rule | None = None
    loss: float = 0.0


class Case(NamedTuple):
    """A seed in a scenario that shows it, and the tick at which it does."""

    scenario: Scenario
    seed: int
    tick: int


@dataclass(slots=True)
class Effort:
    """What was played so far."""

    plays: int = 0
    steps: int = 0

    def spent(self, seeds: int) -> bool:
        """Whether there is to be an end of looking among so many seeds."""
        if seeds > 1:
            return self.plays >= MANY_PLAYS or self.steps >= MANY_STEPS
        return self.plays >= MOST_PLAYS or self.steps >= MOST_STEPS


def minimised(theatre: Theatre, sought: Sought, reward: Reward) -> Counterexample:
    """The simplest counterexample that was found, which may be the one given.

    Args:
        theatre: with its policies, casts and scenarios.
        sought: what a trial has found.
        reward: the trial's.
    """
    search = _Search(theatre, sought, reward)
    try:
        best = search.best()
    except AstraweaveError:
        # The game failed in a start that nobody has asked it for, or at being asked too often.
        return sought.shown
    return sought.shown if best is None else search.told(best)


class _Search:
    def __init__(self, theatre: Theatre, sought: Sought, reward: Reward) -> None:
        self.theatre, self.sought, self.reward = theatre, sought, reward
        self.game = theatre.environment
        """For what it declares; what is asked of it, the theatre asks."""
        shown = sought.shown
        self.players = theatre.casts[shown.players]
        self.policy = theatre.policy(shown.policy)
        self.other = theatre.policy(shown.against) if shown.against else None
        self.scenario = scenario_of(shown, theatre.scenarios)
        self.effort = Effort()
        self.size = min(WIDTH, getattr(self.game, "largest_batch", WIDTH))
        count = WIDTH if self.size == WIDTH else max(FEW, self.size)
        near = [shown.seed, *sought.failing, *range(shown.seed + 1, shown.seed + 1 + count)]
        self.seeds = [seed % 2**53 for seed in dict.fromkeys(near)][:count]
        self.until: int | None = None

    def best(self) -> Case | None:
        """From the case as found to the simplest; None when not even that one shows it."""
        self.until = self._stops()
        best = self._look(self.scenario)
        if best is None:
            return None
        wide = [name for name, (low, high) in self.scenario.ranges.items() if low < high]
        best = self._fixed(best, wide)
        many = self.seeds
        self.seeds = [best.seed]
        best = self._alone(best)
        for _ in range(2):
            # The draw is as simple as it gets; others of it may be shorter.
            many = [best.seed, *((seed + len(many)) % 2**53 for seed in many[1:])]
            self.seeds = many
            best = self._look(best.scenario) or best
        return best

    def _fixed(self, best: Case, names: list[str]) -> Case:
        """Fix these ranges: all at once, else half by half, at last one by one."""
        values = {name: simplest(*self.scenario.ranges[name]) for name in names}
        tried = self._look(fixed(best.scenario, {name: v[0] for name, v in values.items()}))
        if tried is not None or not names:
            return tried or best
        if len(names) > 1:
            half = len(names) // 2
            return self._fixed(self._fixed(best, names[:half]), names[half:])
        for value in values[names[0]][1:]:
            tried = self._look(fixed(best.scenario, {names[0]: value}))
            if tried is not None:
                return tried
        return best

    def _alone(self, best: Case) -> Case:
        """The same seed with every range one value: what it drew, then simpler where that will do.

        Where the game does not tell what it drew, or not truly, the ranges that are left stay open.
        """
        names = [name for name, (low, high) in best.scenario.ranges.items() if low < high]
        about = (best.scenario, best.seed)
        draw = self.theatre.ask(drawn_by, self.policy, *about, *about, names)
        if not draw:
            return best
        same = self._shows(fixed(best.scenario, draw), self.seeds)
        if same is None:
            return best
        best = same
        values = {name: simplest(*self.scenario.ranges[name]) for name in draw}
        left = list(draw)
        for place in range(max(map(len, values.values()))):
            # The simplest of each before the next of any: the end may come in between.
            for name in list(left):
                if place >= len(values[name]):
                    continue
                tried = self._look(fixed(best.scenario, {name: values[name][place]}))
                if tried is not None:
                    best = tried
                    left.remove(name)
        return best

    def _stops(self) -> int | None:
        """The tick at which play may stop: what was found then is not undone later, if it shows.

        A rule about what never happens is only broken at the end; one about a third time not when
        it happened first.
        """
        rule, shown = self.sought.rule, self.sought.shown
        if rule is None or self.other is not None:
            return None
        played = self._play(self.policy, self.scenario, [shown.seed], shown.tick)
        happened = played.count(rule.event or "")[0] > 0
        return shown.tick if happened and rule.breaks(played)[0] else None

    def _look(self, scenario: Scenario) -> Case | None:
        """The case that shows it most clearly among the seeds; None without one."""
        for at in range(0, len(self.seeds), self.size):
            if self.effort.spent(len(self.seeds)):
                return None
            found = self._shows(scenario, self.seeds[at : at + self.size])
            if found is not None:
                return found
        return None

    def _shows(self, scenario: Scenario, seeds: list[int]) -> Case | None:
        """The same of a batch of seeds; None in a scenario that the game refuses."""
        try:
            check_scenario(scenario, self.game)
        except ScenarioError:
            return None
        played = self._play(self.policy, scenario, seeds, self.until)
        clear, rank = self._clear(scenario, seeds, played)
        if not clear.any():
            return None
        found = np.flatnonzero(clear)
        i = int(found[rank[found].argmin()])
        tick = self._tick(played, i)
        if self.until is not None:
            self.until = min(self.until, tick)
        return Case(scenario, seeds[i], tick)

    def _clear(
        self, scenario: Scenario, seeds: list[int], played: Played
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[Any]]:
        """Which episodes show it, bool[n], and how soon or how clearly: the least shows it best."""
        rule, other = self.sought.rule, self.other
        soon = played.first_tick(None if rule is None else rule.event)
        clear = np.ones(len(seeds), np.bool_) if rule is None else rule.breaks(played)
        if other is None or not clear.any():
            return clear, soon
        against = self._play(other, scenario, seeds, None)
        if rule is not None:
            return clear & ~rule.breaks(against), soon
        gain = self.reward(played.outcomes) - self.reward(against.outcomes)
        return gain <= -KEPT_LOSS * self.sought.loss, gain

    def _tick(self, played: Played, at: int) -> int:
        rule = self.sought.rule
        return int(played.first_tick(None if rule is None else rule.event)[at])

    def _play(
        self, policy: Policy, scenario: Scenario, seeds: list[int], until: int | None
    ) -> Played:
        # One more: a game may count its ticks from 0 or from 1.
        most = None if until is None else until // tick_of_step(self.game) + 1
        given = (policy, scenario, seeds, self.players, most)
        played, steps = self.theatre.ask(_played, policy, scenario, seeds[0], *given)
        self.effort.plays += len(seeds)
        self.effort.steps += steps
        return played

    def told(self, best: Case) -> Counterexample:
        """The case as it stands in a verdict; the one found, where the whole play does not show it.

        Its first tick is that of the decision which leads to it.
        """
        scenario, seed, shown = best.scenario, best.seed, self.sought.shown
        played = self._play(self.policy, scenario, [seed], None)
        if not self._clear(scenario, [seed], played)[0][0]:
            return shown
        first, detail = self._leads(best, played)
        # What the scenario's own file fixes is nobody's finding.
        opened = [name for name, (low, high) in self.scenario.ranges.items() if low < high]
        now = {name: scenario.ranges[name] for name in opened}
        return msgspec.structs.replace(
            shown,
            seed=seed,
            tick=self._tick(played, 0),
            detail=detail,
            first_tick=first * tick_of_step(self.game),
            draw={name: low for name, (low, high) in now.items() if low == high},
            free=tuple(name for name, (low, high) in now.items() if low < high),
            plays=self.effort.plays,
        )

    def _leads(self, best: Case, played: Played) -> tuple[int, str]:
        """The step of the decision that leads to it, and the detail to be told."""
        (scenario, seed, _), rule, shown = best, self.sought.rule, self.sought.shown
        frames = self._frames(self.policy, best)
        if rule is None:
            if self.other is None:
                return 0, shown.detail
            against = self._play(self.other, scenario, [seed], None)
            first = parted_at(frames, self._frames(self.other, best))
            return first, pair_detail(played, against, 0, shown.against)
        happens = (step for step, frame in enumerate(frames) if rule.event in frame.events)
        end = next(happens, len(frames) - 1)
        if rule.event == DITHERED:
            return wavered_from(frames, end), shown.detail
        case = (scenario, seed, self.players)

        def upto(commands: npt.NDArray[np.int16], until: list[int], most: int) -> Played:
            given = (self.policy, case, commands, until, most)
            return self.theatre.ask(played_upto, self.policy, scenario, seed, *given)

        step, plays = decided_at(self.game, upto, frames, end, rule.breaks)
        self.effort.plays += plays
        return step, shown.detail

    def _frames(self, policy: Policy, best: Case) -> list[Frame]:
        self.effort.plays += 1
        given = (policy, best.scenario, best.seed, self.players)
        return self.theatre.ask(frames_of, policy, best.scenario, best.seed, *given)


def _played(
    game: BatchEnvironment,
    policy: Policy,
    scenario: Scenario,
    seeds: list[int],
    players: Players,
    most_steps: int | None,
) -> tuple[Played, int]:
    """These seeds as one batch, and the steps that it took."""
    batch = Batch(game, policy, scenario, np.array(seeds, np.int64), players)
    played = batch.play(most_steps=most_steps)
    return played, batch.step + 1
