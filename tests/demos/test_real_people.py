"""The lesson on recorded people, as a newcomer runs it."""

import gzip
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

import astraweave as aw

ROOT = Path(__file__).resolve().parents[2]
LESSON = ROOT / "demos" / "02_real_people.py"
DATA = ROOT / "tests" / "data" / "overcooked_human"


@pytest.fixture(scope="module")
def lesson():
    return runpy.run_path(str(LESSON))


@pytest.fixture(scope="module")
def told(lesson, tmp_path_factory):
    """The people of the test data, by name, and the save they are kept in."""
    save = tmp_path_factory.mktemp("people") / "people.db"
    return {person.name: person for person in lesson["people"](DATA, save)}, save


@pytest.fixture
def folder(tmp_path):
    """A copy of the test data, to be spoilt."""
    for name in ("steps.csv.gz", "trials.jsonl"):
        (tmp_path / name).write_bytes((DATA / name).read_bytes())
    return tmp_path


def rewrite(folder, old, new):
    path = folder / "steps.csv.gz"
    text = gzip.decompress(path.read_bytes()).decode()
    assert old in text
    path.write_bytes(gzip.compress(text.replace(old, new, 1).encode()))


def test_each_person_of_each_pair_is_told_apart(told):
    people, _ = told
    assert sorted(people) == ["14-0", "14-1", "16-0", "16-1"]
    assert people["16-0"].partner == "16-1"
    assert all(person.kitchens == 2 for person in people.values())


def test_shares_are_what_a_count_of_the_recorded_rows_says(told):
    people, _ = told
    rows = gzip.decompress((DATA / "steps.csv.gz").read_bytes()).decode().splitlines()[1:]
    cells = [row.split(",") for row in rows]
    mine = [c for c in cells if c[0] in ("48", "49") and c[1] == "1"]
    acted = [c for c in mine if c[3] != "0"]
    person = people["16-1"]
    assert person.idle == pytest.approx(1 - len(acted) / len(mine), abs=1e-3)
    assert person.kinds["movement"] == sum(c[4] == "" for c in acted) / len(acted)
    support = sum(c[4].startswith("drop_") for c in acted)
    assert person.kinds["support"] == support / len(acted)
    assert sum(person.kinds.values()) == pytest.approx(1.0)


def test_the_one_who_does_most_of_the_work_is_seen_to(told):
    people, _ = told
    assert people["16-1"].pace > 2 * people["16-0"].pace
    shares = {
        p: {t.action: t.share for t in people[p].profile.playstyle.preferred_tactics}
        for p in people
    }
    assert "deliver_soup" in shares["16-1"]
    assert "deliver_soup" not in shares["16-0"]


def test_five_tactics_are_named_with_falling_shares(told):
    for person in told[0].values():
        shares = [one.share for one in person.profile.playstyle.preferred_tactics]
        assert len(shares) == 5
        assert shares == sorted(shares, reverse=True)


def test_what_a_kitchen_cannot_show_stays_unknown(told):
    for person in told[0].values():
        style = person.profile.playstyle
        assert style.aggression.opportunities == style.risk_tolerance.opportunities == 0
        assert (style.aggression.low, style.aggression.high) == pytest.approx((0.05, 0.95))
        assert style.support_preference == "adaptive"
        assert style.combat_style == "hybrid"
        assert not person.profile.is_confident


def test_the_save_and_the_exchange_file_hold_the_same_episodes(told):
    _, save = told
    lines = save.with_name("people.db.episodes.jsonl").read_bytes().splitlines()
    written = [msgspec.json.decode(line, type=aw.Episode) for line in lines]
    assert len(written) == 8
    with aw.open_memory(save) as memory:
        assert memory.count() == 8
        for one in written:
            assert aw.episode_of(memory.episode(one.id)) == one
    satisfied = [one.outcome.player_satisfaction for one in written]
    assert all(0.4 < value < 0.9 for value in satisfied)


def test_running_it_again_on_the_same_save_counts_nobody_twice(lesson, told):
    people, save = told
    again = {person.name: person for person in lesson["people"](DATA, save)}
    assert again == people


def test_the_command_prints_every_person_without_a_window_or_pygame(tmp_path):
    code = (
        "import runpy, sys; sys.argv = sys.argv[1:]\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "finally: assert 'pygame' not in sys.modules"
    )
    command = [sys.executable, "-c", code, str(LESSON), "--data", str(DATA), "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DISPLAY": ""}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, timeout=600, check=True
    )
    people = json.loads(done.stdout)
    assert [person["name"] for person in people] == ["14-0", "14-1", "16-0", "16-1"]
    assert list(tmp_path.iterdir()) == []


def test_people_are_described_in_words(lesson, told, capsys):
    assert lesson["main"](["--data", str(DATA)]) == 0
    text = capsys.readouterr().out
    assert "16-1 with 16-0: 2 kitchens, 6 minutes" in text
    assert "aggression  unknown, nothing here is aggressive" in text


def test_the_lessons_own_data_are_small_and_carry_their_licence(lesson):
    folder = lesson["DATA"]
    assert sum(path.stat().st_size for path in folder.iterdir()) < 200_000
    assert "MIT" in (folder / "README.md").read_text("utf-8")
    assert len(lesson["read_trials"](folder)) == 28


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("trial_id,", "trial,", "no column trial_id"),
        ("\n40,0,0,", "\n41,0,0,", "trial '41' is not in trials.jsonl"),
        ("pot_onion", "pot_union", "event 'pot_union' is unknown"),
        ("\n48,0,", "\n48,7,", "player '7' is unknown"),
        ("\n40,0,0,0,", "\n40,0,-1,1,", "t '-1' is unknown"),
    ],
)
def test_rows_that_are_not_of_this_data_set_are_refused_in_one_line(
    lesson, folder, capsys, old, new, message
):
    rewrite(folder, old, new)
    if "7" in new:  # a player who stays is no action, so that nobody asks who it was
        rewrite(folder, "\n48,7,0,0,", "\n48,7,0,1,")
    assert lesson["main"](["--data", str(folder)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "give --data a folder like" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("name", ["steps.csv.gz", "trials.jsonl"])
def test_files_that_are_missing_cut_off_or_something_else_are_refused(lesson, folder, capsys, name):
    path = folder / name
    half = path.stat().st_size // 2
    for content in (path.read_bytes()[:half], b"\x1f\x8bnot at all", None):
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        assert lesson["main"](["--data", str(folder)]) == 2
        error = capsys.readouterr().err
        assert name in error
        assert error.count("\n") == 1


def test_a_file_that_is_no_save_is_refused_and_left_as_it_was(lesson, tmp_path, capsys):
    save = tmp_path / "notes.txt"
    save.write_text("do not overwrite me" * 100, "utf-8")
    assert lesson["main"](["--data", str(DATA), "--save", str(save)]) == 2
    assert "notes.txt" in capsys.readouterr().err
    assert save.read_text("utf-8") == "do not overwrite me" * 100
    assert list(tmp_path.iterdir()) == [save]
