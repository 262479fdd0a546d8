"""A folder that `export` wrote says whose game it is of, in data; a stranger's may say anything."""

import json

import msgspec
import pytest

import astraweave as aw
from astraweave.learning import recall, remember
from astraweave.learning.declaration import ARENA

ALL = ("--what", "all", "--to")


def bodies(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def game_in(save, **changed):
    """What a save says of its game, after it was changed."""
    with aw.open_memory(save) as memory:
        if changed:
            remember(memory, msgspec.structs.replace(recall(memory), **changed))
        return recall(memory)


@pytest.fixture
def out(call, boat, folder):
    """An export of a game with a tree of its own, whose files have gone."""
    assert call("export", boat, *ALL, "out")[0] == 0
    for name in ("boat.xml", "actions.toml"):
        (folder / name).unlink()
    return folder / "out"


def test_the_demo_s_save_goes_out_and_in_without_a_word_more(call, folder):
    words = ("--headless", "--autopilot", "berserker", "--episodes", "1", "--save", "demo.db")
    assert call("demo", *words)[0] == 0
    assert call("export", "demo.db", *ALL, "one")[0] == 0
    code, _, err = call("ingest", "one", "--save", "fresh.db")
    assert (code, err) == (0, "")
    assert call("export", "fresh.db", *ALL, "two")[0] == 0
    assert bodies(folder / "one") == bodies(folder / "two")
    assert game_in("fresh.db") == game_in("demo.db")
    assert game_in("fresh.db").environment == ARENA


def test_a_game_with_a_tree_of_its_own_goes_out_and_in(call, out, folder):
    there = out.rename(folder / "elsewhere")
    assert call("ingest", there, "--save", "fresh.db")[0] == 0
    assert call("export", "fresh.db", *ALL, "two")[0] == 0
    assert bodies(there) == bodies(folder / "two")
    assert str(folder) not in (there / "game.json").read_text("utf-8")
    assert call("learn", "--save", "fresh.db", "--now", "1700001000")[0] in (0, 1)


def test_limits_of_the_game_go_with_it_and_code_does_not(call, boat, out, folder):
    game_in(boat, environment="toy_game:make", locked=("rest",), guard=0.01)
    game_in(boat, tree=str(out / "tree.xml"))
    assert call("export", boat, *ALL, "two")[0] == 0
    assert "toy_game" not in (folder / "two" / "game.json").read_text("utf-8")
    told = json.loads((folder / "two" / "game.json").read_bytes())
    (folder / "two" / "game.json").write_text(json.dumps(told | {"environment": "toy_game:make"}))
    assert call("ingest", "two", "--save", "fresh.db")[0] == 0
    taken = game_in("fresh.db")
    assert (taken.environment, taken.require_sandbox) == (None, True)
    assert (taken.locked, taken.guard) == (("rest",), 0.01)


def test_a_save_that_has_a_game_keeps_it(call, boat, out):
    before = game_in(boat, tree=str(out / "tree.xml"))
    (out / "game.json").write_text("not read")
    assert call("ingest", out, "--save", boat)[0] == 0
    assert game_in(boat) == before


def test_a_tree_that_has_gone_is_told_and_may_be_given(call, boat, out, folder):
    code, _, err = call("export", boat, *ALL, "two")
    assert (code, err.count("\n")) == (0, 1)
    assert "the tree is not in the export: " in err
    code, _, err = call("ingest", "two", "--save", "fresh.db")
    assert (code, err.count("\n")) == (2, 1)
    assert "tree.xml: cannot read the tree" in err
    assert call("ingest", "two", "--save", "fresh.db", "--tree", out / "tree.xml")[0] == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (b"a poem", "the game's declarations cannot be read"),
        (b"\xff", "the game's declarations cannot be read"),
        (b"[" * 100_000, "the game's declarations cannot be read"),
        (b" " * (17 << 20), "more than 16 MiB of declarations"),
        ({"tree": "../boat.xml"}, "the tree must be tree.xml beside it, or shipped:NAME, got ../"),
        ({"tree": "/dev/zero"}, "the tree must be tree.xml beside it"),
        ({"tree": "shipped:../../x.xml"}, "cannot read the tree"),
        ({"actions": {}}, "declares no action"),
        ({"actions": {"row": {"kind": "x\u001b[2J"}}}, "must be Kind(one of melee"),
        ({"facts": [{"name": "water", "low": 2, "high": 1}]}, "low must be below high"),
        ({"facts": [{"name": "water", "low": "a"}]}, "declarations cannot be read"),
        ({"gate": {"max_pairs": -1}}, "the gate's settings cannot be read"),
        ({"learner": "oracle"}, "names a learner that this program does not have"),
        ({"guard": 7}, "the game's declarations cannot be read"),
    ],
)
def test_a_folder_that_declares_nonsense_is_one_line_and_leaves_nothing(
    call, out, folder, change, said
):
    file = out / "game.json"
    told = json.loads(file.read_bytes())
    file.write_bytes(change if isinstance(change, bytes) else json.dumps(told | change).encode())
    code, shown, err = call("ingest", "out", "--save", "s.db")
    assert (code, shown, err.count("\n")) == (2, "", 1)
    assert said in err
    assert "\x1b" not in err
    assert not (folder / "s.db").exists()
