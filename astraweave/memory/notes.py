"""Small marks of the host that need not be durable at once, and lines about what went wrong."""

from functools import partial

from astraweave.memory.exchanging import Exchanging
from astraweave.memory.jobs import Call
from astraweave.memory.learned import put_note
from astraweave.model.arguments import publish


@publish
class Noting(Exchanging):
    """The part of a store that takes notes without waiting."""

    def note_soon(self, key: str, body: bytes) -> bool:
        """Store a small setting after what was given before; False when it was dropped.

        Never waits. A power cut may undo it, a killed process does not once it is written.

        Raises:
            StoreError: the writer has stopped, or the store is closed.
        """
        return self._writer.post(Call(partial(put_note, key=key, body=body), durable=False))

    def report(self, line: str) -> None:
        """Add a line to `problems`, of something that went wrong beside the store."""
        self._writer.report(line)
