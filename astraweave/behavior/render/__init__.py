"""Trees to look at: indented text, SVG, or shapes that any library can draw.

    cards (what is said of each node) → text
                                      → picture (boxes in tidy columns) → svg, or a PNG elsewhere

The same tree gives the same bytes on every machine. Refuses weights and statuses of what the
tree does not have.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from astraweave.behavior.render.cards import Card, cards_of
from astraweave.behavior.render.picture import picture_of
from astraweave.behavior.render.shapes import Picture
from astraweave.behavior.render.svg import svg_of
from astraweave.behavior.render.text import text_of
from astraweave.behavior.status import Status
from astraweave.errors import UsageError
from astraweave.model.actions import nearest

if TYPE_CHECKING:
    from astraweave.behavior.tree import Tree

__all__ = [
    "Card",
    "Picture",
    "cards_of",
    "heading_of",
    "picture_of",
    "render_tree",
    "svg_of",
    "text_of",
]

_FORMS = ("text", "svg")


def render_tree(
    tree: "Tree",
    form: Literal["text", "svg"] = "text",
    *,
    weights: Mapping[str, float] | None = None,
    statuses: Mapping[str, Status] | None = None,
    caption: str = "",
) -> str:
    """The tree as text or SVG; see `Tree.render`."""
    if form not in _FORMS:
        fix = nearest(form, _FORMS)
        raise UsageError(what="no such form", got=form, where="render", fix=fix)
    cards = cards_of(tree, weights=weights, statuses=statuses)
    if form == "text":
        return text_of(cards)
    return svg_of(picture_of(cards, heading_of(tree), caption))


def heading_of(tree: "Tree") -> str:
    """What a picture of the tree is headed: the tree's ID, else its file's name."""
    return tree.main or Path(tree.path).stem
