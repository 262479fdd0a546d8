"""`python -m tests.memory.asking FOLDER`: asks a small memory all that kernels answer.

So they are compiled before all of the tests.
"""

import sys
from pathlib import Path

from astraweave.memory import open_memory


def main(folder: str) -> None:
    """Fill a save in this folder; ask it by words, misspelt ones too, by place and by person."""
    save = Path(folder) / "asked.db"
    with open_memory(save) as store:
        for n in range(40):
            about = {"place": f"place {n % 3}", "player_id": ("robin", "kim")[n % 2]}
            store.remember(f"orchid number {n} of {n % 7}", now=float(n), **about)
    for ahead in (False, True):
        with open_memory(save) as store:
            if ahead:
                store.prepare("robin")
                store._preparing.wait()
            for player in ("robin", "kim", None):
                for words in ("orchid 3", "orchud nomber", "nothing of it", ""):
                    store.retrieve(words, player_id=player, now=50.0, limit=50)
                store.retrieve(like=None, place="place 1", player_id=player, now=50.0)


if __name__ == "__main__":
    main(sys.argv[1])
