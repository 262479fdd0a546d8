"""Which scenario and which player each fight gets. Knows no library.

All of it follows from the fight's seed, and that from the seed of the environment and how many
fights were begun since: nothing depends on what else is played.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from astraweave.arena import Arena, Bot, bot_matrix, load_bot, play_scenario
from astraweave.arena.casts import posterior_players
from astraweave.arena.declared import slots_of
from astraweave.arena.kernels.drawing import choices
from astraweave.errors import UsageError
from astraweave.model.profile import PreferenceProfile
from astraweave.model.scenario import Scenario
from astraweave.sandbox import check_scenario, load_scenarios

Item = TypeVar("Item")
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
ScenarioLike = str | Path | Scenario | Sequence[str | Path | Scenario]
PlayerLike = str | Path | Bot | PreferenceProfile | Sequence[str | Path | Bot]

PLAY = "play"
"""Names the fight that people play in the demo."""
_WHICH_SCENARIO, _WHICH_PLAYER = 310, 311
_GOLDEN, _MIX_1, _MIX_2 = (
    np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)
HIGHEST_SEED = 2**63 - 1


def fight_seeds(bases: Ints, numbers: Ints) -> Ints:
    """The seed of a place's fight: the place's own for number 0, then splitmix64's (Vigna).

    Args:
        bases: int64[k], each ≥ 0.
        numbers: int64[k], fights begun there before.

    Returns:
        int64[k], each ≥ 0.
    """
    h = bases.astype(np.uint64) + numbers.astype(np.uint64) * _GOLDEN
    h = (h ^ (h >> np.uint64(30))) * _MIX_1
    h = (h ^ (h >> np.uint64(27))) * _MIX_2
    h = (h ^ (h >> np.uint64(31))) >> np.uint64(1)
    return np.where(numbers == 0, bases, h.astype(np.int64))


class Casting:
    """Scenarios and players to choose from.

    Args:
        scenario: ``"play"``, what `sandbox.load_scenarios` takes (a name, a file, a folder,
            ``"all"``), a `Scenario`, or several of these, of which each fight gets one.
        player: a shipped bot's name, a bot's file, a `Bot`, or several, of which each fight gets
            one; or a `PreferenceProfile`: a player drawn anew for each fight from what is believed
            of that person. Where a scenario names its own players, they play.

    Raises:
        ScenarioError, BotError: one of them is wrong.
        UsageError: there is none to choose from, or something else was given.
    """

    def __init__(self, scenario: ScenarioLike, player: PlayerLike) -> None:
        """Read and check all of them."""
        found = [each for one in _several(scenario) for each in _scenarios(one)]
        self.scenarios = tuple(found)
        self.slots = max(map(slots_of, _some(found, "scenario")))
        self._profile = player if isinstance(player, PreferenceProfile) else None
        bots = [] if self._profile else _some([_bot(each) for each in _several(player)], "player")
        self._bots = bots
        self._rows = bot_matrix(bots)
        self._switch = any(bot.switch_to is not None for bot in bots)

    def which(self, seeds: Ints) -> Ints:
        """Index of each fight's scenario, int64[k]."""
        picks: Ints = choices(len(self.scenarios), seeds, _WHICH_SCENARIO)
        return picks

    def players(self, seeds: Ints, numbers: Ints) -> Floats:
        """Who plays, float64[k, TRAITS]; `numbers` as in `fight_seeds`, for bots that switch."""
        if self._profile is not None:
            return posterior_players(self._profile, seeds)
        picks: Ints = choices(len(self._rows), seeds, _WHICH_PLAYER)
        if self._switch:
            return bot_matrix([self._bots[pick] for pick in picks], numbers.tolist())
        return np.ascontiguousarray(self._rows[picks])


def _several(given: object) -> Sequence[object]:
    single = (str, Path, Scenario, Bot, PreferenceProfile)
    return given if isinstance(given, Sequence) and not isinstance(given, single) else (given,)


def _scenarios(given: object) -> tuple[Scenario, ...]:
    if isinstance(given, Scenario):
        check_scenario(given, Arena())
        return (given,)
    if given == PLAY:
        return (play_scenario(),)
    if isinstance(given, str | Path):
        return load_scenarios(given, Arena())
    what, fix = "a scenario must be a name, a file or a Scenario", 'for example "low_health"'
    raise UsageError(what=what, got=given, where="scenario", fix=fix)


def _bot(given: object) -> Bot:
    if isinstance(given, Bot):
        return given
    if isinstance(given, str | Path):
        return load_bot(given)
    what, fix = "a player must be a name, a file, a Bot or a profile", 'for example "kiter"'
    raise UsageError(what=what, got=given, where="player", fix=fix)


def _some(found: list[Item], what: str) -> list[Item]:
    if not found:
        raise UsageError(what=f"no {what} to choose from", where=what, fix="give at least one")
    return found
