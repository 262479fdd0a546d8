"""`astraweave features EPISODES.jsonl`: how each person moves and acts, and who is told by it.

Prints, for each person, what they do more and less often than the others in the same place; with
--json the whole matrix, one row an episode, with names. Where people are seen in several levels,
it says how many are recognised in a level by the others alone. Episodes with equal category and
tags are of one level; a tag "role=…" says on which side somebody played.
"""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from astraweave.cli.common import opened_lines
from astraweave.cli.output import add_json, complain, say, say_json, table
from astraweave.cli.text import several
from astraweave.errors import EpisodeError
from astraweave.model.actions import load_actions
from astraweave.model.columns import EpisodeLog, log_of
from astraweave.model.exchange import read_episodes
from astraweave.playstyle.identity import Found, centred, identify
from astraweave.playstyle.rhythm import IDLE, TEMPO_MS, TEMPOS, Features, features

ROLE = "role="
SHOWN = 3
BAD_SHOWN = 20


class Row(NamedTuple):
    """Whose episode it is, and where it was played."""

    id: str
    player: str
    companion: str
    level: str
    role: str


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("episodes", metavar="EPISODES", help="a JSON Lines file, or - for stdin")
    parser.add_argument(
        "--actions", metavar="TOML", type=Path, help="says which actions are movement"
    )
    parser.add_argument(
        "--idle",
        metavar="NAME",
        action="append",
        default=[],
        help=f"an action that stands for doing nothing (always: {', '.join(sorted(IDLE))})",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Read, count, recognise."""
    vocabulary = None if arguments.actions is None else load_actions(arguments.actions)
    with ExitStack() as stack:
        desk = _Desk(arguments.episodes, stack)
        found = features(desk.logs(), vocabulary, idle=IDLE.union(arguments.idle))
    rows, values = desk.rows, found.values
    recognised = identify(
        values,
        [row.player for row in rows],
        [row.level for row in rows],
        [row.role for row in rows],
        [row.companion for row in rows],
    )
    own = centred(values, [(row.level, row.role) for row in rows])
    if arguments.json:
        say_json(
            {
                "names": found.names,
                "episodes": [row._asdict() for row in rows],
                "matrix": values.tolist(),
                "centred": own.tolist(),
                "recognised": _figures(recognised),
                "nearest": {rows[one.row].id: one.nearest for one in recognised},
                "bad_lines": desk.bad,
            }
        )
    else:
        say(_text(found, rows, own, recognised))
    return 2 if desk.bad else 0


class _Desk:
    """Hands out the good episodes of a file and says what is wrong with the others."""

    def __init__(self, name: str, stack: ExitStack) -> None:
        self.rows: list[Row] = []
        self.bad = 0
        self._name = name
        self._stream, _ = opened_lines(name, stack)

    def logs(self) -> Iterator[EpisodeLog]:
        """Columns of one good line after the other."""
        for _, _, found in read_episodes(self._stream, self._name):
            if isinstance(found, EpisodeError):
                self.bad += 1
                if self.bad <= BAD_SHOWN:
                    complain(str(found))
                continue
            log = log_of(found)
            self.rows.append(_row(log))
            yield log


def _row(log: EpisodeLog) -> Row:
    roles = [tag for tag in log.tags if tag.startswith(ROLE)]
    level = " ".join((log.category, *(tag for tag in log.tags if tag not in roles)))
    role = " ".join(tag.removeprefix(ROLE) for tag in roles)
    return Row(log.id, log.player_id, log.companion_id, level, role)


def _figures(found: tuple[Found, ...]) -> dict[str, Any] | None:
    """How many were recognised, and by how much chance alone would have."""
    if not found:
        return None
    beside = [one.partner_further for one in found if one.partner_further is not None]
    return {
        "episodes": len(found),
        "same_person": sum(one.rank == 1 for one in found),
        "chance": sum(1.0 / one.among for one in found),
        "beside_a_partner": len(beside),
        "told_from_partner": sum(beside),
    }


def _text(
    found: Features,
    rows: list[Row],
    own: npt.NDArray[np.float64],
    recognised: tuple[Found, ...],
) -> str:
    people = sorted({row.player for row in rows})
    whose = np.array([people.index(row.player) for row in rows])
    spread = np.where(own.std(axis=0) > 0.0, own.std(axis=0), 1.0)
    of = f"{several(len(rows), 'episode')} of {several(len(people), 'person', 'people')}"
    lines = [f"{of}, {len(found.names)} features"]
    told = [("person", "episodes", "busy", "more than others where they played", "less")]
    for k, name in enumerate(people):
        mine = whose == k
        much = (own[mine] / spread).mean(axis=0)
        much[0] = 0.0  # has a column of its own
        order = np.argsort(much, kind="stable")
        more = [found.names[i] for i in order[::-1][:SHOWN] if much[i] > 0.0]
        less = [found.names[i] for i in order[:SHOWN] if much[i] < 0.0]
        busy = f"{found.values[mine, 0].mean():4.0%}"
        told.append((name, str(int(mine.sum())), busy, "; ".join(more), "; ".join(less)))
    lines.append(table(told))
    figures = _figures(recognised)
    if figures is None:
        lines.append("nobody can be recognised: that takes people who play in several levels")
    else:
        lines.append(
            f"recognised by their other levels: {figures['same_person']} of "
            f"{figures['episodes']} episodes (by chance {figures['chance']:.1f})"
        )
        if figures["beside_a_partner"]:
            lines.append(
                f"told from the partner: {figures['told_from_partner']} of "
                f"{figures['beside_a_partner']}"
            )
    lines.append(f"a step is {_tempos()}; straight, turn and back are moves,")
    lines.append("act and leave the change from moving to acting and back, again and other acts")
    return "\n".join(lines)


def _tempos() -> str:
    named = zip(TEMPOS, TEMPO_MS, strict=False)
    return f"{', '.join(f'{name} within {ms} ms' for name, ms in named)}, else {TEMPOS[-1]}"
