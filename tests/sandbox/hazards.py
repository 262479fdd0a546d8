"""Games that go wrong in ways only another process survives. Importable by workers by name."""

import os
import signal
import time
from pathlib import Path

import numpy as np

from tests.sandbox.conftest import Duel


class Hazard(Duel):
    """The duel, with an accident when `seed` is played: what `accident` says, once or always.

    `once` is a file that the accident leaves behind, so that it happens a single time.
    """

    def __init__(self, accident: str, seed: int | None = None, once: Path | None = None) -> None:
        self.accident, self.seed, self.once = accident, seed, once

    def reset(self, scenario, seeds, players=None):
        if (self.seed is None or self.seed in seeds) and self.due():
            self.happen()
        return super().reset(scenario, seeds, players)

    def due(self) -> bool:
        if self.once is None:
            return True
        if self.once.exists():
            return False
        self.once.touch()
        return True

    def happen(self) -> None:
        if self.accident == "exit":
            os._exit(7)
        elif self.accident == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.accident == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        elif self.accident == "hang":
            time.sleep(600.0)
        elif self.accident == "raise":
            message = "the pond is dry"
            raise ValueError(message)

    def content_hash(self) -> str:
        own = os.environ.get("ASTRAWEAVE_TEST_HASH") if self.accident == "other code" else None
        return own or f"hazard-{np.__version__}"


class Fixed(Hazard):
    """The accident only where a range is one value, as while a counterexample is made simple."""

    def reset(self, scenario, seeds, players=None):
        if any(low == high for low, high in scenario.ranges.values()):
            self.happen()
        return Duel.reset(self, scenario, seeds, players)


def elsewhere(name: str) -> Duel:
    """A factory that works where it should not be needed only."""
    if os.environ.get("ASTRAWEAVE_TEST_LACKS"):
        raise ModuleNotFoundError(name)
    return Duel()
