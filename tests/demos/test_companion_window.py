"""The window, driven by events on a screen that nobody sees."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

pygame = pytest.importorskip("pygame")

from companion import desk, warm  # noqa: E402
from companion.controls import PATIENCE_TICKS, Controls, bindings  # noqa: E402
from companion.keys import Keymap, load_keymap  # noqa: E402
from companion.options import Options  # noqa: E402
from companion.palette import INK  # noqa: E402
from companion.session import COMPANION  # noqa: E402
from companion.window import Window, play_in_window  # noqa: E402

import astraweave as aw  # noqa: E402
from astraweave import InputError  # noqa: E402
from tests.children import PATIENCE_S  # noqa: E402

FRAME_S = 1.0 / 60.0


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[aw.MemoryStore]:
    with aw.open_memory(tmp_path / "slot.db") as store:
        yield store


@pytest.fixture
def window(
    screen: Any, memory: aw.MemoryStore, quick_gate: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Window]:
    monkeypatch.setattr(desk, "warm_in_child", lambda _stop: True)
    window = Window(Options(player="robin"), load_keymap(), memory)
    yield window
    window.match.close()


def press(key: int, *, hold: bool = False) -> None:
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key))
    if not hold:
        pygame.event.post(pygame.event.Event(pygame.KEYUP, key=key))


def until(window: Window, mode: str) -> None:
    """Frames, of as many ticks as may be, until the match is in a mode."""
    end = time.monotonic() + PATIENCE_S
    while window.match.mode != mode and time.monotonic() < end:
        window.frame(3 * FRAME_S)
    assert window.match.mode == mode


def settled(window: Window) -> None:
    """Frames until nothing is being learned or read; no time passes in the fight meanwhile."""
    end = time.monotonic() + PATIENCE_S
    window.frame(FRAME_S)
    while window.match.desk.busy and time.monotonic() < end:
        window.frame(0.0)
        time.sleep(0.005)
    assert not window.match.desk.busy
    window.frame(FRAME_S)


def ticks(window: Window) -> int:
    assert window.match.session is not None
    return window.match.session.duel.ticks


def actions(memory: aw.MemoryStore) -> list[str]:
    """What was recorded of the last fight's player."""
    memory.flush()
    log = memory.episode(memory.episode_ids("robin", COMPANION)[-1])
    assert log is not None
    seen = aw.episode_of(log).observations
    return [o.player_action.action_type for o in seen if o.player_action is not None]


def test_keys_fight_and_what_was_pressed_is_recorded(
    window: Window, memory: aw.MemoryStore
) -> None:
    until(window, "ready")
    press(pygame.K_x)
    until(window, "fight")
    for key in (pygame.K_k, pygame.K_l, pygame.K_j, pygame.K_SPACE, pygame.K_h):
        press(key)
        for _ in range(24):
            window.frame(FRAME_S)
    press(pygame.K_ESCAPE)
    assert not window.frame(FRAME_S)
    window.match.close()
    assert actions(memory) == ["shoot", "cast", "strike", "block", "heal"]


def test_the_key_that_begins_does_nothing_in_the_fight(
    window: Window, memory: aw.MemoryStore
) -> None:
    until(window, "ready")
    press(pygame.K_j)
    until(window, "fight")
    for _ in range(30):
        window.frame(FRAME_S)
    window.match.close()
    assert actions(memory) == []


def test_walking_with_keys_moves_the_player(window: Window) -> None:
    until(window, "ready")
    press(pygame.K_x)
    until(window, "fight")
    assert window.match.session is not None
    before = window.match.session.duel.facts()["player_y"]
    press(pygame.K_UP, hold=True)
    for _ in range(40):
        window.frame(FRAME_S)
    assert window.match.session.duel.facts()["player_y"] < before - 1.0


def test_pause_and_help_stop_the_fight_and_the_panel_hides(window: Window) -> None:
    until(window, "ready")
    press(pygame.K_x)
    until(window, "fight")
    for key, above in ((pygame.K_p, "paused"), (pygame.K_F1, "help")):
        press(key)
        window.frame(FRAME_S)
        stopped = ticks(window)
        window.frame(FRAME_S)
        assert ticks(window) == stopped
        assert window.match.stage.above == above
        press(key)
        window.frame(FRAME_S)
        assert window.match.stage.above is None
    shown = pygame.image.tobytes(window.canvas, "RGB")
    press(pygame.K_TAB)
    window.frame(FRAME_S)
    assert not window.match.stage.panel
    assert pygame.image.tobytes(window.canvas, "RGB") != shown


def test_a_window_of_another_shape_shows_the_picture_undistorted(window: Window) -> None:
    until(window, "ready")
    small = pygame.display.set_mode((640, 640), pygame.RESIZABLE)
    window.frame(FRAME_S)
    assert small.get_at((320, 40))[:3] == small.get_at((320, 600))[:3] == INK
    assert {tuple(small.get_at((x, 320)))[:3] for x in range(0, 640, 3)} - {INK}


def test_a_late_frame_plays_three_ticks_at_most(window: Window) -> None:
    until(window, "ready")
    press(pygame.K_x)
    until(window, "fight")
    before = ticks(window)
    window.frame(2.0)
    assert ticks(window) == before + 3


def test_a_fight_is_learned_from_and_can_be_frozen_undone_and_reset(
    screen: Any,
    memory: aw.MemoryStore,
    quick_gate: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(desk, "warm_in_child", lambda _stop: True)
    options = Options(player="robin", autopilot="berserker", episodes=2, json=True)
    window = Window(options, load_keymap(), memory)
    match = window.match
    try:
        until(window, "over")
        settled(window)
        assert match.desk.status is not None
        assert match.desk.status.episodes == 1
        press(pygame.K_f)
        settled(window)
        assert match.desk.status.frozen
        press(pygame.K_f)
        settled(window)
        assert not match.desk.status.frozen
        version = match.desk.status.version
        press(pygame.K_r)
        settled(window)
        assert match.desk.status.version == version
        assert "again" in match.stage.note
        press(pygame.K_r)
        settled(window)
        assert all(w.learned == 1.0 for w in match.desk.status.weights)
        press(pygame.K_u)
        settled(window)
        assert match.stage.note.startswith(("Undone", "undo"))
        end = time.monotonic() + PATIENCE_S
        while window.frame(3 * FRAME_S) and time.monotonic() < end:
            pass
        assert match.fights == 2
        assert not match.going
    finally:
        match.close()
    assert len(memory.episode_ids("robin", COMPANION)) == 2
    told = json.loads(capsys.readouterr().out)
    assert (told["remembered"], told["episodes"]) == (0, 2)
    assert [fight["number"] for fight in told["fights"]] == [1, 2]


def test_what_cannot_be_done_is_said_and_the_window_goes_on(window: Window) -> None:
    until(window, "ready")
    press(pygame.K_u)
    settled(window)
    assert window.match.stage.note
    assert window.match.going


def test_a_keymap_with_a_key_that_does_not_exist_is_refused(screen: Any) -> None:
    keymap = load_keymap()
    wrong = Keymap({**keymap.keys, "strike": ("returm",)}, keymap.pad, "mine.toml")
    with pytest.raises(InputError) as caught:
        bindings(wrong)
    assert "mine.toml: keys.strike" in str(caught.value)
    assert "did you mean 'return'?" in str(caught.value)


def test_a_short_press_waits_for_free_hands_but_not_for_ever() -> None:
    controls = Controls({pygame.K_j: "strike"}, {0: "heal"})
    controls.take(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_j))
    controls.take(pygame.event.Event(pygame.KEYUP, key=pygame.K_j))
    waited = [controls.wish().action for _ in range(PATIENCE_TICKS + 5)]
    assert waited == [0] * PATIENCE_TICKS + [None] * 5


def test_a_press_that_was_heard_is_not_repeated_unless_it_is_held() -> None:
    controls = Controls({pygame.K_j: "strike"}, {})
    controls.take(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_j))
    controls.started("strike")
    assert controls.wish().action == 0
    controls.take(pygame.event.Event(pygame.KEYUP, key=pygame.K_j))
    assert controls.wish().action is None


def test_a_gamepad_button_acts_like_its_key() -> None:
    controls = Controls({}, {3: "heal", 7: "pause"})
    heal = pygame.event.Event(pygame.JOYBUTTONDOWN, button=3)
    assert controls.take(heal) == "heal"
    assert controls.wish().action == 4
    assert controls.take(pygame.event.Event(pygame.JOYBUTTONDOWN, button=7)) == "pause"
    assert controls.take(pygame.event.Event(pygame.JOYBUTTONDOWN, button=12)) is None


def test_keys_are_let_go_when_the_window_loses_the_keyboard() -> None:
    controls = Controls({pygame.K_d: "move_right"}, {})
    controls.take(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_d))
    assert controls.wish().move_x == 1
    controls.take(pygame.event.Event(pygame.WINDOWFOCUSLOST))
    assert controls.wish().move_x == 0


def test_closing_while_it_prepares_ends_the_compiling_child(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "forever"
    script.write_text("#!/bin/sh\nexec sleep 600\n", "utf-8")
    script.chmod(0o700)
    monkeypatch.setattr(warm.sys, "executable", str(script))
    stop = Event()
    stop.set()
    begun = time.monotonic()
    assert not warm.warm_in_child(stop)
    assert time.monotonic() - begun < PATIENCE_S


def test_frames_are_counted_and_told(
    screen: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "warm_in_child", lambda _stop: True)
    options = Options(save=tmp_path / "other.db", frames=5)
    assert play_in_window(options, load_keymap()) == 0
    assert capsys.readouterr().err.startswith("5 frames, ")
