"""What goes out comes in again: export → ingest into a fresh save → export gives the same bytes."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astraweave.learning.export import export
from astraweave.memory import open_memory
from astraweave.memory.exchange import Intake
from astraweave.memory.exchange.lines import READERS
from astraweave.model.columns import log_of

quick = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])


def exported(store, what):
    stream = io.BytesIO()
    export(store, stream, what=(what,))
    return stream.getvalue()


def ingested(store, what, data):
    """Take lines in; (how many were stored, how many known)."""
    intake = Intake(what, lambda: store, lambda _: None, lambda _, reason: pytest.fail(reason))
    for line in READERS[what](io.BytesIO(data), what):
        intake.take(line)
    taken = intake.finish()
    return taken.ingested, taken.duplicates


@pytest.fixture(scope="session")
def laws(odd_things):
    return odd_things


def test_both_kinds_in_any_order_are_the_same_bytes_again(laws):
    @quick
    @given(laws.episodes, laws.memories, st.booleans())
    def law(episodes, memories, memories_first):
        with open_memory() as one, open_memory() as two:
            for episode in episodes:
                one.write(log_of(episode))
            one.flush()
            for memory in memories:
                one.encode(memory)
            one.consolidate()
            given = {what: exported(one, what) for what in ("episodes", "memories")}
            order = sorted(given, reverse=memories_first)
            for what in order:
                lines = given[what].count(b"\n")
                assert sum(ingested(two, what, given[what])) == lines
            for what in order:
                assert exported(two, what) == given[what]
                # Again: all is known, nothing changes.
                assert ingested(two, what, given[what]) == (0, given[what].count(b"\n"))
                assert exported(two, what) == given[what]

    law()
