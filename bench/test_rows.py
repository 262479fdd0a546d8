"""The same figures under pytest-benchmark: `pytest bench --benchmark-only`."""

from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from bench import ROWS

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture


@pytest.mark.parametrize("name", ROWS)
def test_row(name: str, benchmark: "BenchmarkFixture") -> None:
    module = import_module(ROWS[name].split(":")[0])
    with module.OPERATIONS[name]() as operation:
        benchmark(operation)
