"""One tree of a checked document → nodes, with its SubTrees inlined.

Refuses, with file:line:col and the node's path: unknown attributes, literals that are no value of
their port's type, keys of two types, scripts that do not parse, ports that a SubTree's model wants
and that are not given, SubTrees in a cycle, two of one name beside each other, and more than 64
levels or 10,000 nodes once SubTrees are inlined.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from astraweave.behavior import nodes
from astraweave.behavior.groot.boards import Board
from astraweave.behavior.groot.document import Document, paths
from astraweave.behavior.groot.grammar import (
    BUILT_IN,
    CHECKED,
    EXPLICIT,
    PortRule,
    Rule,
    place,
    title,
)
from astraweave.behavior.groot.names import HOOKS, role
from astraweave.behavior.groot.weights import weighted
from astraweave.behavior.groot.xml_reader import MAX_ELEMENTS, MAX_LEVELS, Element
from astraweave.behavior.nodes import NOT_GIVEN, Key, Port
from astraweave.behavior.scripts.environment import Kind
from astraweave.behavior.scripts.parser import EMPTY, Script, parse_script
from astraweave.behavior.scripts.values import convert, queue
from astraweave.errors import TreeError
from astraweave.model.actions import nearest

Fields = dict[str, object]
T = TypeVar("T")


class Builder:
    """Builds nodes from checked elements, counting them as SubTrees are inlined.

    chain: IDs of the trees around the node. named: paths of the SubTrees by name, as
    BehaviorTree.CPP makes them.
    """

    def __init__(self, document: Document) -> None:
        """Nothing is built yet."""
        self.document = document
        self.count = 0
        self.chain: list[str] = []
        self.named = {""}

    def build_main(self, name: str) -> nodes.Node:
        """Root node of the tree `name`."""
        self.chain.append(name)
        root = self.document.trees[name].children[0]
        return self.build(root, title(root), 1, Board(), "")

    def build(
        self, element: Element, path: str, level: int, board: Board, prefix: str
    ) -> nodes.Node:
        """A node and all below it.

        level: 1 for the root. board: of its scope. prefix: what names of SubTrees stand behind.
        """
        document = self.document
        self.count += 1
        if self.count > MAX_ELEMENTS or level > MAX_LEVELS:
            excess = f"{MAX_LEVELS} levels" if level > MAX_LEVELS else f"{MAX_ELEMENTS:,} nodes"
            what = f"more than {excess} once SubTrees are inlined"
            raise document.error(element, what, path, fix="split the tree into smaller ones")
        kind, ident = document.resolve(element, path)
        fields = self.common(element, path)
        if kind == "SubTree":
            return self.subtree(element, ident, level, board, prefix, fields)
        rule = BUILT_IN.get(kind)
        if rule is None:
            make = nodes.Action if kind == "Action" else nodes.Condition
            ports = self.leaf_ports(element, ident, path, board)
            return make(id=ident, ports=ports, **fields)  # type: ignore[arg-type]
        fields |= rule.fixed
        if rule.ports or len(element.attributes) > ("name" in element.attributes):
            fields |= self.ports(element, kind, rule, path, board)
        below = element.children
        if below:
            fields["children"] = tuple(
                self.build(child, child_path, level + 1, board, prefix)
                for child, child_path in zip(below, paths(path, below), strict=True)
            )
        return rule.make(**fields)

    def common(self, element: Element, path: str) -> Fields:
        """What every node has, but for its children."""
        fields: Fields = {
            "name": title(element),
            "path": path,
            "where": place(self.document.file, element),
        }
        hooks, extra = {}, []
        for attribute, text in element.attributes.items():
            is_ = role(attribute)
            if is_ == "hook":
                hooks[HOOKS[attribute]] = self.script(element, attribute, text, path)
            elif is_ == "extra":
                extra.append((attribute, text))
        if hooks:
            fields["hooks"] = nodes.Hooks(**hooks)
        if extra:
            fields["extra"] = tuple(sorted(extra))
        return fields

    def script(self, element: Element, attribute: str, text: str, path: str) -> Script:
        """A parsed script; the error says which attribute it stands in."""
        return self.checked(
            element, attribute, path, lambda: parse_script(text, self.document.enums)
        )

    def checked(self, element: Element, attribute: str, path: str, make: Callable[[], T]) -> T:
        """What `make` gives; its error is told with the element, the attribute and the path."""
        try:
            return make()
        except TreeError as error:
            raise self.document.error(
                element, f"{attribute}: {error.what}", path, error.got, error.fix or ""
            ) from None

    def ports(self, element: Element, kind: str, rule: Rule, path: str, board: Board) -> Fields:
        """Fields of a built-in node that its ports give."""
        given = element.attributes
        for attribute in given:
            if attribute not in rule.ports and role(attribute) == "port":
                raise self.unknown(element, attribute, tuple(rule.ports), path)
        for attribute in rule.needs:
            if attribute not in given or (
                rule.ports[attribute].kind == "entry" and not given[attribute]
            ):
                what = f"<{element.tag[:60]}> must have the attribute {attribute}"
                raise self.document.error(element, what, path, fix=f'write {attribute}="…"')
        if kind == "WeightedFallback":
            return weighted(self.document, element, path)
        fields = {
            port.field: self.port(element, attribute, port, path, board)
            for attribute, port in rule.ports.items()
        }
        fields = {name: value for name, value in fields.items() if value is not None}
        if rule.make is nodes.Loop and isinstance(text := fields["queue"], str):
            self.checked(
                element, "queue", path, lambda: queue(text, cast("Kind", rule.fixed["kind"]))
            )
        if rule.make is nodes.Switch:
            cases = [fields.pop(name) for name in rule.ports if name != "variable"]
            fields["cases"] = tuple(cases)
        return fields

    def port(
        self, element: Element, attribute: str, port: PortRule, path: str, board: Board
    ) -> object:
        """A port's field, None to leave it at the class's default."""
        text = element.attributes.get(attribute)
        if text is None:
            return NOT_GIVEN if port.empty else None
        if port.kind == "script":
            return self.code(element, attribute, text, path, board)
        if port.kind == "entry":
            value = self.value(element, attribute, text, "any", path, board)
            return value if isinstance(value, Key) else Key(value)
        return self.value(element, attribute, text, port.kind, path, board)

    def code(self, element: Element, attribute: str, text: str, path: str, board: Board) -> Script:
        """The script of a port: written here, or the constant of a SubTree's port."""
        value = port_of(attribute, text)
        if isinstance(value, Key):
            constant = board.constant(value.name)
            if constant is None:
                what = f"{attribute}: a script must be written here or in the port of a SubTree"
                fix = "the blackboard has no text of this name yet"
                raise self.document.error(element, what, path, text, fix)
            text = constant
        if not text and element.attributes.get("ID", element.tag) == "Script":
            return EMPTY
        return self.script(element, attribute, text, path)

    def value(
        self, element: Element, attribute: str, text: str, kind: Kind, path: str, board: Board
    ) -> Port:
        """A port's literal or key; the literal is one of its type, and the key has one type."""
        # A key with blanks around it is one, but not for the look that a typed literal gets.
        braced = len(text) >= 3 and text[0] == "{" and text[-1] == "}"
        if kind in CHECKED and not braced:
            self.checked(element, attribute, path, lambda: convert(text, kind))
        value = port_of(attribute, text)
        if isinstance(value, Key):
            self.declare(element, attribute, value.name, kind, path, board)
        return value

    def declare(
        self, element: Element, attribute: str, key: str, kind: Kind, path: str, board: Board
    ) -> None:
        """Note that a port names a key; refuse it when another wants another type."""
        self.check_key(element, attribute, key, path)
        clash = board.declare(key, kind)
        if clash is not None:
            what = f"{attribute}: the key {key!r} is {clash} in a port before this one, {kind} here"
            raise self.document.error(element, what, path, fix="use another key")

    def check_key(self, element: Element, attribute: str, key: str, path: str) -> None:
        """A key has one @ at most: the root's."""
        if key.startswith("@") and "@" in key[1:]:
            what = f"{attribute}: a key must not have more than one @"
            raise self.document.error(element, what, path, key, "write it before the name, once")

    def leaf_ports(
        self, element: Element, ident: str, path: str, board: Board
    ) -> tuple[tuple[str, Port], ...]:
        """Ports of an Action or a Condition by name; one that is not given has its default."""
        model = self.document.models.get(ident)
        known = model.named if model is not None else {}
        found: dict[str, Port] = {}
        for attribute, text in element.attributes.items():
            if role(attribute) != "port":
                continue
            if attribute not in known:
                raise self.unknown(element, attribute, tuple(known), path)
            kind = known[attribute].kind
            found[attribute] = self.value(element, attribute, text, kind, path, board)
        for name, port in known.items():
            if port.default and name not in found and port.direction != "output":
                found[name] = port_of(name, port.default)
        return tuple(sorted(found.items()))

    def subtree(
        self, element: Element, ident: str, level: int, board: Board, prefix: str, fields: Fields
    ) -> nodes.Node:
        """A SubTree with the tree it names below it."""
        document, path = self.document, cast("str", fields["path"])
        if ident not in document.trees:
            fix = nearest(ident, tuple(document.trees))
            raise document.error(element, "no tree of this ID", path, ident, fix)
        if ident in self.chain:
            loop = " → ".join([*self.chain[self.chain.index(ident) :], ident])
            raise document.error(element, "SubTrees in a cycle", path, loop, "break it at one tree")
        prefix = self.subtree_name(element, ident, path, prefix)
        ports, autoremap = wiring(document, element, ident, path)
        for name, port in ports.items():
            if isinstance(port, Key):
                self.check_key(element, name, port.name, path)
        inner = board.inner(ports, autoremap=autoremap)
        self.chain.append(ident)
        root = document.trees[ident].children[0]
        below = self.build(root, f"{path}/{title(root)}", level + 1, inner, prefix)
        self.chain.pop()
        return nodes.SubTree(
            id=ident,
            remap=tuple(ports.items()),
            autoremap=autoremap,
            children=(below,),
            **fields,  # type: ignore[arg-type]
        )

    def subtree_name(self, element: Element, ident: str, path: str, prefix: str) -> str:
        """What BehaviorTree.CPP calls a SubTree: each must have a name of its own."""
        own = element.attributes.get("name", f"{ident}::{self.count}")
        name = f"{prefix}/{own}" if prefix else own
        if name in self.named:
            what = "two SubTrees of one name" if name else "a SubTree with an empty name"
            raise self.document.error(element, what, path, name, "rename one, or give none a name")
        self.named.add(name)
        return name

    def unknown(
        self, element: Element, attribute: str, known: tuple[str, ...], path: str
    ) -> TreeError:
        """The error for an attribute that the node does not have."""
        explicit = element.tag in EXPLICIT
        fix = nearest(attribute, ("name", *(("ID",) if explicit else ()), *known, *HOOKS))
        if attribute not in HOOKS and self.document.resolve(element)[1]:
            fix += ", or declare it as an input_port in TreeNodesModel"
        what = f"<{element.tag[:60]}> has no such attribute"
        return self.document.error(element, what, path, attribute, fix)


def wiring(
    document: Document, element: Element, ident: str, path: str
) -> tuple[dict[str, Port], bool]:
    """Ports of a SubTree by name, with the defaults of its model, and its `_autoremap`.

    Raises:
        TreeError: `_autoremap` is no bool, or a port that the model wants is not given.
    """
    given = element.attributes
    try:
        autoremap = bool(convert(given.get("_autoremap", "false"), "bool"))
    except TreeError as error:
        what = f"_autoremap: {error.what}"
        raise document.error(element, what, path, error.got, error.fix or "") from None
    ports: dict[str, Port] = {
        name: pointer(name, text) or text for name, text in given.items() if role(name) == "port"
    }
    for name, port in document.declared.subtrees.get(ident, {}).items():
        if name in ports or autoremap:
            continue
        if not port.default:
            what = f"the model of SubTree {ident[:60]!r} wants the port {name[:60]!r}"
            raise document.error(element, what, path, fix="give it, or a default in the model")
        ports[name] = pointer("", port.default) or port.default
    return ports, autoremap


def pointer(name: str, text: str) -> Key | None:
    """The key that ``{key}`` or, for the key called as the port, ``{=}`` means; None: a text."""
    inner = text.strip(" ")
    if len(inner) < 3 or inner[0] != "{" or inner[-1] != "}":
        return None
    return Key(name if text == "{=}" and name else inner[1:-1])


def port_of(name: str, text: str) -> Port:
    """A port as written: a key, also as ``=`` for the one called as the port, or the text."""
    return Key(name) if text == "=" else pointer(name, text) or text
