"""Both engines against traces that BehaviorTree.CPP 4.10 itself produced."""

import json

import pytest

from tests.behavior.replay import DATA, held, play_scalar, read_page
from tests.behavior.replay_batch import play_batch
from tests.conformance.replay import main

CASES = {
    case.id: case
    for name in ("behavior_tree_cases.json", "random_tree_traces.json", "cases_extra.json")
    for case in held(DATA / name)
}
# There, a whole number that is too long is 0; nobody who writes one means that.
del CASES["x_s_overflow_literal"]
PAGES = {page.id: page for page in held(DATA / "xml_documents.json")}


def test_all_of_the_data_is_replayed():
    assert len(CASES) == 108 + 3 * 180 + 607
    assert len(PAGES) == 27


@pytest.mark.parametrize("name", CASES)
def test_the_scalar_engine_does_what_behaviortree_cpp_does(name):
    case = CASES[name]
    seen = play_scalar(case)
    assert len(seen) == len(case.expected)
    for tick, (expected, got) in enumerate(zip(case.expected, seen, strict=True)):
        assert expected.tells(got, status=True), f"tick {tick}: {expected} is {got}"


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith("x_")])
def test_the_batch_engine_does_what_behaviortree_cpp_does(name):
    case = CASES[name]
    seen = play_batch(case)
    for expected, got in zip(case.expected, seen or (), strict=seen is not None):
        assert expected.tells(got, board=False)


@pytest.mark.parametrize("name", PAGES)
def test_documents_load_or_are_refused_as_behaviortree_cpp_does(name):
    assert read_page(PAGES[name]) == PAGES[name].result


def test_the_command_counts_what_passed_and_says_what_failed(tmp_path, capsys):
    data = json.loads((DATA / "behavior_tree_cases.json").read_text("utf-8"))
    data["cases"] = data["cases"][:3]
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(data), "utf-8")
    data["cases"][1]["expect"][1]["events"] = ["a:S"]
    bad.write_text(json.dumps(data), "utf-8")
    assert main([str(good)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "6 passed, 0 failed"
    assert main([str(good), str(bad)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "seq_fail_mid scalar tick 1: expected F a:S, got F a:S b:F"
    assert lines[-1] == "10 passed, 2 failed"
    assert main(["--json", str(bad)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["passed"], told["failed"], told["failures"][0]["tick"]) == (4, 2, 1)


def test_the_command_refuses_what_is_no_conformance_file(tmp_path, capsys):
    for text in ("", "[]", "{}", '{"cases": [{"id": "x"}]}'):
        (tmp_path / "file.json").write_text(text, "utf-8")
        assert main([str(tmp_path / "file.json")]) == 2
    assert main([str(tmp_path / "none.json")]) == 2
    assert "no file of a known schema" in capsys.readouterr().err
