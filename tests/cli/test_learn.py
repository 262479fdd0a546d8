"""`astraweave learn`: a step for each pair, proved where there is a game to prove it in."""

import msgspec
import pytest

import astraweave as aw
from astraweave.learning import recall, remember

TOY = ("--environment", "toy_game:make")


def weights_of(save, pair=("robin", "mira")):
    with aw.open_memory(save) as memory:
        found = memory.deployed(*pair)
    return {} if found is None else dict(found[0].weights)


def test_what_helped_is_approved_by_the_sandbox_and_deployed(facts, boat):
    (report,) = facts("learn", "--save", boat, *TOY)["reports"]
    assert report["learned"] == 6
    assert report["verdict"]["approved"]
    assert report["verdict"]["proof"] == "simulated"
    assert weights_of(boat) == pytest.approx({"help": 1.25, "rest": 0.75})


def test_what_only_seemed_to_help_is_rejected_and_the_answer_is_no(call, deceived):
    code, out, err = call("learn", "--save", deceived, *TOY)
    assert (code, err) == (1, "")
    assert out.startswith("robin & mira: 6 new of 6 episodes; version 1 rejected: ")
    assert weights_of(deceived) == {}


def test_more_steps_go_as_far_as_play_has_paid_for(facts, boat):
    reports = facts("learn", "--save", boat, "--steps", 50, *TOY)["reports"]
    assert [r["learned"] for r in reports] == [6] + [0] * (len(reports) - 1)
    assert sum(r["proposal"] is not None for r in reports) <= 6
    assert len(reports) <= 7
    assert weights_of(boat)["help"] > 2.0


def test_without_a_game_to_play_the_proof_is_logged_play(facts, boat):
    (report,) = facts("learn", "--save", boat, code=1)["reports"]
    assert report["verdict"]["proof"] == "observed"
    assert "6 of the 10 episodes needed" in report["verdict"]["reason"]


def test_the_same_seed_and_date_give_the_same_bytes(call, write, trip):
    said = []
    for name in ("a.db", "b.db"):
        file = write(*[trip(i) for i in range(6)])
        game = ("--tree", "boat.xml", "--actions", "actions.toml")
        call("ingest", file, "--save", name, *game)
        words = ("--save", name, "--seed", 3, "--now", 1_700_000_000, "--steps", 2, "--json", *TOY)
        said.append(call("learn", *words))
    assert said[0] == said[1]


def test_every_pair_of_the_save_learns_unless_one_is_asked_for(facts, write, trip, boat):
    file = write(trip(20, player_id="kim"), name="kim.jsonl")
    facts("ingest", file, "--save", boat)
    (only,) = facts("learn", "--save", boat, "--player", "kim", *TOY)["reports"]
    assert only["player_id"] == "kim"
    both = facts("learn", "--save", boat, *TOY)["reports"]
    assert {r["player_id"]: r["learned"] for r in both} == {"kim": 0, "robin": 6}


def test_code_that_a_save_names_is_not_run_unasked(call, boat, folder):
    with aw.open_memory(boat) as memory:
        spec = recall(memory)
        remember(memory, msgspec.structs.replace(spec, environment="toy_game:broken"))
    code, _, err = call("learn", "--save", boat)
    assert code == 2
    assert "code that a file names is not run unasked, got toy_game:broken" in err
    assert call("learn", "--save", boat, *TOY)[0] == 0


def test_actions_given_to_learn_are_remembered(call, boat, folder):
    (folder / "more.toml").write_text('[actions.sing]\nkind = "support"\n', "utf-8")
    call("learn", "--save", boat, "--actions", "more.toml", "--tree", "boat.xml", *TOY)
    with aw.open_memory(boat) as memory:
        assert set(recall(memory).actions) == {"sing"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--environment", "toy_game:broken"), "toy_game:broken: cannot make the environment, got"),
        (("--environment", "no_such_game:make"), "cannot make the environment, got ModuleNotFound"),
        (("--environment", "toy_game"), "no name of an environment, got toy_game; name a func"),
        (("--environment", "toy_game:nothing"), "is neither an Environment nor a BatchEnvironment"),
        (("--tree", "no.xml"), "no.xml: cannot read the tree"),
        (("--actions", "no.toml"), "no.toml: cannot read the action vocabulary"),
        (("--steps", "0"), "--steps must be 1 to 10,000, got 0"),
        (("--now", "-1"), "--now must be seconds since 1970, got -1"),
        (("--seed", "-3"), "--seed must be 0 to 9,223,372,036,854,775,807, got -3"),
        (("--seed", "seven"), "argument --seed: invalid int value"),
    ],
)
def test_a_wrong_argument_is_one_line_exit_2_and_learns_nothing(call, boat, words, said):
    before = boat.read_bytes()
    code, out, err = call("learn", "--save", boat, *words)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert boat.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--player", "robyn"), "the save knows no 'robyn'; did you mean 'robin'?"),
        (("--companion", "miro"), "the save knows no 'miro'; did you mean 'mira'?"),
    ],
)
def test_somebody_the_save_does_not_know_is_not_found(call, boat, words, said):
    code, _, err = call("learn", "--save", boat, *words)
    assert code == 1
    assert said in err


def test_a_save_that_nobody_played_in_is_not_found_to_learn_from(call, folder):
    aw.open_memory(folder / "new.db").close()
    code, _, err = call("learn", "--save", "new.db")
    assert code == 1
    assert err == "astraweave: new.db: nothing was played yet; play, or ingest episodes\n"


def test_the_learner_is_chosen_remembered_and_named(call, facts, boat):
    call("learn", "--save", boat, "--learner", "q:alpha=.2", *TOY)
    (report,) = facts("learn", "--save", boat, *TOY)["reports"]
    assert report["learner"] == "q:alpha=.2"
    (pair,) = facts("status", "--save", boat)["pairs"]
    assert pair["learner"]["name"] == "q:alpha=.2"
    assert set(pair["learner"]["top"][0]) == {"context", "tactic", "value", "decisions"}
    assert "learner q:alpha=.2" in call("status", "--save", boat)[1]
    assert "(q:alpha=.2)" in call("why", "--save", boat)[1]


def test_another_learner_is_named_before_anything_new_is_played(call, facts, boat):
    call("learn", "--save", boat, *TOY)
    facts("learn", "--save", boat, "--learner", "q", *TOY, code=0)
    (pair,) = facts("status", "--save", boat)["pairs"]
    assert pair["learner"]["name"] == "q"
    assert pair["learner"]["top"]


@pytest.mark.parametrize("wrong", ["sarsa", "q:alpha=7", "dynamic-scripting:cull"])
def test_a_learner_that_there_is_not_is_bad_input(call, boat, wrong):
    code, out, err = call("learn", "--save", boat, "--learner", wrong)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "learner" in err or wrong in err


OTHER = """<root BTCPP_format="4" main_tree_to_execute="Keep">
  <BehaviorTree ID="Keep">
    <WeightedFallback name="tactics" weights="mine:1;trade:1" policy="roulette">
      <Action ID="mine"/>
      <Action ID="trade"/>
    </WeightedFallback>
  </BehaviorTree>
</root>
"""


@pytest.mark.parametrize("taught", [False, True])
@pytest.mark.parametrize("verb", ["learn", "weights", "ingest"])
def test_the_tree_of_another_game_is_refused_and_the_save_stays(
    call, boat, folder, write, trip, verb, taught
):
    (folder / "keep.xml").write_text(OTHER, "utf-8")
    if taught:
        call("learn", "--save", boat, *TOY)
    before, own = boat.read_bytes(), recalled(boat)
    words = {
        "learn": ("learn", "--save", boat, *TOY),
        "weights": ("weights", "reset", boat),
        "ingest": ("ingest", write(trip(40), name="more.jsonl"), "--save", boat),
    }
    code, out, err = call(*words[verb], "--tree", "keep.xml")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "none of the tactics that the save knows" in err
    assert "leave --tree out for" in err
    assert (boat.read_bytes(), recalled(boat)) == (before, own)


def test_a_tree_that_keeps_a_tactic_takes_the_place_of_the_old_one(call, boat, folder):
    call("learn", "--save", boat, *TOY)
    text = (folder / "boat.xml").read_text("utf-8").replace("help", "sing")
    (folder / "next.xml").write_text(text, "utf-8")
    assert call("learn", "--save", boat, "--tree", "next.xml", *TOY)[0] != 2
    assert recalled(boat).tree.endswith("next.xml")


def recalled(save):
    with aw.open_memory(save) as memory:
        return recall(memory)
