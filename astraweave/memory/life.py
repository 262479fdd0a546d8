"""The later life of memories: consolidate, decay, forget. The part of a store that tends them.

Each does a little in one transaction and then lets the writer do other things, about 2 ms at a
time; doing it again at the same moment changes nothing. Refuses to let an episode go that was not
learned from, unless a person wants it forgotten.
"""

from collections.abc import Callable, Sequence
from functools import partial

import apsw

from astraweave.errors import AstraweaveError, SaveError
from astraweave.memory import backup, indexing
from astraweave.memory.consolidation import Linked, link_some, planned
from astraweave.memory.fading import Cursor, evict, fade, read_digest, weak_some
from astraweave.memory.forgotten import (
    forget_episode,
    forget_memory,
    forget_quarantined,
    quarantined,
    worked_out,
)
from astraweave.memory.mentions import naming, take_out
from astraweave.memory.packing import (
    MOST,
    NO_DICTIONARY,
    SELECT_BLOB,
    Packed,
    insert_dictionary,
    pack,
    plain_before,
    put_packed,
    trained,
)
from astraweave.memory.pruning import prunable, prune_one
from astraweave.memory.recall import Recalling
from astraweave.memory.retention import Retention, beyond
from astraweave.memory.slices import LOOKED_AT_ONCE, SLICE_S, T, each_within
from astraweave.model.arguments import publish
from astraweave.model.episode import Episode


@publish
class Living(Recalling):
    """The part of a store that keeps memories well."""

    def consolidate(self) -> Linked:
        """Link what is new with what is of the same time, place or matter; how much was done.

        Done after each step of learning by the process that learns; a game that never learns
        calls it between levels, for instance. Blocks until it is done.
        """
        reader = self._ask()
        self._index((), indexing.SLICE, SLICE_S)
        memories = links = 0
        while plans := planned(reader.query):
            while plans:
                some = self._writer.call(partial(link_some, plans=plans), durable=False)
                memories, links = memories + some.memories, links + some.links
                plans = plans[some.memories :]
        if memories:
            self._changed()
        return Linked(memories, links)

    def decay(self, now: float | None = None) -> tuple[str, ...]:
        """Forget memories that have become too weak (`forgetting.strength`); returns their ids.

        An episode that fades keeps a digest, and what was learned from it stays. What is semantic
        never fades, and no episode before it was learned from.

        Args:
            now: seconds since 1970; None asks the store's clock.
        """
        at = self._clock() if now is None else now
        self._write_uses()
        reader = self._ask(everything=True)
        gone: list[str] = []
        cursor: Cursor | None = Cursor()
        while cursor is not None:
            cursor, weak = weak_some(reader.query, at, cursor)
            gone += self._in_slices(weak, partial(fade, now=at))
        return self._let_go(gone)

    def retain(self, policy: Retention, now: float | None = None) -> tuple[str, ...]:
        """Evict the oldest learned episodes that `policy` does not keep; returns their ids.

        Their digests, statistics and memories stay.

        Raises:
            StoreError: a limit below 0 or not finite.
        """
        at = self._clock() if now is None else now
        reader = self._ask()
        over = beyond(reader.query, policy, at)
        self._in_slices(over, evict)
        return self._let_go(over)

    def compress(self, before_s: float) -> Packed:
        """Pack the observations of episodes that began before `before_s` (since 1970).

        With zstd and a dictionary that is trained on them; they are read as before, a little
        slower. Returns how many, and their bytes before and after. What is packed already stays
        as it is.
        """
        reader = self._ask()
        left = plain_before(reader.query, before_s)
        if not left:
            return Packed(0, 0, 0)
        step = max(1, len(left) // MOST)
        samples = [row[2] for seq in left[::step] for row in reader.query(SELECT_BLOB, (seq,))]
        number, dictionary = NO_DICTIONARY, trained(samples[:MOST])
        if dictionary:
            number = self._writer.call(partial(insert_dictionary, body=dictionary), durable=False)
        done = Packed(0, 0, 0)
        for seq in left:
            for _, key, plain in reader.query(SELECT_BLOB, (seq,)):
                packed = pack(plain, key, number, dictionary)
                rows = [(seq, plain, packed)]
                self._writer.call(partial(put_packed, rows=rows), durable=False)
                done = Packed(done.episodes + 1, done.before + len(plain), done.after + len(packed))
        backup.empty_log(self._link)
        return done

    def forget(self, *ids: str) -> int:
        """Forget memories and episodes as if they had never been; how many there were.

        Their text leaves the file, and other memories name them no more. Of an episode, its
        observations, its row of statistics and all that was computed from that row go too; the
        next step of learning computes it anew from the others. Weights in use stay until then.
        Returns when the disk has it; when the program is killed before, call it again.
        """
        self._write_uses()
        reader = self._ask()
        if not ids:
            return 0
        query = reader.query
        self._in_slices(naming(query, ids), partial(take_out, names=frozenset(ids)))
        self._in_slices(worked_out(query, ids), forget_memory)
        self._in_slices(quarantined(query, ids), forget_quarantined)
        gone = self._in_slices(ids, forget_memory)
        gone += self._in_slices(ids[:-1], forget_episode)
        # One durable commit takes all before it to the disk.
        gone += self._in_slices(ids[-1:], forget_episode, durable=True)
        self._let_go(ids)
        return len(set(gone))

    def prune(self, before_s: float, *, player_id: str | None = None) -> int:
        """Delete memories created before `before_s` (since 1970); returns how many.

        Tags, associations, episodes and observations go with them, and their text leaves the
        file. Rows of statistics stay, and so do profiles: what was learned is kept. On a full disk
        it is done before what waits to be written. Returns when the disk has it.
        """
        self._write_uses()
        old = prunable(self._ask().query, before_s, player_id)
        prune = partial(prune_one, before_s=before_s, player=player_id)
        gone = self._in_slices(old[:-1], prune, frees=True)
        gone += self._in_slices(old[-1:], prune, durable=True, frees=True)
        self._changed()
        backup.empty_log(self._link)
        return len(gone)

    def digests(self, player_id: str | None = None) -> tuple[Episode, ...]:
        """What is left of episodes that were evicted or faded, oldest first: no observations."""
        reader = self._ask()
        rows = reader.query(
            "SELECT episode, player, companion, start_time, body, crc, rowid FROM digests "
            "WHERE ?1 IS NULL OR player = ?1 ORDER BY start_time, rowid",
            (player_id,),
        )
        found = []
        for row in rows:
            try:
                found.append(read_digest(row))
            except SaveError as error:
                reader.bad("digests", row[6], row[5], error)
        return tuple(found)

    def _in_slices(
        self,
        items: Sequence[T],
        work: Callable[[apsw.Connection, T], bool],
        *,
        durable: bool = False,
        frees: bool = False,
    ) -> list[T]:
        """Do `work` for each, a few in one transaction; those for which it said yes."""
        first, done = 0, list[T]()
        while first < len(items):
            # Some of them: a million would be copied for each slice.
            some = partial(each_within, items=items[first : first + LOOKED_AT_ONCE], work=work)
            try:
                taken, yes = self._writer.call(some, durable=durable, frees=frees)
            except AstraweaveError:
                self._changed()  # what went before this slice stands in no cache
                raise
            first, done = first + taken, done + yes
        return done

    def _let_go(self, ids: Sequence[str]) -> tuple[str, ...]:
        """After `ids` were deleted: their text stands in no log and no cache."""
        if ids:
            self._changed()
            backup.empty_log(self._link)
        return tuple(ids)
