"""A rejection, shown: in a window, or as one picture. `astraweave sandbox replay` runs this file.

    replay.py --save SAVE [--proposal K] [--player P --companion C] [--png OUT.png]

It is run as a file, wherever it lies: its folder becomes importable as `companion`.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

_FOLDER = str(Path(__file__).resolve().parents[1])

if TYPE_CHECKING:
    from companion.film import Film


def main(argv: Sequence[str]) -> int:
    """Show the proposal that was asked for, else the last one that play rejected."""
    arguments = _parser().parse_args(argv)
    if _FOLDER not in sys.path:
        sys.path.insert(0, _FOLDER)
    from astraweave.errors import UsageError  # noqa: PLC0415
    from companion.main import no_window  # noqa: PLC0415
    from companion.options import check_png  # noqa: PLC0415

    if arguments.png is not None:
        check_png(arguments.png, "--png")
        os.environ["SDL_VIDEODRIVER"] = "dummy"
    reason = no_window()
    if reason is not None:
        raise UsageError(what=reason, where="replay", fix="use --png OUT.png, or see it as lines")
    film = _film(arguments)
    if arguments.png is not None:
        return _draw(film, arguments.png)
    from companion.cinema import show  # noqa: PLC0415

    return show(film)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="replay.py", description="Show a rejected proposal.")
    parser.add_argument("--save", type=Path, required=True)
    parser.add_argument("--proposal", type=int, metavar="K")
    parser.add_argument("--player")
    parser.add_argument("--companion")
    parser.add_argument("--png", type=Path, metavar="OUT")
    return parser


def _film(arguments: argparse.Namespace) -> "Film":
    from astraweave.cli.common import declared, one_pair, opened, playable  # noqa: PLC0415
    from astraweave.cli.sandbox_replay import chosen  # noqa: PLC0415
    from companion.film import film_of  # noqa: PLC0415

    with opened(arguments.save) as store:
        pair = one_pair(store, arguments.player, arguments.companion)
        proposal, verdict = chosen(store.verdicts(*pair), arguments.proposal)
        game, _ = playable(declared(store, None, None), None, store.path)
    return film_of(game, proposal, verdict)


def _draw(film: "Film", path: Path) -> int:
    import pygame  # noqa: PLC0415

    from companion.trace import strip  # noqa: PLC0415

    pygame.font.init()
    pygame.image.save(strip(film), str(path))
    pygame.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
