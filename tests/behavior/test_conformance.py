"""Both engines against traces that BehaviorTree.CPP 4.10 itself produced."""

import pytest

from astraweave.behavior import Tree
from astraweave.behavior.groot.grammar import Model
from astraweave.behavior.groot.reader import read_tree
from astraweave.errors import TreeError
from tests.behavior.replay import cases, load, play_batch, play_scalar, traces

CASES = {case.id: case for case in (*cases(), *traces())}
LEAF = {"Leaf": Model("Action", ports=("script",))}
DOCUMENTS = {case["id"]: case for case in load("xml_documents.json")["cases"]}
OUTSIDE = ("Repeat", "Delay", "Script ", "TryCatch")


def test_the_subset_is_not_empty():
    assert len(CASES) >= 100


@pytest.mark.parametrize("name", CASES)
def test_the_scalar_engine_does_what_behaviortree_cpp_does(name):
    assert play_scalar(CASES[name]) == (CASES[name].roots, CASES[name].events)


@pytest.mark.parametrize("name", CASES)
def test_the_batch_engine_does_what_behaviortree_cpp_does(name):
    assert play_batch(CASES[name]) == (CASES[name].roots, CASES[name].events)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_load_or_are_refused_as_behaviortree_cpp_does(name):
    case = DOCUMENTS[name]
    outside = any(word in case["xml"] for word in OUTSIDE)
    if case["result"] == "ok" and not outside:
        assert Tree(read_tree(case["xml"].encode(), "x.xml", LEAF, case["main"]), "x.xml").actions
        return
    with pytest.raises(TreeError) as refused:
        read_tree(case["xml"].encode(), "x.xml", LEAF, case["main"])
    message = str(refused.value)
    assert message.startswith("x.xml:")
    assert "\n" not in message
