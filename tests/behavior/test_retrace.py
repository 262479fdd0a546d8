"""A stored episode run through its tree again: the same choices, and what does not fit is said."""

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.behavior import Status, Tree
from astraweave.behavior.groot.reader import read_tree
from astraweave.behavior.render.told import text_of_ticks
from astraweave.behavior.retrace import retrace
from astraweave.behavior.retrace.ground import Ground
from astraweave.behavior.retrace.record import decisions_of
from astraweave.ecs.recording import Recording
from astraweave.model.columns import COMPANION, log_of
from astraweave.model.draft import Draft
from astraweave.model.episode import Episode, EpisodeCategory

S, F, R = Status.SUCCESS, Status.FAILURE, Status.RUNNING
STEP_S = 0.1


def plant(body):
    text = f'<root BTCPP_format="4"><BehaviorTree ID="M">{body}</BehaviorTree></root>'
    return Tree(read_tree(text.encode(), "x.xml"), "x.xml")


def weighted(name, *children, policy="roulette"):
    head = f'<WeightedFallback name="{name}" policy="{policy}">'
    return f"{head}{''.join(children)}</WeightedFallback>"


def act(name, guard=""):
    return f'<Action ID="{name}"' + (f' _skipIf="{guard}"/>' if guard else "/>")


PLAIN = (
    '<ReactiveSequence name="root"><ScriptCondition name="near" code="foes &gt; 0"/>'
    + weighted("w", act("a"), act("b", "x &lt; 3"), act("c", "x &gt; 6"))
    + "</ReactiveSequence>"
)
NESTED = weighted(
    "o", act("a"), weighted("i", act("x", "x &lt; 3"), act("y")), act("b", "x &gt; 7")
)
IN_A_ROW = (
    '<Sequence name="s">'
    + weighted("v", act("a"), act("b"))
    + weighted("w", act("c"), act("d"))
    + "</Sequence>"
)
SWITCHING = (
    '<ReactiveFallback name="r"><Sequence name="first">'
    '<ScriptCondition name="hot" code="x &gt; 6"/>'
    + weighted("v", act("a"), act("b"))
    + "</Sequence>"
    + weighted("w", act("c"), act("d", "x &lt; 2"))
    + "</ReactiveFallback>"
)
ORDERED = weighted("w", act("a", "x &lt; 4"), act("b"), act("c", "x &gt; 8"), policy="sorted")
ASKING = (
    '<Fallback name="f"><Sequence name="first"><Condition ID="above"/>'
    + weighted("v", act("a"), act("b", "x &lt; 7"))
    + "</Sequence>"
    + weighted("w", act("c"), '<Sequence name="both"><Action ID="d"/><Action ID="e"/></Sequence>')
    + "</Fallback>"
)
TURNED = (
    '<ReactiveSequence name="r"><Inverter name="not"><Condition ID="above"/></Inverter>'
    '<ForceSuccess name="whatever">'
    + weighted("w", act("a"), '<Inverter name="b"><Action ID="b1"/></Inverter>')
    + "</ForceSuccess></ReactiveSequence>"
)
WARM = weighted("w", act("a"), act("b"), act("c"), policy="softmax")
TREES = (PLAIN, NESTED, IN_A_ROW, SWITCHING, ORDERED, ASKING, TURNED, WARM)


def play(body, ticks, *, seed=5, weights=None, dice=None, hold_s=0.0):
    """Play ticks as a game would, and record them.

    ticks: per tick the facts, and whether the player acts in it. dice: seed of the answers.
    """
    tree = plant(body)
    rng = np.random.default_rng(dice)
    answers = [S, S, F, R, R, R]
    for name in tree.actions:
        tree.action(name)(lambda who, facts: answers[int(rng.integers(len(answers)))])
    for name in tree.conditions:
        tree.condition(name)(lambda who, facts: facts["x"] > 4)
    names = tuple(ticks[0][0])
    whose = {"player_id": "p", "companion_id": "c", "policy_version": 0, "seed": seed}
    category = EpisodeCategory.COMBAT
    draft = Draft(id="e", category=category, start_time=0.0, fact_names=names, **whose)
    recording = Recording(draft, 0.0)
    ticker = tree.ticker(seed=seed, listener=recording, hold_s=hold_s)
    ticker.weights(weights or {})
    for i, (facts, acts) in enumerate(ticks):
        now = i * STEP_S
        recording.sensed(tuple(facts[name] for name in names))
        ticker.tick(facts, now)
        if acts:
            draft.seen.append((now + 0.05, "strike", None, None, recording.row()))
    ticker.halt(len(ticks) * STEP_S)
    return tree, draft.log()


def facts_of(xs, foes=2.0):
    return [({"x": float(x), "foes": foes}, i % 3 == 1) for i, x in enumerate(xs)]


def again(body, xs, dice, hold_s=0.0):
    tree, log = play(body, facts_of(xs), dice=dice, seed=dice % 1000, hold_s=hold_s)
    found = retrace(tree, log)
    assert found.decisions == sum(seen["kind"] == COMPANION for seen in log.observations)
    return tree, found


XS = st.lists(st.integers(0, 9), min_size=1, max_size=40)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(TREES), XS, st.integers(0, 2**31))
def test_every_choice_is_made_again_by_its_own_draw(body, xs, dice):
    tree, found = again(body, xs, dice)
    told = text_of_ticks(tree, found.ticks)
    assert (found.agree, found.drawn) == (found.decisions, found.decisions), told
    assert not any(tick.note for tick in found.ticks), told


def test_choices_that_were_held_are_made_again_too():
    """What a held choice did in ticks that nobody kept can be missed, seldom."""
    decisions = agree = drawn = 0
    for number in range(48):
        xs = np.random.default_rng(number).integers(0, 10, 40)
        _, found = again(TREES[number % len(TREES)], xs, number, hold_s=0.25)
        decisions, agree = decisions + found.decisions, agree + found.agree
        drawn += found.drawn
    assert decisions > 600
    assert agree >= 0.98 * decisions
    assert drawn == agree


# -- what is told ----------------------------------------------------------------------------------


def test_a_tick_tells_guards_with_values_the_choice_and_how_it_ended():
    tree, log = play(PLAIN, facts_of([1, 1, 9]), dice=4)
    found = retrace(tree, log)
    first = found.ticks[0]
    (choice,) = first.choices
    assert (choice.node, choice.tactic, choice.propensity) == ("w", "a", 0.5)
    assert choice.available == ("a", "c")
    assert choice.result in {"success", "failure", "interrupted"}
    assert first.statuses["root/w"] is R
    assert first.statuses["root/w/b"] is Status.SKIPPED
    (guard,) = first.steps["root/w/b"].asked
    assert (guard.attribute, guard.value, guard.read) == ("_skipIf", True, (("x", 1.0),))
    told = text_of_ticks(tree, found.ticks)
    assert "SUCCESS ├─ near  foes > 0 → yes (foes = 2)" in told
    assert "SKIPPED    ├─ b  skip if x < 3 → yes (x = 1)" in told
    assert "chose a: 50.0 % among 2; until " in told


def test_only_ticks_whose_facts_were_kept_are_shown():
    tree, log = play(PLAIN, facts_of([5] * 30), dice=1)
    found = retrace(tree, log)
    assert 0 < len(found.ticks) <= len(log.facts)
    times = [tick.now_s for tick in found.ticks]
    assert times == sorted(times)
    for decision in decisions_of(log, Ground(tree, {})):
        assert decision.began_ms / 1e3 in times


def test_answers_that_nobody_recorded_are_marked_as_supposed():
    tree, log = play(ASKING, facts_of([9] * 5), dice=3)
    found = retrace(tree, log)
    above = [tick.steps["f/first/above"] for tick in found.ticks if tick.choices]
    assert above
    assert all(step.supposed for step in above)
    assert not any(tick.steps[p].supposed for tick in found.ticks for p in tick.steps if "/v/" in p)
    assert "above  (supposed)" in text_of_ticks(tree, found.ticks)


def test_learned_weights_that_played_give_their_propensities():
    weights = {"a": 4.0, "c": 0.25}
    tree, log = play(PLAIN, facts_of([5] * 40), dice=2, weights=weights)
    with_them, without = retrace(tree, log, weights), retrace(tree, log)
    assert with_them.agree == with_them.drawn == with_them.decisions
    assert without.agree < without.decisions
    notes = [choice.note for tick in without.ticks for choice in tick.choices]
    assert any("run again, 33.3 %" in note for note in notes)


def test_another_tree_is_noticed_where_it_chooses_otherwise():
    _, log = play(PLAIN, facts_of([1] * 20), dice=2)
    laxer = plant(PLAIN.replace("x &lt; 3", "x &lt; 0"))
    found = retrace(laxer, log)
    assert found.agree < found.decisions
    notes = "".join(choice.note for tick in found.ticks for choice in tick.choices)
    assert "run again, b may be chosen too" in notes
    stricter = plant(PLAIN.replace("x &gt; 6", "x &gt; 0"))
    notes = "".join(c.note for t in retrace(stricter, log).ticks for c in t.choices)
    assert "c may not be chosen" in notes
    gone = retrace(plant(act("else")), log)
    assert gone.agree == 0
    assert gone.decisions == found.decisions


def test_a_fact_that_was_not_kept_is_named():
    _, log = play(PLAIN, facts_of([1] * 5), dice=2)
    curious = plant(PLAIN.replace("foes", "mana"))
    tick = retrace(curious, log).ticks[0]
    assert "mana" in tick.note
    assert "mana" in text_of_ticks(curious, [tick])


def test_callbacks_of_the_game_are_not_called():
    tree, log = play(PLAIN, facts_of([1] * 5), dice=2)

    def fail(who, facts):
        raise AssertionError

    for name in tree.actions:
        tree.action(name)(fail)
    assert retrace(tree, log).decisions


def test_an_episode_without_decisions_has_no_ticks():
    empty = Episode(id="e", category=EpisodeCategory.QUEST, start_time=0.0)
    assert retrace(plant(PLAIN), log_of(empty)) == ((), 0, 0, 0)


def test_an_episode_of_another_game_is_shown_as_it_was_written():
    response = {
        "action_type": "c",
        "result": "success",
        "tactic": "c",
        "node": "w",
        "propensity": 0.5,
        "available": ("a", "c"),
        "duration_ms": 900,
    }
    told = {
        "id": "e",
        "category": "combat",
        "start_time": 0.0,
        "observations": [
            {"timestamp_ms": 1000 * i, "companion_response": response, "world_state": {"x": 1}}
            for i in range(1, 5)
        ],
    }
    log = log_of(msgspec.convert(told, Episode))
    found = retrace(plant(weighted("w", act("a"), act("b", "x &lt; 3"), act("c"))), log)
    assert found.agree == found.decisions == 4
    assert [tick.choices[-1].tactic for tick in found.ticks] == ["c"] * 4
    assert all(tick.statuses["w/c"] is R for tick in found.ticks)


def test_who_stood_for_choice_may_be_missing_in_the_record():
    told = {
        "id": "e",
        "category": "combat",
        "start_time": 0.0,
        "observations": [
            {
                "timestamp_ms": 500 * i,
                "world_state": {"x": 5.0},
                "companion_response": {
                    "action_type": tactic,
                    "result": "partial",
                    "tactic": tactic,
                    "node": "w",
                    "duration_ms": 400,
                },
            }
            for i, tactic in enumerate("abcab", start=1)
        ],
    }
    log = log_of(msgspec.convert(told, Episode))
    found = retrace(plant(weighted("w", act("a"), act("b"), act("c"))), log)
    assert found.agree == 5
    assert [tick.choices[-1].tactic for tick in found.ticks] == list("abcab")


def test_branches_and_force_are_gone_through_as_they_must_have_been():
    body = (
        '<Sequence name="s"><IfThenElse name="if"><Condition ID="above"/><Action ID="yes"/>'
        + weighted("w", act("a"), act("b"))
        + "</IfThenElse></Sequence>"
    )
    tree, log = play(body, facts_of([1] * 12), dice=8)
    found = retrace(tree, log)
    assert found.agree == found.drawn == found.decisions > 3
    assert found.ticks[0].statuses["s/if/above"] is F
    body = body.replace('<Action ID="yes"/>' + weighted("w", act("a"), act("b")), "{}")
    body = body.format(weighted("w", act("a"), act("b")) + '<Action ID="no"/>')
    tree, log = play(body, facts_of([9] * 12), dice=8)
    found = retrace(tree, log)
    assert found.agree == found.drawn == found.decisions > 3
    assert found.ticks[0].statuses["s/if/above"] is S


def test_a_long_log_is_gone_through_also_when_nothing_fits():
    xs = np.random.default_rng(1).integers(0, 10, 1200)
    tree, log = play(PLAIN, facts_of(xs), dice=1)
    found = retrace(tree, log)
    assert found.agree == found.decisions > 600
    other = retrace(plant(weighted("w", act("c"), act("z"))), log)
    assert other.agree < found.agree
