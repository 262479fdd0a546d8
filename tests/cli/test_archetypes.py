"""`astraweave archetypes`: kinds of player listed, shown, and fitted to a folder of saves."""

import json
import shutil

import pytest

import astraweave as aw
from astraweave.learning import learn, remember, spec_of
from astraweave.learning.setup import game_of, recall
from astraweave.playstyle import load_archetypes

CAMP = """[actions.row]
kind = "melee"
aggressive = true
[actions.bail]
kind = "utility"
"""


@pytest.fixture(scope="module")
def pier(tmp_path_factory):
    """Where the eight saves are kept that each test gets a copy of."""
    return tmp_path_factory.mktemp("pier")


@pytest.fixture
def harbour(pier, folder, write, call, trip):
    """Eight saves of two kinds of people: those who row and those who bail."""
    saves = folder / "saves"
    if any(pier.iterdir()):
        return shutil.copytree(pier, saves)
    saves.mkdir()
    for person in range(8):
        lines = []
        for number in range(6):
            told = trip(number, id=f"t{person}-{number}", player_id=f"p{person}")
            for i, seen in enumerate(told["observations"]):
                rows = (i + number) % 6 == 0
                seen["player_action"] = {"action_type": "row" if rows == (person % 2) else "bail"}
            lines.append(told)
        game = ("--tree", "boat.xml", "--actions", "actions.toml")
        assert call("ingest", write(*lines), "--save", saves / f"{person}.db", *game)[0] == 0
    shutil.copytree(saves, pier, dirs_exist_ok=True)
    return saves


def test_list_and_show_tell_the_shipped_library(call, facts):
    told = facts("archetypes", "list")
    assert [each["name"] for each in told["archetypes"]] == list(load_archetypes().archetypes)
    assert all(sum(a["shares"].values()) == pytest.approx(1.0) for a in told["archetypes"])
    code, out, _ = call("archetypes", "list")
    assert code == 0
    assert "kiter" in out
    assert facts("archetypes", "show", "kiter")["shares"]["movement"] > 0.4
    assert "movement" in call("archetypes", "show", "kiter")[1]


def test_an_archetype_that_there_is_not_is_no(call):
    code, out, err = call("archetypes", "show", "kitre")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "kiter" in err


def test_two_kinds_of_people_are_found_in_a_folder(facts, call, harbour, folder):
    told = facts("archetypes", "fit", harbour, "--to", "kinds.toml")
    assert (told["saves"], told["people"], told["episodes"]) == (8, 8, 48)
    assert {each["name"] for each in told["archetypes"]} == {"melee", "utility"}
    assert told["bad"] == []
    library = load_archetypes(folder / "kinds.toml")
    assert set(library.archetypes) == {"melee", "utility"}
    assert "melee" in call("archetypes", "list", "kinds.toml")[1]
    code, out, err = call("archetypes", "fit", harbour, "--to", "kinds.toml")
    assert (code, out, err.count("\n")) == (2, "", 1)
    code, out, _ = call("archetypes", "fit", harbour, "--to", "kinds.toml", "--force", "--k", 1)
    assert (code, "1 archetype of 48 episodes" in out) == (0, True)


def test_what_was_learned_already_counts_the_same(call, harbour, folder):
    call("archetypes", "fit", harbour, "--to", "before.toml")
    for save in sorted(harbour.iterdir()):
        call("learn", "--save", save)
    call("archetypes", "fit", harbour, "--to", "after.toml")
    assert (folder / "after.toml").read_bytes() == (folder / "before.toml").read_bytes()


def test_bad_saves_are_named_and_the_others_used(call, harbour, folder):
    (harbour / "broken.db").write_bytes(b"no save at all" * 100)
    (harbour / "empty.db").write_bytes(b"")
    shutil.copy(harbour / "0.db", harbour / "cut.db")
    with (harbour / "cut.db").open("r+b") as stream:
        stream.truncate(9000)
    code, out, err = call("archetypes", "fit", harbour, "--to", "kinds.toml", "--json")
    told = json.loads(out)
    assert code == 2
    assert {line.split(":")[2].strip().rpartition("/")[2] for line in err.splitlines()} >= {
        "broken.db",
        "cut.db",
    }
    assert len(told["bad"]) == len(err.splitlines())
    assert told["people"] == 8
    assert load_archetypes(folder / "kinds.toml").names


@pytest.mark.parametrize(
    "words",
    [
        ("nowhere.db", "--to", "k.toml"),
        (".", "--to", "k.toml"),
        ("{harbour}", "--to", "k.toml", "--k", "many"),
        ("{harbour}", "--to", "k.toml", "--k", "99"),
        ("{harbour}", "--to", "k.toml", "--k", "7"),
        ("{harbour}", "--to", "no/such/folder/k.toml"),
        ("{harbour}", "--to", "k.toml", "--cluster", "somewhere"),
    ],
)
def test_bad_input_is_one_line_and_leaves_no_file(call, harbour, folder, words):
    given = [word.format(harbour=harbour) for word in words]
    code, out, err = call("archetypes", "fit", *given)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert not list(folder.glob("k.toml"))


@pytest.mark.slow
def test_workers_of_a_cluster_give_the_same_bytes(call, harbour, folder):
    pytest.importorskip("distributed")
    for name, more in (("here.toml", ()), ("there.toml", ("--cluster", "local:2"))):
        code, _, err = call("archetypes", "fit", harbour, "--to", name, *more)
        assert (code, err) == (0, "")
    assert (folder / "here.toml").read_bytes() == (folder / "there.toml").read_bytes()


def test_a_game_that_names_its_archetypes_is_learned_with_them(call, facts, harbour, folder, boat):
    call("archetypes", "fit", harbour, "--to", "kinds.toml")
    with aw.open_memory(boat) as memory:
        game, settings = game_of(recall(memory))
        own = type(game)(
            **{name: getattr(game, name) for name in game.__slots__}
            | {"archetypes": load_archetypes(folder / "kinds.toml")}
        )
        remember(memory, spec_of(own, settings, None))
        again, _ = game_of(recall(memory))
        assert again.archetypes == own.archetypes
        report = learn(memory, again, player_id="robin", companion_id="mira", seed=1, now=1e9)
    assert set(report.profile.archetypes) == {"melee", "utility", "unknown"}
