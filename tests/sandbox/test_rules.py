from typing import Any

import numpy as np
import pytest

from astraweave.errors import RuleError
from astraweave.model.scenario import Scenario
from astraweave.sandbox import FORBID, LIMIT, RULES, Played, Rule, rule
from astraweave.sandbox.played import DITHERED, NON_FINITE
from astraweave.sandbox.rules import rules_hash

EVENTS = ("harmed_player", "left_field", "overspent", "player_died_heal_ready")
EVENTS += ("idle_while_attacked", NON_FINITE, DITHERED)


def played(event: str) -> Played:
    """Three episodes; the event happens in the second, at tick 40."""
    counts = np.zeros((3, len(EVENTS)), dtype=np.int32)
    first = np.full((3, len(EVENTS)), -1, dtype=np.int32)
    counts[1, EVENTS.index(event)], first[1, EVENTS.index(event)] = 2, 40
    return Played(
        scenario=Scenario(name="s", description="", threat=0.0, seconds=1.0, ranges={}),
        seeds=np.arange(3),
        outcomes=np.zeros((3, 6)),
        events=EVENTS,
        counts=counts,
        first=first,
        ticks=np.full(3, 60, dtype=np.int32),
        decisions=np.zeros(3, dtype=np.int32),
        changes=np.zeros(3, dtype=np.int32),
    )


@pytest.mark.parametrize("each", RULES, ids=lambda r: r.name)
def test_a_rule_is_broken_by_its_event_and_by_no_other(each: Rule) -> None:
    for event in EVENTS:
        expected = [False, event == each.event, False]
        np.testing.assert_array_equal(each.broken(played(event)), expected)


@pytest.mark.parametrize("each", RULES, ids=lambda r: r.name)
def test_a_break_is_dated_by_its_first_event_else_by_the_end(each: Rule) -> None:
    assert each.event is not None
    assert played(each.event).first_tick(each.event).tolist() == [60, 40, 60]


def test_four_rules_forbid_and_three_limit() -> None:
    kinds = [each.kind for each in RULES]
    assert (kinds.count(FORBID), kinds.count(LIMIT)) == (4, 3)
    assert all(each.doc and each.unit for each in RULES)


def test_a_rule_about_an_event_nobody_declares_does_not_apply() -> None:
    applying = {each.name for each in RULES if each.applies(("left_field",))}
    assert applying == {"leaving_the_field", "non_finite_state", "thrashing"}


def test_a_user_adds_a_rule_with_a_decorated_function() -> None:
    @rule(LIMIT, severity="minor", unit="fights", event="overspent")
    def taking_too_long(played: Played) -> Any:
        """The fight drags on."""
        return played.outcome("seconds") > 20.0

    assert taking_too_long.name == "taking_too_long"
    assert taking_too_long.doc == "The fight drags on."
    assert not taking_too_long.broken(played("overspent")).any()


def test_an_unknown_kind_or_severity_is_refused() -> None:
    for kind, severity in (("never", "minor"), ("limit", "awful")):
        with pytest.raises(RuleError, match="rule odd"):
            Rule("odd", kind, severity, "", "", lambda p: p.ticks > 0)


def test_the_hash_of_rules_moves_with_what_they_say() -> None:
    stricter = Rule("odd", FORBID, "minor", "", "", lambda p: p.ticks > 1)
    looser = Rule("odd", FORBID, "minor", "", "", lambda p: p.ticks > 2)
    built_in = Rule("odd", FORBID, "minor", "", "", np.isnan)  # type: ignore[arg-type]
    hashes = {rules_hash(rules) for rules in (RULES, RULES[:1], [stricter], [looser], [built_in])}
    assert len(hashes) == 5
    assert rules_hash(RULES) == rules_hash(RULES)


def test_a_name_that_nobody_declares_is_not_counted_as_nothing() -> None:
    with pytest.raises(RuleError, match="no event 'overspend' is declared; did you mean 'oversp"):
        played(NON_FINITE).count("overspend")
    with pytest.raises(RuleError, match="no outcome 'second' is declared; did you mean 'seconds'"):
        played(NON_FINITE).outcome("second")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda p: p.ticks > "much", r"rule odd: the rule raised .*\(test_rules.py:\d+\); correct"),
        (lambda p: p.ticks, r"rule odd: a rule must give one bool an episode, got int32\[3\]"),
        (lambda p: p.ticks[:2] > 0, r"got bool\[2\]"),
        (lambda p: True, r"got bool\[\]"),
        (lambda p: p.count("gone") > 0, "no event 'gone' is declared"),
    ],
)
def test_a_rule_that_cannot_answer_is_refused_by_its_name(broken: Any, said: str) -> None:
    with pytest.raises(RuleError, match=said):
        Rule("odd", FORBID, "minor", "", "", broken).breaks(played("overspent"))
