"""A game of its own to be killed: `child.py play|write SAVE NAME [N]`.

It says on stdout what the store has acknowledged, one word a line, so that its parent can kill
it at any moment and look for what was said.
"""

import sys

from astraweave.memory import open_memory
from astraweave.model.learned import LearningCommit
from tests.memory.episodes import make_draft, parts_of


def say(*words: str) -> None:
    """All words in one write: a kill leaves no half of a line."""
    sys.stdout.write("".join(f"{word}\n" for word in words))
    sys.stdout.flush()


def play(path: str, name: str) -> None:
    """Record, end, remember and learn without end."""
    with open_memory(path) as store:
        for number in range(100_000):
            draft = make_draft(f"{name}-{number}", companion_id=name)
            for part in parts_of(draft, 4):
                store.checkpoint(part)
                store.flush()
                say(f"part:{draft.id}:{part.first + len(part.seen)}")
            store.write(draft)
            memory = store.remember(f"{name} said {number}", now=1e6 + number)
            store.flush()
            say(f"episode:{draft.id}", f"memory:{memory.id}")
            store.put_note(draft.id, b"done")
            rows = {draft.id: b"row"}
            store.commit(LearningCommit(player_id="robin", companion_id=name, rows=rows))
            say(f"note:{draft.id}", f"row:{draft.id}")


def write(path: str, name: str, times: int) -> None:
    """One of several writers: `times` episodes and as many steps of learning, each acknowledged."""
    with open_memory(path, recover=False) as store:
        for number in range(times):
            key = f"{name}-{number}"
            store.write(make_draft(key, companion_id=name))
            store.commit(LearningCommit(player_id="robin", companion_id=name, rows={key: b"row"}))
            say(key)


if __name__ == "__main__":
    verb, save, name, *rest = sys.argv[1:]
    if verb == "play":
        play(save, name)
    elif verb == "write":
        write(save, name, int(rest[0]))
