"""Whose play an episode is decides what it counts; forgetting it stays never having seen it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import EpisodeError, UsageError
from astraweave.learning import LearnSettings, learn
from astraweave.learning.rows import known, row_of
from astraweave.learning.statistics import LearnerState, TacticSums, fold
from astraweave.learning.target import targets
from astraweave.learning.trial import put_on_trial
from astraweave.memory import open_memory
from astraweave.model.columns import episode_of
from astraweave.model.exchange import checked_episode
from astraweave.model.sources import TRUST, checked_trust, source_of, source_tags, trust_in

PAIR = ("robin", "mira")
TACTICS = ("guard", "rush")


def folded(game, fight, *given, trust=TRUST):
    state = LearnerState()
    for number, source in given:
        fold(state, row_of(fight(number, tags=source_tags(source)), game, trust))
    return state


def test_an_episode_counts_by_its_source(game, fight):
    sums = {s: folded(game, fight, (0, s)).tactics["guard"] for s in TRUST}
    for name, share in TRUST.items():
        assert pytest.approx(share * sums["own"].N) == sums[name].N
        assert pytest.approx(share * sums["own"].S) == sums[name].S
    aims = {s: targets(folded(game, fight, (0, s)), TACTICS, {})[0]["guard"] for s in TRUST}
    far = {name: abs(math.log(aim)) for name, aim in aims.items()}
    assert far["own"] > far["shared"] > far["bot"] > 0.0


def test_what_counts_nothing_changes_no_weight_and_lets_nothing_fade(game, fight):
    trust = checked_trust({"bot": 0.0}, "here")
    alone = folded(game, fight, (0, "own"), trust=trust)
    both = folded(game, fight, (0, "own"), *[(n, "bot") for n in range(1, 9)], trust=trust)
    assert both.tactics == alone.tactics
    assert both.contexts == alone.contexts


@given(
    n=st.integers(1, 40),
    d=st.floats(-1.0, 1.0),
    weights=st.lists(st.floats(0.01, 1.0), min_size=1, max_size=6),
)
def test_sums_of_weighted_episodes_are_those_of_their_definition(n, d, weights):
    sums, each = TacticSums(), []
    for weight in weights:
        sums.decay(weight)
        each = [w * 0.95**weight for w in each]
        sums.add(n, d * n, n * d * d, weight)
        each.append(weight)
    assert pytest.approx(n * sum(each)) == sums.N
    assert pytest.approx(n * d * sum(each)) == sums.S
    assert pytest.approx(n * sum(w * w for w in each)) == sums.W
    assert pytest.approx(n * n * sum(w * w for w in each)) == sums.M
    assert pytest.approx((sum(each), sum(w * w for w in each))) == (sums.K, sums.K2)


def test_another_persons_play_and_a_bots_say_nothing_of_traits_trials_and_logs(game, fight, step):
    with open_memory() as store:
        for number, source in enumerate(("own", "shared", "bot")):
            store.write(fight(number, tags=source_tags(source), actions=("strike",) * 4))
        report = step(store, game)
        found = known(store, *PAIR)
    assert (report.learned, report.episodes) == (3, 3)
    assert report.profile.episode_count == 1
    assert len(found.state.log) == len(found.state.rewards) == 1


def test_a_trial_lasts_thirty_episodes_of_the_person(game, fight):
    state = LearnerState()
    trial = put_on_trial(state, 1, 0)
    for number in range(40):
        fold(state, row_of(fight(number, version=1, tags=source_tags("bot")), game))
    assert (state.episodes - trial.since, trial.new) == (0, [])
    fold(state, row_of(fight(50, version=1), game))
    assert (state.episodes - trial.since, len(trial.new)) == (1, 1)


@pytest.mark.parametrize("learner", ["posterior", "q", "dynamic-scripting"])
def test_forgetting_episodes_of_any_source_is_never_having_seen_them(game, fight, learner):
    sources = ["own", "bot", "shared", "own", "bot", "shared", "own"]
    settings = LearnSettings(trust=checked_trust({"shared": 0.7}, "here"), learner=learner)
    ends = []
    for seen_at_all in (True, False):
        with open_memory() as store:
            for number, source in enumerate(sources):
                if seen_at_all or number not in (1, 2, 6):
                    store.write(fight(number, tags=source_tags(source), decisions=9 + number))
            told = {"player_id": PAIR[0], "companion_id": PAIR[1], "seed": 1, "now": 1e9}
            learn(store, game, **told, settings=settings)
            if seen_at_all:
                assert store.forget(*[f"mira-{n:06d}" for n in (1, 2, 6)]) == 3
                learn(store, game, **told, settings=settings)
            found = known(store, *PAIR)
            state = found.state
            bodies = {name: each.body for name, each in state.methods.items()}
            ends.append((state.tactics, state.contexts, state.log, state.rewards, bodies))
            ends[-1] += (found.evidence.encoded(), state.episodes)
    assert ends[0] == ends[1]


def test_sources_are_declared_by_a_tag_and_unknown_ones_are_refused(fight):
    assert source_of(()) == source_of(("boss", *source_tags("own"))) == "own"
    assert source_of(("boss", "source:bot")) == "bot"
    assert trust_in("martian", TRUST) == min(TRUST.values())
    with pytest.raises(UsageError, match=r"unknown source 'bott'.*bot"):
        source_tags("bott")
    with pytest.raises(UsageError, match="trust in bot must be in"):
        checked_trust({"bot": 1.5}, "attach")
    with pytest.raises(EpisodeError, match="unknown source 'martian'"):
        checked_episode(episode_of(fight(1, tags=("source:martian",))))


def test_the_defaults_are_those_that_are_stated():
    assert LearnSettings().trust == {"own": 1.0, "shared": 0.5, "bot": 0.25}
