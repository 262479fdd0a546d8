"""A program of its own that uses a save: `child.py write|hold|forget|commit SAVE NAME [N]`.

It says on stdout what is durable, one word a line, so that its parent can kill it at any
moment and look for what was said.
"""

import sys

from episodes import make_draft, parts_of

from astraweave.memory import open_memory
from astraweave.model.draft import Draft
from astraweave.model.learned import LearningCommit


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def write_for_ever(path: str, name: str) -> None:
    with open_memory(path) as store:
        for number in range(10_000):
            draft = make_draft(f"{name}-{number}")
            for part in growing(draft):
                store.checkpoint(part)
            store.write(draft)
            store.flush()
            say(draft.id)


def growing(draft: Draft) -> list[Draft]:
    return parts_of(draft, 4)


def hold(path: str, name: str) -> None:
    store = open_memory(path)
    for part in growing(make_draft(name)):
        store.checkpoint(part)
    store.flush()
    say("held")
    sys.stdin.read()


def forget(path: str, name: str) -> None:
    """A host that never closes what it opened."""
    open_memory(path).write(make_draft(name))


def commit(path: str, name: str, times: int) -> None:
    with open_memory(path, recover=False) as store:
        for number in range(times):
            store.commit(
                LearningCommit(player_id="robin", companion_id=name, rows={f"{number}": b"row"})
            )
    say("done")


if __name__ == "__main__":
    verb, save, *rest = sys.argv[1:]
    if verb == "write":
        write_for_ever(save, rest[0])
    elif verb == "hold":
        hold(save, rest[0])
    elif verb == "forget":
        forget(save, rest[0])
    elif verb == "commit":
        commit(save, rest[0], int(rest[1]))
