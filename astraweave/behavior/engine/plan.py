"""What all agents of one tree share: its scripts compiled, its ports resolved, its entries named.

Scripts that only compute with facts are one Python function over the facts; all others run over
the agent's blackboard. Errors of both name the node, its place and the script.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from astraweave.behavior.engine.convert import cast
from astraweave.behavior.engine.hooks import Act, Asked, FactTest, Test
from astraweave.behavior.engine.running import Agent, Run, bad_fact
from astraweave.behavior.nodes import NO_HOOKS, NOT_GIVEN, Key, Node, Port, walk
from astraweave.behavior.scopes import Scope, Scopes
from astraweave.behavior.scripts.environment import Kind, Value
from astraweave.behavior.scripts.functions import condition, pure
from astraweave.behavior.scripts.parser import Enums, Script
from astraweave.behavior.scripts.run import run
from astraweave.behavior.scripts.values import truth
from astraweave.behavior.status import FAILURE, SKIPPED, SUCCESS
from astraweave.errors import TreeError
from astraweave.model.actions import nearest

T = TypeVar("T")
Read = Callable[[Agent], Value]
Guards = tuple[list[Test | None], list[tuple[int, FactTest | None]] | None]


class Recipe(NamedTuple):
    """How a node is made: its class, what that is given besides node and children, its scripts."""

    make: Callable[..., Run]
    given: tuple[object, ...]
    asked: Asked | None


class Plan:
    """A tree, ready for agents.

    board: names of the root's entries that the game writes. enums: names that are numbers in the
    cases of a Switch. watched: whether an agent of it tells a watcher what its scripts say.
    recipes: by the id of the node, of those that were built once.
    """

    def __init__(
        self, root: Node, board: Iterable[str] = (), enums: Enums = (), *, watched: bool = False
    ) -> None:
        """Nothing is compiled before it is wanted."""
        self.root, self.enums, self.watched = root, dict(enums), watched
        self.scopes = Scopes(root, sorted(board))
        self._scope_of = dict(zip(map(id, walk(root)), self.scopes.scope_of, strict=True))
        self.recipes: dict[int, Recipe] = {}

    def scope(self, node: Node) -> Scope:
        """Whose names the node's scripts and ports use."""
        return self._scope_of[id(node)]

    def only_facts(self, node: Node, script: Script) -> bool:
        """Whether the script computes with facts alone, under their own names."""
        scope, entry = self.scope(node), self.scopes.entry
        return (
            bool(script.reads)
            and pure(script)
            and all(entry(scope, n) is None and scope.home(n)[1] == n for n in script.reads)
        )

    def asked(self, node: Node, *, skip: bool = True) -> Asked | None:
        """The node's compiled scripts, None when it has none; without `_skipIf` if not `skip`."""
        hooks = node.hooks if skip else node.hooks._replace(skip_if=None)
        if hooks == NO_HOOKS:
            return None
        before = (
            ("_failureIf", hooks.failure_if, FAILURE),
            ("_successIf", hooks.success_if, SUCCESS),
            ("_skipIf", hooks.skip_if, SKIPPED),
        )

        def act(attribute: str, script: Script | None) -> Act | None:
            return None if script is None else self.act(node, attribute, script)

        return Asked(
            tuple(
                (self.test(node, attribute, script), status)
                for attribute, script, status in before
                if script is not None
            ),
            None if hooks.while_ is None else self.test(node, "_while", hooks.while_),
            act("_onHalted", hooks.on_halted),
            act("_onFailure", hooks.on_failure),
            act("_onSuccess", hooks.on_success),
            act("_post", hooks.post),
        )

    def guards(self, node: Node) -> Guards:
        """The `_skipIf` of each child, None where there is none; and over facts, when all are."""
        each = [(child, child.skip_if) for child in node.children]
        tests = [None if s is None else self.test(c, "_skipIf", s) for c, s in each]
        if self.watched or not all(s is None or self.only_facts(c, s) for c, s in each):
            return tests, None
        return tests, [(i, None if s is None else condition(s)) for i, (_, s) in enumerate(each)]

    def test(self, node: Node, attribute: str, script: Script) -> Test:
        """A function of the agent: whether the script holds."""
        if self.only_facts(node, script):
            return self._told(_fact_test(node, script), node, attribute, script)
        go = run(script)
        made = _over_board(
            node, attribute, script, self.scope(node), lambda environment: truth(go(environment))
        )
        return self._told(made, node, attribute, script)

    def act(self, node: Node, attribute: str, script: Script) -> Act:
        """A function of the agent that runs the script."""
        made = _over_board(node, attribute, script, self.scope(node), run(script))
        return self._told(made, node, attribute, script)

    def _told(
        self, made: Callable[[Agent], T], node: Node, attribute: str, script: Script
    ) -> Callable[[Agent], T]:
        if not self.watched:
            return made
        scope = self.scope(node)

        def tell(agent: Agent) -> T:
            look = agent.board.look
            read = {name: look(scope, name) for name in script.reads}
            value = made(agent)
            assert agent.watcher is not None
            agent.watcher.asked(node, attribute, script, value, read)
            return value

        return tell

    def read(self, node: Node, name: str, port: Port, kind: Kind) -> Read:
        """A function of the agent: the value of a port. It raises TreeError when there is none."""
        if isinstance(port, Key) and port is not NOT_GIVEN:
            return _read_key(node, name, port.name, kind, self.scope(node))
        return _read_text(node, name, port if isinstance(port, str) else None, kind)


def quiet(read: Callable[[Agent], T], default: T) -> Callable[[Agent], T]:
    """As `read`, but a port without a value has the default."""

    def reading(agent: Agent) -> T:
        try:
            return read(agent)
        except TreeError:
            return default

    return reading


def _fact_test(node: Node, script: Script) -> Test:
    stands = condition(script)

    def test(agent: Agent) -> bool:
        try:
            return stands(agent.facts)
        except (KeyError, TypeError) as error:
            raise bad_fact(node, script, agent, error) from error

    return test


def _over_board(
    node: Node, attribute: str, script: Script, scope: Scope, go: Callable[..., T]
) -> Callable[[Agent], T]:
    def act(agent: Agent) -> T:
        try:
            return go(agent.board.over(scope))
        except (TypeError, ValueError) as error:
            raise bad_fact(node, script, agent, error) from error
        except TreeError as error:
            fix = error.fix
            if error.got in script.reads and agent.board.look(scope, str(error.got)) is None:
                fix = nearest(str(error.got), [*agent.facts, *agent.board.names(scope)])
            what = f"{attribute}={script.text!r}: {error.what}"
            raise TreeError(what=what, got=error.got, where=node.at, fix=fix) from error

    return act


def _read_key(node: Node, name: str, key: str, kind: Kind, scope: Scope) -> Read:
    def read(agent: Agent) -> Value:
        value = agent.board.look(scope, key)
        if value is None:
            fix = "write the entry before the node is ticked, or give the fact"
            raise port_error(node, name, "has no value", f"{{{key}}}", fix)
        if not isinstance(value, (int, float, str)):
            raise port_error(node, name, "wants a single value", f"{{{key}}}", "see its type")
        try:
            return cast(value, kind)
        except TreeError as error:
            raise port_error(node, name, error.what, error.got, error.fix) from None

    return read


def _read_text(node: Node, name: str, text: str | None, kind: Kind) -> Read:
    if text is None or (not text and kind != "string"):
        wrong = port_error(node, name, "is not given", None, f'write {name}="…"')
    else:
        try:
            constant = cast(text, kind)
        except TreeError as error:
            wrong = port_error(node, name, error.what, error.got, error.fix)
        else:
            return lambda _agent: constant

    def refuse(_agent: Agent) -> Value:
        # As BehaviorTree.CPP: only who is ticked misses it.
        raise wrong

    return refuse


def port_error(
    node: Node, name: str, what: str, got: object = None, fix: str | None = None
) -> TreeError:
    """The error for a port of a node."""
    return TreeError(what=f"port {name!r} {what}", got=got, where=node.at, fix=fix)
