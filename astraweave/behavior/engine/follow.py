"""Goes over from one tree to the next between two ticks, and keeps what runs.

A node is the same when its path, its type, its ID and the nodes above it are; it goes on where it
stood. What is in the old tree alone is halted, in document order, over its own blackboard.
"""

from astraweave.behavior.engine.blackboard import Blackboard
from astraweave.behavior.engine.running import Agent, Run, below, halt_all
from astraweave.behavior.engine.twins import same
from astraweave.behavior.engine.weighted import RunWeighted
from astraweave.behavior.status import RUNNING


def change(old: Run, new: Run, board: Blackboard, agent: Agent) -> None:
    """Let `new` go on where `old` stands.

    Args:
        old: root of the nodes at work.
        new: root of those that take their place, idle.
        board: the entries of the new tree.
        agent: whose they are; it has `board` afterwards.

    Raises:
        Exception: what the first node that was halted raised; the change is made all the same.
    """
    kept, gone = _compared(old, new)
    try:
        # Lazily: who is halted halts those below.
        halt_all((run for run in gone if run.status is RUNNING), agent)
    finally:
        for run in gone:
            if isinstance(run, RunWeighted):
                run.settle(agent, agent.step + 1)
        board.adopt(agent.board)
        agent.board = board
        agent.holding = 0
        for before, after in kept:
            after.adopt(before, agent)


def _compared(old: Run, new: Run) -> tuple[list[tuple[Run, Run]], list[Run]]:
    """Nodes that are in both trees, parents first; and those in the old one alone, in order."""
    if not same(old.node, new.node):
        return [], list(below(old))
    kept: list[tuple[Run, Run]] = []
    stack = [(old, new)]
    while stack:
        before, after = stack.pop()
        kept.append((before, after))
        names = {run.node.path: run for run in after.children}
        for child in before.children:
            other = names.get(child.node.path)
            if other is not None and same(child.node, other.node):
                stack.append((child, other))
    stays = {id(before) for before, _ in kept}
    return kept, [run for run in below(old) if id(run) not in stays]
