"""Companions that remember, learn how a person plays, and prove each change before it is met.

    play → Episode → Memory → Playstyle → Proposal → Verdict → Deployment → play

Importing this costs nothing but the names: each is loaded from its module when it is first used,
so numba, pygame and esper stay out until they are needed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_WHERE = {
    "ActionVocabulary": "model.actions",
    "AstraweaveError": "errors",
    "BatchEnvironment": "model.ports",
    "Blackboard": "ecs",
    "Companion": "ecs",
    "Consent": "memory.consent",
    "ConsentError": "errors",
    "Environment": "model.ports",
    "Episode": "model.episode",
    "EpisodeCategory": "model.episode",
    "EpisodeLog": "model.columns",
    "EpisodeOutcome": "model.episode",
    "Fact": "model.facts",
    "FactSheet": "model.facts",
    "GateSettings": "sandbox",
    "Hit": "memory",
    "InputError": "errors",
    "Kind": "model.actions",
    "LearnReport": "learning",
    "Learner": "ecs",
    "Limit": "memory",
    "Memory": "model.memory",
    "MemoryStore": "memory",
    "MemoryType": "model.memory",
    "Observation": "model.episode",
    "Player": "ecs",
    "PlayerAction": "model.episode",
    "PreferenceProfile": "model.profile",
    "Result": "behavior",
    "Retention": "memory",
    "Scenario": "model.scenario",
    "Situation": "memory",
    "Tree": "behavior",
    "Verdict": "model.verdict",
    "WeightSet": "model.weights",
    "WorkingMemory": "memory",
    "attach": "ecs",
    "episode_of": "model.columns",
    "load_actions": "model.actions",
    "load_tree": "behavior",
    "log_of": "model.columns",
    "open_memory": "memory",
    "shipped": "model.shipped",
}

__all__ = [
    "ActionVocabulary",
    "AstraweaveError",
    "BatchEnvironment",
    "Blackboard",
    "Companion",
    "Consent",
    "ConsentError",
    "Environment",
    "Episode",
    "EpisodeCategory",
    "EpisodeLog",
    "EpisodeOutcome",
    "Fact",
    "FactSheet",
    "GateSettings",
    "Hit",
    "InputError",
    "Kind",
    "LearnReport",
    "Learner",
    "Limit",
    "Memory",
    "MemoryStore",
    "MemoryType",
    "Observation",
    "Player",
    "PlayerAction",
    "PreferenceProfile",
    "Result",
    "Retention",
    "Scenario",
    "Situation",
    "Tree",
    "Verdict",
    "WeightSet",
    "WorkingMemory",
    "__version__",
    "attach",
    "episode_of",
    "load_actions",
    "load_tree",
    "log_of",
    "open_memory",
    "shipped",
]

if TYPE_CHECKING:
    from astraweave.behavior import Result, Tree, load_tree
    from astraweave.ecs import Blackboard, Companion, Learner, Player, attach
    from astraweave.errors import AstraweaveError, ConsentError, InputError
    from astraweave.learning import LearnReport
    from astraweave.memory import (
        Hit,
        Limit,
        MemoryStore,
        Retention,
        Situation,
        WorkingMemory,
        open_memory,
    )
    from astraweave.memory.consent import Consent
    from astraweave.model.actions import ActionVocabulary, Kind, load_actions
    from astraweave.model.columns import EpisodeLog, episode_of, log_of
    from astraweave.model.episode import (
        Episode,
        EpisodeCategory,
        EpisodeOutcome,
        Observation,
        PlayerAction,
    )
    from astraweave.model.facts import Fact, FactSheet
    from astraweave.model.memory import Memory, MemoryType
    from astraweave.model.ports import BatchEnvironment, Environment
    from astraweave.model.profile import PreferenceProfile
    from astraweave.model.scenario import Scenario
    from astraweave.model.shipped import shipped
    from astraweave.model.verdict import Verdict
    from astraweave.model.weights import WeightSet
    from astraweave.sandbox import GateSettings


def __getattr__(name: str) -> Any:
    """Load a public name from its module, once."""
    if name not in _WHERE:
        message = f"module 'astraweave' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f"astraweave.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Public names, whether loaded yet or not."""
    return list(__all__)
