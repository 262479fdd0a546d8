"""The store: one save file a player may copy, and a thread that keeps it.

store        the whole surface: `open_memory`, `MemoryStore`
memories     its part that remembers      working cache  what is kept in RAM
writer jobs  what is written, in order, off the frame
reader learned  what is asked            rows codec  how it looks as rows and bytes
connection schema migrations session     opening a file that may be anything
recovery quarantine backup               what to do when things went wrong
"""

from astraweave.memory.recovery import Recovery
from astraweave.memory.store import MemoryStore, open_memory
from astraweave.memory.working import WorkingMemory

__all__ = ["MemoryStore", "Recovery", "WorkingMemory", "open_memory"]
