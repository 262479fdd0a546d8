"""Every other file from outside, broken in many ways: one line, exit code 2, no byte touched."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


# -- trees ------------------------------------------------------------------------------------

VALIDATE = ("sandbox", "validate", "companion.xml", "--weights", "w.json")


def tree(inside: str) -> bytes:
    return f'<root BTCPP_format="4"><BehaviorTree ID="T">{inside}</BehaviorTree></root>'.encode()


TREES = {
    "empty": b"",
    "left open": b"<root>",
    "no XML": b"\x00\xff\xfe" * 50,
    "another root": b"<html/>",
    "an older format": b'<root BTCPP_format="3"/>',
    "no tree": b'<root BTCPP_format="4"/>',
    "two children": tree('<Action ID="a"/><Action ID="b"/>'),
    "an unknown node": tree("<Sequnce/>"),
    "an unknown attribute": tree('<Action ID="a" weigth="2"/>'),
    "a decorator without a child": tree("<Inverter/>"),
    "no choice": tree('<WeightedFallback name="w"/>'),
    "a weight of nobody": tree(
        '<WeightedFallback name="w" weights="b:1"><Action ID="a"/></WeightedFallback>'
    ),
    "a weight that is no number": tree(
        '<WeightedFallback name="w" weights="a:nan"><Action ID="a"/></WeightedFallback>'
    ),
    "an unknown policy": tree(
        '<WeightedFallback name="w" policy="dice"><Action ID="a"/></WeightedFallback>'
    ),
    "a script that is code": tree('<ScriptCondition code="__import__(&quot;os&quot;)"/>'),
    "a script left open": tree('<Action ID="a" _skipIf="(hp &lt; 1"/>'),
    "a cycle": tree('<SubTree ID="T"/>'),
    "entities": b'<!DOCTYPE r [<!ENTITY a "aaaa">]><root BTCPP_format="4"/>',
    "too deep": tree("<Inverter>" * 100 + '<Action ID="a"/>' + "</Inverter>" * 100),
    "too long a name": tree(f'<Action ID="{"x" * 300}"/>'),
    "too large": b"<root>" + b" " * (1 << 20) + b"</root>",
}


@pytest.mark.parametrize("kind", TREES)
def test_a_wrong_tree_is_refused(folder: Path, refused: Callable[..., str], kind: str) -> None:
    put(folder, "t.xml", TREES[kind])
    refused("t.xml", "sandbox", "validate", "t.xml", "--weights", "w.json")


# -- TOML: scenarios, bots, keys, actions ------------------------------------------------------

NO_TOML = {
    "no TOML": b"[[[",
    "not UTF-8": b'name = "\xff\xfe"',
    "binary": bytes(range(256)),
    "nested without end": b"a = " + b"[" * 20_000,
    "too large": b"# " + b"x" * (1 << 20),
}
SCENARIO = b'name = "s"\ndescription = ""\nthreat = 0.5\nseconds = 20.0\n[ranges]\n'
SCENARIOS = NO_TOML | {
    "empty": b"",
    "an unknown key": b"thraet = 1.0\n" + SCENARIO,
    "an unknown range": SCENARIO + b"player_helath = [0.1, 0.2]\n",
    "a range the wrong way": SCENARIO + b"player_health = [0.9, 0.2]\n",
    "a range that is none": SCENARIO + b"player_health = 0.5\n",
    "not a number": SCENARIO + b"player_health = [nan, 0.2]\n",
    "infinite": SCENARIO + b"player_health = [0.1, inf]\n",
    "no time": SCENARIO.replace(b"20.0", b"0.0"),
    "endless": SCENARIO.replace(b"20.0", b"inf"),
    "another type": SCENARIO.replace(b"20.0", b'"long"'),
}
BOT = (
    b'name = "b"\naggression = 0.5\nengage_at_health = 0.3\npreferred_range_m = 2.0\n'
    b"heal_threshold = 0.3\n[style]\nmelee = 1.0\ndefensive = 1.0\n"
)
BOTS = NO_TOML | {
    "empty": b"",
    "an unknown key": b"agression = 1.0\n" + BOT,
    "too bold": BOT.replace(b"aggression = 0.5", b"aggression = 1.5"),
    "not a number": BOT.replace(b"aggression = 0.5", b"aggression = nan"),
    "infinite": BOT.replace(b"range_m = 2.0", b"range_m = inf"),
    "no attack": BOT.replace(b"melee = 1.0", b"melee = 0.0"),
    "half a switch": b"switch_at_episode = 3\n" + BOT,
    "a switch to itself": b'switch_at_episode = 7\nswitch_to = "b.toml"\n' + BOT,
    "a switch to nobody": b'switch_at_episode = 7\nswitch_to = "nobody"\n' + BOT,
}
KEYS = NO_TOML | {
    "an unknown action": b'[keys]\nstrik = ["j"]\n',
    "an unknown table": b'[kyes]\nstrike = ["j"]\n',
    "one key for two": b'[keys]\nstrike = ["j"]\nshoot = ["j"]\n',
    "no key": b"[keys]\nstrike = []\n",
    "a number": b"[keys]\nstrike = [7]\n",
    "a text": b'[keys]\nstrike = "j"\n',
}
ACTIONS = b'[actions.row]\nkind = "melee"\naggressive = true\n[facts.water]\nlow = 0\nhigh = 1\n'
ACTION_FILES = NO_TOML | {
    "empty": b"",
    "an unknown kind": ACTIONS.replace(b"melee", b"mele"),
    "an unknown key": ACTIONS.replace(b"aggressive", b"agressive"),
    "a fact without a range": ACTIONS.replace(b"high = 1", b"high = 0"),
    "not a number": ACTIONS.replace(b"high = 1", b"high = nan"),
    "another type": ACTIONS.replace(b"high = 1", b'high = "1"'),
    "an unknown role": ACTIONS + b'role = "waterr"\n',
    "too long a name": ACTIONS.replace(b"melee", b"x").replace(b"row", b"x" * 100_000),
}


@pytest.mark.parametrize("kind", SCENARIOS)
def test_a_wrong_scenario_is_refused(folder: Path, refused: Callable[..., str], kind: str) -> None:
    put(folder, "storms/a.toml", SCENARIO)
    put(folder, "storms/b.toml", SCENARIOS[kind].replace(b'"s"', b'"t"'))
    refused("b.toml", *VALIDATE, "--scenarios", "storms")


@pytest.mark.parametrize("kind", BOTS)
def test_a_wrong_bot_is_refused_and_no_save_is_made(
    folder: Path, refused: Callable[..., str], kind: str
) -> None:
    put(folder, "b.toml", BOTS[kind])
    play = ("demo", "--headless", "--episodes", 1, "--save", "new.db")
    refused("b.toml", *play, "--autopilot", "b.toml")


@pytest.mark.parametrize("kind", KEYS)
def test_a_wrong_keymap_is_refused_and_no_save_is_made(
    folder: Path, refused: Callable[..., str], kind: str
) -> None:
    put(folder, "k.toml", KEYS[kind])
    refused("k.toml", "demo", "--headless", "--save", "new.db", "--keys", "k.toml")


@pytest.mark.parametrize("kind", ACTION_FILES)
def test_wrong_actions_are_refused_and_no_save_is_made(
    folder: Path, refused: Callable[..., str], kind: str
) -> None:
    put(folder, "a.toml", ACTION_FILES[kind])
    refused("a.toml", "ingest", "good.jsonl", "--save", "new.db", "--actions", "a.toml")


# -- JSON: weights and episodes ----------------------------------------------------------------

WEIGHTS = {
    "empty": b"",
    "cut": b'{"weights": {"heal_player": 1.1',
    "a list": b"[1, 2]",
    "not UTF-8": b'{"\xff": 1}',
    "no weight": b'{"weights": {}}',
    "nobody's": b'{"heal_playr": 1.1}',
    "a text": b'{"heal_player": "much"}',
    "not a number": b'{"heal_player": NaN}',
    "infinite": b'{"heal_player": 1e999}',
    "too heavy": b'{"heal_player": 4.5}',
    "below nothing": b'{"heal_player": -1}',
    "an unknown key": b'{"weights": {"heal_player": 1.1}, "vresion": 2}',
    "nested without end": b'{"heal_player": ' + b"[" * 100_000,
    "a name of a megabyte": b'{"' + b"x" * 1_000_000 + b'": 1}',
    "too large": b'{"' + b"x" * 1_100_000 + b'": 1}',
}


@pytest.mark.parametrize("kind", WEIGHTS)
def test_wrong_weights_are_refused(folder: Path, refused: Callable[..., str], kind: str) -> None:
    put(folder, "bad.json", WEIGHTS[kind])
    refused("bad.json", *VALIDATE[:-1], "bad.json")


def trip(number: int, **more: Any) -> dict[str, Any]:
    """An episode of somebody else's game."""
    seen = {
        "timestamp_ms": 10,
        "player_action": {"action_type": "row"},
        "world_state": {"water": 0.5},
    }
    told = {"id": f"trip-{number}", "category": "combat", "start_time": 1e9, "observations": [seen]}
    return told | more


def line_of(told: dict[str, Any]) -> bytes:
    return json.dumps(told).encode() + b"\n"


def seen(**more: Any) -> bytes:
    """A trip whose one observation is different."""
    return line_of(trip(9, observations=[trip(9)["observations"][0] | more]))


LINES = {
    "no JSON": b"dear diary\n",
    "cut": line_of(trip(9))[:-20] + b"\n",
    "another thing": b"[1, 2, 3]\n",
    "not UTF-8": line_of(trip(9)).replace(b"trip", b"\xff\xfe"),
    "nested without end": b"[" * 100_000 + b"\n",
    "no category": line_of(trip(9, category="war")),
    "an unknown key": line_of(trip(9, catgory="combat")),
    "before time": line_of(trip(9, start_time=-1.0)),
    "not a number": line_of(trip(9, start_time=float("nan"))),
    "infinite": line_of(trip(9, start_time=float("inf"))),
    "success beyond one": line_of(trip(9, outcome={"success_rating": 1.5})),
    "an undeclared action": seen(player_action={"action_type": "fly"}),
    "an undeclared fact": seen(world_state={"watr": 0.5}),
    "a fact out of range": seen(world_state={"water": 1.5}),
    "a text with a bell": seen(player_action={"action_type": "row", "target": "\a"}),
    "a number beyond all": seen(player_action={"action_type": "row", "parameters": {"n": 10**400}}),
    "another's id": line_of(trip(0, start_time=5.0)),
}


@pytest.mark.parametrize("kind", LINES)
def test_a_bad_line_is_named_by_its_number_and_the_others_are_kept(
    folder: Path, command: Any, kind: str
) -> None:
    episodes = line_of(trip(0)) + LINES[kind] + line_of(trip(1))
    path = put(folder, "e.jsonl", episodes)
    said = command("ingest", "e.jsonl", "--save", "new.db", "--actions", "good.toml", "--json")
    assert (said.code, said.told["ingested"], said.told["bad_lines"]) == (2, 2, 1)
    (line,) = said.err.splitlines()
    assert re.match(r"astraweave: e\.jsonl:2 \(byte \d+\): ", line)
    assert "; " in line
    assert len(line) < 1_000
    assert path.read_bytes() == episodes
