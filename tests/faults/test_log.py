"""A torn write-ahead log: what is left is a clean prefix, and what is lost is said."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from astraweave.memory import open_memory
from astraweave.memory.log import log_of
from astraweave.memory.mark import mark_of
from astraweave.model.columns import episode_of
from tests.faults.tally import Tally
from tests.memory.episodes import make_draft

pytestmark = pytest.mark.faults
ACKNOWLEDGED = 15
PAGE = 4096
IN_LOG = 30 * (24 + PAGE)
"""Bytes of a log that are torn. Now and then it is moved into the file, and nothing is left."""


def truncated(log: bytearray, rng: np.random.Generator) -> None:
    del log[int(rng.integers(len(log))) :]


def flipped(log: bytearray, rng: np.random.Generator) -> None:
    log[int(rng.integers(len(log)))] ^= 1 << int(rng.integers(8))


def zeroed(log: bytearray, rng: np.random.Generator) -> None:
    at, count = int(rng.integers(len(log))), int(rng.integers(1, 2 * PAGE))
    log[at : at + count] = bytes(len(log[at : at + count]))


def garbage(log: bytearray, rng: np.random.Generator) -> None:
    at, count = int(rng.integers(len(log))), int(rng.integers(1, 2 * PAGE))
    log[at : at + count] = rng.bytes(len(log[at : at + count]))


TEARS = {"truncated": truncated, "a bit flipped": flipped, "zeroed": zeroed, "garbage": garbage}


def killed(save: Path) -> tuple[dict[Path, bytes], int]:
    """What a kill leaves of a session, and how many episodes it acknowledged, one by one."""
    with open_memory(save) as store:
        for number in count(1):
            store.write(make_draft(f"e{number - 1}"))
            store.flush()
            with store._link.lock:  # a kill takes all at one moment: nobody moves the log
                left = {file: file.read_bytes() for file in (save, log_of(save), mark_of(save))}
            if number >= ACKNOWLEDGED and len(left[log_of(save)]) >= IN_LOG:
                break
    for file in save.parent.glob(f"{save.name}*"):
        file.unlink()
    return left, number


@pytest.mark.parametrize("kind", TEARS)
def test_of_a_torn_log_a_clean_prefix_is_left_and_the_rest_is_said(
    kind: str, save: Path, tally: Callable[..., Tally]
) -> None:
    tears = tally(f"the log {kind}", few=10, full=120)
    rng, (left, acknowledged) = np.random.default_rng(sum(kind.encode())), killed(save)
    for _ in tears.each():
        log = bytearray(left[log_of(save)])
        TEARS[kind](log, rng)
        for file, data in left.items():
            file.write_bytes(log if file == log_of(save) else data)
        with tears.timed():
            store = open_memory(save)
        with store:
            kept = store.episode_ids()
            assert kept == tuple(f"e{number}" for number in range(len(kept)))
            for log_kept in store.episodes(kept):
                assert episode_of(log_kept) == episode_of(make_draft(log_kept.id).log())
            missing, told = acknowledged - len(kept), store.recovered
            said = 0 if told is None else told.lost_changes
            assert bool(store.problems) is bool(missing)
            assert store.health()["structure"] == "ok"
        # Lost in silence: the bytes themselves are gone, whoever looks.
        tears.lost += missing - said
        tears.became["lost some, and said how much" if missing else "lost nothing"] += 1
        for file in save.parent.glob(f"{save.name}*"):
            file.unlink()
    assert tears.lost == 0
    tears.within(1.0)
