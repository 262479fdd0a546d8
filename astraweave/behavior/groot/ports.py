"""A node's attributes → fields of its class: scripts, literals of a type, keys of the blackboard.

Refuses, with the node's place and path: unknown attributes (with the nearest known name), literals
that are no value of their port's type, keys that two ports want of different types, scripts that
do not parse or are not written here.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar, cast

from astraweave.behavior import nodes
from astraweave.behavior.groot.boards import Board
from astraweave.behavior.groot.document import Document
from astraweave.behavior.groot.grammar import CHECKED, EXPLICIT, PortModel, PortRule, Rule
from astraweave.behavior.groot.names import HOOKS, role
from astraweave.behavior.groot.weights import weighted
from astraweave.behavior.groot.xml_reader import Element
from astraweave.behavior.nodes import NOT_GIVEN, Key, Port
from astraweave.behavior.scripts.environment import Kind
from astraweave.behavior.scripts.parser import EMPTY, Script, parse_script
from astraweave.behavior.scripts.values import convert, queue
from astraweave.errors import TreeError
from astraweave.model.actions import nearest

T = TypeVar("T")
Fields = dict[str, object]


class Spot(NamedTuple):
    """Where a node is read: its document and element, its path, the keys of its scope."""

    document: Document
    element: Element
    path: str
    board: Board

    def error(self, *, what: str, got: object = None, fix: str = "") -> TreeError:
        """The error for this node."""
        return self.document.error(self.element, what, self.path, got, fix)

    def checked(self, attribute: str, make: Callable[[], T]) -> T:
        """What `make` gives; its error is told with the attribute and the node."""
        try:
            return make()
        except TreeError as error:
            what = f"{attribute}: {error.what}"
            raise self.error(what=what, got=error.got, fix=error.fix or "") from None


def script(spot: Spot, attribute: str, text: str) -> Script:
    """A parsed script."""
    return spot.checked(attribute, lambda: parse_script(text, spot.document.enums))


def hooks(spot: Spot, given: list[str]) -> nodes.Hooks:
    """The scripts before and after a node, of those attributes that are given."""
    texts = spot.element.attributes
    return nodes.Hooks(**{HOOKS[name]: script(spot, name, texts[name]) for name in given})


def built_in(spot: Spot, kind: str, rule: Rule, given: list[str]) -> Fields:
    """Fields of a built-in node. given: its attributes that must be ports."""
    _check_given(spot, rule, given)
    if kind == "WeightedFallback":
        return weighted(spot.document, spot.element, spot.path)
    fields: Fields = dict(rule.fixed)
    for attribute, port in rule.ports.items():
        value = _port(spot, attribute, port)
        if value is not None:
            fields[port.field] = value
    if rule.make is nodes.Switch:
        fields["cases"] = tuple(fields.pop(name) for name in rule.ports if name != "variable")
    if rule.make is nodes.Loop and isinstance(written := fields["queue"], str):
        spot.checked("queue", lambda: queue(written, cast("Kind", rule.fixed["kind"])))
    return fields


def _check_given(spot: Spot, rule: Rule, given: list[str]) -> None:
    """No attribute that the node does not have, each that it needs."""
    for attribute in given:
        if attribute not in rule.ports:
            raise unknown(spot, attribute, tuple(rule.ports))
    for attribute in rule.needs:
        text = spot.element.attributes.get(attribute)
        if text is None or (not text and rule.ports[attribute].kind == "entry"):
            what = f"<{spot.element.tag[:60]}> must have the attribute {attribute}"
            raise spot.error(what=what, fix=f'write {attribute}="…"')


def _port(spot: Spot, attribute: str, port: PortRule) -> object:
    """A port's field, None to leave it at the class's default."""
    text = spot.element.attributes.get(attribute)
    if text is None:
        return NOT_GIVEN if port.empty else None
    if port.kind == "script":
        return _code(spot, attribute, text)
    if port.kind == "entry":
        entry = _value(spot, attribute, text, "any")
        return entry if isinstance(entry, Key) else Key(entry)
    return _value(spot, attribute, text, port.kind)


def _code(spot: Spot, attribute: str, text: str) -> Script:
    """The script of a port: written here, or the constant that a SubTree's port gives it.

    BehaviorTree.CPP also takes a script that the tree writes to the blackboard while it runs; here
    a script is compiled once.
    """
    value = port_of(attribute, text)
    if isinstance(value, Key):
        constant = spot.board.constant(value.name)
        if constant is None:
            what = f"{attribute}: a script must be written here, or in the port of a SubTree"
            raise spot.error(what=what, got=text, fix="the blackboard has no text of this name yet")
        text = constant
    if not text and spot.document.resolve(spot.element)[0] == "Script":
        return EMPTY
    return script(spot, attribute, text)


def _value(spot: Spot, attribute: str, text: str, kind: Kind) -> Port:
    """A port's literal or key; the literal is one of its type, and the key has one type."""
    # A key with blanks around it is one, but not for the look that a typed literal gets.
    braced = len(text) > 2 and text[0] == "{" and text[-1] == "}"
    if kind in CHECKED and not braced:
        spot.checked(attribute, lambda: convert(text, kind))
    value = port_of(attribute, text)
    if isinstance(value, Key):
        check_key(spot, attribute, value.name)
        clash = spot.board.declare(value.name, kind)
        if clash is not None:
            key = value.name[:60]
            what = f"{attribute}: the key {key!r} is {clash} in a port before this one, {kind} here"
            raise spot.error(what=what, fix="use another key")
    return value


def check_key(spot: Spot, attribute: str, key: str) -> None:
    """A key has one @ at most, before its name: the root's.

    Raises:
        TreeError: it has more.
    """
    if key.startswith("@") and "@" in key[1:]:
        what = f"{attribute}: a key must not have more than one @"
        raise spot.error(what=what, got=key, fix="write it before the name, once")


def leaf(
    spot: Spot, known: Mapping[str, PortModel], given: list[str]
) -> tuple[tuple[str, Port], ...]:
    """Ports of an Action or a Condition by name; one that is not given has its default.

    known: its declared ports. given: its attributes that must be ports.
    """
    found: dict[str, Port] = {}
    for attribute in given:
        if attribute not in known:
            raise unknown(spot, attribute, tuple(known), leaf=True)
        text = spot.element.attributes[attribute]
        found[attribute] = _value(spot, attribute, text, known[attribute].kind)
    for name, port in known.items():
        if port.default and name not in found and port.direction != "output":
            found[name] = port_of(name, port.default)
    return tuple(sorted(found.items()))


def wiring(spot: Spot, ident: str) -> tuple[dict[str, Port], bool]:
    """Ports of a SubTree by name, with the defaults of its model, and its `_autoremap`.

    Raises:
        TreeError: `_autoremap` is no bool, or a port that the model wants is not given.
    """
    given = spot.element.attributes
    autoremap = "_autoremap" in given and _autoremap(spot, given["_autoremap"])
    ports: dict[str, Port] = {}
    for name, text in given.items():
        if role(name) == "port":
            key = pointer(name, text)
            ports[name] = text if key is None else key
    for name, port in spot.document.declared.subtrees.get(ident, {}).items():
        if name in ports or autoremap:
            continue
        if not port.default:
            what = f"the model of SubTree {ident[:60]!r} wants the port {name[:60]!r}"
            raise spot.error(what=what, fix="give it, or give it a default in the model")
        # As in BehaviorTree.CPP a model's "{=}" is not the key of the port's own name.
        ports[name] = pointer("=", port.default) or port.default
    for name, value in ports.items():
        if isinstance(value, Key):
            check_key(spot, name, value.name)
    return ports, autoremap


def _autoremap(spot: Spot, text: str) -> bool:
    return spot.checked("_autoremap", lambda: convert(text, "bool")) is True


def pointer(name: str, text: str) -> Key | None:
    """The key that ``{key}`` or, for the one called as the port, ``{=}`` means; None: a text."""
    inner = text.strip(" ")
    if len(inner) < 3 or inner[0] != "{" or inner[-1] != "}":
        return None
    return Key(name if text == "{=}" else inner[1:-1])


def port_of(name: str, text: str) -> Port:
    """A port as written: a key, also as ``=`` for the one called as the port, or the text."""
    return Key(name) if text == "=" else pointer(name, text) or text


def unknown(spot: Spot, attribute: str, known: tuple[str, ...], *, leaf: bool = False) -> TreeError:
    """The error for an attribute that the node does not have."""
    explicit = spot.element.tag in EXPLICIT
    fix = nearest(attribute, ("name", *(("ID",) if explicit else ()), *known, *HOOKS))
    if leaf:
        fix += ", or declare it as an input_port in TreeNodesModel"
    what = f"<{spot.element.tag[:60]}> has no such attribute"
    return spot.error(what=what, got=attribute, fix=fix)
