"""The store: one save file a player may copy, and a thread that keeps it.

store        the whole surface: `open_memory`, `MemoryStore`
memories recall  its parts that remember and find      working cache uses  what is kept in RAM
life         its part that tends: consolidation, fading, forgetting
retrieval likeness lexicon     the search; features words indexing  what it searches
writer jobs  what is written, in order, off the frame      screen sensitive  and what is not
reader learned  what is asked            rows codec  how it looks as rows and bytes
opening connection schema migrations session    opening a file that may be anything, of any version
starting recovery quarantine mark log    what a crash left, and whether all is there
beside rolling keeper backup             backups, and what else lies beside a save
checkup keeping repair salvage pages     a save examined, mended, looked after as a whole
"""

from astraweave.memory.features import Situation
from astraweave.memory.recovery import Recovery
from astraweave.memory.retention import Limit, Retention
from astraweave.memory.retrieval import Hit
from astraweave.memory.store import MemoryStore, open_memory
from astraweave.memory.working import WorkingMemory

__all__ = [
    "Hit",
    "Limit",
    "MemoryStore",
    "Recovery",
    "Retention",
    "Situation",
    "WorkingMemory",
    "open_memory",
]
