"""What the recorder computes in a frame is what is computed from the stored columns."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.ecs.recording import Recording, outcome_of, satisfaction_of
from astraweave.model.draft import Draft
from astraweave.model.episode import ActionResult, EpisodeCategory
from astraweave.model.facts import Fact, FactSheet
from astraweave.playstyle import satisfaction

SHEET = FactSheet([Fact("other", low=0, high=1), Fact("hp", low=0, high=200, role="player_health")])
HEALTH = st.one_of(st.none(), st.floats(0, 200), st.just(math.nan))
SEEN = st.lists(st.tuples(st.floats(0, 30), st.booleans(), HEALTH), max_size=20)


def recording():
    draft = Draft(
        id="e",
        category=EpisodeCategory.COMBAT,
        start_time=0.0,
        player_id="p",
        companion_id="c",
        policy_version=0,
        seed=0,
        fact_names=SHEET.names,
    )
    return Recording(draft, 0.0)


@given(seen=SEEN, more=st.floats(0, 5), success=st.floats(0, 1))
def test_satisfaction_in_play_equals_satisfaction_of_the_stored_episode(seen, more, success):
    open_one = recording()
    draft, last = open_one.draft, 0.0
    for t, player, health in sorted(seen, key=lambda entry: entry[0]):
        if health is not None:
            open_one.sensed((0.5, health))
        if player:
            draft.seen.append((t, "strike", None, None, open_one.row()))
        else:
            open_one.chose("n", "guard", 0.5, ("guard", "rush"), t)
            open_one.ended("n", "guard", ActionResult.SUCCESS, None, t)
        last = t
    seconds = last + more
    found = satisfaction_of(draft, success, seconds, SHEET)
    draft.outcome = outcome_of(draft, seconds, {"success_rating": success})
    draft.end_time = seconds
    assert found == pytest.approx(satisfaction(draft.log(), SHEET), abs=1e-12)


def test_an_outcome_counts_decisions_damage_and_failures():
    open_one = recording()
    told = [
        (ActionResult.SUCCESS, 0.25),
        (ActionResult.FAILURE, None),
        (ActionResult.PARTIAL, None),
        (ActionResult.INTERRUPTED, 0.9),
    ]
    for t, (result, effectiveness) in enumerate(told):
        open_one.chose("n", "guard", 0.5, ("guard", "rush"), float(t))
        open_one.ended("n", "guard", result, effectiveness, t + 0.5)
    for damage in (3.0, -1.0, "much", True, 4):
        open_one.draft.seen.append((9.0, "strike", None, {"damage": damage}, -1))
    outcome = outcome_of(open_one.draft, 9.0004, {"success_rating": 1.0})
    assert outcome.companion_effectiveness == pytest.approx((0.25 + 0.0 + 0.5) / 3)
    assert (outcome.damage_dealt, outcome.failure_count, outcome.duration_ms) == (7.0, 1, 9000)


def test_nothing_is_recorded_after_an_episode_is_closed():
    open_one = recording()
    open_one.chose("n", "guard", 1.0, ("guard",), 0.0)
    open_one.closed = True
    open_one.ended("n", "guard", ActionResult.SUCCESS, None, 1.0)
    open_one.chose("n", "rush", 1.0, ("rush",), 1.0)
    assert (open_one.draft.seen, open_one.running) == ([], {})


@given(
    amounts=st.lists(st.floats(-1, 1), max_size=6),
    gaps=st.lists(st.floats(0, 3), min_size=1, max_size=5),
)
def test_credit_is_shared_by_age_added_up_and_clipped_once(amounts, gaps):
    """Against the statement itself, for decisions that ended `gaps` apart and worth ½ each."""
    open_one, now, ends = recording(), 0.0, []
    for gap in gaps:
        open_one.chose("n", "guard", 0.5, ("guard", "rush"), now)
        now += gap
        ends.append(now)
        open_one.ended("n", "guard", ActionResult.PARTIAL, None, now)
    given_to = [0.0] * len(ends)
    for amount in amounts:
        now += 0.7
        ages = [now - end for end in ends]
        shares = [math.exp(-age / 2.0) if age <= 5.0 else 0.0 for age in ages]
        for i, share in enumerate(shares):
            given_to[i] += amount * share / sum(shares) if sum(shares) else 0.0
        open_one.credit(amount, now)
    expected = [min(1.0, max(0.0, 0.5 + total)) for total in given_to]
    found = [entry[1].effectiveness for entry in open_one.draft.seen]
    assert [0.5 if e is None else e for e in found] == pytest.approx(expected)
