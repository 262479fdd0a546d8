"""`astraweave tree adopt`: a changed tree through the gate, into the save, and back."""

import esper
import pytest

import astraweave as aw
from astraweave.learning import recall
from astraweave.learning.setup import game_of
from astraweave.learning.variants import as_played, tree_in_use

TOY = ("--environment", "toy_game:make")


@pytest.fixture
def variants(folder):
    """Variants of boat.xml: one never rests, one never helps, one does not rest in a flood."""
    text = (folder / "boat.xml").read_text("utf-8")
    never = '_skipIf="water &gt;= 0"'
    for name, leaf, guard in (
        ("eager", "rest", never),
        ("lazy", "help", never),
        ("careful", "rest", '_skipIf="water &gt; 0.9"'),
    ):
        made = text.replace(f'<Action ID="{leaf}"/>', f'<Action ID="{leaf}" {guard}/>')
        (folder / f"{name}.xml").write_text(made, "utf-8")
    return folder


def played(save):
    with aw.open_memory(save) as store:
        game, _ = game_of(recall(store))
        return tree_in_use(store, game.tree, "robin", "mira").content_hash


def content(name):
    return aw.load_tree(name).content_hash


def test_a_better_structure_is_played_after_a_restart_and_undone_like_weights(
    call, facts, boat, variants
):
    told = facts("tree", "adopt", "eager.xml", "--save", boat, *TOY)
    assert told["verdict"]["approved"]
    assert told["verdict"]["proof"] == "simulated"
    assert played(boat) == told["tree"] == content("eager.xml")
    listed = facts("weights", "list", boat)["versions"]
    assert (listed[-1]["origin"], listed[-1]["standing"]) == ("structure", "on trial")
    assert call("weights", "undo", boat)[0] == 0
    assert played(boat) == content("boat.xml")
    assert call("weights", "redo", boat)[0] == 0
    assert played(boat) == content("eager.xml")
    assert call("weights", "reset", boat)[0] == 0
    assert played(boat) == content("boat.xml")


def test_what_was_changed_is_said_by_why_and_by_the_list(call, facts, boat, variants):
    facts("tree", "adopt", "careful.xml", "--save", boat, *TOY)
    said = "the structure: rest got a guard: skips if water > 0.9"
    assert f"The last proposal changed {said}." in call("why", "--save", boat)[1]
    assert facts("weights", "list", boat)["versions"][-1]["reason"] == said


def test_a_game_that_attaches_plays_it_with_the_callbacks_it_had_bound(facts, boat, variants):
    facts("tree", "adopt", "eager.xml", "--save", boat, *TOY)
    before = esper.current_world
    esper.switch_world("boat")
    try:
        with aw.open_memory(boat) as store:
            tree = aw.load_tree("boat.xml")
            bound = tree.action("help")(lambda who, facts: True)
            learner = aw.attach(store, tree, actions="actions.toml", seed=1)
            assert tree.content_hash == content("eager.xml")
            assert tree.callbacks == {"help": bound}
            learner.close()
    finally:
        esper.switch_world(before)
        esper.delete_world("boat")


def test_what_is_learned_later_stays_in_the_structure_and_is_judged_in_it(
    call, facts, boat, variants, write, trip
):
    facts("tree", "adopt", "careful.xml", "--save", boat, *TOY)
    assert played(boat) == content("careful.xml")
    told = facts("learn", "--save", boat, *TOY, code=0)["reports"][0]
    assert told["verdict"]["approved"]
    assert told["verdict"]["hashes"]["tree"] == content("careful.xml")
    assert told["deployed"]["tree"] == content("careful.xml")
    assert "help" in call("why", "--save", boat)[1]


def test_a_worse_structure_is_rejected_costs_its_share_and_changes_nothing(
    call, facts, boat, variants
):
    code, out, err = call("tree", "adopt", "lazy.xml", "--save", boat, *TOY)
    assert (code, err) == (1, "")
    assert out.startswith("REJECTED (")
    assert played(boat) == content("boat.xml")
    (pair,) = facts("status", "--save", boat)["pairs"]
    assert pair["alpha"]["next_number"] == 2


def test_a_structure_with_a_guard_less_is_refused_before_anything_is_played(
    call, facts, boat, variants
):
    facts("tree", "adopt", "careful.xml", "--save", boat, *TOY)
    told = facts("tree", "adopt", "lazy.xml", "--save", boat, *TOY, code=1)
    assert told["verdict"]["reason"] == "rest would stand without not water > 0.9"
    assert told["verdict"]["step"] == "static"
    assert "episodes" not in told["verdict"], "nothing was played"
    assert played(boat) == content("careful.xml")


def test_a_designer_who_edits_the_file_has_the_last_word(facts, boat, variants):
    facts("tree", "adopt", "eager.xml", "--save", boat, *TOY)
    text = (variants / "boat.xml").read_text("utf-8")
    (variants / "boat.xml").write_text(text.replace("help:1", "help:2"), "utf-8")
    assert played(boat) == content("boat.xml")


def test_a_variant_that_is_damaged_in_the_save_is_not_played(facts, boat, variants):
    told = facts("tree", "adopt", "eager.xml", "--save", boat, *TOY)
    for body in (b"{}", b"nonsense", b'{"xml":"<x/>","main":"Boat","base":"' + b"0" * 16 + b'"}'):
        with aw.open_memory(boat) as store:
            store.put_note(f"variant:{told['tree']}", body)
            game, _ = game_of(recall(store))
            assert as_played(store, game, "robin", "mira") is game


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("boat.xml", *TOY), 2, "boat.xml: this is the save's own tree; give a variant of it"),
        (("eager.xml",), 2, "a structure is only proved by play; give --environment"),
        (("none.xml", *TOY), 2, "none.xml"),
        (("eager.xml", *TOY, "--player", "nobody"), 1, "the save knows no 'nobody'"),
    ],
)
def test_what_cannot_be_judged_is_said_in_one_line(call, boat, variants, words, code, said):
    ended, out, err = call("tree", "adopt", *words, "--save", boat)
    assert (ended, out) == (code, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_variant_that_is_in_use_is_what_is_changed_next(call, facts, boat, variants):
    (variants / "lib").mkdir()
    (variants / "careful.xml").rename(variants / "lib" / "careful.xml")
    facts("tree", "adopt", "eager.xml", "--save", boat, *TOY)
    words = ("tree", "mutate", "boat.xml", "--seed", 3, "--library", "lib")
    told = facts(*words, "--save", boat)
    assert told["content_hash"] == content("eager.xml")
    assert "water &gt;= 0" in told["xml"]
    assert facts(*words)["content_hash"] == content("boat.xml")
    assert content("eager.xml") in call("why", "--save", boat)[1]


def test_a_rejection_in_a_variant_is_shown_again_in_it(call, facts, deceived, variants):
    facts("tree", "adopt", "careful.xml", "--save", deceived, *TOY)
    (told,) = facts("learn", "--save", deceived, *TOY, code=1)["reports"]
    assert not told["verdict"].get("approved", False)
    code, out, err = call("sandbox", "replay", "--save", deceived, *TOY)
    assert (code, err) == (0, "")
    assert "was rejected" in out


def lived(boat, good, episodes, *, edit=None):
    """Episodes of a game that is won as `good` says of what was done; how each was played.

    `edit` is done to the tree's file once it is played, and the tree reloaded.
    """
    seen = []
    esper.switch_world("trial")
    with aw.open_memory(boat) as store:
        tree, did, now = aw.load_tree("boat.xml"), set(), [0.0]
        for name in ("help", "rest"):
            tree.action(name)(lambda who, facts, name=name: did.add(name) or True)
        learner = aw.attach(
            store, tree, actions="actions.toml", seed=5, clock=lambda: now[0], hold_s=0, guard=1.0
        )
        learner.sense(lambda who: {"water": 0.5})
        mira = esper.create_entity(aw.Companion("mira"))
        robin = esper.create_entity(aw.Player("robin"))
        if edit is not None:
            edit()
            assert tree.reload()
        for _ in range(episodes):
            did.clear()
            learner.begin(mira, "combat", player=robin)
            for _ in range(60):
                now[0] += 0.2
                esper.process()
            learner.end(mira, success=good(did))
            seen.append("rest" in did)
            learner.learn()
            (last,) = store.deployments("robin", "mira")[-1:]
            if not last.canary:
                break
        why = learner.why(mira)
        learner.close()
    esper.switch_world("default")
    esper.delete_world("trial")
    return seen, last, why


def test_a_structure_is_on_trial_in_half_of_the_episodes_of_one_session_and_taken_back(
    facts, boat, variants
):
    facts("tree", "adopt", "eager.xml", "--save", boat, *TOY)
    rested, last, why = lived(boat, lambda did: float("rest" in did), 40)
    assert 4 < sum(rested) < len(rested) - 4, "both structures were played in one session"
    assert (last.action, last.version) == ("roll_back", 0)
    assert "did worse than 0 in real episodes" in last.reason
    assert "rolled back: version" in why
    assert played(boat) == content("boat.xml")


def test_a_structure_that_does_no_harm_is_kept_after_its_trial(facts, boat, variants):
    facts("tree", "adopt", "eager.xml", "--save", boat, *TOY)
    _, last, _ = lived(boat, lambda did: 1.0, 40)
    assert last.action == "promote"
    assert "showed no harm" in last.reason
    assert played(boat) == content("eager.xml")


def test_a_file_that_is_edited_and_reloaded_in_a_running_game_ends_the_trial_there(
    facts, boat, variants
):
    def edit():
        text = (variants / "eager.xml").read_text("utf-8")
        (variants / "boat.xml").write_text(text.replace("help:1", "help:2"), "utf-8")

    facts("tree", "adopt", "eager.xml", "--save", boat, *TOY)
    rested, _, _ = lived(boat, lambda did: 1.0, 12, edit=edit)
    assert not any(rested), "half of them would have played a tree that no file has any more"
    assert played(boat) == content("boat.xml")


def test_a_file_that_is_reloaded_as_it_was_leaves_the_trial_as_it_is(facts, boat, variants):
    facts("tree", "adopt", "eager.xml", "--save", boat, *TOY)
    rested, last, _ = lived(boat, lambda did: float("rest" in did), 40, edit=lambda: None)
    assert 4 < sum(rested) < len(rested) - 4
    assert last.action == "roll_back"


def test_what_play_asks_for_in_a_situation_becomes_a_guard_to_adopt(
    call, facts, boat, write, trip, folder
):
    lines = []
    for i in range(6, 30):
        told = trip(i, decisions=20)
        for k, each in enumerate(told["observations"]):
            high = k // 2 % 2 == 1
            each["world_state"] = {"water": 0.9 if high else 0.1}
            bad = high and each["companion_response"]["tactic"] == "rest"
            each["companion_response"]["effectiveness"] = 0.1 if bad else 0.6
        lines.append(told)
    words = ("--save", boat, "--tree", "boat.xml", "--actions", "wet.toml")
    (folder / "wet.toml").write_text(
        (folder / "actions.toml")
        .read_text("utf-8")
        .replace("[facts.water]", '[facts.water]\nrole = "threat"'),
        "utf-8",
    )
    assert call("tree", "situate", "--save", boat, "--out", "dry.xml")[:2] == (
        1,
        "No tactic is clearly misplaced in a situation: there is nothing to guard.\n",
    )
    assert call("ingest", write(*lines), *words)[0] == 0
    call("learn", "--save", boat)
    code, out, err = call("tree", "situate", "--save", boat, "--out", "dry.xml")
    assert (code, err) == (0, "")
    assert "rest while threat is high is worth -0." in out
    assert "rest skips if water >= 0.666667" in out
    assert "astraweave tree adopt dry.xml" in out
    assert call("tree", "situate", "--save", boat, "--out", "dry.xml")[0] == 2, "the file is there"
    assert facts("tree", "situate", "--save", boat)["found"]["tactic"] == "rest"
    assert facts("tree", "adopt", "dry.xml", "--save", boat, *TOY)["verdict"]["approved"]
