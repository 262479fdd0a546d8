"""One agent's blackboards: the entries that `scopes` numbers, typed, and counted as they change.

Writing keeps to BehaviorTree.CPP's rules: what was declared with a type keeps it, and takes only
what can become that type without a loss. Facts stand behind the entries and are never written.
"""

from collections import deque
from typing import TYPE_CHECKING, Any

from astraweave.behavior.engine.convert import RANGES, cast
from astraweave.behavior.scopes import Scope, Scopes
from astraweave.behavior.scripts.environment import Kind, Value
from astraweave.behavior.scripts.values import constant, convert
from astraweave.errors import TreeError

if TYPE_CHECKING:
    from astraweave.behavior.engine.running import Agent

Held = Value | deque[Any] | list[Any]
"""What an entry may hold: a value of scripts, or a queue for the Loop nodes."""

MAX_EXTRA, MAX_NAME = 10_000, 1_000
"""Entries of an agent that only the running tree, or the game, names; characters of a name."""
WEAK: tuple[Kind, ...] = ("any", "opaque")
"""Types that an entry gives up for that of the next value."""


class Cell:
    """One entry.

    value: None for none yet. kind: declared type. origin: type of the value when it came in, None
    as long as there is no entry. count: how often it was written since there is one.
    """

    __slots__ = ("count", "kind", "origin", "value")

    def __init__(self) -> None:
        """No entry."""
        self.value: Held | None = None
        self.kind: Kind | None = None
        self.origin: Kind = "any"
        self.count = 0

    def put(self, value: Held | None, origin: Kind) -> None:
        """A new value."""
        self.value, self.origin = value, origin
        self.count += 1

    def clear(self) -> None:
        """There is no entry any more; the next one counts from 0."""
        self.value, self.kind, self.count = None, None, 0


def kind_of(value: Held) -> Kind:
    """The kind of a value as a script or the game gives it."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int64"
    if isinstance(value, float):
        return "double"
    return "string" if isinstance(value, str) else "any"


class Blackboard:
    """The entries of one agent. scopes: shared by all agents of a tree."""

    __slots__ = ("_cells", "_extra", "_views", "agent", "scopes")

    def __init__(self, scopes: Scopes, agent: "Agent") -> None:
        """Entries that ports declare are there without a value, constants of SubTrees with one."""
        self.scopes, self.agent = scopes, agent
        self._views: dict[int, View] = {}
        self._extra: dict[tuple[int, str], Cell] = {}
        self._cells: list[Cell] = []
        for entry in scopes.entries:
            cell = Cell()
            self._cells.append(cell)
            cell.kind = entry.kind
            if entry.initial is not None:
                cell.kind, value = constant(entry.initial)
                cell.put(value, "string" if isinstance(value, str) else cell.kind)

    def cell(self, scope: Scope, name: str) -> Cell | None:
        """What `name` means in `scope`; None when nobody ever wrote it, and no script can."""
        number = self.scopes.entry(scope, name)
        if number is not None:
            return self._cells[number]
        home, own = scope.home(name)
        return self._extra.get((id(home), own))

    def made(self, scope: Scope, name: str) -> Cell:
        """As `cell`; made when there is none: a key may be known only when the tree runs.

        Raises:
            TreeError: one entry too many, or a name that is too long; keys may come from a file.
        """
        cell = self.cell(scope, name)
        if cell is None:
            home, own = scope.home(name)
            if len(self._extra) >= MAX_EXTRA or len(own) > MAX_NAME:
                excess = f"names of up to {MAX_NAME} characters, {MAX_EXTRA:,} that no node names"
                raise TreeError(what=f"a blackboard takes {excess}", got=own, fix="use fewer keys")
            cell = self._extra[id(home), own] = Cell()
            cell.kind = self.scopes.kind(scope, name)
        return cell

    def look(self, scope: Scope, name: str) -> Held | None:
        """Value of the entry, else of the fact as a double; None when there is neither."""
        return self.over(scope).look(name)

    def count(self, scope: Scope, name: str) -> int | None:
        """How often the entry was written, None when there is no such entry."""
        cell = self.cell(scope, name)
        return None if cell is None or cell.kind is None else cell.count

    def store(self, scope: Scope, name: str, value: Held, kind: Kind) -> None:
        """Write a value of that kind, as a port, or the game, does.

        Raises:
            TreeError: the entry was declared with a type that the value cannot become.
        """
        write(self.made(scope, name), name, value, kind, own=self._owns(scope, name))

    def overwrite(self, scope: Scope, name: str, value: Held | None, origin: Kind) -> None:
        """Replace the value, or take it away, as SetBlackboard does.

        Raises:
            TreeError: the entry was declared with another type.
        """
        cell = self.made(scope, name)
        if cell.kind is None:
            cell.kind = origin
        elif cell.kind in WEAK:
            # As in BehaviorTree.CPP, whose SetBlackboard makes it an entry for anything.
            cell.kind = "opaque" if self._owns(scope, name) else cell.kind
        elif value is not None and origin not in WEAK and cell.kind != origin:
            raise _keeps(name, cell.kind, origin)
        cell.put(value, origin)

    def _owns(self, scope: Scope, name: str) -> bool:
        return scope.home(name)[0] is scope or name.startswith("@")

    def give(self, scope: Scope, name: str, value: Any, kind: Kind = "any") -> None:
        """Write a value from Python: by itself it says of what kind it is, unless `kind` does.

        Raises:
            TreeError: it is no value, not of that kind, or the entry keeps another type.
        """
        if isinstance(value, (deque, list)):
            self.store(scope, name, value, "any")
            return
        if not isinstance(value, (int, float, str)):
            fix = "give a number, a text or a queue"
            raise TreeError(what="an entry holds numbers, texts and queues", got=value, fix=fix)
        own = game_kind(value) if kind == "any" else kind
        self.store(scope, name, cast(value, own), own)

    def unset(self, scope: Scope, name: str) -> None:
        """Remove the entry, unless it is another scope's: as in BehaviorTree.CPP that one stays."""
        home, own = scope.home(name)
        cell = self.cell(scope, name)
        if home is scope and own == name and cell is not None:
            cell.clear()

    def names(self, scope: Scope) -> list[str]:
        """Names of the entries of one scope, for errors."""
        return [entry.name for entry in self.scopes.entries if entry.scope == scope.path]

    def over(self, scope: Scope) -> "View":
        """The entries as a script of that scope sees them."""
        view = self._views.get(id(scope))
        if view is None:
            view = self._views[id(scope)] = View(self, scope)
        return view

    def adopt(self, old: "Blackboard") -> None:
        """Take over the entries of a tree that this one replaces, by their paths."""
        root = id(old.scopes.root)
        extra = {name: cell for (home, name), cell in old._extra.items() if home == root}
        before: dict[str, tuple[str | None, Cell]] = {n: (None, c) for n, c in extra.items()}
        for entry, cell in zip(old.scopes.entries, old._cells, strict=True):
            before[entry.path] = (entry.initial, cell)
        for number, entry in enumerate(self.scopes.entries):
            initial, kept = before.pop(entry.path, (None, None))
            # What a port of a SubTree says now counts, when it is another text than it was.
            if kept is not None and initial == entry.initial:
                self._cells[number] = kept
                kept.kind = kept.kind or entry.kind
        # What no node names any more is still the game's.
        for name, (_, cell) in before.items():
            if "::" not in name and cell.kind is not None:
                self._extra[id(self.scopes.root), name] = cell


def write(cell: Cell, name: str, value: Held, kind: Kind, *, own: bool = True) -> None:
    """`Blackboard::set` of BehaviorTree.CPP for a value of that kind.

    own: whether the entry is the writer's, or one of an outer tree that a port wires to it.

    Raises:
        TreeError: the entry was declared with a type that the value cannot become.
    """
    if cell.kind is None:
        # As there: a text that comes first does not bind the entry to texts.
        cell.kind = "any" if kind == "string" else kind
        cell.put(value, kind)
    elif not own:
        if kind not in ("string", *WEAK, cell.kind) and cell.kind not in WEAK:
            raise _keeps(name, cell.kind, kind)
        cell.put(value, kind)
    elif cell.kind in WEAK:
        cell.kind = kind
        cell.put(value, kind)
    else:
        cell.put(*_fitting(cell, name, value, kind))


def _keeps(name: str, kind: Kind, other: Kind) -> TreeError:
    what = f"entry {name!r} was declared as {kind} and keeps its type"
    return TreeError(what=what, got=other, fix="write to another entry, or a value of its type")


def _fitting(cell: Cell, name: str, value: Held, kind: Kind) -> tuple[Held, Kind]:
    """The value as the entry's type has it, and where it came from."""
    wanted = cell.kind or "any"
    try:
        if wanted != kind:
            value = _able(value, kind, wanted)
            kind = wanted if kind == "string" else kind
        return _into(cell, value, kind)
    except TreeError as error:
        raise TreeError(
            what=f"entry {name!r} was declared as {wanted}: {error.what}",
            got=error.got,
            fix="write to another entry, or a value of its type",
        ) from None


def _able(value: Held, kind: Kind, wanted: Kind) -> Held:
    """The value, when it can become `wanted`; a text is read as it."""
    if isinstance(value, str):
        return convert(value, wanted)
    if isinstance(value, (deque, list)) or wanted in ("string", "status", "bool"):
        raise TreeError(what="an entry keeps its type", got=kind)
    if value is False and wanted in ("int", "int64"):
        # As in BehaviorTree.CPP, where false is below the least whole number taken for a bool.
        raise TreeError(what="false is no whole number", got=value)
    cast(value, wanted)
    return value


def _into(cell: Cell, value: Held, kind: Kind) -> tuple[Held, Kind]:
    """`Any::copyInto`: a value that is there keeps its kind of number."""
    old = cell.value
    if old is None:
        return value, kind
    if isinstance(value, (str, deque, list)) or isinstance(old, (str, deque, list)):
        if type(old) is not type(value):
            raise TreeError(what="an entry keeps the type of its first value", got=value)
        return value, cell.origin
    if isinstance(old, float):
        return cast(value, "double"), cell.origin
    number = cast(value, "int64")
    truth = cell.origin == "bool" and number in (0, 1)
    return bool(number) if truth else number, cell.origin


class View:
    """The names of one scope: what scripts run over."""

    __slots__ = ("_board", "_homes", "_known", "_scope")

    def __init__(self, board: Blackboard, scope: Scope) -> None:
        """Over the entries of `board`."""
        self._board, self._scope = board, scope
        # Wiring is static and an entry is one Cell for ever: each name is looked for once.
        self._known: dict[str, Cell] = {}
        self._homes: dict[str, str] = {}

    def _cell(self, name: str) -> Cell | None:
        cell = self._known.get(name)
        if cell is None:
            cell = self._board.cell(self._scope, name)
            if cell is not None:
                self._known[name] = cell
        return cell

    def look(self, name: str) -> Held | None:
        """Value of the entry, else of the fact as a double; None when there is neither."""
        cell = self._cell(name)
        if cell is not None and cell.value is not None:
            return cell.value
        home = self._homes.get(name)
        if home is None:
            home = self._homes[name] = self._scope.home(name)[1]
        fact = self._board.agent.facts.get(home)
        return None if fact is None else float(fact)

    def get(self, name: str, /) -> Value:
        """Value of the entry, else of the fact; KeyError when there is neither."""
        value = self.look(name)
        if isinstance(value, (int, float, str)):
            return value
        raise KeyError(name)

    def entry(self, name: str, /) -> "tuple[Kind, Value | None] | None":
        """Declared type and value; None when there is no entry."""
        cell = self._cell(name)
        if cell is None or cell.kind is None:
            return None
        value = cell.value
        return cell.kind, value if isinstance(value, (int, float, str)) else None

    def create(self, name: str, /) -> None:
        """Make an entry without a type and a value."""
        self._board.made(self._scope, name).kind = "any"

    def set(self, name: str, value: Value, /) -> None:
        """Write to an entry that is there."""
        cell = self._cell(name) or self._board.made(self._scope, name)
        cell.put(value, cell.origin if _alike(cell.value, value) else kind_of(value))


def _alike(old: Held | None, new: Value) -> bool:
    """Whether both are whole numbers, doubles or texts: truth values are whole numbers here."""
    if isinstance(old, int):
        return isinstance(new, int)
    return old is not None and type(old) is type(new)


def game_kind(value: Held) -> Kind:
    """The kind of what a game writes: a whole number is an int while it fits, as in C++."""
    low, high = RANGES["int"]
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return "int"
    return kind_of(value)
