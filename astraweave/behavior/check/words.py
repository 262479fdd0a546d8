"""What a document says and does not say: models, names, attributes, trees that nobody uses."""

import difflib
from collections.abc import Iterator
from itertools import islice

from astraweave.behavior.check.remark import Remark
from astraweave.behavior.groot.canonical import is_tag
from astraweave.behavior.groot.document import Document
from astraweave.behavior.groot.grammar import BUILT_IN, place, title
from astraweave.behavior.groot.models import WEIGHTED
from astraweave.behavior.groot.names import HOOKS
from astraweave.behavior.groot.xml_reader import Element

CLOSE, MOST_ODD = 0.8, 500
"""How near a slip is to what was meant, and how many names are compared: that is slow."""
_MEANT = (*HOOKS, "_autoremap", "_weight", "_description")


def word_remarks(document: Document, main: str) -> Iterator[Remark]:
    """Remarks on every element of a document, once each.

    Args:
        document: the tree's.
        main: ID of the tree that is run.
    """
    yield from _unused(document, main)
    yield from _overlooked(document)
    slips = _slips(document)
    listed = {
        model.attributes.get("ID", "")
        for holder in document.root.children
        if holder.tag == "TreeNodesModel"
        for model in holder.children
    }
    for tree in document.trees.values():
        stack: list[tuple[Element, Element]] = [(tree, child) for child in tree.children]
        while stack:
            above, element = stack.pop()
            stack += [(element, child) for child in reversed(element.children)]
            yield from _element(document, above, element)
            for attribute in slips.keys() & element.attributes.keys():
                what, fix = f"{attribute} means nothing", f"did you mean {slips[attribute]!r}?"
                where = place(document.file, element)
                yield Remark(where, title(element), what, fix, "unknown-attribute")
            yield from _model(document, element, listed)


def _unused(document: Document, main: str) -> Iterator[Remark]:
    """Trees that the main one does not come to."""
    used, todo = {main}, [main]
    while todo:
        for element in document.trees[todo.pop()].walk():
            ident = element.attributes.get("ID", "")
            if element.tag == "SubTree" and ident in document.trees and ident not in used:
                used.add(ident)
                todo.append(ident)
    for ident, tree in document.trees.items():
        if ident not in used:
            what = f"the tree {ident!r} is not used by {main!r}"
            fix = "use it in a <SubTree>, check it with --main, or take it away"
            yield Remark(place(document.file, tree), "", what, fix, "unused-tree")


def _overlooked(document: Document) -> Iterator[Remark]:
    """What is read as BehaviorTree.CPP reads it, though somebody meant something else."""
    root = document.root
    form = root.attributes.get("BTCPP_format", "4")
    if form != "4":
        what = f"BTCPP_format {form[:40]} is read as if it were 4"
        fix = "open it in Groot2 and save it again"
        yield Remark(place(document.file, root), "", what, fix, "other-format")
    for tree in root.children:
        ident = tree.attributes.get("ID", "")
        if tree.tag == "BehaviorTree" and document.trees.get(ident, tree) is not tree:
            what = f"this tree is not read: a later one has its ID {ident!r} too"
            fix = "rename one, or take it away"
            yield Remark(place(document.file, tree), "", what, fix, "hidden-tree")


def _slips(document: Document) -> dict[str, str]:
    """Attributes without a meaning that are nearly others, and which."""
    elements = (element for tree in document.trees.values() for element in tree.walk())
    names = (name for element in elements for name in element.attributes)
    odd = dict.fromkeys(name for name in names if name[0] == "_" and name not in _MEANT)
    found = {}
    for name in islice(odd, MOST_ODD):
        close = difflib.get_close_matches(name[:40], _MEANT, n=1, cutoff=CLOSE)
        if close:
            found[name] = close[0]
    return found


def _element(document: Document, above: Element, element: Element) -> Iterator[Remark]:
    where, name = place(document.file, element), title(element)
    if "_weight" in element.attributes:
        yield _weight(where, name, above)
    if not name.isprintable():
        what, fix = "a name with characters that cannot be seen", "rename the node"
        yield Remark(where, name, what, fix, "odd-name")
    if _is_weighted(element):
        yield from _weights(where, name, element)


def _is_weighted(element: Element) -> bool:
    return WEIGHTED in (element.tag, element.attributes.get("ID"))


def _weight(where: str, name: str, above: Element) -> Remark:
    if _is_weighted(above):
        what = f"_weight is the old form of a weight of {title(above)!r}"
        return Remark(where, name, what, f'write it there, weights="{name}:…"', "old-weight")
    what, fix = "_weight means nothing here", "only children of a WeightedFallback have weights"
    return Remark(where, name, what, fix, "old-weight")


def _weights(where: str, name: str, element: Element) -> Iterator[Remark]:
    """Children without a weight."""
    parts = element.attributes.get("weights", "").split(";")
    given = {part.rpartition(":")[0].strip() for part in parts}
    missing = [
        title(child)
        for child in element.children
        if title(child) not in given and "_weight" not in child.attributes
    ]
    if missing:
        shown = ", ".join(missing[:4]) + (f" and {len(missing) - 4} more" * (len(missing) > 4))
        fix = f'write weights="{missing[0]}:1;…"'
        yield Remark(where, name, f"no weight for {shown}: 1 is taken", fix, "no-weight")


def _model(document: Document, element: Element, listed: set[str]) -> Iterator[Remark]:
    """A remark for the first use of a node that no editor would know."""
    kind, ident = document.resolve(element)
    ident = WEIGHTED if kind == WEIGHTED else ident
    if ident in listed or (kind in BUILT_IN and kind != WEIGHTED) or kind == "SubTree":
        return
    listed.add(ident)
    where, name = place(document.file, element), title(element)
    if not is_tag(ident):
        what = f"Groot2 and BehaviorTree.CPP cannot show the ID {ident!r}"
        yield Remark(where, name, what, "use letters, digits, _ and -", "odd-name")
    what = f"{ident!r} is not declared in TreeNodesModel, so Groot2 does not know it"
    tag = "Control" if kind == WEIGHTED else kind
    fix = f'add <{tag} ID="{ident}"/>, or write the tree with Tree.save'
    yield Remark(where, name, what, fix, "no-model")
