"""The belief about archetypes: beside its formula written out, its laws, and how soon it knows."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.errors import InputError
from astraweave.model.actions import KIND_CODE, ActionVocabulary, Kind
from astraweave.model.actions import KINDS as KIND_NAMES
from astraweave.playstyle.archetypes import (
    UNKNOWN,
    Archetype,
    Library,
    load_archetypes,
    played_in,
)
from astraweave.playstyle.switching import ALIKE, CLOSENESS, LAPSES, Belief, beginning, observed
from tests.playstyle.naive_style import Naive

LIBRARY = load_archetypes()
SHARES = LIBRARY.shares()
FEW = Library(
    archetypes={name: LIBRARY.archetypes[name] for name in ("berserker", "healer", "kiter")}
)
KINDS = SHARES.shape[1]
COUNTS = st.lists(st.integers(0, 300), min_size=KINDS, max_size=KINDS)


def episodes(rng, shares, n, lapse=0.0, actions=120):
    alpha = LIBRARY.kappa * ((1 - lapse) * shares + lapse / KINDS) + 1e-3
    return [rng.multinomial(actions, rng.dirichlet(alpha)).astype(float) for _ in range(n)]


def after(belief, plays):
    for counts in plays:
        belief = observed(belief, counts, LIBRARY)
    return belief


@settings(max_examples=15, deadline=None)
@given(
    st.lists(COUNTS, min_size=1, max_size=6),
    st.sampled_from([{}, {"melee": 3, "ranged": 1, "utility": 2, "movement": 5}]),
)
def test_the_belief_is_the_formula_s(plays, lapse):
    library = msgspec.structs.replace(FEW, lapse=lapse)
    belief, naive = beginning(library), Naive(library)
    for counts in plays:
        if any(counts[i] for i in naive.here):
            naive.see(counts)
        belief = observed(belief, np.array(counts, dtype=float), library)
    for (i, j, c), mass in naive.q.items():
        assert belief.masses[i][j * len(CLOSENESS) + c] == pytest.approx(mass, abs=1e-7)
    assert belief.is_whole
    assert 0.0 <= belief.lapse <= LAPSES[-1] + 1e-9
    if belief.unknown is not None:
        assert belief.unknown.varied == pytest.approx(naive.varied, abs=1e-7)
        assert belief.unknown.met == pytest.approx(naive.met, abs=1e-7)


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


def vocabulary_of(many):
    kinds = (kind for kind, n in zip(KIND_NAMES, many, strict=True) for _ in range(n))
    return ActionVocabulary({f"do{i}": Kind(kind.value) for i, kind in enumerate(kinds)})


def lapsing(rng, shares, vocabulary, lapse, n=10, actions=120):
    """Episodes of someone who does, of so many moments, one of the actions at random."""
    at_random = np.bincount([KIND_CODE[k.kind] for k in vocabulary.values()], minlength=KINDS)
    mixed = (1 - lapse) * shares + lapse * at_random / at_random.sum()
    alpha = 300 * mixed + 1e-9
    return [rng.multinomial(actions, rng.dirichlet(alpha)).astype(float) for _ in range(n)]


def named(library, plays):
    belief = beginning(library)
    for counts in plays:
        belief = observed(belief, counts, library)
    return belief.top


def test_who_often_does_any_action_at_all_is_known_whatever_the_actions_are():
    rng, right = np.random.default_rng(17), 0
    for round_ in range(35):
        vocabulary = vocabulary_of(rng.integers(1, 5, KINDS))
        library = played_in(LIBRARY, vocabulary)
        i = round_ % len(SHARES)
        plays = lapsing(rng, SHARES[i], vocabulary, rng.choice([0.0, 0.3, 0.45]))
        right += named(library, plays) == LIBRARY.names[i]
    assert right >= 0.97 * 35


def test_in_a_game_of_few_kinds_people_are_compared_by_those_alone():
    rng = np.random.default_rng(18)
    vocabulary = vocabulary_of([2, 1, 0, 1, 0, 2, 0])
    library = played_in(LIBRARY, vocabulary)
    assert set(library.archetypes) == {"berserker", "cautious", "hybrid", "kiter", "tactician"}
    possible = SHARES * (library.anything() > 0)
    for name in ("berserker", "kiter"):
        own = possible[LIBRARY.names.index(name)]
        called = [named(library, lapsing(rng, own / own.sum(), vocabulary, 0.1)) for _ in range(10)]
        assert called.count(name) >= 9
    guards = np.array([0.02, 0.02, 0, 0.94, 0, 0.02, 0])
    called = [named(library, lapsing(rng, guards, vocabulary, 0.0)) for _ in range(10)]
    assert called.count(UNKNOWN) >= 9


def test_actions_of_a_kind_that_cannot_be_done_tell_nothing():
    library = played_in(LIBRARY, vocabulary_of([1, 1, 0, 1, 0, 1, 0]))
    plays, none = np.array([30.0, 2, 0, 3, 0, 6, 0]), np.array([0.0, 0, 9, 0, 9, 0, 9])
    belief = observed(beginning(library), plays, library)
    assert observed(beginning(library), plays + none, library) == belief
    assert observed(belief, none, library) is belief


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


def test_a_stranger_s_evening_like_an_archetype_s_makes_them_no_other_stranger():
    rng, mistaken = np.random.default_rng(15), 0
    own = np.array([0.1, 0.5, 0.05, 0.05, 0.2, 0.05, 0.05])
    for i in range(len(SHARES)):
        before = after(beginning(LIBRARY), episodes(rng, own, 12))
        assert before.confirmed == UNKNOWN
        plays = [*episodes(rng, SHARES[i], 1), *episodes(rng, own, 8)]
        mistaken += after(before, plays).switched_at != before.switched_at
    assert mistaken <= 1


def test_who_does_anything_at_all_is_unknown():
    rng = np.random.default_rng(16)
    evenings = rng.multinomial(120, np.full(KINDS, 1 / KINDS), (10, 10)).astype(float)
    called = [after(beginning(LIBRARY), plays).top == UNKNOWN for plays in evenings]
    assert sum(called) >= 9


def test_between_two_archetypes_is_unknown_in_one_evening_and_from_evening_to_evening():
    rng, within, between, taken_in_turn = np.random.default_rng(10), 0, 0, 0
    pairs = [(0, 1), (0, 5), (1, 5), (0, 3), (3, 5)]  # farther than .15 from all seven
    for i, j in pairs * 4:
        mixed = 0.5 * (SHARES[i] + SHARES[j])
        within += after(beginning(LIBRARY), episodes(rng, mixed, 10)).top == UNKNOWN
        one, other = episodes(rng, SHARES[i], 10), episodes(rng, SHARES[j], 10)
        plays = [(one, other)[e % 2][e] for e in range(10)]
        between += after(beginning(LIBRARY), plays).top == UNKNOWN
        taken_in_turn += after(beginning(LIBRARY), [*one, *other]).top == LIBRARY.names[j]
    assert within >= 0.9 * 20
    assert between >= 0.9 * 20
    assert taken_in_turn >= 0.95 * 20  # a switch is a switch


def test_a_player_near_an_archetype_stays_one_of_it_however_long():
    rng, right = np.random.default_rng(11), 0
    for i in [*range(len(SHARES))] * 3:
        near = rng.dirichlet(2 * ALIKE * SHARES[i] + 1e-3)
        belief = after(beginning(LIBRARY), episodes(rng, near, 60))
        right += belief.top == belief.confirmed == LIBRARY.names[i]
    assert right >= 0.9 * 3 * len(SHARES)


def test_of_many_archetypes_too_one_is_known_and_a_stranger_is_unknown():
    rng = np.random.default_rng(12)
    rows = rng.dirichlet(np.full(KINDS, 0.5), 40)
    kinds = [dict(zip((k.value for k in KIND_NAMES), row.tolist(), strict=True)) for row in rows]
    many = Library(archetypes={f"a{i}": Archetype(kinds=each) for i, each in enumerate(kinds)})
    belief, odd = beginning(many), beginning(many)
    for mine, theirs in zip(
        episodes(rng, rows[7], 8), episodes(rng, np.eye(KINDS)[4] * 0.93 + 0.01, 8), strict=True
    ):
        belief, odd = observed(belief, mine, many), observed(odd, theirs, many)
    assert belief.top == "a7"
    assert odd.top == UNKNOWN


def test_one_archetype_alone_is_known_from_a_stranger():
    rng = np.random.default_rng(13)
    alone = Library(archetypes={"healer": LIBRARY.archetypes["healer"]})
    for shares, name in ((alone.shares()[0], "healer"), (SHARES[0], UNKNOWN)):
        belief = beginning(alone)
        for counts in episodes(rng, shares, 6):
            belief = observed(belief, counts, alone)
        assert belief.confirmed == name


@settings(max_examples=30, deadline=None)
@given(st.lists(COUNTS, min_size=1, max_size=5), st.floats(0.0, 0.9))
def test_a_belief_is_whole_whatever_is_played_and_however_likely_a_change(plays, hazard):
    belief = beginning(LIBRARY)
    for counts in plays:
        belief = observed(belief, 1e3 * np.array(counts, dtype=float), LIBRARY, hazard=hazard)
    assert belief.is_whole
    stored = msgspec.msgpack.decode(msgspec.msgpack.encode(belief), type=Belief)
    assert stored == belief


def test_what_cannot_have_come_from_play_is_not_whole():
    belief = after(beginning(LIBRARY), episodes(np.random.default_rng(14), SHARES[0], 3))
    unknown = belief.unknown
    assert belief.is_whole
    run = unknown.runs[0]
    broken = [
        {"ways": belief.ways[:-1]},
        {"settled": (math.inf,) * KINDS},
        {"settled": (1.0,)},
        {"ways": tuple(row[:-1] for row in belief.ways)},
        {"unknown": msgspec.structs.replace(unknown, runs=())},
        {"unknown": msgspec.structs.replace(unknown, met=unknown.met[:-1])},
        {"unknown": msgspec.structs.replace(unknown, varied=unknown.varied + 0.5)},
        {
            "unknown": msgspec.structs.replace(
                unknown,
                runs=(msgspec.structs.replace(run, own=(math.inf,) * KINDS), *unknown.runs[1:]),
            )
        },
    ]
    for change in broken:
        assert not msgspec.structs.replace(belief, **change).is_whole, change


@pytest.mark.parametrize("closeness", [1, 2])
def test_a_belief_from_before_closeness_or_this_much_goes_on(closeness):
    rows = ((0.2, 0.02, 0.01, 0.01),) + ((0.1, 0.004, 0.002, 0.0025714),) * 7
    wide = tuple(tuple(np.repeat(np.array(row) / closeness, closeness).tolist()) for row in rows)
    old = Belief(
        names=LIBRARY.names,
        masses=wide,
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
