"""What a family of faults did to a save: counted by the tests, written into the docs by the run.

The table in docs/durability.md is nobody's to type: `pytest tests/faults --faults=full` writes it.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from astraweave.errors import AstraweaveError

Cells = tuple[str, ...]
BEGIN = "<!-- faults: `pytest tests/faults --faults=full` writes what stands here -->"
END = "<!-- faults end -->"
HEAD: Cells = ("fault", "tries", "lost", "longest", "what became of it")
KEY = "fault"


@dataclass
class Tally:
    """One row of the table.

    Attributes:
        fault: what was done to the save.
        tries: how often it is done in this run.
        few: not all of the tries: nothing may be said about time.
        lost: how much of what had been acknowledged was lost, or differed without a word.
        longest_s: the longest that `timed` has seen.
        became: how the tries ended, and how many ended so.
    """

    fault: str
    tries: int
    few: bool
    lost: int = 0
    longest_s: float = 0.0
    became: Counter[str] = field(default_factory=Counter)

    def each(self) -> Iterator[int]:
        """The number of each try."""
        return iter(range(self.tries))

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Measure what is inside, in seconds of the wall clock, however it ends.

        Without those in which the system let others run though this thread could have.
        """
        began = time.perf_counter() - _let_wait_s()
        try:
            yield
        finally:
            self.longest_s = max(self.longest_s, time.perf_counter() - _let_wait_s() - began)

    def within(self, seconds: float) -> None:
        """Make sure, where all tries were made, that none took longer."""
        assert self.few or self.longest_s < seconds, f"{self.fault}: {self.longest_s:.2f} s"

    def figures(self) -> list[Any]:
        """All of it as plain values, to cross from one process to another."""
        return [self.fault, self.tries, self.lost, self.longest_s, dict(self.became)]

    def add(self, figures: Sequence[Any]) -> None:
        """Take in what another test did of the same fault."""
        _, tries, lost, longest_s, became = figures
        self.tries += tries
        self.lost += lost
        self.longest_s = max(self.longest_s, longest_s)
        self.became.update(became)

    def cells(self) -> Cells:
        """As in the table."""
        ended = ", ".join(f"{count:,} {name}" for name, count in sorted(self.became.items()))
        longest = f"{self.longest_s * 1e3:,.0f} ms" if self.longest_s else "–"
        return (self.fault, f"{self.tries:,}", f"{self.lost:,}", longest, ended)


def _let_wait_s() -> float:
    """Seconds for which this thread was ready and others ran; 0 where the system does not say."""
    with suppress(OSError, IndexError):
        return int(Path("/proc/thread-self/schedstat").read_bytes().split()[1]) * 1e-9
    return 0.0


def lines(rows: Iterable[Cells]) -> list[str]:
    """The table as Markdown."""
    return [f"| {' | '.join(row)} |" for row in (HEAD, ("---",) * len(HEAD), *rows)]


def rows_in(page: str) -> dict[str, Cells]:
    """Rows of the table in `page`, by fault."""
    table = page.partition(BEGIN)[2].partition(END)[0].strip().splitlines()
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table[2:]]
    return {row[0]: row for row in rows}


def write(page: Path, rows: dict[str, Cells]) -> None:
    """Put the table with these rows in place of the one in `page`."""
    text = page.read_text("utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise AstraweaveError(what=f"no {BEGIN} and {END}", where=str(page))
    table = "\n".join(lines(rows[name] for name in sorted(rows)))
    page.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")
