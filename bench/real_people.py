"""How well real people are recognised: `python -m bench.real_people [--data FOLDER …] [--json]`.

Recordings as in `demos/data/overcooked_human`. Each kitchen is held out in turn: who cooked there
is told from the other kitchens, among all people, and told from their partner.
References in the same run: shares of actions, and of pairs of actions, by the nearest episode.
"""

import argparse
import runpy
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from astraweave.learning.patterns import wilson_lower_bound
from astraweave.model.columns import EpisodeLog, log_of
from astraweave.playstyle.identity import Found, centred, identify
from astraweave.playstyle.rhythm import features

ROOT = Path(__file__).resolve().parents[1]
DATA = (ROOT / "demos/data/overcooked_human", ROOT / "tests/data/overcooked_human")
_Floats = npt.NDArray[np.float64]


class Line(NamedTuple):
    """One way of telling people: shares of episodes with 95 % Wilson intervals.

    person: the right one is first of all people; partner: nearer than the partner is.
    """

    way: str
    features: int
    person: float
    person_low: float
    person_high: float
    partner: float
    partner_low: float
    partner_high: float


class Table(NamedTuple):
    """All ways, over the same episodes."""

    people: int
    episodes: int
    chance: float
    lines: tuple[Line, ...]


class Cast(NamedTuple):
    """Whose each episode is, and where it was played."""

    logs: list[EpisodeLog]
    people: list[str]
    partners: list[str | None]
    levels: list[str]
    roles: list[str]


def cast(folders: Sequence[Path]) -> Cast:
    """The episodes of these folders, as the lesson on real people reads them."""
    lesson = runpy.run_path(str(ROOT / "demos" / "02_real_people.py"))
    logs = [log_of(one) for folder in folders for one in lesson["episodes"](folder)]
    return Cast(
        logs,
        [log.player_id for log in logs],
        [log.companion_id for log in logs],
        [log.tags[1] for log in logs],
        [log.tags[2] for log in logs],
    )


def measured(who: Cast) -> Table:
    """The library beside the references."""
    found = features(who.logs)
    ours = identify(found.values, who.people, who.levels, who.roles, who.partners)
    lines = [
        _line("astraweave: rhythm and acts, its own distance", found.values, ours),
        _line("the same features, nearest episode", found.values, _nearest(found.values, who)),
    ]
    ways: tuple[tuple[str, Callable[[Sequence[EpisodeLog]], _Floats]], ...] = (
        ("shares of actions, nearest episode", _actions),
        ("pairs of actions, nearest episode", _pairs),
    )
    for name, way in ways:
        values = way(who.logs)
        lines.append(_line(name, values, _nearest(values, who)))
    chance = float(np.mean([1.0 / one.among for one in ours]))
    return Table(len(set(who.people)), len(ours), chance, tuple(lines))


def _tokens(log: EpisodeLog) -> list[str]:
    seen = log.observations[["code", "target"]].tolist()
    return [f"{log.names[c]} {log.names[t] if t < len(log.names) else ''}" for c, t in seen]


def _actions(logs: Sequence[EpisodeLog]) -> _Floats:
    return _shares([_tokens(log) for log in logs])


def _pairs(logs: Sequence[EpisodeLog]) -> _Floats:
    told = [_tokens(log) for log in logs]
    return _shares([[f"{a}>{b}" for a, b in pairwise(t)] for t in told])


def _shares(told: list[list[str]]) -> _Floats:
    column = {name: k for k, name in enumerate(sorted({one for each in told for one in each}))}
    counts = np.zeros((len(told), len(column)))
    for row, each in zip(counts, told, strict=True):
        np.add.at(row, [column[one] for one in each], 1.0)
    shares: _Floats = counts / counts.sum(axis=1, keepdims=True)
    return shares


def _nearest(values: _Floats, who: Cast) -> tuple[Found, ...]:
    """By the nearest single episode of another level, Euclidean over standardised features."""
    rows = centred(values, list(zip(who.levels, who.roles, strict=True)))
    rows = rows / np.where(rows.std(axis=0) > 0.0, rows.std(axis=0), 1.0)
    found = []
    for i, level in enumerate(who.levels):
        best: dict[str, float] = {}
        for j, name in enumerate(who.people):
            if who.levels[j] != level:
                best[name] = min(best.get(name, np.inf), float(((rows[i] - rows[j]) ** 2).sum()))
        if who.people[i] not in best:
            continue
        own, beside = best[who.people[i]], best.get(who.partners[i] or "")
        found.append(
            Found(
                row=i,
                rank=1 + sum(each < own for each in best.values()),
                among=len(best),
                nearest=min(best, key=lambda name: best[name]),
                partner_further=None if beside is None else own < beside,
            )
        )
    return tuple(found)


def _line(way: str, values: _Floats, found: tuple[Found, ...]) -> Line:
    beside = [one.partner_further for one in found if one.partner_further is not None]
    return Line(
        way,
        values.shape[1],
        *_interval(sum(one.rank == 1 for one in found), len(found)),
        *_interval(sum(beside), len(beside)),
    )


def _interval(hits: int, tries: int) -> tuple[float, float, float]:
    low, miss = wilson_lower_bound(hits, tries), wilson_lower_bound(tries - hits, tries)
    return hits / max(1, tries), low, 1.0 - miss


def text(table: Table) -> str:
    """The table in Markdown, as docs/people.md shows it."""
    lines = [
        f"{table.episodes} episodes of {table.people} people; chance {table.chance:.2f} and .50.",
        "",
        "| told by | features | same person | not the partner |",
        "|---|---|---|---|",
    ]
    for one in table.lines:
        person = f"{one.person:.2f} ({one.person_low:.2f}–{one.person_high:.2f})"
        partner = f"{one.partner:.2f} ({one.partner_low:.2f}–{one.partner_high:.2f})"
        lines.append(f"| {one.way} | {one.features} | {person} | {partner} |")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.real_people", description=__doc__)
    parser.add_argument("--data", metavar="FOLDER", type=Path, action="append")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    table = measured(cast(arguments.data or DATA))
    told = msgspec.json.encode(table._asdict()).decode() if arguments.json else text(table)
    sys.stdout.write(f"{told}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
