"""A save as it is after a thousand, or a million, episodes: made in bulk, the rows those of play.

Sixty-four different fights of twenty observations, told again with other ids and moments. Each
gets its observations, memory, words and features, and its row of statistics; the learner's state is
folded from the last two thousand, which is all that is left of more. Links are not made.
"""

from collections import deque
from copy import copy
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from astraweave.behavior import load_tree
from astraweave.learning import Game
from astraweave.learning.rows import absorb, row_of
from astraweave.learning.statistics import EpisodeRow, LearnerState
from astraweave.memory import open_memory
from astraweave.memory.connection import open_link
from astraweave.memory.indexing import index_some
from astraweave.memory.joining import Joining
from astraweave.memory.learned import commit_learning
from astraweave.memory.rows import episode_rows, insert_episode
from astraweave.model.actions import ActionVocabulary, Kind
from astraweave.model.columns import EpisodeLog
from astraweave.model.draft import Draft
from astraweave.model.episode import (
    ActionResult,
    CompanionResponse,
    EpisodeCategory,
    EpisodeOutcome,
)
from astraweave.model.facts import Fact, FactSheet
from astraweave.model.learned import LearningCommit
from astraweave.playstyle import Evidence

PLAYER, COMPANION = "robin", "mira"
OBSERVATIONS, START_S, APART_S = 20, 1.2e9, 90.0
_FIGHTS, _AT_ONCE, _FOLDED = 64, 1_000, 2_000
_FACTS = ("hp", "x", "y", "wolves")


class Growing:
    """A save at `path` that can be made larger, and the next episodes of its player."""

    def __init__(self, path: Path, seed: int = 3) -> None:
        """An empty save; `seed` decides what is fought."""
        self.path = path
        self.episodes = 0
        self.game = Game(
            tree=load_tree("companion.xml"),
            vocabulary=ActionVocabulary(
                strike=Kind("melee", aggressive=True), dodge=Kind("movement")
            ),
            sheet=FactSheet([Fact("hp", low=0.0, high=100.0, role="player_health")]),
        )
        rng = np.random.default_rng(seed)
        self._fights = [self._fight(rng) for _ in range(_FIGHTS)]
        self._rows = [row_of(log, self.game) for log in self._fights]

    def at(self, path: Path) -> "Growing":
        """The same player's save at `path`, with as many episodes as were written there."""
        other = copy(self)
        other.path = path
        with open_memory(path, backups=0) as store:
            other.episodes = store.episodes_ever()
        return other

    def next(self) -> EpisodeLog:
        """One more episode, not in the save yet."""
        self.episodes += 1
        number = self.episodes
        start = START_S + APART_S * number
        fight = self._fights[number % _FIGHTS]
        return replace(fight, id=f"{COMPANION}-{number:07d}", start_time=start, end_time=start + 60)

    def grow(self, to: int) -> None:
        """Write, index and learn until `to` episodes were given."""
        link = open_link(str(self.path))
        joining = Joining(link)
        lately: deque[EpisodeRow] = deque(maxlen=_FOLDED)
        try:
            while self.episodes < to:
                rows: dict[str, bytes] = {}
                with link.transaction() as db:
                    for log in islice(iter(self.next, None), min(_AT_ONCE, to - self.episodes)):
                        insert_episode(db, episode_rows(log))
                        lately.append(self._rows[self.episodes % _FIGHTS])
                        rows[log.id] = lately[-1].encoded()
                    commit_learning(db, self._commit(rows))
                    index_some(db, 2 * _AT_ONCE)
                while joining.some():
                    pass
            with link.transaction() as db:
                commit_learning(db, self._commit({}, self._state(lately).encoded()))
            link.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            link.db.close()

    def _commit(self, rows: dict[str, bytes], state: bytes | None = None) -> LearningCommit:
        return LearningCommit(player_id=PLAYER, companion_id=COMPANION, rows=rows, state=state)

    def _state(self, lately: deque[EpisodeRow]) -> LearnerState:
        state, evidence = LearnerState(), Evidence()
        for row in lately:
            evidence = absorb(state, evidence, row, self.game.archetypes)
        state.evidence, state.episodes = evidence.encoded(), self.episodes
        return state

    def _fight(self, rng: np.random.Generator) -> EpisodeLog:
        tactics = self.game.tree.tactics
        draft = Draft(
            id="fight",
            category=EpisodeCategory.COMBAT,
            start_time=START_S,
            end_time=START_S + 60.0,
            player_id=PLAYER,
            companion_id=COMPANION,
            policy_version=0,
            seed=1,
            fact_names=_FACTS,
            outcome=EpisodeOutcome(
                success_rating=float(rng.uniform()), player_satisfaction=float(rng.uniform())
            ),
            tags=["night"],
        )
        place = rng.uniform(-500.0, 500.0, 2)
        for i in range(OBSERVATIONS):
            at, hp = 3.0 * i, float(rng.uniform(5.0, 100.0))
            draft.rows.append([hp, *(place + i).tolist(), float(rng.integers(1, 6))])
            if i % 3:
                action = "strike" if rng.random() < 0.6 else "dodge"
                draft.seen.append((at, action, "wolf", {"damage": float(i)}, i))
                continue
            tactic = tactics[int(rng.integers(len(tactics)))]
            response = CompanionResponse(
                action_type=tactic,
                result=ActionResult.SUCCESS,
                effectiveness=float(rng.uniform()),
                tactic=tactic,
                node="tactics",
                propensity=1.0 / len(tactics),
                available=tuple(tactics),
                duration_ms=400,
            )
            draft.seen.append((at, response, i))
        return draft.log()
