"""`astraweave tree freeze`: what was learned as a file, and no file lost."""

import json

import pytest

from astraweave.behavior import load_tree


@pytest.fixture
def learned(boat, call):
    """A save in which a change was learned and deployed."""
    code, _, err = call("learn", "--save", boat, "--environment", "toy_game:make")
    assert (code, err) == (0, "")
    return boat


def order(xml):
    """IDs of the leaves, in order."""
    return [line.split()[0].strip("</>") for line in xml.splitlines() if line.startswith("      <")]


def test_without_anything_learned_the_order_is_the_designers(call, folder):
    before = (folder / "boat.xml").read_bytes()
    code, out, err = call("tree", "freeze", "boat.xml")
    assert (code, err) == (0, "")
    assert order(out) == ["help", "rest"]
    assert "the designer's weights" in out
    assert (folder / "boat.xml").read_bytes() == before


def test_weights_of_a_file_decide_the_order(call, folder):
    (folder / "w.json").write_text('{"weights": {"rest": 2}}')
    code, out, err = call("tree", "freeze", "boat.xml", "--weights", "w.json", "--out", "f.xml")
    assert (code, err) == (0, "")
    assert "tactics: rest 2, help 1" in out
    assert "the sandbox has not judged it" in out
    assert order((folder / "f.xml").read_text("utf-8")) == ["rest", "help"]
    assert load_tree(folder / "f.xml").weighted == ()


def test_what_a_save_deployed_decides_the_order(facts, learned):
    told = facts("tree", "freeze", "boat.xml", "--save", learned)
    assert told["version"] == 1
    assert told["orders"][0]["children"] == ["help", "rest"]
    assert told["orders"][0]["weights"][0] > 1
    assert "learned weights version 1 (" in told["xml"]
    assert told["judged"] is False


def test_a_save_in_which_nothing_was_deployed_gives_the_designers_order(facts, boat):
    told = facts("tree", "freeze", "boat.xml", "--save", boat, "--player", "robin")
    assert told["weights"] == "with the designer's weights"


def test_no_file_is_replaced_unasked_and_sources_never(call, folder, boat):
    (folder / "f.xml").write_text("mine")
    words = ("tree", "freeze", "boat.xml", "--save", boat, "--out")
    code, out, err = call(*words, "f.xml")
    assert (code, out) == (2, "")
    assert "replace it with --force" in err
    assert (folder / "f.xml").read_text() == "mine"
    assert call(*words, "f.xml", "--force")[0] == 0
    assert order((folder / "f.xml").read_text("utf-8")) == ["help", "rest"]
    (folder / "link.xml").symlink_to("boat.xml")
    for source in ("boat.xml", "link.xml", boat):
        before = (folder / source).read_bytes()
        code, out, err = call(*words, source, "--force")
        assert (code, out) == (1, "")
        assert "it is made from this file" in err
        assert (folder / source).read_bytes() == before


def test_an_included_file_is_a_source_too(call, folder):
    text = (folder / "boat.xml").read_text("utf-8")
    start = '<root BTCPP_format="4" main_tree_to_execute="Boat">'
    (folder / "main.xml").write_text(f'{start}<include path="boat.xml"/></root>')
    code, _, err = call("tree", "freeze", "main.xml", "--out", "boat.xml", "--force")
    assert code == 1
    assert "made from this file" in err
    assert (folder / "boat.xml").read_text("utf-8") == text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["none.xml"], 2, "cannot read the tree"),
        (["boat.xml", "--weights", "w.json"], 2, "the tree has no tactic 'fly'"),
        (["boat.xml", "--save", "none.db"], 2, "no such save"),
        (["boat.xml", "--player", "robin"], 2, "give --save too"),
        (["boat.xml", "--save", "boat.db", "--player", "zoe"], 1, "knows no 'zoe'"),
        (["boat.xml", "--save", "boat.db", "--weights", "w.json"], 2, "not allowed with"),
        (["boat.xml", "--out", "none/f.xml"], 2, "none/f.xml: cannot be written"),
        (["boat.xml", "--main", "Ship"], 2, "the main tree does not exist"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(call, folder, boat, words, code, said):
    (folder / "w.json").write_text('{"fly": 2}')
    ended, out, err = call("tree", "freeze", *words)
    assert (ended, out) == (code, "")
    assert said in err
    assert err.count("\n") == 1


def test_learned_weights_of_another_tree_are_refused_and_those_of_an_older_one_left_out(
    call, folder, learned
):
    text = (folder / "boat.xml").read_text("utf-8")
    (folder / "new.xml").write_text(text.replace('"rest"', '"sleep"').replace("rest:1", "sleep:1"))
    code, out, err = call("tree", "freeze", "new.xml", "--save", learned)
    assert code == 0
    assert "the weight of rest is left out" in err
    assert order(out) == ["help", "sleep"]
    other = text.replace('"rest"', '"sleep"').replace('"help"', '"row"')
    (folder / "other.xml").write_text(other.replace("help:1;rest:1", ""))
    code, out, err = call("tree", "freeze", "other.xml", "--save", learned)
    assert (code, out) == (2, "")
    assert "is of another tree" in err


def test_a_tree_without_a_choice_is_frozen_as_it_is(call, folder):
    assert call("tree", "freeze", "boat.xml", "--out", "f.xml")[0] == 0
    code, out, _ = call("tree", "freeze", "f.xml", "--out", "g.xml")
    assert code == 0
    assert "no choice by weight" in out
    code, out, _ = call("tree", "freeze", "f.xml", "--json")
    assert json.loads(out)["orders"] == []
