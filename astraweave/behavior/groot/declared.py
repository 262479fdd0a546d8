"""What a document's TreeNodesModel declares: leaves with their ports, and ports of SubTrees.

Models of other nodes and elements that nobody knows are kept and mean nothing, as in
BehaviorTree.CPP. Refuses a second TreeNodesModel, SubTree models without an ID or with ports that
could not be written, and tags that look like a slip of the pen.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from astraweave.behavior.groot.grammar import (
    EXPLICIT,
    PORT_TAGS,
    Model,
    PortModel,
    needed,
    place,
)
from astraweave.behavior.groot.names import bad_port
from astraweave.behavior.groot.xml_reader import Element
from astraweave.errors import TreeError

CLOSE = 0.8
"""How like a known tag an unknown one must be to be taken for a slip."""

_DIRECTIONS: dict[str, Literal["input", "output", "inout"]] = {
    "input_port": "input",
    "output_port": "output",
    "inout_port": "inout",
}


@dataclass(slots=True)
class Declared:
    """leaves: the caller's and the document's. subtrees: ports of trees, by ID and name."""

    leaves: dict[str, Model] = field(default_factory=dict)
    subtrees: dict[str, dict[str, PortModel]] = field(default_factory=dict)


def read_models(file: str, root: Element, given: Mapping[str, Model]) -> Declared:
    """Everything that is declared; of two models of one leaf the one that is `given` counts.

    Raises:
        TreeError: as the module says.
    """
    found = Declared()
    holders = [child for child in root.children if child.tag == "TreeNodesModel"]
    if len(holders) > 1:
        raise TreeError(
            what="a second <TreeNodesModel>", where=place(file, holders[1]), fix="merge the two"
        )
    for element in holders[0].children if holders else ():
        if element.tag == "SubTree":
            _add_subtree(file, element, found)
        elif element.tag in EXPLICIT:
            _add_leaf(file, element, found)
        else:
            refuse_slip(file, element, EXPLICIT)
    found.leaves |= given
    return found


def refuse_slip(file: str, element: Element, known: Iterable[str]) -> None:
    """Refuse a tag that is nearly one of those known; any other means nothing.

    Raises:
        TreeError: it was meant to be the known one.
    """
    close = difflib.get_close_matches(element.tag[:60], list(known), n=1, cutoff=CLOSE)
    if close:
        raise TreeError(
            what="unknown element",
            got=element.tag,
            where=place(file, element),
            fix=f"did you mean {close[0]!r}?",
        )


def _add_leaf(file: str, element: Element, found: Declared) -> None:
    ident = element.attributes.get("ID")
    if ident:
        found.leaves[ident] = Model(element.tag, tuple(_ports(file, element, ("name",))))


def _add_subtree(file: str, element: Element, found: Declared) -> None:
    if "ID" not in element.attributes:
        needed(file, element, "ID")
    # Grouped as BehaviorTree.CPP reads them: of two ports of one name the last counts.
    ports = sorted(
        _ports(file, element, ()),
        key=lambda port: tuple(_DIRECTIONS.values()).index(port.direction),
    )
    known = found.subtrees.setdefault(element.attributes["ID"], {})
    for port in ports:
        wrong = bad_port(port.name)
        if wrong:
            at = next(p for p in element.children if p.attributes.get("name", "") == port.name)
            fix = "give it another name"
            raise TreeError(what=wrong, got=port.name, where=place(file, at), fix=fix)
        known[port.name] = port


def _ports(file: str, model: Element, needs: tuple[str, ...]) -> Iterable[PortModel]:
    for port in model.children:
        if port.tag not in PORT_TAGS:
            refuse_slip(file, port, PORT_TAGS)
            continue
        given = port.attributes
        for attribute in needs:
            needed(file, port, attribute)
        yield PortModel(
            given.get("name", ""),
            _DIRECTIONS[port.tag],
            given.get("type", ""),
            given.get("default", ""),
        )
