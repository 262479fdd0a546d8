"""The demo without a window: remembers, repeats itself byte for byte, says what is wrong."""

import json
import sys
from pathlib import Path

import pytest

import astraweave as aw
from astraweave.cli import main

BOT = ("--headless", "--autopilot", "berserker", "--seed", "1")


def played(save: Path, *more: str) -> int:
    return main(["demo", "--save", str(save), *more])


@pytest.mark.usefixtures("quick_gate")
def test_the_same_seed_gives_the_same_bytes_and_a_second_start_remembers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for name in ("one.db", "two.db"):
        for _ in range(2):
            assert played(tmp_path / name, *BOT, "--episodes", "1", "--json") == 0
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]
    first, second = (json.loads(line) for line in told[0].splitlines())
    assert (first["remembered"], second["remembered"]) == (0, 1)
    assert (first["episodes"], second["episodes"]) == (1, 2)
    assert second["fights"][0]["number"] == 2
    assert len(second["promotions"]) == 2
    assert str(tmp_path) not in told[0]


@pytest.mark.usefixtures("quick_gate")
def test_a_second_start_says_what_mira_remembers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert played(tmp_path / "slot.db", *BOT, "--episodes", "1", "--player", "robin") == 0
    first, second = capsys.readouterr().out.split("fight 2:")
    assert "remembers" not in first.split("fight 1:")[0]
    assert "Mira remembers 1 episode with robin: perhaps a melee fighter" in first
    assert "Mira remembers 2 episodes with robin" in second


@pytest.mark.usefixtures("quick_gate", "no_display")
def test_without_a_display_it_says_so_in_one_line_and_plays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert played(tmp_path / "slot.db", "--episodes", "1") == 0
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert "no display" in told.err
    assert "hybrid plays headless" in told.err
    assert "fight 1:" in told.out


@pytest.mark.usefixtures("quick_gate")
def test_without_pygame_it_says_what_to_install_and_plays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setitem(sys.modules, "pygame", None)
    assert played(tmp_path / "slot.db", "--autopilot", "caster", "--episodes", "1") == 0
    told = capsys.readouterr()
    assert 'pip install "astraweave[demo]"' in told.err
    assert told.err.count("\n") == 1
    assert "fight 1:" in told.out


@pytest.mark.usefixtures("quick_gate")
@pytest.mark.parametrize("moment", ["first", "fight", "panel"])
def test_a_screenshot_is_taken_without_a_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    shot = tmp_path / "shot.png"
    more = ("--episodes", "1", "--screenshot", str(shot), "--screenshot-at", moment)
    assert played(tmp_path / "slot.db", *BOT, *more) == 0
    picture = pygame.image.load(shot)
    pygame.quit()
    assert picture.get_size() == (1280, 720)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--autopilot", "bersekrer"), "did you mean 'berserker'?"),
        (("--autopilot", "none.toml"), "none.toml"),
        (("--keys", "none.toml"), "cannot read the keymap"),
        (("--screenshot", "shot.jpg"), "must be a .png file"),
        (("--screenshot", "nowhere/shot.png"), "must be a .png file"),
    ],
)
def test_bad_input_is_one_line_exit_2_and_no_save_is_made(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert played(tmp_path / "slot.db", "--headless", *arguments) == 2
    line = capsys.readouterr().err
    assert told in line
    assert line.count("\n") == 1
    assert not (tmp_path / "slot.db").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--episodes", "0"),
        ("--episodes", "x"),
        ("--seed", "-1"),
        ("--player", ""),
        ("--seed", "9" * 20),
    ],
)
def test_arguments_out_of_range_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit) as ended:
        played(tmp_path / "slot.db", "--headless", *arguments)
    assert ended.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_a_save_that_is_none_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save = tmp_path / "holiday.txt"
    save.write_text("not a database, but something dear\n" * 40, "utf-8")
    before = save.read_bytes()
    assert played(save, "--headless") == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert save.read_bytes() == before


@pytest.mark.usefixtures("quick_gate")
def test_by_default_the_save_lies_in_the_users_own_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert main(["demo", *BOT, "--episodes", "1"]) == 0
    with aw.open_memory(tmp_path / "data" / "astraweave" / "demo.db") as memory:
        assert memory.pairs() == (("you", "mira"),)
