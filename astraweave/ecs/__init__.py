"""Astraweave in an esper world: components, the two processors, and `attach`."""

from astraweave.ecs.attach import attach
from astraweave.ecs.components import Blackboard, Companion, Player
from astraweave.ecs.learner import Learner

__all__ = ["Blackboard", "Companion", "Learner", "Player", "attach"]
