"""A loaded tree: what it reads and chooses, its callbacks, and how it is run.

Refuses callbacks for leaves that the tree does not have, and trees whose tactics could not be
told apart.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, overload

from astraweave.behavior import nodes
from astraweave.behavior.engine.running import Callback, Listener
from astraweave.behavior.engine.tick import Ticker
from astraweave.behavior.flat.program import Program, compile_tree
from astraweave.behavior.groot.document import Document
from astraweave.behavior.groot.grammar import Model
from astraweave.behavior.groot.models import completed, ports_of
from astraweave.behavior.groot.reader import build_tree, read_document
from astraweave.behavior.groot.writer import to_xml, write_file
from astraweave.behavior.groot.xml_reader import MAX_BYTES
from astraweave.behavior.status import Status
from astraweave.errors import TreeError, UsageError
from astraweave.model.actions import nearest
from astraweave.model.shipped import shipped

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class WeightedNode:
    """A WeightedFallback.

    children: keys as in `Tree.tactics`. weights: the designer's, one a child. policy: "roulette"
    or "sorted".
    """

    name: str
    children: tuple[str, ...]
    weights: tuple[float, ...]
    policy: str


class Tree:
    """A behaviour tree, ready to be bound to callbacks and to run.

    path: the file it came from. root: its nodes. tactics: keys of all children of
    WeightedFallbacks, in document order ("child", or "node/child" where two such nodes have
    children of one name). weighted: those nodes. actions, conditions: IDs of the leaves. reads:
    the facts that its scripts read. content_hash: 16 hex digits over all that decides its play.
    document: what it was read from, None for a tree that was not; main: its ID there.
    """

    def __init__(
        self, root: nodes.Node, path: str, document: Document | None = None, main: str = ""
    ) -> None:
        """Take what `groot.read_tree` gave; `path` is named in errors."""
        self.root, self.path, self.document, self.main = root, path, document, main
        listed = list(nodes.walk(root))
        choices = [node for node in listed if isinstance(node, nodes.WeightedFallback)]
        self.weighted = _weighted(choices)
        self.tactics = tuple(key for node in self.weighted for key in node.children)
        self.actions = _unique(node.id for node in listed if isinstance(node, nodes.Action))
        self.conditions = _unique(node.id for node in listed if isinstance(node, nodes.Condition))
        self.reads = _unique(name for node in listed for name in _reads(node))
        self.content_hash = _hash(root)
        self.callbacks: dict[str, Callback] = {}
        self._listed = listed

    @overload
    def action(self, given: F) -> F: ...
    @overload
    def action(self, given: str) -> Callable[[F], F]: ...
    def action(self, given: F | str) -> F | Callable[[F], F]:
        """Bind a function to the Action of its name: ``@tree.action`` or ``@tree.action("id")``.

        It takes (entity, facts) and returns True or False, a `Result`, a status, or is a
        generator: RUNNING while it yields; closed (its `finally` runs) when it is halted.

        Raises:
            TreeError: the tree has no such Action.
        """
        return self._bind(given, "Action", self.actions)

    @overload
    def condition(self, given: F) -> F: ...
    @overload
    def condition(self, given: str) -> Callable[[F], F]: ...
    def condition(self, given: F | str) -> F | Callable[[F], F]:
        """Bind a function to the Condition of its name; as `action`, and it must not run on.

        Raises:
            TreeError: the tree has no such Condition.
        """
        return self._bind(given, "Condition", self.conditions)

    def _bind(self, given: F | str, kind: str, known: tuple[str, ...]) -> F | Callable[[F], F]:
        name = given if isinstance(given, str) else given.__name__
        if name not in known:
            raise TreeError(
                what=f"no {kind} of this name in the tree",
                got=name,
                where=self.path,
                fix=nearest(name, known),
            )

        def bind(function: F) -> F:
            self.callbacks[name] = function
            return function

        return bind if isinstance(given, str) else bind(given)

    @property
    def unbound(self) -> tuple[str, ...]:
        """Leaves without a callback: Actions are then intentions, Conditions an error."""
        return tuple(x for x in (*self.actions, *self.conditions) if x not in self.callbacks)

    def bind(self, facts: tuple[str, ...]) -> None:
        """Check, once the facts are declared, that every script reads declared ones.

        Raises:
            TreeError: a script reads another name, or a Condition has no callback.
        """
        for node in self._listed:
            for name in _reads(node):
                if name not in facts:
                    raise TreeError(
                        what="a script reads a fact that is not declared",
                        got=name,
                        where=node.at,
                        fix=nearest(name, facts),
                    )
            if isinstance(node, nodes.Condition) and node.id not in self.callbacks:
                raise TreeError(
                    what="a Condition without a callback",
                    got=node.id,
                    where=node.at,
                    fix=f"bind one with @tree.condition({node.id!r})",
                )

    def to_xml(self) -> str:
        """Its document as Groot2 writes it: all trees, comments, and models of all nodes.

        What it includes stays in files of their own.

        Raises:
            UsageError: the tree was not read from a document.
        """
        if self.document is None:
            fix = "read it with load_tree"
            raise UsageError(what="the tree has no document", where=self.path, fix=fix)
        return to_xml(completed(self.document, self.main), ports_of(self.document))

    def save(self, path: str | Path, *, replace: bool = False) -> None:
        """Write `to_xml` to a file, after a look at whether it would be read as this same tree.

        Raises:
            UsageError: there is a file of this name and `replace` is false.
            TreeError: what it includes does not lie beside `path`.
        """
        text, file = self.to_xml(), Path(path)
        enums = self.document.enums if self.document is not None else ()
        document = read_document(text.encode(), file.name, None, file.parent, enums)
        if _hash(build_tree(document)) != self.content_hash:
            fix = "save it beside the file it came from"
            raise TreeError(what="what it includes is another tree there", where=str(path), fix=fix)
        write_file(file, text, replace=replace)

    def ticker(
        self,
        entity: int = 0,
        *,
        seed: int,
        listener: Listener | None = None,
        hold_s: float = 0.5,
    ) -> Ticker:
        """The running state of one agent in the scalar engine.

        Args:
            entity: handed to the callbacks.
            seed: of its draws.
            listener: told of every choice and how it ended.
            hold_s: least seconds that a choice of a roulette stands.
        """
        return Ticker(self.root, self.weighted, self.callbacks, entity, seed, listener, hold_s)

    def program(self, fact_names: tuple[str, ...], actions: tuple[str, ...]) -> Program:
        """The tree as flat arrays for `BatchTicker`.

        Raises:
            TreeError: a leaf that is none of `actions`, a Python condition, an unknown fact.
        """
        return compile_tree(
            self.root, tuple(fact_names), tuple(actions), self.tactics, self.content_hash
        )

    def render(
        self,
        form: Literal["text", "svg"] = "text",
        *,
        weights: Mapping[str, float] | None = None,
        statuses: Mapping[str, Status] | None = None,
        caption: str = "",
    ) -> str:
        """The tree to look at: indented text, or a self-contained SVG.

        Args:
            form: "text" or "svg".
            weights: learned factor of each tactic, 1 where none is given.
            statuses: of each node in one tick, by path, as `Ticker.statuses` gives them.
            caption: a line under the SVG's heading.

        Raises:
            WeightsError: an unknown tactic, or a factor that is not finite and above 0.
            UsageError: a status of a path that the tree does not have, or another form.
        """
        # Late: no game that plays its tree pays for drawing it.
        from astraweave.behavior.render import render_tree  # noqa: PLC0415

        return render_tree(self, form, weights=weights, statuses=statuses, caption=caption)


def load_tree(
    path: str | Path, *, main: str | None = None, leaves: Mapping[str, Model] | None = None
) -> Tree:
    """Read a Groot2 file.

    A path that exists is read. A bare name without a folder that does not exist is looked up
    among the shipped trees: ``load_tree("companion.xml")``.

    Args:
        path: the file.
        main: ID of the tree to take; default what the file says.
        leaves: leaves known besides those that the file declares, e.g.
            ``{"heal": Model("Action", ports=("amount",))}``.

    Raises:
        TreeError: no such file, or a refused one; says file:line:col and the node's path.
    """
    file = Path(path)
    if not file.exists() and file.name == str(path):
        ours = shipped("behavior_trees", file.name)
        file = ours if ours.exists() else file
    try:
        with file.open("rb") as stream:
            text = stream.read(MAX_BYTES + 1)
    except OSError as error:
        known = sorted(p.name for p in shipped("behavior_trees").glob("*.xml"))
        raise TreeError(
            what="cannot read the tree",
            got=error.strerror,
            where=str(path),
            fix=f"shipped trees: {', '.join(known) or 'none'}",
        ) from error
    document = read_document(text, file.name, leaves, file.parent)
    return Tree(build_tree(document, main), str(file), document, document.main(main))


def _weighted(choices: list[nodes.WeightedFallback]) -> tuple[WeightedNode, ...]:
    seen: dict[str, nodes.WeightedFallback] = {}
    for node in choices:
        if node.name in seen:
            raise TreeError(
                what="two WeightedFallbacks of one name: their weights could not be told apart",
                got=node.name,
                where=node.at,
                fix="give each its own name; a SubTree that holds one can be used once",
            )
        seen[node.name] = node
    counts = Counter(key for node in choices for key in node.keys)
    return tuple(
        WeightedNode(
            node.name,
            tuple(key if counts[key] == 1 else f"{node.name}/{key}" for key in node.keys),
            node.weights,
            node.policy,
        )
        for node in choices
    )


def _unique(names: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _reads(node: nodes.Node) -> tuple[str, ...]:
    code = node.code.reads if isinstance(node, nodes.ScriptCondition) else ()
    return (*(node.skip_if.reads if node.skip_if else ()), *code)


def _hash(root: nodes.Node) -> str:
    """Hash of the canonical text: types, names, scripts, ports and weights, in order."""
    digest = hashlib.sha256()
    for node in nodes.walk(root):
        digest.update(repr((len(node.children), *_canonical(node))).encode())
    return digest.hexdigest()[:16]


def _canonical(node: nodes.Node) -> tuple[object, ...]:
    own: tuple[object, ...] = ()
    if isinstance(node, nodes.ScriptCondition):
        own = (node.code.text,)
    elif isinstance(node, nodes.WeightedFallback):
        own = (node.keys, node.weights, node.policy)
    elif isinstance(node, (nodes.Action, nodes.Condition)):
        own = (node.id, node.ports)
    elif isinstance(node, nodes.SubTree):
        own = (node.id,)
    skip = node.skip_if.text if node.skip_if else None
    return (type(node).__name__, node.name, skip, *own)
