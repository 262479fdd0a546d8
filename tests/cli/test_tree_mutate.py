"""`astraweave tree mutate`: a changed tree on stdout or in a file, ready for the gate."""

import pytest

import astraweave as aw

LIBRARY = """<root BTCPP_format="4" main_tree_to_execute="Dock">
  <BehaviorTree ID="Dock">
    <Sequence><ScriptCondition code="water &lt; 0.5"/><Action ID="sing"/></Sequence>
  </BehaviorTree>
</root>
"""


@pytest.fixture
def library(folder):
    (folder / "lib").mkdir()
    (folder / "lib" / "dock.xml").write_text(LIBRARY, "utf-8")
    return folder / "lib"


def test_the_same_seed_gives_the_same_file_which_loads_and_is_judged_by_the_gate(
    call, facts, folder, library
):
    words = ("tree", "mutate", "boat.xml", "--seed", 4, "--library", library)
    code, out, err = call(*words)
    assert (code, err) == (0, "")
    assert call(*words)[1] == out
    told = facts(*words, "--out", "new.xml")
    assert (folder / "new.xml").read_text("utf-8") == out
    assert told["mutated_hash"] == aw.load_tree("new.xml").content_hash
    assert told["mutations"][0]["kind"] == "graft"
    assert facts("tree", "check", "new.xml")


def test_it_says_what_was_changed_and_that_nobody_has_judged_it(call, library):
    code, out, _ = call(
        "tree", "mutate", "boat.xml", "--seed", 1, "--library", library, "--out", "n.xml"
    )
    assert code == 0
    assert "gives way to" in out
    assert "Not judged yet: astraweave sandbox validate n.xml --against-tree boat.xml" in out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--seed", "1"), 1, "no change keeps every guard and all limits; give a library"),
        (("--seed", "-1"), 2, "--seed must be 0 to 9,223,372,036,854,775,807, got -1"),
        (("--seed", "1", "--steps", "0"), 2, "--steps must be 1 to 64, got 0"),
        (("--seed", "1", "--library", "none"), 2, "none: no trees in this library"),
        (("--seed", "1", "--library", "lib", "--out", "boat.xml"), 2, "replace it with --force"),
        (("--seed", "1", "--max-nodes", "2"), 2, "--max-nodes is below the 3 that the tree has"),
        (("--seed", "1", "--max-levels", "1"), 2, "--max-levels is below the 2 that the tree"),
        (("--seed", "1", "--out", "none/x.xml"), 2, "got no folder none; make the folder"),
        (("--seed", "1", "--library", "lib", "--environment", "toy_game:make"), 1, "no change"),
        ((), 2, "the following arguments are required: --seed"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(call, library, words, code, said):
    ended, out, err = call("tree", "mutate", "boat.xml", *words)
    assert (ended, out) == (code, "")
    assert said in err
    assert err.count("\n") == 1
