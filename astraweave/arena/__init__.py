"""The reference game: a player, his companion and up to four enemies, played by kernels.

The same rules serve the demo (`Duel`, one fight, tick by tick) and the sandbox (`Arena`, any
number of fights at once). Whoever plays the person is data (`Bot`).
"""

from astraweave.arena.casts import posterior_players
from astraweave.arena.declared import FACTS, TACTICS, VOCABULARY, play_scenario
from astraweave.arena.duel import Did, Duel
from astraweave.arena.environment import Arena
from astraweave.arena.fights import Fights
from astraweave.arena.players import Bot, bot_matrix, load_bot, shipped_bots
from astraweave.arena.view import View

__all__ = [
    "FACTS",
    "TACTICS",
    "VOCABULARY",
    "Arena",
    "Bot",
    "Did",
    "Duel",
    "Fights",
    "View",
    "bot_matrix",
    "load_bot",
    "play_scenario",
    "posterior_players",
    "shipped_bots",
]
