"""Archetypes from a population: those who made it are found again, whoever counts."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.errors import InputError
from astraweave.model.actions import KINDS
from astraweave.playstyle import load_archetypes
from astraweave.playstyle.archetypes import Archetype, Library
from astraweave.playstyle.library_file import library_text
from astraweave.playstyle.population import SPELL, _Counted, _likely, _sharpened, fit, spells_of

TRUE = load_archetypes()


def people(count, episodes, shares=None, kappa=30.0, seed=0):
    """Spells of people of each archetype in turn."""
    shares, rng = TRUE.shares() if shares is None else shares, np.random.default_rng(seed)
    found = []
    for person in range(count):
        alpha = kappa * shares[person % len(shares)] + 1e-3
        rows = [
            rng.multinomial(rng.integers(10, 60), rng.dirichlet(alpha)) for _ in range(episodes)
        ]
        found += spells_of(np.array(rows))
    return found


def test_the_archetypes_that_made_a_population_are_found_again():
    found = fit(people(210, 12))
    assert len(found.library.archetypes) == len(TRUE.archetypes)
    assert min(found.bic, key=found.bic.get) == len(TRUE.archetypes)
    assert found.library.kappa == pytest.approx(30.0, rel=0.15)
    for name, true in zip(TRUE.archetypes, TRUE.shares(), strict=True):
        apart = np.abs(found.library.shares() - true).sum(axis=1)
        assert apart.min() < 0.08, name
    assert sum(found.sizes.values()) == pytest.approx(found.spells, abs=0.1)
    assert (found.spells, found.episodes) == (420, 2520)


def test_another_game_of_two_kinds_of_player_has_two():
    shares = np.array([[0.7, 0, 0, 0.1, 0.2, 0, 0], [0, 0, 0, 0, 0, 0.2, 0.8]])
    found = fit(people(40, 10, shares, kappa=80.0))
    assert list(found.library.archetypes) in (["melee", "utility"], ["utility", "melee"])
    assert 50.0 < found.library.kappa < 130.0


def test_somebody_who_changes_is_not_taken_for_one_who_does_both():
    rng, shares = np.random.default_rng(3), np.eye(len(KINDS))[:2] * 0.98 + 0.02 / len(KINDS)
    spells = []
    for _ in range(20):
        counts = [rng.multinomial(30, shares[i]) for i in [0] * SPELL + [1] * SPELL]
        spells += spells_of(np.array(counts))
    assert list(fit(spells).library.archetypes) == ["melee", "ranged"]


@settings(max_examples=5, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_spells_changes_no_byte(random):
    spells = people(14, 4)
    shuffled = list(spells)
    random.shuffle(shuffled)
    one, other = fit(spells, 3), fit(shuffled, 3)
    assert library_text(one.library) == library_text(other.library)
    assert one.bic == other.bic


def test_likelihood_is_the_distribution_s():
    spells = people(6, 3)
    seen = _Counted(spells)
    shares, kappa = TRUE.shares(), 12.5
    shares = (shares + 0.01) / (shares + 0.01).sum(axis=1, keepdims=True)
    found = _likely(seen, shares, kappa)
    for i, spell in enumerate(spells):
        for k, p in enumerate(shares):
            true = 0.0
            for x in spell:
                true += math.lgamma(kappa) - math.lgamma(kappa + x.sum())
                true += sum(
                    math.lgamma(kappa * q + n) - math.lgamma(kappa * q)
                    for q, n in zip(p, x, strict=True)
                )
            assert found[i, k] == pytest.approx(true, rel=1e-9)


def test_one_archetype_alone_is_where_the_likelihood_is_highest():
    seen = _Counted(people(30, 6, TRUE.shares()[:1]))
    all_in, shares, kappa = np.ones((seen.n, 1)), np.full((1, len(KINDS)), 1 / len(KINDS)), 10.0
    for _ in range(60):
        shares, kappa = _sharpened(seen, all_in, shares, kappa)
    best = _likely(seen, shares, kappa).sum()
    for factor in (0.9, 1.1):
        assert _likely(seen, shares, kappa * factor).sum() < best
        for kind in range(2):
            moved = shares.copy()
            moved[0, kind] *= factor
            assert _likely(seen, moved / moved.sum(), kappa).sum() < best


def test_counts_that_nobody_can_do_weigh_no_more_than_a_thousand():
    counts = np.zeros((4, len(KINDS)), np.int64)
    counts[:, 0], counts[:, 1] = 1 << 30, 1 << 29
    found = fit([counts[:2], counts[2:]], 1)
    (shares,) = found.library.shares()
    assert shares[0] == pytest.approx(2 / 3, abs=0.01)


@pytest.mark.parametrize(("spells", "k"), [(0, None), (1, None), (3, 2), (9, 0), (9, 65), (9, -1)])
def test_too_few_to_tell_apart_is_refused(spells, k):
    with pytest.raises(InputError):
        fit([np.ones((2, len(KINDS)), np.int64)] * spells, k)


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=20).filter(lambda name: name != "unknown"),
        st.text(max_size=30),
        min_size=1,
        max_size=4,
    )
)
def test_a_written_library_is_read_back(tmp_path_factory, told):
    kinds = {name: {"melee": 0.25 + i, "magic": 1.0} for i, name in enumerate(told)}
    library = Library(
        archetypes={n: Archetype(kinds=kinds[n], description=text) for n, text in told.items()},
        kappa=12.25,
    )
    path = tmp_path_factory.mktemp("library") / "a.toml"
    path.write_text(library_text(library), "utf-8", newline="")
    assert load_archetypes(path) == library
