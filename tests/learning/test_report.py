"""`status` and `why` in every state a pair can be in: numbers that fit, lines a person can read."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from astraweave.behavior import load_tree
from astraweave.learning import learn, status, why
from astraweave.learning.controls import freeze
from astraweave.learning.deployment import reset
from astraweave.learning.history import undo
from astraweave.learning.ledger import policy_of
from astraweave.learning.trial import TRIAL_EPISODES

PAIR = ("robin", "mira")
WHO = {"player_id": "robin", "companion_id": "mira"}


def play(store, game, fight, numbers, **more):
    for number in numbers:
        policy = policy_of(store, game, *PAIR)
        half = policy.baseline is not None and number % 2
        version = policy.baseline if half else policy.version
        store.write(fight(number, version=version, **more))
        learn(store, game, **WHO, seed=1, now=1e9)


def tried(store, game, fight, numbers, bad):
    """Fights that are lost under what is on trial, until it is rolled back."""
    for number in numbers:
        policy = policy_of(store, game, *PAIR)
        on_trial = policy.baseline is not None and number % 2 == 0
        version = policy.version if on_trial or policy.baseline is None else policy.baseline
        store.write(fight(number, version=version, success=bad if on_trial else 1.0))
        report = learn(store, game, **WHO, seed=1, now=1e9)
        if report.deployment is not None and report.deployment.action == "roll_back":
            return
    pytest.fail("it was never rolled back")


STATES = {
    "nothing played": lambda *_: None,
    "played, not learned": lambda store, _game, fight: store.write(fight(1)),
    "one fight": lambda *a: play(*a, range(1)),
    "refused": lambda *a: play(*a, range(5)),
    "on trial": lambda *a: play(*a, range(13)),
    "kept": lambda *a: play(*a, range(10 + TRIAL_EPISODES)),
    "rolled back": lambda *a: tried(*a, range(60), 0.0),
    "frozen": lambda *a: (play(*a, range(13)), freeze(a[0], *PAIR)),
    "undone": lambda *a: (play(*a, range(13)), undo(a[0], a[1], *PAIR, now=1.0)),
    "reset": lambda *a: (play(*a, range(13)), reset(a[0], a[1], *PAIR, now=1.0)),
}


@pytest.mark.parametrize("state", STATES)
def test_why_reads_well_in_every_state(store, game, fight, state):
    STATES[state](store, game, fight)
    lines = why(store, game, *PAIR)
    assert len(lines) == 5
    for line in lines:
        assert line[0].isupper() or line.startswith((*PAIR, "undo()"))
        assert line.endswith(".")
        assert not re.search(r"nan|inf\b|  |None| \(\)| 1 episodes|×-", line), line
        assert len(line) < 200, line


@pytest.mark.parametrize("state", STATES)
def test_status_agrees_with_what_plays_and_with_itself(store, game, fight, state):
    STATES[state](store, game, fight)
    told, policy = status(store, game, *PAIR), policy_of(store, game, *PAIR)
    assert told.version == policy.version
    assert {w.tactic: w.learned for w in told.weights} == policy.weights
    for weight in told.weights:
        assert weight.weight == pytest.approx(weight.designer * weight.learned)
        assert weight.decisions >= 0
    assert told.approved == sum(p.approved for p in told.promotions) <= told.proposals
    assert told.on_trial is (policy.baseline is not None)
    assert [p.number for p in told.promotions] == list(range(1, told.proposals + 1))
    assert len(told.curve) == min(64, told.episodes)
    assert all(p.largest_change <= 0.1 + 1e-9 for p in told.promotions)


def test_each_state_says_what_it_is(store, game, fight):
    assert why(store, game, *PAIR)[0] == "mira knows nothing of robin yet."
    assert why(store, game, *PAIR)[1] == "mira plays with the designer's weights."
    play(store, game, fight, range(1))
    player, change, evidence, proof, back = why(store, game, *PAIR)
    assert "after one episode" in player
    assert "designer's weights" in change
    assert re.search(r"weighed 20 decisions and moved (guard|rush) most, by [+-]10%: ", evidence)
    assert proof.startswith("Logged play rejected the last proposal: 1 of the 10 episodes")
    assert back == "There is nothing to undo."
    play(store, game, fight, range(1, 13))
    _, change, evidence, proof, back = why(store, game, *PAIR)
    assert "on trial in half of the episodes: " in change
    assert "guard ×" in change
    assert "outcomes ask for ×" in evidence
    assert proof.startswith("Logged play approved")
    assert back.startswith("undo() goes back")


def test_frozen_weights_can_still_be_taken_back_and_the_last_line_says_so(store, game, fight):
    STATES["frozen"](store, game, fight)
    back = why(store, game, *PAIR)[4]
    for word in ("frozen", "thaw()", "undo()", "redo()", "reset()"):
        assert word in back


def test_the_last_change_is_the_one_from_what_was_in_use_before(store, game, fight):
    play(store, game, fight, range(13))
    learned = {w.tactic: w.learned for w in status(store, game, *PAIR).weights}
    up = status(store, game, *PAIR).weights[0]
    assert (up.tactic, up.change > 0) == ("guard", True)
    reset(store, game, *PAIR, now=1.0)
    down = status(store, game, *PAIR).weights[0]
    assert down.change == pytest.approx(1.0 / learned["guard"] - 1.0)
    undo(store, game, *PAIR, now=1.0)
    again = status(store, game, *PAIR).weights[0]
    assert again.change == pytest.approx(learned["guard"] - 1.0)


def test_a_roll_back_can_be_undone_to_what_was_there_before_it(store, game, fight):
    tried(store, game, fight, range(60), 0.0)
    first = status(store, game, *PAIR).version
    play(store, game, fight, range(100, 140))
    assert status(store, game, *PAIR).version > first
    deployed = [d.action for d in store.deployments(*PAIR)]
    assert "roll_back" in deployed
    while status(store, game, *PAIR).version and any(
        w.learned != 1.0 for w in status(store, game, *PAIR).weights
    ):
        undo(store, game, *PAIR, now=1.0)
    assert {w.learned for w in status(store, game, *PAIR).weights} == {1.0}


def test_what_is_beyond_the_bounds_of_a_weight_is_told_as_beyond(store, game, fight):
    play(store, game, fight, range(13), decisions=60)
    line = why(store, game, *PAIR)[2]
    assert re.search(r"outcomes ask for ×(4 or more|0\.25 or less), the rules", line), line


def test_a_sorted_choice_is_said_to_try_nothing(store, game, tmp_path, fight, step):
    path = tmp_path / "sorted.xml"
    path.write_text(Path(game.tree.path).read_text().replace('"roulette"', '"sorted"'))
    store.write(fight(1))
    for tree, says in ((game.tree, False), (load_tree(path), True)):
        given = replace(game, tree=tree)
        assert ("a sorted policy" in step(store, given).message) is says
        lines = why(store, given, *PAIR)
        assert len(lines) == 5
        assert ("a sorted policy" in lines[2]) is says
