"""A rejection, shown: in a window, as one picture, or moving. `astraweave sandbox replay` runs it.

It is run as a file, wherever it lies: its folder becomes importable as `companion`.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

_FOLDER = str(Path(__file__).resolve().parents[1])

if TYPE_CHECKING:
    from astraweave.learning.shown import Contest, Shown
    from astraweave.model.verdict import Verdict


def main(contest: "Contest", verdict: "Verdict", out: Path | None, where: str) -> "Shown":
    """Show it in a window, or draw it into a PNG or a GIF, by the file's name; what was shown.

    `where` is where the verdict comes from, for errors.
    """
    if _FOLDER not in sys.path:
        sys.path.insert(0, _FOLDER)
    from astraweave.errors import UsageError  # noqa: PLC0415
    from companion.film import films_of  # noqa: PLC0415
    from companion.main import no_window  # noqa: PLC0415

    if out is not None:
        os.environ["SDL_VIDEODRIVER"] = "dummy"
    reason = no_window()
    if reason is not None:
        fix = "use --png OUT.png, or see it as lines"
        raise UsageError(what=reason, where="replay", fix=fix)
    films = films_of(contest, verdict, where)
    if out is None:
        from companion.cinema import show  # noqa: PLC0415

        show(films[0])
        return films[0].found
    import pygame  # noqa: PLC0415

    pygame.font.init()
    try:
        if out.suffix.lower() == ".gif":
            from companion.moving import save_gif  # noqa: PLC0415

            save_gif(films, out)
        else:
            from companion.strip import strip  # noqa: PLC0415

            pygame.image.save(strip(films), str(out))
    finally:
        pygame.quit()
    return films[0].found


if __name__ == "__main__":
    from astraweave.cli import main as command

    sys.exit(command(["sandbox", "replay", *sys.argv[1:]]))
