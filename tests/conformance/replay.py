"""Replays files of conformance cases, random traces and documents with both engines.

    python tests/conformance/replay.py FILE… [--json]

A file is recognised by what is in it. Prints a line for each failure and closes with
``N passed, M failed``; exit code 0 when nothing failed. The batch engine is asked for what
kernels can express: no strings, no Python callbacks, no errors.
"""

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    # Started as a script: the replay itself is shared with the tests.
    sys.path.insert(0, str(ROOT))

from tests.behavior.replay import Page, held, play_scalar, read_page  # noqa: E402
from tests.behavior.replay_batch import play_batch  # noqa: E402


@dataclass(frozen=True)
class Failure:
    """What was not as BehaviorTree.CPP does it. tick: None for a document."""

    id: str
    engine: str
    tick: int | None
    expected: str
    got: str

    def __str__(self):
        """One line."""
        at = "" if self.tick is None else f" tick {self.tick}"
        return f"{self.id} {self.engine}{at}: expected {self.expected}, got {self.got}"


@dataclass
class Count:
    """Replays that passed, by engine, and those that failed."""

    scalar: int
    batch: int
    documents: int
    failures: list[Failure]


def main(arguments=None):
    """Replay the files that are named; exit code."""
    parser = argparse.ArgumentParser(
        prog="replay.py", description="Replay conformance files with both engines."
    )
    parser.add_argument("file", nargs="+", type=Path, help="cases, traces or documents")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    options = parser.parse_args(arguments)
    count = Count(0, 0, 0, [])
    for file in options.file:
        try:
            items = held(file)
        except (OSError, ValueError, KeyError, TypeError) as error:
            sys.stderr.write(f"{file}: no file of a known schema ({error!r})\n")
            return 2
        for item in items:
            replay(item, count)
    passed, failed = count.scalar + count.batch + count.documents, len(count.failures)
    if options.json:
        told = asdict(count) | {"passed": passed, "failed": failed}
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        lines = [str(failure) for failure in count.failures]
        lines.append(f"scalar {count.scalar}, batch {count.batch}, documents {count.documents}")
        sys.stdout.write("\n".join([*lines, f"{passed} passed, {failed} failed"]) + "\n")
    return 1 if failed else 0


def replay(item, count):
    """Replay one case with the engines that can, or read one document."""
    if isinstance(item, Page):
        got = read_page(item)
        count.documents += got == item.result
        if got != item.result:
            count.failures.append(Failure(item.id, "document", None, item.result, got))
        return
    for engine, play in (("scalar", play_scalar), ("batch", play_batch)):
        try:
            seen = play(item)
        except Exception as error:  # noqa: BLE001  # whatever it is, the other cases go on
            fault = Failure(item.id, engine, None, "a replay", f"{type(error).__name__}: {error}")
        else:
            if seen is None:
                continue
            fault = compare(item, engine, seen)
        if fault is None:
            setattr(count, engine, getattr(count, engine) + 1)
        else:
            count.failures.append(fault)


def compare(case, engine, seen):
    """The first tick that differs, None when none does."""
    for tick, expected in enumerate(case.expected):
        got = seen[tick] if tick < len(seen) else None
        if got is None or not expected.tells(got, board=engine == "scalar"):
            return Failure(case.id, engine, tick, str(expected), str(got))
    return None


if __name__ == "__main__":
    sys.exit(main())
