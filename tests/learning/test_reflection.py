"""Looking back: said is what numbers bear out, kept is what comes again, all can be forgotten."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import InputError
from astraweave.learning import status, why
from astraweave.learning.decisions import Choice, Conduct
from astraweave.learning.insights import (
    Insight,
    InsightType,
    importance_of,
    is_kept,
)
from astraweave.learning.reflection import compared, reflect
from astraweave.learning.rows import known
from astraweave.learning.statistics import EpisodeRow, LearnerState
from astraweave.learning.story import STYLE, Story
from astraweave.memory import open_memory
from astraweave.model.derived import insight_id, moment_id, reflection_id
from astraweave.model.episode import EpisodeOutcome
from astraweave.model.memory import MemoryType

PAIR = ("robin", "mira")
TACTICS = ("guard", "rush")


def row(worths):
    names = tuple(dict.fromkeys((*TACTICS, *(name for name, _ in worths))))
    choices = tuple(Choice("n", 0, name, names, 0.5, worth) for name, worth in worths)
    conduct = Conduct(choices, len(choices), 0, 2, False)
    told = EpisodeOutcome(success_rating=1.0)
    return EpisodeRow(
        category="combat",
        policy_version=0,
        seconds=30.0,
        features=[],
        actions={},
        conduct=conduct,
        outcome=told,
    )


def said(worths, usual=(), play=1.0):
    one = row(worths)
    return reflect(LearnerState(episodes=3), usual, one, play, compared(one), "e")


# -- one episode -------------------------------------------------------------------------------


def test_what_was_clearly_better_worked_and_what_was_clearly_worse_is_to_improve():
    told = said([("guard", 0.9), ("rush", 0.1)] * 8)
    assert told.worked.startswith("guard, worth 0.90 a decision in 8, ")
    assert told.improve.startswith("rush, worth 0.10 a decision in 8, ")
    assert "more than the rest" in told.worked
    assert "less than the rest" in told.improve
    assert told.advice == ""


@pytest.mark.parametrize(
    "worths",
    [
        [],
        [("guard", 1.0)] * 30,
        [("guard", 1.0)] * 4 + [("rush", 0.0)] * 30,
        [("guard", 0.55), ("rush", 0.45)] * 6,
    ],
)
def test_thin_evidence_says_nothing(worths):
    assert said(worths) is None


def test_by_chance_alone_hardly_anything_is_said():
    rng = np.random.default_rng(0)
    for count in (2, 5):
        spoke = 0
        for _ in range(400):
            drawn = rng.random(8 * count)
            one = row([(f"t{i % count}", float(w)) for i, w in enumerate(drawn)])
            spoke += reflect(LearnerState(), (), one, 1.0, compared(one), "e") is not None
        # Either of two one-sided tests, 5 % each for all tactics together.
        assert spoke / 400 < 0.13


def test_an_episode_is_compared_with_at_least_ten_before_it():
    usual = [1.0 + i / 100 for i in range(20)]
    assert said([], usual[:9], 2.0) is None
    assert "a reward of 2.00, where of 20 before" in said([], usual, 2.0).worked
    assert "a reward of 0.20" in said([], usual, 0.2).improve
    assert said([], usual, 1.1) is None


# -- what is kept ------------------------------------------------------------------------------


def test_importance_is_ten_times_confidence_and_weight_with_one_more_for_much_evidence():
    assert importance_of("relationship_evolution", 0.7, 0) == 7
    assert importance_of("relationship_evolution", 0.7, 3) == 8
    assert importance_of("knowledge_evolution", 0.6, 2) == 5
    assert importance_of("relationship_evolution", 1.0, 9) == 10
    assert importance_of("memory_connection", 0.0, 0) == 1
    with pytest.raises(InputError, match="no type"):
        importance_of("mood", 0.5, 0)
    with pytest.raises(InputError, match="confidence"):
        importance_of("player_pattern", 1.5, 0)


@given(st.sampled_from(list(InsightType)), st.floats(0, 1), st.integers(0, 9))
def test_importance_stays_in_its_range_and_more_is_never_less(kind, confidence, evidence):
    found = importance_of(kind, confidence, evidence)
    assert 1 <= found <= 10
    assert found <= importance_of(kind, min(1.0, confidence + 0.1), evidence + 1)


def test_an_insight_comes_at_point_six_and_goes_below_a_half():
    assert not is_kept(0.59, 9)
    assert not is_kept(0.9, 3)
    assert is_kept(0.6, 4)
    assert is_kept(0.5, 1, known=True)
    assert not is_kept(0.49, 9, known=True)


def test_links_are_one_of_a_kind_and_half_strong():
    one = Insight(
        key="a~more",
        kind=InsightType.KNOWLEDGE_EVOLUTION,
        text="t",
        confidence=0.7,
        evidence=("x", "x", "y"),
        contradicts="a~less",
    )
    links = one.memory(*PAIR, 1.0).associations
    assert [(link.relation, link.strength) for link in links] == [
        ("builds_on", 0.5),
        ("builds_on", 0.5),
        ("contradicts", 0.5),
    ]


def test_what_comes_again_and_again_is_known_and_is_given_up_when_it_no_longer_holds():
    story = Story()
    for number in range(45):
        better = number < 12
        worths = [("guard", 0.9 if better else 0.1), ("rush", 0.1 if better else 0.9)] * 6
        story.compared(compared(row(worths)), f"e{number}", number)
        if number == 11:
            assert [m.after for m in story.moments] == ["known", "known"]
    guard = [(m.before, m.after) for m in story.moments if m.subject.startswith("guard is worth")]
    assert guard == [("open", "known"), ("known", "given up"), ("open", "known")]
    assert [m.number for m in story.moments] == list(range(len(story.moments)))
    assert not story.findings["guard~more"].known
    assert story.findings["guard~less"].known


# -- through the save --------------------------------------------------------------------------


def learned(store, game, fight, step, numbers, **more):
    for number in numbers:
        store.write(fight(number, decisions=24, **more))
        step(store, game)


def test_a_reflection_is_an_episodic_memory_that_is_found_again(store, game, fight, step):
    learned(store, game, fight, step, [1])
    memory = store.memory(reflection_id("mira-000001"))
    assert memory.memory_type is MemoryType.EPISODIC
    assert memory.text.startswith("Worked: guard, worth 0.90")
    assert memory.associations[0].memory_id == "mira-000001"
    hits = store.retrieve("guard worked", player_id="robin", now=2e9)
    assert memory.id in {hit.memory.id for hit in hits}
    assert "guard did better than the rest, rush worse." in why(store, game, *PAIR)[2]
    assert len(why(store, game, *PAIR)) == 5
    assert status(store, game, *PAIR).reflection.episode == "mira-000001"


def test_what_is_repeated_becomes_semantic_and_the_timeline_says_when(store, game, fight, step):
    learned(store, game, fight, step, range(10))
    insight = store.memory(insight_id(*PAIR, "guard~more"))
    assert insight.memory_type is MemoryType.SEMANTIC
    assert "guard is worth more" in insight.text
    assert insight.data["importance"] == round(10 * insight.importance)
    told = status(store, game, *PAIR)
    assert {each.key for each in told.insights} >= {"guard~more", "rush~less"}
    assert store.memory(moment_id(*PAIR, 0)).data["after"] == told.timeline[0].after
    assert all(store.memory(each) is not None for each in insight.data["evidence"])


def texts(store):
    rows = store._reader.query(
        "SELECT id, text FROM memories WHERE substr(id, 1, 8) IN ('insight:', 'timeline') "
        "OR substr(id, 1, 10) = 'reflection' ORDER BY id",
        (),
    )
    return list(map(tuple, rows))


def test_a_step_that_is_taken_twice_says_it_once(store, game, fight, step):
    learned(store, game, fight, step, range(8))
    before = texts(store)
    step(store, game)
    assert texts(store) == before


def test_a_forgotten_episode_takes_its_reflection_and_what_it_was_evidence_for(game, fight, step):
    ends = []
    for gone in (range(4, 9), ()):
        with open_memory() as store:
            learned(store, game, fight, step, [n for n in range(9) if gone or n not in range(4, 9)])
            if gone:
                store.forget(*[f"mira-{n:06d}" for n in gone])
                left = [key for key, _ in texts(store)]
                assert all(key.startswith("reflection:") for key in left)
                assert len(left) == 4
            learned(store, game, fight, step, [20])
            ends.append((known(store, *PAIR).state.story, texts(store)))
    assert ends[0] == ends[1]


def test_a_style_that_changes_stands_in_the_timeline_and_in_why(store, game_of, fight, step):
    kinds = ("strike", "loose", "cast")
    game = game_of("guard", "rush", actions=kinds)
    for number in range(24):
        done = ("strike",) * 20 if number < 12 else ("dodge",) * 20
        store.write(fight(number, actions=done, decisions=0))
    game = game_of("guard", "rush")
    step(store, game)
    told = [m for m in status(store, game, *PAIR).timeline if m.subject == STYLE]
    assert told[0].before == "not clear yet"
    assert 0.9 < told[0].significance <= 1.0
    assert told[0].trigger == f"mira-{told[0].episode - 1:06d}"
