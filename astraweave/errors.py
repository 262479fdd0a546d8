"""Every error Astraweave raises, and nothing else.

    AstraweaveError
    ├── InputError            something from outside is wrong; the CLI ends with exit code 2
    │   ├── TreeError         a behaviour tree file
    │   ├── ScenarioError     a sandbox scenario
    │   ├── RuleError         a sandbox rule: its file, its function, or what it is about
    │   ├── BotError          a player bot
    │   ├── VocabularyError   an action vocabulary or a fact sheet
    │   ├── EpisodeError      an episode or a line of JSONL
    │   ├── WeightsError      a weight set
    │   └── SaveError         a save file: not a database, damaged, newer than the program
    ├── RecordError           a call of the recorder with a value it refuses (also a ValueError)
    ├── UsageError            a call that does not fit the state, e.g. `end` without `begin`
    ├── StoreError            the store cannot keep its promise now: disk full, writer gone
    ├── ConsentError          a player's memories are not given to whoever asks
    ├── ClusterError          workers for a verdict cannot be had, or are gone for good
    ├── EnvironmentFailure    a user's environment raised, hung or changed its shape
    └── TreeFailure           a tree met an error while it was played: a script, a port, a loop

Each message says what is wrong, what was got, where, and the next step, on one line.
"""

LONGEST = 500
"""Characters of `what` that are shown: names in it come from outside."""


class AstraweaveError(Exception):
    """Base of all errors; formats ``where: what, got …; next step`` on one line."""

    def __init__(
        self, *, what: str, got: object = None, where: str | None = None, fix: str | None = None
    ) -> None:
        """Build the one-line message from its four parts; only `what` is required."""
        self.what, self.got, self.where, self.fix = what, got, where, fix
        text = _short(what, LONGEST)
        # Of a path without end, the end: it names the file.
        if where:
            text = f"{where if len(where) <= LONGEST else '…' + where[-LONGEST:]}: {text}"
        if got is not None:
            text += f", got {_short(got)}"
        if fix:
            text += f"; {fix}"
        super().__init__(" ".join(text.split()))

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process boundaries: rebuilt from their parts, `got` as it was shown."""
        got = None if self.got is None else _short(self.got)
        return _rebuilt, (type(self), self.what, got, self.where, self.fix)


def _rebuilt(
    kind: type[AstraweaveError], what: str, got: str | None, where: str | None, fix: str | None
) -> AstraweaveError:
    """The error as it was, in another process."""
    return kind(what=what, got=got, where=where, fix=fix)


def _short(value: object, limit: int = 120) -> str:
    """One bounded line for a value that came from outside."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except (RecursionError, ValueError):  # nested without end; a number of thousands of digits
        text = f"a {type(value).__name__} that cannot be shown"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def said_of(error: BaseException) -> str:
    """Kind and text of an exception that somebody else's code raised, whatever its text is."""
    try:
        text = str(error)
    except Exception as odd:  # noqa: BLE001  # whatever it is, it must not hide the first one
        text = f"(its text raised {type(odd).__name__})"
    return f"{type(error).__name__}: {text}"


class InputError(AstraweaveError):
    """Something from outside is wrong."""


class TreeError(InputError):
    """A behaviour tree file is wrong."""


class ScenarioError(InputError):
    """A sandbox scenario is wrong."""


class RuleError(InputError):
    """A sandbox rule is wrong: its file, its function, or what it is about."""


class BotError(InputError):
    """A player bot file is wrong."""


class VocabularyError(InputError):
    """An action vocabulary or a fact sheet is wrong."""


class EpisodeError(InputError):
    """An episode, or a line of JSONL that should be one, is wrong."""


class WeightsError(InputError):
    """A weight set is wrong."""


class SaveError(InputError):
    """A save file is not a database, damaged, or newer than the program."""


class RecordError(AstraweaveError, ValueError):
    """The recorder refuses a value: unknown action or fact, NaN, infinite, out of range."""


class UsageError(AstraweaveError):
    """A call does not fit the state it was made in."""


class StoreError(AstraweaveError):
    """The store cannot keep its promise now."""


class ConsentError(AstraweaveError):
    """A player has not consented that these memories are given to whoever asks."""


class ClusterError(AstraweaveError):
    """Workers for a verdict cannot be had, differ from this process, or are gone for good."""


class EnvironmentFailure(AstraweaveError):  # noqa: N818  # the word design and users know
    """A user's environment raised, hung, or changed its shape."""


class TreeFailure(AstraweaveError):  # noqa: N818  # as above: what the sandbox's verdict says
    """A tree met an error while it was played."""
