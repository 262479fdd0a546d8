"""What goes out comes in again: export → ingest into a fresh save → export gives the same bytes."""

import io
import math
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from astraweave.learning.export import export
from astraweave.memory import open_memory
from astraweave.memory.exchange import Intake, arrow_child
from astraweave.memory.exchange.arrow_in import decoder_of
from astraweave.memory.exchange.lines import READERS
from astraweave.model.columns import log_of
from astraweave.model.draft import Draft
from astraweave.model.episode import EpisodeCategory
from astraweave.model.lines import read_values

# Not made smaller: that takes minutes with a save in each try.
quick = settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
KINDS = ("episodes", "memories")


def exported(store, form):
    """{name: bytes} of the files of an export; its lines, as `ingest` would read them."""
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "out"
        told = export(store, to, what=KINDS, form=form)
        assert told.damaged == 0
        lines = {kind: list(read(to, kind, form)) for kind in KINDS}
        return {path.name: path.read_bytes() for path in to.iterdir()}, lines


def read(to, kind, form):
    if form == "jsonl":
        return READERS[kind](io.BytesIO((to / f"{kind}.jsonl").read_bytes()), kind)
    # As the child does it, in this process: it is the same code.
    names = ("episodes", "observations") if kind == "episodes" else ("memories",)
    rows = getattr(arrow_child, kind)(*(str(to / f"{name}.{form}") for name in names))
    stream = io.BytesIO(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    return read_values(stream, kind, decoder_of(kind), "Episode", rows=True)


def ingested(store, lines):
    """Take lines in; (how many were stored, how many known)."""
    intake = Intake("x", lambda: store, lambda _: None, lambda _, reason: pytest.fail(reason))
    for line in lines:
        intake.take(line)
    taken = intake.finish()
    return taken.ingested, taken.duplicates


@pytest.mark.parametrize("form", ["jsonl", "arrow", "parquet"])
def test_both_kinds_in_any_order_are_the_same_bytes_again(odd_things, form):
    @quick
    @given(odd_things.episodes, odd_things.memories, st.booleans())
    def law(episodes, memories, memories_first):
        with open_memory() as one, open_memory() as two:
            for episode in episodes:
                one.write(log_of(episode))
            one.flush()
            whose = {episode.id: episode.player_id for episode in episodes}
            for memory in memories:
                # A memory of somebody else's under the id of an episode is refused.
                if whose.get(memory.id, memory.player_id) == memory.player_id:
                    one.encode(memory)
            one.flush()
            one.consolidate()
            told, lines = exported(one, form)
            order = sorted(KINDS, reverse=memories_first)
            for kind in order:
                assert sum(ingested(two, lines[kind])) == len(lines[kind])
            assert exported(two, form)[0] == told
            for kind in order:  # all is known: nothing changes
                assert ingested(two, lines[kind]) == (0, len(lines[kind]))
            assert exported(two, form)[0] == told
            assert exported(two, "jsonl")[0] == exported(one, "jsonl")[0]

    law()


@pytest.mark.parametrize("form", ["jsonl", "arrow", "parquet"])
def test_a_fact_that_was_never_sensed_leaves_no_trace(form):
    seen = [(0.5, "strike", None, {"damage": 3}, 0), (0.75, "dodge", None, None, 1)]
    header = {"category": EpisodeCategory.QUEST, "start_time": 5.0, "policy_version": 0, "seed": 1}
    whose = {"player_id": "robin", "companion_id": "mira", "fact_names": ("hp", "mana", "x")}
    with open_memory() as one, open_memory() as two:
        one.write(Draft(id="a", **header, **whose))
        rows = [[math.nan, 0.5, math.nan], [math.nan, math.nan, 2.0]]
        one.write(Draft(id="b", seen=seen, rows=rows, **header, **whose))
        told, lines = exported(one, form)
        assert ingested(two, lines["episodes"]) == (2, 0)
        assert exported(two, form)[0] == told
        assert not any(b"fact_hp" in data for data in told.values())
