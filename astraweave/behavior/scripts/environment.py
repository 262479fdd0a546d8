"""What a script runs over: the entries that its names mean, and the facts behind them.

`engine`'s blackboard implements it for one scope; a script knows nothing else of its host.
"""

from typing import Literal, Protocol

Value = int | float | str | bool
"""What an entry holds: whole numbers (int64), doubles, text, truth values."""

Kind = Literal["int", "unsigned", "int64", "double", "bool", "string", "status", "any", "opaque"]
"""Declared type of an entry. "any" is none: the first value decides, as `:=` of a script.

"opaque" is BehaviorTree.CPP's "anything": as "any", but no text can be read into it.
"""


class Environment(Protocol):
    """The names of one scope. A name may begin with ``@``: the root's entry.

    Facts are doubles behind the entries: read where no entry of the name has a value, never
    written. An entry may be there and have no value yet: a port declares it, or a first ``:=``.
    """

    def get(self, name: str, /) -> Value:
        """The value of the entry, else of the fact as a float; KeyError when there is neither."""
        ...

    def entry(self, name: str, /) -> "tuple[Kind, Value | None] | None":
        """Declared type and value (None: not yet) of the entry itself; None when there is none."""
        ...

    def create(self, name: str, /) -> None:
        """Make an entry of type "any" without a value; there is none yet."""
        ...

    def set(self, name: str, value: Value, /) -> None:
        """Write to an entry that is there. The value is as it must be stored; counts as an update.

        The entry's declared type does not change.
        """
        ...
