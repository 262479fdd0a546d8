"""Counts of tries, few by default, and the table they make: `pytest tests/faults --faults=full`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.children import Start, children
from tests.faults import tally as tallies
from tests.faults.tally import Tally

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "durability.md"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Known when this folder is named; `pytest` alone makes few tries."""
    parser.addoption(
        "--faults",
        choices=("few", "full"),
        default="few",
        help="how often each fault is tried; full writes the table in docs/durability.md",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Whoever collects the reports keeps the rows."""
    config.pluginmanager.register(_Rows(config), "rows of faults")


class _Rows:
    """Gathers the rows that tests have made, from other processes too."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._tallies: dict[str, Tally] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "teardown":
            for figures in [value for key, value in report.user_properties if key == tallies.KEY]:
                fault = figures[0]
                self._tallies.setdefault(fault, Tally(fault, 0, few=False)).add(figures)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._tallies or hasattr(self._config, "workerinput"):
            return
        terminalreporter.section("faults")
        rows = {name: tally.cells() for name, tally in self._tallies.items()}
        for line in tallies.lines(rows[name] for name in sorted(rows)):
            terminalreporter.write_line(line)
        failed = terminalreporter.stats.get("failed") or terminalreporter.stats.get("error")
        if is_full(self._config) and not failed:
            # A single file makes its own rows anew and leaves the others.
            whole = [Path(arg).resolve() for arg in self._config.args] == [HERE]
            kept = {} if whole else tallies.rows_in(PAGE.read_text("utf-8"))
            tallies.write(PAGE, kept | rows)
            terminalreporter.write_line(f"written to {PAGE}")


def is_full(config: pytest.Config) -> bool:
    """Whether all tries were asked for."""
    return bool(config.getoption("--faults", default="few") == "full")


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Callable[..., Tally]]:
    """A row of the table: ``tally("what is done", few=5, full=200)``."""
    made: list[Tally] = []

    def begin(fault: str, *, few: int, full: int) -> Tally:
        all_of_them = is_full(request.config)
        made.append(Tally(fault, full if all_of_them else few, not all_of_them))
        return made[-1]

    yield begin
    request.node.user_properties.extend((tallies.KEY, each.figures()) for each in made)


@pytest.fixture
def save(tmp_path: Path) -> Path:
    """Where a save may be."""
    return tmp_path / "slot1.db"


@pytest.fixture
def child() -> Iterator[Start]:
    """Starts `child.py` of this folder."""
    yield from children(HERE / "child.py")
