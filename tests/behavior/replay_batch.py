"""Replays in the batch engine what it can run: numbers, no callbacks, no errors.

Every leaf becomes an action of its own, that answers from its script; a condition answers with
the entry it asks.
"""

from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np

from astraweave.behavior import BatchTicker, Status, Tree
from astraweave.behavior.groot.reader import read_tree
from astraweave.behavior.nodes import NO_HOOKS, Action, Condition, Key, walk
from astraweave.errors import TreeError
from tests.behavior.replay import FILE, LEAVES, LETTER, NAME, Seen

HALTED = 7
"""Code of a leaf's halt among the batch engine's events."""


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

    def playable(self, tree, facts):
        """Whether the batch engine can be asked for it."""
        hooks = (node.hooks._replace(skip_if=None) for node in walk(tree.root))
        return (
            all(each == NO_HOOKS for each in hooks)
            and all(isinstance(script, str) for script in self.scripts.values())
            and all(isinstance(key, Key) and key.name in facts for key in self.asked.values())
        )

    def answers(self, facts):
        """What each action says when it is ticked now."""
        said = []
        for number in self.names:
            if number in self.asked:
                asked = facts[self.asked[number].name]
                said.append(Status.SUCCESS if asked else Status.FAILURE)
            else:
                script = self.scripts[number]
                said.append(LETTER[script[self.counts[number] % len(script)]])
        return np.array([said], np.int8).reshape(1, len(said))

    def told(self, events):
        """Events as the files have them; each tick of a leaf counts."""
        for number, code in events:
            if code == HALTED:
                yield f"~{self.names[number]}"
                continue
            if number in self.counts:
                self.counts[number] += 1
            yield f"{self.names[number]}:{NAME[Status(code)]}"


def play_batch(case):
    """What the batch engine does, None when it cannot run the tree."""
    rows, flat = facts_of(case), Flat()
    root = read_tree(case.xml.encode(), FILE, LEAVES)
    tree = Tree(flat.take(root, case, count()), case.id)
    failing = any(seen.root == "!" for seen in case.expected)
    if case.once or failing or rows is None or not flat.playable(tree, rows[0]):
        return None
    try:
        program = tree.program(tuple(rows[0]), tree.actions)
    except TreeError:
        return None
    room = 4 * len(program.paths)
    batch = BatchTicker(program, np.zeros(1, np.int64), step_s=case.step_s, events=room)
    return [step(batch, flat, facts, tick in case.halts) for tick, facts in enumerate(rows)]


def step(batch, flat, facts, halts):
    """One tick."""
    events = []
    if halts:
        batch.halt()
        events += batch.events_of(0)
    row = np.array([list(facts.values())], np.float64).reshape(1, len(facts))
    batch.tick(row, np.zeros(1, np.int8), np.zeros(1, np.bool_), flat.answers(facts))
    events += batch.events_of(0)
    return Seen(NAME[Status(int(batch.result[0]))], tuple(flat.told(events)))


def facts_of(case):
    """The entries of each tick as facts, None when a tree may see more than numbers."""
    board, rows = dict(case.board), []
    for tick in range(len(case.expected)):
        board |= case.writes.get(tick, {})
        if not all(isinstance(value, (int, float)) for value in board.values()):
            return None
        rows.append({name: float(value) for name, value in board.items()})
    return rows
