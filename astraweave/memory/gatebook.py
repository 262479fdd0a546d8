"""The gate's book in a save: what error rate was spent, and verdicts that need not be played again.

A ledger row is written with its proposal, approved or not, and never taken back: going back to
older weights, forgetting statistics or losing them gives no α back. Refuses nothing.
"""

from functools import partial
from typing import Any, Protocol

from astraweave.errors import SaveError
from astraweave.memory.codec import check_key, check_row, decoded, unseal
from astraweave.memory.ledger import VERDICT_V1, keep_verdict
from astraweave.memory.reader import Reader
from astraweave.model.verdict import Spent, Verdict

MAX_NUMBER = 10**12


class Posts(Protocol):
    """Whatever does work on the connection that writes."""

    def call(self, work: Any) -> Any:
        """Do it in a transaction; returns when it is durable."""
        ...


class GateBook:
    """The ledger of a pair, and the verdicts kept; damaged rows are set aside and left out."""

    def __init__(self, reader: Reader, writer: Posts) -> None:
        """Ask through `reader`, write through `writer`."""
        self._reader, self._writer = reader, writer

    def next_number(self, player_id: str, companion_id: str) -> int:
        """The number of the next proposal, from 1 on; counts those whose rows are damaged too."""
        newest = self._reader.value(
            "SELECT max(number) FROM (SELECT number FROM ledger WHERE player = ?1 AND "
            "companion = ?2 UNION ALL SELECT number FROM proposals WHERE player = ?1 AND "
            "companion = ?2)",
            (player_id, companion_id),
        )
        return 1 if newest is None else min(int(newest), MAX_NUMBER - 1) + 1

    def spent(self, player_id: str, companion_id: str) -> tuple[Spent, ...]:
        """What each proposal of this pair cost, oldest first."""
        found = self._reader.query(
            "SELECT rowid, crc, player, companion, number, body FROM ledger "
            "WHERE player = ? AND companion = ? ORDER BY number",
            (player_id, companion_id),
        )
        rows = []
        for row in found:
            try:
                check_row(f"ledger {row[2]}/{row[3]} proposal {row[4]}", row[1], *row[2:])
                rows.append(decoded(row[5], Spent))
            except SaveError as error:
                self._reader.bad("ledger", row[0], row[1], error)
                continue
            check_key(row[2:4], player_id, companion_id)
        return tuple(rows)

    def get(self, key: str) -> Verdict | None:
        """The verdict kept for this question; None when there is none, or it is damaged."""
        sql = "SELECT seq, body FROM verdicts WHERE key = ?"
        for rowid, body in self._reader.query(sql, (key,)):
            try:
                return decoded(unseal(VERDICT_V1, body, f"verdict {key}"), Verdict)
            except SaveError as error:
                self._reader.bad("verdicts", rowid, body, error)
        return None

    def put(self, key: str, verdict: Verdict) -> None:
        """Keep a verdict; returns when it is durable."""
        self._writer.call(partial(keep_verdict, key=key, verdict=verdict))
