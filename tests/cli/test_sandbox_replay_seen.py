"""`sandbox replay` of a verdict that was changed: what the replay does not hold is not marked."""

import json
import sys

import pytest

ROUGH = """
import numpy as np
from toy_game import Boat

class Rough(Boat):
    def event_counts(self):
        hit = (self.seeds % 3 == 0)[:, None]
        return hit.astype(np.int32), np.where(hit, 3, -1).astype(np.int32)

    def content_hash(self):
        return "rough-1"

def make():
    return Rough()
"""
TOML = """
[rules.wet]
kind = "forbid"
severity = "minor"
unit = "trips"
doc = "The boat is wet."
fact = "water"
above = 0.3
[rules.slow]
kind = "forbid"
severity = "minor"
unit = "trips"
doc = "It takes long."
outcome = "seconds"
above = 5
"""
OWN = """
from astraweave import sandbox

@sandbox.rule(sandbox.FORBID, severity="major", unit="hits", event="harmed_player")
def bumping(played):
    "A bump."
    return played.count("harmed_player") > 0
"""
GAME = ("--environment", "rough_game:make")
NOT_SEEN = "was not seen in this replay: the verdict was changed"


@pytest.fixture
def rough(call, weights, folder):
    """A verdict in a file about a boat that harms its player, asked for with these words."""
    (folder / "rough_game.py").write_text(ROUGH, "utf-8")
    (folder / "wet.toml").write_text(TOML, "utf-8")
    (folder / "own_rules.py").write_text(OWN, "utf-8")
    words = ["boat.xml", "--weights", weights({"help": 1.25}), *GAME]

    def judged(*more):
        code, out, err = call("sandbox", "validate", *words, *more, "--json")
        assert (code, err) == (1, "")
        (folder / "v.json").write_text(out, "utf-8")
        return ["sandbox", "replay", "--verdict", "v.json", *words, *more]

    yield judged
    for name in ("rough_game", "own_rules"):
        sys.modules.pop(name, None)


def change(folder, **values):
    """Write other things into the counterexample, each as it is or made of what stood there."""
    told = json.loads((folder / "v.json").read_text("utf-8"))
    example = told["counterexample"]
    for key, value in values.items():
        example[key] = value(example[key]) if callable(value) else value
    (folder / "v.json").write_text(json.dumps(told), "utf-8")
    return example


def further(number):
    return number + 1


def is_said(call, words):
    """Said in lines, as data and beside a picture, marked in none."""
    code, out, err = call(*words)
    assert (code, err.count("\n")) == (1, 1)
    assert NOT_SEEN in err
    assert "--verdict v.json" in err
    assert NOT_SEEN in out
    assert "◀" not in out
    assert out.startswith("the verdict says: ")
    code, out, _ = call(*words, "--json")
    assert code == 1
    assert json.loads(out)["seen"] is False
    code, out, err = call(*words, "--svg", "no.svg")
    assert (code, out) == (1, "")
    assert NOT_SEEN in err


def test_a_true_break_is_marked_and_seen(call, rough):
    words = rough()
    code, out, err = call(*words)
    assert (code, err) == (0, "")
    assert "◀ harming the player" in out
    assert json.loads(call(*words, "--json")[1])["seen"] is True


@pytest.mark.parametrize(
    ("rules", "changed"),
    [
        ((), {"seed": further}),
        ((), {"tick": further}),
        ((), {"tick": 2_000_000_000, "first_tick": 2_000_000_000}),
        ((), {"rule": "thrashing"}),
        ((), {"rule": "not worse"}),
        (("--rules", "wet.toml"), {"rule": "wet", "draw": {"water": 0.0}}),
        (("--rules", "wet.toml"), {"rule": "slow"}),
        (("--rules", "own_rules:bumping"), {"rule": "bumping", "seed": further}),
    ],
)
def test_a_break_that_did_not_come_is_said_and_not_marked(call, rough, folder, rules, changed):
    words = rough(*rules)
    assert change(folder)["rule"] == "harming_the_player"
    change(folder, **changed)
    is_said(call, words)
    drawn = (folder / "no.svg").read_text("utf-8")
    assert "Not seen in this replay" in drawn
    assert "decided here" not in drawn


@pytest.mark.parametrize(
    ("rules", "claim"),
    [
        ("wet.toml", {"rule": "wet", "draw": {"water": 0.4}, "tick": 0}),
        ("wet.toml", {"rule": "slow", "tick": 20}),
        ("own_rules:bumping", {"rule": "bumping"}),
    ],
)
def test_a_break_of_a_rule_of_one_s_own_is_seen_where_it_came(call, rough, folder, rules, claim):
    words = rough("--rules", rules)
    change(folder, **claim)
    code, out, err = call(*words)
    assert (code, err) == (0, "")
    assert f"◀ {claim['rule']}" in out


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("seed", -1, "seed must be in [0, 9223372036854775807], got -1"),
        ("seed", 2**63, "got Expected `int` <= 9223372036854775807"),
        ("tick", 99_999_999_999, "tick must be in [0, 2147483647], got 99999999999"),
        ("tick", -1, "tick must be in [0, 2147483647], got -1"),
        ("first_tick", -1, "first_tick must be in [0, 2147483647], got -1"),
        ("rule", "nix", "rule is none that this game is held to, got nix; known: "),
        ("rule", "bumping", "got bumping; "),
        ("policy", "nobody", "policy must be one of candidate, deployed, designer, got nobody"),
    ],
)
def test_what_no_verdict_gives_is_refused_before_anything_is_drawn(
    call, rough, folder, key, value, said
):
    words = rough()
    change(folder, **{key: value})
    for more in ([], ["--json"], ["--svg", "no.svg"]):
        code, out, err = call(*words, *more)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert said in err
        assert "--verdict v.json" in err
    assert not (folder / "no.svg").exists()


@pytest.fixture
def lost(call, weights, folder):
    """A verdict in a file about weights that play worse, and the words to replay it."""
    words = ("boat.xml", "--weights", weights({"help": 0.75, "rest": 1.25}))
    game = ("--environment", "toy_game:make")
    code, out, _ = call("sandbox", "validate", *words, *game, "--json")
    assert code == 1
    (folder / "v.json").write_text(out, "utf-8")
    return ["sandbox", "replay", "--verdict", "v.json", *words, *game]


@pytest.mark.parametrize("changed", [{"policy": "designer"}, {"tick": further}])
def test_a_pair_that_did_not_lose_is_not_said_to_have(call, lost, folder, changed):
    assert change(folder)["rule"] == "not worse"
    change(folder, **changed)
    is_said(call, lost)


def test_how_a_pair_ended_is_told_as_it_was_played_now(call, lost, folder):
    true = call(*lost)
    assert true[0] == 0
    change(folder, detail="success 0 after 9.0 s, with the deployed weights 1 after 1.0 s")
    assert call(*lost) == true


def test_an_old_verdict_that_does_not_say_what_it_lost_against_is_held_to_it_too(
    call, lost, folder
):
    change(folder, against="")
    assert call(*lost)[0] == 0
    change(folder, policy="designer")
    assert call(*lost)[0] == 1
