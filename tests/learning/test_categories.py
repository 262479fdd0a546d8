"""Who talks, explores and solves between two fights still fights alike."""

import numpy as np
import pytest

from astraweave.learning.decisions import Conduct
from astraweave.learning.population import read_save
from astraweave.learning.rows import absorb, known
from astraweave.learning.statistics import EpisodeRow, LearnerState
from astraweave.memory import open_memory
from astraweave.model.episode import EpisodeCategory
from astraweave.playstyle import FEATURES, Evidence, load_archetypes
from tests.learning.conftest import PAIR

LIBRARY = load_archetypes()
KINDS = slice(FEATURES.index("melee"), FEATURES.index("utility") + 1)
TALKS = np.array([0.0, 0, 0, 0, 0, 0, 15])


def learned(rows):
    state, evidence = LearnerState(), Evidence()
    for row in rows:
        evidence = absorb(state, evidence, row, LIBRARY)
    return evidence.style


@pytest.fixture
def row(game, fight):
    """A row of so many actions of each kind."""

    def make(counts, category="combat"):
        features = np.zeros(len(FEATURES))
        features[KINDS] = counts
        return EpisodeRow(
            category=category,
            policy_version=0,
            seconds=30.0,
            features=features.tolist(),
            actions={},
            conduct=Conduct((), 0, 0, 0, False),
            outcome=fight(0).outcome,
        )

    return make


@pytest.mark.parametrize("every", [2, 3])
def test_whoever_talks_between_fights_is_of_the_archetype_they_fight_like(row, every):
    rng = np.random.default_rng(3)
    for name, shares in zip(LIBRARY.archetypes, LIBRARY.shares(), strict=True):
        fights = [row(rng.multinomial(100, rng.dirichlet(100 * shares + 1e-3))) for _ in range(12)]
        mixed = []
        for number, fight in enumerate(fights):
            mixed += [fight, row(TALKS, "dialogue")] if number % every == 0 else [fight]
        assert learned(mixed) == learned(fights)
        assert learned(mixed).confirmed == name


def test_where_nobody_fights_all_episodes_are_compared(row):
    kiter = LIBRARY.shares()[LIBRARY.names.index("kiter")]
    belief = learned([row(100 * kiter, "exploration") for _ in range(5)])
    assert belief.episodes == 5
    assert belief.top == "kiter"


def test_a_population_is_looked_at_where_it_fights(tmp_path, fight, game, step):
    path = tmp_path / "one.db"
    with open_memory(path) as store:
        for number in range(6):
            talks = {"category": EpisodeCategory.DIALOGUE, "actions": ("dodge",) * 9}
            store.write(fight(number, **(talks if number % 2 else {})))
        step(store, game)
        assert known(store, *PAIR).state.episodes == 6
    found = read_save(str(path))
    assert found.episodes == 3
    assert found.counts()[0].sum() == 3 * 4
