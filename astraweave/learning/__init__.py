"""Episodes → profile → proposal → verdict → deployment.

decisions   what an episode's choices were worth       reward       what the episode was worth
statistics, recent  decayed sums, additive by episode  target       weights from them
proposal    one capped step                            desk, judge  what becomes of it
observed    proof without a simulator                  deployment   undo, reset, freeze
changed, rows, ledger  what is known of a pair             loop         the whole step, once
report, why  what is told of a pair                    worker, child  the same, off the frame
reflection, story, insights, chapter  what is made of episodes in words, and kept
export, declaration, held  what goes out as files
method, methods  ways to learn (q_learning, scripting)  game, setup  what learning must know
"""

from astraweave.learning.game import Game, LearnSettings, with_environment
from astraweave.learning.loop import LearnReport, learn
from astraweave.learning.report import Status, status
from astraweave.learning.setup import GameSpec, game_of, recall, remember, spec_of
from astraweave.learning.why import why

__all__ = [
    "Game",
    "GameSpec",
    "LearnReport",
    "LearnSettings",
    "Status",
    "game_of",
    "learn",
    "recall",
    "remember",
    "spec_of",
    "status",
    "why",
    "with_environment",
]
