"""What a person did to the weights stands, and what a trial in real episodes ends with."""

from astraweave.learning import status, why
from astraweave.learning.controls import freeze
from astraweave.learning.deployment import reset
from astraweave.learning.history import undo
from astraweave.learning.ledger import policy_of
from astraweave.learning.trial import TRIAL_EPISODES
from astraweave.memory import open_memory

PAIR = ("robin", "mira")


def in_use(store, game):
    policy = policy_of(store, game, *PAIR)
    return {name: round(value, 9) for name, value in policy.weights.items()}


EVEN = {"guard": 1.0, "rush": 1.0}


def test_undo_after_undo_follows_the_line_also_past_what_was_learned_after_an_undo(
    store, game, fight, played
):
    trail = [EVEN]
    for report in played(store, game, fight, range(13)):
        now = {name: round(value, 9) for name, value in report.deployed.weights.items()}
        trail += [now] if now != trail[-1] else []
    assert len(trail) == 5
    undo(store, game, *PAIR, now=1.0)
    assert in_use(store, game) == trail[-2]
    played(store, game, fight, range(13, 14))
    assert in_use(store, game) == trail[-1], "learned again after the next fight"
    for expected in (trail[-2], trail[-3], trail[-4], EVEN):
        undo(store, game, *PAIR, now=1.0)
        assert in_use(store, game) == expected


def test_undo_takes_a_reset_back_and_reset_takes_an_undo_back(store, game, fight, played):
    played(store, game, fight, range(13))
    learned = in_use(store, game)
    reset(store, game, *PAIR, now=1.0)
    assert in_use(store, game) == EVEN
    undo(store, game, *PAIR, now=1.0)
    assert in_use(store, game) == learned
    undo(store, game, *PAIR, now=1.0)
    reset(store, game, *PAIR, tactic="rush", now=1.0)
    assert in_use(store, game)["rush"] == 1.0
    assert in_use(store, game)["guard"] > 1.0


def test_what_a_person_did_stands_until_another_episode_is_played(store, game, fight, step, played):
    played(store, game, fight, range(13))
    undo(store, game, *PAIR, now=1.0)
    before = in_use(store, game)
    report = step(store, game)
    assert report.proposal is None
    assert report.message == "nothing to change before one episode more"
    assert in_use(store, game) == before


def test_a_frozen_pair_stays_as_it_is_across_restarts_and_learns_all_the_same(
    tmp_path, game, fight, step, played
):
    with open_memory(tmp_path / "s.db") as store:
        played(store, game, fight, range(13))
        before = in_use(store, game)
        freeze(store, *PAIR)
    with open_memory(tmp_path / "s.db") as store:
        reports = played(store, game, fight, range(13, 13 + TRIAL_EPISODES), success=0.0)
        assert {r.message for r in reports} == {"frozen: nothing changes"}
        assert in_use(store, game) == before
        assert reports[-1].episodes == 13 + TRIAL_EPISODES
        assert "frozen" in why(store, game, *PAIR)[4]
        freeze(store, *PAIR, frozen=False)
        assert step(store, game).deployment is not None


def on_trial(store, game, fight, good, bad, numbers, step):
    """Fights that go `good` under the baseline and `bad` under what is on trial."""
    for number in numbers:
        policy = policy_of(store, game, *PAIR)
        tried = policy.baseline is not None and number % 2
        version = policy.version if tried or policy.baseline is None else policy.baseline
        store.write(fight(number, version=version, success=bad if tried else good))
        report = step(store, game)
        if report.deployment is not None and report.deployment.action == "roll_back":
            return report
    return None


def test_what_loses_fights_is_rolled_back_and_not_tried_again_at_once(
    store, game, fight, step, played
):
    report = on_trial(store, game, fight, 1.0, 0.0, range(60), step)
    assert report is not None
    assert "rolled back to version 0" in report.message
    assert in_use(store, game) == EVEN
    told = why(store, game, *PAIR)
    assert told[1].startswith("mira plays with the designer's weights, rolled back: ")
    assert report.deployment.reason in told[1]
    assert status(store, game, *PAIR).weights[0].change < 0, "the last change was back"
    rested = played(store, game, fight, range(100, 109))
    assert all(r.proposal is None for r in rested)
    assert "before 10 episodes more" in rested[0].message


def test_a_trial_without_harm_ends_and_what_was_tried_is_kept(store, game, fight, played):
    reports = played(store, game, fight, range(13 + TRIAL_EPISODES))
    kept = [r for r in reports if "kept" in r.message]
    assert len(kept) == 1
    assert kept[0].deployment.canary is False
    policy = policy_of(store, game, *PAIR)
    assert policy.baseline is None or policy.baseline == kept[0].deployment.version
