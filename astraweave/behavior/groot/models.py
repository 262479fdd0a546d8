"""TreeNodesModel: what an editor must know of each node that is not BehaviorTree.CPP's own.

Completes a document before it is written: models that are there stay as they are, with their
descriptions and MetadataFields; what is missing is added behind them. Refuses nothing.
"""

from collections.abc import Iterable, Iterator, Mapping

from astraweave.behavior.groot.canonical import canonical
from astraweave.behavior.groot.comments import Part, put_together, take_apart
from astraweave.behavior.groot.document import Document
from astraweave.behavior.groot.grammar import BUILT_IN, PORT_TAGS
from astraweave.behavior.groot.names import role
from astraweave.behavior.groot.xml_reader import Element, Note

WEIGHTED = "WeightedFallback"
WEIGHTED_PORTS = {
    "weights": ("std::string", "", "child:weight, parted by semicolons; 1 where none is given"),
    "policy": ("std::string", "roulette", "roulette, softmax, sorted or ranked"),
    "temperature": ("double", "1", "of softmax: above 0, the higher the more even"),
}
HEADING = "<!-- Description of Node Models (used by Groot) -->"
"""What Groot2 writes above its own."""


def completed(document: Document, main: str, *, whole: bool = False) -> Element:
    """The root as it is to be written: BTCPP_format, the main tree's ID, all models.

    Args:
        document: whose own file is written.
        main: ID of the tree that the file runs.
        whole: with what it includes; else that stays where it is.
    """
    source = document.root if whole or document.source is None else document.source
    root = canonical(document, source, main)
    models = [*_leaves(document, source), *_subtrees(document, source, main)]
    parts = take_apart(root)
    there = next((p for p in parts.children if p.child.tag == "TreeNodesModel"), None)
    holder = there or Part(_element("TreeNodesModel"), before=(Note(0, HEADING),))
    filled = _filled(holder, models, document)
    if there is not None:
        return put_together(root, parts, [filled if p is there else p for p in parts.children])
    return put_together(root, parts, [*parts.children, filled]) if filled.child.children else root


def ports_of(document: Document) -> dict[str, tuple[str, ...]]:
    """Ports by tag or ID, in declared order, as the writer wants them."""
    ports = {name: tuple(rule.ports) for name, rule in BUILT_IN.items()}
    return ports | {name: tuple(model.named) for name, model in document.models.items()}


def _filled(holder: Part, models: Iterable[Element], document: Document) -> Part:
    """The holder with models that it lacks, and ports that its models lack."""
    parts = take_apart(holder.child)
    wanted = {model.attributes["ID"]: model for model in models}
    elsewhere = {model.attributes.get("ID") for model in _known(document.root)}
    children = []
    for part in parts.children:
        known = wanted.pop(part.child.attributes.get("ID", ""), None)
        children.append(part if known is None else part._replace(child=_more(part.child, known)))
    children += [Part(model) for name, model in wanted.items() if name not in elsewhere]
    return holder._replace(child=put_together(holder.child, parts, children))


def _more(model: Element, wanted: Element) -> Element:
    """A model with the ports that it lacks, behind those it has."""
    named = {port.attributes.get("name") for port in model.children if port.tag in PORT_TAGS}
    missing = [Part(p) for p in wanted.children if p.attributes["name"] not in named]
    if not missing:
        return model
    parts = take_apart(model)
    last = max((i for i, p in enumerate(model.children, 1) if p.tag in PORT_TAGS), default=0)
    children = [*parts.children[:last], *missing, *parts.children[last:]]
    return put_together(model, parts, children)


def _known(root: Element) -> Iterator[Element]:
    for child in root.children:
        if child.tag == "TreeNodesModel":
            yield from child.children


def _leaves(document: Document, source: Element) -> list[Element]:
    """Models of the leaves and WeightedFallbacks that the trees of one file use."""
    found: dict[str, Element] = {}
    for element in _nodes(source):
        kind, ident = document.resolve(element)
        if kind == WEIGHTED:
            found.setdefault(WEIGHTED, _weighted())
        elif kind in ("Action", "Condition") and ident not in found and ident not in document.trees:
            model = document.models.get(ident)
            found[ident] = _model(kind, ident, model.named if model is not None else ())
    return list(found.values())


def _subtrees(document: Document, source: Element, main: str) -> list[Element]:
    """Models of the trees of one file that are used as SubTrees."""
    own = {id(child) for child in source.children}
    uses: dict[str, list[Mapping[str, str]]] = {
        ident: [] for ident, tree in document.trees.items() if id(tree) in own
    }
    for element in _nodes(document.root):
        kind, ident = document.resolve(element)
        if kind == "SubTree" and ident in uses:
            uses[ident].append(element.attributes)
    return [
        _model("SubTree", ident, _wired(given))
        for ident, given in uses.items()
        if given or ident != main
    ]


def _wired(uses: list[Mapping[str, str]]) -> list[str]:
    """Ports that can be declared: BehaviorTree.CPP then wants them at every use.

    A use that takes all of its parent's keys (`_autoremap`) wants none.
    """
    strict = [use for use in uses if use.get("_autoremap") not in ("1", "true", "True", "TRUE")]
    named = dict.fromkeys(name for use in uses for name in use if role(name) == "port")
    return [name for name in named if all(name in use for use in strict)]


def _nodes(root: Element) -> Iterator[Element]:
    for tree in root.children:
        if tree.tag == "BehaviorTree":
            for child in tree.children:
                yield from child.walk()


def _model(kind: str, ident: str, ports: Iterable[str]) -> Element:
    model = _element(kind, ID=ident)
    # Which way an undeclared port of a SubTree goes is not known: both are allowed then.
    tag = "inout_port" if kind == "SubTree" else "input_port"
    model.children += [_element(tag, name=name) for name in ports]
    return model


def _weighted() -> Element:
    model = _element("Control", ID=WEIGHTED)
    for name, (type_, default, text) in WEIGHTED_PORTS.items():
        port = _element("input_port", name=name, type=type_, default=default)
        port.notes.append(Note(0, text))
        model.children.append(port)
    return model


def _element(tag: str, **attributes: str) -> Element:
    return Element(tag, attributes, 0, 0)
