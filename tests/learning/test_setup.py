"""A game as data: what is read back is the game, and never proves less than the game asks for."""

import dataclasses
import math
from pathlib import Path

import msgspec
import pytest

import astraweave as aw
from astraweave.arena.environment import make
from astraweave.errors import SaveError, TreeError
from astraweave.learning import Game, LearnSettings, game_of, recall, remember, with_environment
from astraweave.learning.setup import NOTE, can_be_sent, spec_of, tree_name, tree_of
from astraweave.sandbox import LIMIT, RULES, GateSettings, Rule


@pytest.fixture
def game():
    facts = aw.FactSheet([aw.Fact("hp", "hp", 0.0, 50.0, "player_health"), aw.Fact("gold")])
    vocabulary = aw.ActionVocabulary(hit=aw.Kind("melee", aggressive=True))
    return Game(tree=aw.load_tree("companion.xml"), vocabulary=vocabulary, sheet=facts)


@pytest.fixture
def own_rule():
    doc = "Never more than once."
    return Rule("mine", LIMIT, "minor", "times", doc, lambda played: played.ticks > 1)


def test_what_is_remembered_is_the_game_again(game):
    settings = LearnSettings(gate=GateSettings(p0=0.02, max_pairs=640), locked=frozenset({"x"}))
    with aw.open_memory(":memory:") as memory:
        remember(memory, spec_of(game, settings, None))
        again, told = game_of(recall(memory))
    assert (again.tree.content_hash, dict(again.vocabulary)) == (
        game.tree.content_hash,
        dict(game.vocabulary),
    )
    assert again.sheet.facts == game.sheet.facts
    assert again.sheet.facts[1].high == math.inf
    assert dataclasses.replace(told) == settings


def test_a_shipped_tree_is_found_wherever_it_lies_then(game, tmp_path, monkeypatch):
    spec = spec_of(game, LearnSettings(), None)
    assert spec.tree == "shipped:companion.xml"
    (tmp_path / "companion.xml").write_text("<root/>")
    monkeypatch.chdir(tmp_path)
    assert tree_of(spec).content_hash == game.tree.content_hash


def test_a_tree_of_one_s_own_is_named_from_any_folder(game, tmp_path, monkeypatch):
    copy = tmp_path / "companion.xml"
    copy.write_bytes(Path(game.tree.path).read_bytes())
    monkeypatch.chdir(tmp_path)
    assert tree_name(aw.load_tree("companion.xml")) == str(copy.resolve())


def test_a_save_cannot_name_a_tree_outside_the_shipped_ones(game):
    spec = msgspec.structs.replace(spec_of(game, LearnSettings(), None), tree="shipped:../a.xml")
    with pytest.raises(TreeError, match="cannot read the tree"):
        tree_of(spec)


def test_a_game_whose_environment_has_no_name_is_proved_nowhere_else(game):
    proved = with_environment(game, make())
    assert not can_be_sent(proved, LearnSettings(), None)
    spec = spec_of(proved, LearnSettings(), None)
    assert (spec.environment, spec.require_sandbox) == (None, True)


def test_rules_of_a_game_s_own_are_not_left_out_of_a_proof(game, own_rule):
    settings = LearnSettings(gate=GateSettings(rules=(*RULES, own_rule)))
    proved = with_environment(game, make())
    assert not can_be_sent(proved, settings, "astraweave.arena.environment:make")
    spec = spec_of(proved, settings, "astraweave.arena.environment:make")
    assert (spec.environment, spec.require_sandbox) == (None, True)


def test_a_game_that_plays_nowhere_is_proved_by_what_is_observed(game):
    assert not spec_of(game, LearnSettings(), None).require_sandbox


@pytest.mark.parametrize(
    ("note", "said"),
    [
        (None, "no game has declared"),
        (b"{", "the game's declarations cannot be read"),
        (b'{"tree": "companion.xml", "actions": {"hit": {"kind": 3}}}', "`$.actions[...].kind`"),
    ],
)
def test_declarations_that_cannot_be_read_are_one_line(note, said):
    with aw.open_memory(":memory:") as memory:
        if note is not None:
            memory.put_note(NOTE, note)
        with pytest.raises(SaveError) as caught:
            recall(memory)
    assert said in str(caught.value)


def test_a_gate_that_proves_nothing_is_refused(game):
    spec = spec_of(game, LearnSettings(), None)
    spec.gate["p0"] = 7
    with pytest.raises(SaveError, match="the gate's settings cannot be read"):
        game_of(spec)
