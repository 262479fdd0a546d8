"""The tree and world of row `tick_batch`, agent by agent: in the scalar engine and in py_trees."""

from collections.abc import Callable, Generator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from astraweave.arena import Arena
from astraweave.behavior import Status, Ticker, load_tree
from astraweave.behavior.nodes import Node
from astraweave.behavior.scripts.functions import condition
from bench.behavior_crowd import World
from bench.harness import Operation

AGENTS = 100
STEP_S, HOLD_S = 0.1, 0.5


class Said:
    """What one agent is told at present."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.facts: dict[str, float] = {}
        self.status = 0


def scalar(world: World) -> Operation:
    """One tick of each of AGENTS tickers, whose actions are generators that ask the world."""
    told = [Said() for _ in range(AGENTS)]
    ticks = [_ticker(agent, said).tick for agent, said in enumerate(told)]
    now_s = 0.0

    def one(agent: int) -> None:
        ticks[agent](told[agent].facts, now_s)

    def run(tick: int) -> None:
        nonlocal now_s
        now_s = tick * STEP_S

    return _operation(world, told, one, run)


def _ticker(agent: int, said: Said) -> Ticker:
    def play(_entity: int, _facts: object) -> Generator[None, None, Status]:
        yield
        while said.status < Status.SUCCESS:
            yield
        return Status(said.status)

    tree = load_tree("companion.xml")
    for name in tree.actions:
        tree.action(name)(play)
    return tree.ticker(seed=agent, hold_s=HOLD_S)


def py_trees(world: World) -> Operation | None:
    """One tick of each of AGENTS trees of py_trees, where it is installed (the extra `dev`).

    A Selector stands in for the choice: it tries in document order, without a draw, a log or a
    hold. Guards are the functions that our scripts compile to.
    """
    if find_spec("py_trees") is None:
        return None
    package: Any = import_module("py_trees")
    told = [Said() for _ in range(AGENTS)]
    roots = [_py_tree(package, said) for said in told]
    return _operation(world, told, lambda agent: roots[agent].tick_once(), lambda _tick: None)


def _py_tree(package: Any, said: Said) -> Any:
    status = package.common.Status
    ends = {2: status.SUCCESS, 3: status.FAILURE}

    class Enemies(package.behaviour.Behaviour):  # type: ignore[misc]
        def update(self) -> Any:
            return status.SUCCESS if said.facts["enemies"] > 0.0 else status.FAILURE

    class Tactic(package.behaviour.Behaviour):  # type: ignore[misc]
        def __init__(self, node: Node) -> None:
            super().__init__(node.name)
            self.skip = None if node.skip_if is None else condition(node.skip_if)

        def update(self) -> Any:
            if self.status is status.RUNNING:
                return ends.get(said.status, status.RUNNING)
            skipped = self.skip is not None and self.skip(said.facts)
            return status.FAILURE if skipped else status.RUNNING

    choice = load_tree("companion.xml").root.children[1]
    tactics = package.composites.Selector("tactics", memory=True)
    tactics.add_children([Tactic(child) for child in choice.children])
    root = package.composites.Sequence("companion", memory=False)
    root.add_children([Enemies("enemies"), tactics])
    return root


def _operation(
    world: World, told: list[Said], one: Callable[[int], object], begin: Callable[[int], None]
) -> Operation:
    """One tick of all agents, the next at each call."""
    rows = [
        [dict(zip(Arena.facts.names, row, strict=True)) for row in facts[:AGENTS].tolist()]
        for facts in world.facts
    ]
    said = [status[:AGENTS].tolist() for status in world.status]
    ticks = iter(range(len(said)))

    def operation() -> None:
        tick = next(ticks)
        begin(tick)
        facts, status = rows[tick % len(rows)], said[tick]
        for agent, each in enumerate(told):
            each.facts, each.status = facts[agent], status[agent]
            one(agent)

    return operation
