"""What learning must know of a game, and the settings of one step of learning."""

from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from astraweave.behavior import Tree
from astraweave.errors import EnvironmentFailure, ScenarioError, said_of
from astraweave.model.actions import ActionVocabulary
from astraweave.model.facts import FactSheet
from astraweave.model.ports import BatchEnvironment, Environment
from astraweave.model.profile import PreferenceProfile
from astraweave.model.scenario import Scenario
from astraweave.model.sources import TRUST
from astraweave.model.weights import Bounds
from astraweave.playstyle import Library, load_archetypes
from astraweave.playstyle.archetypes import played_in
from astraweave.sandbox import (
    GateSettings,
    check_scenarios,
    load_scenarios,
    rules_for,
    vectorised,
)
from astraweave.sandbox.named import made_in
from astraweave.sandbox.trial import Progress

GUARD = 0.05
"""Share of the designer's reward that learning may cost, if nothing else is said."""


@runtime_checkable
class PlayerModel(Protocol):
    """An environment that can put a person in its player's place; others play by themselves."""

    def players(self, profile: PreferenceProfile, seeds: npt.NDArray[np.int64]) -> Any:
        """One player a seed, drawn from what is believed of this person."""
        ...

    def archetypes(self, seeds: npt.NDArray[np.int64]) -> Any:
        """One player a seed, drawn from the shipped archetypes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Game:
    """A game as learning sees it.

    `environment` None means that nothing can be simulated: a change is then proved by what was
    observed. `scenarios` are what the sandbox plays, in order. `archetypes` are the kinds of
    player that a person is compared with.
    """

    tree: Tree
    vocabulary: ActionVocabulary
    sheet: FactSheet
    environment: BatchEnvironment | None = None
    scenarios: tuple[Scenario, ...] = ()
    archetypes: Library = field(default_factory=load_archetypes)

    @property
    def styles(self) -> Library:
        """The archetypes as the actions of this game can show them."""
        return played_in(self.archetypes, self.vocabulary)


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnSettings:
    """`gate` for the sandbox, None for the environment's own or the defaults.

    `require_sandbox` refuses changes that were only observed. `locked` and `bounds` are those of
    tactics; what a person decided for a pair is added to them (`controls`).
    `guard` is the share of the designer's reward that learning may cost (`learning.guard`); 1 lets
    it cost all. `trust` is what an episode counts by whose play it is (`model.sources`). `learner`
    says where the weights want to be: see `learning.methods`.
    """

    gate: GateSettings | None = None
    require_sandbox: bool = False
    locked: frozenset[str] = frozenset()
    bounds: dict[str, Bounds] = field(default_factory=dict)
    progress: Progress | None = None
    learner: str = "posterior"
    guard: float = GUARD
    trust: dict[str, float] = field(default_factory=TRUST.copy)


def unexplored(tree: Tree) -> str | None:
    """Which choices try nothing out, in one clause; None where each of the tree's is drawn."""
    names = [node.name for node in tree.weighted if node.policy == "sorted"]
    if not names:
        return None
    return (
        f"{', '.join(names)}: a sorted policy always takes the heaviest that stands for choice, so "
        "little can be learned of the others; ranked tries one in ten, roulette more"
    )


def with_environment(game: Game, environment: BatchEnvironment | Environment) -> Game:
    """The same game, to be proved in `environment`; scenarios default to the shipped ones.

    Raises:
        EnvironmentFailure: it is neither an `Environment` nor a `BatchEnvironment`.
        ScenarioError: a scenario sets a range the environment does not declare.
        RuleError: a rule that the environment carries could never be broken in it.
    """
    if not isinstance(environment, (BatchEnvironment, Environment)):
        raise EnvironmentFailure(
            what="is neither an Environment nor a BatchEnvironment",
            got=type(environment).__name__,
            where="environment",
            fix="implement the methods of astraweave.model.ports.Environment",
        )
    batch = vectorised(environment)
    own = game.scenarios or tuple(getattr(batch, "scenarios", ()))
    try:
        check_scenarios(own or load_scenarios(), batch)
    except ScenarioError as error:
        if own:
            raise
        what = "the game brings no scenarios, and the shipped ones are not for it"
        fix = "let it have `scenarios`, or name a folder with --scenarios"
        raise ScenarioError(what=what, got=error.what, where="environment", fix=fix) from error
    rules_for(batch, ())
    return replace(game, environment=batch, scenarios=own or load_scenarios())


def named_environment(name: str) -> BatchEnvironment | Environment:
    """The environment that ``module:factory`` makes; this is how a child process gets one.

    Raises:
        EnvironmentFailure: the name, the module or the factory is wrong.
    """
    module, _, factory = name.partition(":")
    if not module or not factory:
        fix = "name a function without arguments as module:factory"
        raise EnvironmentFailure(what="no name of an environment", got=name or "''", fix=fix)
    try:
        made: BatchEnvironment | Environment = getattr(import_module(module), factory)()
    except (Exception, SystemExit) as error:
        raise EnvironmentFailure(
            what="cannot make the environment",
            got=said_of(error),
            where=name,
            fix="name a function without arguments as module:factory",
        ) from error
    made_in(made, module)
    return made
