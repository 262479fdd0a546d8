"""Episodes, memories and traits of a save as files for other programs.

Reads the save as it is at one moment, one row at a time; files appear whole or not at all.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from astraweave.errors import InputError, UsageError
from astraweave.learning.declaration import write_declaration
from astraweave.learning.setup import NOTE, recall
from astraweave.learning.traits import trait_rows
from astraweave.memory.exchange import (
    Destination,
    Selection,
    Snapshot,
    check_place,
    open_sink,
)
from astraweave.memory.exchange.flat import Names, names_in
from astraweave.memory.exchange.sinks import KINDS
from astraweave.model.actions import nearest
from astraweave.model.columns import EpisodeLog

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore

Progress = Callable[[str, float], None]
"""Called with what is written and the share of it that is done."""
EVERY = 64


class Exported(msgspec.Struct, kw_only=True):
    """What was written.

    `damaged` counts rows that could not be read and are missing; `problems` has a line for each of
    the first of them.
    """

    format: str
    files: tuple[str, ...] = ()
    episodes: int = 0
    observations: int = 0
    memories: int = 0
    traits: int = 0
    damaged: int = 0
    problems: tuple[str, ...] = ()


def export(
    store: "MemoryStore",
    to: Path | BinaryIO,
    *,
    what: Sequence[str] = ("episodes",),
    form: str = "jsonl",
    only: Selection | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Exported:
    """Write what a save holds to `to`; into a folder with episodes also what their game declared.

    Args:
        store: an open save.
        to: a file; a folder where several are written (`check_place` says when); or a stream of
            bytes, for one kind as JSON Lines.
        what: of "episodes", "memories" and "traits", each once.
        form: one of `memory.exchange.FORMATS`.
        only: whose, and of when; None for all.
        overwrite: files of these names may be there already; never a save.
        progress: told now and then.

    Raises:
        InputError: another kind or format, no time between two, a place that cannot be written, or
            one that is taken.
        SaveError: the save is damaged beyond single rows.
        UsageError: the save knows no such player or companion.
    """
    wanted = [kind for kind in KINDS if kind in what]
    if not wanted or len(wanted) != len(what):
        fix = f"give some of {', '.join(KINDS)}"
        raise InputError(what="not what a save can give", got=", ".join(what), fix=fix)
    folder = check_place(to, wanted, form)
    told = Exported(format=form)
    which = only or Selection()
    _check_times(which)
    destination = Destination(to, folder=folder, overwrite=overwrite)
    with store.snapshot() as snapshot, destination.whole():
        _check_known(which.player_id, snapshot.players, store)
        _check_known(which.companion_id, snapshot.companions, store)
        for kind in wanted:
            total, items = _items(store, snapshot, kind, which)
            names = partial(_names, snapshot, which)
            sink = open_sink(kind, form, destination, names, _units(store))
            done = 0
            for item in items:
                sink.add(item)
                done += 1
                if isinstance(item, EpisodeLog):
                    told.observations += len(item.observations) - int(
                        item.observations["joined"].sum()
                    )
                if progress is not None and done % EVERY == 0:
                    progress(kind, done / max(1, total))
            sink.close()
            setattr(told, kind, done)
        lines = write_declaration(store, destination) if folder and "episodes" in wanted else ()
        told.damaged, told.problems = snapshot.damaged, (*snapshot.problems, *lines)
        whose = snapshot.players(which)
    told.files = tuple(str(file) for file in destination.files)
    if store.read_only is None:
        store.record("export", whose, {kind: getattr(told, kind) for kind in wanted})
    return told


def _check_times(only: Selection) -> None:
    since, until = only.since_s, only.until_s
    if since is not None and until is not None and since >= until:
        raise InputError(
            what="nothing can be from then on and before then",
            got=f"since {since:.10g}, until {until:.10g} (s since 1970)",
            where="--since and --until",
            fix="give an earlier --since, or a later --until",
        )


def _check_known(
    asked: str | None, known: Callable[[], tuple[str, ...]], store: "MemoryStore"
) -> None:
    if asked is not None and asked not in (names := known()):
        what = f"the save knows no {asked!r}"
        raise UsageError(what=what, where=store.path, fix=nearest(asked, names))


def _items(
    store: "MemoryStore", snapshot: Snapshot, kind: str, only: Selection
) -> tuple[int, Iterator[Any]]:
    """How many there are of a kind, and they."""
    if kind == "episodes":
        return snapshot.count_episodes(only), snapshot.episodes(only)
    if kind == "memories":
        return snapshot.count_memories(only), snapshot.memories(only)
    pairs = [
        (player, companion)
        for player, companion in store.pairs()
        if only.player_id in (None, player) and only.companion_id in (None, companion)
    ]
    return 0, (row for pair in pairs for row in trait_rows(store, *pair))


def _names(snapshot: Snapshot, only: Selection) -> Names:
    """Of all episodes; what is damaged is said when they are written."""
    told = snapshot.damaged, list(snapshot.problems)
    found = names_in(snapshot.episodes(only))
    snapshot.damaged, snapshot.problems = told
    return found


def _units(store: "MemoryStore") -> Mapping[str, str]:
    """Units of the facts that the save's game declared."""
    if store.note(NOTE) is None:
        return {}
    facts = recall(store).facts
    return {str(fact["name"]): str(fact["unit"]) for fact in facts if fact.get("unit")}
