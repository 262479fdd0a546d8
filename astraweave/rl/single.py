"""The arena as `gymnasium.Env`: the agent is the companion, a bot plays the person."""

from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

from astraweave.arena.state import TICKS_PER_SECOND
from astraweave.errors import UsageError
from astraweave.model.scenario import Scenario
from astraweave.rl import pictures, senses, spaces
from astraweave.rl.casting import HIGHEST_SEED, PLAY, PlayerLike, ScenarioLike
from astraweave.rl.senses import Observations
from astraweave.rl.stage import Observation, Reward, Stage, checked_options, checked_seed

_IT = np.zeros(1, np.int64)
"""The only place."""


class ArenaEnv(gymnasium.Env[Observations, np.int64]):
    """One fight at a time.

    *Action*: the index of one of `arena.TACTICS`, or 13 for none. A tactic that differs from the
    running one interrupts it; the same one carries on, or starts anew if it has ended.
    *Observation*: float32, each in [−1, 1], named by `observation_names`.
    *Reward*: what the outcome's worth changed by; an episode's add up to `reward(outcome)`.
    *Terminated* when the player is down or the last enemy, *truncated* by the scenario's time.
    *Info*: of `reset`, ``seed`` of the fight and ``scenario``, its index; of the last step,
    ``outcome`` and ``events``, name → number.

    Args:
        scenario, player: see `casting.Casting`.
        reward: outcomes, float64[n, len(OUTCOMES)], → their worth, float64[n]; without one that
            which the sandbox's gate compares, in [0, 2.7].
        observation: ``"facts"`` or ``"field"``, see `senses`.
        step_ticks: ticks of 1/60 s between two actions, in [1, 60].
        render_mode: None, ``"ansi"`` or ``"rgb_array"``.

    Raises:
        ScenarioError, BotError, UsageError: an argument is wrong.
    """

    metadata = {"render_modes": list(pictures.MODES), "render_fps": 10}  # noqa: RUF012  # theirs

    def __init__(
        self,
        scenario: ScenarioLike = PLAY,
        player: PlayerLike = "hybrid",
        *,
        reward: Reward | None = None,
        observation: Observation = "facts",
        step_ticks: int = 6,
        render_mode: str | None = None,
    ) -> None:
        """Make the environment; `reset` begins a fight."""
        self._stage = Stage(
            1, scenario, player, reward=reward, observation=observation, step_ticks=step_ticks
        )
        self.metadata = self.metadata | {"render_fps": TICKS_PER_SECOND / step_ticks}
        self.render_mode = pictures.checked_mode(render_mode)
        self.observation_names = senses.names(observation)
        self.observation_space = spaces.observations(observation)
        self.action_space = spaces.tactics()
        self._over = True

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Begin a fight: the first of a seed, or without one the next of the seed before.

        Args:
            seed: in [0, 2⁶³); `Duel(scenario, seed)` is the same fight.
            options: ``scenario`` and ``player``, from now on in place of those before.

        Raises:
            ScenarioError, BotError, UsageError: an option or the seed is wrong.
        """
        stage = self._stage
        first = None if seed is None else checked_seed(seed, "ArenaEnv.reset")
        stage.change(checked_options(options, "ArenaEnv.reset"))
        super().reset(seed=seed)
        if first is not None:
            stage.seed(_IT, np.array([first]))
        if not stage.seeded[0]:
            stage.seed(_IT, self.np_random.integers(HIGHEST_SEED, size=1))
        told = stage.begin(_IT)
        self._over = False
        return stage.observe()[0], {key: int(value[0]) for key, value in told.items()}

    def step(
        self, action: np.int64 | int
    ) -> tuple[Observations, float, bool, bool, dict[str, Any]]:
        """Play one decision step.

        Raises:
            UsageError: the action is none, or no fight is going on.
        """
        if self._over:
            what, fix = "no fight is going on", "call reset first"
            raise UsageError(what=what, where="ArenaEnv.step", fix=fix)
        rewards, terminated, truncated = self._stage.step(np.atleast_1d(action))
        self._over = bool(terminated[0] or truncated[0])
        info = self._stage.told(0) if self._over else {}
        observation = self._stage.observe()[0]
        return observation, float(rewards[0]), bool(terminated[0]), bool(truncated[0]), info

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """What ``scenario`` of an info counts."""
        return self._stage.casting.scenarios

    def action_masks(self) -> npt.NDArray[np.bool_]:
        """bool[14]: which actions the companion can pay for; what it cannot fails at once."""
        can: npt.NDArray[np.bool_] = self._stage.payable()[0]
        return can

    def render(self) -> str | pictures.Pixels | None:
        """The fight as it stands, in `render_mode`."""
        return pictures.drawn(self.render_mode, self._stage.view(0))
