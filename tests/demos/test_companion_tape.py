"""What came into a fight, played again: the same episode to the byte, with and without a window."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from companion import desk
from companion.keys import load_keymap
from companion.options import Options
from companion.session import Session, Wish
from companion.tape import MAX_TICKS, Rerun, Take, Tape, load_takes, rerun

import astraweave as aw
from astraweave.arena import VOCABULARY, load_bot
from astraweave.cli import main
from tests.children import PATIENCE_S

FRAME_S = 1.0 / 60.0


def restless(seed: int) -> Callable[[int], Wish]:
    """A person who wants something else every few ticks."""
    rng = np.random.default_rng(seed)
    wishes: list[Wish] = []

    def wish(tick: int) -> Wish:
        while len(wishes) <= tick:
            action = int(rng.integers(-1, len(VOCABULARY)))
            move = rng.uniform(-1.5, 1.5, 2)
            hold = int(rng.integers(1, 40))
            wishes.extend([Wish(None if action < 0 else action, *map(float, move))] * hold)
        return wishes[tick]

    return wish


def recorded(path: Path, session: Session, *, seed: int = 1, leave_at: int | None = None) -> Path:
    """A recording of one fight by a person, who may leave it at a tick."""
    session.tape = tape = Tape(path)
    session.begin()
    wish = restless(seed)
    while session.frame(wish(session.duel.ticks)) and session.duel.ticks != leave_at:
        pass
    if session.duel.done:
        session.end()
    session.close()
    tape.keep(session, session.episode, tape.taken())
    return path


def record(folder: Path, leave_at: int | None = None) -> Path:
    with aw.open_memory(folder / "slot.db") as memory:
        session = Session(memory, player="robin", seed=3, bot=None)
        return recorded(folder / "fights.jsonl", session, leave_at=leave_at)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("tape"), leave_at=300)


@pytest.fixture(scope="module")
def take(file: Path) -> Take:
    return load_takes(file)[0]


def test_a_whole_fight_of_a_person_is_the_same_again(tmp_path: Path) -> None:
    (take,) = load_takes(record(tmp_path))
    assert take.player == "robin"
    assert len(take.runs) > 20
    assert rerun(take)


def test_a_later_fight_replays_with_the_weights_that_played_it(take: Take, tmp_path: Path) -> None:
    learned = {"flank_enemy": 4.0, "cover_player": 0.25, "heal_player": 0.5}
    later = msgspec.structs.replace(take, version=3, weights=learned, number=7, ordinal=9)
    with aw.open_memory(":memory:") as memory:
        path = recorded(tmp_path / "later.jsonl", Rerun(memory, later), leave_at=300)
    (found,) = load_takes(path)
    assert (found.version, found.weights, found.ordinal) == (3, learned, 9)
    assert rerun(found)
    assert not rerun(msgspec.structs.replace(found, weights={**learned, "flank_enemy": 0.25}))


def test_one_other_wish_is_another_episode(take: Take) -> None:
    at = len(take.runs) // 2
    ticks, action, x, y = take.runs[at]
    other = (ticks, (action + 2) % len(VOCABULARY), -x, -y)
    runs = (*take.runs[:at], other, *take.runs[at + 1 :])
    assert rerun(take)
    assert not rerun(msgspec.structs.replace(take, runs=runs))


@pytest.mark.parametrize("change", [{"seed": 5}, {"start_time": 1.0}, {"ordinal": 2}])
def test_whatever_decides_an_episode_is_in_the_take(take: Take, change: dict[str, Any]) -> None:
    assert not rerun(msgspec.structs.replace(take, **change))


def test_a_fight_that_was_left_replays_as_far_as_it_was_played(tmp_path: Path) -> None:
    (take,) = load_takes(record(tmp_path, leave_at=100))
    assert sum(run[0] for run in take.runs) == 100
    assert rerun(take)


def test_a_bots_fight_is_recorded_too(tmp_path: Path) -> None:
    with aw.open_memory(tmp_path / "slot.db") as memory:
        session = Session(memory, player="robin", seed=3, bot=load_bot("berserker"))
        path = recorded(tmp_path / "bot.jsonl", session, leave_at=300)
    (take,) = load_takes(path)
    assert take.bot is not None
    assert rerun(take)


def test_the_command_says_that_they_are_the_same_or_that_they_are_not(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "fights.jsonl"
    path.write_bytes(file.read_bytes() * 2)
    asked = ["demo", "--headless", "--replay", str(path)]
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["same"] is True
    assert [fight["ticks"] for fight in told["fights"]] == [300, 300]
    path.write_bytes(file.read_bytes().replace(b'"start_time":1', b'"start_time":2'))
    assert main(asked) == 1
    assert "ANOTHER EPISODE" in capsys.readouterr().out


@pytest.mark.usefixtures("quick_gate")
def test_what_was_pressed_in_the_window_replays_headless_and_in_the_window(
    screen: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from companion.window import Window  # noqa: PLC0415  # it needs pygame, as `screen` does

    pygame = pytest.importorskip("pygame")
    monkeypatch.setattr(desk, "warm_in_child", lambda _stop: True)
    path = tmp_path / "keys.jsonl"

    def press(key: int, kind: int = pygame.KEYDOWN) -> None:
        pygame.event.post(pygame.event.Event(kind, key=key))

    with aw.open_memory(tmp_path / "slot.db") as memory:
        window = Window(Options(player="robin", record=path), load_keymap(), memory)
        end = time.monotonic() + PATIENCE_S
        while window.match.mode != "ready" and time.monotonic() < end:
            window.frame(FRAME_S)
        press(pygame.K_x)
        for key in (pygame.K_k, pygame.K_UP, pygame.K_j, pygame.K_LEFT, pygame.K_SPACE):
            press(key)
            for _ in range(20):
                window.frame(FRAME_S)
            press(key, pygame.KEYUP)
        press(pygame.K_ESCAPE)
        window.frame(FRAME_S)
        window.match.close()
    (take,) = load_takes(path)
    assert len(take.runs) > 4
    assert any(run[2] or run[3] for run in take.runs)
    assert rerun(take)
    pygame.quit()
    capsys.readouterr()
    assert main(["demo", "--replay", str(path)]) == 0
    assert "the same episode, byte for byte" in capsys.readouterr().out


HOSTILE: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "empty": lambda _: b"",
    "no JSON": lambda _: b"\x00\xff\n",
    "brackets": lambda _: b"[" * 100_000,
    "another action": lambda t: _json(t, runs=[[1, len(VOCABULARY), 0.0, 0.0]]),
    "a long fight": lambda t: _json(t, runs=[[MAX_TICKS, 0, 0.0, 0.0]] * 2),
    "no ticks": lambda t: _json(t, runs=[[0, 0, 0.0, 0.0]]),
    "infinite": lambda t: _json(t, runs=[[1, 0, 1e300, 0.0]]),
    "other rules": lambda t: _json(t, arena="0" * 16),
    "another tree": lambda t: _json(t, tree="0" * 16),
    "a tactic nobody has": lambda t: _json(t, version=1, weights={"dance": 1.0}),
    "no weight": lambda t: _json(t, version=1, weights={"heal_player": 0.0}),
    "a million before": lambda t: _json(t, ordinal=10**6),
    "unknown key": lambda t: _json(t, more=1),
    "too many": lambda t: (_json(t) + b"\n") * 1001,
}


def _json(take: dict[str, Any], **changes: Any) -> bytes:
    return msgspec.json.encode(take | changes)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_recording_is_refused_in_one_line(
    name: str, take: Take, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(HOSTILE[name](msgspec.to_builtins(take)))
    assert main(["demo", "--headless", "--replay", str(path)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "bad.jsonl" in told
    assert len(told) < 600


def test_a_recording_is_never_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "kept.jsonl"
    path.write_text("mine", "utf-8")
    save = str(tmp_path / "slot.db")
    for where in (path, tmp_path / "nowhere" / "new.jsonl"):
        assert main(["demo", "--headless", "--save", save, "--record", str(where)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert path.read_text("utf-8") == "mine"
    assert main(["demo", "--headless", "--replay", str(path), "--seed", "3"]) == 2
    assert "--seed" in capsys.readouterr().err
