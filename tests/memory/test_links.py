"""Links in RAM that were kept up are those that reading all of them again gives."""

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.links import Links
from astraweave.model.memory import Association, Memory, MemoryType, SpatialTemporalContext

START_S, DAY_S = 1.7e9, 86_400.0
ids = st.integers(0, 3).map(lambda n: f"m{n}")
steps = st.one_of(
    st.tuples(st.just("encode"), ids, ids, st.integers(0, 9)),
    st.tuples(st.just("forget"), ids),
    st.tuples(st.just("consolidate")),
    st.tuples(st.just("ask")),
)


def memory(name: str, target: str, day: int) -> Memory:
    """Of one of two places, linked with another by the game itself."""
    return Memory(
        id=name,
        memory_type=MemoryType.EPISODIC,
        text=f"a wolf at mill {day % 3}",
        created_at=START_S + day * DAY_S / 2,
        context=SpatialTemporalContext(location="mill" if day % 2 else "camp"),
        associations=(Association(memory_id=target, relation="reminds", strength=day / 9),),
    )


def taken(store: MemoryStore, step: tuple[Any, ...]) -> None:
    if step[0] == "encode":
        store.encode(memory(*step[1:]))
    elif step[0] == "forget":
        store.forget(step[1])
    elif step[0] == "consolidate":
        store.consolidate()
        check(store)  # what comes next is not read with all the rest
    else:
        check(store)


def check(store: MemoryStore) -> None:
    """A question finds the links that there are."""
    store.retrieve("wolf", now=START_S)
    like = store._retrieval._players["player"]
    anew = Links()
    anew.refresh(store._reader, "player", like.numbers)
    assert held(like.links) == held(anew)


def held(links: Links) -> list[tuple[int, int, float]]:
    starts, ends, strengths = links.arrays
    each = range(len(starts) - 1)
    return sorted(
        (place, int(ends[at]), float(strengths[at]))
        for place in each
        for at in range(starts[place], starts[place + 1])
    )


@given(st.lists(steps, max_size=14))
@settings(max_examples=80, deadline=None)
def test_links_kept_up_are_those_read_anew(taking: list[tuple[Any, ...]]) -> None:
    with open_memory() as store:
        for step in taking:
            taken(store, step)
        check(store)


def test_a_memory_written_anew_keeps_the_links_that_lead_to_it(store: MemoryStore) -> None:
    store.encode(memory("m1", "m0", 4))
    store.encode(memory("m0", "m5", 2))
    store.consolidate()
    check(store)
    store.encode(memory("m0", "m5", 2))  # in a row of its own, which is a new one
    check(store)
    assert (0, 1) in {link[:2] for link in held(store._retrieval._players["player"].links)}


def test_what_another_program_links_and_forgets_is_taken_up(save: Path) -> None:
    with open_memory(save) as store, open_memory(save) as other:
        for number in range(6):
            store.encode(memory(f"m{number}", f"m{number - 1}", number))
        check(store)
        other.consolidate()
        check(store)
        other.encode(memory("m2", "m4", 7))
        other.forget("m3")
        check(store)
        other.consolidate()
        check(store)
