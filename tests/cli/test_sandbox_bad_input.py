"""Whatever is wrong with what `sandbox` is given: one line, exit 2, and nothing is written."""

import json
import sys

import pytest

GAMES = """
import math, sys
from toy_game import OneBoat
import astraweave as aw

def game(**parts):
    return lambda: type("Odd", (OneBoat,), parts)()

def after(steps, change):
    def step(self, action):
        self.steps = getattr(self, "steps", 0) + 1
        given = OneBoat.step(self, action)
        return change(given) if self.steps > steps else given
    return step

def leave(*given):
    sys.exit(0)

def refuse(self):
    raise ValueError("not today")

grows = game(step=after(3, lambda given: given._replace(facts=given.facts | {"depth": 1.0})))
shrinks = game(step=after(3, lambda given: given._replace(facts={"water": 0.0})))
words = game(step=after(0, lambda given: given._replace(facts=given.facts | {"water": "wet"})))
listed = game(step=after(0, lambda given: given._replace(facts=[0.5, 0.5])))
no_outcome = game(outcome=lambda self: None)
worded = game(outcome=lambda self: OneBoat.outcome(self) | {"success": "won"})
status = game(step=after(2, lambda given: given._replace(status=9)))
nothing_given = game(step=after(0, lambda given: None))
event = game(step=after(0, lambda given: given._replace(events=("splash",))))
leaves = game(step=leave)
endless = game(step=lambda self, action: self.step(action))
outcome = game(outcome=lambda self: {"success": 1.0})
facts = game(facts=[aw.Fact("water")])
actions = game(actions="help")
no_time = game(step_seconds=math.nan)
rules = game(rules=("harming_the_player",))
gate = game(gate=0.05)
scenarios = game(scenarios=("calm",))
asked = game(facts=property(refuse))
a_class = lambda: OneBoat
number = 3
not_one = game(scenarios=())
"""
RULES = """
import sys
from astraweave import sandbox

def rule(function, event=None):
    make = sandbox.rule(sandbox.LIMIT, severity="minor", unit="trips", event=event)
    return make(function)

def raises(played):
    return played.ticks[999] > 0

def typo(played):
    return played.count("harmed_palyer") > 0

def writes(played):
    played.outcomes[:] = 1.0
    return played.ticks < 0

def numbers(played):
    return played.ticks

def thrashing(played):
    return played.ticks < 0

raising, typing, writing, counting = rule(raises), rule(typo), rule(writes), rule(numbers)
leaving = rule(lambda played: sys.exit(0))
unknown = rule(numbers, event="harmed_palyer")
twin = rule(thrashing)
bare = numbers
mixed = (raising, 3)
"""
STORM = 'name = "storm"\nthreat = 0.9\nseconds = 10.0\n[ranges]\nwater = [0.5, 1.0]\n'
RULE = '[rules.wet]\nkind = "limit"\nseverity = "minor"\nunit = "trips"\ndoc = "Wet."\n'


@pytest.fixture
def refused(folder, call, request):
    """A command with what is wrong in a file of its own: its one line, without `astraweave: `."""

    def put(name, text):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def run(*words, **files):
        for name, text in (("odd_games.py", GAMES), ("odd_rules.py", RULES)):
            put(name, text)
        for name, text in files.items():
            put(name.replace("__", "/").replace("_toml", ".toml").replace("_json", ".json"), text)
        before = listing(folder)
        code, out, err = call(*words)
        assert (code, out) == (2, "")
        assert err.startswith("astraweave: ")
        assert err.endswith("\n")
        assert err.count("\n") == 1
        assert listing(folder) == before
        return err.removeprefix("astraweave: ")

    yield run
    for name in ("odd_games", "odd_rules", "leaves_at_once"):
        sys.modules.pop(name, None)


def listing(folder):
    """Every file and its size, but what Python compiles."""
    files = (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    return {path: path.lstat().st_size for path in files}


PLAYED = ("run", "validate")


def words_for(verb, *more):
    weights = ("--weights", "w.json") if verb == "validate" else ("--episodes", 4)
    return ("sandbox", verb, "boat.xml", *weights, *more)


@pytest.mark.parametrize("verb", [("run",), ("validate", "--weights", "w.json")])
@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_out_of_range_is_refused_before_anything_is_played(call, folder, verb, seed):
    (folder / "w.json").write_text('{"help": 1.1}', "utf-8")
    code, out, err = call("sandbox", verb[0], "boat.xml", *verb[1:], "--seed", seed)
    assert (code, out) == (2, "")
    within = "0 to 9,223,372,036,854,775,807"
    assert err == f"astraweave: --seed must be {within}, got {seed}; correct it\n"


@pytest.mark.parametrize("verb", PLAYED)
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("grows", "the environment changed its facts: depth missing or not declared; play"),
        ("shrinks", "the environment changed its facts: tired missing or not declared"),
        ("words", "step 0: the environment must give numbers as facts, gave 'wet' for water"),
        ("listed", "step 0: the environment must give facts as a mapping, gave list"),
        ("status", "the environment must give a status in [0, 3], gave 9"),
        ("nothing_given", "step 0: the environment must give a Step, gave NoneType"),
        ("no_outcome", "the environment must give an outcome as a mapping, gave NoneType"),
        ("worded", "the environment must give numbers as an outcome, gave 'won' for success"),
        ("event", "step 0: the environment event 'splash' is not declared"),
        ("leaves", "step 0: the environment raised SystemExit: 0"),
        ("endless", "step 0: the environment raised RecursionError"),
        ("outcome", "the environment outcome must give success, seconds, damage_dealt"),
        ("facts", "environment Odd: facts must be a FactSheet, got [Fact("),
        ("actions", "environment Odd: actions must be a tuple of different names, got help"),
        ("no_time", "environment Odd: step_seconds must be a number above 0, got nan"),
        ("rules", "environment: the game's `rules` must be rules, got harming_the_player"),
        ("gate", "the environment's `gate` must be GateSettings, got float"),
        ("scenarios", "environment Odd: scenarios must be a tuple of Scenario, got ('calm',)"),
        ("asked", "fails when it is asked what it declares, got ValueError: not today"),
        ("a_class", "environment OneBoat: is a class, not an object of it; make one: OneBoat()"),
        ("number", "odd_games:number: cannot make the environment, got TypeError: 'int' object"),
        ("nosuch", "cannot make the environment, got AttributeError: module 'odd_games' has no"),
        ("not_one", "the game brings no scenarios, and the shipped ones are not for it, got unkn"),
    ],
)
def test_a_game_that_cannot_be_played(refused, verb, name, said):
    scenarios = () if name in ("scenarios", "not_one") else ("--scenarios", "storm.toml")
    words = words_for(verb, "--environment", f"odd_games:{name}", *scenarios)
    assert said in refused(*words, w_json='{"help": 1.1}', storm_toml=STORM)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no_such_module:make", "got ModuleNotFoundError: No module named 'no_such_module'"),
        ("leaves_at_once:make", "cannot make the environment, got SystemExit: 7"),
        ("../toy_game:make", "cannot make the environment, got TypeError"),
        ("toy_game", "no name of an environment, got toy_game; name a function without arg"),
        ("", "no name of an environment, got ''"),
        (":", "no name of an environment, got :"),
    ],
)
def test_a_name_that_leads_to_no_game(refused, folder, name, said):
    (folder / "leaves_at_once.py").write_text("import sys\nsys.exit(7)\n", "utf-8")
    assert said in refused("sandbox", "run", "boat.xml", "--environment", name)


@pytest.mark.parametrize("verb", [*PLAYED, "check"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            STORM.replace("threat", "thraet = 1\nthreat"),
            "unknown key `$.thraet`; did you mean 'threat'?",
        ),
        (STORM.replace("water", "wafer"), "unknown key `$.ranges.wafer`; did you mean 'water'?"),
        (STORM.replace("[0.5, 1.0]", "[1.0, 0.5]"), "got [1, 0.5], which is empty"),
        (STORM.replace("1.0]", "inf]"), "got [0.5, inf], which is not finite"),
        (STORM.replace("10.0", "-10.0"), "`$.seconds` is wrong, got -10.0; expected `float` > 0"),
        (STORM.replace("10.0", "inf"), "`$.seconds` is wrong, got inf; expected `float` <= 600"),
        (STORM.replace("10.0", "nan"), "`$.seconds` is wrong, got nan"),
        (STORM.replace('"storm"', '"../storm"'), "`$.name` is wrong, got '../storm'; give 1 to 64"),
        (STORM.replace("[ranges]", 'players = ["kiter"]\n[ranges]'), "`$.players` names 'kiter'"),
        ("", "lacks `name`, `threat`, `seconds`"),
        ("x" * 70_000, "a scenario is at most 64 KiB, got a larger file; is it a scenario?"),
        (b"\x00\xff", "is not TOML"),
    ],
)
def test_a_scenario_that_cannot_be_played(refused, verb, text, said):
    more = ("--environment", "toy_game:make")
    words = words_for(verb, "--scenarios", "storm.toml", *more)
    if verb == "check":
        words = ("sandbox", "check", "storm.toml", *more)
    line = refused(*words, w_json='{"help": 1.1}', storm_toml=text)
    assert line.startswith("storm.toml: ")
    assert said in line


def test_a_million_enemies_are_refused_by_the_arena(refused):
    crowd = 'name = "crowd"\nthreat = 1\nseconds = 9\n[ranges]\nenemies = [1, 1_000_000]\n'
    line = refused("sandbox", "check", "crowd.toml", crowd_toml=crowd)
    assert line.startswith("crowd.toml: `$.ranges.enemies` must be [low, high] inside [1, 10], got")


def test_a_path_that_leaves_the_folder(refused, folder):
    (folder / "storms").mkdir()
    (folder / "out.toml").write_text(STORM, "utf-8")
    (folder / "storms" / "a.toml").symlink_to(folder / "out.toml")
    words = words_for("run", "--environment", "toy_game:make", "--scenarios", "storms")
    assert "storms/a.toml: leads out of its folder, got out.toml; put" in refused(*words)


@pytest.mark.parametrize("verb", PLAYED)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"hlep": 1.1}', "the tree has no tactic 'hlep'; did you mean 'help'?"),
        ('{"help": NaN}', "a weight must be a finite number, got NaN"),
        ('{"infantry": 1.0,}', "not weights, got JSON is malformed"),
        ('{"help": 1e999}', "not weights, got Number out of range"),
        ('{"help": 0}', "the weight of help must be in [0.25, 4], got 0"),
        ("{}", "the weight set is empty"),
        ("", "not weights, got Input data was truncated"),
        ("[1.0]", "not weights, got Expected `object`, got `array`"),
        ('{"weights": [1.0]}', "`$.weights` holds no tactics, got [1.0]"),
        ('{"help": "' + "9" * (1 << 20) + '"}', "more than 1 MiB of weights"),
    ],
)
def test_weights_that_are_none_of_this_tree(refused, verb, text, said):
    words = ("sandbox", verb, "boat.xml", "--weights", "w.json", "--environment", "toy_game:make")
    line = refused(*words, w_json=text)
    assert line.startswith("w.json: ")
    assert said in line


@pytest.mark.parametrize("verb", PLAYED)
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("my.toml", "my.toml: rule wet: is about the fact 'watre', which the game does not decl"),
        ("none.toml", "none.toml: cannot read, got No such file or directory; name a TOML file"),
        ("odd_rules:raising", "rule raises: the rule raised IndexError: index 999 is out of bou"),
        ("odd_rules:typing", "rule typo: no event 'harmed_palyer' is declared; did you mean 'har"),
        ("odd_rules:writing", "rule writes: the rule raised ValueError: assignment destination is"),
        ("odd_rules:counting", "rule numbers: a rule must give one bool an episode, got int32["),
        ("odd_rules:leaving", "rule <lambda>: the rule raised SystemExit: 0 (odd_rules.py:"),
        ("odd_rules:unknown", "rule numbers: is about the event 'harmed_palyer', which the game"),
        ("odd_rules:twin", "rule thrashing: two rules share a name; rename one of them"),
        ("odd_rules:bare", "odd_rules:bare: cannot get the rules, got TypeError"),
        ("odd_rules:mixed", "odd_rules:mixed: is no rule, got int; make them with sandbox.rule"),
        ("odd_rules:none", "cannot get the rules, got AttributeError: module 'odd_rules' has no"),
        ("no_rules:RULES", "cannot get the rules, got ModuleNotFoundError"),
        ("odd_rules.py", "neither a TOML file nor MODULE:NAME, got odd_rules.py; give a file NAM"),
    ],
)
def test_rules_that_are_none_or_of_another_game(refused, verb, name, said):
    words = words_for(verb, "--environment", "toy_game:make", "--rules", name)
    rules = RULE + 'fact = "watre"\nabove = 0.5\n'
    assert said in refused(*words, w_json='{"help": 1.1}', my_toml=rules)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "no.xml"), "no.xml: cannot read the tree"),
        (("run", "boat.xml", "--episodes", 0), "--episodes must be 1 to 1,000,000, got 0; 200 is"),
        (("run", "boat.xml", "--episodes", 10**12), "--episodes must be 1 to 1,000,000"),
        (("run", "boat.xml", "--episodes", "1e3"), "argument --episodes: invalid int value: '1e3'"),
        (("run", "boat.xml", "--player", "bersrker"), "no bot 'bersrker'; did you mean 'berserk"),
        (("run", "boat.xml", "--player", "kiter"), "bots play in the arena only, this game has pl"),
        (("run", "boat.xml", "--scenarios", "strom"), "no such scenario, got strom; "),
        (("run",), "the following arguments are required: TREE"),
        (("check",), "the following arguments are required"),
        (("check", ".."), "..: a folder of scenarios must hold 1 to 256 *.toml files, got 0"),
        (("list", "--scenarios", "strom"), "no such scenario, got strom"),
    ],
)
def test_words_that_mean_nothing(refused, words, said):
    assert said in refused(
        "sandbox", *words, *(("--environment", "toy_game:make") if words[1:] else ())
    )


def test_bad_input_is_one_line_with_json_too(call, folder):
    (folder / "odd_games.py").write_text(GAMES, "utf-8")
    (folder / "w.json").write_text('{"help": 1.1}', "utf-8")
    (folder / "storm.toml").write_text(STORM, "utf-8")
    words = ("--environment", "odd_games:grows", "--scenarios", "storm.toml", "--json")
    code, out, err = call(*words_for("run", *words))
    assert (code, out, err.count("\n")) == (2, "", 1)
    code, out, err = call(*words_for("validate", *words))
    assert (code, err.count("\n")) == (2, 1)
    assert (json.loads(out)["approved"], json.loads(out)["step"]) == (False, "environment")
    sys.modules.pop("odd_games", None)
