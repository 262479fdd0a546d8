"""Small changes of a tree: bounded, repeatable, never with a guard less, always readable."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.behavior import load_tree, nodes
from astraweave.behavior.protection import protections, terms_of, unprotected
from astraweave.errors import UsageError
from astraweave.learning.mutations import GRAFT, GUARD, SWAP, Limits, mutate

NAMES = ("companion", "healer", "tank", "archer", "boss", "civilian")
HEAD = '<root BTCPP_format="4" main_tree_to_execute="Main"><BehaviorTree ID="Main">'
TAIL = "</BehaviorTree></root>"


@pytest.fixture(scope="module")
def shipped():
    return {name: load_tree(f"{name}.xml") for name in NAMES}


@pytest.fixture
def tree_from(tmp_path):
    """Writes and loads a tree of what stands inside of its BehaviorTree."""

    def make(inside, name="t"):
        path = tmp_path / f"{name}.xml"
        path.write_text(f"{HEAD}{inside}{TAIL}")
        return load_tree(path)

    return make


def size(tree):
    return sum(1 for _ in nodes.walk(tree.root))


@settings(max_examples=12)
@given(name=st.sampled_from(NAMES), seed=st.integers(0, 2**40))
def test_a_change_keeps_every_guard_loads_as_written_and_is_the_same_for_the_same_seed(
    shipped, tmp_path_factory, name, seed
):
    tree = shipped[name]
    library = [each for other, each in shipped.items() if other != name]
    made = mutate(tree, seed=seed, library=library)
    before = protections(tree.root)
    assert unprotected(before, made.tree.root) is None
    for action, checks in protections(made.tree.root).items():
        assert before.get(action, frozenset()) <= checks
    assert made.tree.content_hash != tree.content_hash
    assert size(made.tree) <= max(256, size(tree))
    path = tmp_path_factory.mktemp("made") / "made.xml"
    path.write_text(made.xml, "utf-8")
    again = load_tree(path)
    assert again.content_hash == made.tree.content_hash
    assert again.to_xml() == made.xml, "as Groot2 writes it: reading and writing changes nothing"
    assert mutate(tree, seed=seed, library=library).xml == made.xml


def test_all_three_kinds_are_drawn(shipped):
    library = [shipped[name] for name in NAMES if name != "healer"]
    kinds = {mutate(shipped["healer"], seed=n, library=library).mutation.kind for n in range(20)}
    assert kinds == {SWAP, GUARD, GRAFT}


GUARDED = (
    '<ReactiveSequence><ScriptCondition code="line_clear &gt; 0.5"/><Fallback>'
    '<Action ID="shoot" _skipIf="ammo &lt; 1"/><Action ID="hide"/></Fallback></ReactiveSequence>'
)


def test_what_an_action_stands_behind_is_found_wherever_it_is_written(tree_from):
    told = protections(tree_from(GUARDED).root)
    assert told["shoot"] == {"line_clear > 0.5", "not ammo < 1"}
    assert told["hide"] == {"line_clear > 0.5"}
    twice = tree_from(
        '<Sequence><Fallback><Action ID="a" _skipIf="x &gt; 1 || y &gt; 1"/>'
        '<Action ID="a" name="again" _skipIf="(y &gt; 1)"/></Fallback></Sequence>',
        "twice",
    )
    assert protections(twice.root)["a"] == {"not y > 1"}
    other = tree_from(
        '<IfThenElse><ScriptCondition code="m &gt; 1 &amp;&amp; n &gt; 1"/>'
        '<Action ID="a"/><Action ID="b"/></IfThenElse>',
        "other",
    )
    assert protections(other.root) == {
        "a": {"m > 1", "n > 1"},
        "b": {"not m > 1", "not n > 1"},
    }


def test_a_tree_without_one_of_its_guards_is_found_out(tree_from):
    before = protections(tree_from(GUARDED).root)
    bare = tree_from(GUARDED.replace(' _skipIf="ammo &lt; 1"', ""), "bare")
    assert unprotected(before, bare.root) == "shoot would stand without not ammo < 1"
    late = tree_from(
        '<ReactiveSequence><Action ID="shoot" _skipIf="ammo &lt; 1"/>'
        '<ScriptCondition code="line_clear &gt; 0.5"/></ReactiveSequence>',
        "late",
    )
    assert unprotected(before, late.root) == "shoot would stand without line_clear > 0.5"


def test_a_library_that_does_the_same_without_the_guard_is_not_taken_from(tree_from):
    tree = tree_from(
        '<Fallback><Action ID="shoot" _skipIf="line_clear &lt; 0.5"/><Action ID="hide"/></Fallback>'
    )
    loose = tree_from('<Sequence><Action ID="shoot"/></Sequence>', "loose")
    for seed in range(15):
        made = mutate(tree, seed=seed, library=[loose])
        assert "not line_clear < 0.5" in protections(made.tree.root).get(
            "shoot", {"not line_clear < 0.5"}
        )
        assert made.mutation.kind != GRAFT


def test_the_checks_of_a_library_go_with_its_actions(tree_from):
    tree = tree_from('<Fallback><Action ID="hide"/></Fallback>')
    far = tree_from(
        '<Sequence><ScriptCondition code="near &gt; 1"/><Action ID="bite"/></Sequence>', "far"
    )
    seen = set()
    for seed in range(10):
        made = mutate(tree, seed=seed, library=[far])
        assert made.mutation.kind == GRAFT
        seen |= {made.mutation.detail}
        assert protections(made.tree.root)["bite"] == {"near > 1"}
    assert seen == {"hide gives way to Sequence of Main"}


def test_a_choice_keeps_one_tactic_that_may_always_be_chosen_and_its_weights(tree_from):
    tree = tree_from(
        '<WeightedFallback name="w" weights="a:2;b:3">'
        '<Action ID="a" _skipIf="x &gt; 1"/><Action ID="b"/></WeightedFallback>'
    )
    lib = tree_from('<Fallback><Action ID="c" _skipIf="y &gt; 1"/></Fallback>', "lib")
    for seed in range(20):
        made = mutate(tree, seed=seed, library=[lib])
        (choice,) = made.tree.weighted
        assert set(choice.weights) == {2.0, 3.0}
        if made.mutation.kind == GUARD:
            assert made.tree.root.children[1].skip_if is None


def test_limits_hold_and_facts_and_actions_are_only_those_of_the_game(tree_from, shipped):
    tree = tree_from('<Fallback><Action ID="hide"/></Fallback>')
    far = tree_from(
        '<Sequence><ScriptCondition code="near &gt; 1"/><Action ID="bite"/></Sequence>', "far"
    )
    for more in (
        {"limits": Limits(nodes=3)},
        {"limits": Limits(levels=2)},
        {"facts": ("far",)},
        {"actions": ("run",)},
        {"library": []},
    ):
        with pytest.raises(UsageError, match="no change keeps every guard and all limits"):
            mutate(tree, seed=1, **({"library": [far]} | more))
    assert mutate(tree, seed=1, library=[far], facts=("near",), actions=("bite",))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("a > 1 || b < 2", ("a > 1", "b < 2")),
        ("(a || b) || c", ("a || b", "c")),
        ("a && b || c", ("a && b", "c")),
        ("a ? b : c || d", ("a ? b : c || d",)),
        ("s == 'x || y' || t", ("s == 'x || y'", "t")),
        ("(a) + (b)", ("(a) + (b)",)),
        ("a  >\n 1", ("a > 1",)),
    ],
)
def test_the_terms_of_a_guard(text, terms):
    assert terms_of(text, "||") == terms
