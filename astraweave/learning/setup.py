"""A game as data: how it is remembered in a save and sent to the learning process.

`remember` keeps what a save needs to be learned from and explained without the game running
(`astraweave learn`, `status`, `why`); `recall` reads it back.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from astraweave.behavior import Tree, load_tree
from astraweave.errors import InputError, SaveError, UsageError
from astraweave.learning.game import GUARD, Game, LearnSettings, named_environment, with_environment
from astraweave.learning.methods import POSTERIOR, check_learner
from astraweave.model.actions import ActionVocabulary, Kind
from astraweave.model.episode import Unit
from astraweave.model.facts import Fact, FactSheet
from astraweave.model.scenario import Scenario
from astraweave.model.shipped import shipped
from astraweave.model.sources import TRUST
from astraweave.model.weights import Bounds
from astraweave.playstyle import Library, load_archetypes
from astraweave.playstyle.archetypes import check_library, played_in
from astraweave.sandbox import RULES, GateSettings

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore

NOTE = "game"
SHIPPED = "shipped:"
"""Before the name of a tree that comes with Astraweave, which lies elsewhere on each machine."""


class GameSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of a game that is data. `environment` is named ``module:factory``.

    `archetypes` None means the shipped ones.
    `tree` is a path, or "shipped:" and a name. `gate` holds what `GateSettings.content` says, and
    nothing where the environment's own are meant; rules are functions, so only the shipped ones can
    be meant. Infinite bounds of a fact are kept
    as None, which JSON can say.
    """

    tree: str
    actions: dict[str, Kind]
    facts: tuple[dict[str, str | float | None], ...] = ()
    environment: str | None = None
    scenarios: tuple[Scenario, ...] = ()
    gate: dict[str, int | float | list[str]] = {}
    require_sandbox: bool = False
    locked: tuple[str, ...] = ()
    bounds: dict[str, Bounds] = {}
    learner: str = POSTERIOR
    archetypes: Library | None = None
    guard: Unit = GUARD
    trust: dict[str, Unit] = {}


def can_be_sent(game: Game, settings: LearnSettings, environment_name: str | None) -> bool:
    """Whether `spec_of` says everything: a nameless environment or own rules are not data."""
    nameless = game.environment is not None and environment_name is None
    return not nameless and not _own_rules(settings) and settings.progress is None


def spec_of(game: Game, settings: LearnSettings, environment_name: str | None) -> GameSpec:
    """The game as data, as far as it is; see `can_be_sent`.

    What proves a change and is not data is missing from it. Then it requires a sandbox, so that
    whoever reads it back cannot prove less than the game itself asks for.
    """
    own_rules = _own_rules(settings)
    less = own_rules or (game.environment is not None and environment_name is None)
    return GameSpec(
        tree=tree_name(game.tree),
        actions=dict(game.vocabulary),
        facts=tuple(_fact_out(fact) for fact in game.sheet.facts),
        environment=None if own_rules else environment_name,
        scenarios=game.scenarios,
        gate={} if settings.gate is None else settings.gate.content(),
        require_sandbox=settings.require_sandbox or less,
        locked=tuple(sorted(settings.locked)),
        bounds=dict(sorted(settings.bounds.items())),
        learner=settings.learner,
        archetypes=None if game.archetypes == load_archetypes() else game.archetypes,
        guard=settings.guard,
        trust={} if settings.trust == TRUST else dict(sorted(settings.trust.items())),
    )


def _own_rules(settings: LearnSettings) -> bool:
    """Whether rules were given here; those of an environment come with it."""
    return settings.gate is not None and settings.gate.rules != RULES


def tree_name(tree: Tree) -> str:
    """A tree as a save names it: good from any folder, a shipped one on any machine."""
    file = Path(tree.path).resolve()
    ours = file.parent == shipped("behavior_trees").resolve()
    return f"{SHIPPED}{file.name}" if ours else str(file)


def tree_of(spec: GameSpec) -> Tree:
    """The tree that a save names.

    Raises:
        TreeError: it cannot be read.
    """
    if not spec.tree.startswith(SHIPPED):
        return load_tree(spec.tree)
    # The name alone: a save must not lead out of the folder.
    return load_tree(shipped("behavior_trees", Path(spec.tree.removeprefix(SHIPPED)).name))


def game_of(spec: GameSpec) -> tuple[Game, LearnSettings]:
    """The game and settings again, with a fresh environment.

    Raises:
        SaveError: the numbers of the gate are not numbers of a gate.
    """
    game = Game(
        tree=tree_of(spec),
        vocabulary=ActionVocabulary(spec.actions),
        sheet=FactSheet(_fact_in(fact) for fact in spec.facts),
        scenarios=spec.scenarios,
        archetypes=_archetypes_in(spec.archetypes),
    )
    if spec.environment is not None:
        game = with_environment(game, named_environment(spec.environment))
    settings = LearnSettings(
        gate=_gate_in(spec.gate),
        require_sandbox=spec.require_sandbox,
        locked=frozenset(spec.locked),
        bounds=dict(spec.bounds),
        learner=_learner_in(spec.learner),
        guard=spec.guard,
        trust=TRUST | spec.trust,
    )
    return game, settings


def remember(store: "MemoryStore", spec: GameSpec) -> None:
    """Keep the game's declarations in the save; written only when they changed."""
    data = msgspec.json.encode(spec)
    if store.note(NOTE) != data:
        store.put_note(NOTE, data)


def recall(store: "MemoryStore") -> GameSpec:
    """The declarations of the game that wrote this save.

    Raises:
        SaveError: no game has declared itself in it, or what it declared cannot be read.
    """
    data = store.note(NOTE)
    if data is None:
        raise SaveError(
            what="no game has declared its tree and actions in this save",
            where=str(store.path),
            fix="play with attach() first, or give --tree and --actions",
        )
    try:
        return msgspec.json.decode(data, type=GameSpec)
    except msgspec.MsgspecError as error:
        raise SaveError(
            what="the game's declarations cannot be read",
            got=str(error),
            where=str(store.path),
            fix="restore a copy of the save",
        ) from error


def styles_of(store: "MemoryStore") -> Library:
    """The archetypes as the actions of the save's game can show them; the shipped ones without one.

    Raises:
        SaveError: what the game declared cannot be read.
    """
    if store.note(NOTE) is None:
        return load_archetypes()
    spec = recall(store)
    return played_in(_archetypes_in(spec.archetypes), ActionVocabulary(spec.actions))


class _Named(msgspec.Struct, frozen=True):
    learner: str = POSTERIOR
    trust: dict[str, Unit] = {}


def remembered(store: "MemoryStore") -> tuple[str, dict[str, float]]:
    """The learner and the trust that a game or `astraweave learn` gave last; else the defaults.

    Raises:
        SaveError: this program does not have it.
    """
    try:
        told = msgspec.json.decode(store.note(NOTE) or b"{}", type=_Named)
    except msgspec.MsgspecError:
        return POSTERIOR, {}  # a game that declares itself anew mends them
    return _learner_in(told.learner), {s: w for s, w in told.trust.items() if s in TRUST}


def limits(store: "MemoryStore") -> LearnSettings:
    """What the game that wrote this save locks, bounds and risks; the defaults where none has."""
    if store.note(NOTE) is None:
        return LearnSettings()
    spec = recall(store)
    return LearnSettings(locked=frozenset(spec.locked), bounds=dict(spec.bounds), guard=spec.guard)


def _gate_in(told: dict[str, int | float | list[str]]) -> GateSettings | None:
    try:
        return msgspec.convert(told, GateSettings) if told else None
    except (msgspec.ValidationError, UsageError) as error:
        raise SaveError(
            what="the gate's settings cannot be read",
            got=str(error),
            where="game",
            fix="restore a copy of the save",
        ) from error


def _archetypes_in(library: Library | None) -> Library:
    if library is None:
        return load_archetypes()
    try:
        check_library(library)
    except InputError as error:
        raise SaveError(
            what="the game's archetypes cannot be read",
            got=str(error),
            where="game",
            fix="restore a copy of the save",
        ) from error
    return library


def _learner_in(name: str) -> str:
    try:
        check_learner(name)
    except InputError as error:
        raise SaveError(
            what="the save names a learner that this program does not have",
            got=name,
            where="game",
            fix="use a newer astraweave, or name one: learner=… or --learner",
        ) from error
    return name


def _fact_out(fact: Fact) -> dict[str, str | float | None]:
    told = msgspec.to_builtins(fact)
    return {k: None if v in (float("inf"), float("-inf")) else v for k, v in told.items()}


def _fact_in(told: dict[str, str | float | None]) -> Fact:
    return msgspec.convert({k: v for k, v in told.items() if v is not None}, Fact)
