"""Trees as text and as cards: nothing is left out, shares are those of the choice."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.behavior import Status, load_tree, nodes
from astraweave.behavior.render import cards_of
from astraweave.behavior.render.text import BAR, bar
from astraweave.errors import UsageError, WeightsError
from tests.behavior.grown import EVERYTHING, HOOKS, action, condition, tree, weighted


def lines(grown, **given):
    return grown.render("text", **given).splitlines()


def test_the_text_is_what_a_person_would_draw():
    grown = tree(
        (
            nodes.Sequence,
            {"name": "root"},
            (
                (nodes.Fallback, {}, (condition("warm"), action("heat", hooks=HOOKS))),
                weighted({"rest": 1.0, "sing_along": 3.0}),
            ),
        )
    )
    assert lines(grown) == [
        "root  Sequence",
        "├─ Fallback",
        "│  ├─ warm  Condition",
        "│  └─ heat  fail if a > 1  succeed if b > 2  skip if c > 3  while d < 4  on halt: e  "
        "on failure: f  on success: g  at the end: h",
        "└─ pick  WeightedFallback  roulette",
        "   ├─ rest        ████          25.0 %",
        "   └─ sing_along  ████████████  75.0 %",
    ]


def test_every_node_has_its_line_and_every_script_is_in_it():
    grown = tree(EVERYTHING)
    told = lines(grown)
    listed = list(nodes.walk(grown.root))
    assert len(told) == len(listed)
    for line, node in zip(told, listed, strict=True):
        assert node.name in line
        for hook in node.hooks:
            assert hook is None or hook.text in line
        if isinstance(node, (nodes.ScriptCondition, nodes.RunScript)):
            assert node.code.text in line


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Repeat", "3 times"),
        ("RetryUntilSuccessful", "2 attempts"),
        ("Delay", "500 ms"),
        ("Timeout", "{limit} ms"),
        ("Sleep", "20 ms"),
        ("RunOnce", "then skipped"),
        ("Precondition", "if hp > 3  else SKIPPED"),
        ("Switch", "Switch2  on {mood}"),
        ("Parallel", "success at 2, failure at 1"),
        ("ParallelAll", "failure at 1"),
        ("SetBlackboard", "count := 3"),
        ("EntryUpdated", "SkipUnlessUpdated  when {goal}"),
        ("Loop", "LoopInt  for {p} in {points}"),
        ("TryCatch", "catches a halt too"),
        ("Fetch", "SubTree  goal = {target}  autoremap"),
        ("again", "SubTree Fetch"),
        ("push", "open_door"),
        ("careful", "force = {power}  speed = 3.5"),
        ("soft", "WeightedFallback  softmax, temperature 0.5"),
        ("else: walk", ""),
        ("default: shrug", ""),
        ("catch: undo", ""),
    ],
)
def test_what_a_node_was_given_is_said(name, told):
    (line, *_) = [line for line in lines(tree(EVERYTHING)) if f"─ {name}" in line]
    assert line.split(name, 1)[1].strip() == told


def test_a_tick_is_told_in_a_column_of_its_own():
    grown = tree((nodes.Sequence, {"name": "s"}, (action("a"), action("b"))))
    told = lines(grown, statuses={"s": Status.RUNNING, "s/a": Status.SUCCESS})
    assert told == ["RUNNING s  Sequence", "SUCCESS ├─ a", "·       └─ b"]


def test_learned_factors_change_shares_and_say_which_way():
    grown = tree(weighted({"a": 1.0, "b": 1.0, "c": 2.0}))
    told = lines(grown, weights={"a": 2.0})
    assert told[1].endswith("40.0 % ↑ ×2.00")
    assert told[2].endswith("20.0 % ↓ ×1.00")
    shares = [card.share for card in cards_of(grown, weights={"a": 2.0})[1:]]
    assert [share.before for share in shares] == [0.25, 0.25, 0.5]
    assert [share.now for share in shares] == [0.4, 0.2, 0.4]
    assert all(line.endswith("%") for line in lines(grown)[1:])


def test_a_common_factor_changes_no_share_of_a_roulette():
    grown = tree(weighted({"a": 1.0, "b": 3.0}))
    cards = cards_of(grown, weights={"a": 2.0, "b": 2.0})
    assert [card.share.trend for card in cards[1:]] == [0, 0]
    assert [card.share.label for card in cards[1:]] == ["25.0 %", "75.0 %"]


def test_a_softmax_s_shares_follow_its_temperature():
    grown = tree(weighted({"a": 1.0, "b": 2.0}, "softmax", 0.5))
    share = cards_of(grown)[2].share
    assert math.isclose(share.now, math.exp(4) / (math.exp(4) + math.exp(2)))
    huge = tree(weighted({"a": 1.0, "b": 70.0}, "softmax", 0.5))
    assert cards_of(huge)[2].share.now == 1.0


def test_a_sorted_choice_shows_its_order_and_what_overtook():
    grown = tree(weighted({"a": 3.0, "b": 2.0, "c": 2.0}, "sorted"))
    assert [card.share.label for card in cards_of(grown)[1:]] == ["#1", "#2", "#3"]
    told = [card.share for card in cards_of(grown, weights={"c": 2.0})[1:]]
    assert [(s.label, s.trend) for s in told] == [("#2", -1), ("#3", -1), ("#1", 1)]


def test_factors_no_choice_could_go_by_are_refused():
    with pytest.raises(WeightsError, match="leaves the range"):
        tree(weighted({"a": 100.0, "b": 1.0})).render(weights={"a": 1e308})
    assert "100.0 %" in tree(weighted({"a": 1.0, "b": 1.0})).render(weights={"a": 1e300})


@given(st.lists(st.floats(0.01, 100.0), min_size=1, max_size=20))
def test_shares_of_a_choice_add_up_to_one(weights):
    named = {f"t{i}": weight for i, weight in enumerate(weights)}
    for policy in ("roulette", "softmax"):
        cards = cards_of(tree(weighted(named, policy)), weights={})
        assert math.isclose(sum(card.share.now for card in cards[1:]), 1.0, rel_tol=1e-9)


@given(st.floats(-1.0, 2.0))
def test_a_bar_is_always_as_long(filled):
    assert len(bar(filled)) == BAR


def test_facts_of_cards_are_plain_data():
    cards = cards_of(tree(EVERYTHING), weights={}, statuses={"everything": Status.RUNNING})
    told = [card.facts for card in cards]
    assert told[0]["status"] == "RUNNING"
    assert told[0]["parent"] == -1
    assert {fact["kind"] for fact in told} == {
        *("control", "weighted", "decorator", "subtree", "condition", "action"),
    }
    (fast,) = [fact for fact in told if fact["name"] == "fast"]
    assert (fast["tactic"], fast["rank"], fast["learned"]) == ("fast", 1, 1.0)
    (walk,) = [fact for fact in told if fact["name"] == "walk"]
    assert walk["role"] == "else"


def test_what_the_tree_does_not_have_is_refused_by_its_name():
    grown = load_tree("companion.xml")
    with pytest.raises(WeightsError, match=r"unknown tactic, got heal_plaier; .*heal_player"):
        grown.render(weights={"heal_plaier": 1.0})
    for wrong in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(WeightsError, match="finite and above 0"):
            grown.render(weights={"heal_player": wrong})
    with pytest.raises(UsageError, match="a status of no node, got companion/tactic"):
        grown.render(statuses={"companion/tactic": Status.RUNNING})
    with pytest.raises(UsageError, match="no such form, got swg"):
        grown.render("swg")
