"""Scripts, ports and constants of a tree → rows of code and cells, names resolved by scope.

Refuses, with the node's place, what kernels cannot express: names that are neither an entry nor a
declared fact, and entries that hold text.
"""

import math
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Order

from astraweave.behavior import nodes
from astraweave.behavior.kernels import layout as at
from astraweave.behavior.nodes import Key, Node, Port
from astraweave.behavior.scopes import Entry, Scope, Scopes, scripts_of
from astraweave.behavior.scripts.environment import Kind, Value
from astraweave.behavior.scripts.functions import pure
from astraweave.behavior.scripts.parser import MAX_TOKENS, Script
from astraweave.behavior.scripts.postfix import Postfix, Row
from astraweave.behavior.scripts.values import STATUSES, constant, convert
from astraweave.errors import TreeError
from astraweave.model.actions import nearest

STACK = MAX_TOKENS + 2
"""Numbers that a script can have on the stack: no more than it has tokens."""


def number_of(text: str) -> int | float | None:
    """The number that a whole text is, as a SubTree's port gives it to an entry."""
    _, value = constant(text)
    return None if isinstance(value, str) else value


class Operands:
    """The code of one program as it grows; see `kernels.layout` and `kernels.scripts`.

    code: its rows, the first three yet to be filled in. constants: behind the facts in cells.
    """

    def __init__(
        self,
        facts: Order[str],
        scopes: Scopes,
        written: frozenset[int],
        enums: Mapping[str, int],
    ) -> None:
        """`written`: numbers of the entries that somebody may write."""
        self.facts, self.scopes, self.written, self.enums = facts, scopes, written, enums
        self.code: list[Row] = [(at.END_OF_CODE, 0, 0)] * 3
        self.constants: list[float] = []
        self._column = {name: i for i, name in enumerate(facts)}
        self._known: dict[object, int] = {}
        self._constants: dict[str, int] = {}

    def cell(self, value: float) -> int:
        """Cell of a constant."""
        key = float(value).hex()
        if key not in self._constants:
            self._constants[key] = self.block(value)
        return self._constants[key]

    def block(self, *values: float) -> int:
        """Cell of the first of some constants that lie one behind the other."""
        self.constants.extend(float(value) for value in values)
        return at.FIRST_FACT + len(self.facts) + len(self.constants) - len(values)

    def fact(self, scope: Scope, name: str) -> int | None:
        """Cell of the fact behind a name."""
        column = self._column.get(scope.home(name)[1])
        return None if column is None else at.FIRST_FACT + column

    def script(
        self, script: Script | None, node: Node, scope: Scope, attribute: str, *, condition: bool
    ) -> int:
        """Row of the code where a script begins, 0 for none.

        Raises:
            TreeError: kernels cannot run it.
        """
        if script is None:
            return 0
        key = (script, id(scope), condition)
        if key not in self._known:
            compiler = Postfix(self.code, _Names(self, scope, attribute, node))
            strict = not self._only_facts(script, scope)
            try:
                self._known[key] = compiler.script(script, condition=condition, strict=strict)
            except TreeError as error:
                if error.where is not None:
                    raise
                raise TreeError(
                    what=f"{attribute}: {error.what}", got=error.got, where=node.at, fix=error.fix
                ) from None
        return self._known[key]

    def _only_facts(self, script: Script, scope: Scope) -> bool:
        """Whether a script computes with facts alone, under their own names."""
        return (
            bool(script.reads)
            and pure(script)
            and all(
                self.scopes.entry(scope, name) is None and scope.home(name)[1] == name
                for name in script.reads
            )
        )

    def failure(self, error: int) -> int:
        """Row of code that does nothing but fail."""
        self.code.append((at.FAIL, error, -1))
        return len(self.code) - 1

    def text(self, scope: Scope, port: Port) -> str | None:
        """A port's text, also a SubTree's constant that nobody writes; None for an entry."""
        if not isinstance(port, Key):
            return port
        number = self.scopes.entry(scope, port.name)
        if number is None or number in self.written:
            return None
        return self.scopes.entries[number].initial

    def literal(self, text: str, kind: Kind) -> Value | None:
        """A literal as a value of a kind, None when it is none."""
        try:
            return convert(text, kind) if text else None
        except TreeError:
            return None

    def number(self, node: Node, scope: Scope, name: str, kind: Kind) -> tuple[int, int]:
        """A port that is a whole or a truth value: (the number, 0), or (0, code that gives it)."""
        port: Port = getattr(node, name)
        text = self.text(scope, port)
        writer = Postfix(self.code, _Names(self, scope, f"port {name}", node))
        if text is not None:
            value = self.literal(text, kind)
            if value is not None:
                return int(value), 0
            return 0, self.failure(at.BAD_PORT if text else at.NO_PORT)
        assert isinstance(port, Key)
        if self.scopes.entry(scope, port.name) is None and self.fact(scope, port.name) is None:
            return 0, self.failure(at.NO_PORT)
        return 0, writer.name(port.name, (at.WHOLE_PORT, at.KINDS.index(kind)))

    def status(self, node: Node, scope: Scope, name: str, port: Port) -> int:
        """A port that is a status, as it is written; IDLE, which fails, when it is none.

        Raises:
            TreeError: it is an entry.
        """
        text = self.text(scope, port)
        if text is None:
            raise TreeError(
                what=f"port {name}: the batch engine has no entries that hold a status",
                got=f"{{{port.name}}}" if isinstance(port, Key) else port,
                where=node.at,
                fix="write FAILURE, SUCCESS or SKIPPED",
            )
        return STATUSES.index(text) if text in STATUSES else at.IDLE

    def as_text(self, node: Node, scope: Scope, port: Port) -> int:
        """Code that gives the number that a port's text is, 0 when it is none and never will be."""
        names = _Names(self, scope, "variable", node)
        text = self.text(scope, port)
        if text is None:
            assert isinstance(port, Key)
            unknown = self.scopes.entry(scope, port.name) is None
            if unknown and self.fact(scope, port.name) is None:
                return 0
            return Postfix(self.code, names).name(port.name, (at.AS_TEXT, 0))
        number = self.enums.get(text, number_of(text))
        # A value is written "inf" and "nan"; numbers that are infinite equal no other.
        odd = number is not None and not math.isfinite(number)
        if number is None or (odd and text not in ("inf", "-inf", "nan")):
            return 0
        return Postfix(self.code, names).constant(float(number))


class _Names:
    """`postfix.Names` in one scope."""

    def __init__(self, operands: Operands, scope: Scope, attribute: str, node: Node) -> None:
        self.operands, self.scope, self.attribute, self.where = operands, scope, attribute, node

    def entry(self, name: str, /) -> int | None:
        """Number of the entry, None when only a fact can be meant."""
        number = self.operands.scopes.entry(self.scope, name)
        if number is not None and is_text(self.operands.scopes.entries[number]):
            raise TreeError(
                what=f"{self.attribute}: the batch engine has no text",
                got=f"{name} = {self.operands.scopes.entries[number].initial!r}",
                where=self.where.at,
                fix="give the SubTree a number",
            )
        return number

    def fact(self, name: str, /) -> int | None:
        """Cell of the fact behind the name."""
        return self.operands.fact(self.scope, name)

    def constant(self, value: float, /) -> int:
        """Cell of a constant."""
        return self.operands.cell(value)

    def unknown(self, name: str, /) -> TreeError:
        """The error for a name that is neither entry nor fact."""
        return TreeError(
            what=f"{self.attribute} reads a fact that is not declared",
            got=name,
            where=self.where.at,
            fix=nearest(name, list(self.operands.facts)),
        )


def is_text(entry: Entry) -> bool:
    """Whether a SubTree gives the entry a text that is no number."""
    return entry.initial is not None and number_of(entry.initial) is None


def written(root: Node, scopes: Scopes) -> frozenset[int]:
    """Numbers of the entries that a node may write."""
    found = set()
    for node, scope in zip(nodes.walk(root), scopes.scope_of, strict=True):
        for name in _writes(node):
            number = scopes.entry(scope, name)
            if number is not None:
                found.add(number)
    return frozenset(found)


def _writes(node: Node) -> Iterator[str]:
    for script in scripts_of(node):
        yield from script.writes
    if isinstance(node, nodes.Loop) and isinstance(node.value, Key):
        yield node.value.name
    elif isinstance(node, nodes.SetBlackboard) and isinstance(node.output_key, str):
        yield node.output_key
    elif isinstance(node, nodes.UnsetBlackboard) and isinstance(node.key, str):
        yield node.key
