"""What verbs share: a save opened without harm, whose it is, what game wrote it, progress.

Refuses to make a save where only reading was asked for, and to run code that a save names.
"""

import argparse
import dataclasses
import math
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from astraweave.behavior import Tree, load_tree
from astraweave.cli.output import complain
from astraweave.cli.patience import patience
from astraweave.errors import (
    AstraweaveError,
    EnvironmentFailure,
    EpisodeError,
    InputError,
    SaveError,
    UsageError,
    said_of,
)
from astraweave.learning import Game, GameSpec, LearnSettings, game_of, recall, spec_of
from astraweave.learning.declaration import ARENA, read_declaration
from astraweave.learning.game import named_environment
from astraweave.learning.setup import NOTE, tree_name, tree_of
from astraweave.learning.stranger import refuse_stranger
from astraweave.memory import MemoryStore, open_memory
from astraweave.model.actions import load_actions, nearest
from astraweave.model.facts import load_facts
from astraweave.model.ports import BatchEnvironment, Environment
from astraweave.sandbox import settings_of, vectorised
from astraweave.sandbox.named import by_name

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_TREE = "companion.xml"
BAR = 24
EVERY_S = 0.1
"""Between two drawings of the bar."""


def add_save(parser: argparse.ArgumentParser) -> None:
    """Add `--save`, `--player` and `--companion`."""
    parser.add_argument("--save", metavar="PATH", type=Path, required=True, help="the save file")
    parser.add_argument("--player", metavar="ID", help="only this player")
    parser.add_argument("--companion", metavar="ID", help="only this companion")


def add_game(parser: argparse.ArgumentParser) -> None:
    """Add `--tree` and `--actions`, for saves that no game has declared itself in."""
    parser.add_argument("--tree", metavar="XML", type=Path, help="the tree, if not the save's own")
    parser.add_argument(
        "--actions", metavar="TOML", type=Path, help="actions and facts, if not the save's own"
    )


@contextmanager
def opened(path: Path, *, mend: bool = False) -> Iterator[MemoryStore]:
    """A save that exists; what a crash left in it is for the game that comes back to it.

    Whoever only looks leaves damaged rows where they are; `mend` sets them aside.

    Raises:
        SaveError: there is none, it is not a save, or what it holds makes no sense.
    """
    if not path.exists():
        raise SaveError(what="there is no such save", where=str(path), fix="check the path")
    with open_memory(path, recover=False, mend=mend) as store:
        if store.read_only is not None:
            complain(store.read_only)
        if store.recovered is not None:
            complain(f"{path}: {store.recovered.message}")
        try:
            yield store
        except msgspec.MsgspecError as error:
            fix = "restore a copy of the save"
            raise SaveError(
                what="what was learned cannot be read", got=str(error), where=str(path), fix=fix
            ) from error


def opened_lines(name: str, stack: ExitStack) -> tuple[BinaryIO, int]:
    """The episodes of a file, or of stdin for ``-``, and their size in bytes; 0 where unknown.

    Raises:
        EpisodeError: the file cannot be read.
    """
    if name == "-":
        return sys.stdin.buffer, 0
    try:
        return stack.enter_context(Path(name).open("rb")), Path(name).stat().st_size
    except OSError as error:
        raise EpisodeError(
            what="cannot read the episodes",
            got=error.strerror,
            where=name,
            fix="give a file with one Episode as JSON a line",
        ) from error


def pairs_of(
    store: MemoryStore, player: str | None, companion: str | None
) -> list[tuple[str, str]]:
    """The (player, companion) pairs of a save, or those that were asked for.

    Raises:
        UsageError: there is none.
    """
    pairs = store.pairs()
    for asked, known in ((player, [p for p, _ in pairs]), (companion, [c for _, c in pairs])):
        if asked is not None and asked not in known:
            fix = nearest(asked, known)
            raise UsageError(what=f"the save knows no {asked!r}", where=store.path, fix=fix)
    found = [(p, c) for p, c in pairs if player in (None, p) and companion in (None, c)]
    if not found:
        fix = "play, or ingest episodes"
        raise UsageError(what="nothing was played yet", where=store.path, fix=fix)
    return found


def one_pair(store: MemoryStore, player: str | None, companion: str | None) -> tuple[str, str]:
    """The one pair that is meant.

    Raises:
        UsageError: there is none, or several.
    """
    found = pairs_of(store, player, companion)
    if len(found) > 1:
        raise UsageError(
            what="the save knows several pairs",
            got=", ".join(f"{p} & {c}" for p, c in found),
            where=store.path,
            fix="choose with --player and --companion",
        )
    return found[0]


def declared(
    store: MemoryStore | None, tree: Path | None, actions: Path | None, folder: Path | None = None
) -> GameSpec:
    """What the save's game declared, with what is given in its place.

    A save that no game has declared itself in needs `actions`; its tree is then the shipped
    companion's, unless one is given. Without `actions` it takes what `folder`, an export, says.

    Raises:
        SaveError: nothing declares actions.
        TreeError, VocabularyError: a given file is wrong.
        InputError: the tree is another game's; what the folder declares is wrong.
    """
    known = store is not None and store.note(NOTE) is not None
    if actions is not None and not known:
        return _spec(load_tree(tree or DEFAULT_TREE), actions)
    given = None if tree is None else load_tree(tree)
    told = None if known or folder is None else read_declaration(folder, given)
    if told is not None:
        return told
    if store is None:
        fix = "give --actions with a TOML file of [actions.NAME] tables"
        raise SaveError(what="nothing declares what the player can do", fix=fix)
    spec = recall(store)
    if given is not None:
        refuse_stranger(store, spec, given)
        spec = msgspec.structs.replace(spec, tree=tree_name(given))
    if actions is not None:
        other = _spec(tree_of(spec), actions)
        spec = msgspec.structs.replace(spec, actions=other.actions, facts=other.facts)
    return spec


def _spec(tree: Tree, actions: Path) -> GameSpec:
    game = Game(tree=tree, vocabulary=load_actions(actions), sheet=load_facts(actions))
    return spec_of(game, LearnSettings(), None)


def shown(spec: GameSpec) -> Game:
    """The game for reading: its environment is not made, so none of its code runs."""
    return game_of(msgspec.structs.replace(spec, environment=None))[0]


def playable(spec: GameSpec, environment: str | None, where: str) -> tuple[Game, LearnSettings]:
    """The game with its environment, and progress on a terminal.

    Args:
        spec: from `declared`.
        environment: ``module:factory`` the user typed; it may be in the current folder.
        where: the save, for errors.

    Raises:
        SaveError: the save names an environment that the user did not.
        InputError: the environment cannot be made.
    """
    if environment is None and spec.environment not in (None, ARENA):
        raise SaveError(
            what="the save names its environment, and code that a file names is not run unasked",
            got=spec.environment,
            where=where,
            fix=f"give --environment {spec.environment} if you trust it",
        )
    if environment is not None:
        environment_of(environment)
        spec = msgspec.structs.replace(spec, environment=environment)
    game, settings = game_of(spec)
    return game, dataclasses.replace(settings, progress=progress())


def environment_of(name: str) -> BatchEnvironment:
    """The environment the user named ``module:factory``; it may lie in the current folder.

    Raises:
        InputError: it cannot be made, or is none.
    """
    find_code_here()
    try:
        with patience(f"{name}: still being made"):
            made = named_environment(name)
        by_name(made, named_environment, name)
        game = _declared(made, name)
    except EnvironmentFailure as error:
        raise bad_input(error) from error
    except InputError:
        raise
    except Exception as error:
        what, got = "fails when it is asked what it declares", said_of(error)
        raise InputError(what=what, got=got, where=name, fix="correct the environment") from error
    return game


def _declared(made: object, name: str) -> BatchEnvironment:
    """What was made, if it is a game."""
    if not isinstance(made, (BatchEnvironment, Environment)):
        raise InputError(
            what="is neither an Environment nor a BatchEnvironment",
            got=type(made).__name__,
            where=name,
            fix="implement the methods of astraweave.model.ports.Environment",
        )
    game = vectorised(made)
    settings_of(game, None)
    return game


MOST_SEED = 2**63 - 1
"""What a program that reads a verdict may take for a whole number."""


def check_seed(seed: int) -> None:
    """Refuse one below 0, or of more than 63 bits.

    Raises:
        InputError: it is.
    """
    if not 0 <= seed <= MOST_SEED:
        raise InputError(what=f"--seed must be 0 to {MOST_SEED:,}", got=seed, fix="correct it")


def bad_input(error: AstraweaveError) -> InputError:
    """The same, as bad input: what the user named is at fault."""
    return InputError(what=error.what, got=error.got, where=error.where, fix=error.fix)


def find_code_here() -> None:
    """Let what the user names ``module:…`` lie in the current folder."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)


class Bar:
    """A bar on stderr, one line that is drawn over, with rate and time left of the stage.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: "Callable[[], float]" = time.monotonic) -> None:
        """Draw nothing yet."""
        self._clock = clock
        self._stage = ""
        self._begun_s = self._drawn_s = -math.inf
        self._first = (0.0, 0)

    def __call__(self, stage: str, done: float, episodes: int = 0) -> None:
        """Draw, at most every tenth of a second in a stage.

        Args:
            stage: a word for what is done now.
            done: share of it, in [0, 1].
            episodes: played so far, in all stages; 0 where none are.
        """
        now_s = self._clock()
        if stage != self._stage:
            self._stage, self._begun_s, self._first = stage, now_s, (done, episodes)
        elif now_s - self._drawn_s < EVERY_S:
            return
        self._drawn_s = now_s
        full = round(BAR * min(1.0, max(0.0, done)))
        bar = "█" * full + "░" * (BAR - full)
        sys.stderr.write(f"\r\x1b[K{bar} {stage}{self._pace(done, episodes, now_s)}")
        sys.stderr.flush()

    def _pace(self, done: float, episodes: int, now_s: float) -> str:
        """Rate and time left, once something is known of them."""
        took_s, (before, played) = now_s - self._begun_s, self._first
        if took_s <= 0.0 or done <= before:
            return ""
        rate = f" · {(episodes - played) / took_s:,.0f} episodes/s" if episodes > played else ""
        # At most: a test that has seen enough ends before its last pair.
        return f"{rate} · at most {_duration(took_s * (1.0 - done) / (done - before))} left"


def _duration(seconds: float) -> str:
    """In the unit that a person would use."""
    whole = math.ceil(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def progress() -> Bar | None:
    """A bar; None where nobody watches."""
    return Bar() if sys.stderr.isatty() else None


def wipe() -> None:
    """Take the bar away, before anything else is said."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
