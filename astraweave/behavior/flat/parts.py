"""A batch in parts: agents whose trees need different engines tick together.

Takes what `batch.BatchTicker` has checked; refuses nothing itself.
"""

from collections.abc import Iterator
from collections.abc import Sequence as Order
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from astraweave.behavior.flat.jump import Jump
from astraweave.behavior.flat.jump_code import JumpCode
from astraweave.behavior.flat.jump_compile import jump_code
from astraweave.behavior.flat.log import DecisionLog
from astraweave.behavior.flat.machine import Machine
from astraweave.behavior.flat.program import Program
from astraweave.errors import TreeError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Setting(NamedTuple):
    """What all parts of a batch share; as in `BatchTicker`."""

    hold_steps: int
    keep_log: bool
    events: int
    step_s: float = 0.1


class Engine(Protocol):
    """What ticks n agents. commands: int16[n] and result: int8[n], of the last tick."""

    commands: npt.NDArray[np.int16]
    result: npt.NDArray[np.int8]

    @property
    def tactic(self) -> Ints:
        """int64[n]: the running or last chosen tactic of each agent, −1 before the first."""
        ...

    @property
    def log(self) -> DecisionLog:
        """What was decided so far."""
        ...

    def weights(self, table: Floats) -> None:
        """What later draws are made from."""
        ...

    def tick(
        self,
        facts: Floats,
        status: npt.NDArray[np.int8],
        done: npt.NDArray[np.bool_],
        answers: npt.NDArray[np.int8] | None = None,
    ) -> None:
        """One decision step of every agent; arrays as in `BatchTicker.tick`, C-contiguous."""
        ...

    def halt(self, answers: npt.NDArray[np.int8] | None = None) -> None:
        """Halt every agent: what runs is interrupted, what is held has succeeded."""
        ...

    def events_of(self, agent: int) -> list[tuple[int, int]]:
        """Leaf events of the last tick."""
        ...


class Part(NamedTuple):
    """An engine and its agents, ascending; programs: theirs, by number."""

    engine: Engine
    agents: Ints
    programs: tuple[int, ...]


def parted(
    programs: Order[Program], seeds: Ints, which: Ints, setting: Setting, *, jump: bool
) -> "Parts":
    """Jump code for all programs that have some, where `jump` allows it, else the machine.

    which: int64[n], the program of each agent.
    """
    codes = {i: code for i, p in enumerate(programs) if isinstance(code := jump_code(p), JumpCode)}
    codes = codes if jump else {}
    parts = []
    if codes:
        agents, mine, place = np.arange(len(which)), seeds, which
        if len(codes) < len(programs):
            agents = np.flatnonzero(np.isin(which, list(codes)))
            mine, place = seeds[agents], np.searchsorted(list(codes), which[agents])
        engine = Jump(list(codes.values()), mine, place, setting)
        parts.append(Part(engine, agents, tuple(codes)))
    for i, program in enumerate(programs):
        if i not in codes:
            agents = np.flatnonzero(which == i)
            parts.append(Part(Machine(program, seeds[agents], setting), agents, (i,)))
    return Parts(parts, which)


class Parts:
    """Several engines as one; a single one is handed the arrays as they are."""

    def __init__(self, parts: Order[Part], which: Ints) -> None:
        """Every agent is in one part. which: int64[n], the program of each agent."""
        self.parts, self.which = tuple(parts), which
        self.only = self.parts[0].engine if len(parts) == 1 else None
        several = 0 if self.only is not None else len(which)
        self._commands = np.full(several, -1, np.int16)
        self._result = np.zeros(several, np.int8)

    @property
    def jumps(self) -> bool:
        """Whether some agents go through jump code."""
        return any(isinstance(part.engine, Jump) for part in self.parts)

    @property
    def commands(self) -> npt.NDArray[np.int16]:
        """int16[n], of the last tick."""
        return self._commands if self.only is None else self.only.commands

    @property
    def result(self) -> npt.NDArray[np.int8]:
        """int8[n], of the last tick."""
        return self._result if self.only is None else self.only.result

    @property
    def tactic(self) -> Ints:
        """int64[n]: the running or last chosen tactic of each agent, −1 before the first."""
        if self.only is not None:
            return self.only.tactic
        tactic = np.empty(len(self.which), np.int64)
        for part in self.parts:
            tactic[part.agents] = part.engine.tactic
        return tactic

    @property
    def log(self) -> DecisionLog:
        """What was decided so far, in the order of steps and agents."""
        if self.only is not None:
            return self.only.log
        logs = [part.engine.log for part in self.parts]
        logs = [
            log._replace(world=part.agents[log.world])
            for part, log in zip(self.parts, logs, strict=True)
        ]
        columns = [np.concatenate(column) for column in zip(*logs, strict=True)]
        whole = DecisionLog(*columns)
        order = np.lexsort((whole.world, whole.step_started))
        return DecisionLog(*(column[order] for column in columns))

    def weights(self, tables: Order[Floats]) -> None:
        """What later draws are made from: of each program float64[1 or n, its tactics]."""
        for part in self.parts:
            own = [tables[i] for i in part.programs]
            if all(len(table) == 1 for table in own):
                part.engine.weights(np.concatenate(own, axis=1))
                continue
            each = np.ones((len(part.agents), max(table.shape[1] for table in own)))
            for i, table in zip(part.programs, own, strict=True):
                mine = self.which[part.agents] == i
                rows = table if len(table) == 1 else table[part.agents[mine]]
                each[mine, : table.shape[1]] = rows
            part.engine.weights(each)

    def tick(
        self,
        facts: Floats,
        status: npt.NDArray[np.int8],
        done: npt.NDArray[np.bool_],
        answers: npt.NDArray[np.int8] | None = None,
    ) -> None:
        """One decision step of every agent; arrays as in `BatchTicker.tick`, C-contiguous."""
        if self.only is not None:
            self.only.tick(facts, status, done, answers)
            return
        for part in self.parts:
            some = part.agents
            said = None if answers is None else answers[some]
            part.engine.tick(facts[some], status[some], done[some], said)
        self._gather()

    def halt(self, answers: npt.NDArray[np.int8] | None = None) -> None:
        """Halt every agent: what runs is interrupted, what is held has succeeded."""
        for part in self.parts:
            part.engine.halt(None if answers is None else answers[part.agents])
        if self.only is None:
            self._gather()

    def _gather(self) -> None:
        for part in self.parts:
            self._commands[part.agents] = part.engine.commands
            self._result[part.agents] = part.engine.result

    def events_of(self, agent: int) -> list[tuple[int, int]]:
        """Leaf events of the last tick."""
        engine, place = self._at(agent)
        return engine.events_of(place)

    @property
    def fails(self) -> bool:
        """Whether an agent may meet an error: jump code runs only what cannot fail."""
        return any(isinstance(part.engine, Machine) for part in self.parts)

    def error_of(self, agent: int) -> TreeError | None:
        """What went wrong for an agent in the last tick."""
        engine, place = self._at(agent)
        return engine.error_of(place) if isinstance(engine, Machine) else None

    def _at(self, agent: int) -> tuple[Engine, int]:
        for part in self.parts:
            place = int(np.searchsorted(part.agents, agent))
            if place < len(part.agents) and part.agents[place] == agent:
                return part.engine, place
        raise IndexError(agent)

    def holders(self, entry: str) -> Iterator[tuple[Machine, Ints]]:
        """Each engine whose agents have that entry, with its agents."""
        for part in self.parts:
            if isinstance(part.engine, Machine) and entry in part.engine.program.entries:
                yield part.engine, part.agents
