"""`attach`: companion learning for the current esper world, in one call.

Adds two processors and nothing else: no logging set-up, no signal handlers, no window.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import esper

from astraweave.behavior import Tree  # looked at when a call goes wrong
from astraweave.ecs.agents import Agents
from astraweave.ecs.drafts import check_seed
from astraweave.ecs.learner import Learner
from astraweave.ecs.processors import (
    BEHAVIOUR_PRIORITY,
    RECORDER_PRIORITY,
    BehaviourProcessor,
    EpisodeRecorderProcessor,
)
from astraweave.ecs.structures import Structures
from astraweave.errors import UsageError, WeightsError
from astraweave.learning.controls import check_tactics, checked_bounds
from astraweave.learning.game import GUARD, Game, LearnSettings, named_environment, with_environment
from astraweave.learning.methods import check_learner
from astraweave.learning.setup import remember, remembered, spec_of
from astraweave.learning.variants import tree_in_use
from astraweave.learning.worker import JOB_TIMEOUT_S
from astraweave.memory import MemoryStore
from astraweave.model.actions import ActionVocabulary, Kind, load_actions
from astraweave.model.arguments import check, public
from astraweave.model.facts import Fact, FactSheet, load_facts
from astraweave.model.sources import checked_trust
from astraweave.model.weights import Bounds
from astraweave.playstyle import Library, load_archetypes
from astraweave.playstyle.archetypes import check_library
from astraweave.sandbox import GateSettings, rules_for


@public
def attach(  # noqa: PLR0913  # one call with a name for everything a game may decide
    memory: MemoryStore,
    tree: Tree,
    *,
    actions: ActionVocabulary | Mapping[str, Kind] | str | Path,
    facts: FactSheet | Iterable[Fact] | None = None,
    seed: int,
    clock: Callable[[], float] = time.monotonic,
    wall: Callable[[], float] | None = None,
    environment: Any = None,
    require_sandbox: bool = False,
    decide_every: int = 6,
    checkpoint_s: float = 4.0,
    hold_s: float = 0.5,
    locked: Iterable[str] = (),
    bounds: Mapping[str, Bounds] | None = None,
    gate: GateSettings | None = None,
    learner: str | None = None,
    archetypes: Library | str | Path | None = None,
    guard: float = GUARD,
    trust: Mapping[str, float] | None = None,
    learn_timeout_s: float = JOB_TIMEOUT_S,
) -> Learner:
    """Add recording, behaviour and learning to the current esper world.

    Args:
        memory: from `open_memory`; stays the caller's to close.
        tree: from `load_tree`, with its callbacks registered before the first episode.
        actions: what the player can do, or a TOML file that says so.
        facts: what the game senses; by default the ``[facts]`` of the actions' file.
        seed: decides every choice of the companions and every simulated episode.
        clock: seconds, monotonic; a simulated clock for headless play.
        wall: seconds since 1970, for dates; by default the system's.
        environment: where changes are proved: an `Environment`, a `BatchEnvironment` or the
            name ``module:factory`` of a function that makes one (which lets `learn_soon` work
            in a child process). None: changes are proved by what is observed in play.
        require_sandbox: refuse changes that only observed play supports.
        decide_every: frames between two decisions of a companion.
        checkpoint_s: how much of an open episode a crash may lose, in seconds.
        hold_s: how long a choice stands at least.
        locked: tactics whose weights must not move.
        bounds: tactic → lowest and highest learned factor, inside [¼, 4].
        gate: error rates and sizes of the sandbox's gate.
        learner: who says where the weights want to be: "posterior", "q" or "dynamic-scripting",
            with options as ``q:alpha=.2``; step, bounds and proof are the same for all. Kept in the
            save; None: what the save remembers, the posterior in a new one.
        archetypes: kinds of player that a person is compared with, or a TOML file of them; by
            default the shipped ones.
        trust: what an episode counts, in [0, 1], by whose play it is: own (1), shared (½), bot (¼).
            Kept in the save, as `learner` is.
        guard: share of the designer's reward that learning may cost before it is rolled back.
        learn_timeout_s: a step of `learn_soon` in its own process that takes longer is ended.

    Raises:
        VocabularyError: actions or facts are declared wrongly.
        TreeError: the tree reads a fact that is not declared.
        WeightsError: `locked` or `bounds` name a tactic that the tree does not have, or bounds
            that are none.
        EnvironmentFailure: the environment does not fit.
        RuleError: a rule, the gate's or the environment's, that play could never break.
        InputError: there is no such learner, or the archetypes are wrong.
        SaveError: the save remembers a learner that this program does not have.
        UsageError: an argument is of a wrong type, a number is out of range, or this world has a
            learner already.
    """
    check(attach, memory=memory, tree=tree, clock=clock, wall=wall, gate=gate)
    check(attach, require_sandbox=require_sandbox, guard=guard)
    _check(decide_every, checkpoint_s, hold_s, learn_timeout_s)
    check_seed(seed, "attach")
    _check_alone()
    told_learner, told_trust = remembered(memory)
    learner = told_learner if learner is None else learner
    check_learner(learner)
    vocabulary, sheet = _vocabulary(actions), _sheet(actions, facts)
    library = _library(archetypes)
    own = tree.sharing(tree)
    _play_adopted(memory, tree)
    structures = Structures(memory, tree if own.content_hash == tree.content_hash else own, tree)
    game = Game(tree=tree, vocabulary=vocabulary, sheet=sheet, archetypes=library)
    name = environment if isinstance(environment, str) else None
    if environment is not None:
        made = named_environment(name) if name is not None else environment
        game = with_environment(game, made)
    structures.bind(sheet.names)
    attached = Learner(
        memory,
        game,
        seed=seed,
        clock=clock,
        wall=wall or _utc_seconds,
        agents=Agents(tree, sheet, int(decide_every), hold_s),
        structures=structures,
        checkpoint_s=checkpoint_s,
    )
    settings = LearnSettings(
        require_sandbox=require_sandbox,
        locked=_locked(locked, game),
        bounds={name: checked_bounds(game, name, pair) for name, pair in (bounds or {}).items()},
        learner=learner,
        guard=_share(guard),
        trust=checked_trust(told_trust if trust is None else trust, "attach"),
    )
    if gate is not None:
        settings = replace(settings, gate=gate)
        if game.environment is not None:
            rules_for(game.environment, gate.rules)
    # A class of its own each time: esper finds and removes processors by their class.
    behaviour = type("BehaviourProcessor", (BehaviourProcessor,), {})(attached)
    recorder = type("EpisodeRecorderProcessor", (EpisodeRecorderProcessor,), {})(attached)
    esper.add_processor(behaviour, priority=BEHAVIOUR_PRIORITY)
    esper.add_processor(recorder, priority=RECORDER_PRIORITY)
    attached.configure(
        settings=settings,
        environment_name=name,
        learn_timeout_s=learn_timeout_s,
        processors=(behaviour, recorder),
    )
    remember(memory, spec_of(game, settings, name))
    attached.take_up()
    return attached


def _play_adopted(memory: MemoryStore, tree: Tree) -> None:
    """Play a variant of the tree that was adopted, where all pairs of the save play the same."""
    found = [tree_in_use(memory, tree, *pair) for pair in memory.pairs()]
    if len({each.content_hash for each in found}) == 1:
        tree.take_over(found[0])


def _utc_seconds() -> float:
    return datetime.now(UTC).timestamp()


def _check_alone() -> None:
    """Two learners in one world would each tick every companion."""
    for processor in esper._processors:  # noqa: SLF001  # esper has no public list of processors
        if isinstance(processor, BehaviourProcessor):
            raise UsageError(
                what=f"the world {esper.current_world!r} has a learner already",
                where="attach",
                fix="detach() it first, or switch to another world",
            )


def _locked(names: Iterable[str], game: Game) -> frozenset[str]:
    where = "attach(locked=…)"
    try:
        given = (names,) if isinstance(names, str) else tuple(names)
    except TypeError as error:
        what, fix = "locked holds names of tactics", "give a list of them"
        raise WeightsError(what=what, got=names, where=where, fix=fix) from error
    check_tactics(game, given, where)
    return frozenset(given)


def _check(decide_every: int, checkpoint_s: float, hold_s: float, learn_timeout_s: float) -> None:
    for name, value, low in (
        ("decide_every", decide_every, 1),
        ("checkpoint_s", checkpoint_s, 0.1),
        ("hold_s", hold_s, 0.0),
        ("learn_timeout_s", learn_timeout_s, 0.1),
    ):
        if not low <= value < 1e6 or (name == "decide_every" and value % 1):
            raise UsageError(what=f"{name} must be at least {low}", got=value, where="attach")


def _share(guard: float) -> float:
    if not 0.0 <= guard <= 1.0:
        raise UsageError(what="guard must be a share in [0, 1]", got=guard, where="attach")
    return float(guard)


def _vocabulary(actions: ActionVocabulary | Mapping[str, Kind] | str | Path) -> ActionVocabulary:
    if isinstance(actions, ActionVocabulary):
        return actions
    if isinstance(actions, (str, Path)):
        return load_actions(actions)
    return ActionVocabulary(actions)


def _library(archetypes: Library | str | Path | None) -> Library:
    if not isinstance(archetypes, Library):
        return load_archetypes(archetypes)
    check_library(archetypes, "attach(archetypes=…)")
    return archetypes


def _sheet(actions: object, facts: FactSheet | Iterable[Fact] | None) -> FactSheet:
    if isinstance(facts, FactSheet):
        return facts
    if facts is not None:
        return FactSheet(facts)
    return load_facts(actions) if isinstance(actions, (str, Path)) else FactSheet()
