"""`astraweave sandbox replay`: a rejection seen again, of a save or of a verdict in a file."""

import json

import msgspec
import pytest

import astraweave as aw
from astraweave.cli import sandbox_replay
from astraweave.cli.common import declared, playable
from astraweave.learning import recall, remember
from astraweave.learning.shown import contest_of, shown_again

TOY = ("--environment", "toy_game:make")


@pytest.fixture
def rejected(call, deceived):
    """A save whose last proposal was rejected in play."""
    assert call("learn", "--save", deceived, *TOY)[0] == 1
    return deceived


def test_a_rejection_is_told_with_its_rule_scenario_seed_and_tick(call, rejected):
    code, out, err = call("sandbox", "replay", "--save", rejected, *TOY)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("proposal 1 (version 1), ")
    assert "rest +25%" in lines[0]
    assert ", was rejected: " in lines[0]
    assert lines[1].startswith("not worse in calm, seed ")
    assert lines[2].startswith("the simplest of ")
    assert any(line.startswith("tick ") and "rest" in line for line in lines)
    assert any(line.endswith("◀ worse than deployed") for line in lines)
    assert "with the deployed weights:" in lines
    assert "the tree when it was decided, candidate:" in lines
    assert "the tree when it was decided, deployed:" in lines


def test_the_replay_plays_what_was_judged_to_the_very_outcome(call, rejected):
    with aw.open_memory(rejected) as memory:
        ((proposal, verdict),) = memory.verdicts("robin", "mira")
        game, _ = playable(declared(memory, None, None), "toy_game:make", "")
    found = shown_again(contest_of(game, proposal), verdict)
    shown = verdict.counterexample
    assert found == shown_again(contest_of(game, proposal), verdict)
    theirs = game.environment.outcomes()[0, 0]
    assert f", with the deployed weights {theirs:g} after " in shown.detail
    first = found.step_of(shown.first_tick)
    mine, other = (side.frames for side in (found.side, found.other))
    assert mine[:first] == other[:first]
    assert mine[first].command != other[first].command


def test_the_json_has_every_frame(facts, rejected):
    told = facts("sandbox", "replay", "--save", rejected, *TOY)
    assert told["proposal"] == 1
    assert told["counterexample"]["scenario"] == "calm"
    assert len(told["frames"]) == len(told["trace"]) == 20
    assert {node["path"] for node in told["trace"][0]["nodes"]}
    assert set(told["against"]) == {"frames", "trace"}
    assert set(told["frames"][0]["facts"]) == {"water", "tired"}


def test_a_proposal_is_chosen_by_its_number(call, rejected):
    assert call("sandbox", "replay", "--save", rejected, "--proposal", 1, *TOY)[0] == 0
    code, _, err = call("sandbox", "replay", "--save", rejected, "--proposal", 9, *TOY)
    assert (code, err) == (1, "astraweave: replay: there is no proposal 9; the save has 1\n")


def test_with_several_pairs_one_must_be_chosen(call, write, trip, rejected):
    call("ingest", write(trip(30, player_id="kim")), "--save", rejected)
    code, _, err = call("sandbox", "replay", "--save", rejected, *TOY)
    assert code == 1
    assert "got kim & mira, robin & mira; choose with --player and --companion" in err
    assert call("sandbox", "replay", "--save", rejected, "--player", "robin", *TOY)[0] == 0


def test_where_nothing_was_rejected_the_answer_is_no(call, boat):
    call("learn", "--save", boat, *TOY)
    code, out, err = call("sandbox", "replay", "--save", boat, *TOY)
    assert (code, out) == (1, "")
    assert "no proposal was rejected in play (1 made, 0 refused without play)" in err
    code, _, err = call("sandbox", "replay", "--save", boat, "--proposal", 1, *TOY)
    assert code == 1
    assert "proposal 1 was approved" in err


def test_another_tree_would_play_another_episode_so_it_is_not_shown(call, rejected, folder):
    text = (folder / "boat.xml").read_text("utf-8")
    (folder / "boat.xml").write_text(text.replace("help:1", "help:3"), "utf-8")
    code, out, err = call("sandbox", "replay", "--save", rejected, *TOY)
    assert (code, out) == (1, "")
    assert "the tree has changed since this verdict" in err


def plays(save, environment):
    """Let a save name its environment."""
    with aw.open_memory(save) as memory:
        remember(memory, msgspec.structs.replace(recall(memory), environment=environment))


@pytest.mark.parametrize("form", ["png", "svg", "gif", "window"])
def test_no_code_that_a_save_names_is_run_for_a_picture(call, rejected, folder, form):
    plays(rejected, "toy_game:broken")
    words = ["--window"] if form == "window" else [f"--{form}", f"out.{form}"]
    code, out, err = call("sandbox", "replay", "--save", rejected, *words)
    assert (code, out) == (2, "")
    assert "code that a file names is not run unasked" in err
    assert not list(folder.glob("*out*"))


def test_any_game_is_drawn_with_its_facts_and_its_tree(call, rejected, folder):
    for form in ("svg", "png"):
        words = ("--save", rejected, *TOY, f"--{form}", f"out.{form}")
        assert call("sandbox", "replay", *words) == (0, "", "")
    drawn = (folder / "out.svg").read_text("utf-8")
    for word in ("worse than deployed", "they part here", "water", "tired", "candidate", "tactics"):
        assert word in drawn
    assert (folder / "out.png").read_bytes().startswith(b"\x89PNG")


def test_only_the_reference_game_moves(call, rejected):
    for words in (("--gif", "out.gif"), ("--window",)):
        code, _, err = call("sandbox", "replay", "--save", rejected, *TOY, *words)
        assert code == 2
        assert "only fights of the reference game move" in err


def test_a_picture_of_another_name_or_place_is_refused_first(call, rejected):
    for words in (("--gif", "out.png"), ("--svg", "nowhere/out.svg"), ("--png", "out")):
        code, _, err = call("sandbox", "replay", "--save", rejected, *TOY, *words)
        assert (code, err.count("\n")) == (2, 1)
        assert "in a folder that exists" in err


def test_without_the_demo_s_file_it_says_so(call, rejected, folder, monkeypatch):
    monkeypatch.setattr(sandbox_replay, "shipped", lambda *parts: folder / "none.py")
    code, _, err = call("sandbox", "replay", "--save", rejected, *TOY, "--png", "out.png")
    assert code == 1
    assert "the demo is not installed" in err


# -- replay of a verdict ---------------------------------------------------------------------------


@pytest.fixture
def judged(call, weights, folder):
    """A verdict in a file, and the words it was asked for with."""
    words = ("boat.xml", "--weights", weights({"help": 0.75, "rest": 1.25}), *TOY)
    code, out, _ = call("sandbox", "validate", *words, "--json")
    assert code == 1
    (folder / "v.json").write_text(out, "utf-8")
    return words


def test_a_verdict_replays_without_a_save(call, judged):
    code, out, err = call("sandbox", "replay", "--verdict", "v.json", *judged)
    assert (code, err) == (0, "")
    assert out.startswith("rejected: it plays worse than the deployed weights")
    assert "◀ worse than deployed" in out


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        (("boat.xml", *TOY), "nothing to judge"),
        (("boat.xml", "--weights", "other.json", *TOY), "the candidate has changed"),
        (("boat.xml", "--weights", "w.json", "--against", "other.json", *TOY), "the deployed has"),
        (("boat.xml", "--weights", "w.json", *TOY, "--skip", "floor"), "judged by --skip, or"),
        (
            ("boat.xml", "--weights", "w.json", *TOY, "--rules", "dry.toml"),
            "the rules have ch",
        ),
        ((), "which tree was judged?"),
    ],
)
def test_a_verdict_about_something_else_is_not_shown(call, judged, weights, folder, words, changed):
    weights({"help": 0.9}, "other.json")
    rule = '[rules.dry]\nkind = "limit"\nseverity = "minor"\nunit = "u"\ndoc = "d"\n'
    (folder / "dry.toml").write_text(f'{rule}fact = "water"\nabove = 0.9\n', "utf-8")
    code, out, err = call("sandbox", "replay", "--verdict", "v.json", *words)
    assert code in (1, 2)
    assert out == ""
    assert changed in err


@pytest.mark.parametrize(
    "text", ["", "[" * 10_000, "{}", '{"approved": 1}', "null", '{"step": 1e999}', " " * 5_000_000]
)
def test_a_file_that_is_no_verdict_is_refused_in_one_line(call, judged, folder, text):
    (folder / "v.json").write_text(text, "utf-8")
    code, out, err = call("sandbox", "replay", "--verdict", "v.json", *judged)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "--verdict v.json" in err


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("scenario", "nowhere"),
        ("draw", {"dance": 1.0}),
        ("draw", {"leak": -1e9}),
        ("tick", -(10**12)),
        ("first_tick", 10**12),
        ("policy", "nobody"),
        ("against", "nobody"),
        ("players", "nobody"),
        ("seed", 2**70),
    ],
)
def test_a_counterexample_that_was_tampered_with_ends_in_an_answer(
    call, judged, folder, key, value
):
    told = json.loads((folder / "v.json").read_text("utf-8"))
    told["counterexample"][key] = value
    (folder / "v.json").write_text(json.dumps(told), "utf-8")
    code, _, err = call("sandbox", "replay", "--verdict", "v.json", *judged)
    assert code in (0, 1, 2)
    assert err.count("\n") == (0 if code == 0 else 1)
    assert "Traceback" not in err


def test_a_verdict_of_before_it_was_minimised_still_replays(call, judged, folder):
    told = json.loads((folder / "v.json").read_text("utf-8"))
    old = ("rule", "scenario", "seed", "tick", "detail", "players", "policy")
    told["counterexample"] = {key: told["counterexample"][key] for key in old}
    (folder / "v.json").write_text(json.dumps(told), "utf-8")
    code, out, err = call("sandbox", "replay", "--verdict", "v.json", *judged)
    assert (code, err) == (0, "")
    assert "◀ worse than before" in out
    assert "the simplest of" not in out
