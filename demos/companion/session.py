"""The esper world of the demo: the player, Mira, the arena, and the learner. Imports no pygame.

    priority 100          astraweave's behaviour: Mira decides every 6th tick
    priority 0            ArenaProcessor: 1/60 s of the fight, and what the player did is told
    priority −1,000,000   astraweave's recorder

The rules of the fight, its seed and the ticks at which Mira decides are those of the sandbox, so
what is played here is what is proved there, bit for bit.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import esper
import numpy as np
import numpy.typing as npt

import astraweave as aw
from astraweave.arena import (
    FACTS,
    TACTICS,
    VOCABULARY,
    Bot,
    Duel,
    bot_matrix,
    play_scenario,
)
from astraweave.behavior import Result
from astraweave.learning.reward import care_signal
from astraweave.model.ports import RUNNING, SUCCESS
from astraweave.model.rng import uniform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from astraweave.memory import MemoryStore
    from companion.tape import Tape

ENVIRONMENT = "astraweave.arena.environment:make"
COMPANION = "mira"
TICKS_A_SECOND, DECIDE_EVERY = 60, 6
STREAM_FIGHT = 77
_worlds = count(1)


@dataclass(slots=True)
class Wish:
    """What the player wants in this tick: an action of the vocabulary by index, and a direction."""

    action: int | None = None
    move_x: float = 0.0
    move_y: float = 0.0


@dataclass(frozen=True, slots=True)
class Fought:
    """One fight that is over, as it was played.

    `ended` is won, lost or "time"; `decisions` counts Mira's tactics by name.
    """

    number: int
    episode: str
    seed: int
    ended: str
    success: float
    seconds: float
    damage_dealt: float
    damage_taken: float
    satisfaction: float
    version: int
    decisions: dict[str, int]


class ArenaProcessor(esper.Processor):
    """Hands Mira's decision to the fight, plays a tick of it, and tells what the player did."""

    def __init__(self, session: "Session") -> None:
        """Play for `session`."""
        self._session = session

    def process(self, *_args: object) -> None:
        """One tick."""
        self._session.tick()


class Session:
    """Fight after fight on one save.

    Attributes:
        learner: what `attach` gave. duel: the present fight. wanted: the tactic Mira's tree runs.
        playing: whether a fight goes on. open: False once it was closed. episode: id of the last
        fight begun. tape: takes down the player's wishes, if they are recorded.
    """

    def __init__(
        self,
        memory: "MemoryStore",
        *,
        player: str,
        seed: int,
        bot: Bot | None,
        wall: Callable[[], float] | None = None,
    ) -> None:
        """Make the world and attach the learner; no fight begins yet.

        Args:
            memory: stays the caller's to close.
            player: who plays; the key of what is remembered.
            seed: of the fights and of Mira's choices.
            bot: plays instead of a person.
            wall: seconds since 1970; by default the system's clock.
        """
        self.memory, self.player, self.bot, self._seed = memory, player, bot, seed
        self.scenario = play_scenario()
        self.ticks = 0
        self.wanted: str | None = None
        self._doer: object = None
        self.wish = Wish()
        self.tape: Tape | None = None
        self.episode = ""
        self.number = len(memory.episode_ids(player, COMPANION))
        self.fight_seed = 0
        self.playing, self.open = False, True
        self._version = 0
        self._decisions: dict[str, int] = {}
        self._before = esper.current_world
        self._world = f"astraweave demo {next(_worlds)}"
        esper.switch_world(self._world)
        tree = aw.load_tree("companion.xml")
        for tactic in TACTICS:
            tree.action(tactic)(self._callback(tactic))
        self.learner = aw.attach(
            memory,
            tree,
            actions=VOCABULARY,
            facts=FACTS,
            seed=seed,
            clock=self.clock,
            wall=wall,
            environment=ENVIRONMENT,
            decide_every=DECIDE_EVERY,
        )
        self.learner.sense(self._sense)
        esper.add_processor(ArenaProcessor(self), priority=0)
        self.companion = aw.Companion(COMPANION)
        self.mira = esper.create_entity(self.companion)
        self.me = esper.create_entity(aw.Player(player))
        self.duel = self._next_duel()

    def clock(self) -> float:
        """Seconds of play: a paused game does not age."""
        return self.ticks / TICKS_A_SECOND

    @property
    def tactic(self) -> str | None:
        """What Mira is doing, for the picture."""
        return self.companion.tactic if self.playing else None

    # -- one fight -----------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin the next fight."""
        self.duel = self._next_duel()
        self.wanted, self.wish, self._decisions = None, Wish(), {}
        # Asked now: what is learned during the fight plays from the next one on.
        found = self.memory.deployed(self.player, COMPANION)
        self._version = 0 if found is None else found[0].version
        self.episode = self.learner.begin(self.mira, "combat", player=self.me, seed=self.fight_seed)
        if self.tape is not None:
            self.tape.begin(self)
        self.playing = True

    def frame(self, wish: Wish | None = None) -> bool:
        """One tick of the world; whether the fight goes on."""
        self.wish = wish or Wish()
        esper.process()
        return not self.duel.done

    def end(self) -> Fought:
        """Close the episode of a fight that is over, and say how it went."""
        told = self.duel.outcome()
        episode = self.learner.end(
            self.mira,
            told["success"],
            truncated=self.duel.truncated,
            player_satisfaction=told["satisfaction"],
            damage_dealt=told["damage_dealt"],
            damage_taken=told["damage_taken"],
            resources_used=told["resources"],
            quality_signals=(care_signal(told["satisfaction"]),),
        )
        self.playing = False
        self.number += 1
        return Fought(
            number=self.number,
            episode=episode,
            seed=self.fight_seed,
            ended=self._ended(),
            success=told["success"],
            seconds=told["seconds"],
            damage_dealt=told["damage_dealt"],
            damage_taken=told["damage_taken"],
            satisfaction=told["satisfaction"],
            version=self._version,
            decisions=dict(sorted(self._decisions.items())),
        )

    def _ended(self) -> str:
        if self.duel.truncated:
            return "time"
        return "won" if self.duel.facts()["player_health"] > 0.0 else "lost"

    def close(self) -> None:
        """Keep an open fight as truncated, finish what is being learned, leave the world."""
        self.open = False
        try:
            self.learner.close()
        finally:
            self.playing = False
            if esper.current_world == self._world:
                esper.switch_world(self._before)
            esper.delete_world(self._world)

    # -- inside a tick -------------------------------------------------------------------------

    def tick(self) -> None:
        """1/60 s, called by the processor after Mira has decided."""
        duel, wish = self.duel, self.wish
        if not self.playing or duel.done:
            return
        if duel.ticks % DECIDE_EVERY == 0:
            duel.command(self.wanted)
        duel.tick(wish.action, wish.move_x, wish.move_y)
        if self.tape is not None:
            self.tape.note(wish)
        did = duel.did
        if did is not None:
            self.learner.player_did(self.me, did.name, target=did.target, params=did.params)
        self.ticks += 1

    def _sense(self, _who: int) -> "Mapping[str, float]":
        return self.duel.facts()

    def _callback(self, tactic: str) -> Callable[..., Generator[None, None, Result]]:
        """The action of one tactic: commanded while it runs, worth what the fight says."""

        def act(_who: int, _facts: object) -> Generator[None, None, Result]:
            self.wanted, self._doer = tactic, (mine := object())
            self._decisions[tactic] = self._decisions.get(tactic, 0) + 1
            try:
                yield
                while self.duel.status() == RUNNING:
                    yield
            finally:
                # Under a reactive node the next action is entered before this one is halted.
                if self._doer is mine:
                    self.wanted = None
            done = self.duel.status() == SUCCESS
            return Result("success" if done else "failure", effectiveness=self.duel.effectiveness())

        return act

    def _next_duel(self) -> Duel:
        """The next fight at its start; its seed follows from the session's and its number."""
        self.fight_seed = self.seed_of_fight()
        return Duel(self.scenario, self.fight_seed, self.player_row())

    def seed_of_fight(self) -> int:
        """What decides the chances of the next fight."""
        return int(uniform(self._seed, self.number, 0, STREAM_FIGHT) * 2**31)

    def player_row(self) -> npt.NDArray[np.float64] | None:
        """Who plays the next fight, as the arena wants it; None for a person."""
        return None if self.bot is None else bot_matrix((self.bot,), (self.number,))[0]
