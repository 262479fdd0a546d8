"""What looks wrong in a tree that loads: remarks, each with its place and a next step.

A remark is never an error: the tree runs as it is. Refuses nothing.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from astraweave.behavior.check.choices import choice_remarks
from astraweave.behavior.check.engine import Engine, engine_of
from astraweave.behavior.check.facts import fact_remarks, facts_of
from astraweave.behavior.check.outcomes import unreachable
from astraweave.behavior.check.remark import Remark
from astraweave.behavior.check.size import levels_of, size_remarks
from astraweave.behavior.check.words import word_remarks

if TYPE_CHECKING:
    from astraweave.behavior.tree import Tree

__all__ = ["Engine", "Remark", "check_tree", "engine_of", "facts_of", "levels_of"]


def check_tree(tree: "Tree", facts: Iterable[str] | None = None) -> tuple[Remark, ...]:
    """Everything that looks wrong, by place.

    Args:
        tree: from `load_tree`.
        facts: names that the game declares; None when they are not known.
    """
    remarks = [*choice_remarks(tree.root), *unreachable(tree.root), *size_remarks(tree.root)]
    if facts is not None:
        remarks += fact_remarks(tree.root, tuple(facts))
    if tree.document is not None:
        remarks += word_remarks(tree.document, tree.main)
    # A tree that is used twice is looked at twice, and the same is found twice.
    found: dict[tuple[str, str, str], Remark] = {}
    for remark in remarks:
        found.setdefault((remark.where, remark.code, remark.what), remark)
    return tuple(sorted(found.values(), key=Remark.place))
