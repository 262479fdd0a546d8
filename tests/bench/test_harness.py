"""The bench tells what it measured, and fails when a goal is missed or a name is unknown."""

import gc
import json
from importlib import import_module

import pytest

import bench
from bench import __main__ as command
from bench.harness import Row, loops, median, pairs, percentile, quiet, sample, table

GOOD = Row(name="good", what="a thing", value=1.5, unit="ms", goal="≤ 2 ms", met=True)
BAD = Row(
    name="bad",
    what="another",
    value=12_345.0,
    unit="µs",
    goal="≤ 1.5× reference",
    met=False,
    reference=5_000.0,
    ratio=2.469,
    detail="p99 3 ms",
)


@pytest.fixture
def rows(monkeypatch):
    """A bench of two rows."""
    monkeypatch.setattr(command, "ROWS", {"good": "rows:good", "bad": "rows:bad"})
    monkeypatch.setattr(command, "measure", {"good": GOOD, "bad": BAD}.__getitem__)


def test_a_missed_goal_is_the_exit_code(rows, capsys):
    assert command.main(["--only", "good"]) == 0
    assert command.main([]) == 1
    assert "NO" in capsys.readouterr().out


def test_an_unknown_row_is_bad_input_and_nothing_is_measured(rows, capsys):
    assert command.main(["--only", "good", "nope"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "bench: no row named nope; there are good, bad\n"


def test_json_holds_every_field_of_every_row(rows, capsys):
    command.main(["--json"])
    told = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in told] == ["good", "bad"]
    fields = {"name", "what", "value", "unit", "goal", "reference", "ratio", "met", "detail"}
    assert all(set(row) == fields for row in told)


def test_the_table_is_aligned_and_holds_the_details():
    lines = table([GOOD, BAD]).splitlines()
    assert lines[2].split() == ["good", "1.50", "ms", "≤", "2", "ms", "–", "–", "yes"]
    assert lines[4].split()[:3] == ["bad", "12,345", "µs"]
    assert "2.47×" in lines[4]
    assert lines[5] == "  another; p99 3 ms"


def test_every_row_has_its_function_and_its_operation():
    for name, where in bench.ROWS.items():
        module_name, function = where.split(":")
        module = import_module(module_name)
        assert callable(getattr(module, function)), name
        assert callable(module.OPERATIONS[name]), name


def test_a_function_that_gives_another_row_is_a_mistake(monkeypatch):
    module = import_module("bench.harness")
    monkeypatch.setattr(module, "wrong", lambda: GOOD, raising=False)
    monkeypatch.setattr(command, "ROWS", {"bad": "bench.harness:wrong"})
    with pytest.raises(TypeError, match="must give the row 'bad'"):
        command.measure("bad")


def test_pairs_run_in_turns_and_each_goes_first_half_of_the_time():
    ran = []
    pairs(lambda: ran.append("a"), lambda: ran.append("b"), rounds=4, warmup=1)
    assert "".join(ran) == "ab" + "abbaabba"


def test_every_round_is_timed_and_warming_up_is_not():
    calls = []
    times = sample(lambda: calls.append(None), rounds=5, warmup=2)
    assert times.shape == (5,)
    assert (times > 0).all()
    assert len(calls) == 7
    assert loops(lambda: calls.append(None), rounds=2, inner=10, warmup=0).shape == (2,)
    assert len(calls) == 27
    assert percentile(times, 0) <= median(times) <= percentile(times, 100)
    assert median(times, 1e3) == median(times) / 1e3


def test_the_collector_rests_while_measuring_and_works_again_after():
    assert gc.isenabled()
    with quiet():
        assert not gc.isenabled()
    assert gc.isenabled()
