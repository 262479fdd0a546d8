import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from astraweave.arena import Arena
from astraweave.errors import ScenarioError
from astraweave.model.scenario import Scenario
from astraweave.sandbox import check_scenario, load_scenario, load_scenarios
from astraweave.sandbox.reading import MAX_BYTES
from astraweave.sandbox.scenario import check_scenarios, read_scenario

GOOD = """name = "ford"
description = "In the river."
threat = 0.5
seconds = 20.0

[ranges]
player_health = [0.2, 0.4]
"""


def write(folder: Path, text: str, name: str = "ford.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_scenario_reads_as_written(tmp_path: Path) -> None:
    read = load_scenario(write(tmp_path, GOOD))
    assert read.name == "ford"
    assert read.seconds == 20.0
    assert read.ranges == {"player_health": (0.2, 0.4)}


def test_the_shipped_scenarios_are_the_three_with_their_threats() -> None:
    threats = {scenario.name: scenario.threat for scenario in load_scenarios()}
    assert threats == {"high_threat": 1.0, "low_health": 0.3, "resource_depleted": 0.5}


def test_the_strata_are_asked_for_and_come_after_the_three() -> None:
    three, strata = load_scenarios(), load_scenarios("strata", Arena())
    assert load_scenarios("all", Arena()) == (*three, *strata)
    assert load_scenario("boss") in strata


def test_one_file_is_one_scenario(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert load_scenarios(path) == (load_scenario(path),)


def test_a_file_that_leads_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "ford.toml").symlink_to(write(tmp_path, GOOD))
    with pytest.raises(ScenarioError, match="leads out of its folder"):
        load_scenarios(inside)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(ScenarioError, match="not a file"):
        load_scenarios(tmp_path)


@pytest.mark.parametrize("name", ["low_heatlh", "../low_health", "x" * 5000, "a\0b", ".", ""])
def test_a_name_that_leads_nowhere_is_refused(name: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(name)
    assert "\n" not in str(caught.value)


def test_a_bare_name_is_a_shipped_scenario(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_scenario("low_health").name == "low_health"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seconds", "secnods", "unknown key `$.secnods`; did you mean 'seconds'"),
        ("threat = 0.5", "threat = 1.5", "`$.threat`"),
        ("threat = 0.5", "threat = true", "`$.threat`"),
        ("seconds = 20.0", "seconds = inf", "`$.seconds`"),
        ("seconds = 20.0", "seconds = nan", "`$.seconds`"),
        ("seconds = 20.0", "seconds = -1", "`$.seconds`"),
        ("seconds = 20.0", "", "`seconds`"),
        ("[0.2, 0.4]", "[0.4, 0.2]", "`$.ranges.player_health` must be [low, high]"),
        ("[0.2, 0.4]", "[0.2, inf]", "not finite"),
        ("[0.2, 0.4]", "[nan, 0.2]", "not finite"),
        ("[0.2, 0.4]", "[0.2]", "`$.ranges.player_health`"),
        ("[0.2, 0.4]", '["a", 1]', "`$.ranges.player_health`"),
        ("[ranges]\nplayer_health = [0.2, 0.4]", "ranges = 3", "`$.ranges` must be a table"),
        ("name = ", "name = [", "is not TOML"),
        ('"ford"', '"../ford"', "`$.name`"),
        ('"ford"', '"a/b"', "`$.name`"),
        ("seconds = 20.0", "seconds = 601", "`$.seconds`"),
        ("seconds = 20.0", "seconds = 2" + "0" * 5000, "is not TOML"),
        ("[ranges]", "players = 'still'\n[ranges]", "`$.players`"),
        ("[ranges]", "players = ['']\n[ranges]", "`$.players"),
        ("[ranges]", "[ranges]\n" + "\n".join(f"r{i} = [0, 1]" for i in range(64)), "65 ranges"),
    ],
)
def test_a_wrong_key_is_refused_with_file_and_path(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"#" * (MAX_BYTES + 1), b"\xff\xfe", b"a = " + b"[" * 60_000])
def test_a_file_that_is_no_scenario_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "odd.toml"
    path.write_bytes(data)
    with pytest.raises(ScenarioError):
        load_scenario(path)
    assert path.read_bytes() == data


def test_a_missing_file_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"gone\.toml: cannot read"):
        load_scenario(tmp_path / "gone.toml")


def test_two_files_of_one_name_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="1 to 256"):
        load_scenarios(tmp_path)
    write(tmp_path, GOOD, "a.toml")
    write(tmp_path, GOOD, "b.toml")
    with pytest.raises(ScenarioError, match="already another file's"):
        load_scenarios(tmp_path)


def test_a_range_the_environment_lacks_is_named_with_what_was_meant(
    game: Any, scenarios: tuple[Scenario, ...]
) -> None:
    odd = msgspec.structs.replace(scenarios[0], ranges={"player_helth": (0.0, 1.0)})
    with pytest.raises(ScenarioError, match=r"`\$\.ranges\.player_helth`; did you mean"):
        check_scenario(odd, game)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("player_health = [0.2, 0.4]", "enemies = [3, 1_000_000]", "inside [1, 10]"),
        ("player_health = [0.2, 0.4]", "enemies = [-1, 3]", "inside [1, 10]"),
        ("player_health = [0.2, 0.4]", "enemies = [1.5, 1.7]", "must be whole numbers"),
        ("player_health = [0.2, 0.4]", "waves = [0, 0.5]", "must be whole numbers"),
        (
            "player_health = [0.2, 0.4]",
            "enemies = [1, 1]\narchers = [4, 4]\nbosses = [4, 4]",
            "more archers and bosses than enemies",
        ),
        ("player_health = [0.2, 0.4]", "enemies = [1, 2]\nbosses = [3, 3]", "of at most 2"),
        ("[0.2, 0.4]", "[0.2, 1.4]", "inside [0.01, 1]"),
        ("player_health", "player_helth", "did you mean 'player_health'"),
        ("[ranges]", "players = ['kitre']\n[ranges]", "did you mean 'kiter'"),
        ("[ranges]", "players = ['../kiter']\n[ranges]", "does not know"),
    ],
)
def test_what_the_arena_cannot_play_is_refused_with_the_file(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ScenarioError) as caught:
        load_scenarios(path, Arena())
    assert str(path) in str(caught.value)
    assert said in str(caught.value)


def test_what_ranges_are_to_each_other_is_looked_at_in_the_whole_file(tmp_path: Path) -> None:
    party = GOOD + "enemies = [8, 10]\narchers = [5, 6]\nbosses = [2, 2]\n"
    assert read_scenario(write(tmp_path, party), Arena())[1] == ()
    _, faults = read_scenario(write(tmp_path, party.replace("8, 10", "1, 6")), Arena())
    assert [fault.got for fault in faults] == ["at least 5 and 2 of at most 6"]


def test_a_fault_of_the_whole_file_is_said_once(tmp_path: Path) -> None:
    text = GOOD.replace("20.0", "1e-9") + "enemies = [2, 2]\n"
    _, faults = read_scenario(write(tmp_path, text), Arena())
    assert [fault.got for fault in faults] == ["1e-09 s in steps of 0.1 s"]


def test_less_than_one_decision_step_is_no_episode(
    game: Any, scenarios: tuple[Scenario, ...]
) -> None:
    def seconds(share: float) -> Scenario:
        return msgspec.structs.replace(scenarios[0], seconds=share * game.step_seconds)

    check_scenario(seconds(1.0), game)
    for share in (1e-9, 0.5, 0.999):
        with pytest.raises(ScenarioError, match="is 1 to 100,000 decision steps"):
            check_scenario(seconds(share), game)


def test_a_game_may_count_its_ranges_and_refuse_what_does_not_fit(
    game: Any, scenarios: tuple[Scenario, ...]
) -> None:
    name, (low, high) = next(iter(scenarios[0].ranges.items()))
    asked = []

    def check(self: Any, scenario: Scenario, where: str | None) -> None:
        asked.append((scenario.name, where))
        raise ScenarioError(what="too windy", where=where)

    counting = type("Counting", (type(game),), {"counted_ranges": (name,)})()
    picky = type("Picky", (type(game),), {"check_scenario": check})()
    halves = msgspec.structs.replace(scenarios[0], ranges={name: (low, (low + high) / 2 + 0.001)})
    check_scenario(halves, game)
    with pytest.raises(ScenarioError, match=rf"{name}` is counted"):
        check_scenario(halves, counting)
    with pytest.raises(ScenarioError, match="too windy"):
        check_scenario(scenarios[0], picky, "wind.toml")
    assert asked == [(scenarios[0].name, "wind.toml")]


def test_scenarios_built_in_code_are_checked_too(
    game: Any, scenarios: tuple[Scenario, ...]
) -> None:
    with pytest.raises(ScenarioError, match=r"\$\.seconds"):
        check_scenario(msgspec.structs.replace(scenarios[0], seconds=float("inf")), game)
    with pytest.raises(ScenarioError, match=r"\$\.name"):
        check_scenario(msgspec.structs.replace(scenarios[0], name="../x"), game)
    with pytest.raises(ScenarioError, match="share a name"):
        check_scenarios([scenarios[0], scenarios[0]], game)
    with pytest.raises(ScenarioError, match="no scenario"):
        check_scenarios([], game)


def test_every_fault_of_a_file_is_found(tmp_path: Path) -> None:
    text = GOOD.replace("seconds", "secnods").replace("0.5", "1.5").replace("[0.2, 0.4]", "[2, 1]")
    scenario, faults = read_scenario(write(tmp_path, text), Arena())
    assert scenario is None
    said = "\n".join(map(str, faults))
    assert len(faults) == 4
    for key in ("unknown key `$.secnods`", "`$.threat`", "`$.ranges.player_health`", "lacks `sec"):
        assert key in said
    text = GOOD.replace("player_health", "fog = [0, 1]\nenemies = [1, 1e6]\n#")
    text = text.replace("[ranges]", "players = ['kitre', 'still']\n[ranges]")
    scenario, faults = read_scenario(write(tmp_path, text), Arena())
    assert scenario is None
    assert [fault.what.split("`")[1] for fault in faults][:2] == [
        "$.ranges.fog",
        "$.ranges.enemies",
    ]
    assert "kitre" in str(faults[2])


def test_a_file_of_rules_is_told_where_it_belongs(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="give it with --rules"):
        load_scenarios(write(tmp_path, "[rules.hurt]\n").parent)
