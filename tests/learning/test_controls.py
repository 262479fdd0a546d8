"""What a person decides holds: against learning, across restarts, back and forth."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astraweave.errors import SaveError, UsageError, WeightsError
from astraweave.learning import LearnSettings, status, why
from astraweave.learning.controls import (
    allow_only,
    bound,
    controls_of,
    freeze,
    is_frozen,
    lock,
    unlock,
    with_controls,
)
from astraweave.learning.deployment import reset
from astraweave.learning.history import redo, undo, undone_of, versions
from astraweave.learning.ledger import controls_note, policy_of
from astraweave.learning.rows import known
from astraweave.learning.setup import remember, spec_of
from astraweave.learning.statistics import LearnerState, TacticSums
from astraweave.learning.target import step, targets
from astraweave.memory import open_memory
from astraweave.model.learned import LearningCommit
from astraweave.model.weights import CAP, MAX_WEIGHT, MIN_WEIGHT, Controls, designer_weights
from astraweave.playstyle.archetypes import Archetype, Library
from astraweave.sandbox.gate import step_fault

PAIR = ("robin", "mira")
TACTICS = ("guard", "rush", "heal")
numbers = st.floats(0.0, 1e6, allow_nan=False)
factors = st.fixed_dictionaries(dict.fromkeys(TACTICS, st.floats(MIN_WEIGHT, MAX_WEIGHT)))
pairs = st.tuples(st.floats(MIN_WEIGHT, MAX_WEIGHT), st.floats(MIN_WEIGHT, MAX_WEIGHT)).map(
    lambda pair: (min(pair), max(pair))
)


def in_use(store, game):
    return {n: round(v, 9) for n, v in policy_of(store, game, *PAIR).weights.items()}


@given(
    before=factors,
    sums=st.lists(st.tuples(st.floats(-1e9, 1e9), numbers, numbers), min_size=3, max_size=3),
    prior=st.dictionaries(st.sampled_from(TACTICS), st.floats(-5.0, 5.0)),
    locked=st.frozensets(st.sampled_from(TACTICS)),
    bounds=st.dictionaries(st.sampled_from(TACTICS), pairs),
)
def test_whatever_was_learned_a_step_is_finite_capped_inside_bounds_and_leaves_locks_alone(
    before, sums, prior, locked, bounds
):
    state = LearnerState(
        tactics={
            name: TacticSums(S=s, N=n, K=1.0, K2=1.0, W=n, M=n * n, V=v)
            for name, (s, n, v) in zip(TACTICS, sums, strict=True)
        }
    )
    aims, _ = targets(state, TACTICS, prior)
    after = step(before, aims, locked=locked, bounds=bounds)
    for name in TACTICS:
        assert MIN_WEIGHT * (1 - 1e-9) <= after[name] <= MAX_WEIGHT * (1 + 1e-9)
        assert abs(after[name] / before[name] - 1.0) <= CAP
        low, high = bounds.get(name, (MIN_WEIGHT, MAX_WEIGHT))
        if name in locked:
            assert after[name] == before[name]
        elif low <= before[name] <= high:
            assert low <= after[name] <= high
    whitelist = frozenset(TACTICS) - locked
    assert step_fault(before, after, cap=CAP, whitelist=whitelist, bounds=bounds) is None


@given(before=factors, after=factors, locked=st.frozensets(st.sampled_from(TACTICS)))
def test_the_gate_refuses_a_step_that_moves_what_is_locked(before, after, locked):
    moved = {name for name in locked if after[name] != before[name]}
    said = step_fault(before, after, cap=1e9, whitelist=frozenset(TACTICS) - locked, bounds={})
    assert (said is not None) == bool(moved)


def test_the_gate_refuses_a_step_out_of_bounds_and_allows_one_towards_them():
    bounds = {"guard": (0.9, 1.1)}
    assert step_fault({"guard": 1.0}, {"guard": 1.2}, cap=0.25, bounds=bounds) is not None
    assert step_fault({"guard": 2.0}, {"guard": 1.6}, cap=0.25, bounds=bounds) is None


def test_a_locked_tactic_stays_while_the_others_learn_also_after_a_restart(
    tmp_path, game, fight, played
):
    with open_memory(tmp_path / "s.db") as store:
        played(store, game, fight, range(11))
        lock(store, game, *PAIR, "guard")
        held = in_use(store, game)["guard"]
    with open_memory(tmp_path / "s.db") as store:
        played(store, game, fight, range(11, 20))
        now = in_use(store, game)
        assert now["guard"] == held
        assert now["rush"] < 1.0 / 1.2
        assert [w.locked for w in status(store, game, *PAIR).weights] == [True, False]
        assert "Locked: guard." in why(store, game, *PAIR)[4]
        unlock(store, *PAIR)
        played(store, game, fight, range(20, 26))
        assert in_use(store, game)["guard"] > held


def test_a_decision_after_the_state_was_lost_compares_with_the_games_own_archetypes(
    store, game, fight, step
):
    kinds = {"brawler": {"melee": 1.0}, "archer": {"melee": 1.0, "ranged": 3.0}}
    library = Library(archetypes={name: Archetype(kinds=each) for name, each in kinds.items()})
    game = replace(game, archetypes=library)
    remember(store, spec_of(game, LearnSettings(), None))
    for number in range(4):
        store.write(fight(number, actions=("strike",) * 40))
    step(store, game)
    sound = known(store, *PAIR).evidence
    assert sound.style.confirmed == "brawler"
    store.commit(LearningCommit(player_id="robin", companion_id="mira", state=b"\xc1"))
    freeze(store, *PAIR)
    found = known(store, *PAIR)
    assert (found.replayed, found.evidence) == (0, sound)


def test_a_whitelist_locks_all_others(store, game, fight, played):
    allow_only(store, game, *PAIR, "rush")
    played(store, game, fight, range(14))
    assert in_use(store, game)["guard"] == 1.0
    assert in_use(store, game)["rush"] < 1.0
    assert controls_of(store, *PAIR).held(("guard", "rush", "new")) == {"guard", "new"}


def test_bounds_of_one_tactic_hold_and_draw_a_weight_in_that_stands_outside(
    store, game, fight, played
):
    bound(store, game, *PAIR, "guard", (0.9, 1.05))
    played(store, game, fight, range(16))
    assert in_use(store, game)["guard"] == 1.05
    bound(store, game, *PAIR, "guard", (0.5, 0.8))
    played(store, game, fight, range(16, 22))
    assert in_use(store, game)["guard"] <= 0.8 + 1e-9
    bound(store, game, *PAIR, "guard", None)
    assert controls_of(store, *PAIR) == Controls()


def test_a_persons_bounds_narrow_those_of_the_game_and_never_widen_them():
    game = LearnSettings(bounds={"guard": (0.5, 1.5)}, locked=frozenset({"rush"}))
    mine = Controls(bounds={"guard": (0.25, 1.2), "heal": (1.0, 2.0)}, locked=("heal",))
    both = with_controls(game, mine, TACTICS)
    assert both.bounds == {"guard": (0.5, 1.2), "heal": (1.0, 2.0)}
    assert both.locked == {"rush", "heal"}
    against = with_controls(game, Controls(bounds={"guard": (2.0, 3.0)}), TACTICS)
    assert against.bounds["guard"] == (1.5, 1.5)


@pytest.mark.parametrize(
    "between", [(2.0, 1.0), (0.1, 1.0), (1.0, 5.0), (float("nan"), 1.0), (1.0, float("inf"))]
)
def test_bounds_that_are_none_are_refused(store, game, between):
    with pytest.raises(WeightsError, match=r"bounds of guard must be 0\.25 <= low"):
        bound(store, game, *PAIR, "guard", between)


@pytest.mark.parametrize("control", [lock, allow_only])
def test_a_tactic_that_the_tree_does_not_have_is_refused_by_name(store, game, control):
    with pytest.raises(WeightsError, match=r"no tactic 'gard'.*guard"):
        control(store, game, *PAIR, "gard")


def test_controls_that_cannot_be_read_stop_learning_and_are_mended_by_unlock(
    store, game, fight, step
):
    store.put_note(controls_note(*PAIR), b'{"locked": 3}')
    store.write(fight(1))
    with pytest.raises(SaveError, match="locks and bounds"):
        step(store, game)
    with pytest.raises(SaveError, match="locks and bounds"):
        lock(store, game, *PAIR, "guard")
    unlock(store, *PAIR)
    assert step(store, game).learned == 1


def test_a_lock_during_a_step_of_learning_holds_for_that_step_too(store, pond, fight, step):
    game = pond(guard=0.9, rush=0.1)
    for number in range(4):
        store.write(fight(number))
    first, judged = game.environment.reset, []

    def locks_meanwhile(*given, **named):
        if not judged:
            judged.append(lock(store, game, *PAIR, "guard"))
        return first(*given, **named)

    game.environment.reset = locks_meanwhile
    report = step(store, game)
    assert judged
    assert report.verdict.approved
    assert report.deployed.weights["guard"] == 1.0
    assert report.deployed.weights["rush"] < 1.0


def test_ids_of_any_length_can_be_frozen_and_locked(store, game):
    pair = ("ö:" * 75, "%" * 150)
    freeze(store, *pair)
    lock(store, game, *pair, "guard")
    assert is_frozen(store, *pair)
    assert controls_of(store, *pair).locked == ("guard",)
    assert not is_frozen(store, "ö:" * 75, "%" * 149)


# -- undo and redo ---------------------------------------------------------------------------------


def test_undo_goes_to_any_version_that_was_in_use_and_redo_comes_back(store, game, fight, played):
    played(store, game, fight, range(13))
    told = [each for each in versions(store, game, *PAIR) if each.standing != "rejected"]
    learned, latest = in_use(store, game), told[-1].version
    assert [each.standing for each in told] == ["used before"] * 4 + ["on trial"]
    undo(store, game, *PAIR, to=told[1].version, now=5.0)
    assert in_use(store, game) == {n: round(v, 9) for n, v in told[1].weights.items()}
    undo(store, game, *PAIR, to=0, now=6.0)
    assert set(in_use(store, game).values()) == {1.0}
    assert undone_of(store, game, *PAIR) == (latest, told[1].version)
    redo(store, game, *PAIR, now=7.0)
    redo(store, game, *PAIR, now=8.0)
    assert in_use(store, game) == learned
    with pytest.raises(UsageError, match="nothing to redo"):
        redo(store, game, *PAIR, now=9.0)


def test_what_is_learned_after_an_undo_ends_what_could_be_redone(store, game, fight, played):
    played(store, game, fight, range(13))
    undo(store, game, *PAIR, now=1.0)
    played(store, game, fight, range(13, 14))
    with pytest.raises(UsageError, match="nothing to redo"):
        redo(store, game, *PAIR, now=2.0)


def test_a_version_that_was_rejected_in_use_or_never_made_is_no_aim(store, pond, fight, played):
    game = pond(guard=0.2, rush=0.9)
    (rejected,) = [r for r in played(store, game, fight, range(1)) if not r.verdict.approved]
    number = rejected.proposal.candidate.version
    with pytest.raises(UsageError, match=f"version {number} was rejected and never played"):
        undo(store, game, *PAIR, to=number, now=1.0)
    with pytest.raises(UsageError, match="there is no version 99"):
        undo(store, game, *PAIR, to=99, now=1.0)
    with pytest.raises(UsageError, match="version 0 is in use"):
        undo(store, game, *PAIR, to=0, now=1.0)


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(walk=st.lists(st.sampled_from(["undo", "redo", "reset", 0, 9, 10, 11, 12]), max_size=8))
def test_redo_after_any_undo_is_as_if_nothing_had_happened(game, fight, played, walk):
    with open_memory() as store:
        played(store, game, fight, range(12))
        for move in walk:
            before, could = in_use(store, game), undone_of(store, game, *PAIR)
            try:
                if move == "reset":
                    reset(store, game, *PAIR, now=1.0)
                elif move == "redo":
                    redo(store, game, *PAIR, now=1.0)
                else:
                    undo(store, game, *PAIR, to=None if move == "undo" else move, now=1.0)
                    redo(store, game, *PAIR, now=1.0)
                    assert in_use(store, game) == before
                    assert undone_of(store, game, *PAIR) == could
                    undo(store, game, *PAIR, to=None if move == "undo" else move, now=1.0)
            except UsageError:
                assert in_use(store, game) == before
        assert set(designer_weights(("guard", "rush")).weights) == set(in_use(store, game))
