"""The picture: everything is there, nothing is cut off, no meaning rests on colour alone."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pygame = pytest.importorskip("pygame")

from companion import palette, screens  # noqa: E402
from companion.effects import Effects  # noqa: E402
from companion.field import UNIT  # noqa: E402
from companion.keys import LABELS, load_keymap  # noqa: E402
from companion.paint import Pen  # noqa: E402
from companion.panel import Panel, Shown  # noqa: E402
from companion.picture import SIZE, Picture, Stage  # noqa: E402
from companion.session import Session  # noqa: E402
from companion.sprites import HEADINGS, KINDS, Sprites  # noqa: E402
from companion.summary import status_of  # noqa: E402
from companion.view import Elbows, scene_of  # noqa: E402

import astraweave as aw  # noqa: E402
from astraweave.arena import load_bot  # noqa: E402


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with aw.open_memory(tmp_path / "slot.db") as memory:
        session = Session(memory, player="robin", seed=3, bot=load_bot("berserker"))
        yield session
        session.close()


def played(session: Session, ticks: int) -> Stage:
    """A stage after some ticks of a fight."""
    stage = Stage(title="Fight 1", shown=Shown(status_of(session)))
    session.begin()
    for _ in range(ticks):
        session.frame()
        stage.scene = scene_of(session.duel, session.tactic, 60.0)
        stage.effects.see(stage.scene)
    return stage


def colours(surface: Any, place: Any) -> set[tuple[int, int, int]]:
    place = place.clip(surface.get_rect())
    return {
        tuple(surface.get_at((x, y)))[:3]
        for x in range(place.left, place.right)
        for y in range(place.top, place.bottom)
    }


def test_mira_has_a_health_bar_and_her_tactic_over_her_head(screen: Any, session: Session) -> None:
    picture = Picture(load_keymap(), "mira", "robin")
    stage = played(session, 30)
    picture.draw(screen, stage)
    assert stage.scene is not None
    mira = stage.scene.slot(1)
    assert mira is not None
    assert stage.scene.tactic is not None
    room = pygame.Rect(0, 50, 840, 720 - 50 - 126)
    field = picture.field.surface.get_rect(center=room.center)
    x, y = field.x + round(mira.x * UNIT), field.y + round(mira.y * UNIT)
    near = colours(screen, pygame.Rect(x - 70, y - 60, 140, 130))
    assert palette.HEALTH in near
    assert palette.MIRA in near
    assert palette.TEXT in near


def test_the_panel_shows_thirteen_tactics_and_what_she_believes(
    screen: Any, session: Session
) -> None:
    panel = Panel(Pen(), SIZE[1])
    before = panel.picture(Shown(status_of(session))).copy()
    stage = played(session, 60)
    assert stage.shown is not None
    assert len(stage.shown.status.weights) == 13
    seen = colours(before, before.get_rect())
    assert {palette.PANEL, palette.SKY, palette.TEXT} <= seen
    after = panel.picture(Shown(stage.shown.status, "learning."))
    assert pygame.image.tobytes(after, "RGB") != pygame.image.tobytes(before, "RGB")


def test_the_panel_is_drawn_anew_only_when_something_changed(screen: Any, session: Session) -> None:
    panel = Panel(Pen(), SIZE[1])
    shown = Shown(status_of(session))
    panel.picture(shown).fill((1, 2, 3))
    assert panel.picture(shown).get_at((0, 0))[:3] == (1, 2, 3)


@pytest.mark.parametrize("over", sorted(screens.OVER))
@pytest.mark.parametrize("panel", [True, False])
def test_no_line_of_a_screen_leaves_the_window(
    screen: Any, session: Session, monkeypatch: pytest.MonkeyPatch, over: str, panel: bool
) -> None:
    written: list[Any] = []
    write = Pen.write

    def noted(self: Pen, surface: Any, text: str, at: Any, *more: Any, **named: Any) -> Any:
        image = self.line(text, *(more[:2] or ()))
        anchor = named.get("anchor", "topleft")
        place = image.get_rect(**{anchor: (round(at[0]), round(at[1]))})
        if "width" not in named:
            written.append((text, place, surface.get_rect()))
        return write(self, surface, text, at, *more, **named)

    monkeypatch.setattr(Pen, "write", noted)
    stage = played(session, 5)
    stage.over, stage.panel = over, panel
    stage.lines = ("Won in 23 s", "version 3 approved: " + "cover_player +25%, " * 9, "N: next")
    stage.note = "a long note " * 30
    Picture(load_keymap(), "mira", "robin the bold of the far away hills").draw(screen, stage)
    assert written
    for text, place, room in written:
        assert room.contains(place), f"{text!r} at {place} leaves {room}"


def test_help_names_every_action_with_its_keys(
    screen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    line = Pen.line
    monkeypatch.setattr(
        Pen, "line", lambda self, text, *more: told.append(text) or line(self, text, *more)
    )
    keymap = load_keymap()
    screens.helping(screen, screen.get_rect(), Pen(), keymap, Stage())
    assert set(LABELS.values()) <= set(told)
    assert {keymap.told(action) for action in LABELS} <= set(told)


def test_fighters_differ_in_shape_not_only_in_colour(screen: Any) -> None:
    sprites = Sprites(UNIT)
    masks = {kind: pygame.mask.from_surface(sprites.get(kind, 0.0)) for kind in KINDS}
    for one in KINDS:
        for other in KINDS:
            if one < other:
                common = masks[one].overlap_area(masks[other], (0, 0))
                larger = max(masks[one].count(), masks[other].count())
                assert common < 0.9 * larger, (one, other)


def test_every_sprite_can_be_made_before_the_first_fight(screen: Any) -> None:
    work = Sprites(UNIT).warm()
    assert len(work) == HEADINGS * len(KINDS)
    assert work[0]().get_width() > UNIT


def test_a_text_that_is_too_wide_is_cut_with_an_ellipsis(screen: Any) -> None:
    pen = Pen()
    cut = pen.clipped("a tactic with a very long name", 20, 80)
    assert cut.endswith("…")
    assert pen.font(20).size(cut)[0] <= 80
    lines = pen.wrapped("one two three four five six seven", 20, 60, 2)
    assert len(lines) == 2
    assert all(pen.font(20).size(line)[0] <= 60 for line in lines)


def test_bodies_that_stand_on_each_other_are_soon_drawn_apart(session: Session) -> None:
    session.begin()
    scene, elbows = scene_of(session.duel, None, 60.0), Elbows()
    for _ in range(10):
        for fighter in scene.fighters:
            fighter.x, fighter.y = 12.0, 8.0
        elbows.part(scene)
    for one in scene.fighters:
        for other in scene.fighters:
            apart = math.dist((one.x, one.y), (other.x, other.y))
            assert one is other or apart > 0.8


def test_wounds_blows_and_deaths_leave_something_to_see(screen: Any, session: Session) -> None:
    effects, kinds = Effects(), set()
    session.begin()
    while session.frame():
        effects.see(scene_of(session.duel, session.tactic, 60.0))
        kinds |= {effect.kind for effect in effects.going}
    assert {"number", "sweep", "burst"} <= kinds
