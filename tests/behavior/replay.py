"""Replays what BehaviorTree.CPP did: cases, random traces and documents, in the scalar engine.

A leaf answers at its k-th tick with the k-th letter of its script, over and over.
"""

import json
import math
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from astraweave.behavior import Model, PortModel, Status, Tree
from astraweave.behavior.groot.reader import build_tree, read_document, read_tree
from astraweave.behavior.nodes import Action, Condition
from astraweave.errors import AstraweaveError

DATA = Path(__file__).resolve().parents[1] / "data" / "conformance"
LETTER = {"S": Status.SUCCESS, "F": Status.FAILURE, "R": Status.RUNNING, "K": Status.SKIPPED}
NAME = {status: letter for letter, status in LETTER.items()} | {Status.IDLE: "I"}
LEAVES = {
    "Leaf": Model("Action", (PortModel("script", "input", "std::string"),)),
    "IsTrue": Model("Condition", (PortModel("value", "input", "double"),)),
}
FILE = "tree.xml"


@dataclass(frozen=True)
class Seen:
    """One tick. status: of all nodes, one letter each; board: the watched entries.

    An error is root "!"; nothing is said of what comes after it, so its status is "".
    """

    root: str
    events: tuple[str, ...]
    status: str = ""
    board: tuple[tuple[str, object], ...] = ()

    def tells(self, other: "Seen", *, board: bool = True, status: bool = False) -> bool:
        """Whether the other is the same in root, events and what else is asked for."""
        return (
            (self.root, self.events) == (other.root, other.events)
            and (not board or self.board == other.board)
            and (not status or not self.status or self.status == other.status)
        )

    def __str__(self):
        """Root, events and entries in one line."""
        board = " ".join(f"{key}={value!r}" for key, value in self.board)
        return " ".join(filter(None, (self.root, *self.events, board and f"[{board}]")))


@dataclass(frozen=True)
class Case:
    """One tree, what happens to it, and what must be seen.

    scripts: of the leaves by name; empty: each leaf has its own in a port. board: entries before
    the first tick. writes: entries written before a tick. halts: ticks before which it is halted.
    """

    id: str
    xml: str
    expected: tuple[Seen, ...]
    scripts: dict[str, str] = field(default_factory=dict)
    board: dict[str, object] = field(default_factory=dict)
    writes: dict[int, dict[str, object]] = field(default_factory=dict)
    watched: tuple[str, ...] = ()
    halts: frozenset[int] = frozenset()
    step_s: float = 1.0
    once: bool = False


@dataclass(frozen=True)
class Page:
    """A document, whether it loads, and whether its first tick is an error.

    leaves: the node types that are registered. board: entries that are written before that.
    """

    id: str
    xml: str
    main: str | None
    result: str
    leaves: tuple[str, ...] = ("Leaf",)
    board: dict[str, object] = field(default_factory=dict)


def load(name):
    """The data of one of the repository's own files."""
    return json.loads((DATA / name).read_text("utf-8"))


def parts(node):
    """A node of a case's `tree` and all below it."""
    yield node
    for child in node.get("c", ()):
        yield from parts(child)


def held(path):
    """All that a file of one of the three schemas holds."""
    data = json.loads(Path(path).read_text("utf-8"))
    if "trees" in data:
        return [case for item in data["trees"] for case in traces(item)]
    items = data["cases"]
    return [single(item) if "expect" in item else page(item) for item in items]


def page(item):
    """A document of xml_documents.json, or a case that did not load."""
    if "load_error" in item:
        board = item.get("bb_init", {})
        return Page(item["id"], item["xml"], None, "load_error", tuple(LEAVES), board)
    return Page(item["id"], item["xml"], item.get("main"), item["result"])


def single(item):
    """A case of behavior_tree_cases.json."""
    return Case(
        item["id"],
        item["xml"],
        tuple(
            Seen(
                tick["root"],
                tuple(tick["events"]),
                tick.get("status", "") if tick["root"] != "!" else "",
                tuple((key, value) for key, value in tick.get("bb", {}).items()),
            )
            for tick in item["expect"]
        ),
        board=item.get("bb_init", {}),
        writes={int(tick): entries for tick, entries in item.get("bb_set", {}).items()},
        watched=tuple(item.get("bb_watch", ())),
        halts=frozenset(item.get("halt_before", ())),
        step_s=item.get("dt_ms", 0) / 1000.0 or 1e-6,
        once=item.get("mode") == "once",
    )


def traces(item):
    """The runs of a tree of random_tree_traces.json."""
    for number, run in enumerate(item["runs"]):
        status = run.get("status") or [""] * len(run["root"])
        ticks = zip(run["root"], run["events"], status, strict=True)
        expected = tuple(Seen(r, tuple(e.split()), s if r != "!" else "") for r, e, s in ticks)
        halts = frozenset(run.get("halt_before", ()))
        yield Case(f"{item['id']}.{number}", item["xml"], expected, run["scripts"], halts=halts)


def read_page(case):
    """What becomes of a document: "load_error", "tick_error" or "ok"."""
    try:
        leaves = {name: LEAVES[name] for name in case.leaves}
        document = read_document(case.xml.encode(), FILE, leaves)
        if any(ident not in leaves for ident in leaves_of(document)):
            return "load_error"
        tree, log = Tree(build_tree(document, case.main), FILE), Log()
        ticker = tree.ticker(seed=0, board=case.board, watcher=log)
    except AstraweaveError:
        return "load_error"
    bind(tree, log, {})
    try:
        ticker.tick({}, 0.0)
    except (AstraweaveError, ValueError, KeyError, ZeroDivisionError):
        return "tick_error"
    return "ok"


def leaves_of(document):
    """IDs of the leaves of all trees: there, one that nobody has registered does not load."""
    for tree in document.trees.values():
        for element in list(tree.walk())[1:]:
            kind, ident = document.resolve(element)
            if kind in ("Action", "Condition"):
                yield ident


class Log:
    """The watcher of a replay: events of the leaves, up to the first error of a tick."""

    def __init__(self):
        self.events, self.failing = [], False
        self.board = dict

    def add(self, event):
        if not self.failing:
            self.events.append(event)

    def ticked(self, node, status, now_s):
        """Leaves tell it themselves: what a precondition says is no event."""

    def halted(self, node, now_s):
        """A leaf that ran is halted."""
        if isinstance(node, (Action, Condition)):
            self.add(f"~{node.name}")

    def asked(self, node, attribute, script, value, read):
        """No event."""

    def failed(self, error):
        """What the engine tidies up after an error is no event any more, and no entry of its."""
        if not self.failing:
            self.failing, self.last = True, self.board()

    def take(self):
        """Events and entries of one tick."""
        seen = tuple(self.events), self.last if self.failing else self.board()
        self.events, self.failing = [], False
        return seen


def bind(tree, log, scripts):
    """Callbacks of Leaf and IsTrue."""
    counts = {}

    def leaf(_entity, _facts, ports):
        script = scripts[ports.name] if scripts else ports["script"]
        count = counts[ports.path] = counts.get(ports.path, -1) + 1
        letter = script[count % len(script)]
        log.add(f"{ports.name}:{letter}")
        return LETTER[letter]

    def is_true(_entity, _facts, ports):
        answer = ports["value"] != 0.0
        log.add(f"{ports.name}:{'S' if answer else 'F'}")
        return answer

    tree.callbacks.clear()
    if "Leaf" in tree.actions:
        tree.action("Leaf")(leaf)
    if "IsTrue" in tree.conditions:
        tree.condition("IsTrue")(is_true)


def play_scalar(case, tree=None, before=None):
    """What the scalar engine does, tick by tick, up to the first error.

    tree: that of the case, when it was read already. before: called before each tick.
    """
    tree, log = tree or Tree(read_tree(case.xml.encode(), FILE, LEAVES), case.id), Log()
    bind(tree, log, case.scripts)
    ticker = tree.ticker(seed=0, board=case.board, watcher=log)
    log.board = lambda: tuple((key, said(ticker.board.get(key))) for key in case.watched)
    seen = []
    for tick in range(len(case.expected)):
        now = tick * case.step_s
        if before is not None:
            before()
        try:
            if tick in case.halts:
                ticker.halt(now)
            write(ticker.board, case.writes.get(tick, {}))
            root = NAME[ticker.tick({}, now, once=case.once)]
        except (AstraweaveError, ValueError, KeyError, ZeroDivisionError):
            root = "!"
        status = "".join(NAME[s] for s in ticker.statuses().values()) if root != "!" else ""
        events, board = log.take()
        seen.append(Seen(root, events, status, board))
        if root == "!":
            break
    return seen


def write(board, entries):
    """The game's part; null removes an entry."""
    for key, value in entries.items():
        if value is not None:
            board[key] = value
        else:
            with suppress(KeyError):
                del board[key]


def said(value):
    """A value as the files have it."""
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value
