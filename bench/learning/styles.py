"""Who somebody plays like: known after ten episodes, unknown where in no library, seen to change.

Twice: in fights of the people given, with a library learned from other fights of theirs, and with
play drawn for libraries drawn at random, where the true parameters are known.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from astraweave.playstyle.archetypes import UNKNOWN, Library
from astraweave.playstyle.switching import Belief, beginning, observed
from bench.learning.drawn import (
    drawn_library,
    likeliest,
    persons,
    strangers,
)
from bench.learning.figures import Figure, interval, judged, proportion
from bench.learning.pools import Pool

Floats = npt.NDArray[np.float64]
Tell = Callable[[str, float], None]
EPISODES, STEADY, CENSORED = 10, 100, 30
CHANGES = (10, 26)
LIBRARIES = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run showed: who led at its end; who was confirmed after each episode, since when."""

    top: str
    confirmed: tuple[str | None, ...]
    since: tuple[int, ...]


def run(library: Library, plays: Floats) -> Seen:
    """One person from the first episode on; plays: float64[episodes, kinds]."""
    belief: Belief = beginning(library)
    told: list[tuple[str | None, int]] = []
    for counts in plays:
        belief = observed(belief, counts, library)
        told.append((belief.confirmed, belief.switched_at))
    confirmed, since = zip(*told, strict=True)
    return Seen(belief.top, confirmed, since)


def alarms(seen: Seen, truth: str) -> int:
    """Confirmations of anyone but the truth, by someone who never changed.

    Of a stranger, who is rightly unknown, also that they have become another one.
    """
    new = [i for i, e in enumerate(seen.since) if e != (seen.since[i - 1] if i else 0)]
    told = [seen.confirmed[i] for i in new]
    wrong = sum(name != truth for name in told)
    again = sum(a == b == UNKNOWN for a, b in itertools.pairwise(told))
    return wrong + (again if truth == UNKNOWN else 0)


def wait(seen: Seen, change: int, truth: str) -> float:
    """Episodes from a change to its confirmation, censored at 30; `change` were played before."""
    for e, (name, since) in enumerate(
        zip(seen.confirmed[change:], seen.since[change:], strict=True), 1
    ):
        if name == truth and since > change:
            return float(e)
    return float(CENSORED)


def style_figures(pools: dict[str, Pool], seeds: int, tell: Tell) -> list[Figure]:
    """All figures about archetypes.

    Args:
        pools: "as they are" and "30 % lapse" → their fights.
        seeds: runs a person.
        tell: called with a stage and its share that is done.
    """
    rng = np.random.default_rng(1)
    usual = pools["as they are"]
    own, found = usual.library, []
    for place, (name, pool) in enumerate(pools.items()):
        tell(f"archetypes, {name}", place / len(pools))
        found += _in_fights(name, pool, own, seeds, rng)
    if len(usual.kinds) > 1:
        found.append(_left_out(usual, seeds, rng))
    tell("archetypes drawn", 0.0)
    return found + _drawn(seeds, rng, tell)


def _in_fights(
    name: str, pool: Pool, own: Library, seeds: int, rng: np.random.Generator
) -> list[Figure]:
    who = [i for i in range(len(pool.kinds)) for _ in range(seeds)]
    plays = np.stack([pool.draw(i, EPISODES, rng) for i in who])
    # The true parameters: what each plays on such a day, and how closely.
    alphas = pool.kappas()[:, None] * pool.shares + 1e-3
    best = likeliest(plays, np.broadcast_to(alphas, (len(who), *alphas.shape)))
    seen = [run(own, each) for each in plays]
    lapse = "lapse" in name
    found = [
        *_known(f"fights, {name}", seen, [own.names[i] for i in who], best == np.array(who), rng),
        _alarmed(
            f"fights, {name}",
            [
                alarms(run(own, pool.draw(i, STEADY, rng)), own.names[i])
                for i in who[:: max(1, len(who) // 200)]
            ],
            lapse,
            rng,
        ),
    ]
    if len(pool.kinds) > 1:
        waits = []
        for i in who:
            j = int(rng.choice(np.delete(np.arange(len(pool.kinds)), i)))
            change = int(rng.integers(*CHANGES))
            both = [pool.draw(i, change, rng), pool.draw(j, CENSORED, rng)]
            waits.append(wait(run(own, np.concatenate(both)), change, own.names[j]))
        found += waited(f"fights, {name}", waits, lapse, rng)
    return found


def _left_out(pool: Pool, seeds: int, rng: np.random.Generator) -> Figure:
    """Each person before a library of the others."""
    called = []
    for i in range(len(pool.kinds)):
        others = pool.without(i)
        drawn = (pool.draw(i, EPISODES, rng) for _ in range(seeds))
        called += [run(others, plays).top == UNKNOWN for plays in drawn]
    name = "fights: a person left out of the library is called unknown"
    return judged(name, proportion(np.array(called, float)), 0.90)


def _drawn(seeds: int, rng: np.random.Generator, tell: Tell) -> list[Figure]:
    each = max(1, 7 * seeds // LIBRARIES)
    seen, names, best = [], [], []
    outside: dict[str, list[bool]] = {"uniform": [], "corner": [], "mixture": []}
    waits: dict[bool, list[float]] = {False: [], True: []}
    alarmed: dict[bool, list[int]] = {False: [], True: []}
    turned: tuple[list[float], list[int]] = [], []
    for place in range(LIBRARIES):
        tell("archetypes drawn", place / LIBRARIES)
        library = drawn_library(rng)
        shares = library.shares()
        who = rng.integers(0, len(shares), each)
        crowd = persons(shares[who], rng, lapses=True)
        plays = crowd.play(EPISODES, rng)
        mixed = (1.0 - crowd.lapse)[:, None, None] * shares + (
            crowd.lapse[:, None, None] / shares.shape[1]
        )
        right = likeliest(plays, crowd.kappa[:, None, None] * mixed + 1e-3) == who
        seen += [run(library, one) for one in plays]
        names += [library.names[i] for i in who]
        best += right.tolist()
        for how, called in outside.items():
            odd = persons(strangers(library, how, each, rng), rng, lapses=False)
            called += [run(library, one).top == UNKNOWN for one in odd.play(EPISODES, rng)]
        for lapses in (False, True):
            _changes(library, lapses, each, rng, waits[lapses], alarmed[lapses])
        _strangers_change(library, each, rng, *turned)
    found = _known("drawn", seen, names, np.array(best), rng)
    for how, called in outside.items():
        rate = proportion(np.array(called, float))
        found.append(judged(f"drawn: a style outside ({how}) is called unknown", rate, 0.90))
    for lapses, word in ((False, "drawn, no lapse"), (True, "drawn, lapse 0 to 45 %")):
        found += waited(word, waits[lapses], lapses, rng)
        found.append(_alarmed(word, alarmed[lapses], lapses, rng))
    # A style of which nothing is known beforehand takes as long as one under lapse.
    found += waited("drawn, from one stranger to another", turned[0], True, rng)
    return [*found, _alarmed("drawn, strangers", turned[1], False, rng)]


def _strangers_change(
    library: Library,
    n: int,
    rng: np.random.Generator,
    waits: list[float],
    alarmed: list[int],
) -> None:
    """Adds the waits of n strangers who become other strangers, and alarms of n // 4 who do not."""
    before = persons(strangers(library, "uniform", n, rng), rng, lapses=False)
    after = replace(before, shares=strangers(library, "uniform", n, rng))
    change = int(rng.integers(*CHANGES))
    plays = np.concatenate([before.play(change, rng), after.play(CENSORED, rng)], axis=1)
    waits += [wait(run(library, one), change, UNKNOWN) for one in plays]
    still = before.play(STEADY, rng)[: max(1, n // 4)]
    alarmed += [alarms(run(library, one), UNKNOWN) for one in still]


def _changes(
    library: Library,
    lapses: bool,
    n: int,
    rng: np.random.Generator,
    waits: list[float],
    alarmed: list[int],
) -> None:
    """Adds the waits of n people who change, and the alarms of n // 4 who do not."""
    shares = library.shares()
    who = rng.integers(0, len(shares), n)
    then = (who + rng.integers(1, len(shares), n)) % len(shares)
    before = persons(shares[who], rng, lapses=lapses)
    after = replace(before, shares=shares[then])
    change = int(rng.integers(*CHANGES))
    plays = np.concatenate([before.play(change, rng), after.play(CENSORED, rng)], axis=1)
    for one, j in zip(plays, then, strict=True):
        waits.append(wait(run(library, one), change, library.names[j]))
    few = max(1, n // 4)
    still = persons(shares[who[:few]], rng, lapses=lapses).play(STEADY, rng)
    for one, i in zip(still, who[:few], strict=True):
        alarmed.append(alarms(run(library, one), library.names[i]))


def _known(
    where: str,
    seen: Sequence[Seen],
    truth: Sequence[str],
    best: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> list[Figure]:
    right = np.array([s.top == name for s, name in zip(seen, truth, strict=True)], float)
    odd = np.array([s.top == UNKNOWN for s in seen], float)
    ratio = interval(np.stack([right, best.astype(float)]), _ratio, rng)
    return [
        judged(f"{where}: archetype top-1 after 10 ÷ Bayes ceiling", ratio, 0.97),
        judged(f"{where}: in the library, called unknown", proportion(odd), -0.05),
    ]


def _ratio(pair: Floats) -> float:
    return float(pair[0].sum() / max(1.0, pair[1].sum()))


def waited(
    where: str,
    waits: Sequence[float],
    lapse: bool,
    rng: np.random.Generator,
) -> list[Figure]:
    """Median and 90 % quantile of waits, beside the targets for play with lapses or without."""
    rows, limits = np.array([waits]), (5.0, 10.0) if lapse else (3.0, 6.0)
    middle = interval(rows, lambda one: float(np.median(one)), rng)
    most = interval(rows, lambda one: float(np.quantile(one, 0.9)), rng)
    return [
        judged(f"{where}: switch noticed, median episodes", middle, -limits[0]),
        judged(f"{where}: switch noticed, p90 episodes", most, -limits[1]),
    ]


def _alarmed(
    where: str,
    counts: Sequence[int],
    lapse: bool,
    rng: np.random.Generator,
) -> Figure:
    rate = interval(np.array([counts], float), lambda one: float(one.mean()), rng)
    return judged(f"{where}: false alarms in 100 episodes", rate, -2.0 if lapse else -1.0)
