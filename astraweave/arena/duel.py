"""One fight, tick by tick: the batch of one that a demo plays, with a person or a bot.

The rules are those of `Arena`; the same seed, bot and commands give the same fight bit for bit.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from astraweave.arena import declared
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.companion import command
from astraweave.arena.kernels.playing import sense, tick
from astraweave.arena.players import bot_matrix, load_bot
from astraweave.arena.state import State, begun, event_counts, outcomes
from astraweave.arena.view import View
from astraweave.errors import UsageError
from astraweave.model.ports import OUTCOMES
from astraweave.model.scenario import Scenario

Floats = npt.NDArray[np.float64]


class Did(NamedTuple):
    """An action the player started: name, whom at (slot name or None), and its numbers."""

    name: str
    target: str | None
    params: dict[str, float]


class Duel:
    """One fight.

    Args:
        scenario: how it begins.
        seed: decides everything that chance decides.
        player: float64[TRAITS], a row of `bot_matrix`; None for a person, see `tick`.
    """

    def __init__(self, scenario: Scenario, seed: int, player: Floats | None = None) -> None:
        """Begin the fight."""
        row = bot_matrix((load_bot("hybrid"),)) if player is None else np.atleast_2d(player)
        seeds = np.array([seed], dtype=np.int64)
        self.worlds: State = begun(scenario, seeds, np.ascontiguousarray(row, dtype=np.float64))
        self._world = self.worlds.worlds[0]
        self._body, self._real = self.worlds.body[0], self.worlds.real[0]
        self._whole = self.worlds.whole[0]
        self._whole[at.HUMAN] = 1 if player is None else 0
        self._facts = np.empty(len(declared.FACTS))

    def facts(self) -> dict[str, float]:
        """What the companion senses now: name → value."""
        sense(self._world, self._facts)
        return dict(zip(declared.FACTS.names, self._facts.tolist(), strict=True))

    def command(self, tactic: str | None) -> None:
        """Tell the companion what to do, once a decision step; None is nothing.

        A tactic that differs from the running one interrupts it; the same one carries on, or
        starts anew if it has ended.

        Raises:
            UsageError: an unknown tactic.
        """
        if tactic is not None and tactic not in declared.TACTICS:
            what, fix = "unknown tactic", f"one of {', '.join(declared.TACTICS)}"
            raise UsageError(what=what, got=tactic, where="Duel.command", fix=fix)
        code = at.NOBODY if tactic is None else declared.TACTICS.index(tactic)
        if not self.done:
            command(self._world, code)

    def tick(self, action: int | None = None, move_x: float = 0.0, move_y: float = 0.0) -> None:
        """Play 1/60 s. A bot ignores the arguments.

        Args:
            action: index of the vocabulary, started as soon as the player's hands are free;
                None for none.
            move_x, move_y: where a person walks to, of length ≤ 1 (longer is shortened).

        Raises:
            UsageError: an unknown action, or a direction that is not finite.
        """
        wanted = at.NOBODY if action is None else action
        if not -1 <= wanted < at.ACTIONS or not np.isfinite(move_x + move_y):
            raise UsageError(
                what=f"action must be in [0, {at.ACTIONS - 1}], the direction finite",
                got=(action, move_x, move_y),
                where="Duel.tick",
                fix="give an index of the vocabulary",
            )
        self._real[at.MOVE_X], self._real[at.MOVE_Y] = move_x, move_y
        tick(self._world, wanted)

    @property
    def did(self) -> Did | None:
        """The action the player started in this tick, if any."""
        code, who = int(self._whole[at.DID]), int(self._whole[at.DID_AT])
        if code < 0:
            return None
        target = declared.SLOT_NAMES[who] if who >= 0 else None
        distance = self._body[who, at.TO_PLAYER] if who >= at.FIRST_ENEMY else 0.0
        params = {
            "damage": float(self._real[at.DID_DAMAGE]),
            "distance_m": float(min(distance, 40.0)),
        }
        return Did(declared.PLAYER_ACTIONS[code], target, params)

    def status(self) -> int:
        """Status of the commanded tactic, a code of `model.ports`."""
        return int(self._whole[at.STATUS])

    def effectiveness(self) -> float | None:
        """What the tactic that ended since the last command was worth, in [0, 1]; else None."""
        value = float(self._real[at.EFFECT])
        return None if np.isnan(value) else value

    @property
    def tactic(self) -> str | None:
        """The running tactic."""
        code = int(self._whole[at.TACTIC])
        return declared.TACTICS[code] if code >= 0 else None

    @property
    def ticks(self) -> int:
        """Ticks played."""
        return int(self._whole[at.TICK])

    @property
    def done(self) -> bool:
        """Whether the fight is over."""
        return bool(self._whole[at.DONE])

    @property
    def truncated(self) -> bool:
        """Whether the time limit ended it."""
        return self.done and self._body[at.PLAYER, at.HP] > 0.0 and self._whole[at.NEAR_PLAYER] >= 0

    def outcome(self) -> dict[str, float]:
        """The `OUTCOMES` so far: name → value."""
        return dict(zip(OUTCOMES, outcomes(self.worlds)[0].tolist(), strict=True))

    def events(self) -> dict[str, int]:
        """Rule events so far: name → count."""
        return dict(zip(declared.EVENTS, event_counts(self.worlds)[0][0].tolist(), strict=True))

    @property
    def state(self) -> View:
        """What there is to draw."""
        return View(self.worlds)
