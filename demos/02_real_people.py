"""Lesson 2: people the library has never seen, in a game it was not written for.

    python demos/02_real_people.py [--data FOLDER] [--save PATH] [--json]

The recordings in `demos/data/overcooked_human` are of pairs of people who cook soup together
against the clock. Any game comes in by the same three steps:

1. declare what a player can do: an `ActionVocabulary`, each action with its kind;
2. write what they did as `Episode`s, one a line of JSON, one a person a trial;
3. give them to a memory, and ask what is believed.

What a vocabulary cannot say is left unsaid. Nothing in a kitchen is aggressive, so no action was
an opportunity for aggression, and how aggressive these people are stays unknown. Standing still
is no action either: it is what is missing from their time. Lines that are not of this data set
end in one line of error and exit code 2.
"""

import argparse
import csv
import gzip
import io
import itertools
import sys
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import msgspec

import astraweave as aw
from astraweave.model.actions import KINDS
from astraweave.model.episode import Observation, PlayerAction
from astraweave.playstyle import (
    Evidence,
    action_counts,
    feature_columns,
    profile_of,
    satisfaction,
    update,
)
from astraweave.playstyle.features import COLUMN

DATA = Path(__file__).parent / "data" / "overcooked_human"
STEP_MS = 150
MAX_BYTES = 64 << 20
FIRST_DAY = 1_546_300_800.0  # 2019-01-01: the study gives a year; trials are laid an hour apart
MOVES = {"1": "up", "2": "down", "3": "right", "4": "left"}
STAY = "0"

# "utility" works with things; what is set down on a counter lies in the partner's reach: "support".
KITCHEN = aw.ActionVocabulary(
    move=aw.Kind("movement"),
    take_onion_dispenser=aw.Kind("utility"),
    take_onion_counter=aw.Kind("utility"),
    pot_onion=aw.Kind("utility"),
    take_dish_dispenser=aw.Kind("utility"),
    take_dish_counter=aw.Kind("utility"),
    take_soup_pot=aw.Kind("utility"),
    take_soup_counter=aw.Kind("utility"),
    deliver_soup=aw.Kind("utility"),
    useless_interact=aw.Kind("utility"),
    drop_onion=aw.Kind("support"),
    drop_dish=aw.Kind("support"),
    drop_soup=aw.Kind("support"),
)


class Trial(msgspec.Struct, frozen=True):
    """One pair in one kitchen. `score` is the pair's, 5 a soup."""

    trial_id: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
    pair_id: int
    layout: str
    seconds: Annotated[float, msgspec.Meta(gt=0.0, le=1e6)]
    score: Annotated[float, msgspec.Meta(ge=0.0)]


class Person(msgspec.Struct, frozen=True):
    """How one person plays. Shares in [0, 1]; `pace` is actions a second.

    `idle` is the share of steps without an action, `busy` that of 2 s windows with one.
    """

    name: str
    partner: str
    kitchens: int
    minutes: float
    pace: float
    idle: float
    busy: float
    kinds: dict[str, float]
    profile: aw.PreferenceProfile


def read_trials(folder: Path) -> dict[int, Trial]:
    """The trials of `trials.jsonl`, by number."""
    path = folder / "trials.jsonl"
    try:
        lines = path.read_bytes().splitlines()
        trials = [msgspec.json.decode(line, type=Trial) for line in lines]
    except (OSError, msgspec.DecodeError) as error:
        raise unreadable(path, error) from error
    return {trial.trial_id: trial for trial in trials}


def read_steps(folder: Path) -> Iterator[dict[str, str]]:
    """The rows of `steps.csv.gz`, one a person a step."""
    path = folder / "steps.csv.gz"
    try:
        with gzip.open(path) as file:
            text = file.read(MAX_BYTES + 1)  # a small gzip file can hold gigabytes
        if len(text) > MAX_BYTES:
            raise unreadable(path, f"more than {MAX_BYTES >> 20} MiB")
        rows = csv.DictReader(io.StringIO(text.decode(), newline=""))
        missing = {"trial_id", "player", "t", "action", "event"} - set(rows.fieldnames or ())
        if missing:
            raise unreadable(path, f"no column {', '.join(sorted(missing))}")
        yield from rows
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: object) -> aw.InputError:
    """What went wrong with a file of the data set."""
    return aw.InputError(
        what="cannot read the recordings",
        got=str(error),
        where=str(path),
        fix="give --data a folder like demos/data/overcooked_human",
    )


def episodes(folder: Path) -> Iterator[aw.Episode]:
    """One episode a person a trial, in the order of the file."""
    trials = read_trials(folder)
    steps = itertools.groupby(read_steps(folder), key=lambda row: row["trial_id"])
    for number, rows in steps:
        trial = trials.get(int(number)) if number.isdecimal() else None
        if trial is None:
            raise unreadable(folder / "steps.csv.gz", f"trial {number!r} is not in trials.jsonl")
        seen: dict[str, list[Observation]] = {"0": [], "1": []}
        for row in rows:
            if row["action"] != STAY:
                seen[told(folder, row, "player", ("0", "1"))].append(observation(folder, row))
        for player, partner in ("01", "10"):
            yield episode(trial, player, partner, tuple(seen[player]))


def observation(folder: Path, row: dict[str, str]) -> Observation:
    """One action: an interaction by what it did, a move by its direction."""
    if row["action"] in MOVES:
        action = PlayerAction(action_type="move", target=MOVES[row["action"]])
    else:
        action = PlayerAction(action_type=told(folder, row, "event", tuple(KITCHEN)))
    step = told(folder, row, "t")
    return Observation(timestamp_ms=STEP_MS * int(step), player_action=action)


def told(folder: Path, row: dict[str, str], column: str, known: tuple[str, ...] = ()) -> str:
    """The value of a column: one of those known, or a whole number of at most six digits."""
    value = row[column] or ""
    if value not in known if known else not (value.isdecimal() and len(value) <= 6):
        where = f"trial {row['trial_id']}, step {row['t']}: {column} {value!r} is unknown"
        raise unreadable(folder / "steps.csv.gz", where)
    return value


def episode(
    trial: Trial, player: str, partner: str, observations: tuple[Observation, ...]
) -> aw.Episode:
    """A person's trial. A point a second would be full success; nobody cooks that fast."""
    start = FIRST_DAY + 3600.0 * trial.trial_id
    success = min(1.0, trial.score / trial.seconds)
    played = aw.Episode(
        id=f"overcooked-{trial.trial_id}-{player}",
        category=aw.EpisodeCategory.QUEST,
        start_time=start,
        end_time=start + trial.seconds,
        player_id=f"{trial.pair_id}-{player}",
        companion_id=f"{trial.pair_id}-{partner}",  # whom they cooked with, a person here
        observations=observations,
        tags=("co-play", trial.layout, f"role={player}"),
    )
    outcome = aw.EpisodeOutcome(
        success_rating=success,
        player_satisfaction=satisfaction(aw.log_of(played), success=success),
        duration_ms=round(trial.seconds * 1e3),
    )
    return msgspec.structs.replace(played, outcome=outcome)


def write_jsonl(folder: Path, path: Path) -> None:
    """The recordings in the exchange format, one episode a line."""
    path.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in episodes(folder)))


def ingest(path: Path, memory: aw.MemoryStore) -> list[tuple[str, str]]:
    """Give the episodes of a JSONL file to a memory, those that it does not have yet.

    Returns whose they are: (person, partner), in the order met.
    """
    known = set(memory.episode_ids())
    pairs: dict[tuple[str, str], None] = {}
    for line in path.read_bytes().splitlines():
        one = msgspec.json.decode(line, type=aw.Episode)
        pairs[one.player_id, one.companion_id] = None
        if one.id not in known:
            memory.write(aw.log_of(one))
            known.add(one.id)
    memory.flush()
    return list(pairs)


def person(memory: aw.MemoryStore, name: str, partner: str) -> Person:
    """What the memory knows of one person."""
    logs = list(memory.episodes(memory.episode_ids(player_id=name, companion_id=partner)))
    rows = feature_columns(logs, KITCHEN)
    evidence = Evidence()
    for log, row in zip(logs, rows, strict=True):
        evidence = update(evidence, row, action_counts(log, KITCHEN))
    last = max(log.end_time or log.start_time for log in logs)
    sums = dict(zip(COLUMN, rows.sum(axis=0).tolist(), strict=True))
    actions = sums["player_actions"]
    return Person(
        name=name,
        partner=partner,
        kitchens=len(logs),
        minutes=sums["seconds"] / 60.0,
        pace=actions / sums["seconds"],
        idle=max(0.0, 1.0 - actions * STEP_MS / 1e3 / sums["seconds"]),
        busy=sums["active_windows"] / sums["windows"],
        kinds={kind.value: sums[kind.value] / max(1.0, actions) for kind in KINDS},
        profile=profile_of(evidence, player_id=name, companion_id=partner, now=last),
    )


def people(data: Path, save: Path) -> list[Person]:
    """All of it: recordings → JSONL beside the save → memory → what is believed of each."""
    with aw.open_memory(save) as memory:
        jsonl = save.with_name(f"{save.name}.episodes.jsonl")
        write_jsonl(data, jsonl)
        return [person(memory, *pair) for pair in ingest(jsonl, memory)]


def described(who: Person) -> str:
    """A person in a few lines."""
    style = who.profile.playstyle
    shares = sorted(((share, kind) for kind, share in who.kinds.items() if share), reverse=True)
    kinds = ", ".join(f"{kind} {share:.0%}" for share, kind in shares)
    five = ", ".join(f"{one.action} {one.share:.0%}" for one in style.preferred_tactics)
    unknown = style.aggression.opportunities == 0
    fierce = "unknown, nothing here is aggressive" if unknown else f"{style.aggression.mean:.0%}"
    return (
        f"{who.name} with {who.partner}: {who.kitchens} kitchens, {who.minutes:.0f} minutes\n"
        f"  pace        {who.pace:.1f} actions a second, idle {who.idle:.0%} of the time, "
        f"active in {who.busy:.0%} of all 2 s windows\n"
        f"  kinds       {kinds}\n"
        f"  top five    {five}\n"
        f"  aggression  {fierce}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Tell each person's playstyle; 2 when the data or the save cannot be used."""
    parser = argparse.ArgumentParser(description="Playstyles of people recorded in another game.")
    parser.add_argument("--data", type=Path, default=DATA, metavar="FOLDER", help="recordings")
    parser.add_argument("--save", type=Path, metavar="PATH", help="keep the memory in this file")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    arguments = parser.parse_args(argv)
    try:
        with tempfile.TemporaryDirectory() as folder:
            found = people(arguments.data, arguments.save or Path(folder) / "people.db")
    except aw.InputError as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.json:
        print(msgspec.json.encode(found).decode())
    else:
        print("\n\n".join(map(described, found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
