"""`astraweave sandbox`: the gate's answer as an exit code, and a rejection seen again."""

import json
import os
import subprocess
import sys

import pytest

from astraweave.cli import main

TOY = ("--environment", "toy_game:make")


def validate(call, weights, *words):
    return call("sandbox", "validate", "boat.xml", "--weights", weights, *TOY, *words)


# -- validate --------------------------------------------------------------------------------------


def test_weights_that_are_no_worse_are_approved(call, weights):
    code, out, err = validate(call, weights({"weights": {"help": 1.2, "rest": 0.9}}))
    assert (code, err) == (0, "")
    assert out.startswith("APPROVED: no forbidden rule was broken in ")
    assert "harming_the_player" in out
    assert "not worse" in out


def test_weights_that_are_worse_are_rejected_with_exit_1(call, weights):
    code, out, err = validate(call, weights({"help": 0.75, "rest": 1.25}))
    assert (code, err) == (1, "")
    assert out.startswith("REJECTED (not worse): ")


def test_a_step_beyond_the_cap_is_rejected_before_play(call, weights):
    code, out, _ = validate(call, weights({"help": 2.0}))
    assert code == 1
    assert out.startswith("REJECTED (static): help moved by 100%, at most 25% is allowed")


def test_the_json_is_the_verdict_and_the_same_twice(call, weights):
    file = weights({"help": 1.2})
    first, known = (validate(call, file, "--seed", 5, "--json") for _ in range(2))
    played = validate(call, file, "--seed", 5, "--json", "--no-cache")
    told, again = json.loads(first[1]), json.loads(known[1])
    assert first == played
    assert again.pop("cached")
    assert not told.pop("cached")
    assert told == again
    assert "cached: the same question was played before" in validate(call, file, "--seed", 5)[1]
    assert (told["approved"], told["seed"], told["counterexample"]) == (True, 5, None)


def test_a_step_that_is_left_out_is_named_and_one_must_be_left(call, weights):
    file = weights({"help": 1.2})
    code, out, _ = validate(call, file, "--skip", "safety", "--skip", "trial", "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["steps"]["safety"], told["steps"]["trial"]) == ("skipped", "skipped")
    assert "(skipped: safety, trial)" in told["reason"]
    assert told["hashes"] != json.loads(validate(call, file, "--json")[1])["hashes"]
    skips = [word for step in ("safety", "not-worse", "floor") for word in ("--skip", step)]
    code, _, err = validate(call, file, *skips)
    assert (code, err.count("\n")) == (2, 1)
    assert "keep one of safety, not-worse and floor" in err


def test_a_whole_weight_set_is_understood(facts, call, weights, boat):
    (report,) = facts("learn", "--save", boat, *TOY)["reports"]
    assert validate(call, weights(report["deployed"]))[0] == 0


def test_against_is_what_is_in_use(call, weights):
    far, near = weights({"help": 2.0}), weights({"help": 1.9}, "before.json")
    assert validate(call, far, "--against", near)[0] == 0


def test_deployed_is_that_of_the_player_s_save(call, weights, boat):
    file = weights({"help": 1.5, "rest": 0.75})
    assert validate(call, file)[0] == 1
    assert call("learn", "--save", boat, *TOY)[0] == 0
    assert validate(call, file, "--player", boat, "--against", "deployed")[0] == 0


def test_a_frozen_tree_is_judged_against_the_tree_it_was_made_of(call, weights):
    file = weights({"help": 4.0, "rest": 0.25})
    assert call("tree", "freeze", "boat.xml", "--weights", file, "--out", "frozen.xml")[0] == 0
    words = ("sandbox", "validate", "frozen.xml", "--against-tree", "boat.xml", *TOY, "--json")
    code, out, _ = call(*words)
    told = json.loads(out)
    assert told["hashes"]["tree"] != told["hashes"]["deployed_tree"]
    assert (code == 0) == told["approved"]
    assert told["step"] != "static"
    assert told["scenarios"][0]["pairs"] > 0


def test_a_tree_against_itself_with_the_same_weights_is_no_question(call, folder):
    code, _, err = call("sandbox", "validate", "boat.xml", *TOY)
    assert code == 2
    assert "nothing to judge" in err


def test_scenarios_of_a_folder_take_the_place_of_the_others(call, weights, folder):
    (folder / "storms").mkdir()
    (folder / "storms" / "a.toml").write_text(
        'name = "storm"\ndescription = ""\nthreat = 1.0\nseconds = 5.0\n[ranges]\nwater = [0, 1]\n'
    )
    out = validate(call, weights({"help": 1.2}), "--scenarios", "storms")[1]
    assert "storm" in out
    assert "calm" not in out


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"hlep": 1.2}, "the tree has no tactic 'hlep'; did you mean 'help'?"),
        ({"help": 4.5}, "the weight of help must be in [0.25, 4], got 4.5"),
        ({"help": "much"}, "the weight of 'help' must be a number, got 'much'"),
        ({"help": True}, "the weight of 'help' must be a number, got True"),
        ({}, "the weight set is empty"),
        ({"weights": {"help": 1.1}, "weigths": 2}, "unknown key `$.weigths`; did you mean 'weig"),
        ('{"help": NaN}', "a weight must be a finite number, got NaN"),
        ('{"help": 1e999}', "not weights, got Number out of range"),
        ("[1, 2]", "not weights, got Expected `object`, got `array`"),
        ("", "not weights, got Input data was truncated"),
        ('{"help": ' + "[" * 100_000, "not weights"),
        ('{"help": "' + "x" * (1 << 20) + '"}', "more than 1 MiB of weights"),
    ],
)
def test_wrong_weights_are_one_line_and_exit_2(call, weights, told, said):
    code, out, err = validate(call, weights(told))
    assert (code, out) == (2, "")
    assert said in err
    assert err.startswith("astraweave: w.json: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("no.xml", "--weights", "w.json"), "no.xml: cannot read the tree"),
        (("actions.toml", "--weights", "w.json"), "actions.toml:1:"),
        (("boat.xml", "--weights", "no.json"), "no.json: cannot read the weights"),
        (("boat.xml", "--weights", "."), ".: cannot read the weights, got Is a directory"),
        (("boat.xml", "--weights", "w.json", "--against", "no.json"), "no.json: cannot read the w"),
        (("boat.xml", "--weights", "w.json", "--against", "deployed"), "needs a save; give --play"),
        (("boat.xml", "--weights", "w.json", "--player", "bersrker"), "did you mean 'berserker'?"),
        (("boat.xml", "--weights", "w.json", "--player", "no.toml"), "no.toml: cannot read the"),
        (("boat.xml", "--weights", "w.json", "--player", "w.json"), "w.json: not a database"),
        (("boat.xml", "--weights", "w.json", "--scenarios", "none"), "no such scenario, got none"),
        (("boat.xml",), "give --weights W.json, or --against-tree TREE"),
        (("boat.xml", "--weights", "w.json", "--workers", 0), "workers must be 1 to 1,024"),
        ((), "the following arguments are required"),
    ],
)
def test_a_wrong_file_or_name_is_one_line_and_exit_2(call, weights, words, said):
    weights({"help": 1.1})
    code, out, err = call("sandbox", "validate", *words, *TOY)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_the_shipped_tree_is_judged_in_the_arena_with_a_shipped_bot(call, weights):
    file = weights({"heal_player": 1.1})
    words = ("companion.xml", "--weights", file, "--player", "berserker", "--json")
    code, out, _ = call("sandbox", "validate", *words)
    told = json.loads(out)
    assert code == (0 if told["approved"] else 1)
    assert told["proof"] == "simulated"
    assert {s["scenario"] for s in told["scenarios"]} >= {"high_threat", "low_health"}


@pytest.mark.parametrize("words", [("sandbox",), ("sandbox", "play"), ("sandbox", "replay")])
def test_an_unknown_or_incomplete_call_is_one_line(call, words):
    code, out, err = call(*words)
    assert (code, out) == (2, "")
    assert err.startswith("astraweave: ")
    assert err.count("\n") == 1


LOUD = """
import os
from toy_game import Boat
print("hello from the library of windows")
class Loud(Boat):
    def step(self, commands):
        if self.t == 0:
            print("splash")
            os.write(1, b"crash\\n")
        return Boat.step(self, commands)
def make():
    print("a boat")
    return Loud()
"""


@pytest.fixture
def loud(folder):
    """The words of an action with a game that prints, in Python and past it."""
    (folder / "loud.py").write_text(LOUD, "utf-8")
    (folder / "w.json").write_text('{"help": 1.1}')
    lines = ('name = "calm"', "threat = 0.1", "seconds = 10.0", "[ranges]", "water = [0, 0.5]")
    (folder / "calm.toml").write_text("\n".join(lines), "utf-8")
    named = {
        "list": (),
        "check": ("calm.toml",),
        "run": ("boat.xml", "--episodes", "2"),
        "validate": ("boat.xml", "--weights", "w.json", "--no-cache", "--skip", "safety"),
    }
    yield lambda action: (action, *named[action], "--environment", "loud:make", "--json")
    sys.modules.pop("loud", None)


def is_one_answer(out, err):
    return json.loads(out) and out.count("\n") == 1 and "hello from the library" in err


def test_what_a_game_prints_is_no_part_of_what_a_program_reads(loud):
    done = subprocess.run(
        [sys.executable, "-m", "astraweave", "sandbox", *loud("run")],
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    assert is_one_answer(done.stdout, done.stderr)
    assert "splash" in done.stderr
    assert "crash" in done.stderr


@pytest.mark.parametrize("action", ["list", "check", "validate"])
def test_so_it_is_with_every_verb_that_loads_a_game(loud, action, monkeypatch, capfd):
    with open(1, "w", encoding="utf-8", closefd=False) as real:
        monkeypatch.setattr(sys, "stdout", real)
        assert main(["sandbox", *loud(action)]) in (0, 1)
    assert is_one_answer(*capfd.readouterr())


FORKS = """
import os, warnings
from toy_game import Boat
class Forks(Boat):
    def step(self, commands):
        if self.t == 3:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of Python 3.12 on, where threads run
                os.fork()
        return Boat.step(self, commands)
def make():
    return Forks()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")
@pytest.mark.parametrize("words", [(), ("--workers", "2")])
def test_a_game_that_forks_gives_one_answer(folder, words):
    (folder / "forks.py").write_text(FORKS, "utf-8")
    (folder / "w.json").write_text('{"help": 1.1}')
    command = [sys.executable, "-m", "astraweave", "sandbox", "validate", "boat.xml", "--json"]
    given = ("--weights", "w.json", "--no-cache", "--skip", "safety", *words)
    done = subprocess.run(
        [*command, *given, "--environment", "forks:make"],
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    assert json.loads(done.stdout)["approved"]


@pytest.mark.skipif(os.name != "posix", reason="a shell that closes stdout")
def test_a_closed_stdout_is_no_traceback():
    command = f"{sys.executable} -m astraweave sandbox list >&-"
    done = subprocess.run(
        ["sh", "-c", command], check=False, capture_output=True, text=True, timeout=600
    )
    assert (done.returncode, done.stderr) == (0, "")
