"""The arena for reinforcement learning, as Gymnasium and PettingZoo want it.

    import gymnasium
    import astraweave.rl

    env = gymnasium.make("astraweave/Arena-v0", scenario="low_health")
    envs = gymnasium.make_vec("astraweave/Arena-v0", num_envs=1024)
    pair = pettingzoo.make("parallel", "astraweave/Arena-v0")

Importing this registers them. It needs the extra `rl`; without it the import still succeeds, and
what is missing is said when a name is used. Only this folder imports gymnasium and pettingzoo.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from astraweave.errors import UsageError
from astraweave.rl import registered

ID = "astraweave/Arena-v0"
"""The name under which either library makes it."""

_WHERE = {
    "ArenaEnv": ("single", "gymnasium"),
    "ArenaParallelEnv": ("parallel", "pettingzoo"),
    "ArenaVectorEnv": ("vector", "gymnasium"),
    "aec_env": ("parallel", "pettingzoo"),
    "parallel_env": ("parallel", "pettingzoo"),
}

__all__ = ["ID", "ArenaEnv", "ArenaParallelEnv", "ArenaVectorEnv", "aec_env", "parallel_env"]

if TYPE_CHECKING:
    from astraweave.rl.parallel import ArenaParallelEnv, aec_env, parallel_env
    from astraweave.rl.single import ArenaEnv
    from astraweave.rl.vector import ArenaVectorEnv


def __getattr__(name: str) -> Any:
    """Load an interface from its module, once.

    Raises:
        UsageError: the library it is for is not installed.
    """
    if name not in _WHERE:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    module, library = _WHERE[name]
    if find_spec(library) is None:
        what, fix = f"{library} is not installed", 'pip install "astraweave[rl]"'
        raise UsageError(what=what, where=f"{__name__}.{name}", fix=fix)
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


if find_spec("gymnasium") is not None:
    registered.with_gymnasium(ID)
if find_spec("pettingzoo") is not None:
    registered.with_pettingzoo(ID)
