"""The scalar engine: one agent ticked from Python. Refuses a tick inside a tick.

`Ticker` holds the running nodes of one agent. After an exception the agent is halted, so that the
next tick starts the tree anew.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from astraweave.behavior.engine.blackboard import Blackboard, Held
from astraweave.behavior.engine.board import Board
from astraweave.behavior.engine.build import Builder
from astraweave.behavior.engine.follow import change
from astraweave.behavior.engine.hooks import Watcher
from astraweave.behavior.engine.running import Agent, Facts, Listener, Run, below, halt_all
from astraweave.behavior.engine.timed import Timers
from astraweave.behavior.status import FAILURE, IDLE, RUNNING, SUCCESS, Status
from astraweave.errors import TreeError, UsageError, WeightsError
from astraweave.model.actions import nearest

if TYPE_CHECKING:
    from astraweave.behavior.engine.weighted import RunWeighted
    from astraweave.behavior.tree import Tree

MAX_WAKES = 10_000
"""A tree that always wakes itself up would never give the frame back."""


class Ticker:
    """One agent's running state; `Tree.ticker` makes it. It follows its tree when that reloads."""

    __slots__ = (
        "_agent",
        "_factors",
        "_halt_asked",
        "_names",
        "_root",
        "_ticking",
        "_tree",
        "_version",
        "_watcher",
        "_weighted",
    )

    def __init__(
        self,
        tree: "Tree",
        entity: int,
        seed: int,
        listener: Listener | None,
        hold_s: float,
        board: Mapping[str, Held],
        watcher: Watcher | None,
    ) -> None:
        """Idle; nothing is called yet."""
        if not (math.isfinite(hold_s) and hold_s >= 0.0):
            raise UsageError(what="hold_s must be 0 or more", got=hold_s, where="ticker")
        self._tree = tree
        self._agent = Agent(
            entity, seed, tree.callbacks, tree.wants_ports, listener, hold_s, watcher
        )
        self._watcher = watcher
        self._agent.timers = Timers()
        self._names = frozenset(board)
        self._factors: Mapping[str, float] = {}
        self._ticking = self._halt_asked = False
        self._version = tree.version
        self._root, self._weighted, self._agent.board = self._built()
        for name, value in board.items():
            self.board[name] = value

    def _built(self) -> "tuple[Run, list[RunWeighted], Blackboard]":
        """Nodes and entries of the tree as it is now, all idle."""
        tree, agent = self._tree, self._agent
        plan = tree.plan(self._names, watched=self._watcher is not None)
        builder = Builder(plan, tree.weighted)
        root = builder.build(tree.root)
        return root, builder.weighted, Blackboard(plan.scopes, agent)

    def _follow(self) -> None:
        """Go over to the tree as it is now; what is in both runs on, what is gone is halted."""
        agent, version = self._agent, self._tree.version
        root, weighted, board = self._built()
        self._version = version
        # A callback that is halted may ask for a halt or a tick, as in a tick.
        self._ticking = True
        try:
            change(self._root, root, board, agent)
        finally:
            self._ticking = False
            # Not sooner: what is halted is told to who has watched it.
            agent.watcher = self._watcher
            self._root, self._weighted = root, weighted
            known = {key for run in weighted for key in run.keys}
            self._learn({key: f for key, f in self._factors.items() if key in known})
            self._late_halt()

    def _declare(self, name: str) -> None:
        """From the next tick on scripts mean the game's entry by this name, not a fact."""
        if name in self._tree.reads and name not in self._names:
            self._names |= {name}
            self._version = -1

    @property
    def tactic(self) -> str | None:
        """The running or last chosen tactic, None before the first choice."""
        return self._agent.tactic

    @property
    def draws(self) -> int:
        """How many draws were made; set it to go on at another, as a replay does."""
        return self._agent.draws

    @draws.setter
    def draws(self, draws: int) -> None:
        self._agent.draws = draws

    @property
    def board(self) -> Board:
        """The tree's own blackboard: what scripts and ports of the tree write, and the game."""
        return Board(self._agent, self._declare)

    def watch(self, watcher: Watcher | None, listener: Listener | None) -> None:
        """Take others in place of those the ticker was made with; what runs goes on.

        Args:
            watcher: told of every node from the next tick on; None ends it, and its cost.
            listener: told of every choice from now on.
        """
        self._watcher, self._agent.listener = watcher, listener
        self._version = -1

    def statuses(self) -> dict[str, Status]:
        """What each node has said and its parent not yet taken, by path, parents first."""
        return {run.node.path: run.status for run in below(self._root)}

    def weights(self, factors: Mapping[str, float]) -> None:
        """Take learned factors (tactic → above 0, 1 where none is given), for later draws.

        Raises:
            WeightsError: an unknown tactic, a factor that is not finite and above 0, or one too
                large or small for the designer's weight.
        """
        known = [key for run in self._weighted for key in run.keys]
        for tactic, factor in factors.items():
            if tactic not in known:
                raise WeightsError(
                    what="unknown tactic", got=tactic, where="weights", fix=nearest(tactic, known)
                )
            if not (math.isfinite(factor) and factor > 0.0):
                raise WeightsError(
                    what=f"factor of {tactic!r} must be finite and above 0", got=factor
                )
        self._learn(factors)
        self._factors = dict(factors)

    def _learn(self, factors: Mapping[str, float]) -> None:
        # All or none: a product may be refused.
        learned = [run.learned(factors) for run in self._weighted]
        for run, weights in zip(self._weighted, learned, strict=True):
            run.weights = weights

    def tick(self, facts: Facts, now_s: float, *, once: bool = False) -> Status:
        """One decision step.

        Args:
            facts: what scripts and callbacks read; not kept after the next tick.
            now_s: seconds on any clock that does not go back.
            once: tick again at once while a node asks for it (an AsyncSequence between two
                children, a Repeat between two cycles), as BehaviorTree.CPP's tickOnce; otherwise
                that is left to the next step.

        Returns:
            The root's status. A root that has ended starts anew in the next tick.

        Raises:
            TreeError: a script or a port means something that is not there or of another type, a
                Condition has no callback, or nodes are asked for what they cannot do.
            UsageError: a callback gave no answer, or ticked its own tree; or now_s is NaN.
        """
        if self._ticking:
            raise UsageError(what="tick inside a tick of the same agent", where="ticker.tick")
        agent = self._agent
        if math.isnan(now_s):
            raise UsageError(what="now_s must be a number of seconds", got=now_s, where="tick")
        agent.facts = agent.view.now = facts
        agent.now = now_s
        if self._version != self._tree.version:
            self._follow()
        self._ticking = True
        try:
            # What most trees never need is asked for at once.
            status = self._slowly(once) if once or agent.timers else self._root.tick(agent)
        except BaseException as error:
            self._fail(error)
            raise
        finally:
            self._ticking = False
        if self._halt_asked:
            self._late_halt()
        if status is SUCCESS or status is FAILURE:
            self._root.status = IDLE
        if agent.holding:
            self._settle(agent.step)
        agent.step += 1
        return status

    def _late_halt(self) -> None:
        """The halt that was asked for while nodes were at work."""
        if self._halt_asked:
            self._halt_asked = False
            self.halt()

    def _settle(self, before: int) -> None:
        for run in self._weighted:
            run.settle(self._agent, before)

    def _fail(self, error: BaseException) -> None:
        """Halt the agent, whose nodes stand anywhere; what that raises is noted at the error."""
        if self._agent.watcher is not None:
            self._agent.watcher.failed(error)
        self._ticking, self._halt_asked = False, False
        try:
            self.halt()
        except Exception as second:
            error.add_note(f"halted after it, the tree raised {type(second).__name__}: {second}")

    def _slowly(self, once: bool) -> Status:
        """Ring the timers, then tick; again for as long as a node asks for it, when `once`."""
        agent = self._agent
        agent.timers.run(agent)
        status = self._root.tick(agent)
        for _ in range(MAX_WAKES if once else 0):
            if status is not RUNNING or not agent.woken:
                return status
            agent.woken = False
            status = self._root.tick(agent)
        if not once:
            return status
        raise TreeError(
            what=f"the tree asked more than {MAX_WAKES:,} times in a tick to be ticked again",
            where=self._root.node.at,
            fix="bound what repeats, or tick without once",
        )

    def halt(self, now_s: float | None = None) -> None:
        """Stop what runs (INTERRUPTED) and close what is held (SUCCESS); the tree is idle then.

        Called from inside a callback it waits for the end of that tick.

        Args:
            now_s: when it is, for the listener; by default the last tick's time.

        Raises:
            Exception: what the first `finally` of a callback, or `_onHalted`, raised; all nodes
                are halted all the same.
        """
        if self._ticking:
            self._halt_asked = True
            return
        agent = self._agent
        if now_s is not None:
            agent.now = now_s
            agent.timers.run(agent)
        # As BehaviorTree.CPP's haltTree: from the root, then each node by itself, which is where
        # an idle node's _onHalted is run.
        try:
            halt_all((self._root, *below(self._root)), agent)
        finally:
            self._root.status = IDLE
            self._settle(agent.step + 1)
