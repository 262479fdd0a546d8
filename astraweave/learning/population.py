"""What a population of saves did, for `playstyle.population`: counts by kind, episode by episode.

Saves are read, here or by workers that see the same files, and what each holds is merged in the
order of the saves: who reads them changes nothing. Refuses none of them: one that cannot be read
is told of, and left out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures import TimeoutError as Late
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from astraweave.errors import AstraweaveError, ClusterError, InputError, SaveError
from astraweave.learning.rows import fought
from astraweave.learning.setup import recall
from astraweave.learning.statistics import EpisodeRow
from astraweave.memory import open_memory
from astraweave.model.actions import KINDS, ActionVocabulary
from astraweave.playstyle import FEATURES, action_counts

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore

SAVES = "*.db"
MOST_SAVES = 1_000_000
CHUNK = 16
"""Saves that a worker reads in one job."""
LIMIT_S = 300.0
"""Seconds that a job may keep everybody waiting."""
_KINDS = [FEATURES.index(kind.value) for kind in KINDS]

Counts = npt.NDArray[np.int64]


class Read(NamedTuple):
    """One save.

    players: int32[episodes, kinds] of each person beside each companion, as bytes. episodes: how
    many. left_out: rows and episodes that could not be read. error: why nothing was.
    """

    path: str
    players: tuple[bytes, ...] = ()
    episodes: int = 0
    left_out: int = 0
    error: str | None = None

    def counts(self) -> list[Counts]:
        """int64[episodes, kinds] of each person."""
        shape = (-1, len(KINDS))
        return [np.frombuffer(each, "<i4").reshape(shape).astype(np.int64) for each in self.players]


def saves_in(given: Iterable[Path]) -> list[Path]:
    """The saves: files as named, and every ``*.db`` of folders, by name; each once.

    Raises:
        InputError: there is none, or a path that does not exist.
    """
    found: dict[Path, Path] = {}
    for path in given:
        if not path.exists():
            fix = "name saves, or folders of them"
            raise InputError(what="there is no such save or folder", where=str(path), fix=fix)
        for save in sorted(path.glob(SAVES)) if path.is_dir() else [path]:
            found.setdefault(save.resolve(), save)
    if not 0 < len(found) <= MOST_SAVES:
        what, fix = f"give 1 to {MOST_SAVES:,} saves", f"a folder is looked through for {SAVES}"
        raise InputError(what=what, got=len(found), where="fit", fix=fix)
    return list(found.values())


def read_saves(
    saves: Sequence[Path],
    executor: Executor | None = None,
    tell: Callable[[float], object] = lambda _done: None,
) -> list[Read]:
    """Each save's counts, in their order.

    Args:
        saves: files; workers of another machine must find them under the same paths.
        executor: who reads them; None reads them here.
        tell: called with the share that is done.

    Raises:
        ClusterError: a worker did not answer in time, or is gone.
    """
    names = [str(save.resolve()) for save in saves]
    parts = [names[first : first + CHUNK] for first in range(0, len(names), CHUNK)]
    found: list[Read] = []
    for number, part in enumerate(_answers(parts, executor), start=1):
        found += part
        tell(number / len(parts))
    return found


def _answers(parts: list[list[str]], executor: Executor | None) -> Iterator[list[Read]]:
    if executor is None:
        yield from map(read_some, parts)
        return
    waiting: list[Future[list[Read]]] = [executor.submit(read_some, part) for part in parts]
    for future in waiting:
        try:
            yield future.result(LIMIT_S)
        except Late as error:
            what, fix = f"no answer within {LIMIT_S:g} s", "see whether the workers are alive"
            raise ClusterError(what=what, where="reading saves", fix=fix) from error
        except AstraweaveError:
            raise
        except Exception as error:
            what, fix = "a worker is gone", "see why it ended; workers need this astraweave"
            got = f"{type(error).__name__}: {error}"
            raise ClusterError(what=what, got=got, where="reading saves", fix=fix) from error


def read_some(names: Sequence[str]) -> list[Read]:
    """What a worker does."""
    return [read_save(name) for name in names]


def read_save(name: str) -> Read:
    """One save; what is wrong with it is in the answer."""
    try:
        if not Path(name).is_file():
            raise SaveError(what="there is no such save", where=name, fix="check the path")
        with open_memory(name, recover=False, mend=False) as store:
            return _read(store, name)
    except AstraweaveError as error:
        return Read(name, error=str(error))


def _read(store: "MemoryStore", name: str) -> Read:
    players, episodes, left_out = [], 0, 0
    for pair in store.pairs():
        played: list[tuple[str, list[int]]] = []
        for _, body in store.rows(*pair):
            try:
                row = EpisodeRow.decoded(body)
                played.append((row.category, [int(row.features[i]) for i in _KINDS]))
            except (SaveError, IndexError, OverflowError):
                left_out += 1
        new, skipped = _unlearned(store, pair)
        played += new
        left_out += skipped
        shown = fought({category for category, _ in played})
        rows = [counts for category, counts in played if category in shown]
        if rows:
            players.append(np.clip(rows, 0, 1 << 30).astype("<i4").tobytes())
            episodes += len(rows)
    return Read(name, tuple(players), episodes, left_out)


def _unlearned(
    store: "MemoryStore", pair: tuple[str, str]
) -> tuple[list[tuple[str, list[int]]], int]:
    """Category and counts of episodes without a row yet, and how many could not be counted."""
    ids = store.unlearned(*pair)
    if not ids:
        return [], 0
    try:
        vocabulary = ActionVocabulary(recall(store).actions)
    except InputError:
        return [], len(ids)
    rows = []
    for log in store.episodes(ids):
        row = [0] * len(KINDS)
        for action, count in action_counts(log, vocabulary, unknown="skip").items():
            row[[kind.value for kind in KINDS].index(vocabulary[action].kind)] += count
        rows.append((log.category.value, row))
    return rows, len(ids) - len(rows)
