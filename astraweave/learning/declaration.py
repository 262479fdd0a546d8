"""What a game declared, as files beside its exported episodes: `game.json`, and `tree.xml` if own.

Data alone: no path leaves with it, and none is taken from it. Refuses to take over the name of an
environment that is not ours: code that a file names is not run.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from astraweave.behavior import Tree
from astraweave.errors import AstraweaveError, InputError, TreeError
from astraweave.learning.setup import NOTE, SHIPPED, GameSpec, game_of, recall, tree_name, tree_of
from astraweave.memory.exchange import Destination
from astraweave.model.reading import read_file

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore

ARENA = "astraweave.arena.environment:make"
"""The only environment that a file may name and have made: it is ours."""
GAME_FILE, TREE_FILE = "game.json", "tree.xml"
MAX_BYTES = 16 << 20


def write_declaration(store: "MemoryStore", to: Destination) -> tuple[str, ...]:
    """Write what the save's game declared into a folder; nothing where none has.

    Returns: a line when its tree cannot be read any more, and is missing.

    Raises:
        InputError, SaveError: see `Destination` and `recall`.
    """
    if store.note(NOTE) is None:
        return ()
    spec, problems = _as_data(recall(store)), list[str]()
    if not spec.tree.startswith(SHIPPED):
        try:
            tree = tree_of(spec).to_xml().encode()
        except TreeError as error:
            problems.append(f"the tree is not in the export: {error}")
        else:
            to.stream(TREE_FILE).write(tree)
        spec = msgspec.structs.replace(spec, tree=TREE_FILE)
    to.stream(GAME_FILE).write(msgspec.json.format(msgspec.json.encode(spec), indent=1) + b"\n")
    return tuple(problems)


def read_declaration(folder: Path, tree: Tree | None = None) -> GameSpec | None:
    """What the game declared whose export `folder` is; None where it says nothing.

    Args:
        folder: that `export` wrote, or anybody.
        tree: to be meant in place of its own.

    Raises:
        InputError: it is no such declaration.
        TreeError: its tree cannot be read.
    """
    file = folder / GAME_FILE
    if not file.is_file():
        return None
    fix = "give --actions, and --tree if it has one of its own"
    try:
        data = read_file(file, MAX_BYTES)
        if len(data) > MAX_BYTES:
            what = f"more than {MAX_BYTES >> 20} MiB of declarations"
            raise InputError(what=what, where=str(file), fix=fix)
        spec = _as_data(msgspec.json.decode(data, type=GameSpec))
        spec = msgspec.structs.replace(spec, tree=_tree_in(spec.tree, folder, tree))
        game_of(msgspec.structs.replace(spec, environment=None))
    except TreeError:
        raise
    # RecursionError: nested deeper than any declaration is. ValueError: no UTF-8.
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError) as error:
        what = "the game's declarations cannot be read"
        raise InputError(what=what, got=str(error), where=str(file), fix=fix) from error
    except AstraweaveError as error:
        raise InputError(what=error.what, got=error.got, where=str(file), fix=fix) from error
    return spec


def _tree_in(name: str, folder: Path, tree: Tree | None) -> str:
    """The tree that is meant, as a save names it: the one of the folder, or a shipped one."""
    if tree is not None:
        return tree_name(tree)
    if name.startswith(SHIPPED):
        return name
    if name != TREE_FILE:
        what = f"the tree must be {TREE_FILE} beside it, or {SHIPPED}NAME"
        raise InputError(what=what, got=name, fix="give --tree")
    return str((folder / TREE_FILE).resolve())


def _as_data(spec: GameSpec) -> GameSpec:
    """Without the code it names, in which it was proved; then a sandbox is required."""
    if spec.environment in (None, ARENA):
        return spec
    return msgspec.structs.replace(spec, environment=None, require_sandbox=True)
