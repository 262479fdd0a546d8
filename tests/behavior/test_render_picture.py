"""Pictures of trees: nothing overlaps, nothing is cut off, hostile names stay text."""

import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.behavior import Status, load_tree, nodes
from astraweave.behavior.render import cards_of, picture_of, svg_of
from astraweave.behavior.render.boxes import MOST_WIDE
from astraweave.behavior.render.layout import tidy
from astraweave.behavior.render.metrics import clean, cut, width_of
from astraweave.behavior.render.palette import STATUSES
from astraweave.behavior.render.shapes import Box, Curve, Stroke, Words
from tests.behavior.grown import EVERYTHING, action, random_spec, tree, weighted

SVG = "{http://www.w3.org/2000/svg}"
NASTY = '<script>alert("1")</script> & ]]> \u202e\x07 日本語 🎉'


def dice(seed):
    rng = np.random.default_rng(seed)
    return lambda below: int(rng.integers(below))


def drawn(grown, **given):
    return picture_of(cards_of(grown, **given), "title", "caption")


def outlines(picture):
    """The outer box of each node, in document order."""
    return [group.shapes[0] for group in picture.groups if group.tip]


def some_trees():
    yield tree(EVERYTHING)
    yield load_tree("companion.xml")
    yield tree(action("alone"))
    yield tree(action(NASTY))
    yield tree(weighted({f"tactic_{i}" * (1 + i): 1.0 for i in range(40)}))
    deep = action("bottom")
    for level in range(62):
        deep = (nodes.Inverter, {"name": f"level {level} of very many levels indeed"}, (deep,))
    yield tree(deep)
    yield tree(random_spec(dice(3), 1000))


@pytest.fixture(scope="module", params=range(7))
def grown(request):
    return list(some_trees())[request.param]


# -- layout ----------------------------------------------------------------------------------------


def apart(one, other):
    return (
        one.x + one.wide <= other.x
        or other.x + other.wide <= one.x
        or one.y + one.high <= other.y
        or other.y + other.high <= one.y
    )


def test_no_two_boxes_overlap(grown):
    boxes = sorted(outlines(drawn(grown)), key=lambda box: (box.x, box.y))
    for one, other in pairwise(boxes):
        assert apart(one, other)
    if len(boxes) < 200:
        assert all(apart(a, b) for i, a in enumerate(boxes) for b in boxes[:i])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 80))
def test_random_trees_are_laid_out_tidily(seed, size):
    pick = dice(seed)
    cards = cards_of(tree(random_spec(pick, size)))
    sizes = [(100.0, 20.0 + pick(60)) for _ in cards]
    places = tidy([c.children for c in cards], sizes, between=10.0, before=[30.0] * len(cards))
    columns = {}
    for card, place, (_, high) in zip(cards, places, sizes, strict=True):
        columns.setdefault(place.x, []).append((place.y - high / 2, place.y + high / 2))
        if card.children:
            first, last = places[card.children[0]], places[card.children[-1]]
            assert place.y == pytest.approx((first.y + last.y) / 2)
            assert all(places[child].x >= place.x + 130.0 for child in card.children)
    for column in columns.values():
        # In document order, so that children read from top to bottom and no edges cross.
        assert all(low + 10.0 <= top + 1e-6 for (_, low), (top, _) in pairwise(column))
    assert min(top for column in columns.values() for top, _ in column) == pytest.approx(0.0)


def test_what_lies_between_two_large_subtrees_is_spread_evenly():
    fan = [[1, 2, 3, 4], [5, 6, 7], [], [], [8, 9, 10], *([],) * 6]
    places = tidy(fan, [(10.0, 10.0)] * len(fan), between=2.0, before=[5.0] * len(fan))
    steps = [places[b].y - places[a].y for a, b in ((1, 2), (2, 3), (3, 4))]
    assert steps[0] == pytest.approx(steps[2])


def test_no_edge_goes_through_a_box(grown):
    picture = drawn(grown, weights={})
    boxes = outlines(picture)
    curves = [s for g in picture.groups[:-1] for s in g.shapes if isinstance(s, Curve)]
    columns = {}
    for box in boxes:
        columns.setdefault(box.x, []).append(box)
    for curve in curves:
        assert curve.start[0] <= curve.bend < curve.end[0]
        level = (curve.start[1] - curve.width / 2, curve.start[1] + curve.width / 2)
        for x, column in columns.items():
            # Between the columns it bends; along the parent's column it must pass nobody.
            widest = max(box.x + box.wide for box in column)
            assert widest <= curve.bend or x >= curve.end[0]
            for box in column if x <= curve.start[0] <= widest else ():
                beside = box.x + box.wide <= curve.start[0] + 0.01
                assert beside or box.y >= level[1] or box.y + box.high <= level[0]


# -- what is drawn ---------------------------------------------------------------------------------


def test_all_shapes_lie_inside_the_picture(grown):
    picture = drawn(grown, statuses={grown.root.path: Status.RUNNING})
    for group in picture.groups:
        for shape in group.shapes:
            for x, y in corners(shape):
                assert -0.01 <= x <= picture.wide + 0.01
                assert -0.01 <= y <= picture.high + 0.01


def corners(shape):
    if isinstance(shape, Box):
        return (shape.x, shape.y), (shape.x + shape.wide, shape.y + shape.high)
    if isinstance(shape, Curve):
        return shape.start, shape.end
    if isinstance(shape, Stroke):
        return shape.points
    left = shape.x - shape.room / 2 if shape.middle else shape.x
    return (left, shape.y), (left + shape.room, shape.y)


def test_words_keep_inside_their_box_and_take_no_more_than_their_room(grown):
    for group in drawn(grown, weights={}).groups:
        box = group.shapes[0]
        for shape in group.shapes:
            if not isinstance(shape, Words) or not group.tip:
                continue
            wide = width_of(shape.text, shape.size, bold=shape.bold, mono=shape.mono)
            assert wide <= shape.room + 0.01
            if not shape.middle and shape.x > box.x:
                assert shape.x + wide <= box.x + box.wide
    assert all(box.wide <= MOST_WIDE for box in outlines(drawn(grown)))


def test_what_was_cut_stands_whole_in_the_tip():
    grown = load_tree("companion.xml")
    text = svg_of(drawn(grown))
    guard = grown.root.children[1].children[2].skip_if
    assert "skip if" in text
    assert clean(guard.text).replace("<", "&lt;").replace(">", "&gt;") in text


def test_ribbons_are_as_wide_as_their_shares():
    picture = drawn(tree(weighted({"a": 1.0, "b": 3.0})))
    narrow, wide = [s.width for g in picture.groups for s in g.shapes if isinstance(s, Curve)][:2]
    assert wide == pytest.approx(3 * narrow)


def test_each_status_has_a_colour_and_a_mark_of_its_own():
    names = ["a", "b", "c", "d"]
    asked = [Status.SUCCESS, Status.FAILURE, Status.RUNNING, Status.SKIPPED]
    grown = tree((nodes.Sequence, {"name": "s"}, tuple(map(action, names))))
    statuses = {f"s/{name}": status for name, status in zip(names, asked, strict=True)}
    picture = drawn(grown, statuses=statuses)
    groups = [group for group in picture.groups if group.tip]
    marks = set()
    for group, status in zip(groups[1:], asked, strict=True):
        assert group.shapes[0].line == STATUSES[status].strong
        assert status.name in group.tip
        disc, *strokes = group.shapes[-2:]
        x, y = group.shapes[0].x, group.shapes[0].y
        marks.add(tuple((round(px - x), round(py - y)) for s in strokes for px, py in s.points))
        assert disc.__class__ in (Box, Stroke)
    assert len(marks) == len(asked)
    key = {s.text for s in picture.groups[-1].shapes if isinstance(s, Words)}
    assert {status.name for status in asked} <= key


def test_the_key_explains_what_is_there_and_no_more():
    key = drawn(tree(action("a"))).groups[-1]
    assert [s.text for s in key.shapes if isinstance(s, Words)] == ["action"]


# -- svg -------------------------------------------------------------------------------------------


def test_an_svg_is_xml_and_holds_every_node(grown):
    root = ET.fromstring(grown.render("svg", caption="a caption"))
    assert root.tag == f"{SVG}svg"
    titles = [element.text for element in root.iter(f"{SVG}title")]
    assert len(titles) == 1 + len(list(nodes.walk(grown.root)))


def test_an_svg_loads_nothing_and_runs_nothing(grown):
    root = ET.fromstring(grown.render("svg"))
    known = {"svg", "g", "title", "rect", "path", "polyline", "text"}
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in known
        for name, value in element.attrib.items():
            assert "href" not in name
            assert not name.startswith("on")
            assert "url(" not in value


def test_hostile_names_stay_text():
    hooks = nodes.Hooks(skip_if=None)
    spec = action(NASTY, hooks=hooks, ports=((NASTY, NASTY),))
    text = tree(spec).render("svg", caption=NASTY)
    root = ET.fromstring(text)
    assert "<script" not in text
    assert "\u202e" not in text
    assert "\x07" not in text
    told = "".join(root.itertext())
    assert '<script>alert("1")</script> & ]]>' in told
    assert "日本語" in told


def test_the_same_tree_gives_the_same_bytes(grown):
    given = {"weights": {}, "statuses": {grown.root.path: Status.FAILURE}}
    assert grown.render("svg", **given) == grown.render("svg", **given)


def test_a_thousand_nodes_stay_a_file_that_opens():
    text = tree(random_spec(dice(5), 1000)).render("svg")
    assert len(text) < 1_000_000


# -- words -----------------------------------------------------------------------------------------


@given(st.text(max_size=60), st.floats(20.0, 200.0), st.booleans())
def test_cut_text_fits_and_is_a_beginning(text, room, mono):
    text = clean(text)
    kept = cut(text, room, 11.0, mono=mono)
    assert kept == text or width_of(kept, 11.0, mono=mono) <= room
    assert text.startswith(kept.removesuffix("…"))


def test_code_is_not_cut_inside_a_number():
    code = "stamina < 0.25 || mana < 0.75"
    for room in range(40, 180):
        kept = cut(code, float(room), 10.0, mono=True).removesuffix("…")
        assert code == kept or code[len(kept)] in " " or " " not in kept


def test_clean_text_is_one_printable_line():
    assert clean("a\n\tb\x00\u2028c") == "a b\ufffd c"
