"""Colours of node kinds and statuses, on white.

Statuses are Okabe and Ito's green, vermilion and amber, and grey, which colour-blind people tell
apart; kinds keep away from these hues, and each has its own outline. Refuses nothing.
"""

from typing import NamedTuple

from astraweave.behavior.render.wording import Kind
from astraweave.behavior.status import FAILURE, IDLE, RUNNING, SKIPPED, SUCCESS, Status


class Hue(NamedTuple):
    """A colour to write and draw with, and its tint to fill with."""

    strong: str
    tint: str


KINDS: dict[Kind, Hue] = {
    "control": Hue("#2f5fa8", "#f2f6fc"),
    "weighted": Hue("#6b3fa0", "#f7f2fc"),
    "decorator": Hue("#9c3f77", "#fcf3f8"),
    "subtree": Hue("#55606e", "#f4f5f7"),
    "condition": Hue("#0b7a86", "#eff9fa"),
    "action": Hue("#27323f", "#f7f8fa"),
}
STATUSES: dict[Status, Hue] = {
    SUCCESS: Hue("#00855f", "#e3f5ee"),
    FAILURE: Hue("#c74a00", "#fdeee4"),
    RUNNING: Hue("#c98a00", "#fff6dc"),
    SKIPPED: Hue("#7d8794", "#eff1f4"),
    IDLE: Hue("#b6bec9", "#ffffff"),
}
MORE, LESS = "#0072b2", "#b0507f"
"""Likelier, and less likely, than the designer made it."""
WEIGHED = "#b9a3d6"
EDGE = "#a3adba"
