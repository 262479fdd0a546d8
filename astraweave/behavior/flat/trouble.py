"""Words for what can go wrong in a batch's tick. Refuses nothing."""

from astraweave.behavior.kernels import layout as at
from astraweave.errors import TreeError

_WORDS: dict[int, tuple[str, str]] = {
    at.NO_VALUE: ("an entry without a value is read", "write it before, or declare the fact"),
    at.NO_ENTRY: ("no such entry to assign to", "make it with := (a fact cannot be written)"),
    at.NOT_A_TRUTH: (
        "a whole number is neither true nor false unless 0 or 1",
        "compare it",
    ),
    at.NOT_WHOLE: ("not a whole number", "round it, or make the entry with 0.0"),
    at.TOO_LARGE: ("a number that is too large for this", "keep it smaller"),
    at.IS_TEXT: ("a text where a number is wanted", "write the entry with a Script"),
    at.NO_NAME: ("only an entry can be assigned to", "write its name before it"),
    at.NO_PORT: ("a port has no value", "give it one"),
    at.BAD_PORT: ("a port's value is not of its type", "see the node's model"),
    at.KEEPS_KIND: ("an entry keeps its type", "write to another entry, or a value of its type"),
    at.NO_READING: ("the text is no value for the entry", "write it to another entry"),
    at.TOO_FEW_TO_WIN: ("success_count is more than there are children", "-1 means all of them"),
    at.TOO_FEW_TO_LOSE: (
        "the failures that are allowed are more than there are children",
        "-1 means all of them",
    ),
    at.NO_DECISION: ("the condition was skipped", "move its _skipIf to the whole node"),
    at.WRONG_CHILDREN: ("it has two or three children", "give it two or three"),
    at.NO_STATUS: ("a port holds no status", "write FAILURE, SUCCESS or SKIPPED"),
}


def error_of(trouble: int, where: str, entry: str | None) -> TreeError:
    """The error for a code of `kernels.layout` that is not FINE.

    Args:
        trouble: the code.
        where: ``file:line:col: path`` of the node.
        entry: path of the entry it is about, None for none.
    """
    what, fix = _WORDS[trouble]
    return TreeError(what=what, got=entry, where=where, fix=fix)
