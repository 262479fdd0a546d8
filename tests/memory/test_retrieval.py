from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from astraweave.errors import StoreError
from astraweave.memory import Hit, MemoryStore, Situation, open_memory
from astraweave.memory.forgetting import strength
from astraweave.model.memory import Association, Memory, MemoryType

DAY_S = 86_400.0
NOW = 1e6 + DAY_S


@pytest.fixture(params=["file", "memory"])
def told(request: pytest.FixtureRequest, save: Path) -> Iterator[MemoryStore]:
    """Six memories of Robin, one of Kim."""
    with open_memory(save if request.param == "file" else ":memory:", clock=lambda: NOW) as store:
        tell(store)
        yield store


def tell(store: MemoryStore) -> None:
    def robin(text: str, at: float, **fields: Any) -> None:
        store.remember(text, now=1e6 + at, player_id="robin", companion_id="mira", **fields)

    robin(
        "Robin charged three wolves and nearly died",
        0,
        tags=["combat"],
        place="Old Mill",
        participants=["robin"],
        facts={"hp": 12, "wolves": 3},
    )
    robin(
        "We spoke of his sister",
        100,
        memory_type="social",
        tags=["dialogue", "family"],
        place="Camp",
        participants=["robin", "mira"],
    )
    robin("Robin hates spiders", 200, memory_type="semantic", importance=0.9)
    robin("Τα λουλούδια της Άννας", 300, memory_type="emotional")
    robin("ロビンは水が怖い", 400, memory_type="emotional")
    robin("Поймали карпа у моста", 500, place="12.0, 30.5", tags=["fishing"])
    store.remember("Kim hates spiders and wolves", now=1e6, player_id="kim", tags=["combat"])


def texts(hits: tuple[Hit, ...]) -> list[str]:
    return [hit.memory.text for hit in hits]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"memory_type": "semantic"}, ["Robin hates spiders"]),
        ({"tags": ["dialogue", "family"]}, ["We spoke of his sister"]),
        ({"tags": ["dialogue", "combat"]}, []),
        ({"participants": ["MIRA"]}, ["We spoke of his sister"]),
        ({"place": "old mill"}, ["Robin charged three wolves and nearly died"]),
        ({"since": 1e6 + 400, "until": 1e6 + 500}, ["ロビンは水が怖い"]),
        ({"text": "spider"}, ["Robin hates spiders"]),
        ({"text": "what did he say about sisters?"}, ["We spoke of his sister"]),
        ({"text": "sipders"}, ["Robin hates spiders"]),
        ({"text": "CHARGING a wolf"}, ["Robin charged three wolves and nearly died"]),
        ({"text": "αννας λουλουδια"}, ["Τα λουλούδια της Άννας"]),
        ({"text": "水"}, []),
        ({"text": "水が怖"}, ["ロビンは水が怖い"]),
        ({"text": "карпы"}, ["Поймали карпа у моста"]),
        ({"like": Situation(place="camp")}, ["We spoke of his sister"]),
        ({"like": Situation(place="13.5, 29")}, ["Поймали карпа у моста"]),
        ({"like": Situation(facts={"hp": 13.0})}, ["Robin charged three wolves and nearly died"]),
        ({"like": Situation(tags=["fishing"])}, ["Поймали карпа у моста"]),
        ({"text": "family", "memory_type": ["episodic", "social"]}, ["We spoke of his sister"]),
    ],
)
def test_a_memory_is_found_by_what_it_is_and_by_what_it_says(
    asked: dict[str, Any], expected: list[str], told: MemoryStore
) -> None:
    found = told.retrieve(**asked, player_id="robin")
    if "text" in asked or "like" in asked:
        found = tuple(hit for hit in found if hit.why["relevance"] > 0.5)
    assert texts(found) == expected


def test_without_a_question_the_newest_come_first(told: MemoryStore) -> None:
    found = told.retrieve(player_id="robin", limit=3)
    assert [hit.memory.created_at for hit in found] == sorted(
        (hit.memory.created_at for hit in found), reverse=True
    ) or found[0].why["importance"] > 0.1
    assert len(found) == 3
    assert told.retrieve(player_id="robin", limit=0) == ()
    assert told.retrieve(player_id="nobody") == ()


def test_no_question_reaches_another_player(told: MemoryStore) -> None:
    for asked in ({"text": "spiders wolves Kim"}, {"tags": ["combat"]}, {}, {"hops": 2}):
        owners = {hit.memory.player_id for hit in told.retrieve(player_id="robin", **asked)}
        assert owners <= {"robin"}
    assert texts(told.retrieve("wolves", player_id="kim")) == ["Kim hates spiders and wolves"]


HOSTILE = [
    '"',
    '" OR 1 --',
    "text : a",
    "NEAR(a b, 5)",
    "a* AND NOT b",
    "^a + b",
    "{words} : x",
    "'; DROP TABLE memories; --",
    "\0\0",
    "spiders\0wolves",
    "(((((",
    "%",
    "\ud800 spiders",
    "🐺" * 50,
    "a" * 100_000,
    "word " * 5_000,
    "\u202e\u200b",
    "-1e999",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_is_typed_is_words_and_never_a_query(text: str, told: MemoryStore) -> None:
    for hit in told.retrieve(text, player_id="robin"):
        assert hit.memory.player_id == "robin"
    like = Situation(
        text, place=text, participants=[text], tags=[text], facts={text: 3.0, "x": float("nan")}
    )
    told.retrieve(like=like, player_id="robin")
    assert told.count() == 7


def test_hostile_names_filter_like_any_other(told: MemoryStore) -> None:
    for text in HOSTILE:
        if "\ud800" in text:
            with pytest.raises(StoreError, match="half a character"):
                told.retrieve(place=text, player_id="robin")
            continue
        assert told.retrieve(tags=[text], player_id="robin") == ()
        assert told.retrieve(place=text, participants=[text], player_id="robin") == ()
    with pytest.raises(StoreError, match="not a type of memory"):
        told.retrieve(memory_type="vague")


def test_every_score_is_the_sum_of_its_reasons(told: MemoryStore) -> None:
    found = told.retrieve("wolves sister spiders", player_id="robin")
    assert len(found) >= 3
    for hit in found:
        assert hit.score == pytest.approx(sum(hit.why.values()))
        assert set(hit.why) == {"relevance", "recency", "importance", "association"}
        assert 0.0 < hit.why["relevance"] <= 1.0
        assert all(0.0 <= hit.why[name] <= 0.2 for name in set(hit.why) - {"relevance"})
        age_days = (NOW - hit.memory.created_at) / DAY_S
        kind = hit.memory.memory_type
        left = strength(memory_type=kind, age_days=age_days, importance=0.5, access_count=0)
        assert hit.why["recency"] == pytest.approx(0.2 * left)
        assert hit.why["importance"] == pytest.approx(0.2 * hit.memory.importance)
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
    assert "spider" in found[0].matched


def test_what_is_relevant_comes_before_what_is_merely_new_and_important(store: MemoryStore) -> None:
    store.remember("The bridge over the Isen fell", now=0.0, importance=0.0)
    for n in range(80):
        store.remember(f"Breakfast number {n}", now=NOW - n, importance=1.0)
    assert texts(store.retrieve("the bridge", now=NOW))[0] == "The bridge over the Isen fell"


def linked(name: str, text: str, *targets: tuple[str, float]) -> Memory:
    links = tuple(
        Association(memory_id=key, relation="leads_to", strength=value) for key, value in targets
    )
    return Memory(
        id=name, memory_type=MemoryType.SEMANTIC, text=text, created_at=1.0, associations=links
    )


def test_associations_lift_what_was_found_and_hops_reach_what_was_not(store: MemoryStore) -> None:
    store.encode(linked("fire", "the fire at the bakery", ("smoke", 1.0), ("kim", 1.0)))
    store.encode(linked("smoke", "black clouds", ("cough", 0.5)))
    store.encode(linked("cough", "he coughed all night"))
    store.encode(linked("bakery", "the bakery sells bread"))
    kim = Memory(id="kim", memory_type=MemoryType.SOCIAL, text="x", created_at=1.0, player_id="kim")
    store.encode(kim)
    near = {hit.memory.id: hit for hit in store.retrieve("bakery fire", now=1.0)}
    assert {"fire", "bakery"} <= set(near)
    assert near["fire"].why["association"] == 0.0
    one = {hit.memory.id: hit for hit in store.retrieve("bakery fire", hops=1, now=1.0)}
    assert one["smoke"].why["relevance"] == pytest.approx(0.5)
    assert one["smoke"].why["association"] == pytest.approx(0.2)
    assert one["fire"].why["association"] == pytest.approx(0.1)
    two = {hit.memory.id: hit for hit in store.retrieve("bakery fire", hops=2, now=1.0)}
    assert two["cough"].why["relevance"] == pytest.approx(0.125)
    assert "kim" not in two


def test_being_found_is_counted_and_survives_a_restart(save: Path) -> None:
    with open_memory(save) as store:
        memory = store.remember("Robin hates spiders", now=5.0)
        for at in (10.0, 30.0, 20.0):
            assert len(store.retrieve("spiders", now=at)) == 1
        held = store.memory(memory.id)
        assert held is not None
        assert (held.access_count, held.last_accessed) == (3, 30.0)
    with open_memory(save) as store:
        read = store.memory(memory.id)
        assert read is not None
        assert (read.access_count, read.last_accessed) == (3, 30.0)
        assert read.created_at == 5.0


def test_what_is_written_replaced_or_deleted_is_known_at_once(store: MemoryStore) -> None:
    for n in range(5):
        store.encode(linked(f"m{n}", f"orchid number {n}"))
    assert len(store.retrieve("orchid", now=1.0)) == 5
    store.encode(linked("m2", "a daisy"))
    assert {hit.memory.id for hit in store.retrieve("orchid", now=1.0)} == {"m0", "m1", "m3", "m4"}
    assert texts(store.retrieve("daisy", now=1.0))[0] == "a daisy"
    store.encode(Memory(id="new", memory_type=MemoryType.SOCIAL, text="orchid", created_at=9.0))
    assert store.prune(5.0) == 5
    assert texts(store.retrieve("orchid", now=1.0)) == ["orchid"]


def test_another_process_s_memories_are_found(save: Path) -> None:
    with open_memory(save) as ours, open_memory(save, recover=False) as theirs:
        assert ours.retrieve("orchid") == ()
        theirs.encode(linked("m", "orchid"))
        theirs.flush()
        assert texts(ours.retrieve("orchid")) == ["orchid"]
        theirs.prune(5.0)
        assert ours.retrieve("orchid") == ()


def test_what_was_made_of_a_memory_is_made_again_when_it_is_damaged(save: Path) -> None:
    with open_memory(save) as store:
        for n in range(3):
            store.encode(linked(f"m{n}", f"orchid number {n}"))
        assert len(store.retrieve("orchid", now=1.0)) == 3
        with store._link.transaction() as db:
            db.execute("UPDATE vectors SET features = x'00' WHERE memory = 2")
    with open_memory(save) as store:
        assert len(store.retrieve("orchid", now=1.0)) == 3
        assert store._reader.value("SELECT length(features) FROM vectors WHERE memory = 2") > 8


def test_a_damaged_memory_is_not_found_and_said(save: Path) -> None:
    with open_memory(save) as store:
        for n in range(3):
            store.encode(linked(f"m{n}", f"orchid number {n}"))
        store.flush()
        with store._link.transaction() as db:
            db.execute("UPDATE memories SET text = 'orchid!' WHERE id = 'm1'")
    with open_memory(save) as store:
        found = store.retrieve("orchid", now=1.0)
        assert {hit.memory.id for hit in found} == {"m0", "m2"}


def test_a_damaged_link_is_set_aside_and_the_others_stay(save: Path) -> None:
    with open_memory(save) as store:
        store.encode(linked("m", "orchid", ("a", 0.5), ("b", 0.25)))
        store.flush()
        with store._link.transaction() as db:
            db.execute("UPDATE associations SET strength = 0.75 WHERE target = 'a'")
    with open_memory(save) as store:
        read = store.memory("m")
        assert read is not None
        assert [link.memory_id for link in read.associations] == ["b"]
        assert "set aside" in store.problems[0]
        assert store.health()["quarantine"] == 1


def test_deleting_a_memory_takes_its_words_from_the_index(save: Path) -> None:
    with open_memory(save) as store:
        store.remember("xylophonist quetzalcoatl", now=1.0)
        assert len(store.retrieve("quetzalcoatl", now=1.0)) == 1
        store.prune(2.0)
        for file in save.parent.iterdir():
            assert b"quetzalcoat" not in file.read_bytes()
    db = apsw.Connection(str(save))
    assert db.execute("SELECT count(*) FROM memory_words").get == 0
    db.close()
