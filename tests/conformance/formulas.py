"""Replays files of worked formula values.

    python tests/conformance/formulas.py FILE… [--json]

Prints a line for each value that is not met to 1e-4 and closes with ``N passed, M failed``;
exit code 0 when nothing failed, 2 for a file of another kind.
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    # Started as a script, it measures the checkout it lies in.
    sys.path.insert(0, str(ROOT))

from astraweave.learning.patterns import effectiveness, wilson_lower_bound  # noqa: E402
from astraweave.learning.reward import episode_quality, score  # noqa: E402
from astraweave.memory.forgetting import strength  # noqa: E402

TOLERANCE = 1e-4
PARTS = ("id", "formula", "input", "expect")
FORMULAS = {
    "reward": score,
    "episode_quality": episode_quality,
    "memory_strength": strength,
    "wilson_lower_bound": wilson_lower_bound,
    "pattern_effectiveness": effectiveness,
}


def main(arguments=None):
    """Replay the files that are named; exit code."""
    parser = argparse.ArgumentParser(prog="formulas.py", description="Replay worked values.")
    parser.add_argument("file", nargs="+", type=Path, help="cases as of formula_cases.json")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    options = parser.parse_args(arguments)
    passed, failures = 0, []
    for file in options.file:
        try:
            cases = [
                (case["id"], case["formula"], case["input"], case["expect"]) for case in _of(file)
            ]
        except (OSError, ValueError, KeyError, TypeError) as error:
            sys.stderr.write(f"{file}: no file of worked values ({error!r})\n")
            return 2
        for case in cases:
            failure = wrong(*case)
            passed += failure is None
            failures += [] if failure is None else [failure]
    if options.json:
        told = {"passed": passed, "failed": len(failures), "failures": failures}
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        lines = [*failures, f"{passed} passed, {len(failures)} failed"]
        sys.stdout.write("\n".join(lines) + "\n")
    return 1 if failures else 0


def _of(file):
    return json.loads(file.read_text("utf-8"))["cases"]


def wrong(name, formula, given, expected):
    """Why a case fails, in one line; None when it does not."""
    if formula not in FORMULAS:
        return f"{name}: there is no formula {formula!r}"
    try:
        found = FORMULAS[formula](**given)
    except Exception as error:  # whatever it is, it is this case's failure
        return f"{name}: {formula} raised {error!r}"
    for term, value in expected.items():
        # One number, or a record whose fields are the terms.
        got = found if isinstance(found, float | int) else getattr(found, term, None)
        if got is None or abs(got - value) > TOLERANCE:
            return f"{name}: {formula}.{term}: expected {value}, got {got}"
    return None


if __name__ == "__main__":
    sys.exit(main())
