"""`astraweave sandbox list`, `check` and `run`: what is played, and what comes."""

import json
import sys

import pytest

from astraweave.sandbox.figures import wilson

TOY = ("--environment", "toy_game:make")
STORM = """name = "storm"
description = "Waves."
threat = 0.9
seconds = 10.0
[ranges]
water = [0.5, 1.0]
"""
RULES = """[rules.drenched]
kind = "limit"
severity = "minor"
unit = "trips"
doc = "It is wet in the boat."
fact = "water"
above = 0.9
[rules.adrift]
kind = "forbid"
severity = "major"
unit = "trips"
doc = "They get nowhere."
outcome = "success"
below = 0.01
"""
PYTHON = """from astraweave import sandbox

@sandbox.rule(sandbox.LIMIT, severity="minor", unit="trips")
def slow(played):
    '''It takes all day.'''
    return played.outcome("seconds") > 9.0

RULES = [slow]
"""


@pytest.fixture(autouse=True)
def files(folder):
    """Scenarios and rules beside the toy game."""
    (folder / "storms").mkdir()
    (folder / "storms" / "a.toml").write_text(STORM, "utf-8")
    (folder / "my_rules.toml").write_text(RULES, "utf-8")
    (folder / "more_rules.py").write_text(PYTHON, "utf-8")
    yield
    sys.modules.pop("more_rules", None)


def carry_rules(folder):
    """The toy game with rules of its own, from a file beside it."""
    text = (folder / "toy_game.py").read_text("utf-8")
    before = '    ranges = ("water",)\n'
    assert before in text
    text = text.replace(before, before + '    rules = load_rules("my_rules.toml")\n')
    text = "from astraweave.sandbox import load_rules\n" + text
    (folder / "toy_game.py").write_text(text, "utf-8")


# -- list ------------------------------------------------------------------------------------------


def test_list_names_every_shipped_scenario_and_rule(facts, call):
    told = facts("sandbox", "list")
    by_name = {each["name"]: each for each in told["scenarios"]}
    assert by_name["low_health"]["from"] == "default"
    assert by_name["boss"]["from"] == "strata"
    assert by_name["boss"]["file"].endswith("strata/boss.toml")
    rules = {each["name"]: each for each in told["rules"]}
    assert rules["overspending"]["kind"] == "forbid"
    assert all(each["doc"] and each["unit"] and each["severity"] for each in told["rules"])
    code, out, err = call("sandbox", "list")
    assert (code, err) == (0, "")
    for name in (*by_name, *rules, "Neither has any mana at the start"):
        assert name in out


def test_list_of_a_game_is_its_own_scenarios_and_the_rules_that_apply(facts):
    told = facts("sandbox", "list", *TOY, "--rules", "my_rules.toml", "--rules", "more_rules:slow")
    assert [(s["name"], s["from"], s["file"]) for s in told["scenarios"]] == [
        ("calm", "game", None)
    ]
    rules = {each["name"]: each["broken_by"] for each in told["rules"]}
    assert set(rules) == {
        *("harming_the_player", "non_finite_state", "thrashing"),
        *("drenched", "adrift", "slow"),
    }
    assert rules["drenched"] == "water above 0.9"
    assert rules["slow"] is None


def test_list_refuses_two_scenarios_of_one_name(folder, call):
    storms = folder / "storms"
    (storms / "twin.toml").write_text(next(storms.glob("*.toml")).read_text("utf-8"), "utf-8")
    code, out, err = call("sandbox", "list", "--scenarios", "storms")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "is already another file's; give each scenario its own name" in err


def test_list_of_a_folder_is_its_files(facts):
    (storm,) = facts("sandbox", "list", "--scenarios", "storms", *TOY)["scenarios"]
    assert (storm["name"], storm["from"], storm["ranges"]) == (
        "storm",
        "own",
        {"water": [0.5, 1.0]},
    )


# -- check -----------------------------------------------------------------------------------------


def test_what_is_right_is_said_so_file_by_file(call):
    code, out, err = call("sandbox", "check", "storms", "my_rules.toml", "more_rules:RULES", *TOY)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "storms/a.toml: fine, scenario storm",
        "my_rules.toml: fine, rules drenched, adrift",
        "more_rules:RULES: fine, rules slow",
    ]


def test_shipped_scenarios_are_right_for_the_arena(facts):
    told = facts("sandbox", "check", "all")
    assert len(told["files"]) >= 6
    assert told["errors"] == []


def test_every_fault_of_every_file_is_a_line(call, folder):
    (folder / "storms" / "b.toml").write_text(
        STORM.replace("seconds", "secnods").replace("0.9", "1.9").replace("[0.5", "[2.5"), "utf-8"
    )
    (folder / "storms" / "c.toml").write_text(STORM, "utf-8")
    (folder / "my_rules.toml").write_text(
        RULES.replace("water", "watre").replace('"success"', '"succes"'), "utf-8"
    )
    code, out, err = call("sandbox", "check", "storms", "my_rules.toml", "gone.toml", *TOY)
    assert (code, out) == (2, "storms/a.toml: fine, scenario storm\n")
    lines = err.splitlines()
    for said in (
        "storms/b.toml: unknown key `$.secnods`; did you mean 'seconds'?",
        "storms/b.toml: `$.threat` is wrong, got 1.9; expected `float` <= 1.0",
        "storms/b.toml: `$.ranges.water` must be [low, high] with low <= high",
        "storms/b.toml: lacks `seconds`",
        "storms/c.toml: `$.name` 'storm' is already another file's",
        "my_rules.toml: rule drenched: is about the fact 'watre'",
        "my_rules.toml: no such outcome at `$.rules.adrift.outcome`, got succes; did you mean 'suc",
        "gone.toml: cannot read, got No such file or directory",
    ):
        assert sum(line.startswith(f"astraweave: {said}") for line in lines) == 1, said
    assert len(lines) == 8


def test_check_as_data_has_files_and_errors(call, folder):
    (folder / "storms" / "b.toml").write_text("threat = 2", "utf-8")
    code, out, err = call("sandbox", "check", "storms", *TOY, "--json")
    told = json.loads(out)
    assert code == 2
    assert told["files"][0] == {
        "file": "storms/a.toml",
        "kind": "scenario",
        "names": ["storm"],
        "faults": 0,
    }
    assert told["files"][1]["faults"] == len(told["errors"]) == err.count("\n") == 2


def test_a_scenario_in_which_the_game_cannot_begin_is_found(call, folder):
    dry = STORM.replace("water", "#water").replace("storm", "dry")
    (folder / "dry.toml").write_text(dry, "utf-8")
    code, _, err = call("sandbox", "check", "dry.toml", *TOY)
    assert code == 2
    assert "dry.toml: the game cannot begin there, got KeyError: 'water'; the scenario may" in err


def test_rules_that_a_game_carries_may_be_checked_as_files_too(call, folder):
    text = (folder / "toy_game.py").read_text("utf-8")
    own = '    ranges = ("water",)\n    rules = load_rules("my_rules.toml")\n'
    text = "from astraweave.sandbox import load_rules\n" + text.replace(
        '    ranges = ("water",)\n', own
    )
    (folder / "toy_game.py").write_text(text, "utf-8")
    code, out, err = call("sandbox", "check", "my_rules.toml", *TOY)
    assert (code, err) == (0, "")
    assert "fine, rules drenched, adrift" in out


# -- run -------------------------------------------------------------------------------------------


def test_run_shows_success_tactics_events_and_breaks_of_each_scenario(facts):
    words = ("sandbox", "run", "boat.xml", *TOY, "--scenarios", "storms", "--episodes", 40)
    told = facts(*words, "--rules", "my_rules.toml", "--rules", "more_rules:RULES")
    (storm,) = told["scenarios"]
    assert (storm["scenario"], storm["episodes"]) == ("storm", 40)
    assert 0.0 < storm["success_low"] < storm["success"] < storm["success_high"] < 1.0
    assert storm["outcomes"]["seconds"] == 10.0
    assert set(storm["tactics"]) == {"help", "rest"}
    assert sum(storm["tactics"].values()) == pytest.approx(1.0)
    assert 0.3 < storm["tactics"]["help"] < 0.7
    rules = {each["rule"]: each for each in storm["rules"]}
    assert rules["slow"]["breaks"] == 40
    assert 0 < rules["drenched"]["breaks"] < 40
    assert rules["drenched"]["tick"] == 0
    harmless = rules["harming_the_player"]
    assert harmless == harmless | {"breaks": 0, "seed": None, "tick": None}


def test_weights_and_seed_decide_and_the_same_twice_is_the_same(call, folder):
    (folder / "w.json").write_text('{"help": 3.0, "rest": 0.3}', "utf-8")
    words = ("sandbox", "run", "boat.xml", *TOY, "--episodes", 40, "--json")
    plain, again, other = call(*words), call(*words), call(*words, "--seed", 5)
    learned = call(*words, "--weights", "w.json")
    assert plain == again != other
    success = [json.loads(each[1])["scenarios"][0]["success"] for each in (plain, learned)]
    assert success[1] > success[0]
    assert json.loads(learned[1])["scenarios"][0]["tactics"]["help"] > 0.7


def test_run_in_words(call):
    words = ("sandbox", "run", "boat.xml", *TOY, "--episodes", 20, "--rules", "more_rules:slow")
    code, out, err = call(*words)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("calm: success 0.")
    assert lines[0].endswith("10.0 s, 20 episodes")
    assert any(line.startswith("  chose    ") and "help" in line for line in lines)
    assert "  events   none" in lines
    assert any(line.startswith("  broke    slow (limit, minor) in 20 of 20; ") for line in lines)
    assert max(map(len, lines)) <= 102


def test_strict_ends_with_1_when_a_forbidden_rule_was_broken(call, folder):
    words = ("sandbox", "run", "boat.xml", *TOY, "--episodes", 20, "--rules", "my_rules.toml")
    assert call(*words, "--strict")[0] == 0
    rules = RULES.replace("below = 0.01", "below = 0.99")
    (folder / "my_rules.toml").write_text(rules, "utf-8")
    assert call(*words)[0] == 0
    assert call(*words, "--strict")[0] == 1


def test_one_world_at_a_time_gives_the_same_figures(facts):
    words = ("sandbox", "run", "boat.xml", "--scenarios", "storms", "--episodes", 12)
    many = facts(*words, "--environment", "toy_game:make")["scenarios"]
    one = facts(*words, "--environment", "toy_game:one")["scenarios"]
    assert one == many


def test_a_game_that_carries_rules_is_held_to_them_by_every_verb(call, folder):
    text = (folder / "toy_game.py").read_text("utf-8")
    own = '    ranges = ("water",)\n    rules = load_rules("my_rules.toml")\n'
    text = "from astraweave.sandbox import load_rules\n" + text.replace(
        '    ranges = ("water",)\n', own
    )
    (folder / "toy_game.py").write_text(text, "utf-8")
    (folder / "my_rules.toml").write_text(RULES.replace("= 0.01", "= 0.99"), "utf-8")
    (folder / "w.json").write_text('{"help": 1.1}', "utf-8")
    assert "adrift (forbid" in call("sandbox", "run", "boat.xml", *TOY, "--episodes", 20)[1]
    code, out, _ = call("sandbox", "validate", "boat.xml", "--weights", "w.json", *TOY)
    assert code == 1
    assert "the designer's own tree broke adrift" in out


def test_learning_is_held_to_the_rules_of_the_game(facts, folder, boat):
    text = (folder / "toy_game.py").read_text("utf-8")
    own = '    ranges = ("water",)\n    rules = load_rules("my_rules.toml")\n'
    text = "from astraweave.sandbox import load_rules\n" + text.replace(
        '    ranges = ("water",)\n', own
    )
    (folder / "toy_game.py").write_text(text, "utf-8")
    (folder / "my_rules.toml").write_text(RULES.replace("= 0.01", "= 0.99"), "utf-8")
    (report,) = facts("learn", "--save", boat, *TOY, code=1)["reports"]
    assert "broke adrift" in json.dumps(report)


@pytest.mark.parametrize(
    ("share", "n", "low", "high"),
    [(0.5, 100, 0.4038, 0.5962), (0.0, 20, 0.0, 0.1611), (1.0, 20, 0.8389, 1.0)],
)
def test_wilson_s_interval_is_that_of_the_tables(share, n, low, high):
    assert wilson(share, n) == pytest.approx((low, high), abs=1e-4)
