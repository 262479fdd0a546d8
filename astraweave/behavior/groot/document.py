"""A document of trees: which there are, which is the main one, and whether each is in order.

Every element of every tree is looked at once, before anything is built.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from astraweave.behavior.groot.grammar import (
    BUILT_IN,
    BY_ID,
    EXPLICIT,
    NOT_OBEYED,
    NOT_RUN,
    Model,
    Rule,
    needed,
    place,
    read_models,
)
from astraweave.behavior.groot.xml_reader import Element
from astraweave.errors import TreeError
from astraweave.model.actions import nearest

MAX_NAME = 200


@dataclass(slots=True)
class Document:
    """Trees and models of one document.

    root: with what it includes. source: as it stands in its file; None: it includes nothing.
    """

    file: str
    root: Element
    declared: Mapping[str, Model]
    source: Element | None = None
    models: dict[str, Model] = field(init=False)
    trees: dict[str, Element] = field(init=False)

    def __post_init__(self) -> None:
        root = self.root
        if root.tag != "root":
            fix = "open it in Groot2 and save it again"
            raise self.error(root, "the document must start with <root>", "", root.tag, fix)
        if root.attributes.get("BTCPP_format", "4") != "4":
            raise self.error(
                root,
                "only BTCPP_format 4 is read",
                got=root.attributes["BTCPP_format"],
                fix="open it in Groot2 and save it again",
            )
        for element in root.children:
            if element.tag not in ("BehaviorTree", "TreeNodesModel"):
                self._refuse_top(element)
        self.models = read_models(self.file, root, self.declared)
        self.trees = {}
        for element in root.children:
            if element.tag == "BehaviorTree":
                self._add_tree(element)

    def error(
        self, element: Element, what: str, path: str = "", got: object = None, fix: str = ""
    ) -> TreeError:
        """The error for one element, with its line, column and path."""
        return TreeError(what=what, got=got, where=place(self.file, element, path), fix=fix or None)

    def _refuse_top(self, element: Element) -> None:
        fix = nearest(element.tag, ("BehaviorTree", "TreeNodesModel", "include"))
        raise self.error(element, "unknown element", got=element.tag, fix=fix)

    def _add_tree(self, element: Element) -> None:
        name = needed(self.file, element, "ID")
        if name in self.trees:
            what = f"a second tree of this ID, after {place(self.file, self.trees[name])}"
            raise self.error(element, what, got=name, fix="rename one")
        if name in BUILT_IN or name in BY_ID or self.is_leaf(name):
            what = "a tree must not be called like a node"
            raise self.error(element, what, got=name, fix="rename the tree")
        if len(element.children) != 1:
            raise self.error(
                element,
                f"tree {name[:60]!r} must have exactly 1 child",
                got=len(element.children),
                fix="put its nodes into a Sequence or a Fallback",
            )
        self.trees[name] = element

    def is_leaf(self, tag: str) -> bool:
        """Whether a tag or ID is declared as an Action or a Condition."""
        return tag in self.models and self.models[tag].kind in ("Action", "Condition")

    def main(self, wanted: str | None) -> str:
        """ID of the tree to run."""
        name = wanted or self.root.attributes.get("main_tree_to_execute")
        if name is None and len(self.trees) == 1:
            return next(iter(self.trees))
        if name is None:
            what = "no tree" if not self.trees else "several trees and none is the main one"
            fix = 'name one: <root main_tree_to_execute="…">'
            raise self.error(self.root, what, fix=fix if self.trees else "add a <BehaviorTree>")
        if name not in self.trees:
            fix = nearest(name, self._names())
            raise self.error(self.root, "the main tree does not exist", got=name, fix=fix)
        return name

    def _names(self) -> tuple[str, ...]:
        return tuple(self.trees)

    def check(self) -> None:
        """Look at every element of every tree once, and at cycles between trees."""
        uses = {name: self._check_tree(tree) for name, tree in self.trees.items()}
        done: set[str] = set()
        for name in self.trees:
            self._refuse_cycle(name, uses, done)

    def _refuse_cycle(self, start: str, uses: dict[str, list[str]], done: set[str]) -> None:
        # Depth first with an explicit stack: a chain of 10,000 trees must not exhaust Python's.
        stack, chain = [(start, iter(uses[start]))], {start: None}
        while stack and start not in done:
            name, rest = stack[-1]
            used = next(rest, None)
            if used is None:
                done.add(name)
                stack.pop()
                del chain[name]
            elif used in chain:
                names = list(chain)
                loop = " → ".join([*names[names.index(used) :], used])
                raise self.error(
                    self.trees[name], "SubTrees in a cycle", got=loop, fix="break it at one tree"
                )
            elif used not in done:
                stack.append((used, iter(uses[used])))
                chain[used] = None

    def _check_tree(self, tree: Element) -> list[str]:
        """IDs of the trees that this one uses."""
        uses: list[str] = []
        named: set[str] = set()
        todo = [(tree.children[0], "")]
        while todo:
            element, above = todo.pop()
            path = f"{above}/{title(element)}" if above else title(element)
            kind, ident = self._check_element(element, path)
            if kind == "SubTree":
                uses.append(ident)
                own = element.attributes.get("name")
                if own in named:
                    raise self.error(element, "two SubTrees of one name", path, own, "rename one")
                named.update([own] if own else [])
            todo.extend((child, path) for child in element.children)
        return uses

    def _check_element(self, element: Element, path: str) -> tuple[str, str]:
        """Node type and ID of an element whose attributes and children are in order."""
        kind, ident = self.resolve(element, path)
        rule = BUILT_IN.get(kind) or Rule(
            ports=self.models[ident].ports if self.is_leaf(ident) else ()
        )
        if len(title(element)) > MAX_NAME:
            what = f"name longer than {MAX_NAME} characters"
            raise self.error(element, what, path[:60], fix="shorten it")
        for attribute in element.attributes:
            self._check_attribute(element, attribute, rule, kind, path)
        for attribute in rule.needs:
            needed(self.file, element, attribute, path)
        self._check_children(element, rule, path)
        return kind, ident

    def _check_children(self, element: Element, rule: Rule, path: str) -> None:
        count = len(element.children)
        if rule.fewest <= count <= rule.most:
            return
        wanted = {0: "no child", 1: "exactly 1 child"}.get(
            rule.most, f"1 to {rule.most:,} children"
        )
        fix = "add one" if count < rule.fewest else "put some under a node of their own"
        fix = fix if rule.most else "take it away"
        raise self.error(element, f"<{element.tag[:60]}> must have {wanted}", path, count, fix)

    def resolve(self, element: Element, path: str) -> tuple[str, str]:
        """Node type and ID of an element, in explicit or compact form."""
        tag = element.tag
        if tag in BY_ID:
            ident = needed(self.file, element, "ID", path)
            if tag == "SubTree" and ident not in self.trees:
                fix = nearest(ident, self._names())
                raise self.error(element, "no tree of this ID", path, ident, fix)
            return tag, ident
        if tag in EXPLICIT:
            kind = needed(self.file, element, "ID", path)
            if kind not in EXPLICIT[tag]:
                raise self._unknown(element, kind, path)
            return kind, ""
        if tag in BUILT_IN:
            return tag, ""
        if self.is_leaf(tag):
            return self.models[tag].kind, tag
        if tag in self.trees:
            return "SubTree", tag
        raise self._unknown(element, tag, path)

    def _unknown(self, element: Element, name: str, path: str) -> TreeError:
        if name in NOT_RUN:
            what = "a node type of BehaviorTree.CPP that this version does not run"
            return self.error(element, what, path, name, f"use one of {', '.join(BUILT_IN)}")
        leaves = [leaf for leaf in self.models if self.is_leaf(leaf)]
        known = (*BUILT_IN, *BY_ID, *leaves, *self.trees)
        fix = f'{nearest(name, known)} (an action of your own: <Action ID="{name[:40]}"/>)'
        return self.error(element, "unknown node", path, name, fix)

    def _check_attribute(
        self, element: Element, attribute: str, rule: Rule, kind: str, path: str
    ) -> None:
        if attribute in NOT_OBEYED:
            raise self.error(
                element, "this attribute is not run by this version", path, attribute, "use _skipIf"
            )
        explicit = element.tag in BY_ID or element.tag in EXPLICIT
        known = ("name", *(("ID",) if explicit else ()), *rule.ports)
        if attribute in known or attribute.startswith("_"):
            return
        fix = nearest(attribute, (*known, "_skipIf"))
        if kind in ("Action", "Condition"):
            fix += ", or declare it as an input_port in TreeNodesModel"
        raise self.error(
            element, f"<{element.tag[:60]}> has no such attribute", path, attribute, fix
        )


def title(element: Element) -> str:
    """How an element is called: its name, else its ID, else its tag."""
    attributes = element.attributes
    return attributes.get("name") or attributes.get("ID") or element.tag
