"""Every learner behind the one contract: exact over restarts, capped alike, and able to forget."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import InputError, SaveError
from astraweave.learning import LearnSettings, status, why
from astraweave.learning.decisions import Choice, Conduct
from astraweave.learning.deployment import reset
from astraweave.learning.methods import NAMES, POSTERIOR, method_of
from astraweave.learning.q_learning import QLearning
from astraweave.learning.reward import PLAY_SPAN
from astraweave.learning.rows import known, method_for
from astraweave.learning.statistics import EpisodeRow, LearnerState, fold, worth
from astraweave.memory import open_memory
from astraweave.model.episode import EpisodeOutcome

PAIR = ("robin", "mira")
OTHERS = [name for name in NAMES if name != POSTERIOR]
LEARNERS = [*OTHERS, "dynamic-scripting:cull=2", "q:alpha=.3,gamma=.5"]
TACTICS = ("guard", "heal", "rush")


class Node:
    name, children, weights, policy = "n", TACTICS, (1.0,) * 3, "roulette"


def row(decisions, success=1.0):
    choices = tuple(Choice("n", at, name, TACTICS, 0.3, e) for at, name, e in decisions)
    return EpisodeRow(
        category="combat",
        policy_version=0,
        seconds=30.0,
        features=[],
        actions={},
        conduct=Conduct(choices, len(choices), 0, 3, False),
        outcome=None if success is None else EpisodeOutcome(success_rating=success),
    )


DECISIONS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(TACTICS), st.floats(0, 1)), max_size=12
)
HISTORY = st.lists(st.builds(row, DECISIONS, st.none() | st.floats(0, 1)), max_size=10)


def folded(name, rows, data=None, state=None):
    method, state = method_of(name, (Node(),), data), state or LearnerState()
    for one in rows:
        method.fold(one, fold(state, one))
    return method, state


# -- what each one learns ----------------------------------------------------------------------


@given(HISTORY)
def test_q_is_the_published_update_backwards_over_each_episode(rows):
    table, state = {}, LearnerState()
    for one in rows:
        reward = fold(state, one)
        chosen = one.conduct.choices if reward is not None else ()
        for i in range(len(chosen) - 1, -1, -1):
            key = chosen[i].bucket, chosen[i].tactic
            follows = 0.0
            if i + 1 < len(chosen):
                bucket = chosen[i + 1].bucket
                follows = max(q for (b, _), q in table.items() if b == bucket)
            target = worth(chosen[i], reward.play) + 0.95 * follows
            table[key] = table.get(key, 0.0) + 0.1 * (target - table.get(key, 0.0))
    method, _ = folded("q", rows)
    found = {
        (int(context.split("|")[1]), name): q
        for context, values in method.table.values.items()
        for name, (q, _) in values.items()
    }
    assert found == pytest.approx(table)
    assert all(0.0 <= q <= 20.0 for q in found.values())


def test_q_explores_less_from_episode_to_episode_and_never_nothing():
    method = method_of("q", ())
    seen = []
    for _ in range(80):
        seen.append(method.epsilon)
        method.fold(row([]), None)
    assert seen[0] == 0.2
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 0.02


@given(HISTORY)
def test_the_sum_of_each_nodes_scripting_weights_stays(rows):
    for name in ("dynamic-scripting", "dynamic-scripting:clip=1.5", "dynamic-scripting:cull=1.2"):
        method, _ = folded(name, rows)
        weights = method.bases.weights["n"]
        assert math.fsum(weights.values()) == pytest.approx(3.0)
        assert all(0.25 - 1e-9 <= w <= method.settings.high + 1e-9 for w in weights.values())


def test_clipping_limits_and_culling_rests_what_is_best():
    rows = [row([(0, "guard", 1.0)], success=1.0)] * 4
    plain, clipped, culled = (
        folded(name, rows)[0]
        for name in (
            "dynamic-scripting",
            "dynamic-scripting:clip=1.5",
            "dynamic-scripting:cull=1.5",
        )
    )
    assert clipped.bases.weights["n"]["guard"] == pytest.approx(1.5)
    assert plain.bases.weights == culled.bases.weights
    for method, best in ((plain, True), (clipped, True), (culled, False)):
        terms, _ = method.terms(LearnerState(), None, TACTICS)
        assert (max(terms, key=lambda name: terms[name][1]) == "guard") == best


@pytest.mark.parametrize("name", LEARNERS)
def test_what_is_better_is_wanted_more(name):
    # `guard` is used in good episodes only, so whole-episode credit finds it too.
    good = row([(0, "guard", 0.9), (1, "guard", 0.8)] * 3, success=1.0)
    bad = row([(0, "rush", 0.1), (1, "rush", 0.2)] * 3, success=0.0)
    method, state = folded(name.replace(":cull=2", ""), [good, bad] * 10)
    terms, trust = method.terms(state, None, TACTICS)
    assert terms["guard"][1] > terms["rush"][1]
    assert trust == 0.0
    assert sum(seen for _, seen in terms.values()) == pytest.approx(0.0, abs=1e-9)
    best = {valued.context: valued.tactic for valued in reversed(method.top(2))}
    assert set(best.values()) == {"guard"}


@pytest.mark.parametrize("name", LEARNERS)
@given(rows=HISTORY, cut=st.integers(0, 10))
def test_a_restart_goes_on_exactly(name, rows, cut):
    whole, _ = folded(name, rows)
    first, state = folded(name, rows[:cut])
    again, _ = folded(name, rows[cut:], first.encoded(), state)
    assert again.encoded() == whole.encoded()


@pytest.mark.parametrize("name", LEARNERS)
def test_a_tactic_that_is_reset_is_as_new(name):
    method, state = folded(name, [row([(0, "guard", 1.0), (0, "rush", 0.2)])] * 5)
    method.forget(["guard"])
    if isinstance(method, QLearning):
        assert all("guard" not in known for known in method.table.values.values())
    else:
        assert method.bases.weights["n"]["guard"] == 1.0
        assert math.fsum(method.bases.weights["n"].values()) == pytest.approx(3.0)
    method.forget(TACTICS)
    terms, _ = method.terms(state, None, TACTICS)
    assert [seen for _, seen in terms.values()] == pytest.approx([0.0] * 3)


def test_a_tree_that_was_edited_keeps_what_it_still_has():
    method, _ = folded("dynamic-scripting", [row([(0, "guard", 1.0)], success=1.0)] * 3)

    class Edited(Node):
        children = ("guard", "sing")

    later = method_of("dynamic-scripting", (Edited(),), method.encoded())
    weights = later.bases.weights["n"]
    assert set(weights) == {"guard", "sing"}
    assert weights["guard"] > weights["sing"]
    assert sum(weights.values()) == pytest.approx(2.0)


WRONG = """Q sarsa q: q:alpha q:alpha=nan q:alpha=2 q:beta=1 posterior:x=1 q:alpha=.1,
dynamic-scripting:clip=.5 dynamic-scripting:cull=9 dynamic-scripting:break_even=1"""


@pytest.mark.parametrize("wrong", ["", *WRONG.split()])
def test_a_learner_that_there_is_not_is_one_line(wrong):
    with pytest.raises(InputError) as error:
        method_of(wrong, ())
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", OTHERS)
def test_a_damaged_state_is_refused(name):
    for data in (b"\xff", b"\x81\xa7version\x09", b"\xc0"):
        with pytest.raises(SaveError):
            method_of(name, (Node(),), data)


# -- through the save --------------------------------------------------------------------------


def settings(name):
    return LearnSettings(learner=name)


def bodies(store, name):
    return known(store, *PAIR).state.methods[name].body


@pytest.mark.parametrize("name", LEARNERS)
def test_weights_follow_within_cap_and_bounds_and_why_says_by_whom(
    name, store, game, fight, step, tmp_path
):
    last = {"guard": 1.0, "rush": 1.0}
    for number in range(30):
        # One tactic an episode: whole-episode credit cannot tell two that are always used.
        store.write(fight(number, decisions=1, success=0.2 if number % 2 else 1.0))
        report = step(store, game, settings=settings(name))
        assert report.learner == name
        if report.proposal is not None:
            assert report.proposal.learner == name
            for tactic, weight in report.proposal.candidate.weights.items():
                assert abs(weight / report.proposal.baseline.weights[tactic] - 1) <= 0.1 + 1e-9
                assert 0.5 <= weight <= 2.0
        last = report.deployed.weights
    assert set(last) == {"guard", "rush"}
    told = status(store, game, *PAIR)
    assert told.learner.name == name
    assert told.learner.top
    assert any(f"({name})" in line for line in why(store, game, *PAIR))


@pytest.mark.parametrize("name", LEARNERS)
def test_forgetting_an_episode_is_never_having_seen_it(name, game, fight, step):
    ends = []
    for gone in ((2, 5), ()):
        with open_memory() as store:
            for number in range(8):
                if gone or number not in (2, 5):
                    store.write(fight(number, success=number % 2, decisions=10 + number))
                    step(store, game, settings=settings(name))
            if gone:
                store.forget(*[f"mira-{n:06d}" for n in gone])
            store.write(fight(9))
            step(store, game, settings=settings(name))
            ends.append(bodies(store, name))
    assert ends[0] == ends[1]


@pytest.mark.parametrize("name", OTHERS)
def test_one_that_comes_in_late_or_comes_back_has_heard_of_everything(name, game, fight, step):
    ends = []
    for order in ([name] * 9, [POSTERIOR] * 4 + [name] * 2 + [POSTERIOR] * 2 + [name]):
        with open_memory() as store:
            for number, learner in enumerate(order):
                store.write(fight(number, success=number % 2))
                step(store, game, settings=settings(learner))
            ends.append(bodies(store, name))
    assert ends[0] == ends[1]


@pytest.mark.parametrize("name", OTHERS)
def test_a_save_that_is_closed_after_every_episode_learns_the_same(
    name, game, fight, step, tmp_path
):
    with open_memory(tmp_path / "one.db") as store:
        for number in range(6):
            store.write(fight(number))
            step(store, game, settings=settings(name))
        once = bodies(store, name)
    for number in range(6):
        with open_memory(tmp_path / "many.db") as store:
            store.write(fight(number))
            step(store, game, settings=settings(name))
    with open_memory(tmp_path / "many.db") as store:
        assert bodies(store, name) == once


def test_reset_of_a_tactic_reaches_every_learner(store, game, fight, step):
    for number in range(4):
        store.write(fight(number))
        step(store, game, settings=settings("q"))
    reset(store, game, *PAIR, tactic="guard", now=1e9)
    found = known(store, *PAIR)
    method = method_for(store, found, PAIR, "q", game)
    assert all("guard" not in values for values in method.table.values.values())
    assert any("rush" in values for values in method.table.values.values())


@pytest.mark.parametrize("name", LEARNERS)
def test_an_episode_of_no_weight_teaches_nothing(name):
    whole = [row([(0, "guard", 0.9), (1, "rush", 0.2)])] * 3
    nothing = [msgspec.structs.replace(one, weight=0.0) for one in whole]
    half = [msgspec.structs.replace(one, weight=0.5) for one in whole]
    ends = []
    for rows in ([], nothing, half, whole):
        method, state = folded(name, rows)
        terms, _ = method.terms(state, None, TACTICS)
        ends.append(max(seen for _, seen in terms.values()))
    assert ends[0] == ends[1] == 0.0 <= ends[2] <= ends[3]


def test_fitness_is_the_share_of_what_play_can_be_worth():
    best = row([(0, "guard", 1.0)])
    method, _ = folded("dynamic-scripting", [best])
    state = LearnerState()
    fitness = min(1.0, fold(state, best).play / PLAY_SPAN)
    gain = (fitness - 0.3) / 0.7
    assert method.bases.weights["n"]["guard"] == pytest.approx(1.0 + gain)
