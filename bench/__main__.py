"""`python -m bench [--only NAME…] [--json]`: one row a figure; exit 1 when one misses its goal."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from bench import ROWS
from bench.harness import Row, as_json, table


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the rows asked for, tell them, and answer whether all goals are met."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Astraweave.")
    parser.add_argument("--only", nargs="+", metavar="NAME", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    arguments = parser.parse_args(argv)
    names = list(dict.fromkeys(arguments.only or ROWS))
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        known = ", ".join(ROWS)
        sys.stderr.write(f"bench: no row named {', '.join(unknown)}; there are {known}\n")
        return 2
    rows = []
    for name in names:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{name} …")
        rows.append(measure(name))
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    sys.stdout.write((as_json(rows) if arguments.json else table(rows)) + "\n")
    return 0 if all(row.met for row in rows) else 1


def measure(name: str) -> Row:
    """Run the one function that measures `name`."""
    module, function = ROWS[name].split(":")
    row = getattr(import_module(module), function)()
    if not isinstance(row, Row) or row.name != name:
        message = f"{ROWS[name]} must give the row {name!r}, gave {row!r}"
        raise TypeError(message)
    return row


if __name__ == "__main__":
    sys.exit(main())
