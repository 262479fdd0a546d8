"""Plays without a window: fight, learn, fight again. Needs pygame only for a screenshot.

Time is simulated, so the same seed gives the same bytes however long the machine takes.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from astraweave.cli.output import say, say_json
from astraweave.memory import MemoryStore, open_memory
from companion.options import HEADLESS_FIGHTS, Options
from companion.session import COMPANION, TICKS_A_SECOND, Fought, Session
from companion.summary import closing, facts, fight_line, remembered
from companion.tape import Take, Tape, load_takes, rerun

if TYPE_CHECKING:
    from companion.still import Still

EPOCH = 1_700_000_000.0
"""When simulated time begins on a fresh save: November 2023."""
PAUSE_S = 60.0
SHOT_TICK = 4 * TICKS_A_SECOND


def play_headless(options: Options) -> int:
    """Play, print, and return the exit code."""
    if options.replay is not None:
        return replay_headless(options, options.replay)
    still = _still(options)
    tape = None if options.record is None else Tape(options.record)
    fights: list[Fought] = []
    with open_memory(options.save_path()) as memory:
        start = newest(memory, options.player)
        session = Session(
            memory,
            player=options.player,
            seed=options.seed,
            bot=options.bot(),
            wall=lambda: start + session.clock(),
        )
        session.tape = tape
        try:
            before = session.number
            _tell(options, remembered(session))
            last = options.episodes or HEADLESS_FIGHTS
            for number in range(last):
                fights.append(_fight(session, still, first=number == 0, last=number == last - 1))
                if tape is not None:
                    tape.keep(session, session.episode, tape.taken())
                message = session.learner.learn().message
                _tell(options, [fight_line(fights[-1], message)])
            if still is not None:
                still.finish(session)
            _tell(options, closing(session))
            if options.json:
                say_json(facts(session, fights, seed=options.seed, before=before))
        finally:
            session.close()
    return 0


def replay_headless(options: Options, path: Path) -> int:
    """Play what was recorded; 1 when a fight is not the same episode."""
    takes = load_takes(path)
    return told_of(options, takes, [rerun(take) for take in takes])


def told_of(options: Options, takes: Sequence[Take], same: Sequence[bool]) -> int:
    """Say which fights were the same; the exit code."""
    rows = [
        {
            "fight": take.number + 1,
            "player": take.player,
            "autopilot": None if take.bot is None else take.bot.name,
            "ticks": sum(run[0] for run in take.runs),
            "version": take.version,
            "sha256": take.sha256,
            "same": equal,
        }
        for take, equal in zip(takes, same, strict=True)
    ]
    if options.json:
        say_json({"fights": rows, "same": all(same)})
    for row in rows:
        word = "the same episode, byte for byte" if row["same"] else "ANOTHER EPISODE"
        line = f"fight {row['fight']} of {row['player']}, {row['ticks']} ticks: {word}"
        _tell(options, [line])
    return 0 if all(same) else 1


def _fight(session: Session, still: "Still | None", *, first: bool, last: bool) -> Fought:
    session.begin()
    while session.frame():
        if still is not None:
            still.see(session, first=first, last=last)
    return session.end()


def _tell(options: Options, lines: list[str]) -> None:
    if options.json:
        return
    for line in lines:
        say(line)
    sys.stdout.flush()


def newest(memory: MemoryStore, player: str) -> float:
    """Simulated seconds since 1970 at which this run begins: after all that is remembered."""
    ids = memory.episode_ids(player, COMPANION)
    log = memory.episode(ids[-1]) if ids else None
    if log is None:
        return EPOCH
    return PAUSE_S + max(EPOCH, log.start_time, log.end_time or 0.0)


def _still(options: Options) -> "Still | None":
    if options.screenshot is None:
        return None
    from companion.still import Still  # noqa: PLC0415  # the one thing here that needs pygame

    return Still(options)
