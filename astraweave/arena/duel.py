"""One fight, tick by tick: the batch of one that a demo plays, with a person or a bot.

The rules are those of `Arena`; the same seed, bot and commands give the same fight bit for bit.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from astraweave.arena import declared
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.playing import command, play
from astraweave.arena.players import bot_matrix, load_bot
from astraweave.arena.state import State, begun, event_counts, outcomes, row, truncated
from astraweave.arena.view import View
from astraweave.errors import UsageError
from astraweave.model.arguments import public
from astraweave.model.ports import OUTCOMES
from astraweave.model.scenario import Scenario

Floats = npt.NDArray[np.float64]
_KEEP = np.array([at.KEEP], dtype=np.int16)


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

    @public
    def __init__(self, scenario: Scenario, seed: int, player: Floats | None = None) -> None:
        """Begin the fight."""
        given = bot_matrix((load_bot("hybrid"),)) if player is None else np.atleast_2d(player)
        seeds = np.array([seed], dtype=np.int64)
        self.worlds: State = begun(scenario, seeds, np.ascontiguousarray(given, dtype=np.float64))
        self._work = at.room(1, at.work())
        self._said = np.empty(1, np.int8), np.empty(1), np.empty(1, np.bool_)
        self._world = self.worlds.world(0)
        if player is None:
            self._set(at.HUMAN, 1.0)
        self._before = View(self.worlds).xy
        self._acted = False
        self._facts = np.empty((1, len(declared.FACTS)))

    def _get(self, name: np.uint64) -> float:
        return float(self._world.rows[row(name)])

    def _set(self, name: np.uint64, value: float) -> None:
        self._world.rows[row(name)] = value

    def _play(self, ticks: int) -> None:
        play(self.worlds.tiles, _KEEP, ticks, self._facts, *self._said, self._work)

    def facts(self) -> dict[str, float]:
        """What the companion senses now: name → value."""
        self._play(0)
        return dict(zip(declared.FACTS.names, self._facts[0].tolist(), strict=True))

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
            command(self.worlds.tiles, 0, code)

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
        self._set(at.MOVE_X, move_x)
        self._set(at.MOVE_Y, move_y)
        self._set(at.WANTED, wanted)
        self._before, self._acted = self.state.xy, not self.done
        if self._acted:
            self._play(1)

    @property
    def did(self) -> Did | None:
        """The action the player started in this tick, if any."""
        code, who = int(self._get(at.DID)), int(self._get(at.DID_AT))
        if code < 0 or not self._acted:
            return None
        target = declared.SLOT_NAMES[who] if who >= 0 else None
        foe = who >= at.FIRST_ENEMY
        squared = float(self._world.slot(who)[row(at.TO_PLAYER_SQ)]) if foe else 0.0
        params = {"damage": self._get(at.DID_DAMAGE), "distance_m": min(math.sqrt(squared), 40.0)}
        return Did(declared.PLAYER_ACTIONS[code], target, params)

    def status(self) -> int:
        """Status of the commanded tactic, a code of `model.ports`."""
        return int(self._get(at.STATUS))

    def effectiveness(self) -> float | None:
        """What the tactic that ended since the last command was worth, in [0, 1]; else None."""
        value = self._get(at.EFFECT)
        return None if np.isnan(value) else value

    @property
    def tactic(self) -> str | None:
        """The running tactic."""
        code = int(self._get(at.TACTIC))
        return declared.TACTICS[code] if code >= 0 else None

    @property
    def ticks(self) -> int:
        """Ticks played."""
        return int(self._get(at.TICK))

    @property
    def done(self) -> bool:
        """Whether the fight is over."""
        return self._get(at.LIVE) == 0.0

    @property
    def truncated(self) -> bool:
        """Whether the time limit ended it."""
        return bool(truncated(self.worlds)[0])

    def outcome(self) -> dict[str, float]:
        """The `OUTCOMES` so far: name → value."""
        return dict(zip(OUTCOMES, outcomes(self.worlds)[0].tolist(), strict=True))

    def events(self) -> dict[str, int]:
        """Rule events so far: name → count."""
        return dict(zip(declared.EVENTS, event_counts(self.worlds)[0][0].tolist(), strict=True))

    @property
    def state(self) -> View:
        """What there is to draw."""
        return View(self.worlds, before=self._before)
