"""The difference of two structures, in words."""

import pytest

from astraweave.behavior import load_tree
from astraweave.learning.mutations import GUARD, mutate
from astraweave.learning.restructured import difference

FORM = """<root BTCPP_format="4" main_tree_to_execute="Hut">
  <BehaviorTree ID="Hut"><Fallback name="all">{}</Fallback></BehaviorTree>
</root>"""
GUARDED = ('"cook" _skipIf="hot"', '"eat"', '"rest"')
PLAIN = ('"cook"', '"eat"', '"rest"')


@pytest.fixture
def root_of(tmp_path):
    def make(leaves):
        path = tmp_path / "hut.xml"
        path.write_text(FORM.format("".join(f"<Action ID={leaf}/>" for leaf in leaves)), "utf-8")
        return load_tree(path).root

    return make


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (PLAIN, GUARDED, "cook got a guard: skips if hot"),
        (GUARDED, PLAIN, "cook lost a guard: skipped if hot"),
        (PLAIN, PLAIN[::-1], "cook and rest changed places"),
        (PLAIN, ('"cook"', '"nap"', '"rest"'), "eat gave way to nap"),
        (PLAIN, ('"cook"', '"rest"'), "eat was taken out"),
        (PLAIN, ('"cook"', '"eat"', '"nap"', '"rest"'), "nap was put in"),
        (PLAIN, PLAIN, "some attributes of nodes"),
    ],
)
def test_each_kind_of_change_is_said(root_of, before, after, said):
    assert difference(root_of(before), root_of(after)) == said


def test_of_many_changes_the_first_are_said_and_how_many_more(root_of):
    many = root_of([f'{leaf} _skipIf="hot || wet"' for leaf in PLAIN])
    assert difference(root_of(PLAIN), many).endswith("; and 4 more")


@pytest.mark.parametrize("seed", range(8))
def test_a_mutation_of_a_shipped_tree_is_said_as_what_it_was(seed):
    tree = load_tree("companion.xml")
    made = mutate(tree, seed=seed)
    said = difference(tree.root, made.tree.root)
    assert made.mutation.detail.split()[0] in said
    assert ("got a guard: skips if " in said) == (made.mutation.kind == GUARD)
