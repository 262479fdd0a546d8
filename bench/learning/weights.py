"""What learned weights are worth: gap closed, regret, harm, switches and trolls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from astraweave.behavior import load_tree
from bench.learning.field import Field
from bench.learning.figures import (
    STEADY,
    Ends,
    Figure,
    gap_closed,
    made_worse,
    proportion,
    regret,
    share,
)
from bench.learning.learners import KINDS, Posterior
from bench.learning.oracle import oracle
from bench.learning.people import TROLLED_UNTIL, Person, switching, trolling
from bench.learning.runs import Careers, careers, fixed

Floats = npt.NDArray[np.float64]
Tell = Callable[[str, float], None]
CHANGE = 25
AFTER_CHANGE = slice(CHANGE + 8, CHANGE + 13)
TROLL_JUDGED = 30
EPISODES = 50


@dataclass(frozen=True, slots=True)
class Size:
    """How much is played: runs a person, episodes a run, fights by which J is measured."""

    seeds: int = 100
    episodes: int = EPISODES
    fights: int = 32


def weight_figures(people: Sequence[Person], size: Size, tell: Tell) -> list[Figure]:
    """All figures about weights, ours and the baselines'.

    Args:
        people: who plays.
        size: how much; figures about episodes that are not played are left out.
        tell: called with a stage and its share that is done.
    """
    field, rng = Field(load_tree("companion.xml")), np.random.default_rng(0)
    players = np.stack([person.row(0) for person in people])
    best = []
    for i, player in enumerate(players):
        tell("oracle", i / len(players))
        best.append(oracle(field, player))
    ends = _ends(field, players, np.array(best), size)
    found = [_gap_of_oracle(ends, people)]
    for name, make in KINDS.items():
        if name == "static":
            continue
        run = careers(
            field,
            people,
            make,
            episodes=size.episodes,
            seeds=size.seeds,
            fights=size.fights,
            tell=lambda done, name=name: tell(name, done),  # type: ignore[misc]
        )
        found += _of_career(name, run, ends, rng, ours=make is Posterior)
        if make is Posterior:
            found += _troubled(field, people, np.array(best), size, run, ends, rng, tell)
    return found


def _ends(field: Field, players: Floats, best: Floats, size: Size) -> Ends:
    ones = np.ones_like(best)
    static = fixed(field, ones, players, size.seeds, size.fights)
    return Ends(static, fixed(field, best, players, size.seeds, size.fights))


def _gap_of_oracle(ends: Ends, people: Sequence[Person]) -> Figure:
    gap = ends.best - ends.static
    unclear = [p.name for p, clear in zip(people, ends.clear, strict=True) if not clear]
    name = "gap static → oracle, in J"
    if unclear:
        name += f" (too small to judge: {', '.join(unclear)})"
    error = 1.96 * float(gap.mean(axis=0).std(ddof=1)) / gap.shape[1] ** 0.5 if gap.size else 0.0
    middle = float(gap.mean())
    return Figure(name=name, value=middle, low=middle - error, high=middle + error)


def _of_career(
    name: str, run: Careers, ends: Ends, rng: np.random.Generator, *, ours: bool
) -> list[Figure]:
    found = []
    last = run.worth.shape[2] - 1
    if last >= 10:
        at10 = gap_closed(run, ends, slice(10, 11), rng)
        found.append(_figure(f"{name}: gap closed at episode 10", at10, 0.60 if ours else None))
    if last >= STEADY.stop - 1:
        steady = gap_closed(run, ends, STEADY, rng)
        found.append(_figure(f"{name}: gap closed at 20–40", steady, 0.72 if ours else None))
    lost = regret(run, ends, rng)
    found.append(_figure(f"{name}: regret ÷ static", lost, -0.35 if ours else None))
    worse = proportion(made_worse(run, ends.static))
    found.append(_figure(f"{name}: runs made worse", worse, -0.01 if ours else None))
    return found


def _troubled(
    field: Field,
    people: Sequence[Person],
    best: Floats,
    size: Size,
    run: Careers,
    ends: Ends,
    rng: np.random.Generator,
    tell: Tell,
) -> list[Figure]:
    """Switches and trolls, where the run is long enough to show them."""
    found = []
    place = {person.name: i for i, person in enumerate(people)}
    if size.episodes >= AFTER_CHANGE.stop - 1 and len(people) > 1:
        changed = switching(list(people), CHANGE)
        later = np.array([place[p.name.split(" → ")[1]] for p in changed])
        after = Ends(ends.static[later], ends.best[later])
        switched = _career(field, changed, size, AFTER_CHANGE.stop - 1, AFTER_CHANGE, tell)
        found.append(
            _figure(
                "posterior: gap closed 8–12 episodes after a switch",
                gap_closed(switched, after, AFTER_CHANGE, rng),
                0.45,
            )
        )
    if size.episodes >= TROLL_JUDGED and len(people) > 1:
        trolls = trolling(list(people))
        when = slice(TROLL_JUDGED, TROLL_JUDGED + 1)
        trolled = _career(field, trolls, size, TROLL_JUDGED, when, tell)
        kept = (trolled.worth - ends.static[:, :, None])[:, :, TROLL_JUDGED]
        could = (run.worth - ends.static[:, :, None])[:, :, TROLL_JUDGED]
        found.append(
            _figure(
                f"posterior: gap kept at {TROLL_JUDGED} after a troll's {TROLLED_UNTIL}",
                share(kept[ends.clear], could[ends.clear], rng),
                0.5,
            )
        )
    return found


def _career(
    field: Field, people: list[Person], size: Size, episodes: int, when: slice, tell: Tell
) -> Careers:
    return careers(
        field,
        people,
        Posterior,
        episodes=episodes,
        seeds=size.seeds,
        fights=size.fights,
        judged=range(when.start, when.stop),
        tell=lambda done: tell("people who change", done),
    )


def _figure(name: str, found: tuple[float, float, float], target: float | None) -> Figure:
    """A figure against its target: at least, or at most where the target is below 0."""
    value, low, high = found
    if target is None:
        return Figure(name=name, value=value, low=low, high=high)
    if target < 0.0:
        met, word = value <= -target, f"≤ {-target:g}"
    else:
        met, word = value >= target, f"≥ {target:g}"
    return Figure(name=name, value=value, low=low, high=high, target=word, met=met)
