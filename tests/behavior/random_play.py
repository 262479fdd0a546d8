"""Random trees played by both engines: what each tick says, and the log, in one form."""

import contextlib
from dataclasses import dataclass, field

import numpy as np

from astraweave.behavior import BatchTicker, Status
from astraweave.behavior.flat.program import compile_tree
from astraweave.behavior.kernels.layout import ERROR, HALTED, TELLS
from astraweave.behavior.nodes import Action
from astraweave.errors import TreeError
from tests.behavior.jump_trees import logged
from tests.behavior.random_trees import FACTS, GAME, STEP_S, begun


@dataclass
class Told:
    """A listener and a watcher: the log's columns, events of leaves up to an error, command."""

    tick: int = 0
    rows: list[list[object]] = field(default_factory=list)
    events: list[tuple[str, int]] = field(default_factory=list)
    commanded: tuple[str, str] = ("", "")
    failing: bool = False

    def chose(self, node, tactic, propensity, available, now_s):
        self.rows.append([self.tick, -1, node, tactic, propensity, available, None])

    def ended(self, node, tactic, result, effectiveness, now_s):
        row = next(r for r in reversed(self.rows) if r[2] == node)
        assert (row[1], row[3]) == (-1, tactic)
        row[1], row[6] = self.tick, result

    def said(self, path, action, status):
        if status is Status.RUNNING:
            self.commanded = (path, action)
        if not self.failing:
            self.events.append((path, int(status)))

    def halted(self, node, now_s):
        if isinstance(node, Action):
            if self.commanded[0] == node.path:
                self.commanded = ("", "")
            if not self.failing:
                self.events.append((node.path, HALTED))

    def ticked(self, node, status, now_s):
        """Leaves tell it themselves."""

    def asked(self, node, attribute, script, value, read):
        """Nothing to compare."""

    def failed(self, error):
        self.failing = True


def scalar(tree, factors, world, agent, ticks, hold_s, *, answered):  # noqa: C901  # one tick after the other, told in one place
    """(root, events, command, tactic, board) of every tick, and the log, of the scalar engine.

    answered: actions say what `World.said` says; else they are commanded, and the environment
    says how what was commanded last goes on.
    """
    told, times = Told(), {}
    before, status = ("", ""), 0

    def answering(name):
        number = tree.actions.index(name)

        def answer(_entity, _facts, *, ports):
            time = times[name] = times.get(name, -1) + 1
            status = world.said(agent, told.tick, number, time)
            told.said(ports.path, name, status)
            return status

        return answer

    def commanding(name):
        def command(_entity, _facts, *, ports):
            told.said(ports.path, name, Status.RUNNING)
            yield
            while before[0] != ports.path or status < Status.SUCCESS:
                told.said(ports.path, name, Status.RUNNING)
                yield
            told.said(ports.path, name, Status(status))
            return Status(status)

        return command

    for name in tree.actions:
        tree.action(name)(answering(name) if answered else commanding(name))
    board = begun(tree, agent)
    ticker = tree.ticker(seed=agent, listener=told, hold_s=hold_s, board=board, watcher=told)
    ticker.weights(dict(zip(tree.tactics, factors.tolist(), strict=True)))
    seen, facts = [], dict.fromkeys(FACTS, 0.0)
    for tick in range(ticks):
        told.tick, told.events, told.failing = tick, [], False
        times.clear()
        root = None
        try:
            if tick in world.halts:
                ticker.halt(tick * STEP_S)
        except TreeError:
            told.failing = True
        halted, told.events, told.failing = told.events, [], False
        before = ("", "") if tick in world.halts else told.commanded
        told.commanded, status = ("", ""), world.status(agent, tick)
        times.clear()
        for name, value in world.writes(agent, tick).items() if tick > 0 else ():
            put(ticker.board, name, value)
        facts = dict(zip(FACTS, world.facts(agent, tick), strict=True))
        try:
            root = int(ticker.tick(facts, tick * STEP_S))
        except TreeError:
            root, told.commanded = ERROR, ("", "")
        command = tree.actions.index(told.commanded[1]) if told.commanded[0] else -1
        events = list(told.events)
        seen.append((root, halted, events, command, ticker.tactic, board_of(ticker)))
    told.tick = ticks
    with contextlib.suppress(TreeError):
        ticker.halt(ticks * STEP_S)
    return seen, told.rows


def put(board, name, value):
    """The game's part; what an entry's type does not take is not written."""
    if value is None:
        board.pop(name, None)
        return
    try:
        board[name] = value
    except TreeError:
        return


def board_of(ticker):
    """What all entries hold, by their paths."""
    board = ticker._agent.board
    cells = zip(board.scopes.entries, board._cells, strict=True)
    return {entry.path: cell.value for entry, cell in cells if cell.value is not None}


def batched(tree, factors, world, agents, ticks, hold_s, *, answered, engine="machine"):
    """As `scalar` for each agent, from one batch."""
    program = compile_tree(tree.root, FACTS, tree.actions, tree.tactics, "", GAME)
    n, room = len(agents), 8 * TELLS * len(program.paths) + 8
    seeds = np.array(agents, np.int64)
    batch = BatchTicker(program, seeds, factors, STEP_S, hold_s=hold_s, events=room, _engine=engine)
    seen = [[] for _ in agents]
    for tick in range(ticks):
        halted = [[] for _ in agents]
        if tick in world.halts:
            batch.halt(answers_of(tree, world, agents, tick) if answered else None)
            halted = [told(batch, i) for i in range(n)]
        for i, agent in enumerate(agents):
            writes = world.writes(agent, tick) if tick > 0 else begun(tree, agent)
            write(batch, writes, np.arange(n) == i)
        facts = np.array([world.facts(agent, tick) for agent in agents])
        status = np.array([world.status(agent, tick) for agent in agents], np.int8)
        answers = answers_of(tree, world, agents, tick) if answered else None
        batch.tick(facts, status, np.zeros(n, np.bool_), answers)
        for i in range(n):
            tactic = None if batch.tactic[i] < 0 else tree.tactics[batch.tactic[i]]
            command = int(batch.commands[i])
            root = int(batch.result[i])
            seen[i].append((root, halted[i], told(batch, i), command, tactic, entries(batch, i)))
    batch.halt(answers_of(tree, world, agents, ticks) if answered else None)
    return [(seen[i], logged(tree, batch.log, i)) for i in range(n)]


def answers_of(tree, world, agents, tick):
    """What each action of each agent says at a tick, the first time, the second, …."""
    table = [
        [
            [world.said(agent, tick, i, time) for time in range(TELLS)]
            for i in range(len(tree.actions))
        ]
        for agent in agents
    ]
    return np.array(table, np.int8).reshape(len(agents), len(tree.actions), TELLS)


def told(batch, agent):
    """Events of a tick up to an error."""
    events = []
    for number, code in batch.events_of(agent):
        if code == ERROR:
            break
        events.append((batch.program.paths[number], code))
    return events


def write(batch, entries, agents):
    """The game's part; what an entry's type does not take is not written."""
    for name, value in entries.items():
        if value is None:
            batch.remove(name, agents & batch.entry(name)[1])
            continue
        try:
            batch.write(name, np.array(value), agents)
        except TreeError:
            continue


def entries(batch, agent):
    """What all entries hold, by their paths."""
    found = {}
    for name in batch.program.entries:
        values, there = batch.entry(name)
        if there[agent]:
            found[name] = values[agent]
    return found
