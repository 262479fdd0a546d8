"""`astraweave features` on recorded people, as a person types it."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from astraweave.cli import main

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "demos" / "data" / "overcooked_human"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Twelve people in six pairs, 56 episodes in five kitchens, one a line."""
    lesson = runpy.run_path(str(ROOT / "demos" / "02_real_people.py"))
    path = tmp_path_factory.mktemp("people") / "people.jsonl"
    lesson["write_jsonl"](DATA, path)
    return path


def test_the_matrix_has_a_row_an_episode_and_a_name_a_column(recorded, capsys):
    assert main(["features", str(recorded), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    matrix = np.array(told["matrix"])
    assert matrix.shape == (len(told["episodes"]), len(told["names"])) == np.shape(told["centred"])
    assert len(set(told["names"])) == len(told["names"])
    assert {each["role"] for each in told["episodes"]} == {"0", "1"}
    assert len({each["level"] for each in told["episodes"]}) == 5


def test_people_are_recognised_in_a_kitchen_by_the_other_four(recorded, capsys):
    assert main(["features", str(recorded), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["recognised"]
    assert told["episodes"] == told["beside_a_partner"] == 56
    assert told["same_person"] > 0.6 * 56 > 5 * told["chance"]
    assert told["told_from_partner"] > 0.85 * 56


def test_a_person_reads_who_does_what_more(recorded, capsys):
    assert main(["features", str(recorded)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("56 episodes of 12 people")
    assert "recognised by their other levels" in text
    assert "held within 225 ms" in text


def test_bad_lines_are_told_and_the_others_counted(recorded, tmp_path, capsys):
    mixed = tmp_path / "mixed.jsonl"
    mixed.write_bytes(b"{}\n" + b"".join(recorded.read_bytes().splitlines(keepends=True)[:2]))
    assert main(["features", str(mixed), "--json"]) == 2
    out = capsys.readouterr()
    assert json.loads(out.out)["bad_lines"] == 1
    assert len(json.loads(out.out)["episodes"]) == 2
    assert "mixed.jsonl:1" in out.err
    assert json.loads(out.out)["recognised"] is None


@pytest.mark.parametrize("content", [b"", b"\n\n", b"not json\n", b"\xff\xfe\x00"])
def test_a_file_without_an_episode_is_refused(content, tmp_path, capsys):
    path = tmp_path / "bad.jsonl"
    path.write_bytes(content)
    assert main(["features", str(path)]) == 2
    assert "there is no episode" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_said(capsys):
    assert main(["features", "nowhere.jsonl"]) == 2
    assert "cannot read the episodes" in capsys.readouterr().err
