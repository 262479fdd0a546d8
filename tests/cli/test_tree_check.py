"""`astraweave tree check`: errors, warnings and a summary, for people and for programs."""

import json

import pytest

from astraweave.model.shipped import shipped

GOOD = """<root BTCPP_format="4" main_tree_to_execute="M">
  <BehaviorTree ID="M">
    <Sequence>
      <ScriptCondition code="water &gt; 0.5"/>
      <bail/>
    </Sequence>
  </BehaviorTree>
  <BehaviorTree ID="N"><SubTree ID="M"/></BehaviorTree>
  <TreeNodesModel><Action ID="bail"/></TreeNodesModel>
</root>"""
ALONE = GOOD.replace('<BehaviorTree ID="N"><SubTree ID="M"/></BehaviorTree>', "")


@pytest.fixture
def put(folder):
    """Write a tree, by default one in order; returns its name."""

    def write(name="good.xml", text=ALONE):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
        return name

    return write


def test_a_tree_in_order_is_summed_up(call, put):
    code, out, err = call("tree", "check", put())
    assert (code, err) == (0, "")
    assert out.startswith("good.xml: fine\n  1 tree, 3 nodes, 2 levels deep\n")
    assert "\n  reads water\n  runs in batches, by jump code\n" in out


def test_what_looks_wrong_is_a_line_with_its_place(call, put):
    code, out, err = call("tree", "check", put("trees/warn.xml", GOOD))
    assert (code, err) == (0, "")
    first, second, *_ = out.splitlines()
    assert first.startswith("trees/warn.xml:8:3: warning: the tree 'N' is not used by 'M'; ")
    assert first.endswith("[unused-tree]")
    assert second == "trees/warn.xml: 1 warning"


def test_strict_says_no_to_what_looks_wrong_and_to_nothing_else(call, put):
    assert call("tree", "check", put("warn.xml", GOOD), "--strict")[0] == 1
    assert call("tree", "check", put(), "--strict")[0] == 0
    assert call("tree", "check", "warn.xml", "--main", "N", "--strict")[0] == 0


def test_what_does_not_load_is_one_line_on_stderr_and_the_others_are_told(call, put):
    put("bad.xml", GOOD.replace("<bail/>", "<bial/>"))
    code, out, err = call("tree", "check", "bad.xml", put(), "none.xml")
    assert code == 2
    assert out.startswith("good.xml: fine")
    bad, none = err.splitlines()
    assert bad.startswith("astraweave: bad.xml:5:7: Sequence/bial: unknown node, got bial; did you")
    assert "none.xml: cannot read the tree" in none


def test_facts_of_a_file_or_of_the_arena_are_compared(call, put):
    put()
    assert call("tree", "check", "good.xml", "--facts", "actions.toml", "--strict")[0] == 0
    code, out, _ = call("tree", "check", "good.xml", "--facts", "arena", "--strict")
    assert code == 1
    assert "good.xml:4:7: warning: Sequence/ScriptCondition: reads 'water'" in out
    assert call("tree", "check", "good.xml", "--facts", "none.toml")[0] == 2


def test_json_holds_it_all(call, facts, put):
    told = facts("tree", "check", "companion.xml", put("warn.xml", GOOD))
    companion, warn = told["trees"]
    assert told["errors"] == []
    assert companion["warnings"] == []
    assert companion["choices"][0]["policy"] == "roulette"
    assert len(companion["choices"][0]["tactics"]) == 13
    assert companion["engine"] == {"name": "jump", "why": None}
    assert (warn["trees"], warn["nodes"], warn["levels"]) == (2, 3, 2)
    assert warn["reads"] == ["water"]
    assert warn["warnings"][0]["code"] == "unused-tree"
    code, out, err = call("tree", "check", "none.xml", "--json")
    assert code == 2
    assert "cannot read the tree" in json.loads(out)["errors"][0]
    assert "cannot read the tree" in err


def test_a_list_without_an_end_is_cut(call, put):
    trees = "".join(f'<BehaviorTree ID="T{i}"><bail/></BehaviorTree>' for i in range(120))
    _, out, _ = call("tree", "check", put("many.xml", GOOD.replace("<TreeN", f"{trees}<TreeN")))
    assert "… and 21 more (--json has all)" in out
    assert len(out.splitlines()) < 110


def test_the_companion_reads_what_the_arena_declares(call):
    assert call("tree", "check", "companion.xml", "--facts", "arena", "--strict")[0] == 0


@pytest.mark.parametrize(
    "name", sorted(path.name for path in shipped("behavior_trees").glob("*.xml"))
)
def test_every_shipped_tree_opens_without_a_warning(call, name):
    code, out, err = call("tree", "check", name, "--strict")
    assert (code, err) == (0, ""), out
