"""The demo with a diary of what the player does, and when: `told.py DIARY WORDS…`.

It is `astraweave demo WORDS…` in a window; around it, every line of the diary is written at once:

    ready           a fight has begun
    did TICK NAME   what was recorded of the player, in this tick of the fight
    tick TICK       the fight has come so far

So whoever presses keys waits for what they do, and not for a time that a busy machine overruns.
Play runs at three times its real speed, and the gate proves little in little time.
"""

import functools
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "demos"))

from companion.main import no_window
from companion.session import Session

import astraweave as aw
from astraweave.cli import main
from astraweave.ecs.learner import Learner

SPEED = 3.0


def keep(path: str) -> None:
    """Put the diary around what the demo calls."""
    from companion.window import Window  # noqa: PLC0415  # pygame, for which all must be prepared

    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    begin, frame, did, shown = Session.begin, Session.frame, Learner.player_did, Window.frame
    tick = 0

    def line(*words: object) -> None:
        os.write(file, (" ".join(map(str, words)) + "\n").encode())

    def begin_told(self: Session, *given: Any) -> None:
        begin(self, *given)
        line("ready")

    def frame_told(self: Session, *given: Any) -> bool:
        nonlocal tick
        goes_on = frame(self, *given)
        tick = self.duel.ticks
        line("tick", tick)
        return goes_on

    def did_told(self: Learner, who: int, name: str, **more: Any) -> None:
        did(self, who, name, **more)
        line("did", tick, name)

    def shown_faster(self: Window, passed: float) -> bool:
        return shown(self, SPEED * passed)

    told = {"begin": begin_told, "frame": frame_told}
    for name, function in told.items():
        setattr(Session, name, function)
    Learner.player_did = did_told  # type: ignore[method-assign]
    Window.frame = shown_faster  # type: ignore[method-assign]


if __name__ == "__main__":
    if (missing := no_window()) is not None:
        sys.exit(missing)
    keep(sys.argv[1])
    gate = aw.GateSettings(p0=0.3, alpha=0.3, beta=0.3, max_pairs=64, first_pairs=32)
    aw.attach = functools.partial(aw.attach, gate=gate)
    sys.exit(main(["demo", *sys.argv[2:]]))
