"""Which facts of the game a tree reads, and whether the game declares them."""

from collections.abc import Iterator

from astraweave.behavior import nodes
from astraweave.behavior.check.remark import Remark
from astraweave.behavior.groot.wiring import facts_read
from astraweave.behavior.scopes import Scopes
from astraweave.model.actions import nearest


def facts_of(root: nodes.Node) -> tuple[str, ...]:
    """Names that can only mean a fact, in order of first use."""
    return tuple(dict.fromkeys(name for _, name in _read(root)))


def fact_remarks(root: nodes.Node, declared: tuple[str, ...]) -> Iterator[Remark]:
    """A remark for each fact that is read and not declared, at the first place that reads it."""
    places: dict[str, dict[str, nodes.Node]] = {}
    for node, name in _read(root):
        if name not in declared:
            places.setdefault(name, {}).setdefault(node.where, node)
    for name, found in places.items():
        first, more = next(iter(found.values())), len(found) - 1
        others = f" (and in {more} more places)" if more else ""
        what = f"reads {name!r}{others}, which no fact is called and nothing here writes"
        hint = nearest(name, declared)
        fix = hint if hint.startswith("did") else "declare it"
        yield Remark(first.where, first.path, what, fix, "unknown-fact")


def _read(root: nodes.Node) -> Iterator[tuple[nodes.Node, str]]:
    """Nodes and the facts they read, by the names that the game knows."""
    for node, scope, name in facts_read(root, Scopes(root)):
        yield node, scope.home(name)[1]
