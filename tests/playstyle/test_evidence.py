import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.errors import SaveError
from astraweave.model.actions import KINDS
from astraweave.playstyle import Evidence, Shares, profile_of, trait_of, update
from astraweave.playstyle.evidence import CORRELATIONS, DECAY
from astraweave.playstyle.features import COLUMN

episode = st.integers(0, 30).flatmap(lambda m: st.tuples(st.integers(0, m), st.just(m)))
history = st.lists(episode, min_size=1, max_size=40)


def naive_posterior(pairs, decay):
    """Beta parameters of a trait, from every episode with its weight written out."""
    told = [(decay**age, x, m) for age, (x, m) in enumerate(reversed(pairs)) if m]
    weights = sum(w for w, _, _ in told)
    taken = sum(w * x for w, x, _ in told)
    of = sum(w * m for w, _, m in told)
    if of == 0:
        return 1.0, 1.0
    between = sum(w * x * x / m for w, x, m in told) - taken * taken / of
    once = sum(w * w * m for w, _, m in told)
    pairwise = sum(w * w * m * (m - 1) for w, _, m in told)
    p = (taken + 0.5) / (of + 1)
    variance = p * (1 - p)
    below = variance * (of - weights - pairwise / of)
    always_one = all(m <= 1 for _, _, m in told)
    r = 0.0
    if not always_one and below > 1e-9 * of:
        r = min(0.95, max(-1.0, (between - variance * (weights - once / of)) / below))
    freedom = weights**2 / sum(w * w for w, _, _ in told) - 1
    seen = max(0.1 * once / of, (once + r * pairwise) / of)
    effects = [(once + rho * pairwise) / of for rho in CORRELATIONS]
    chances = [d ** (-freedom / 2) * math.exp(-freedom * seen / (2 * d)) for d in effects]
    deff = sum(c * d for c, d in zip(chances, effects, strict=True)) / sum(chances)
    return 1 + taken / deff, 1 + (of - taken) / deff


def fold(make_row, pairs, decay=DECAY):
    evidence = Evidence()
    for x, m in pairs:
        evidence = update(evidence, make_row(aggressive=x, opportunities=m), {}, decay=decay)
    return evidence


def profile(evidence):
    return profile_of(evidence, player_id="robin", companion_id="mira", now=1.0)


@settings(max_examples=80)
@given(history)
def test_a_trait_is_what_all_episodes_at_their_decayed_weights_say(make_row, pairs):
    trait = profile(fold(make_row, pairs)).playstyle.aggression
    alpha, beta = naive_posterior(pairs, DECAY)
    assert trait.alpha == pytest.approx(alpha, rel=1e-5)
    assert trait.beta == pytest.approx(beta, rel=1e-5)


def sums(shares):
    flat = msgspec.structs.astuple(shares)
    return [*flat[0], *flat[1:]]


@settings(max_examples=40)
@given(history, st.randoms(use_true_random=False))
def test_without_decay_the_order_of_episodes_is_irrelevant(make_row, pairs, shuffler):
    shuffled = list(pairs)
    shuffler.shuffle(shuffled)
    one, other = fold(make_row, pairs, 1.0), fold(make_row, shuffled, 1.0)
    np.testing.assert_allclose(sums(one.aggression), sums(other.aggression), rtol=1e-9)


@settings(max_examples=40)
@given(history, history)
def test_evidence_adds_up_after_the_older_part_has_decayed(make_row, older, newer):
    g = DECAY ** len(newer)
    before, after = fold(make_row, older).aggression, fold(make_row, newer).aggression
    both = fold(make_row, older + newer).aggression
    squared = np.array([1, 1, 1, 2, 1, 2, 2])  # K2, W and M are sums over squared weights
    decayed = np.array(sums(before)) * g**squared
    np.testing.assert_allclose(sums(both), decayed + np.array(sums(after)), rtol=1e-9, atol=1e-12)


def test_update_leaves_the_evidence_before_it_as_it_was(make_row):
    before = fold(make_row, [(3, 5)])
    copy = Evidence.decoded(before.encoded())
    update(before, make_row(aggressive=1, opportunities=1, melee=2), {"strike": 2})
    assert before == copy


def test_forgetting_an_episode_is_folding_the_others(make_row):
    rest = [(3, 5), (0, 4), (7, 9)]
    kept = fold(make_row, rest)
    assert fold(make_row, [*rest[:1], *rest[1:]]) == kept
    assert fold(make_row, [*rest, (1, 1)]) != kept


def test_old_episodes_fade_and_a_changed_player_is_seen_changed(make_row):
    then, now = [(9, 10)] * 60, [(1, 10)] * 60
    before = profile(fold(make_row, then)).playstyle.aggression.mean
    after = profile(fold(make_row, then + now)).playstyle.aggression.mean
    undecayed = profile(fold(make_row, then + now, 1.0)).playstyle.aggression.mean
    assert before > 0.85
    assert after < 0.35 < undecayed


def test_thousands_of_episodes_without_an_opportunity_end_at_knowing_nothing(make_row):
    evidence = fold(make_row, [(9, 10)] * 3)
    idle = make_row()
    for _ in range(8_000):
        evidence = update(evidence, idle, {})
    trait = profile(evidence).playstyle.aggression
    assert (trait.alpha, trait.beta) == (1.0, 1.0)


def test_choices_that_clump_by_episode_count_for_less_than_choices_that_do_not(make_row):
    even = profile(fold(make_row, [(5, 10)] * 20)).playstyle.aggression
    clumped = profile(fold(make_row, [(10, 10), (0, 10)] * 10)).playstyle.aggression
    assert even.mean == pytest.approx(clumped.mean, abs=0.03)
    assert clumped.high - clumped.low > 2 * (even.high - even.low)


def test_one_opportunity_an_episode_has_no_clumps_to_speak_of():
    shares = Shares((0.0,))
    for x in (1.0, 0.0, 1.0, 1.0):
        shares = shares.after((x,), 1.0, 1.0)
    assert shares.design_effect() == 1.0
    assert shares.effective() == ((3.0,), 4.0)


@settings(max_examples=40)
@given(st.integers(1, 9), st.integers(2, 40))
def test_more_opportunities_of_the_same_play_narrow_the_interval(make_row, tenths, episodes):
    few = profile(fold(make_row, [(tenths, 10)] * episodes)).playstyle.aggression
    many = profile(fold(make_row, [(tenths, 10)] * (2 * episodes))).playstyle.aggression
    assert many.high - many.low < few.high - few.low


@pytest.mark.parametrize("clumping", [0.03, 0.15, 0.4])
def test_ninety_percent_intervals_hold_the_truth_whatever_the_clumping(make_row, clumping):
    rng = np.random.default_rng(3)
    hits, players = 0, 300
    for _ in range(players):
        truth = rng.uniform(0.1, 0.9)
        a, b = truth * (1 / clumping - 1), (1 - truth) * (1 / clumping - 1)
        opportunities = rng.integers(3, 25, size=15)
        taken = rng.binomial(opportunities, rng.beta(a, b, size=15))
        pairs = list(zip(taken.tolist(), opportunities.tolist(), strict=True))
        trait = profile(fold(make_row, pairs)).playstyle.aggression
        hits += trait.low <= truth <= trait.high
    assert 0.84 <= hits / players <= 0.96


def test_counts_of_actions_decay_with_the_episodes(make_row):
    evidence = update(Evidence(), make_row(), {"strike": 10, "block": 1})
    evidence = update(evidence, make_row(), {"block": 2})
    assert evidence.actions == {"strike": 10 * DECAY, "block": DECAY + 2}
    assert evidence.episodes == 2


def test_evidence_survives_the_store_bit_for_bit(make_row):
    row = make_row(aggressive=2, opportunities=7, risky=1, risk_opportunities=3, magic=4, heal=1)
    evidence = update(update(Evidence(), row, {"bolt": 4}), row, {"bolt": 1})
    again = Evidence.decoded(evidence.encoded())
    assert again == evidence
    assert again.encoded() == evidence.encoded()


def raw(**changes):
    return msgspec.msgpack.encode({**msgspec.to_builtins(Evidence()), **changes})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        raw(episodes=-1),
        raw(aggression=[[math.nan], 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
        raw(aggression=[[0.0], math.inf, 1.0, 1.0, 1.0, 1.0, 1.0]),
        raw(aggression=[[-1.0], 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
        raw(aggression=[[2.0], 1.0, 1.0, 1.0, 4.0, 1.0, 1.0]),
        raw(aggression=[[1.0], 1.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
        raw(offence=[[0.0], 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
        raw(kinds=[[0.0] * (len(KINDS) + 1), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
        raw(actions={"strike": math.nan}),
    ],
)
def test_damaged_evidence_is_refused_in_one_line(data):
    with pytest.raises(SaveError, match="evidence of a player") as caught:
        Evidence.decoded(data)
    assert "\n" not in str(caught.value)


def test_evidence_of_a_newer_version_is_refused():
    with pytest.raises(SaveError, match="version above 2, got 3; use a newer astraweave"):
        Evidence.decoded(raw(version=3))


def test_every_column_the_evidence_reads_is_a_feature():
    assert {"aggressive", "opportunities", "risky", "risk_opportunities"} <= COLUMN.keys()
    assert {kind.value for kind in KINDS} <= COLUMN.keys()


@settings(max_examples=60)
@given(st.floats(1, 1e4), st.floats(1, 1e4))
def test_class_masses_sum_to_one_and_the_interval_holds_the_mean(alpha, beta):
    trait = trait_of(alpha, beta)
    assert trait.p_low + trait.p_mid + trait.p_high == pytest.approx(1.0, abs=1e-9)
    assert 0 <= trait.low <= trait.mean <= trait.high <= 1
