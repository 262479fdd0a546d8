"""Behaviour trees: Groot2 XML in, one meaning in two engines, a choice whose weights are learned.

`load_tree` reads a file; `Tree.ticker` runs one agent from Python with callbacks,
`Tree.program` and `BatchTicker` run thousands over arrays. Refuses trees it cannot run whole.
"""

from astraweave.behavior.engine.hooks import Watcher
from astraweave.behavior.engine.ports import Ports
from astraweave.behavior.engine.running import Listener
from astraweave.behavior.engine.tick import Ticker
from astraweave.behavior.flat.batch import BatchTicker
from astraweave.behavior.flat.log import DecisionLog
from astraweave.behavior.flat.program import Program
from astraweave.behavior.groot.grammar import Model, PortModel
from astraweave.behavior.inventory import WeightedNode
from astraweave.behavior.status import Result, Status
from astraweave.behavior.trace import Trace
from astraweave.behavior.tree import Tree, load_tree

__all__ = [
    "BatchTicker",
    "DecisionLog",
    "Listener",
    "Model",
    "PortModel",
    "Ports",
    "Program",
    "Result",
    "Status",
    "Ticker",
    "Trace",
    "Tree",
    "Watcher",
    "WeightedNode",
    "load_tree",
]
