"""The belief about archetypes: beside its formula written out, its laws, and how soon it knows."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.errors import InputError
from astraweave.playstyle.archetypes import UNKNOWN, load_archetypes
from astraweave.playstyle.switching import (
    CLOSENESS,
    LAPSES,
    OWN_DECAY,
    Belief,
    beginning,
    observed,
)

LIBRARY = load_archetypes()
SHARES = LIBRARY.shares()
KINDS = SHARES.shape[1]
COUNTS = st.lists(st.integers(0, 300), min_size=KINDS, max_size=KINDS)


def expected(own, kappa):
    """Dirichlet of the next episode's shares, of which only earlier play is known."""
    if not sum(own):
        return [1.0] * KINDS
    c = sum(own) + KINDS
    variance = 1 / (c + 1) + (c / (c + 1)) / (kappa + 1)
    return [(1 / variance - 1) * (x + 1) / c for x in own]


def naive(q, own, odd, gain, counts, library, h=1 / 40):
    """design: q⁻(k) = (1−h)q(k) + h(1−q(k))/(K−1); q ∝ q⁻·DirMult(x | κ[(1−ℓ)π + ℓ/A]).

    Here κ is marginalised over multiples, and the unknown expects what was played before.
    """
    shares, names = library.shares(), library.names

    def weight(alpha):
        n, total = sum(counts), sum(alpha)
        value = math.lgamma(total) - math.lgamma(total + n)
        for a, x in zip(alpha, counts, strict=True):
            value += math.lgamma(a + x) - math.lgamma(a)
        return value

    found, states = {}, [(lapse, close) for lapse in LAPSES for close in CLOSENESS]
    for j, (lapse, close) in enumerate(states):
        column = sum(q[i, j] for i in range(len(names)))
        kappa = library.kappa * close
        for i, name in enumerate(names):
            moved = (1 - h) * q[i, j] + h * (column - q[i, j]) / (len(names) - 1)
            if name != UNKNOWN:
                mixed = (1 - lapse) * shares[i] + lapse / KINDS
                alpha = [kappa * p + 1e-3 for p in mixed]
                found[i, j] = (moved, weight(alpha))
                continue
            speaks = h * math.exp(gain)
            changed = speaks / (1 - h + speaks)
            old, new = weight(expected(own, kappa)), weight(expected(odd, kappa))
            most = max(old, new)
            both = (1 - changed) * math.exp(old - most) + changed * math.exp(new - most)
            found[i, j] = (moved, most + math.log(both))
    most = max(value for _, value in found.values())
    q = {at: moved * math.exp(value - most) for at, (moved, value) in found.items()}
    total = sum(q.values())
    q = {at: value / total for at, value in q.items()}
    scatter = sum(value / (library.kappa * states[j][1]) for (_, j), value in q.items())
    worth = 1 / (1 + sum(counts) * scatter)
    play = [x * worth for x in counts]
    step = weight(expected(odd, library.kappa)) - weight(expected(own, library.kappa))
    gain += step
    if step > 0 and sum(odd) and gain > math.log(39 * 9):
        return q, [a + b for a, b in zip(odd, play, strict=True)], [0.0] * KINDS, 0.0
    if step > 0 and sum(own):
        return q, own, [a + b for a, b in zip(odd, play, strict=True)], gain
    both = zip(own, odd, play, strict=True)
    return q, [OWN_DECAY * (a + b) + c for a, b, c in both], [0.0] * KINDS, 0.0


def episodes(rng, shares, n, lapse=0.0, actions=120):
    alpha = LIBRARY.kappa * ((1 - lapse) * shares + lapse / KINDS) + 1e-3
    return [rng.multinomial(actions, rng.dirichlet(alpha)).astype(float) for _ in range(n)]


def after(belief, plays):
    for counts in plays:
        belief = observed(belief, counts, LIBRARY)
    return belief


@settings(max_examples=40)
@given(st.lists(COUNTS, min_size=1, max_size=4))
def test_the_belief_is_the_formula_s(plays):
    belief = beginning(LIBRARY)
    q = {(i, j): m for i, row in enumerate(belief.masses) for j, m in enumerate(row)}
    own, odd, gain = [0.0] * KINDS, [0.0] * KINDS, 0.0
    for counts in plays:
        if any(counts):
            q, own, odd, gain = naive(q, own, odd, gain, counts, LIBRARY)
            belief = observed(belief, np.array(counts, dtype=float), LIBRARY)
    for (i, j), mass in q.items():
        assert belief.masses[i][j] == pytest.approx(mass, abs=1e-9)
    assert belief.is_whole
    assert 0.0 <= belief.lapse <= LAPSES[-1] + 1e-9


def test_an_episode_without_actions_tells_nothing():
    belief = after(beginning(LIBRARY), episodes(np.random.default_rng(1), SHARES[0], 3))
    assert observed(belief, np.zeros(KINDS), LIBRARY) is belief


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
def test_counts_that_are_none_are_refused(bad):
    with pytest.raises(InputError, match="counts must be finite"):
        observed(beginning(LIBRARY), np.full(KINDS, bad), LIBRARY)


def test_a_belief_of_another_library_begins_anew():
    other = Belief(names=("a", "unknown"), masses=((0.25,) * 4, (0.0,) * 4), confirmed="a")
    counts = episodes(np.random.default_rng(2), SHARES[0], 1)[0]
    assert observed(other, counts, LIBRARY) == observed(beginning(LIBRARY), counts, LIBRARY)


@pytest.mark.parametrize("lapse", [0.0, 0.3])
def test_each_archetype_is_known_within_ten_episodes(lapse):
    rng = np.random.default_rng(3)
    right = 0
    for i in range(len(SHARES)):
        for _ in range(6):
            belief = after(beginning(LIBRARY), episodes(rng, SHARES[i], 10, lapse))
            right += belief.top == LIBRARY.names[i]
    assert right >= 0.95 * 6 * len(SHARES)


def test_one_whom_none_fits_is_unknown():
    # Everything by support alone: far from all seven.
    odd = np.array([0.01, 0.01, 0.01, 0.01, 0.94, 0.01, 0.01])
    belief = after(beginning(LIBRARY), episodes(np.random.default_rng(4), odd, 10))
    assert belief.top == belief.confirmed == UNKNOWN


def test_any_style_of_one_s_own_is_unknown_and_no_archetype_s_player_is():
    rng, called, mistaken = np.random.default_rng(7), 0, 0
    for i in range(60):
        own = rng.dirichlet(np.ones(KINDS))
        called += after(beginning(LIBRARY), episodes(rng, own, 10)).top == UNKNOWN
        of_one = SHARES[i % len(SHARES)]
        mistaken += after(beginning(LIBRARY), episodes(rng, of_one, 10, 0.2)).top == UNKNOWN
    assert called >= 0.9 * 60
    assert mistaken <= 0.05 * 60


def test_a_stranger_who_becomes_another_stranger_is_seen_to_change_and_one_odd_evening_is_not():
    rng, seen, mistaken = np.random.default_rng(9), 0, 0
    for _ in range(30):
        one, other = rng.dirichlet(np.ones(KINDS)), rng.dirichlet(np.ones(KINDS))
        before = after(beginning(LIBRARY), episodes(rng, one, 15))
        odd = after(before, [*episodes(rng, other, 1), *episodes(rng, one, 2)])
        mistaken += odd.switched_at != before.switched_at
        changed = after(before, episodes(rng, other, 6))
        seen += changed.switched_at > 15
    assert seen >= 0.8 * 30
    assert mistaken <= 0.1 * 30


def test_a_belief_from_before_closeness_goes_on():
    old = Belief(
        names=LIBRARY.names,
        masses=((0.2, 0.02, 0.01, 0.01),) + ((0.1, 0.004, 0.002, 0.0025714),) * 7,
        episodes=9,
        confirmed=LIBRARY.names[0],
    )
    counts = episodes(np.random.default_rng(8), SHARES[0], 1)[0]
    newer = observed(old, counts, LIBRARY)
    assert newer.episodes == 10
    assert newer.top == newer.confirmed == LIBRARY.names[0]
    assert newer.is_whole
    assert old.lapse < 0.1


def test_a_change_of_style_is_confirmed_soon_and_says_when():
    rng, waits = np.random.default_rng(5), []
    for i in range(len(SHARES)):
        now, later = SHARES[i], SHARES[(i + 2) % len(SHARES)]
        belief = after(beginning(LIBRARY), episodes(rng, now, 12))
        assert belief.confirmed == LIBRARY.names[i]
        confirmed_at = None
        for counts in episodes(rng, later, 30):
            belief = observed(belief, counts, LIBRARY)
            if belief.confirmed == LIBRARY.names[(i + 2) % len(SHARES)]:
                confirmed_at = belief.switched_at
                break
        assert confirmed_at == belief.episodes
        waits.append(confirmed_at - 12)
    assert np.median(waits) <= 3


def test_one_odd_evening_confirms_nothing():
    rng = np.random.default_rng(6)
    belief = after(beginning(LIBRARY), episodes(rng, SHARES[0], 10))
    belief = after(belief, episodes(rng, SHARES[1], 1))
    assert belief.confirmed == LIBRARY.names[0]
    assert after(belief, episodes(rng, SHARES[0], 2)).confirmed == LIBRARY.names[0]
