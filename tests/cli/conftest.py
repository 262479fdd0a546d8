"""A folder with a small game's files, and episodes of it as another program would write them."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from astraweave import cli

TREE = """<root BTCPP_format="4" main_tree_to_execute="Boat">
  <BehaviorTree ID="Boat">
    <WeightedFallback name="tactics" weights="help:1;rest:1" policy="roulette">
      <Action ID="help"/>
      <Action ID="rest"/>
    </WeightedFallback>
  </BehaviorTree>
</root>
"""
ACTIONS = """[actions.row]
kind = "melee"
aggressive = true
[actions.bail]
kind = "utility"
[facts.water]
low = 0
high = 1
[facts.tired]
low = 0
high = 1
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The current folder, with a tree, actions and a game to play; nothing of it stays imported."""
    (tmp_path / "boat.xml").write_text(TREE, "utf-8")
    (tmp_path / "actions.toml").write_text(ACTIONS, "utf-8")
    shutil.copy(Path(__file__).with_name("toy_game.py"), tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    # Verdicts of this machine's user are none of a test's business.
    monkeypatch.setattr("astraweave.cli.sandbox_validate.user_folder", lambda: tmp_path / "kept")
    # Nor is how long a busy machine compiles.
    monkeypatch.setattr("astraweave.cli.patience.PATIENCE_S", 600.0)
    yield tmp_path
    sys.modules.pop("toy_game", None)


def episode(number, *, helps=0.9, rests=0.2, decisions=12, **more):
    """One episode as plain data; `helps` and `rests` are what the tactics were worth."""
    seen = []
    for i in range(decisions):
        helped = (i + number) % 2 == 0
        response = {
            "action_type": "help" if helped else "rest",
            "result": "success",
            "effectiveness": helps if helped else rests,
            "tactic": "help" if helped else "rest",
            "node": "tactics",
            "propensity": 0.5,
            "available": ["help", "rest"],
            "duration_ms": 900,
        }
        seen.append(
            {
                "timestamp_ms": 1000 * (i + 1),
                "player_action": {"action_type": "row" if i % 3 else "bail"},
                "companion_response": response,
                "world_state": {"water": 0.25, "tired": i / decisions},
            }
        )
    told = {
        "id": f"trip-{number:03d}",
        "category": "combat",
        "start_time": 1_700_000_000.0 + 60 * number,
        "end_time": 1_700_000_020.0 + 60 * number,
        "player_id": "robin",
        "companion_id": "mira",
        "seed": number,
        "observations": seen,
        "outcome": {"success_rating": 0.5, "duration_ms": 20_000},
    }
    return told | more


@pytest.fixture
def trip():
    """Makes one episode; see `episode`."""
    return episode


@pytest.fixture
def write(folder):
    """Write lines, each text or data, as a JSON Lines file; returns its name."""

    def put(*lines, name="trips.jsonl"):
        text = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        (folder / name).write_text("\n".join(text) + "\n", "utf-8")
        return name

    return put


@pytest.fixture
def call(capsys):
    """Run a command in this process: (exit code, stdout, stderr)."""

    def run(*words):
        try:
            code = cli.main([str(word) for word in words])
        except SystemExit as stop:
            code = stop.code
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def facts(call):
    """Run a command with --json that ends well: what it says, as data."""

    def run(*words, code=0):
        ended, out, err = call(*words, "--json")
        assert (ended, err) == (code, ""), err
        assert out.count("\n") == 1
        return json.loads(out)

    return run


@pytest.fixture
def boat(folder, write, call):
    """A save with six trips in which helping helped; returns its path."""
    return _ingested(folder / "boat.db", write, call, helps=0.9, rests=0.2)


@pytest.fixture
def deceived(folder, write, call):
    """A save in which resting seemed to help: what play says is wrong, and the sandbox knows."""
    return _ingested(folder / "deceived.db", write, call, helps=0.1, rests=0.95)


def _ingested(save, write, call, **worths):
    lines = [episode(i, **worths) for i in range(6)]
    words = ("--save", save, "--tree", "boat.xml", "--actions", "actions.toml")
    code, _, err = call("ingest", write(*lines), *words)
    assert (code, err) == (0, "")
    return save


@pytest.fixture
def weights(folder):
    """Write weights, as data or text; returns the file's name."""

    def put(told, name="w.json"):
        text = told if isinstance(told, str) else json.dumps(told)
        (folder / name).write_text(text, "utf-8")
        return name

    return put
