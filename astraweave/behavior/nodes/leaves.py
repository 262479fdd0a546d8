"""Nodes without children. Each docstring is the node's truth table."""

from dataclasses import dataclass

from astraweave.behavior.nodes.base import Node, Port, PortType
from astraweave.behavior.scripts.parser import Script


@dataclass(frozen=True, slots=True, kw_only=True)
class AlwaysSuccess(Node):
    """SUCCESS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlwaysFailure(Node):
    """FAILURE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptCondition(Node):
    """`code` not 0 → SUCCESS; 0 → FAILURE."""

    code: Script


@dataclass(frozen=True, slots=True, kw_only=True)
class RunScript(Node):
    """The node <Script>: runs `code` → SUCCESS."""

    code: Script


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBlackboard(Node):
    """Writes `value` (a text, or a copy of another entry) to `output_key` → SUCCESS."""

    value: Port
    output_key: Port


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsetBlackboard(Node):
    """Removes the entry `key` → SUCCESS."""

    key: Port


@dataclass(frozen=True, slots=True, kw_only=True)
class WasEntryUpdated(Node):
    """`entry` was written since the last time → SUCCESS, else FAILURE."""

    entry: Port


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep(Node):
    """RUNNING until `msec` of simulated time have passed, then SUCCESS."""

    msec: Port = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(Node):
    """What the callback `id` answers: true → SUCCESS; false → FAILURE."""

    id: str
    ports: tuple[tuple[str, Port], ...] = ()
    declared: tuple[PortType, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Node):
    """What the callback, or the environment, says of `id`.

    Callback: its answer; a generator that yields → RUNNING, resumed next tick, closed on halt.
    Environment: entered → commanded, RUNNING; then the status it reports (IDLE counts as RUNNING).
    Neither: an intention, RUNNING until the hold is over, then SUCCESS.
    """

    id: str
    ports: tuple[tuple[str, Port], ...] = ()
    declared: tuple[PortType, ...] = ()
