"""What the sandbox has approved is tried in real play, and taken back where that says otherwise."""

from dataclasses import replace

import numpy as np

from astraweave.learning import status
from astraweave.learning.controls import freeze
from astraweave.learning.deployment import reset
from astraweave.learning.game import LearnSettings
from astraweave.learning.history import undo
from astraweave.learning.ledger import policy_of
from astraweave.learning.reward import PLAY_SPAN
from astraweave.learning.statistics import Canary, LearnerState
from astraweave.learning.trial import TRIAL_EPISODES, canary_decision
from astraweave.memory import open_memory
from astraweave.sandbox import SLOW

PAIR = ("robin", "mira")


def live(store, game, fight, step, numbers, real):
    """Fights as they really go: `real(tried, number)` is the success of each; reports."""
    reports = []
    for number in numbers:
        policy = policy_of(store, game, *PAIR)
        tried = policy.baseline is None or number % 2 == 1
        version = policy.version if tried else policy.baseline
        success = real(tried and policy.version > 0, number)
        store.write(fight(number, version=version, success=success))
        reports.append(step(store, game))
    return reports


def ended(reports):
    """How trials ended, in order."""
    return [
        (r.deployment.action, r.deployment.reason)
        for r in reports
        if r.deployment is not None and r.deployment.reason
    ]


def test_a_change_that_the_arena_likes_and_the_player_does_not_is_rolled_back_with_its_reason(
    tmp_path, pond, fight, step
):
    game = pond()
    with open_memory(tmp_path / "s.db") as store:
        reports = live(
            store, game, fight, step, range(TRIAL_EPISODES), lambda tried, _: 0.0 if tried else 1.0
        )
        first = next(r for r in reports if r.deployment is not None)
        assert first.verdict.proof == "simulated"
        assert first.verdict.steps["trial"] == "to come"
        assert first.deployment.canary
        assert first.deployment.against == 0
        assert "on trial in half of the episodes" in first.message
        (action, reason), *_ = ended(reports)
        assert action == "roll_back"
        assert "did worse than 0 in real episodes: mean score 0." in reason
        back = next(r for r in reports if ended([r]))
        assert reason in back.message
        assert back.deployed.version == 0
    with open_memory(tmp_path / "s.db") as store:
        assert policy_of(store, game, *PAIR).baseline is None
        assert not status(store, game, *PAIR).on_trial


def test_a_change_that_is_as_good_in_real_play_is_kept(store, pond, fight, step):
    reports = live(store, pond(), fight, step, range(TRIAL_EPISODES + 4), lambda *_: 1.0)
    (action, reason), *_ = ended(reports)
    assert action == "promote"
    assert "its trial showed no harm: mean score 0.50" in reason


def test_a_trial_can_be_left_out_and_the_verdict_says_so(store, pond, fight, step):
    game = pond()
    settings = LearnSettings(gate=replace(SLOW, skip=frozenset({"trial"})))
    store.write(fight(1))
    report = step(store, game, settings=settings)
    assert report.verdict.approved
    assert report.verdict.steps["trial"] == "skipped"
    assert not report.deployment.canary
    assert policy_of(store, game, *PAIR).baseline is None


def test_frozen_a_trial_waits_and_undo_and_reset_end_it(store, pond, fight, step):
    game = pond()

    def disaster(tried, _):
        return 0.0 if tried else 1.0

    assert policy_of(store, game, *PAIR).baseline is None
    live(store, game, fight, step, range(2), disaster)
    assert policy_of(store, game, *PAIR).baseline == 0
    freeze(store, *PAIR)
    frozen = live(store, game, fight, step, range(2, 40), disaster)
    assert {r.message for r in frozen} == {"frozen: nothing changes"}
    freeze(store, *PAIR, frozen=False)
    assert ended(live(store, game, fight, step, [40], disaster))[0][0] == "roll_back"
    live(store, game, fight, step, range(60, 75), lambda *_: 1.0)
    assert policy_of(store, game, *PAIR).baseline is not None
    before = policy_of(store, game, *PAIR).version
    undo(store, game, *PAIR, now=2e9)
    assert policy_of(store, game, *PAIR).baseline is None
    assert policy_of(store, game, *PAIR).version > before
    live(store, game, fight, step, range(80, 86), lambda *_: 1.0)
    reset(store, game, *PAIR, now=2e9)
    assert policy_of(store, game, *PAIR).baseline is None


def test_the_same_play_in_both_halves_is_rolled_back_in_at_most_one_trial_of_twenty():
    rng = np.random.default_rng(7)
    trials = 600
    draws = {
        "won or lost": lambda n: rng.integers(0, 2, n) * 2.0,
        "spread": lambda n: rng.beta(2.0, 2.0, n) * PLAY_SPAN,
        "mostly won": lambda n: np.where(rng.random(n) < 0.9, 2.0, 0.2),
    }
    for name, draw in draws.items():
        wrong = 0
        for _ in range(trials):
            canary, state = Canary(baseline=0, line=[1], since=0), LearnerState()
            for number, play in enumerate(draw(TRIAL_EPISODES)):
                canary.add(number % 2, float(play))
                state.episodes = number
                # An episode that ends no pair tells nothing more.
                if number % 2 and canary_decision(state, canary) == "roll back":
                    wrong += 1
                    break
        assert wrong <= 0.05 * trials, (name, wrong)
