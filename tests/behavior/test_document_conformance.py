"""Documents load, are ticked or are refused as by BehaviorTree.CPP 4.10, which read them all."""

import pytest

from astraweave.behavior import Tree
from astraweave.behavior.groot.grammar import Model, PortModel
from astraweave.behavior.groot.reader import read_tree
from astraweave.errors import TreeError
from tests.behavior.replay import load

LEAF = {"Leaf": Model("Action", ports=(PortModel("script", type="std::string"),))}
FILES = ("xml_documents.json", "documents_extra.json")
DOCUMENTS = {case["id"]: case for file in FILES for case in load(file)["cases"]}

# Where we are stricter, and why.
REFUSED = {
    "no XML: -- in a comment": ["x_comment_dashes"],
    "no XML: two roots": ["x_two_roots"],
    "no XML: text before the root": ["x_text_before_root"],
    "no XML: a blank before a tag's name": ["x_space_in_tag"],
    "no XML: the character 0": ["x_nul_char"],
    "hostile: DOCTYPE": ["x_decl_doctype"],
    "hostile: more than 64 levels": ["x_depth_255", "x_depth_256"],
}
# Where we are more lenient, and why.
READ = {
    "an Action that nobody declares is an intention": ["x_exp_unknown", "x_exp_action_id_space"],
    "a leaf may be declared in TreeNodesModel": ["x_model_custom_used"],
    "a processing instruction is none of ours": ["x_pi_inside"],
    "explicit tags may stand below a ReactiveSequence too": ["x_rseq_explicit_child"],
    "a node outside of every tree is none": ["x_root_action_no_id_model"],
}
OURS = {name: "load_error" for names in REFUSED.values() for name in names}
OURS |= {name: "ok" for names in READ.values() for name in names}


def test_every_difference_is_one_of_a_document():
    assert OURS.keys() <= DOCUMENTS.keys()
    assert all(DOCUMENTS[name]["result"] != result for name, result in OURS.items())
    assert len(OURS) <= len(DOCUMENTS) / 40


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_load_tick_or_are_refused_as_by_behaviortree_cpp(name):
    case = DOCUMENTS[name]
    text = case["xml"].encode("utf-8", "surrogatepass")
    result = OURS.get(name, case["result"])
    if result == "load_error":
        with pytest.raises(TreeError) as refused:
            read_tree(text, "x.xml", LEAF, case["main"])
        assert_one_line(refused.value)
        return
    tree = Tree(read_tree(text, "x.xml", LEAF, case["main"]), "x.xml")
    if "Leaf" in tree.actions:
        tree.action("Leaf")(lambda _entity, _facts: True)
    ticker = tree.ticker(seed=0)
    if result == "ok":
        ticker.tick({}, 0.0)
        return
    with pytest.raises(TreeError) as refused:
        ticker.tick({}, 0.0)
    assert_one_line(refused.value)


def assert_one_line(error):
    assert str(error).startswith("x.xml")
    assert "\n" not in str(error)
