import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.errors import EpisodeError
from astraweave.model.actions import KINDS, ActionVocabulary, Kind
from astraweave.model.columns import COMPANION, OBSERVATION, PLAYER, log_of
from astraweave.model.episode import Episode, EpisodeCategory, EpisodeOutcome
from astraweave.model.facts import Fact, FactSheet
from astraweave.playstyle import (
    action_counts,
    feature_columns,
    feature_row,
    played_seconds,
)
from astraweave.playstyle.features import COLUMN, FEATURES

SHEET = FactSheet(
    [
        Fact("hp", low=0, high=200, role="player_health"),
        Fact("reach", low=0, high=1, role="can_attack"),
        Fact("danger", low=0, high=1, role="threat"),
    ]
)
NAMES = ("strike", "shoot", "bolt", "block", "heal", "dodge", "drink", "dismiss")
number = st.one_of(st.just(math.nan), st.floats(0, 1))
moment = st.tuples(
    st.one_of(st.none(), st.sampled_from(NAMES)),
    st.one_of(
        st.none(),
        st.fixed_dictionaries(
            {}, optional={"hp": st.floats(0, 200), "reach": number, "danger": number}
        ),
    ),
)


def naive_row(log, vocabulary, sheet):
    """What `feature_row` says, read off one observation at a time."""
    told = dict.fromkeys(FEATURES, 0.0)
    windows = set()
    fights = any(kind.aggressive for kind in vocabulary.values())
    for seen in log.observations:
        facts = {}
        if seen["row"] >= 0:
            facts = dict(zip(log.fact_names, log.facts[seen["row"]].tolist(), strict=True))
        known = {
            fact.role: facts[fact.name]
            for fact in sheet.facts
            if not math.isnan(facts.get(fact.name, math.nan))
        }
        health = known["player_health"] / 200 if "player_health" in known else None
        if health is not None:
            told["health_sum"] += health
            told["health_seen"] += 1
        if seen["kind"] == COMPANION:
            told["companion_decisions"] += 1
        if seen["kind"] != PLAYER:
            continue
        windows.add(int(seen["t_ms"]) // 2000)
        kind = vocabulary[log.names[seen["code"]]]
        told["player_actions"] += 1
        told[kind.kind] += 1
        if "can_attack" in known:
            open_to_attack = known["can_attack"] >= 0.5
        else:
            open_to_attack = known.get("threat", 1.0) > 0
        if fights and open_to_attack:
            low = health is not None and health < 0.5
            told["opportunities"] += 1
            told["aggressive"] += kind.aggressive
            told["risk_opportunities"] += low
            told["risky"] += low and kind.aggressive
    told["combat_actions"] = told["player_actions"] - told["movement"] - told["utility"]
    told["seconds"] = log.end_time - log.start_time
    last = max(1, math.ceil(log.observations["t_ms"][-1] / 2000)) if len(log.observations) else 0
    told["windows"] = max(math.ceil(told["seconds"] / 2), last)
    told["active_windows"] = min(len(windows), told["windows"])
    return [told[name] for name in FEATURES]


@settings(max_examples=60)
@given(st.lists(moment, max_size=40))
def test_kernels_count_what_a_naive_reader_counts(make_log, vocabulary, moments):
    log = make_log([a for a, _ in moments], [f for _, f in moments] or None)
    row = feature_row(log, vocabulary, SHEET)
    assert row.shape == (len(FEATURES),)
    np.testing.assert_allclose(row, naive_row(log, vocabulary, SHEET), rtol=1e-12)


@settings(max_examples=30)
@given(st.lists(moment, max_size=20))
def test_taken_never_exceeds_opportunities(make_log, vocabulary, moments):
    log = make_log([a for a, _ in moments], [f for _, f in moments] or None)
    row = dict(zip(FEATURES, feature_row(log, vocabulary, SHEET).tolist(), strict=True))
    assert row["aggressive"] <= row["opportunities"] <= row["player_actions"]
    assert row["risky"] <= row["risk_opportunities"] <= row["opportunities"]
    assert row["risky"] <= row["aggressive"]
    assert sum(row[kind.value] for kind in KINDS) == row["player_actions"]
    assert 0 <= row["active_windows"] <= row["windows"]


def told(log, vocabulary, sheet=None, *names):
    row = feature_row(log, vocabulary, sheet)
    return tuple(row[COLUMN[name]] for name in names)


def test_an_action_out_of_reach_of_any_attack_is_no_opportunity(make_log, vocabulary):
    log = make_log(["strike", "block", "block"], [{"reach": 1}, {"reach": 0.4}, {"reach": 0.5}])
    assert told(log, vocabulary, SHEET, "aggressive", "opportunities") == (1, 2)


def test_threat_stands_in_where_no_fact_says_whether_the_player_can_attack(make_log, vocabulary):
    log = make_log(["strike", "block", "block"], [{"danger": 0.1}, {"danger": 0}, {"danger": 1}])
    assert told(log, vocabulary, SHEET, "aggressive", "opportunities") == (1, 2)


def test_reach_outranks_threat_where_both_are_known(make_log, vocabulary):
    log = make_log(["block"], [{"danger": 1.0, "reach": 0.0}])
    assert told(log, vocabulary, SHEET, "opportunities") == (0,)


def test_without_facts_every_action_is_an_opportunity(make_log, vocabulary):
    log = make_log(["strike", "block", None, "dodge"])
    assert told(log, vocabulary, SHEET, "aggressive", "opportunities") == (1, 3)


def test_outside_of_combat_an_attack_is_passed_up_only_where_there_is_one(make_log, vocabulary):
    def opportunities(log):
        return feature_row(replace(log, category=EpisodeCategory.DIALOGUE), vocabulary)[1]

    assert opportunities(make_log(["drink"] * 5)) == 0
    assert opportunities(make_log(["drink"] * 5 + ["strike"])) == 6
    assert opportunities(make_log(["drink"] * 2, facts=[{"threat": 1.0}, {"threat": 0.0}])) == 1


def test_without_a_sheet_facts_named_like_their_role_count(make_log, vocabulary):
    facts = [{"can_attack": 1.0, "player_health": 0.4}, {"can_attack": 0.0, "player_health": 0.9}]
    log = make_log(["strike", "block"], facts)
    assert told(log, vocabulary, None, "opportunities", "risk_opportunities", "risky") == (1, 1, 1)


def test_a_game_without_aggressive_actions_offers_no_opportunity(make_log):
    kitchen = ActionVocabulary(chop=Kind("utility"), serve=Kind("support"))
    assert told(make_log(["chop", "serve"]), kitchen, None, "opportunities") == (0,)


def test_where_nothing_can_be_attacked_helping_is_no_style_of_combat(make_log):
    kitchen = ActionVocabulary(chop=Kind("utility"), serve=Kind("support"))
    log = make_log(["chop", "serve"])
    assert told(log, kitchen, None, "support", "combat_actions") == (1, 0)


def test_an_aggressive_action_the_player_never_does_is_still_passed_up(make_log, vocabulary):
    assert told(make_log(["block", "heal"]), vocabulary, None, "opportunities") == (2,)


def test_health_is_scaled_by_its_declared_range(make_log, vocabulary):
    log = make_log(["strike", "strike"], [{"hp": 99.0}, {"hp": 101.0}])
    assert told(log, vocabulary, SHEET, "risk_opportunities", "health_seen") == (1, 2)
    assert told(log, vocabulary, SHEET, "health_sum")[0] == pytest.approx(1.0)


def test_unknown_health_is_no_opportunity_to_take_a_risk(make_log, vocabulary):
    log = make_log(["strike", "strike"], [{"hp": 10.0, "reach": 1}, {"reach": 1}])
    assert told(log, vocabulary, SHEET, "risky", "risk_opportunities") == (1, 1)


def test_an_undeclared_action_is_refused_by_name_with_the_nearest_one(make_log, vocabulary):
    log = make_log(["strike", "stirke"])
    with pytest.raises(
        EpisodeError, match=r"fight: observation 1: .*got stirke; did you mean 'str"
    ):
        feature_row(log, vocabulary)
    with pytest.raises(EpisodeError, match="stirke"):
        action_counts(log, vocabulary)


def test_undeclared_actions_can_be_skipped_and_are_counted(make_log, vocabulary):
    log = make_log(["strike", "stirke", "stirke"])
    row = feature_row(log, vocabulary, unknown="skip")
    assert (row[COLUMN["unknown_actions"]], row[COLUMN["player_actions"]]) == (2, 1)
    assert action_counts(log, vocabulary, unknown="skip") == {"strike": 1}


def test_a_code_beyond_the_table_of_names_is_refused(make_log, vocabulary):
    log = make_log(["strike", "block"])
    log.observations["code"][1] = 777
    with pytest.raises(EpisodeError, match="name number 777 of 2"):
        feature_row(log, vocabulary)
    with pytest.raises(EpisodeError, match="name number 777 of 2"):
        action_counts(log, vocabulary)


def test_a_row_beyond_the_facts_counts_as_not_sensed(make_log, vocabulary):
    log = make_log(["strike"], [{"hp": 1.0, "reach": 0.0}])
    log.observations["row"][0] = 1 << 30
    assert told(log, vocabulary, SHEET, "opportunities", "risk_opportunities") == (1, 0)


def test_action_counts_follow_the_vocabulary_and_leave_out_zeros(make_log, vocabulary):
    log = make_log(["dodge", "strike", None, "dodge"])
    assert list(action_counts(log, vocabulary).items()) == [("strike", 1), ("dodge", 2)]


def test_columns_are_the_rows_in_order(make_log, vocabulary):
    logs = [make_log(["strike"] * n) for n in (1, 2, 3)]
    columns = feature_columns(logs, vocabulary)
    assert columns.shape == (3, len(FEATURES))
    assert columns[:, COLUMN["player_actions"]].tolist() == [1, 2, 3]
    assert feature_columns([], vocabulary).shape == (0, len(FEATURES))


def test_stored_columns_may_be_read_only(make_log, vocabulary):
    log = make_log(["strike", "block"])
    stored = np.frombuffer(log.observations.tobytes(), dtype=OBSERVATION)
    object.__setattr__(log, "observations", stored)
    assert told(log, vocabulary, None, "player_actions") == (2,)


def test_length_is_the_outcomes_else_by_the_clock_else_by_what_was_seen_last(make_log):
    outcome = EpisodeOutcome(success_rating=1.0, duration_ms=7000)
    assert played_seconds(make_log(["strike"], outcome=outcome)) == 7.0
    assert played_seconds(make_log(["strike"], seconds=9.0)) == 9.0
    assert played_seconds(make_log(["strike"] * 3, seconds=None)) == 1.0
    assert played_seconds(make_log([], seconds=None)) == 0.0


def test_an_episode_in_which_nothing_happened_is_all_zero_but_its_length(vocabulary):
    episode = Episode(id="e", category=EpisodeCategory.SOCIAL, start_time=5.0, end_time=8.0)
    row = feature_row(log_of(episode), vocabulary, SHEET)
    assert row.sum() == row[COLUMN["seconds"]] + row[COLUMN["windows"]] == 5.0
