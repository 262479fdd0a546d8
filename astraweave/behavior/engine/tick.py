"""The scalar engine: one agent ticked from Python. Refuses a tick inside a tick.

`Ticker` holds the running nodes of one agent. After an exception in a callback the agent is
halted, so that the next tick starts the tree anew.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from astraweave.behavior import nodes
from astraweave.behavior.engine.composites import Guarded, Memory, Pass, Reactive
from astraweave.behavior.engine.leaves import RunAction, RunCondition, RunScript
from astraweave.behavior.engine.running import Agent, Callback, Facts, Listener, Run
from astraweave.behavior.engine.weighted import RunWeighted
from astraweave.behavior.status import FAILURE, SUCCESS, Status
from astraweave.errors import UsageError, WeightsError
from astraweave.model.actions import nearest

if TYPE_CHECKING:
    from astraweave.behavior.tree import WeightedNode


class Ticker:
    """One agent's running state; `Tree.ticker` makes it."""

    __slots__ = ("_agent", "_halt_asked", "_root", "_ticking", "_weighted")

    def __init__(
        self,
        root: nodes.Node,
        weighted: "tuple[WeightedNode, ...]",
        callbacks: Mapping[str, Callback],
        entity: int,
        seed: int,
        listener: Listener | None,
        hold_s: float,
    ) -> None:
        """Idle; nothing is called yet."""
        if not (math.isfinite(hold_s) and hold_s >= 0.0):
            raise UsageError(what="hold_s must be 0 or more", got=hold_s, where="ticker")
        self._agent = Agent(entity, seed, callbacks, listener, hold_s)
        self._weighted: list[RunWeighted] = []
        self._root = self._guarded(root, weighted)
        self._ticking = self._halt_asked = False

    def _guarded(self, node: nodes.Node, weighted: "tuple[WeightedNode, ...]") -> Run:
        run = self._run(node, weighted)
        return run if node.skip_if is None else Guarded(node, run, node.skip_if)

    def _run(self, node: nodes.Node, weighted: "tuple[WeightedNode, ...]") -> Run:
        if isinstance(node, nodes.Action):
            return RunAction(node)
        if isinstance(node, nodes.ScriptCondition):
            return RunScript(node)
        if isinstance(node, nodes.Condition):
            return RunCondition(node)
        if isinstance(node, nodes.WeightedFallback):
            index = len(self._weighted)
            run = RunWeighted(node, [], index, weighted[index].children)
            self._weighted.append(run)
            run.children += [self._run(child, weighted) for child in node.children]
            return run
        children = [self._guarded(child, weighted) for child in node.children]
        if isinstance(node, (nodes.Inverter, nodes.SubTree)):
            inverted = isinstance(node, nodes.Inverter)
            return Pass(node, children[0], FAILURE if inverted else SUCCESS)
        first = isinstance(node, (nodes.Sequence, nodes.ReactiveSequence))
        reactive = isinstance(node, (nodes.ReactiveSequence, nodes.ReactiveFallback))
        return (Reactive if reactive else Memory)(node, children, FAILURE if first else SUCCESS)

    @property
    def tactic(self) -> str | None:
        """The running or last chosen tactic, None before the first choice."""
        return self._agent.tactic

    def weights(self, factors: Mapping[str, float]) -> None:
        """Take learned factors (tactic → above 0, 1 where none is given), for later draws.

        Raises:
            WeightsError: an unknown tactic, or a factor that is not finite and above 0.
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
        for run in self._weighted:
            given = (factors.get(key, 1.0) for key in run.keys)
            run.weights = [w * float(f) for w, f in zip(run.designed, given, strict=True)]

    def tick(self, facts: Facts, now_s: float) -> Status:
        """One decision step.

        Args:
            facts: what scripts and callbacks read; not kept after the next tick.
            now_s: seconds on any clock that does not go back.

        Returns:
            The root's status. A root that has ended starts anew in the next tick.

        Raises:
            TreeError: a script reads a fact that is not there, or a Condition has no callback.
            UsageError: a callback gave no answer, or ticked its own tree.
        """
        if self._ticking:
            raise UsageError(what="tick inside a tick of the same agent", where="ticker.tick")
        agent = self._agent
        agent.facts = agent.view.now = facts
        agent.now = now_s
        self._ticking = True
        try:
            status = self._root.tick(agent)
        except BaseException:
            self._halt_asked = True
            raise
        finally:
            self._ticking = False
            if self._halt_asked:
                self._halt_asked = False
                self.halt()
        if agent.holding:
            for run in self._weighted:
                run.settle(agent, agent.step)
        agent.step += 1
        return status

    def halt(self, now_s: float | None = None) -> None:
        """Stop what runs (INTERRUPTED) and close what is held (SUCCESS); the tree is idle then.

        Called from inside a callback it waits for the end of that tick.

        Args:
            now_s: when it is, for the listener; by default the last tick's time.
        """
        if self._ticking:
            self._halt_asked = True
            return
        agent = self._agent
        if now_s is not None:
            agent.now = now_s
        self._root.halt(agent)
        for run in self._weighted:
            run.settle(agent, agent.step + 1)
