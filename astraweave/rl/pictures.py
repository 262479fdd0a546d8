"""A fight as text, or as pixels drawn with numpy alone: for looking, not for learning from."""

import numpy as np
import numpy.typing as npt

from astraweave.arena.declared import FIELD_H, FIELD_W
from astraweave.arena.view import View
from astraweave.errors import UsageError

MODES = ("ansi", "rgb_array")
Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
SCALE = 20
"""Pixels a metre."""
WIDTH, HEIGHT = int(FIELD_W) * SCALE, int(FIELD_H) * SCALE
COLUMNS_A_METRE = 2
GROUND, WALL, SHOT, BAR = (38, 44, 38), (96, 92, 84), (240, 226, 150), (20, 20, 20)
PLAYER, COMPANION, BRUTE, ARCHER = (90, 160, 250), (120, 220, 140), (220, 90, 80), (230, 160, 70)
RADIUS, SHOT_RADIUS, BAR_LENGTH, BAR_ABOVE = 0.4, 0.12, 0.9, 0.65
"""Metres."""


def checked_mode(mode: str | None) -> str | None:
    """A render mode, or None.

    Raises:
        UsageError: there is no such mode.
    """
    if mode is None or mode in MODES:
        return mode
    what, fix = "unknown render_mode", f"take one of {', '.join(MODES)}, or None"
    raise UsageError(what=what, got=mode, where="rl", fix=fix)


def drawn(mode: str | None, view: View) -> str | Pixels | None:
    """The picture of a mode; None without one."""
    if mode is None:
        return None
    return text(view) if mode == "ansi" else pixels(view)


def text(view: View) -> str:
    """The field in characters, half a metre wide and a metre high each, and who is how well.

    P player, C companion, e enemy, a archer, # wall, * what flies.
    """
    rows = [[" "] * (int(FIELD_W) * COLUMNS_A_METRE) for _ in range(int(FIELD_H))]

    def put(x: float, y: float, mark: str) -> None:
        row = min(max(int(y), 0), len(rows) - 1)
        rows[row][min(max(int(x * COLUMNS_A_METRE), 0), len(rows[row]) - 1)] = mark

    for left, top, right, bottom in view.walls:
        for x in np.arange(left, right, 1 / COLUMNS_A_METRE):
            for y in np.arange(top, bottom, 0.5):
                put(x, y, "#")
    for x, y, *_ in view.projectiles:
        put(x, y, "*")
    for slot in reversed(range(len(view.hp))):
        if view.hp[slot] > 0.0:
            x, y = view.xy[slot]
            put(x, y, _mark(view, slot))
    line = "+" + "-" * len(rows[0]) + "+"
    bars = ", ".join(
        f"{_mark(view, slot)} {view.hp[slot]:.0f}/{full:.0f}"
        for slot, full in enumerate(view.max_hp)
        if full > 0.0
    )
    return "\n".join([line, *("|" + "".join(row) + "|" for row in rows), line, bars, ""])


def _mark(view: View, slot: int) -> str:
    return "PC"[slot] if slot < 2 else "a" if view.archer[slot] else "e"


def pixels(view: View) -> Pixels:
    """The field from above, uint8[320, 480, 3]: discs with bars of health over them."""
    picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    picture[:] = GROUND
    for left, top, right, bottom in view.walls:
        _box(picture, left, top, right, bottom, WALL)
    for slot in reversed(range(len(view.hp))):
        if view.hp[slot] > 0.0:
            x, y = view.xy[slot]
            share = view.hp[slot] / view.max_hp[slot]
            colour = (PLAYER, COMPANION)[slot] if slot < 2 else _of_enemy(view, slot)
            _disc(picture, x, y, RADIUS, colour)
            left, top = x - BAR_LENGTH / 2, y - BAR_ABOVE
            _box(picture, left, top, left + BAR_LENGTH, top + 0.15, BAR)
            _box(picture, left, top, left + BAR_LENGTH * share, top + 0.15, colour)
    for x, y, *_ in view.projectiles:
        _disc(picture, x, y, SHOT_RADIUS, SHOT)
    return picture


def _of_enemy(view: View, slot: int) -> tuple[int, int, int]:
    return ARCHER if view.archer[slot] else BRUTE


def _box(
    picture: Pixels,
    left: float,
    top: float,
    right: float,
    bottom: float,
    colour: tuple[int, int, int],
) -> None:
    ends = (round(max(0.0, metres) * SCALE) for metres in (left, top, right, bottom))
    x, y, x_end, y_end = ends
    picture[y:y_end, x:x_end] = colour


def _disc(picture: Pixels, x: float, y: float, radius: float, colour: tuple[int, int, int]) -> None:
    ys, xs = np.ogrid[:HEIGHT, :WIDTH]
    inside = ((xs + 0.5) / SCALE - x) ** 2 + ((ys + 0.5) / SCALE - y) ** 2 <= radius**2
    picture[inside] = colour
