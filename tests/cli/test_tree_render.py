"""`astraweave tree render`: text, SVG and PNG, whose weights, and what is refused."""

import json
import struct
import sys
import xml.etree.ElementTree as ET

import pytest

from astraweave.model.shipped import shipped

pytest.importorskip("pygame")


@pytest.fixture
def learned(call, boat):
    """The boat's save after one step of learning, whose first proposal was approved."""
    code, _, err = call("learn", "--save", boat, "--environment", "toy_game:make")
    assert (code, err) == (0, "")
    return boat


def test_a_tree_is_text_unless_another_format_is_meant(call):
    code, out, err = call("tree", "render", "boat.xml")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "tactics  WeightedFallback  roulette",
        "├─ help  ████████████  50.0 %",
        "└─ rest  ████████████  50.0 %",
    ]


def test_an_svg_on_the_screen_is_the_svg_in_a_file(call, folder):
    _, out, _ = call("tree", "render", "boat.xml", "--format", "svg")
    assert call("tree", "render", "boat.xml", "--out", "boat.svg") == (0, "", "")
    assert (folder / "boat.svg").read_text("utf-8") == out
    told = "".join(ET.fromstring(out).itertext())
    assert "Boat" in told
    assert "boat.xml · 3 nodes" in told


def test_a_png_is_drawn_without_a_screen(call, folder, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    code, out, err = call("tree", "render", "companion.xml", "--out", "mira.png")
    assert (code, out, err) == (0, "", "")
    data = (folder / "mira.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    wide, high = struct.unpack(">II", data[16:24])
    assert wide > 1000
    assert high > 1000
    assert sorted(path.name for path in folder.glob("*.png")) == ["mira.png"]


def test_weights_come_from_a_file_or_from_a_save(call, folder, learned):
    (folder / "w.json").write_text('{"weights": {"help": 3.0}}', "utf-8")
    _, out, _ = call("tree", "render", "boat.xml", "--weights", "w.json")
    assert "75.0 % ↑ ×3.00" in out
    _, out, _ = call("tree", "render", "--save", learned)
    assert "↑ ×1." in out
    assert "↓ ×0." in out
    _, out, _ = call("tree", "render", "--save", learned, "--format", "svg")
    assert "robin &amp; mira: weights version 1" in out


def test_a_save_in_which_nothing_is_deployed_shows_the_designer_s(call, boat):
    code, out, _ = call("tree", "render", "boat.xml", "--save", boat, "--format", "svg")
    assert code == 0
    assert "the designer's weights" in out


def test_json_tells_the_nodes_and_where_the_picture_is(facts, folder):
    told = facts("tree", "render", "boat.xml", "--out", "boat.svg")
    assert [node["path"] for node in told["nodes"]] == ["tactics", "tactics/help", "tactics/rest"]
    assert told["tree"] == "Boat"
    assert told["out"] == "boat.svg"
    assert (folder / "boat.svg").exists()
    assert facts("tree", "render", "boat.xml")["out"] is None


@pytest.mark.parametrize("name", ["boat.svg", "boat.png", "boat.txt"])
def test_a_file_that_is_there_stays_unless_it_is_forced(call, folder, name):
    (folder / name).write_text("mine", "utf-8")
    code, out, err = call("tree", "render", "boat.xml", "--out", name)
    assert (code, out) == (2, "")
    assert "the file is there" in err
    assert "--force" in err
    assert (folder / name).read_text("utf-8") == "mine"
    assert call("tree", "render", "boat.xml", "--out", name, "--force") == (0, "", "")
    assert (folder / name).read_bytes() != b"mine"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.xml"], "cannot read the tree"),
        ([], "nothing to draw"),
        (["boat.xml", "--format", "png"], "--out FILE.png"),
        (["boat.xml", "--out", "no/where.svg"], "a folder that exists"),
        (["boat.xml", "--out", "."], "a folder that exists"),
        (["boat.xml", "--format", "png", "--out", "a.jpg"], "name it .png"),
        (["boat.xml", "--format", "gif"], "invalid choice"),
        (["boat.xml", "--weights", "nowhere.json"], "cannot read the weights"),
        (["boat.xml", "--weights", "other.json"], "unknown tactic"),
        (["boat.xml", "--weights", "other.json", "--save", "s.db"], "give --weights or --save"),
        (["boat.xml", "--main", "Ship"], "Ship"),
        (["boat.xml", "--save", "nowhere.db"], "there is no such save"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_exit_2(call, folder, words, said):
    (folder / "other.json").write_text(json.dumps({"sail": 2.0}), "utf-8")
    code, out, err = call("tree", "render", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_tree_too_large_for_a_png_is_an_svg(call, folder):
    many = "".join(f'<Action ID="act_{i}"/>' for i in range(2000))
    tree = f"<BehaviorTree ID='M'><Sequence>{many}</Sequence></BehaviorTree>"
    (folder / "many.xml").write_text(f"<root BTCPP_format='4'>{tree}</root>", "utf-8")
    code, _, err = call("tree", "render", "many.xml", "--out", "many.png")
    assert code == 2
    assert "take --format svg" in err
    assert not list(folder.glob("*.png"))
    assert not list(folder.glob(".*.png"))
    assert call("tree", "render", "many.xml", "--out", "many.svg")[0] == 0


def test_without_pygame_a_png_says_what_to_install(call, monkeypatch):
    monkeypatch.setitem(sys.modules, "pygame", None)
    code, _, err = call("tree", "render", "boat.xml", "--out", "boat.png")
    assert code == 2
    assert "astraweave[demo]" in err
    assert "--format svg" in err


def test_without_the_demo_a_png_says_so(call, monkeypatch, tmp_path):
    import astraweave.cli.tree_picture as verb  # noqa: PLC0415

    monkeypatch.setattr(verb, "shipped", lambda *parts: tmp_path.joinpath("gone", *parts))
    code, _, err = call("tree", "render", "boat.xml", "--out", "boat.png")
    assert code == 2
    assert "is not installed" in err
    assert not shipped("demos", "companion", "tree_png.py").samefile(tmp_path)
