"""Tell Gymnasium and PettingZoo of the arena, once.

There is no limit of steps but a scenario's time. A PettingZoo before 1.27 has no registry;
`parallel_env` and `aec_env` are there for all.
"""

import os
from importlib import import_module
from typing import Any

HERE = "astraweave.rl"
SOUND = "SDL_AUDIODRIVER"


def with_gymnasium(name: str) -> None:
    """Register both environments of Gymnasium."""
    gymnasium = _imported("gymnasium")
    if name not in gymnasium.registry:
        gymnasium.register(
            id=name,
            entry_point=f"{HERE}.single:ArenaEnv",
            vector_entry_point=f"{HERE}.vector:ArenaVectorEnv",
        )


def with_pettingzoo(name: str) -> None:
    """Register both environments of PettingZoo, where it has a registry."""
    pettingzoo = _imported("pettingzoo")
    if hasattr(pettingzoo, "register") and name not in pettingzoo.parallel_registry:
        pettingzoo.register("parallel", name, f"{HERE}.parallel:parallel_env")
        pettingzoo.register("aec", name, f"{HERE}.parallel:aec_env")


def _imported(name: str) -> Any:
    """Import a library that chooses a sound driver for the whole process: that is the game's."""
    before = os.environ.get(SOUND)
    try:
        return import_module(name)
    finally:
        if before is None:
            os.environ.pop(SOUND, None)
        else:
            os.environ[SOUND] = before
