"""Colours: Okabe and Ito's eight, which colour-blind people tell apart, on dark slate.

No meaning rests on colour alone: friends and foes also differ in shape, bars carry numbers.
"""

Colour = tuple[int, int, int]

ORANGE: Colour = (230, 159, 0)
SKY: Colour = (86, 180, 233)
GREEN: Colour = (0, 158, 115)
YELLOW: Colour = (240, 228, 66)
BLUE: Colour = (0, 114, 178)
VERMILION: Colour = (213, 94, 0)
PURPLE: Colour = (204, 121, 167)

INK: Colour = (14, 17, 23)
SLATE: Colour = (23, 28, 37)
PANEL: Colour = (28, 34, 45)
RAISED: Colour = (41, 49, 63)
LINE: Colour = (61, 72, 90)
FLOOR: Colour = (47, 54, 65)
FLOOR_LINE: Colour = (54, 62, 74)
WALL: Colour = (96, 107, 124)
WALL_TOP: Colour = (122, 134, 152)
FAINT: Colour = (146, 157, 174)
TEXT: Colour = (222, 228, 237)
WHITE: Colour = (255, 255, 255)

PLAYER, MIRA, BRUTE, ARCHER = SKY, PURPLE, VERMILION, ORANGE
HEALTH, STAMINA, MANA = GREEN, YELLOW, BLUE


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """`a` with `share` of `b` in it."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue
