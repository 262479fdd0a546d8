"""A tree as cards, one a node in document order: what every way of showing it begins with.

Refuses weights and statuses of what the tree does not have.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from astraweave.behavior import nodes
from astraweave.behavior.render.metrics import clean, shortened
from astraweave.behavior.render.shares import Share, shares_of
from astraweave.behavior.render.wording import Kind, Line, kind_of, lines_of, roles_of, type_of
from astraweave.behavior.status import IDLE, Status
from astraweave.errors import UsageError
from astraweave.model.actions import nearest

if TYPE_CHECKING:
    from astraweave.behavior.tree import Tree


@dataclass(frozen=True, slots=True)
class Card:
    """What is shown of a node.

    parent, children: places among the cards; the root's parent is −1. title: its name. type: as
    in XML, an action's is its ID. sign: name of its class. role: what it is to its parent, where
    that has to be said. share: of a weighted choice's child. status: IDLE when the tick did not
    ask it; None when no tick is shown.
    """

    path: str
    kind: Kind
    type: str
    sign: str
    title: str
    lines: tuple[Line, ...]
    role: str
    parent: int
    children: tuple[int, ...]
    share: Share | None
    status: Status | None

    @property
    def tip(self) -> str:
        """All of it, for who wants to know more."""
        parts = [self.title if self.title == self.type else f"{self.title} ({self.type})"]
        if self.status is not None:
            parts.append(self.status.name)
        if self.share is not None:
            learned = f" {self.share.learned}" if self.share.factor is not None else ""
            parts.append(f"weight {self.share.weight:g}{learned}: {self.share.label}")
        told = (shortened(line.text) for line in self.lines)
        return "\n".join([*parts, *told])

    @property
    def facts(self) -> dict[str, Any]:
        """As data, for JSON."""
        told: dict[str, Any] = {
            "path": self.path,
            "kind": self.kind,
            "type": self.type,
            "name": self.title,
            "parent": self.parent,
            "lines": [line.text for line in self.lines],
        }
        if self.role:
            told["role"] = self.role
        if self.share is not None:
            share = self.share
            told |= {"tactic": share.key, "weight": share.weight, "learned": share.factor}
            told |= {"share": share.now, "designer_share": share.before}
            told |= {"rank": share.rank} if share.rank else {}
        if self.status is not None:
            told["status"] = self.status.name
        return told


def cards_of(
    tree: "Tree",
    *,
    weights: Mapping[str, float] | None = None,
    statuses: Mapping[str, Status] | None = None,
) -> list[Card]:
    """All nodes, parents before children.

    Args:
        tree: the tree.
        weights: learned factor of each tactic; 1 where none is given.
        statuses: status of each node in one tick, by path; the others were not asked.

    Raises:
        WeightsError: an unknown tactic, or a factor that is not finite and above 0.
        UsageError: a status of a path that the tree does not have.
    """
    shares = shares_of(tree, weights)
    listed = list(nodes.walk(tree.root))
    _check(statuses or {}, [node.path for node in listed])
    below = _children(listed)
    parents = {child: parent for parent, inner in enumerate(below) for child in inner}
    roles = {
        child: role
        for inner, node in zip(below, listed, strict=True)
        for child, role in zip(inner, roles_of(node), strict=True)
    }
    return [
        Card(
            path=node.path,
            kind=kind_of(node),
            type=type_of(node),
            sign=type(node).__name__,
            title=clean(node.name),
            lines=tuple(lines_of(node)),
            role=roles.get(i, ""),
            parent=parents.get(i, -1),
            children=below[i],
            share=shares.get(node.path),
            status=None if statuses is None else statuses.get(node.path, IDLE),
        )
        for i, node in enumerate(listed)
    ]


def _check(statuses: Mapping[str, Status], paths: list[str]) -> None:
    known = set(paths)
    for path in statuses:
        if path not in known:
            fix = nearest(path, paths)
            raise UsageError(what="a status of no node", got=path, where="render", fix=fix)


def _children(listed: list[nodes.Node]) -> list[tuple[int, ...]]:
    """Places of each node's children in `walk`'s order: a subtree stands in one piece."""
    sizes = [1] * len(listed)
    below: list[tuple[int, ...]] = [()] * len(listed)
    for i in reversed(range(len(listed))):
        places, at = [], i + 1
        for _ in listed[i].children:
            places.append(at)
            at += sizes[at]
        below[i], sizes[i] = tuple(places), at - i
    return below
