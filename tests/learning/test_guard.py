"""Learning that costs more than it may is taken back, and what costs nothing is left alone."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from astraweave.behavior import WeightedNode
from astraweave.learning import LearnSettings, status, why
from astraweave.learning.counted import count
from astraweave.learning.guard import ALL, LOGGED, PLAYED, accounts, breach
from astraweave.learning.history import versions
from astraweave.learning.ledger import policy_of
from astraweave.learning.off_policy import chances_of
from astraweave.learning.recent import Logged
from astraweave.learning.since import Since
from astraweave.learning.statistics import LearnerState
from astraweave.memory import open_memory
from astraweave.model.episode import ActionResult, CompanionResponse, Observation

PAIR = ("robin", "mira")
NODE = WeightedNode(name="n", children=("a", "b"), weights=(1.0, 1.0), policy="roulette")
BOTH = (("n", ("a", "b")),)


def state_of(rng, *, episodes, worth, learned, trial=0.0, reward=lambda rng, tried: 2.0):
    """A state of episodes played under factors `learned` or, on trial, under the designer's.

    `worth` of the tactics a and b; `trial` is the share of episodes that the designer's played.
    """
    state = LearnerState(episodes=episodes)
    for _ in range(episodes):
        tried = rng.random() >= trial
        chances = chances_of(NODE, ("a", "b"), learned if tried else {})
        rows = []
        for _ in range(20):
            place = int(rng.random() >= chances[0])
            y = float(np.clip(worth[place] + rng.normal(0, 0.15), 0, 1))
            rows.append((0, place, chances[place], y))
        state.log.append(Logged(BOTH, tuple(rows)))
        state.rewards.append((3 if tried else 0, reward(rng, tried)))
    return state


BAD = {"a": 4.0, "b": 0.5}


def test_weights_that_chose_the_worse_tactic_are_found_out_by_their_own_propensities():
    state = state_of(np.random.default_rng(1), episodes=12, worth=(0.3, 0.7), learned=BAD)
    (account,) = accounts(state, [NODE])
    assert account.source == LOGGED
    assert account.earned == pytest.approx(240 * (0.3 * 8 / 9 + 0.7 / 9), rel=0.1)
    assert account.owed == pytest.approx(0.95 * 240 * 0.5, rel=0.1)
    assert account.broken
    assert "of what the designer's would have" in breach([account])
    assert not accounts(state, [NODE], share=0.5)[0].broken


def test_what_was_settled_by_an_earlier_roll_back_and_few_episodes_say_nothing():
    state = state_of(np.random.default_rng(1), episodes=12, worth=(0.3, 0.7), learned=BAD)
    assert accounts(state, [NODE], after=3) == ()
    few = state_of(np.random.default_rng(1), episodes=9, worth=(0.3, 0.7), learned=BAD)
    assert accounts(few, [NODE]) == ()
    assert accounts(LearnerState(), [NODE]) == ()


def test_fights_lost_under_learned_weights_are_found_out_by_those_of_the_trial():
    def lost(rng, tried):
        return float(np.clip(rng.normal(0.8 if tried else 1.8, 0.3), 0, 3))

    rng = np.random.default_rng(2)
    state = state_of(rng, episodes=40, worth=(0.5, 0.5), learned=BAD, trial=0.5, reward=lost)
    told = {account.source: account for account in accounts(state, [NODE])}
    assert told[PLAYED].broken
    assert not told[LOGGED].broken
    assert "trial episodes" in breach(tuple(told.values()))


def test_weights_that_cost_nothing_are_called_a_breach_in_at_most_one_of_a_hundred_lives():
    """60 episodes each, asked after every one; tactics alike, so that nothing is lost or won."""
    wrong, lives = 0, 100
    for seed in range(lives):
        rng = np.random.default_rng(seed)
        whole = state_of(
            *(rng,),
            episodes=60,
            worth=(0.5, 0.5),
            learned=BAD,
            trial=0.5,
            reward=lambda rng, _: float(rng.integers(0, 2)) * 2.0,
        )
        wrong += any(
            breach(accounts(LearnerState(log=whole.log[:n], rewards=whole.rewards[:n]), [NODE]))
            for n in range(10, 61, 5)
        )
    assert wrong <= 1


# -- since deployment ------------------------------------------------------------------------------


def account_of(rng, *, episodes, worth, learned):
    """As `state_of`, into the account of a whole life; and how it stood after each episode."""
    since, told = Since(), []
    for _ in range(episodes):
        one = state_of(rng, episodes=1, worth=worth, learned=learned)
        count(since, 3, one.log[0], [NODE])
        told.append(since.episodes >= 10 and since.high(0.95) < 0.0)
    return since, told


def test_a_loss_too_small_for_the_last_episodes_is_found_out_over_a_life():
    """Of .5 a decision .467 is earned: 93 % where 95 % is owed."""
    rng, state = np.random.default_rng(4), LearnerState()
    whole = state_of(rng, episodes=600, worth=(0.457, 0.543), learned=BAD)
    for told in whole.log:
        count(state.since, 3, told, [NODE])
    state.log, state.rewards = whole.log[-64:], whole.rewards[-64:]
    told = {account.source: account for account in accounts(state, [NODE])}
    assert told[ALL].broken
    assert told[ALL].episodes == 600
    assert not told[LOGGED].broken


def test_the_account_of_a_life_is_that_of_its_episodes_however_few_are_kept():
    since, _ = account_of(np.random.default_rng(5), episodes=300, worth=(0.3, 0.7), learned=BAD)
    assert since.earned == pytest.approx(300 * 20 * (0.3 * 8 / 9 + 0.7 / 9), rel=0.03)
    assert since.owed == pytest.approx(300 * 20 * 0.5, rel=0.03)
    assert len(msgspec.msgpack.encode(since)) < 300


def test_a_life_without_a_loss_is_rolled_back_in_at_most_one_of_a_hundred():
    """Exactly what is owed is earned, asked after each of 300 episodes."""
    worth = (0.5 - 0.025 * 9 / 7, 0.5 + 0.025 * 9 / 7)
    wrong = sum(
        any(account_of(np.random.default_rng(s), episodes=300, worth=worth, learned=BAD)[1])
        for s in range(20)
    )
    assert wrong <= 1


def test_a_propensity_that_nobody_plays_with_neither_spoils_the_save_nor_outweighs_a_life():
    """A file from outside may say so; what was counted is read back, and calls no loss."""
    rng, state = np.random.default_rng(6), LearnerState()
    whole = state_of(rng, episodes=40, worth=(0.5, 0.5), learned=BAD)
    odd = tuple((0, 0, chance, 1.0) for chance in (1e-12, 1e-300, 5e-324))
    for told in (*whole.log[:20], Logged(BOTH, odd), *whole.log[20:]):
        count(state.since, 3, told, [NODE])
    assert LearnerState.decoded(state.encoded()).since == state.since
    assert not any(account.broken for account in accounts(state, [NODE]))


# -- end to end ------------------------------------------------------------------------------------


def under(policy, fight, number, worth):
    """A fight whose decisions are those of the policy, each tactic worth what it is now worth."""
    rng = np.random.default_rng(number)
    chances = [policy.weights.get(name, 1.0) for name in ("guard", "rush")]
    chances = [chance / sum(chances) for chance in chances]
    seen = []
    for i in range(30):
        place = int(rng.random() >= chances[0])
        response = CompanionResponse(
            action_type=("guard", "rush")[place],
            tactic=("guard", "rush")[place],
            node="tactics",
            propensity=chances[place],
            available=("guard", "rush"),
            result=ActionResult.SUCCESS,
            effectiveness=worth[place],
        )
        seen.append(Observation(timestamp_ms=1000 * i, companion_response=response))
    return fight(number, version=policy.version, observations=tuple(seen))


def test_a_world_that_turned_against_what_was_learned_brings_the_designers_weights_back(
    tmp_path, pond, fight, step
):
    """Promoted without a trial, after a restart: the guard alone takes it back, and says why."""
    game = pond(guard=0.9, rush=0.1)
    settings = LearnSettings(
        gate=replace(game.environment.gate, skip=frozenset({"trial"})),
        locked=frozenset({"rush"}),
    )
    with open_memory(tmp_path / "s.db") as store:
        for number in range(8):
            store.write(under(policy_of(store, game, *PAIR), fight, number, (0.9, 0.1)))
            step(store, game, settings=settings)
        risen = policy_of(store, game, *PAIR).weights["guard"]
        assert risen > 3.0
    with open_memory(tmp_path / "s.db") as store:
        for number in range(8, 60):
            store.write(under(policy_of(store, game, *PAIR), fight, number, (0.05, 0.95)))
            report = step(store, game, settings=settings)
            if report.deployment is not None and report.deployment.action == "roll_back":
                break
        assert "rolled back to version 0: learned weights earned" in report.message
        told = status(store, game, *PAIR)
        assert told.rolled_back == report.deployment.reason
        assert "rolled back: learned weights earned" in why(store, game, *PAIR)[1]
        assert set(policy_of(store, game, *PAIR).weights.values()) == {1.0}
        assert versions(store, game, *PAIR)[0].standing == "in use"
