"""The arena as `pettingzoo.ParallelEnv`: one agent plays the person, one the companion."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import Space
from gymnasium.spaces import Box, Discrete
from pettingzoo import AECEnv, ParallelEnv
from pettingzoo.utils import parallel_to_aec

from astraweave.arena.declared import PLAYER_ACTIONS
from astraweave.arena.state import TICKS_PER_SECOND
from astraweave.errors import UsageError
from astraweave.model.actions import nearest
from astraweave.rl import pictures, senses, spaces
from astraweave.rl.casting import HIGHEST_SEED, PLAY, ScenarioLike
from astraweave.rl.senses import Observations
from astraweave.rl.stage import OPTIONS, Reward, Stage, checked_seed

PLAYER, COMPANION = "player_0", "companion_0"
AGENTS = (PLAYER, COMPANION)
"""In the order of their slots."""
_H = 0.5**0.5
DIRECTIONS: dict[str, tuple[float, float]] = {
    "stay": (0.0, 0.0),
    "east": (1.0, 0.0),
    "south_east": (_H, _H),
    "south": (0.0, 1.0),
    "south_west": (-_H, _H),
    "west": (-1.0, 0.0),
    "north_west": (-_H, -_H),
    "north": (0.0, -1.0),
    "north_east": (_H, -_H),
}
"""Where the person can walk: name → metres east and south, of length 1 or none."""
_MOVES = np.array(list(DIRECTIONS.values()))
_HANDS = (*PLAYER_ACTIONS, "none")
_IT = np.zeros(1, np.int64)
"""The only place."""
_STEP = "ArenaParallelEnv.step"


def player_action(action: str = "none", direction: str = "stay") -> int:
    """The number of the person's action: what the hands do and where the feet go.

    Args:
        action: of `arena.VOCABULARY`, or ``"none"``.
        direction: of `DIRECTIONS`.

    Raises:
        UsageError: an unknown name.
    """
    for name, known in ((action, _HANDS), (direction, tuple(DIRECTIONS))):
        if name not in known:
            where, fix = "player_action", nearest(name, known)
            raise UsageError(what="unknown name", got=name, where=where, fix=fix)
    return _HANDS.index(action) * len(DIRECTIONS) + tuple(DIRECTIONS).index(direction)


class ArenaParallelEnv(ParallelEnv):  # type: ignore[misc]  # it is not typed
    """One fight at a time; both agents act at once and share the reward.

    *Actions*: of ``companion_0`` as in `ArenaEnv`; of ``player_0`` the numbers that
    `player_action` gives: the hands start their action whenever they are free, the feet walk
    until the next step. *Observations*: float32, ``"field"`` of `senses`, each from where the
    agent stands. *Rewards*, *terminations*, *truncations* and *infos*: as in `ArenaEnv`, the same
    for both.

    Args:
        scenario, reward, step_ticks, render_mode: as in `ArenaEnv`.

    Raises:
        ScenarioError, UsageError: an argument is wrong.
    """

    metadata = {  # noqa: RUF012  # theirs
        "name": "astraweave_arena_v0",
        "render_modes": list(pictures.MODES),
        "render_fps": 10,
        "is_parallelizable": True,
    }

    def __init__(
        self,
        scenario: ScenarioLike = PLAY,
        *,
        reward: Reward | None = None,
        step_ticks: int = 6,
        render_mode: str | None = None,
    ) -> None:
        """Make the environment; `reset` begins a fight."""
        self._stage = Stage(
            1,
            scenario,
            "hybrid",
            reward=reward,
            observation="field",
            step_ticks=step_ticks,
            led=True,
        )
        self.metadata = self.metadata | {"render_fps": TICKS_PER_SECOND / step_ticks}
        self.render_mode = pictures.checked_mode(render_mode)
        self.possible_agents, self.agents = list(AGENTS), list[str]()
        self.observation_spaces = {agent: spaces.observations("field") for agent in AGENTS}
        hands = Discrete(len(_HANDS) * len(DIRECTIONS))
        self.action_spaces = {PLAYER: hands, COMPANION: spaces.tactics()}
        self.observation_names = senses.names("field")
        low, high = (np.tile(ends, len(AGENTS)) for ends in senses.bounds("field"))
        self.state_space = Box(low, high)

    def observation_space(self, agent: str) -> Space[Observations]:
        """What an agent perceives."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Discrete:
        """What an agent can do."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Observations], dict[str, dict[str, Any]]]:
        """Begin a fight: the first of a seed, or without one the next of the seed before.

        Args:
            seed: in [0, 2⁶³).
            options: ``scenario``, from now on in place of the one before; other keys are not
                looked at, as PettingZoo's own tests want it.

        Raises:
            ScenarioError, UsageError: the scenario or the seed is wrong.
        """
        stage = self._stage
        first = None if seed is None else checked_seed(seed, "ArenaParallelEnv.reset")
        stage.change({key: value for key, value in (options or {}).items() if key == OPTIONS[0]})
        if first is not None:
            stage.seed(_IT, np.array([first]))
        elif not stage.seeded[0]:
            stage.seed(_IT, np.random.default_rng().integers(HIGHEST_SEED, size=1))
        told = stage.begin(_IT)
        self.agents = list(AGENTS)
        info = {key: int(value[0]) for key, value in told.items()}
        return self._perceived(), {agent: dict(info) for agent in AGENTS}

    def step(
        self, actions: Mapping[str, Any]
    ) -> tuple[
        dict[str, Observations],
        dict[str, float],
        dict[str, bool],
        dict[str, bool],
        dict[str, dict[str, Any]],
    ]:
        """Play one decision step; with no agent left nothing happens.

        Raises:
            UsageError: an action is missing, or is none.
        """
        if not self.agents:
            return {}, {}, {}, {}, {}
        self._check(actions)
        hands, feet = divmod(int(actions[PLAYER]), len(DIRECTIONS))
        wanted = np.array([-1 if hands == len(PLAYER_ACTIONS) else hands])
        self._stage.fights.lead(wanted, _MOVES[feet : feet + 1])
        rewards, terminated, truncated = self._stage.step(np.atleast_1d(actions[COMPANION]))
        over = bool(terminated[0] or truncated[0])
        if over:
            self.agents = []
        return (
            self._perceived(),
            dict.fromkeys(AGENTS, float(rewards[0])),
            dict.fromkeys(AGENTS, bool(terminated[0])),
            dict.fromkeys(AGENTS, bool(truncated[0])),
            {agent: self._stage.told(0) if over else {} for agent in AGENTS},
        )

    def state(self) -> Observations:
        """What all agents perceive, one after the other."""
        return np.concatenate(list(self._perceived().values()))

    def render(self) -> str | npt.NDArray[np.uint8] | None:
        """The fight as it stands, in `render_mode`."""
        return pictures.drawn(self.render_mode, self._stage.view(0))

    def _perceived(self) -> dict[str, Observations]:
        return {agent: self._stage.observe(slot)[0] for slot, agent in enumerate(AGENTS)}

    def _check(self, actions: Mapping[str, Any]) -> None:
        for agent in AGENTS:
            if agent not in actions or not self.action_spaces[agent].contains(actions[agent]):
                most = self.action_spaces[agent].n - 1
                raise UsageError(
                    what=f"the action of {agent} must be a whole number in [0, {most}]",
                    got=actions.get(agent, "none"),
                    where=_STEP,
                    fix="sample it from its action space",
                )


def parallel_env(**settings: Any) -> ArenaParallelEnv:
    """An `ArenaParallelEnv`, by the name that PettingZoo's own games use."""
    return ArenaParallelEnv(**settings)


def aec_env(**settings: Any) -> AECEnv:
    """The same with the agents acting in turn; nothing is played before both have."""
    return parallel_to_aec(ArenaParallelEnv(**settings))
