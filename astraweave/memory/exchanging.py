"""The part of a store that gives out what it holds, and takes in what others wrote."""

from collections.abc import Iterator
from contextlib import contextmanager

from astraweave.memory.exchange.snapshot import Snapshot, snapshot_of
from astraweave.memory.life import Living


class Exchanging(Living):
    """The part of a store that data goes into and out of in bulk."""

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Everything given so far, as it is now, to be read row by row.

        Raises:
            StoreError: the store is closed.
        """
        self._write_uses()
        self._ask()
        with snapshot_of(self._link) as found:
            yield found
