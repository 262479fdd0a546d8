"""Memories that were worked out from others: written by a step of learning, gone with it."""

import apsw

from astraweave.memory.rows import checked_memory, delete_memories, memory_rows, replace_memory
from astraweave.model.derived import derived_ranges
from astraweave.model.learned import LearningCommit


def delete_derived(db: apsw.Connection, player_id: str, companion_id: str) -> None:
    """Delete what was worked out from all episodes of a pair: insights and the timeline."""
    for ends in derived_ranges(player_id, companion_id):
        delete_memories(db, "id >= ? AND id < ?", ends)


def write_derived(db: apsw.Connection, commit: LearningCommit) -> None:
    """Write the memories of one step, in place of those that are true no more.

    Raises:
        StoreError: a field of one is wrong.
    """
    if commit.anew:
        delete_derived(db, commit.player_id, commit.companion_id)
    for memory_id in commit.gone:
        delete_memories(db, "id = ?", (memory_id,))
    for memory in commit.memories:
        replace_memory(db, memory_rows(checked_memory(memory)))
