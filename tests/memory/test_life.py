import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import StoreError
from astraweave.memory import Limit, MemoryStore, Retention, open_memory
from astraweave.memory.consolidation import MOST_LINKS, link_some, matter, planned, rules_of
from astraweave.memory.fading import safe_days
from astraweave.memory.forgetting import FORGOTTEN_BELOW, HALF_LIFE_DAYS, is_forgotten, strength
from astraweave.model.episode import EpisodeCategory
from astraweave.model.learned import LearningCommit
from astraweave.model.memory import Association, Memory, MemoryType, SpatialTemporalContext

Make = Callable[..., Any]
DAY_S = 86_400.0
START_S = 1e9


def memory(name: str, at_days: float = 0.0, **fields: Any) -> Memory:
    given: dict[str, Any] = {
        "memory_type": MemoryType.SOCIAL,
        "text": name,
        "created_at": START_S + at_days * DAY_S,
    }
    place = fields.pop("place", None)
    people = fields.pop("people", ())
    context = SpatialTemporalContext(location=place, participants=people)
    return Memory(id=name, context=context, **given | fields)


def links_of(store: MemoryStore) -> dict[tuple[str, str], tuple[str, float]]:
    rows = store._reader.query(
        "SELECT m.id, target, relation, strength FROM associations JOIN memories m ON seq = memory"
    )
    return {(one, other): (relation, strength) for one, other, relation, strength in rows}


# -- consolidate -------------------------------------------------------------------------------


def test_what_is_of_one_time_place_or_matter_becomes_linked(store: MemoryStore) -> None:
    store.encode(memory("a", place="Mill"))
    store.encode(memory("b", 0.75))
    store.encode(memory("c", 5.0, place="mill"))
    store.encode(memory("d", 9.0, text="three wolves at dawn", people=("robin",)))
    store.encode(memory("e", 20.0, text="three wolves, dawn", people=("robin",)))
    store.encode(memory("k", 0.0, place="Mill", player_id="kim"))
    done = store.consolidate()
    assert (done.memories, done.links) == (6, 3)
    assert links_of(store) == {
        ("b", "a"): ("temporal", 0.75),
        ("c", "a"): ("spatial", 0.8),
        ("e", "d"): ("conceptual", 1.0),
    }
    linked = store.memory("c")
    assert linked is not None
    assert linked.associations == (Association(memory_id="a", relation="spatial", strength=0.8),)


def test_a_pair_that_several_rules_link_has_one_link_and_gains_a_fifth_for_each() -> None:
    with open_memory() as store:
        store.encode(memory("a", place="Mill"))
        store.encode(memory("b", 1.0, place="Mill"))
        store.encode(memory("c", 1.9, place="Mill"))
        given = Association(memory_id="b", relation="leads_to", strength=0.1)
        store.encode(memory("d", 2.0, place="Mill", associations=(given,)))
        store.consolidate()
        found = links_of(store)
    assert found["b", "a"] == ("temporal", pytest.approx(0.7))
    assert found["c", "a"] == ("spatial", 0.8)
    assert found["d", "b"] == ("leads_to", pytest.approx(0.5))


def test_a_memory_gets_ten_links_at_most_and_the_strongest(store: MemoryStore) -> None:
    for n in range(30):
        store.encode(memory(f"m{n:02}", n / 40.0))
    store.consolidate()
    found = links_of(store)
    by_memory = {one: sum(other[0] == one for other in found) for one, _ in found}
    assert max(by_memory.values()) == MOST_LINKS
    assert {other for one, other in found if one == "m29"} == {f"m{n}" for n in range(19, 29)}


def test_consolidating_again_changes_nothing_and_slices_of_any_size_end_alike() -> None:
    ends = []
    for at_once, slice_s in ((1, 0.0), (8, 1.0), (100, 1.0)):
        with open_memory() as store:
            for n in range(20):
                fields = {"place": "ab"[n % 2], "text": "wolf bear" if n % 3 else "wolf"}
                store.encode(memory(f"m{n}", n * 0.4, **fields))
            store.retrieve("x")
            while plans := planned(store._ask().query, at_once):
                with store._link.transaction() as db:
                    link_some(db, plans, slice_s)
            ends.append(links_of(store))
            commits = store.figures()["commits"]
            assert store.consolidate() == (0, 0)
            assert links_of(store) == ends[-1]
            assert store.figures()["commits"] == commits
    assert ends[0] == ends[1] == ends[2]
    assert len(ends[0]) > 20


def test_what_comes_later_is_linked_with_what_was_there(store: MemoryStore) -> None:
    store.encode(memory("a"))
    store.consolidate()
    store.encode(memory("b", 0.5))
    assert store.consolidate() == (1, 1)
    assert links_of(store) == {("b", "a"): ("temporal", 1.0)}
    lifted = {hit.memory.id: hit.why["association"] for hit in store.retrieve(now=START_S)}
    assert lifted == {"a": 0.2, "b": 0.2}


NOUNS = ["wolf", "bear", "mill", "dawn", "fire"]
words = st.lists(st.sampled_from(NOUNS), max_size=5).map(" ".join)


@given(words, words, st.floats(0.0, 3.0), st.sampled_from(["x", "y", None]))
def test_likeness_is_even_and_every_strength_is_in_range(
    one: str, other: str, apart: float, place: str | None
) -> None:
    a, b = memory("a", text=one, place="x"), memory("b", apart, text=other, place=place)
    assert matter(a, b) == matter(b, a)
    assert rules_of(a, b) == rules_of(b, a)
    assert all(0.5 <= value <= 1.0 for value in rules_of(a, b).values())
    assert ("temporal" in rules_of(a, b)) == (abs(a.created_at - b.created_at) <= DAY_S)


# -- decay -------------------------------------------------------------------------------------


def test_each_type_fades_at_its_own_age_and_what_is_semantic_never(store: MemoryStore) -> None:
    for kind in MemoryType:
        store.encode(memory(kind.value, memory_type=kind))
    left = {kind.value for kind in MemoryType}
    for days in (0.2, 1.0, 3.0, 20.0, 50.0, 90.0, 5_000.0):
        for kind in MemoryType:
            weak = strength(memory_type=kind, age_days=days, importance=0.5, access_count=0)
            if is_forgotten(kind, weak):
                left.discard(kind.value)
        store.decay(START_S + days * DAY_S)
        assert set(store.recent(99)) == left
        assert store.decay(START_S + days * DAY_S) == ()
    assert left == {"semantic"}


CASES = json.loads(
    (Path(__file__).parents[1] / "data" / "conformance" / "formula_cases.json").read_text("utf-8")
)["cases"]
WORKED = [case for case in CASES if case["formula"] == "memory_strength"]


@pytest.mark.parametrize("case", WORKED, ids=lambda case: case["id"])
def test_strength_meets_its_worked_values(case: dict[str, Any]) -> None:
    assert strength(**case["input"]) == pytest.approx(case["expect"]["strength"], abs=1e-4)


def test_what_matters_or_is_asked_for_fades_later(store: MemoryStore) -> None:
    store.encode(memory("dull", importance=0.0, text="grey stone"))
    store.encode(memory("vivid", importance=1.0, text="red dragon"))
    store.encode(memory("used", importance=0.0, text="blue river"))
    for _ in range(30):
        store.retrieve("river", now=START_S)
    assert store.decay(START_S + 55.0 * DAY_S) == ("dull",)
    assert set(store.recent(9)) == {"used", "vivid"}


@given(
    st.sampled_from([kind for kind in MemoryType if FORGOTTEN_BELOW[kind] > 0]),
    st.floats(0.0, 1.0),
    st.integers(0, 500),
)
def test_nothing_is_forgotten_before_the_age_that_is_safe(
    kind: MemoryType, importance: float, accesses: int
) -> None:
    left = strength(
        memory_type=kind,
        age_days=0.999 * safe_days(kind),
        importance=importance,
        access_count=accesses,
    )
    assert not is_forgotten(kind, left)


@given(
    st.sampled_from(list(MemoryType)), st.floats(-5.0, 1e4), st.floats(0, 1), st.integers(0, 10**9)
)
def test_strength_is_in_range_and_never_grows_with_age(
    kind: MemoryType, age: float, importance: float, accesses: int
) -> None:
    def left(days: float) -> float:
        return strength(
            memory_type=kind, age_days=days, importance=importance, access_count=accesses
        )

    assert 0.0 <= left(age) <= 1.0
    assert left(age + 1.0) <= left(age)
    assert HALF_LIFE_DAYS[kind] > 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"memory_type": "vague"},
        {"age_days": float("nan")},
        {"importance": 1.5},
        {"access_count": -1},
    ],
)
def test_a_wrong_value_has_no_strength(wrong: dict[str, Any]) -> None:
    given = {"memory_type": "social", "age_days": 1.0, "importance": 0.5, "access_count": 0}
    with pytest.raises(StoreError, match="strength"):
        strength(**given | wrong)


# -- episodes: fade, evict, forget -------------------------------------------------------------


@pytest.fixture
def played(store: MemoryStore, make_draft: Make) -> MemoryStore:
    """Six fights and a talk, a day apart, all but the last learned from."""
    for n in range(7):
        category = EpisodeCategory.DIALOGUE if n == 3 else EpisodeCategory.COMBAT
        at = START_S + n * DAY_S
        store.write(make_draft(f"e{n}", start_time=at, end_time=at + 60.0, category=category))
    rows = {f"e{n}": b"row" for n in range(6)}
    store.commit(LearningCommit(player_id="robin", companion_id="mira", state=b"s", rows=rows))
    return store


def test_an_episode_that_fades_leaves_a_digest_and_what_was_learned(played: MemoryStore) -> None:
    before = played.episode("e0")
    assert before is not None
    gone = played.decay(START_S + 500 * DAY_S)
    assert gone == ("e0", "e1", "e2", "e3", "e4", "e5")
    assert played.episode_ids() == ("e6",)
    digest = played.digests("robin")[0]
    assert (digest.id, digest.outcome, digest.tags) == ("e0", before.outcome, before.tags)
    assert (digest.start_time, digest.observations) == (before.start_time, ())
    assert len(played.rows("robin", "mira")) == 6
    assert played.state("robin", "mira") == b"s"
    assert played.digests("kim") == ()


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        (Retention(), "0123456"),
        (Retention(every=Limit(episodes=3)), "456"),
        (Retention(every=Limit(days=3.5)), "3456"),
        (Retention(every=Limit(bytes=0)), "6"),
        (Retention(categories={EpisodeCategory.COMBAT: Limit(episodes=2)}), "356"),
        (
            Retention(
                every=Limit(days=5.5),
                categories={EpisodeCategory.DIALOGUE: Limit(episodes=0)},
            ),
            "12456",
        ),
    ],
)
def test_a_policy_keeps_what_it_says_and_what_was_not_learned(
    policy: Retention, left: str, played: MemoryStore
) -> None:
    now = START_S + 6 * DAY_S + 60.0
    gone = played.retain(policy, now)
    assert "".join(name[1] for name in played.episode_ids()) == left
    assert {digest.id for digest in played.digests()} == set(gone)
    assert played.retain(policy, now) == ()
    assert played.count() == 7


def test_bytes_are_counted_from_the_newest(played: MemoryStore) -> None:
    size = played._reader.value("SELECT length(columns) FROM observations LIMIT 1")
    played.retain(Retention(every=Limit(bytes=int(size * 2.5))), START_S)
    assert played.episode_ids() == ("e5", "e6")


def test_a_limit_that_makes_no_sense_is_refused(store: MemoryStore) -> None:
    for limit in (Limit(days=-1.0), Limit(days=float("nan")), Limit(episodes=-5)):
        with pytest.raises(StoreError, match="must be 0 or more"):
            store.retain(Retention(every=limit), 1.0)


def test_a_forgotten_memory_leaves_no_text_no_link_and_no_digest(
    save: Path, make_draft: Make
) -> None:
    secret = "melancholia"
    with open_memory(save) as store:
        store.remember(f"Robin spoke of {secret}", now=START_S, tags=[secret])
        link = Association(memory_id="e1", relation="supports", strength=0.5)
        store.encode(memory("other", associations=(link,)))
        store.write(make_draft("e1", tags=[secret]))
        store.retrieve(secret, player_id="robin")
        store.retrieve(secret, hops=1)
        store.consolidate()
        ids = [hit.memory.id for hit in store.retrieve(secret) if secret in hit.memory.text]
        assert store.forget(*ids, "e1", "never-was") == 2
        assert store.forget("e1") == 0
        assert store.episode("e1") is None
        other = store.memory("other")
        assert other is not None
        assert other.associations == ()
        assert store.digests() == ()
        for file in save.parent.iterdir():
            assert secret.encode() not in file.read_bytes(), file.name


def test_a_damaged_digest_is_set_aside(played: MemoryStore) -> None:
    played.retain(Retention(every=Limit(episodes=3)), START_S)
    with played._link.transaction() as db:
        db.execute("UPDATE digests SET start_time = 0 WHERE episode = 'e1'")
    assert [digest.id for digest in played.digests()] == ["e0", "e2", "e3"]
    assert "set aside" in played.problems[0]
