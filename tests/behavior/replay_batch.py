"""Replays in the batch engine what it can run: numbers, and leaves that answer from a list.

Every leaf becomes an action of its own, that answers from its script; a condition answers with
the entry that it asks, as it is when the tick begins.
"""

from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np

from astraweave.behavior import BatchTicker, Status, Tree
from astraweave.behavior.flat.program import compile_tree
from astraweave.behavior.groot.reader import read_tree
from astraweave.behavior.kernels.layout import ERROR, HALTED, TELLS
from astraweave.behavior.nodes import Action, Condition, Key
from astraweave.errors import TreeError
from tests.behavior.replay import FILE, LEAVES, LETTER, NAME, Seen, said


@dataclass
class Flat:
    """Leaves by the number of their node. scripts: what they answer; asked: entries they ask."""

    names: dict[int, str] = field(default_factory=dict)
    scripts: dict[int, object] = field(default_factory=dict)
    asked: dict[int, object] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)

    def take(self, node, case, numbers):
        """The node as the batch engine plays it."""
        number = next(numbers)
        if not isinstance(node, (Action, Condition)):
            return replace(
                node, children=tuple(self.take(child, case, numbers) for child in node.children)
            )
        self.names[number], ports = node.name, dict(node.ports)
        if isinstance(node, Action):
            self.scripts[number] = case.scripts.get(node.name) or ports["script"]
            self.counts[number] = 0
        else:
            self.asked[number] = ports["value"]
        kept = {name: getattr(node, name) for name in ("name", "path", "where", "hooks")}
        return Action(id=str(number), **kept)

    def answers(self, batch):
        """What each action says when it is ticked now: the first time, the second, ….

        A condition's entry must have a value, or an error would be right.
        """
        rows = []
        for number in self.names:
            if number in self.asked:
                value, there = batch.entry(self.asked[number].name)
                assert there[0]
                rows.append([Status.SUCCESS if value[0] else Status.FAILURE] * TELLS)
            else:
                script, first = self.scripts[number], self.counts[number]
                rows.append([LETTER[script[(first + i) % len(script)]] for i in range(TELLS)])
        return np.array([rows], np.int8).reshape(1, len(rows), TELLS)

    def told(self, events):
        """Events as the files have them, up to an error; each tick of a leaf counts."""
        for number, code in events:
            if code == ERROR:
                return
            if code == HALTED:
                yield f"~{self.names[number]}"
                continue
            if number in self.counts:
                self.counts[number] += 1
            yield f"{self.names[number]}:{NAME[Status(code)]}"


class UnplayableError(Exception):
    """Nothing for the batch engine; says why."""


def play_batch(case):
    """What the batch engine does up to the first error; None when it cannot run the tree."""
    try:
        return played(case)
    except UnplayableError:
        return None


def played(case):
    """As `play_batch`, which is what this is for.

    Raises:
        UnplayableError: the batch engine cannot run it.
    """
    batch, flat = prepared(case)
    write(batch, case.board)
    seen = []
    for tick, expected in enumerate(case.expected):
        events, wrong = [], None
        if tick in case.halts:
            batch.halt(flat.answers(batch))
            events, wrong = list(flat.told(batch.events_of(0))), batch.error_of(0)
        if wrong is None:
            write(batch, case.writes.get(tick, {}))
            zero = np.zeros(1, np.int8)
            answers = flat.answers(batch)
            batch.tick(np.zeros((1, 0)), zero, zero.astype(np.bool_), answers)
            events += flat.told(batch.events_of(0))
            wrong = batch.error_of(0)
        if wrong is not None:
            # Entries are those after the halt: nothing is said of them.
            return [*seen, Seen("!", tuple(events), "", expected.board)]
        board = tuple((key, held(batch, key)) for key, _ in expected.board)
        seen.append(Seen(NAME[Status(int(batch.result[0]))], tuple(events), "", board))
    return seen


def prepared(case):
    """A batch of one, and its leaves."""
    if case.once:
        raise UnplayableError("the batch engine ticks exactly once")
    writes = [case.board, *case.writes.values()]
    if any(isinstance(value, str) for entries in writes for value in entries.values()):
        raise UnplayableError("the game writes text")
    if any(
        isinstance(value, str) and value not in ("inf", "-inf", "nan")
        for seen in case.expected
        for _, value in seen.board
    ):
        raise UnplayableError("an entry holds text")
    flat, board = Flat(), tuple(dict.fromkeys(name for entries in writes for name in entries))
    root = flat.take(read_tree(case.xml.encode(), FILE, LEAVES), case, count())
    if not all(isinstance(script, str) for script in flat.scripts.values()):
        raise UnplayableError("a leaf reads text from an entry")
    if not all(isinstance(key, Key) and key.name in board for key in flat.asked.values()):
        raise UnplayableError("a condition reads what the game does not write")
    tree = Tree(root, case.id)
    try:
        program = compile_tree(root, (), tree.actions, tree.tactics, "", board)
    except TreeError as error:
        raise UnplayableError(error.what) from None
    room = 8 * TELLS * len(program.paths)
    return BatchTicker(program, np.zeros(1, np.int64), step_s=case.step_s, events=room), flat


def write(batch, entries):
    """The game's part; null removes an entry."""
    for key, value in entries.items():
        if value is None:
            batch.remove(key)
        else:
            batch.write(key, np.array(value))


def held(batch, key):
    """An entry as the files have it."""
    name = key.removeprefix("@")
    if name not in batch.program.entries:
        return None
    values, there = batch.entry(name)
    return said(float(values[0])) if there[0] else None
