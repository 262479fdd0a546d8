"""A loaded tree: what it reads and chooses, its callbacks, how it is run and loaded anew.

Refuses callbacks for leaves that the tree does not have.
"""

import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, overload

from astraweave.behavior import nodes
from astraweave.behavior.engine.blackboard import Held
from astraweave.behavior.engine.build import Builder
from astraweave.behavior.engine.hooks import Watcher
from astraweave.behavior.engine.plan import Plan
from astraweave.behavior.engine.running import Callback, Listener
from astraweave.behavior.engine.tick import Ticker
from astraweave.behavior.flat.program import Program, compile_tree
from astraweave.behavior.groot.document import Document
from astraweave.behavior.groot.grammar import Model
from astraweave.behavior.groot.models import completed, ports_of
from astraweave.behavior.groot.reader import build_tree, read_document, uncollected
from astraweave.behavior.groot.writer import to_xml, write_file
from astraweave.behavior.inventory import Inventory, WeightedNode
from astraweave.behavior.source import Source
from astraweave.behavior.status import Status
from astraweave.errors import TreeError, UsageError
from astraweave.model.actions import nearest
from astraweave.model.arguments import public, publish
from astraweave.model.shipped import shipped

F = TypeVar("F", bound=Callable[..., Any])


@publish
class Tree:
    """A behaviour tree, ready to be bound to callbacks and to run.

    path: the file it came from. root: its nodes. tactics: keys of all children of
    WeightedFallbacks, in document order ("child", or "node/child" where two such nodes have
    children of one name). weighted: those nodes. actions, conditions: IDs of the leaves.
    document: what it was read from, None for a tree that was not; main: its ID there. version:
    how often it was taken from a file.
    """

    def __init__(
        self,
        root: nodes.Node,
        path: str,
        document: Document | None = None,
        main: str = "",
        source: Source | None = None,
    ) -> None:
        """Take what `groot.read_tree` gave; `path` is named in errors."""
        self.path, self.source = path, source
        self.callbacks: dict[str, Callback] = {}
        self.wants_ports: set[str] = set()
        self.version = 0
        self._take(root, document, main)

    def _take(self, root: nodes.Node, document: Document | None, main: str) -> None:
        known = Inventory(root)
        self.root, self.document, self.main = root, document, main
        self.weighted: tuple[WeightedNode, ...] = known.weighted
        self.tactics, self.actions, self.conditions = known.tactics, known.actions, known.conditions
        self._known = known
        self._plans: dict[tuple[frozenset[str], bool], Plan] = {}
        self.version += 1

    @property
    def reads(self) -> tuple[str, ...]:
        """The facts that its scripts read, in order of appearance."""
        return self._known.reads

    @property
    def content_hash(self) -> str:
        """16 hex digits over all that decides its play."""
        return self._known.content_hash

    def plan(self, board: Iterable[str] = (), *, watched: bool = False) -> Plan:
        """What all agents of this tree share; see `Plan`."""
        key = frozenset(board), watched
        if key not in self._plans:
            enums = self.document.enums if self.document is not None else ()
            self._plans[key] = Plan(self.root, key[0], enums, watched=watched)
        return self._plans[key]

    def changed(self) -> bool:
        """Whether a file of the tree is another one than when it was last read.

        Looks at sizes and times only, so that a game can ask every second.
        """
        return self.source is not None and self.source.changed()

    def reload(self) -> bool:
        """Read the tree's files again; whether it is another tree now.

        Callbacks stay bound. Each ticker goes over to it at its next tick: nodes whose path and
        type are the same run on where they stand, entries and learned factors stay, and what is
        gone is halted. Programs made before are of the old tree.

        Raises:
            TreeError: the file is refused; the tree stays as it was. `changed` is False then
                until somebody saves it again.
            UsageError: the tree was not loaded from a file.
        """
        if self.source is None:
            fix = "load it with load_tree"
            raise UsageError(what="the tree has no file", where=self.path, fix=fix)
        document = self.source.read()
        root, main = build_tree(document, self.source.main), document.main(self.source.main)
        if root == self.root:
            # Comments, and trees that are not run, may be others.
            self.document = document
            return False
        self._take(root, document, main)
        return True

    def take_over(self, other: "Tree") -> None:
        """Be another tree from now on, as after `reload`: callbacks stay bound."""
        if other is not self:
            self._take(other.root, other.document, other.main)

    def sharing(self, other: "Tree") -> "Tree":
        """The same structure, played with the callbacks of another tree, also those to come."""
        twin = Tree(self.root, other.path, self.document, self.main)
        twin.callbacks, twin.wants_ports = other.callbacks, other.wants_ports
        return twin

    @overload
    def action(self, given: F) -> F: ...
    @overload
    def action(self, given: str) -> Callable[[F], F]: ...
    def action(self, given: F | str) -> F | Callable[[F], F]:
        """Bind a function to the Action of its name: ``@tree.action`` or ``@tree.action("id")``.

        It takes (entity, facts), or (entity, facts, ports) to read and write the node's ports (see
        `Ports`), and returns True or False, a `Result`, a status, or is a generator: RUNNING while
        it yields; closed (its `finally` runs) when it is halted.

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
            self.wants_ports.discard(name)
            if _takes_ports(function):
                self.wants_ports.add(name)
            return function

        return bind if isinstance(given, str) else bind(given)

    @property
    def unbound(self) -> tuple[str, ...]:
        """Leaves without a callback: Actions are then intentions, Conditions an error."""
        return tuple(x for x in (*self.actions, *self.conditions) if x not in self.callbacks)

    def bind(self, facts: tuple[str, ...]) -> None:
        """Check, once the facts are declared, that every script reads declared ones; compile all.

        Raises:
            TreeError: a script reads another name, or a Condition has no callback.
        """
        for name, node in self._known.facts:
            if name not in facts:
                raise TreeError(
                    what="a script reads a fact that is not declared",
                    got=name,
                    where=node.at,
                    fix=nearest(name, facts),
                )
        for node in self._known.listed:
            if isinstance(node, nodes.Condition) and node.id not in self.callbacks:
                raise TreeError(
                    what="a Condition without a callback",
                    got=node.id,
                    where=node.at,
                    fix=f"bind one with @tree.condition({node.id!r})",
                )
        # What one agent needs all agents share: nothing is compiled in a frame any more.
        Builder(self.plan(), self.weighted).build(self.root)

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
        if Inventory(build_tree(document)).content_hash != self.content_hash:
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
        board: Mapping[str, Held] | None = None,
        watcher: Watcher | None = None,
    ) -> Ticker:
        """The running state of one agent in the scalar engine.

        Args:
            entity: handed to the callbacks.
            seed: of its draws.
            listener: told of every choice and how it ended.
            hold_s: least seconds that a choice of a roulette stands.
            board: what its blackboard holds at first; see `Ticker.board`.
            watcher: told of every node that is ticked or halted, and of what each script said.
        """
        return Ticker(self, entity, seed, listener, hold_s, board or {}, watcher)

    def program(
        self, fact_names: tuple[str, ...], actions: tuple[str, ...], board: Iterable[str] = ()
    ) -> Program:
        """The tree as flat arrays for `BatchTicker`.

        Args:
            fact_names: columns of the facts.
            actions: names of the commands.
            board: entries of the tree's own blackboard that the game writes between two ticks.

        Raises:
            TreeError: a leaf that is none of `actions`, a Python condition, an unknown name, text.
        """
        return compile_tree(
            self.root,
            tuple(fact_names),
            tuple(actions),
            self.tactics,
            self.content_hash,
            tuple(board),
            self.document.enums if self.document is not None else (),
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


@public
def load_tree(
    path: str | Path,
    *,
    main: str | None = None,
    leaves: Mapping[str, Model] | None = None,
    enums: Mapping[str, int] | None = None,
) -> Tree:
    """Read a Groot2 file.

    A path that exists is read. A bare name without a folder that does not exist is looked up
    among the shipped trees: ``load_tree("companion.xml")``.

    Args:
        path: the file.
        main: ID of the tree to take; default what the file says.
        leaves: leaves known besides those that the file declares, e.g.
            ``{"heal": Model("Action", ports=("amount",))}``.
        enums: names that stand for a number in scripts and in the cases of a Switch.

    Raises:
        TreeError: no such file, or a refused one; says file:line:col and the node's path.
    """
    file = Path(path)
    if not os.path.lexists(file) and file.name == str(path):
        ours = shipped("behavior_trees", file.name)
        file = ours if os.path.lexists(ours) else file
    source = Source(file, main, leaves or {}, tuple((enums or {}).items()))
    with uncollected():
        document = source.read()
        root = build_tree(document, main)
        return Tree(root, str(file), document, document.main(main), source)


def _takes_ports(function: Callable[..., Any]) -> bool:
    """Whether a callback has a parameter `ports`."""
    try:
        return "ports" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        # Built-in functions need not say what they take.
        return False
