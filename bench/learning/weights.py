"""What learned weights are worth: gap closed, regret, harm, switches and trolls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.learning.field import Field
from bench.learning.figures import (
    STEADY,
    WINDOW,
    Ends,
    Figure,
    gap_closed,
    judged,
    made_worse,
    proportion,
    regret,
    share,
)
from bench.learning.learners import KINDS, WRONG, Forgetful, Learner, Posterior, Static
from bench.learning.oracle import oracle
from bench.learning.people import TROLLED_UNTIL, Person, returning, switching, trolling
from bench.learning.runs import JUDGING_SEEDS, OTHER_SEEDS, Careers, careers, fixed

Floats = npt.NDArray[np.float64]
Tell = Callable[[str, float], None]
CHANGE, SELDOM = 25, 5
AT_TEN = slice(10, 11)
AFTER_CHANGE = slice(CHANGE + 8, CHANGE + 13)
AWAY, BACK = 17, 34
AFTER_BACK = slice(BACK + 8, BACK + 13)
TROLL_JUDGED = 30
EPISODES, FIGHTS = 50, 20


@dataclass(frozen=True, slots=True)
class Size:
    """How much is played: runs a person, episodes a run, fights by which J is measured each time.

    The fights are a block of the 2,000 common ones, another after each episode (`runs.blocks`).
    """

    seeds: int = 100
    episodes: int = EPISODES
    fights: int = FIGHTS


def weight_figures(field: Field, people: Sequence[Person], size: Size, tell: Tell) -> list[Figure]:
    """All figures about weights, ours and the baselines'.

    Args:
        field: what is played.
        people: who plays.
        size: how much; figures about episodes that are not played are left out.
        tell: called with a stage and its share that is done.
    """
    bench = _Bench(field, people, size, ends_of(field, people, size.fights, tell), tell)
    found = [_gap_of_oracle(bench.ends, people)]
    worse = []
    for name, make in KINDS.items():
        ours = make is Posterior or name in WRONG
        run = bench.run(name, make, people, judged=None if ours else bench.seldom)
        found += bench.of_career(name, run, target=make is Posterior)
        if ours:
            worse.append(made_worse(run, bench.ends))
        if make is Posterior:
            found += bench.troubled(run)
    rate = proportion(np.stack(worse))
    found.append(judged("posterior: runs made worse, wrong rules included", rate, -0.01))
    return [*found, *bench.null()]


def ends_of(field: Field, people: Sequence[Person], fights: int, tell: Tell) -> Ends:
    """J of the designer's weights and of the best found, beside each person as they begin.

    Args:
        field: what is played.
        people: who plays.
        fights: of a block, as in `Size`.
        tell: called with a stage and its share that is done.
    """
    players = np.stack([person.row(0) for person in people])
    found = []
    for i, player in enumerate(players):
        tell("oracle", i / len(players))
        found.append(oracle(field, player))
    best = np.array(found)
    static = fixed(field, np.ones_like(best), players, fights)
    return Ends(static, fixed(field, best, players, fights))


def _gap_of_oracle(ends: Ends, people: Sequence[Person]) -> Figure:
    gap = (ends.best - ends.static)[ends.clear]
    unclear = [p.name for p, clear in zip(people, ends.clear, strict=True) if not clear]
    name = "gap static → oracle, in J"
    if unclear:
        name += f" (too small to judge, left out: {', '.join(unclear)})"
    if not gap.size:
        return Figure(name=name, value=0.0, low=0.0, high=0.0)
    n, middle = gap.shape[1], float(gap.mean())
    error = 1.96 * float(gap.mean(axis=0).std(ddof=1)) / n**0.5 if n > 1 else 0.0
    return Figure(name=name, value=middle, low=middle - error, high=middle + error)


class _Bench:
    """What all careers of one call share."""

    def __init__(
        self, field: Field, people: Sequence[Person], size: Size, ends: Ends, tell: Tell
    ) -> None:
        self.field, self.people, self.size, self.ends, self.tell = field, people, size, ends, tell
        self.rng = np.random.default_rng(0)
        # A baseline's regret needs no more: between these its weights are taken for unchanged.
        last = size.episodes
        self.seldom = [e for e in range(last + 1) if e <= WINDOW or e % SELDOM == 0 or e == last]

    def run(
        self,
        name: str,
        make: type[Learner],
        people: Sequence[Person],
        *,
        episodes: int | None = None,
        judged: Sequence[int] | None = None,
        first_seed: int = JUDGING_SEEDS,
    ) -> Careers:
        return careers(
            self.field,
            people,
            make,
            episodes=self.size.episodes if episodes is None else episodes,
            seeds=self.size.seeds,
            fights=self.size.fights,
            judged=judged,
            first_seed=first_seed,
            tell=lambda done: self.tell(name, done),
        )

    def of_career(self, name: str, run: Careers, *, target: bool) -> list[Figure]:
        found, last = [], run.worth.shape[2] - 1
        for when, words, least in ((AT_TEN, "at episode 10", 0.60), (STEADY, "at 20–40", 0.72)):
            if last >= when.stop - 1:
                closed = gap_closed(run, self.ends, when, self.rng)
                found.append(
                    judged(f"{name}: gap closed {words}", closed, least if target else None)
                )
        lost = regret(run, self.ends, self.rng)
        found.append(judged(f"{name}: regret ÷ static", lost, -0.35 if target else None))
        worse = proportion(made_worse(run, self.ends))
        found.append(judged(f"{name}: runs made worse", worse, -0.01 if target else None))
        return found

    def troubled(self, run: Careers) -> list[Figure]:
        """Switches and trolls, where the run is long enough to show them."""
        found: list[Figure] = []
        people, size = list(self.people), self.size
        if len(people) > 1 and size.episodes >= AFTER_CHANGE.stop - 1:
            place = {person.name: i for i, person in enumerate(people)}
            changed = switching(people, CHANGE)
            later = np.array([place[person.name.split(" → ")[1]] for person in changed])
            ends = Ends(self.ends.static[later], self.ends.best[later])
            switched = self.run(
                "people who change",
                Posterior,
                changed,
                episodes=AFTER_CHANGE.stop - 1,
                judged=range(AFTER_CHANGE.start, AFTER_CHANGE.stop),
            )
            closed = gap_closed(switched, ends, AFTER_CHANGE, self.rng)
            found.append(judged("posterior: gap closed 8–12 episodes after a switch", closed, 0.45))
        if len(people) > 1 and size.episodes >= AFTER_BACK.stop - 1:
            found += self._returned(people)
        if len(people) > 1 and size.episodes >= TROLL_JUDGED:
            found.append(self._trolled(run))
        return found

    def _returned(self, people: list[Person]) -> list[Figure]:
        """People who play like another for a while, with and without what was kept of them."""
        found = []
        for words, make in (("", Posterior), (", nothing kept of a style", Forgetful)):
            run = self.run(
                "people who come back",
                make,
                returning(people, AWAY, BACK),
                episodes=AFTER_BACK.stop - 1,
                judged=range(AFTER_BACK.start, AFTER_BACK.stop),
            )
            closed = gap_closed(run, self.ends, AFTER_BACK, self.rng)
            name = f"posterior: gap closed 8–12 episodes after coming back{words}"
            found.append(judged(name, closed, None))
        return found

    def _trolled(self, run: Careers) -> Figure:
        trolls = trolling(list(self.people))
        trolled = self.run(
            "trolls", Posterior, trolls, episodes=TROLL_JUDGED, judged=(TROLL_JUDGED,)
        )
        who, at = self.ends.clear, TROLL_JUDGED
        kept = self.ends.gained(trolled)[who, :, at]
        could = self.ends.gained(run)[who, :, at]
        name = f"posterior: gap kept at {TROLL_JUDGED} after a troll's {TROLLED_UNTIL}"
        return judged(name, share(kept, could, self.rng), 0.5)

    def null(self) -> list[Figure]:
        """Nothing learned, judged by other fights: what the bench finds where nothing is."""
        run = self.run("A/A null", Static, self.people, first_seed=OTHER_SEEDS)
        return self.of_career("A/A null", run, target=False)
