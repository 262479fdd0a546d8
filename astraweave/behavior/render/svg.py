"""A picture as SVG: one self-contained file, the same bytes on every machine.

No scripts, no styles, no fonts or files from elsewhere; all text is escaped, and none of it
stands in an attribute. Refuses nothing.
"""

from astraweave.behavior.render.metrics import clean
from astraweave.behavior.render.shapes import Box, Curve, Group, Picture, Shape, Stroke, Words

_SANS = "Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', 'DejaVu Sans', sans-serif"
_CODE = "ui-monospace, Menlo, Consolas, 'Liberation Mono', 'DejaVu Sans Mono', monospace"
_INSET = 3.0


def svg_of(picture: Picture) -> str:
    """The whole file, ending with a line break."""
    wide, high = _n(picture.wide), _n(picture.high)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}" font-family="{_SANS}" role="img">'
    )
    body = [line for group in picture.groups for line in _group(group)]
    return "\n".join([head, _title(picture.name), *body, "</svg>"]) + "\n"


def _group(group: Group) -> list[str]:
    inner = [_shape(shape) for shape in group.shapes]
    if not group.tip:
        return inner
    return ["<g>", _title(group.tip), *inner, "</g>"]


def _title(text: str) -> str:
    lines = "\n".join(clean(line) for line in text.splitlines())
    return f"<title>{_escaped(lines)}</title>"


def _shape(shape: Shape) -> str:
    if isinstance(shape, Box):
        return _box(shape)
    if isinstance(shape, Curve):
        return _curve(shape)
    return _words(shape) if isinstance(shape, Words) else _stroke(shape)


def _box(box: Box) -> str:
    outer = _rect(box, 0.0, box.fill or "none")
    return outer + _rect(box, _INSET, "none") if box.double else outer


def _rect(box: Box, inset: float, fill: str) -> str:
    x, y = _n(box.x + inset), _n(box.y + inset)
    wide, high = _n(box.wide - 2 * inset), _n(box.high - 2 * inset)
    radius = max(0.0, box.radius - inset)
    rounded = f' rx="{_n(radius)}"' if radius else ""
    line = f' stroke="{box.line}" stroke-width="{_n(box.width)}"' if box.line else ""
    return f'<rect x="{x}" y="{y}" width="{wide}" height="{high}"{rounded} fill="{fill}"{line}/>'


def _curve(curve: Curve) -> str:
    (x, y), (to_x, to_y) = curve.start, curve.end
    middle, level = _n((curve.bend + to_x) / 2.0), _n(curve.bend)
    path = f"M{_n(x)} {_n(y)}H{level}C{middle} {_n(y)} {middle} {_n(to_y)} {_n(to_x)} {_n(to_y)}"
    return (
        f'<path d="{path}" fill="none" stroke="{curve.colour}" stroke-width="{_n(curve.width)}"/>'
    )


def _stroke(stroke: Stroke) -> str:
    points = " ".join(f"{_n(x)},{_n(y)}" for x, y in stroke.points)
    return (
        f'<polyline points="{points}" fill="{stroke.fill or "none"}" stroke="{stroke.colour}" '
        f'stroke-width="{_n(stroke.width)}" stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _words(words: Words) -> str:
    look = f' font-family="{_CODE}"' if words.mono else ""
    look += ' font-weight="600"' if words.bold else ""
    look += ' text-anchor="middle"' if words.middle else ""
    return (
        f'<text x="{_n(words.x)}" y="{_n(words.y)}" font-size="{_n(words.size)}" '
        f'fill="{words.colour}"{look}>{_escaped(words.text)}</text>'
    )


def _n(value: float) -> str:
    """A number with at most one decimal: enough for a picture, and the same everywhere."""
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def _escaped(text: str) -> str:
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(char, entity)
    return text
