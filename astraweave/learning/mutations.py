"""Small changes of a tree's structure, drawn from a seed, as candidates for the gate.

Three kinds: two acting children of a Sequence or Fallback change places; an action gets one more
guard; an action gives way to a piece of another tree. Never more than that at once, never beyond
the limits, and never so that an action stands behind fewer checks than it did
(`behavior.protection`).
Every candidate is written as Groot2 writes it and read back before it is handed out. Refuses to
judge: that is the sandbox's.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import NamedTuple

import msgspec
import numpy as np

from astraweave.behavior import Tree, nodes
from astraweave.behavior.groot.document import Document
from astraweave.behavior.groot.grammar import Model, title
from astraweave.behavior.groot.models import WEIGHTED, completed, ports_of
from astraweave.behavior.groot.reader import build_tree, read_document
from astraweave.behavior.groot.writer import to_xml
from astraweave.behavior.groot.xml_reader import Element
from astraweave.behavior.protection import protections, terms_of, unprotected
from astraweave.errors import TreeError, UsageError

SWAP, GUARD, GRAFT = KINDS = ("swap", "guard", "graft")
ORDERED = frozenset({"Sequence", "ReactiveSequence", "Fallback", "ReactiveFallback"})
PLAIN = frozenset(
    {
        *ORDERED,
        *("Action", "Condition", "ScriptCondition", "Inverter", "ForceSuccess", "ForceFailure"),
        *("AlwaysSuccess", "AlwaysFailure", "Precondition"),
    }
)
"""Node types that a piece of another tree may hold: nothing that writes, waits or counts."""
MAX_PIECE = 16
TRIES = 150
"""Changes of one kind that are tried before another kind has its turn."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How large a changed tree may be; one that was larger already may not grow."""

    nodes: int = 256
    levels: int = 16


class Mutation(msgspec.Struct, frozen=True, kw_only=True):
    """What was changed: the kind, where, and what, for a person."""

    kind: str
    at: str
    detail: str


class Variant(NamedTuple):
    """A changed tree, its document, and the one change that it is away from what it was made of."""

    tree: Tree
    xml: str
    mutation: Mutation


class Move(NamedTuple):
    """One possible change: the element by its number, and what is done there."""

    kind: str
    target: int
    detail: str
    first: int = 0
    second: int = 0
    guard: str = ""
    piece: Element | None = None


def mutate(
    tree: Tree,
    *,
    seed: int,
    library: Sequence[Tree] = (),
    limits: Limits | None = None,
    facts: Iterable[str] | None = None,
    actions: Iterable[str] | None = None,
) -> Variant:
    """One change of `tree`; the same arguments give the same bytes.

    Args:
        tree: read from a document; stays as it is.
        seed: decides which of the possible changes; the kind first, each as likely as another.
        library: trees whose pieces and guards may be taken.
        limits: of the result.
        facts, actions: what the game has; a change reads and does nothing else, but what the tree
            does already. None: whatever the library does.

    Raises:
        UsageError: the tree was not read from a document, or nothing can be changed.
    """
    rng = np.random.default_rng(seed)
    shop = Workshop(tree, library, limits or Limits(), facts, actions)
    moves = {kind: list(found) for kind, found in shop.moves().items()}
    for kind in rng.permutation(KINDS).tolist():
        for place in rng.permutation(len(moves[kind]))[:TRIES].tolist():
            made = shop.made(moves[kind][place])
            if made is not None:
                return made
    raise UsageError(
        what="no change keeps every guard and all limits",
        where=tree.path,
        fix="give a library with pieces, or raise the limits",
    )


class Workshop:
    """What can be done to one tree, and the doing of it."""

    def __init__(
        self,
        tree: Tree,
        library: Sequence[Tree],
        limits: Limits,
        facts: Iterable[str] | None,
        actions: Iterable[str] | None,
    ) -> None:
        """As `mutate`."""
        self.tree, self.library, self.limits = tree, library, limits
        self.document = _whole(tree)
        self.documents = [_whole(each) for each in library]
        # Of an action that is in several, the tree's own places say what it must stand behind.
        self.kept = {a: c for each in reversed([tree, *self.library])
                     for a, c in protections(each.root).items()}  # fmt: skip
        theirs = [name for each in self.library for name in each.reads]
        self.facts = {*tree.reads, *(theirs if facts is None else facts)}
        theirs = [name for each in self.library for name in each.actions]
        self.actions = {*tree.actions, *(theirs if actions is None else actions)}
        self.models: dict[str, Model] = {}
        for document in (*self.documents, self.document):
            self.models |= document.models

    def moves(self) -> dict[str, Iterator[Move]]:
        """All changes that could be tried, by kind, in document order."""
        document = self.document
        elements = list(nodes_in(document.root))
        parents = {id(child): above for above in elements for child in above.children}
        acting = [i for i, each in enumerate(elements) if _acts(document, each)]
        return {
            SWAP: self._swaps(document, elements),
            GUARD: self._guards(document, elements, parents, acting),
            GRAFT: self._grafts(document, elements, acting),
        }

    def _swaps(self, document: Document, elements: Sequence[Element]) -> Iterator[Move]:
        for number, element in enumerate(elements):
            if document.resolve(element)[0] not in ORDERED:
                continue
            able = [i for i, c in enumerate(element.children) if _acts(document, c)]
            for place, i in enumerate(able):
                for j in able[place + 1 :]:
                    if any(_writes(document, c) for c in element.children[i : j + 1]):
                        continue
                    names = [title(element.children[k]) for k in (i, j)]
                    detail = f"{names[0]} and {names[1]} change places"
                    yield Move(SWAP, number, detail, first=i, second=j)

    def _guards(
        self,
        document: Document,
        elements: Sequence[Element],
        parents: Mapping[int, Element],
        acting: Sequence[int],
    ) -> Iterator[Move]:
        known = dict.fromkeys(
            term
            for tree in (self.tree, *self.library)
            for node in nodes.walk(tree.root)
            if node.skip_if is not None and not node.skip_if.writes
            for term in terms_of(node.skip_if.text, "||")
            if set(node.skip_if.reads) <= self.facts
        )
        for number in acting:
            element = elements[number]
            if document.resolve(element)[0] != "Action" or last_free(element, parents):
                continue
            has = terms_of(element.attributes.get("_skipIf", ""), "||")
            for guard in known:
                if guard not in has:
                    yield Move(GUARD, number, f"{title(element)} skips if {guard}", guard=guard)

    def _grafts(
        self, document: Document, elements: Sequence[Element], acting: Sequence[int]
    ) -> Iterator[Move]:
        pieces = list(self._pieces())
        for number in acting:
            element = elements[number]
            if document.resolve(element)[0] != "Action":
                continue
            for source, piece in pieces:
                detail = f"{title(element)} gives way to {title(piece)} of {source}"
                yield Move(GRAFT, number, detail, piece=piece)

    def _pieces(self) -> Iterator[tuple[str, Element]]:
        """Subtrees of the library that only check and act, with the tree's main ID."""
        for tree, document in zip(self.library, self.documents, strict=True):
            for element in nodes_in(document.root):
                size = sum(1 for _ in element.walk())
                if size <= MAX_PIECE and _acts(document, element) and _plain(document, element):
                    yield tree.main, element

    def made(self, move: Move) -> Variant | None:
        """The changed tree; None where it would break a limit, a guard, or the rules of a tree."""
        changed = deepcopy(self.document.root)
        elements = list(nodes_in(changed))
        target = elements[move.target]
        parents = {id(child): above for above in elements for child in above.children}
        if move.kind == SWAP:
            i, j = move.first, move.second
            below = target.children
            below[i], below[j] = below[j], below[i]
        elif move.kind == GUARD:
            before = target.attributes.get("_skipIf", "")
            target.attributes["_skipIf"] = f"{before} || {move.guard}" if before else move.guard
        elif not _grafted(target, parents.get(id(target)), move.piece):
            return None
        path = _path(elements[move.target], parents)
        return self._checked(changed, Mutation(kind=move.kind, at=path, detail=move.detail))

    def _checked(self, root: Element, mutation: Mutation) -> Variant | None:
        """Written, read and looked at as any other tree is."""
        document = self.document
        ports = ports_of(document) | {name: tuple(m.named) for name, m in self.models.items()}
        name = f"{self.tree.path} changed"
        try:
            draft = read_document(
                to_xml(root, ports).encode(), name, self.models, enums=document.enums
            )
            whole = Tree(build_tree(draft, self.tree.main), name, draft, self.tree.main)
            xml = whole.to_xml()
            again = read_document(xml.encode(), name, enums=document.enums)
            tree = Tree(build_tree(again, self.tree.main), name, again, self.tree.main)
        except TreeError:
            return None
        same = tree.content_hash == self.tree.content_hash
        if same or self._too_large(tree.root):
            return None
        if not (set(tree.reads) <= self.facts and set(tree.actions) <= self.actions):
            return None
        if unprotected(self.kept, tree.root) is not None:
            return None
        return Variant(tree, xml, mutation)

    def _too_large(self, root: nodes.Node) -> bool:
        most = max(self.limits.nodes, sum(1 for _ in nodes.walk(self.tree.root)))
        deepest = max(self.limits.levels, levels(self.tree.root))
        return sum(1 for _ in nodes.walk(root)) > most or levels(root) > deepest


def _whole(tree: Tree) -> Document:
    """A tree's document with what it includes and a model of each leaf, in the one written form.

    Raises:
        UsageError: the tree was not read from a document.
    """
    document = tree.document
    if document is None:
        fix = "read it with load_tree"
        raise UsageError(what="the tree has no document", where=tree.path, fix=fix)
    xml = to_xml(completed(document, tree.main, whole=True), ports_of(document))
    return read_document(xml.encode(), tree.path, enums=document.enums)


def nodes_in(root: Element) -> Iterator[Element]:
    """The nodes of every tree of a document, in its order."""
    for child in root.children:
        if child.tag == "BehaviorTree":
            for below in child.children:
                yield from below.walk()


def _acts(document: Document, element: Element) -> bool:
    return any(document.resolve(each)[0] in ("Action", "SubTree") for each in element.walk())


def _writes(document: Document, element: Element) -> bool:
    """Whether it may leave something on the blackboard, so that its place matters to others."""
    for each in element.walk():
        kind = document.resolve(each)[0]
        if kind not in PLAIN and kind != WEIGHTED:
            return True
        if any(":=" in text or "{" in text for text in each.attributes.values()):
            return True
    return False


def _plain(document: Document, element: Element) -> bool:
    """Whether it holds nothing but checks and actions."""
    return not _writes(document, element) and all(
        document.resolve(each)[0] in PLAIN for each in element.walk()
    )


def last_free(element: Element, parents: Mapping[int, Element]) -> bool:
    """Whether it is the one child of a choice that may always be chosen."""
    above = parents.get(id(element))
    if above is None or WEIGHTED not in (above.tag, above.attributes.get("ID")):
        return False
    free = [child for child in above.children if "_skipIf" not in child.attributes]
    return len(free) == 1 and free[0] is element


def _grafted(target: Element, above: Element | None, piece: Element | None) -> bool:
    """Put a copy of the piece in the target's place; its weight in a choice is the target's."""
    if piece is None or target.children:
        return False
    old, new = title(target), title(piece)
    given = {k: v for k, v in target.attributes.items() if k == "_weight"}
    copy = deepcopy(piece)
    target.tag, target.children, target.notes = copy.tag, copy.children, copy.notes
    target.attributes = {k: v for k, v in copy.attributes.items() if k != "_weight"} | given
    if above is not None and "weights" in above.attributes:
        pairs = [part.strip().rpartition(":") for part in above.attributes["weights"].split(";")]
        named = [(new if name.strip() == old else name.strip(), w) for name, _, w in pairs if w]
        above.attributes["weights"] = "; ".join(f"{name}:{weight}" for name, weight in named)
    return True


def _path(element: Element, parents: Mapping[int, Element]) -> str:
    names = [title(element)]
    while (above := parents.get(id(element))) is not None:
        names.append(title(above))
        element = above
    return "/".join(reversed(names))


def levels(root: nodes.Node) -> int:
    """How deep a tree is; 1 for a root alone."""
    deepest, level = 0, [root]
    while level:
        deepest += 1
        level = [child for node in level for child in node.children]
    return deepest
