"""Rules from TOML: what they count, and what is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import RuleError
from astraweave.model.facts import Fact, FactSheet
from astraweave.model.ports import OUTCOMES
from astraweave.model.scenario import Scenario
from astraweave.sandbox import (
    FORBID,
    LIMIT,
    RULES,
    Played,
    Rule,
    check_rules,
    load_rules,
    rules_for,
)
from astraweave.sandbox.reading import MAX_BYTES
from astraweave.sandbox.rules import rules_hash
from astraweave.sandbox.rules_file import MAX_RULES, read_rules
from astraweave.sandbox.thresholds import Threshold

HURT = """
[rules.hurt]
kind = "limit"
severity = "major"
unit = "fights"
doc = "It hurts."
"""
Write = Callable[..., Path]


class Game:
    facts = FactSheet([Fact("health", low=0.0, high=1.0), Fact("depth")])
    events = ("splash", "harmed_player")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(text: str | bytes, name: str = "my_rules.toml") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return put


def table(*lines: str) -> str:
    return HURT + "\n".join(lines) + "\n"


def played(damage: list[float], splashes: list[int]) -> Played:
    n = len(damage)
    outcomes = np.zeros((n, len(OUTCOMES)))
    outcomes[:, OUTCOMES.index("damage_taken")] = damage
    return Played(
        scenario=Scenario(name="s", description="", threat=0.0, seconds=1.0, ranges={}),
        seeds=np.arange(n),
        outcomes=outcomes,
        events=("splash", "harmed_player"),
        counts=np.array([[k, 0] for k in splashes], dtype=np.int32),
        first=np.array([[k, -1] for k in splashes], dtype=np.int32),
        ticks=np.full(n, 9, dtype=np.int32),
        decisions=np.zeros(n, dtype=np.int32),
        changes=np.zeros(n, dtype=np.int32),
    )


def test_a_table_is_a_rule_with_its_name_kind_severity_unit_and_doc(write: Write) -> None:
    (rule,) = load_rules(write(table('outcome = "damage_taken"', "above = 80")))
    said = (rule.name, rule.kind, rule.severity, rule.unit, rule.doc, rule.event)
    assert said == ("hurt", LIMIT, "major", "fights", "It hurts.", None)
    assert rule.breaks(played([79.0, 80.0, 80.5], [0, 0, 0])).tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("limits", "broken"),
    [
        ((), [False, True, True]),  # an event alone: it must not happen
        (("above = 2",), [False, False, True]),
        (("below = 1",), [True, False, False]),  # it must happen
        (("below = 2", "above = 2"), [True, False, True]),
    ],
)
def test_an_event_is_counted(write: Write, limits: tuple[str, ...], broken: list[bool]) -> None:
    (rule,) = load_rules(write(table('event = "splash"', *limits)))
    assert rule.breaks(played([0.0] * 3, [0, 2, 5])).tolist() == broken
    assert rule.event == "splash"


@given(
    st.lists(st.floats(-10, 10, allow_nan=False), min_size=1, max_size=8),
    st.none() | st.floats(-10, 10, allow_nan=False),
    st.none() | st.floats(-10, 10, allow_nan=False),
)
def test_outside_is_below_one_limit_or_above_the_other(
    values: list[float], below: float | None, above: float | None
) -> None:
    found = Threshold("outcome", "success", below, above).outside(np.array(values))
    for value, outside in zip(values, found.tolist(), strict=True):
        under, over = below is not None and value < below, above is not None and value > above
        assert outside == (under or over)


def test_the_shipped_rules_and_those_of_a_file_have_different_names_or_are_refused(
    write: Write,
) -> None:
    twin = table('event = "harmed_player"').replace("rules.hurt", "rules.harming_the_player")
    with pytest.raises(RuleError, match="rule harming_the_player: two rules share a name"):
        rules_for(Game(), (*RULES, *load_rules(write(twin))))


def test_equal_content_has_an_equal_hash_and_any_change_another(write: Write) -> None:
    text = table('outcome = "damage_taken"', "above = 80")
    again = "# by hand\n" + text.replace("above = 80", "above   =   80.0")
    changed = [
        text.replace(old, new)
        for old, new in (
            ("= 80", "= 81"),
            ("above", "below"),
            ("damage_taken", "damage_dealt"),
            ("limit", "forbid"),
            ("major", "minor"),
            ("fights", "hits"),
            ("hurts.", "hurts!"),
            ("rules.hurt", "rules.pain"),
            ('outcome = "damage_taken"', 'event = "splash"'),
            ('outcome = "damage_taken"', 'fact = "health"'),
        )
    ]
    hashes = [rules_hash(load_rules(write(each))) for each in (text, again, *changed)]
    assert hashes[0] == hashes[1]
    assert len(set(hashes[1:])) == len(changed) + 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"must hold 1 to 64 rules, got none; write a table \[rules.NAME\] for each"),
        ("[rules]", "must hold 1 to 64 rules, got 0"),
        ("rules = 3", "must hold 1 to 64 rules"),
        ("[rulse.x]", r"unknown key `\$.rulse`; did you mean 'rules'\?"),
        (
            HURT.replace("hurt]", '""]') + 'event = "splash"',
            "no name of a rule, got ''; give",
        ),
        (HURT.replace("hurt]", '"a\\nb"]') + 'event = "splash"', "no name of a rule, got"),
        ("[rules]\nhurt = 3", r"`\$.rules.hurt` must be a table, got int; \[rules.hurt\]"),
        (table('evnet = "splash"'), r"unknown key `\$.rules.hurt.evnet`; did you mean 'event'\?"),
        (table(), "must be about one thing, got nothing; give one of event, outcome or fact"),
        (table('event = "splash"', 'fact = "health"'), "about one thing, got event and fact"),
        (
            table('outcome = "damage"', "above = 1"),
            r"such outcome at .*, got damage; did you",
        ),
        (table('outcome = "seconds"'), "has no limit; give above, below, or both"),
        (
            table('outcome = "seconds"', "above = nan"),
            r"in ±1e\+15 at `\$.*above`, got nan",
        ),
        (table('outcome = "seconds"', "above = inf"), r"`\$.rules.hurt.above`"),
        (table('outcome = "seconds"', "above = 1e300"), "got 1e\\+300; give a finite number"),
        (table('outcome = "seconds"', f"above = {10**40}"), r"`\$.rules.hurt.above`"),
        (table('outcome = "seconds"', "above = true"), "got True"),
        (table('outcome = "seconds"', 'above = "80"'), "got 80; give a finite number"),
        (table('outcome = "seconds"', "above = 1", "below = 2"), "is broken by every number"),
        (
            HURT.replace('"limit"', '"never"'),
            r"at `\$.*kind`, got never; known: forbid,",
        ),
        (HURT.replace('"major"', '"awful"'), "got awful; known: critical, major, minor"),
        (HURT.replace('doc = "It hurts."', ""), r"`\$.rules.hurt` lacks doc; write"),
        (HURT.replace("It hurts.", "ouch " * 101), "Expected `str` of length <= 500"),
        (HURT.replace("fights", "f" * 201), "Expected `str` of length <= 200"),
        ("x = " + "[" * 20_000, "is not TOML"),
        ("x = " + "9" * 5000, "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
        (b"#" * (MAX_BYTES + 1), "a file of rules is at most 64 KiB, got a larger file"),
        ("\n".join(f"[rules.r{i}]" for i in range(MAX_RULES + 1)), "1 to 64 rules, got 65"),
    ],
)
def test_a_wrong_file_is_refused_naming_file_and_key(
    write: Write, text: str | bytes, said: str
) -> None:
    path = write(text)
    with pytest.raises(RuleError, match=said) as caught:
        load_rules(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "no.toml", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(RuleError, match=said):
            load_rules(path)


def test_every_fault_is_found_and_what_is_right_is_kept(write: Write) -> None:
    text = table('event = "splash"', "abvoe = 1", "belwo = 2")
    text += text.replace("rules.hurt", "rules.more")
    text += HURT.replace("rules.hurt", "rules.fine") + 'event = "splash"\n'
    rules, faults = read_rules(write(text))
    assert [rule.name for rule in rules] == ["fine"]
    assert len(faults) == 4


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (('event = "splsh"',), "is about the event 'splsh', which the game does not declare; did"),
        (('fact = "helth"', "below = 0.1"), "the fact 'helth', which the game does not declare; d"),
        (('fact = "health"', "below = -0.1"), r"never be broken: fact health is in \[0, 1\]"),
        (('fact = "health"', "above = 1"), r"can never be broken: fact health is in \[0, 1\]"),
        (('event = "splash"', "below = 0"), r"can never be broken: event splash is in \[0, inf\]"),
        (
            ('event = "splash"', "above = -1"),
            r"broken by every play: event splash is in \[0, inf\]",
        ),
        (('fact = "health"', "below = 1.5"), r"broken by every play: fact health is in \[0, 1\]"),
        (('outcome = "success"', "above = 1"), r"can never be broken: outcome success is in \[0"),
    ],
)
def test_a_rule_that_no_play_could_break_is_refused(
    write: Write, lines: tuple[str, ...], said: str
) -> None:
    with pytest.raises(RuleError, match=f"rule hurt: .*{said}"):
        check_rules(load_rules(write(table(*lines))), Game())


@pytest.mark.parametrize(
    "lines",
    [
        ('fact = "depth"', "below = -50"),
        ('fact = "health"', "below = -1", "above = 0.9"),
        ('outcome = "damage_dealt"', "below = 5"),
        ('event = "dithered"', "above = 3"),
    ],
)
def test_what_could_be_broken_is_taken(write: Write, lines: tuple[str, ...]) -> None:
    check_rules((*RULES, *load_rules(write(table(*lines)))), Game())


def test_a_rule_in_python_about_an_undeclared_event_is_refused() -> None:
    typo = Rule("wet", FORBID, "minor", "", "", lambda p: p.count("splsh") > 0, "splsh")
    with pytest.raises(RuleError, match=r"rule wet: is about the event 'splsh'.*mean 'splash'"):
        check_rules((*RULES, typo), Game())


def test_a_game_brings_its_own_rules_along(write: Write) -> None:
    own = load_rules(write(table('event = "splash"')))

    class Wet(Game):
        rules = own

    assert rules_for(Wet(), RULES) == (*RULES, *own)
    assert rules_for(Wet(), (*RULES, *own)) == (*RULES, *own)
    for nonsense in ("my_rules.toml", 3, [RULES]):
        Wet.rules = nonsense  # type: ignore[assignment]
        with pytest.raises(RuleError, match="the game's `rules` must be rules"):
            rules_for(Wet(), RULES)
    del nonsense


def test_a_name_of_a_hostile_file_is_shown_bounded(write: Write) -> None:
    long: Any = "x" * 5000
    with pytest.raises(RuleError) as caught:
        load_rules(write(f"[rules.{long}]\n"))
    assert len(str(caught.value)) < 1500
