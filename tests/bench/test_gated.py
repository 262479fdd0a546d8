"""The learning bench with the gate on: what it refuses does not play, what it lets through does."""

import json
from importlib import resources

import numpy as np
import pytest

from astraweave.arena import FACTS, VOCABULARY, Arena, bot_matrix, shipped_bots
from astraweave.behavior import load_tree
from astraweave.learning.game import Game, with_environment
from astraweave.model.weights import CAP
from astraweave.sandbox import GateSettings
from bench.learning import __main__ as program
from bench.learning.field import Field
from bench.learning.gated import Gated
from bench.learning.learners import Posterior

pytestmark = pytest.mark.compiled


class Strict(Arena):
    """The reference game, which asks for smaller steps than learning makes."""

    gate = GateSettings(cap=CAP / 100)


def test_what_the_gate_refuses_does_not_play_and_is_counted():
    field = Field(load_tree("companion.xml"))
    game = with_environment(Game(tree=field.tree, vocabulary=VOCABULARY, sheet=FACTS), Strict())
    ours, free = Gated(field.tree, game, seed=0), Posterior(field.tree)
    players = bot_matrix((shipped_bots()["berserker"],))
    for number in range(3):
        ones = np.ones((1, len(field.tactics)))
        row = field.fights(ones, players, np.array([number]), versions=[0])[0]
        ours.learn(row)
        free.learn(row)
    assert [verdict.proposal_number for verdict in ours.verdicts] == [1, 2, 3]
    assert {verdict.step for verdict in ours.verdicts} == {"static"}
    assert (ours.factors == 1.0).all()
    assert not (free.factors == 1.0).all()


def test_the_same_runs_are_measured_with_the_gate_on_and_off(tmp_path, monkeypatch, capsys):
    kiter = resources.files("astraweave.arena").joinpath("bots", "kiter.toml")
    (tmp_path / "kiter.toml").write_bytes(kiter.read_bytes())
    monkeypatch.setattr("bench.learning.oracle.PASSES", 1)
    few = ["--players", str(tmp_path), "--seeds", "1", "--episodes", "1", "--fights", "100"]
    assert program.main([*few, "--only", "gated", "--json"]) == 0
    found = {figure["name"]: figure["value"] for figure in json.loads(capsys.readouterr().out)}
    assert found["gate on: proposals approved"] == 1.0
    assert found["gate on: proposals that broke a forbidden rule"] == 0.0
    closed = [found[f"{name}: gap closed at 1–1"] for name in ("gate on", "gate off, same runs")]
    assert closed[0] == closed[1] > 0.0
