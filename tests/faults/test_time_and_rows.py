"""Clocks that go backwards and jump, a migration that is killed, rows that make no sense."""

import gzip
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from astraweave.memory import open_memory
from astraweave.memory.migrations import MIGRATIONS
from tests.faults import saves
from tests.faults.tally import Tally
from tests.memory.episodes import make_draft

pytestmark = pytest.mark.faults
ROOT = Path(__file__).parents[2]
OLD = ROOT / "tests" / "data" / "saves"


def test_a_clock_that_goes_backwards_and_jumps_loses_nothing(
    save: Path, tally: Callable[..., Tally]
) -> None:
    tries = tally("clock backwards and jumping", few=100, full=2_000)
    rng = np.random.default_rng(9)
    now = 1e9
    with open_memory(save, clock=lambda: now) as store:
        given = []
        for number in tries.each():
            now = float(rng.choice([now - 1e7, now + 1e7, 0.0, 4e11, now, now + 0.01]))
            now = min(max(now, 0.0), 4e11)
            end = float(rng.choice([now, max(0.0, now - 5.0), min(4e11, now + 5.0)]))
            store.write(make_draft(f"e{number}", 3, start_time=now, end_time=end))
            given.append(store.remember(f"{number} wolves at the mill"))
            if number % 100 == 99:
                store.flush()
        store.flush()
        ids = set(store.episode_ids())
        tries.lost += sum(f"e{number}" not in ids for number in tries.each())
        tries.lost += sum(store.memory(memory.id) != memory for memory in given)
        with tries.timed():
            store.retrieve("wolves", now=0.0)
            store.retrieve("wolves", now=4e11)
        now = 0.0
        assert store.decay() == (), "what lies in the future is not old"
        store.consolidate()
        tries.became["episodes and memories kept, in the order they were given"] = tries.tries
        assert list(store.episode_ids()) == [f"e{number}" for number in tries.each()]
    with open_memory(save) as store:
        assert store.health()["structure"] == "ok"
    assert tries.lost == 0


MIGRATES = """
import os, signal, sys, threading
import apsw
from astraweave.memory import open_memory
steps, path, of = int(sys.argv[1]), sys.argv[2], sys.argv[3]
left = [steps]
def watch(*_):
    left[0] -= 1
    if left[0] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return True
if of == "statements":
    apsw.connection_hooks.append(lambda db: db.set_exec_trace(watch))
else:  # of files: given a name, or taken away
    changes = {"os.link", "os.rename", "os.remove"}
    sys.addaudithook(lambda event, _: event in changes and watch())
open_memory(path).close()
"""


def test_a_migration_that_is_killed_leaves_the_old_save(
    save: Path, tally: Callable[..., Tally]
) -> None:
    kills = tally("a migration killed midway", few=6, full=120)
    rng = np.random.default_rng(3)
    versions = range(1, len(MIGRATIONS))
    for number in kills.each():
        version = versions[number % len(versions)]
        of, most = (("statements", 140), ("files", 5))[number // len(versions) % 2]
        whole = gzip.decompress((OLD / f"schema_{version}.db.gz").read_bytes())
        save.write_bytes(whole)
        with open_memory(save) as store:
            expected = store.health() | {"bytes": 0, "problems": [], "path": ""}
        for file in save.parent.glob(f"{save.name}*"):
            file.unlink()
        save.write_bytes(whole)
        done = subprocess.run(
            [sys.executable, "-c", MIGRATES, str(rng.integers(1, most)), str(save), of],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
            capture_output=True,
        )
        assert done.returncode == -signal.SIGKILL, done.stderr
        state = "before" if save.read_bytes() == whole else "after"
        with kills.timed():
            store = open_memory(save)
        with store:
            health = store.health()
            rows = ("episodes", "memories", "statistics", "proposals", "deployments", "damaged")
            kills.lost += sum(health[name] != expected[name] for name in rows)
            assert (health["structure"], store.problems) == ("ok", ())
        kills.became[f"killed {state} the new file took its place, opened whole"] += 1
        for file in save.parent.glob(f"{save.name}*"):
            file.unlink()
    assert kills.lost == 0


ROWS = {
    "an episode": ("episodes", ("seed", "tags", "outcome", "start_time", "player", "id")),
    "a memory": ("memories", ("text", "importance", "rest", "created_at", "player", "id")),
    "a step of learning": ("statistics", ("body", "episode")),
    "weights": ("weight_sets", ("body", "crc")),
    "a deployment": ("deployments", ("body", "action", "version")),
    "a verdict": ("proposals", ("verdict", "proposal", "approved")),
    "a note": ("notes", ("body",)),
    "observations": ("observations", ("columns",)),
}
VALUES = {"crc": "7", "seed": "99", "start_time": "1.5", "importance": ".3", "created_at": "1.5"}
VALUES |= {"version": "9", "approved": "0", "body": "'{}'", "columns": "zeroblob(99)"}


@pytest.mark.parametrize("kind", ROWS)
def test_a_row_that_makes_no_sense_is_set_aside_and_the_others_load(
    kind: str, save: Path, tally: Callable[..., Tally]
) -> None:
    table, columns = ROWS[kind]
    tries = tally(
        f"a malformed row, in {len(ROWS)} tables", few=len(columns), full=8 * len(columns)
    )
    saves.make(save, episodes=9, memories=6)
    whole = save.read_bytes()
    with open_memory(save) as store:
        original = saves.readings(store)
    for number in tries.each():
        save.write_bytes(whole)
        column = columns[number % len(columns)]
        value = VALUES.get(column, "'[[[[[[[['")
        value = (
            f"CAST({value} AS BLOB)"
            if table in {"statistics", "notes"} and column == "body"
            else value
        )
        with open_memory(save) as store, store._link.transaction() as db:
            count = db.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
            row = number // len(columns) % count
            db.execute(
                f"UPDATE {table} SET {column} = {value} WHERE rowid = "
                f"(SELECT rowid FROM {table} ORDER BY rowid LIMIT 1 OFFSET {row})"
            )
        with tries.timed():
            store = open_memory(save)
            now = saves.readings(store)
        with store:
            wrong = [name for name, found in now.items() if original.get(name) != found]
            tries.lost += len(wrong)
            missing = original.keys() - now.keys()
            assert missing
            assert len(missing) < 10
            assert any("set aside" in line for line in store.problems)
            assert store.health()["quarantine"] >= 1
        tries.became["set aside and said, the others loaded"] += 1
        for file in save.parent.glob(f"{save.name}*"):
            file.unlink()
    assert tries.lost == 0
