"""A program of its own that uses a save: `child.py hold|forget|erase|keep SAVE NAME`.

It says on stdout when its parent may kill it.
"""

import sys
from pathlib import Path

from episodes import make_draft, parts_of

from astraweave.memory import open_memory
from astraweave.memory.beside import whole_file


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def hold(path: str, name: str) -> None:
    store = open_memory(path)
    for part in parts_of(make_draft(name), 4):
        store.checkpoint(part)
    store.flush()
    say("held")
    sys.stdin.read()


def forget(path: str, name: str) -> None:
    """A host that never closes what it opened."""
    open_memory(path).write(make_draft(name))


def keep(path: str) -> None:
    """Work on the whole file that never ends."""
    with whole_file(Path(path)):
        say("held")
        sys.stdin.read()


def erase(path: str, name: str) -> None:
    """Forget a player, as soon as the parent says so."""
    store = open_memory(path)
    say("ready")
    sys.stdin.readline()
    store.forget_player(name)


if __name__ == "__main__":
    verb, save, *rest = sys.argv[1:]
    if verb == "hold":
        hold(save, rest[0])
    elif verb == "forget":
        forget(save, rest[0])
    elif verb == "erase":
        erase(save, rest[0])
    elif verb == "keep":
        keep(save)
