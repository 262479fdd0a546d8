"""One tree of a checked document → nodes, with its SubTrees inlined.

Refuses, with file:line:col and the node's path: what `ports` refuses of a node, unknown trees,
SubTrees in a cycle or two of one name beside each other, and more than 64 levels or 10,000 nodes
once SubTrees are inlined.
"""

from astraweave.behavior import nodes
from astraweave.behavior.groot import ports
from astraweave.behavior.groot.boards import Board
from astraweave.behavior.groot.document import Document
from astraweave.behavior.groot.grammar import BUILT_IN, PortModel, title
from astraweave.behavior.groot.names import role
from astraweave.behavior.groot.ports import Fields, Spot
from astraweave.behavior.groot.weights import check_guards
from astraweave.behavior.groot.xml_reader import MAX_ELEMENTS, MAX_LEVELS, Element
from astraweave.model.actions import nearest


class Builder:
    """Builds nodes from checked elements, counting them as SubTrees are inlined.

    chain: IDs of the trees around the node. named: what BehaviorTree.CPP calls the SubTrees.
    models: ports of the leaves by ID and name.
    """

    def __init__(self, document: Document) -> None:
        """Nothing is built yet."""
        self.document = document
        self.count = 0
        self.chain: list[str] = []
        self.named = {""}
        self.models: dict[str, dict[str, PortModel]] = {}

    def build_main(self, name: str) -> nodes.Node:
        """Root node of the tree `name`."""
        self.chain.append(name)
        root = self.document.trees[name].children[0]
        return self.build(Spot(self.document, root, title(root), Board()), 1, "")

    def build(self, spot: Spot, level: int, prefix: str) -> nodes.Node:
        """A node and all below it. level: 1 for the root. prefix: the SubTree's name around it."""
        self.count += 1
        if self.count > MAX_ELEMENTS or level > MAX_LEVELS:
            excess = f"{MAX_LEVELS} levels" if level > MAX_LEVELS else f"{MAX_ELEMENTS:,} nodes"
            what = f"more than {excess} once SubTrees are inlined"
            raise spot.error(what=what, fix="split the tree into smaller ones")
        document, element = spot.document, spot.element
        kind, ident = document.resolve(element, spot.path)
        fields: Fields = {
            "name": title(element),
            "path": spot.path,
            "where": f"{element.file or document.file}:{element.line}:{element.column}",
        }
        given = attributes(spot, fields)
        if kind == "SubTree":
            return self.subtree(spot, ident, level, prefix, fields)
        rule = BUILT_IN.get(kind)
        if rule is None:
            return self.leaf(spot, kind, ident, given, fields)
        if given or rule.ports:
            fields |= ports.built_in(spot, kind, rule, given)
        if element.children:
            below = self.children(element.children, spot, level, prefix)
            fields["children"] = below
            if rule.make is nodes.WeightedFallback:
                check_guards(spot.document, element, below)
        return rule.make(**fields)

    def leaf(
        self, spot: Spot, kind: str, ident: str, given: list[str], fields: Fields
    ) -> nodes.Node:
        """An Action or a Condition, with its ports and what its model declares of them."""
        model = self.models.get(ident)
        if model is None:
            declared = self.document.models.get(ident)
            model = self.models[ident] = declared.named if declared is not None else {}
        if given or model:
            fields["ports"] = ports.leaf(spot, model, given)
            fields["declared"] = tuple(
                nodes.PortType(port.name, port.kind, port.direction) for port in model.values()
            )
        make = nodes.Action if kind == "Action" else nodes.Condition
        return make(id=ident, **fields)  # type: ignore[arg-type]

    def children(
        self, below: list[Element], spot: Spot, level: int, prefix: str
    ) -> tuple[nodes.Node, ...]:
        """Nodes below the one at `spot`, whose path and keys these are.

        One that is called like an earlier one gets its number behind its path.
        """
        document, _, path, board = spot
        seen: dict[str, int] = {}
        built = []
        for child in below:
            name = title(child)
            count = seen[name] = seen.get(name, 0) + 1
            own = f"{path}/{name}" if count == 1 else f"{path}/{name}[{count}]"
            built.append(self.build(Spot(document, child, own, board), level + 1, prefix))
        return tuple(built)

    def subtree(
        self, spot: Spot, ident: str, level: int, prefix: str, fields: Fields
    ) -> nodes.Node:
        """A SubTree with the tree that it names below it."""
        trees = self.document.trees
        if ident not in trees:
            fix = nearest(ident, tuple(trees))
            raise spot.error(what="no tree of this ID", got=ident, fix=fix)
        if ident in self.chain:
            loop = " → ".join([*self.chain[self.chain.index(ident) :], ident])
            raise spot.error(what="SubTrees in a cycle", got=loop, fix="break it at one tree")
        prefix = self.name_subtree(spot, ident, prefix)
        wired, autoremap = ports.wiring(spot, ident)
        self.chain.append(ident)
        inner = spot._replace(board=spot.board.inner(wired, autoremap=autoremap))
        children = self.children(trees[ident].children, inner, level, prefix)
        self.chain.pop()
        fields |= {"id": ident, "remap": tuple(wired.items()), "autoremap": autoremap}
        return nodes.SubTree(children=children, **fields)  # type: ignore[arg-type]

    def name_subtree(self, spot: Spot, ident: str, prefix: str) -> str:
        """What BehaviorTree.CPP calls a SubTree; no two may be called alike."""
        own = spot.element.attributes.get("name", f"{ident}::{self.count}")
        name = f"{prefix}/{own}" if prefix else own
        if name in self.named:
            what = "two SubTrees of one name" if name else "a SubTree with an empty name"
            raise spot.error(what=what, got=name, fix="rename one, or take the name away")
        self.named.add(name)
        return name


def attributes(spot: Spot, fields: Fields) -> list[str]:
    """Hooks and extras of a node, into its fields; the attributes that must be ports."""
    given, hooks, extra = [], [], []
    for attribute, text in spot.element.attributes.items():
        is_ = role(attribute)
        if is_ == "port":
            given.append(attribute)
        elif is_ == "hook":
            hooks.append(attribute)
        elif is_ == "extra":
            extra.append((attribute, text))
    if hooks:
        fields["hooks"] = ports.hooks(spot, hooks)
    if extra:
        fields["extra"] = tuple(sorted(extra))
    return given
