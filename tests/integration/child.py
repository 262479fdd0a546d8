"""The demo, headless, until it is killed: `child.py SAVE DIARY`.

It is the demo's own session; around it, this keeps a diary in which every line is written at
once, so that whoever kills it knows what had been played, and what the store had promised:

    tick EPISODE TICKS OBSERVATIONS     played so far of the open episode
    flushed EPISODE                     `flush` has returned after this episode had ended
    learned VERSION                     `learn` has returned, and this version is in use

Play runs at fifteen times its real speed. In a second of it the disk has the time of a real one:
however busy the machine, what was handed over by the end of a second is written before the next.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "demos"))

from companion import headless
from companion.options import Options
from companion.session import TICKS_A_SECOND, Session

from astraweave.ecs.learner import Learner
from astraweave.memory import MemoryStore

SPEED = 15.0
EPISODES = 1_000
PATIENCE_S = 600.0


class Diary:
    """Lines that are written at once, and the pace of play."""

    def __init__(self, path: str) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.due = 0.0
        self.ended = ""

    def line(self, *words: object) -> None:
        os.write(self.file, (" ".join(map(str, words)) + "\n").encode())

    def pace(self) -> None:
        now = time.monotonic()
        self.due = max(self.due, now) + 1.0 / 60.0 / SPEED
        time.sleep(self.due - now)


def keep(diary: Diary) -> None:
    """Put the diary around what the demo calls."""
    frame, end, flush, learn = Session.frame, Session.end, MemoryStore.flush, Learner.learn

    def frame_told(self: Session, *given: Any) -> bool:
        goes_on = frame(self, *given)
        draft = self.learner._open[self.mira].draft
        if self.duel.ticks % TICKS_A_SECOND == 0:
            self.memory._writer.settle(PATIENCE_S)
        diary.line("tick", draft.id, self.duel.ticks, len(draft.seen))
        diary.pace()
        return goes_on

    def end_told(self: Session) -> Any:
        fought = end(self)
        diary.ended = fought.episode
        return fought

    def flush_told(self: MemoryStore, *given: Any) -> None:
        ended = diary.ended
        flush(self, *given)
        if ended:
            diary.line("flushed", ended)

    def learn_told(self: Learner, *given: Any) -> Any:
        report = learn(self, *given)
        diary.line("learned", report.deployed.version)
        return report

    told = {"frame": frame_told, "end": end_told}
    for name, function in told.items():
        setattr(Session, name, function)
    MemoryStore.flush, Learner.learn = flush_told, learn_told  # type: ignore[method-assign]


if __name__ == "__main__":
    save, path = sys.argv[1:]
    keep(Diary(path))
    headless.play_headless(
        Options(autopilot="berserker", headless=True, episodes=EPISODES, seed=3, save=Path(save))
    )
