"""Compiles and loads the kernels of the fight, so that no frame has to. Imports no pygame.

The first time ever this takes many seconds of compilation, which would stop every frame: a child
process does it and leaves the result in the cache; then a thread here only loads it.
"""

import os
import subprocess
import sys
from pathlib import Path
from threading import Event

from astraweave.arena import Duel, bot_matrix, load_bot, play_scenario
from astraweave.model.rng import uniform

LOOK_S = 0.05


def warm() -> None:
    """Call each kernel of a fight once."""
    duel = Duel(play_scenario(), 1, bot_matrix((load_bot("hybrid"),))[0])
    duel.command("cover_player")
    duel.tick()
    duel.facts()
    duel.outcome()
    uniform(1, 0, 0, 0)


def kindly() -> None:
    """`warm`, after everybody else: the window keeps its frames on a machine of two cores."""
    if hasattr(os, "nice"):
        os.nice(10)
    warm()


def warm_in_child(stop: Event) -> bool:
    """`kindly` in a process of its own; whether it worked (if not, this process compiles).

    Args:
        stop: when set, the child is ended at once.
    """
    folder = str(Path(__file__).resolve().parents[1])
    code = f"import sys; sys.path.insert(0, {folder!r}); import companion.warm as w; w.kindly()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p or "." for p in sys.path)}
    nothing = subprocess.DEVNULL
    try:
        child = subprocess.Popen(
            [sys.executable, "-c", code],
            env=environment,
            stdin=nothing,
            stdout=nothing,
            stderr=nothing,
        )
    except OSError:
        return False
    while child.poll() is None:
        if stop.wait(LOOK_S):
            child.kill()
            child.wait()
    return child.returncode == 0
