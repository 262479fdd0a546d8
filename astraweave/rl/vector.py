"""The arena as `gymnasium.vector.VectorEnv`: n fights at once, none waiting for the others.

Sub-environment i is, bit for bit, the `ArenaEnv` of seed i.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from astraweave.arena.state import TICKS_PER_SECOND
from astraweave.errors import UsageError
from astraweave.model.scenario import Scenario
from astraweave.rl import pictures, senses, spaces
from astraweave.rl.casting import HIGHEST_SEED, PLAY, Floats, Ints, PlayerLike, ScenarioLike
from astraweave.rl.senses import Observations
from astraweave.rl.stage import Flags, Observation, Reward, Stage, checked_options, checked_seed

Infos = dict[str, Any]
Actions = npt.NDArray[np.int64]
_RESET, _STEP = "ArenaVectorEnv.reset", "ArenaVectorEnv.step"


class ArenaVectorEnv(VectorEnv[Observations, Actions, npt.NDArray[Any]]):
    """n places for fights; where one is over, the next begins.

    Everything is as in `ArenaEnv`, in arrays over places. Infos are as Gymnasium's own vectors give
    them: under each key an array, under ``_key`` where it holds.

    Args:
        num_envs: n.
        scenario, player, reward, observation, step_ticks, render_mode: as in `ArenaEnv`.
        autoreset_mode: a member of Gymnasium's `AutoresetMode`, or its value: ``"NextStep"``, the
            step after the last one begins the next fight and looks at no action; ``"SameStep"``,
            the last step does, and tells ``final_obs`` and ``final_info``; ``"Disabled"``, `reset`
            does, with ``options={"reset_mask": bool[n]}``.

    Raises:
        ScenarioError, BotError, UsageError: an argument is wrong.
    """

    metadata = {  # noqa: RUF012  # theirs
        "render_modes": list(pictures.MODES),
        "render_fps": 10,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        scenario: ScenarioLike = PLAY,
        player: PlayerLike = "hybrid",
        *,
        reward: Reward | None = None,
        observation: Observation = "facts",
        step_ticks: int = 6,
        render_mode: str | None = None,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
    ) -> None:
        """Make the environment; `reset` begins the fights."""
        self._stage = Stage(
            num_envs,
            scenario,
            player,
            reward=reward,
            observation=observation,
            step_ticks=step_ticks,
        )
        self._mode = _mode(autoreset_mode)
        fps = TICKS_PER_SECOND / step_ticks
        self.metadata = self.metadata | {"render_fps": fps, "autoreset_mode": self._mode}
        self.render_mode = pictures.checked_mode(render_mode)
        self.num_envs = num_envs
        self.observation_names = senses.names(observation)
        self.single_observation_space = spaces.observations(observation)
        self.single_action_space = spaces.tactics()
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._over = np.ones(num_envs, np.bool_)
        self._begun = False

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> tuple[Observations, Infos]:
        """Begin a fight in each place: the first of its seed, or the next.

        Args:
            seed: place i gets seed + i; or one each, None to go on.
            options: as in `ArenaEnv.reset`, and ``reset_mask``, bool[n], where to begin; the
                others play on.

        Raises:
            ScenarioError, BotError, UsageError: an option or a seed is wrong.
        """
        options = checked_options(options, _RESET, "reset_mask")
        mask = self._masked(options.pop("reset_mask", None))
        seeds = self._seeds(seed)
        super().reset(seed=seed if isinstance(seed, int) else None)
        self._stage.change(options)
        given = mask & (seeds >= 0)
        self._stage.seed(np.flatnonzero(given), seeds[given])
        new = np.flatnonzero(~self._stage.seeded)
        if len(new):
            self._stage.seed(new, self.np_random.integers(HIGHEST_SEED, size=len(new)))
        infos = self._begin(np.flatnonzero(mask))
        self._begun = True
        return self._stage.observe(), infos

    def step(self, actions: npt.NDArray[Any]) -> tuple[Observations, Floats, Flags, Flags, Infos]:
        """Play one decision step in every place.

        Args:
            actions: integers[n].

        Raises:
            UsageError: actions that are none; nothing was begun; a fight that is over was not begun
                anew, where that is left to `reset`.
        """
        stage, again = self._stage, np.flatnonzero(self._over)
        if not self._begun or (len(again) and self._mode is AutoresetMode.DISABLED):
            what, fix = f"{len(again)} fights are over", "call reset first"
            raise UsageError(what=what, where=_STEP, fix=fix)
        rewards, terminated, truncated = stage.step(actions)
        if len(again):  # they were over: nothing was played there
            terminated[again] = truncated[again] = False
            rewards[again] = 0.0
        over = terminated | truncated
        ends = np.flatnonzero(over)
        infos: Infos = {}
        if len(ends):
            infos = _spread(self.num_envs, ends, stage.ended(ends))
            if self._mode is AutoresetMode.SAME_STEP:
                infos = self._last(ends, infos) | self._begin(ends)
        if len(again):
            infos |= self._begin(again)
        self._over = over & (self._mode is not AutoresetMode.SAME_STEP)
        return stage.observe(), rewards, terminated, truncated, infos

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """What ``scenario`` of an info counts."""
        return self._stage.casting.scenarios

    def action_masks(self) -> Flags:
        """bool[n, 14]: which actions each companion can pay for."""
        return self._stage.payable()

    def render(self) -> tuple[Any, ...] | None:
        """Each fight as it stands, in `render_mode`."""
        if self.render_mode is None:
            return None
        views = (self._stage.view(i) for i in range(self.num_envs))
        return tuple(pictures.drawn(self.render_mode, view) for view in views)

    def _begin(self, who: Ints) -> Infos:
        self._over[who] = False
        return _spread(self.num_envs, who, self._stage.begin(who))

    def _last(self, ends: Ints, infos: Infos) -> Infos:
        """What is told of fights whose successors begin in the same step."""
        final = np.full(self.num_envs, None, dtype=object)
        for i, row in zip(ends, self._stage.observe()[ends], strict=True):
            final[i] = row.copy()
        mask = np.zeros(self.num_envs, np.bool_)
        mask[ends] = True
        return {
            "final_obs": final,
            "_final_obs": mask,
            "final_info": infos,
            "_final_info": mask.copy(),
        }

    def _seeds(self, seed: int | Sequence[int | None] | None) -> Ints:
        """One a place, −1 for none."""
        if seed is None:
            return np.full(self.num_envs, -1, np.int64)
        if isinstance(seed, int | np.integer):
            first = checked_seed(seed, _RESET)
            checked_seed(first + self.num_envs - 1, _RESET)
            return first + np.arange(self.num_envs)
        if len(seed) != self.num_envs:
            what, fix = f"seeds must be {self.num_envs}, one a place", "or give a single number"
            raise UsageError(what=what, got=len(seed), where=_RESET, fix=fix)
        return np.array([-1 if each is None else checked_seed(each, _RESET) for each in seed])

    def _masked(self, mask: Any) -> Flags:
        if mask is None:
            return np.ones(self.num_envs, np.bool_)
        found = np.asarray(mask)
        if found.shape != (self.num_envs,) or found.dtype != np.bool_ or not found.any():
            what = f"reset_mask must be bool[{self.num_envs}] with a True in it"
            fix = "leave it out to begin everywhere"
            raise UsageError(what=what, got=mask, where=_RESET, fix=fix)
        if not (self._begun or found.all()):
            what, fix = "nothing was begun yet", "leave reset_mask out the first time"
            raise UsageError(what=what, where=_RESET, fix=fix)
        return found


def _mode(given: str | AutoresetMode) -> AutoresetMode:
    try:
        return AutoresetMode(given)
    except ValueError as error:
        modes = ", ".join(mode.value for mode in AutoresetMode)
        what, fix = "unknown autoreset_mode", f"take one of {modes}"
        raise UsageError(what=what, got=given, where="ArenaVectorEnv", fix=fix) from error


def _spread(n: int, who: Ints, told: Mapping[str, Any]) -> Infos:
    """What is told of some places, as arrays over all and where they hold."""
    infos: Infos = {}
    holds = np.zeros((len(told), n), np.bool_)  # a row each: whoever gets one may write to it
    holds[:, who] = True
    for (key, value), mask in zip(told.items(), holds, strict=True):
        if isinstance(value, Mapping):
            infos[key] = _spread(n, who, value)
        else:
            infos[key] = np.zeros(n, value.dtype)
            infos[key][who] = value
        infos[f"_{key}"] = mask
    return infos
