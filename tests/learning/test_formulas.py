"""The program that replays worked values: it passes ours, and sees a wrong one."""

import json
from pathlib import Path

import pytest

from tests.conformance import formulas

CASES = Path(__file__).parents[1] / "data" / "conformance" / "formula_cases.json"


def test_all_worked_values_are_met(capsys):
    count = len(json.loads(CASES.read_text("utf-8"))["cases"])
    assert formulas.main([str(CASES)]) == 0
    assert capsys.readouterr().out == f"{count} passed, 0 failed\n"


@pytest.mark.parametrize(
    ("formula", "given", "said"),
    [
        ("wilson_lower_bound", {"successes": 1, "trials": 1}, "expected 0.5, got"),
        ("wilson_lower_bound", {"successes": 2, "trials": 1}, "raised"),
        ("luck", {}, "no formula 'luck'"),
    ],
)
def test_a_value_that_is_not_met_is_told_and_counted(tmp_path, capsys, formula, given, said):
    file = tmp_path / "cases.json"
    case = {"id": "one", "formula": formula, "input": given, "expect": {"bound": 0.5}}
    file.write_text(json.dumps({"cases": [case]}), "utf-8")
    assert formulas.main([str(file)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert said in lines[0]
    assert lines[-1] == "0 passed, 1 failed"
    assert formulas.main([str(file), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["failed"] == 1


@pytest.mark.parametrize("text", ["", "[]", '{"cases": [{"id": 1}]}', '{"cases": 3}'])
def test_a_file_of_another_kind_is_bad_input(tmp_path, capsys, text):
    file = tmp_path / "other.json"
    file.write_text(text, "utf-8")
    assert formulas.main([str(file)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
