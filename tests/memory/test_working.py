from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import StoreError
from astraweave.memory import open_memory
from astraweave.memory.working import WorkingMemory


class Time:
    """A clock that stands until it is told."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def test_what_is_put_in_mind_is_there_until_it_expires() -> None:
    clock = Time()
    mind = WorkingMemory(clock)
    mind.put("threat", "three wolves", category="combat", seconds=30)
    mind.put("plan", ["north", "then rest"])
    assert (mind.get("threat"), len(mind), "plan" in mind) == ("three wolves", 2, True)
    clock.s = 29.9
    assert mind.get("threat") == "three wolves"
    clock.s = 30.0
    assert mind.get("threat", "nothing") == "nothing"
    assert [held.key for held in mind.entries()] == ["plan"]
    assert mind.figures["expired"] == 1


def test_categories_are_listed_and_cleared_apart() -> None:
    mind = WorkingMemory(Time())
    for key, category in (("a", "combat"), ("b", "talk"), ("c", "combat")):
        mind.put(key, key.upper(), category=category)
    assert [held.value for held in mind.entries("combat")] == ["A", "C"]
    mind.clear("combat")
    assert [held.key for held in mind.entries()] == ["b"]
    assert mind.take("b") == "B"
    assert len(mind) == 0


def test_the_least_important_leaves_first_and_the_oldest_among_equals() -> None:
    mind = WorkingMemory(Time(), capacity=3)
    for key, importance in (("a", 0.5), ("b", 0.2), ("c", 0.5), ("d", 0.5), ("e", 0.9)):
        mind.put(key, 0, importance=importance)
    assert [held.key for held in mind.entries()] == ["c", "d", "e"]
    assert mind.figures["evicted"] == 2


puts = st.tuples(
    st.sampled_from("abcdefgh"), st.floats(0.0, 1.0), st.floats(0.1, 5.0), st.floats(0.0, 2.0)
)


@given(st.lists(puts, max_size=40), st.integers(1, 5))
def test_it_never_holds_more_than_its_capacity_nor_what_has_expired(
    given_puts: list[tuple[str, float, float, float]], capacity: int
) -> None:
    clock = Time()
    mind = WorkingMemory(clock, capacity)
    for key, importance, seconds, wait in given_puts:
        clock.s += wait
        mind.put(key, None, importance=importance, seconds=seconds)
        held = mind.entries()
        assert len(held) <= capacity
        assert key in mind
        assert all(entry.until_s > clock.s for entry in held)
        assert len({entry.key for entry in held}) == len(held)


@pytest.mark.parametrize(
    "fields", [{"importance": 1.5}, {"importance": float("nan")}, {"seconds": 0}, {"seconds": -1}]
)
def test_a_wrong_value_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(StoreError, match="working memory: key"):
        WorkingMemory(Time()).put("key", 1, **fields)
    with pytest.raises(StoreError, match="room for one"):
        WorkingMemory(Time(), capacity=0)


def test_each_player_has_a_mind_of_their_own() -> None:
    with open_memory() as store:
        store.working("robin").put("fear", "spiders")
        assert store.working("kim").get("fear") is None
        assert store.working("robin").get("fear") == "spiders"
        for n in range(60):
            store.working().put(str(n), n)
        assert len(store.working()) == 50
