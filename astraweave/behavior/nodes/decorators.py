"""Nodes with one child. Each docstring is the node's truth table; "ends" is SUCCESS or FAILURE."""

from dataclasses import dataclass
from typing import Literal

from astraweave.behavior.nodes.base import Node, Port
from astraweave.behavior.scripts.environment import Kind
from astraweave.behavior.scripts.parser import Script

Answer = Literal["SUCCESS", "FAILURE", "RUNNING", "SKIPPED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverter(Node):
    """SUCCESS → FAILURE; FAILURE → SUCCESS; RUNNING and SKIPPED as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceSuccess(Node):
    """SUCCESS and FAILURE → SUCCESS; RUNNING and SKIPPED as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceFailure(Node):
    """SUCCESS and FAILURE → FAILURE; RUNNING and SKIPPED as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat(Node):
    """SUCCESS → again, until `num_cycles` (−1: for ever) → SUCCESS; FAILURE → FAILURE.

    Between two cycles it says RUNNING, unless the child was RUNNING before it succeeded.
    """

    num_cycles: Port = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryUntilSuccessful(Node):
    """FAILURE → again, until `num_attempts` (−1: for ever) → FAILURE; SUCCESS → SUCCESS.

    Between two attempts it says RUNNING, unless the child was RUNNING before it failed.
    """

    num_attempts: Port = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepRunningUntilFailure(Node):
    """FAILURE → FAILURE; SUCCESS and RUNNING → RUNNING."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay(Node):
    """RUNNING until `delay_msec` of simulated time have passed, then the child."""

    delay_msec: Port = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeout(Node):
    """The child; still RUNNING `msec` of simulated time after it began → halted, FAILURE."""

    msec: Port = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOnce(Node):
    """The child until it ends once; after that SKIPPED, or with `then_skip` false what it said."""

    then_skip: Port = "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Precondition(Node):
    """`if_` true → the child, false → `else_`; not asked again while the child runs."""

    if_: Script
    else_: Port = "FAILURE"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryUpdated(Node):
    """The child when `entry` was written since the last time, else `otherwise`.

    SkipUnlessUpdated and WaitValueUpdate: otherwise SKIPPED and RUNNING.
    """

    entry: Port
    otherwise: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop(Node):
    """The child once for each value of `queue`, which is written to `value` before.

    Between two values RUNNING; FAILURE → FAILURE; at the end → SUCCESS; an empty queue →
    `if_empty`. `kind`: "int", "bool", "double" or "string".
    """

    kind: Kind
    queue: Port = ""
    value: Port = ""
    if_empty: Port = "SUCCESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubTree(Node):
    """The only child is the root of the tree named `id`, inlined: its status as it is.

    It has a blackboard of its own. `remap`: its key → the parent's key, or a constant.
    `autoremap`: its other keys, unless they begin with "_", are the parent's of the same name.
    """

    id: str
    remap: tuple[tuple[str, Port], ...] = ()
    autoremap: bool = False
