"""`astraweave tree trace`: a stored episode tick by tick, as text, JSON or a picture."""

import xml.etree.ElementTree as ET

import pytest

GUARDED = """<root BTCPP_format="4" main_tree_to_execute="Boat">
  <BehaviorTree ID="Boat">
    <ReactiveSequence name="afloat">
      <ScriptCondition name="dry" code="water &lt; 0.9"/>
      <WeightedFallback name="tactics" weights="help:1;rest:1" policy="roulette">
        <Action ID="help"/>
        <Action ID="rest" _skipIf="tired &lt; 0"/>
      </WeightedFallback>
    </ReactiveSequence>
  </BehaviorTree>
</root>
"""


def test_ticks_tell_statuses_values_choices_and_ends(call, boat):
    code, out, err = call("tree", "trace", "--save", boat, "--episode", "trip-002")
    assert (code, err) == (0, "")
    head, *ticks = out.split("\n\n")
    assert head.splitlines()[:2] == [
        "trip-002 of robin & mira, the designer's weights: "
        "12 decisions, 12 ticks whose facts were kept",
        "run again, 12 of 12 decisions are the same; 8 by the recorded seed",
    ]
    assert len(ticks) == 12
    assert ticks[0].splitlines() == [
        "tick 0 · 0.100 s · RUNNING",
        "RUNNING tactics  chose help: 50.0 % among 2; until 1.000 s: success, effectiveness 0.90",
        "RUNNING └─ help",
    ]


def test_guards_show_the_values_they_read(call, folder, boat):
    (folder / "guarded.xml").write_text(GUARDED, "utf-8")
    words = ("--save", boat, "--tree", "guarded.xml", "--tick", "3")
    code, out, _ = call("tree", "trace", *words)
    assert code == 0
    assert "SUCCESS ├─ dry  water < 0.9 → yes (water = 0.25)" in out
    assert "skip if tired < 0 → no (tired = 0.25)" in out
    assert out.count("tick 3 ") == 1
    assert "tick 2 " not in out


def test_without_an_episode_it_is_the_last_one_and_minus_one_the_last_tick(facts, boat):
    told = facts("tree", "trace", "--save", boat, "--tick", "-1")
    assert (told["episode"], told["player_id"], told["companion_id"]) == (
        *("trip-005", "robin", "mira"),
    )
    assert (told["decisions"], told["agree"]) == (12, 12)
    (tick,) = told["ticks"]
    assert tick["tick"] == 11
    assert tick["choices"][0]["tactic"] == "help"
    assert {node["path"]: node["status"] for node in tick["nodes"]} == {
        "tactics": "RUNNING",
        "tactics/help": "RUNNING",
    }


def test_a_picture_shows_the_tick_in_colour(call, folder, boat):
    code, out, _ = call("tree", "trace", "--save", boat, "--tick", "0", "--format", "svg")
    assert code == 0
    told = "".join(ET.fromstring(out).itertext())
    assert "tick 0 at 0.100 s" in told
    assert "RUNNING" in told
    pytest.importorskip("pygame")
    assert call("tree", "trace", "--save", boat, "--out", "tick.png") == (0, "", "")
    assert (folder / "tick.png").stat().st_size > 1000


def test_the_weights_that_played_are_those_of_the_episode_s_version(call, folder, write, trip):
    line = trip(0, policy_version=3)
    save, words = folder / "v.db", ("--tree", "boat.xml", "--actions", "actions.toml")
    assert call("ingest", write(line), "--save", save, *words)[0] == 0
    _, out, _ = call("tree", "trace", "--save", save)
    assert "weights version 3, which is gone" in out


def test_an_episode_without_decisions_says_so(call, folder, write, trip):
    save, words = folder / "v.db", ("--tree", "boat.xml", "--actions", "actions.toml")
    assert call("ingest", write(trip(0, decisions=0)), "--save", save, *words)[0] == 0
    code, out, _ = call("tree", "trace", "--save", save)
    assert code == 0
    assert "0 decisions, 0 ticks" in out
    assert "run again" not in out
    _, out, _ = call("tree", "trace", "--save", save, "--format", "svg")
    assert out.startswith("<svg")
    code, _, err = call("tree", "trace", "--save", save, "--tick", "0")
    assert code == 2
    assert "it has none" in err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--episode", "trip-02"], 2, "no such episode"),
        (["--tick", "12"], 2, "it has ticks 0 to 11"),
        (["--tick", "-13"], 2, "no such tick"),
        (["--tick", "x"], 2, "invalid int"),
        (["--player", "nobody"], 1, "knows no 'nobody'"),
        (["--format", "png"], 2, "--out FILE.png"),
        (["--tree", "nowhere.xml"], 2, "cannot read the tree"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(call, boat, words, code, said):
    ended, out, err = call("tree", "trace", "--save", boat, *words)
    assert (ended, out) == (code, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_save_that_is_not_there_is_said(call):
    code, _, err = call("tree", "trace", "--save", "nowhere.db")
    assert code == 2
    assert "there is no such save" in err
