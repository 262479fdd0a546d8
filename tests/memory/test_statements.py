"""What the store asks SQLite is compiled once, whatever values it is asked with."""

from collections import Counter
from pathlib import Path
from typing import Any

import apsw

from astraweave.memory import MemoryStore, open_memory
from astraweave.model.learned import LearningCommit

LATE = 1.7e9 + 400 * 86_400.0


def lived(store: MemoryStore, make_draft: Any, first: int) -> None:
    """Some episodes: written, learned from, asked for, linked, faded and forgotten."""
    names = [f"e{n}" for n in range(first, first + 6)]
    for name in names:
        store.write(make_draft(name))
    store.flush()
    ((player, companion),) = store.pairs()
    rows = dict.fromkeys(names, b"row")
    store.commit(LearningCommit(player_id=player, companion_id=companion, rows=rows))
    store.retrieve("wolf", player_id=player)
    store.consolidate()
    assert store.forget(*names[:2]) == 2
    assert len(store.decay(LATE)) >= 4


def test_no_statement_is_compiled_anew_for_other_values(save: Path, make_draft: Any) -> None:
    again = Counter[str]()

    def profiled(told: dict[str, Any]) -> None:
        times = told["stmt_status"]["SQLITE_STMTSTATUS_REPREPARE"]
        again[told["sql"]] = max(again[told["sql"]], times)

    with open_memory(save) as store:
        lived(store, make_draft, 0)
        for db in (store._link.db, store._read_link.db):
            db.trace_v2(apsw.SQLITE_TRACE_PROFILE, profiled)
        for first in (6, 12):
            lived(store, make_draft, first)
    assert len(again) > 40
    # Once where the tables were another's when it was compiled.
    assert {sql: times for sql, times in again.items() if times > 1} == {}
