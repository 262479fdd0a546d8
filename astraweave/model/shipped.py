"""Finds what ships beside the code: trees, scenarios, art, the demo."""

from importlib import resources
from pathlib import Path

from astraweave.model.arguments import public


@public
def shipped(*parts: str) -> Path:
    """Path of a shipped file or folder, e.g. ``shipped("behavior_trees", "companion.xml")``.

    In a checkout it is the checkout's own, at the top level; in an installed wheel it lies in
    ``astraweave/_shipped``. The path need not exist.
    """
    package = Path(str(resources.files("astraweave")))
    checkout = package.parent
    inside = package / "_shipped"
    root = inside if inside.is_dir() or not (checkout / "behavior_trees").is_dir() else checkout
    return root.joinpath(*parts)
