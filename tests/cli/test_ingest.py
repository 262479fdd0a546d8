"""`astraweave ingest`: what another program wrote is stored, or refused by line and reason."""

import io
import json
import sys
from types import SimpleNamespace

import msgspec
import pytest

import astraweave as aw
from astraweave.learning import recall, remember

GAME = ("--tree", "boat.xml", "--actions", "actions.toml")


def stored(save):
    with aw.open_memory(save) as memory:
        return [aw.episode_of(log) for log in memory.episodes(memory.episode_ids())]


def test_every_good_line_becomes_an_episode_the_save_gives_back_as_it_was(call, write, trip):
    trips = [trip(i, tags=["stream"]) for i in range(3)]
    code, out, err = call("ingest", write(*trips), "--save", "s.db", *GAME)
    assert (code, err) == (0, "")
    assert out == "3 episodes read: 3 ingested, 0 known already, 0 bad\n"
    assert stored("s.db") == [msgspec.convert(t, aw.Episode) for t in trips]


def test_a_bad_line_is_reported_with_its_number_and_the_others_are_stored(call, write, trip):
    file = write(trip(0), "{", "", trip(1), trip(2, start_time="noon"))
    code, out, err = call("ingest", file, "--save", "s.db", *GAME)
    first, second = err.splitlines()
    assert code == 2
    assert first.startswith(
        "astraweave: trips.jsonl:2 (byte 4055): not an episode, got Input data was trunc"
    )
    assert second.startswith(
        "astraweave: trips.jsonl:5 (byte 8113): not an episode, got Expected `float`, got"
    )
    assert "$.start_time" in second
    assert out == "4 episodes read: 2 ingested, 0 known already, 2 bad\n"
    assert len(stored("s.db")) == 2


def changed(trip, **observation):
    """A trip whose second observation is different."""
    told = trip(9)
    told["observations"][1] |= observation
    return told


@pytest.mark.parametrize(
    ("observation", "reason"),
    [
        ({"player_action": {"action_type": "roww"}}, "'roww' is not declared; did you mean 'row'?"),
        ({"player_action": {"action": "row"}}, "unknown field `action`"),
        ({"world_state": {"water": 1.5}}, "'water' must be a finite number in [0, 1], got 1.5"),
        ({"world_state": {"watr": 0.5}}, "'watr' is not declared; did you mean 'water'?"),
        ({"world_state": {"name": "x\u001b[2J"}}, "must be printable"),
        ({"timestamp_ms": 5}, "$.observations[1].timestamp_ms is before the 1000"),
    ],
)
def test_what_the_game_does_not_declare_is_refused_where_it_stands(
    call, write, trip, observation, reason
):
    file = write(changed(trip, **observation))
    code, _, err = call("ingest", file, "--save", "s.db", *GAME)
    assert code == 2
    assert reason in err
    assert err.startswith("astraweave: trips.jsonl:1 (byte 0): ")
    assert err.count("\n") == 1


def test_a_tactic_that_the_tree_lacks_is_refused_with_the_nearest(call, write, trip):
    told = trip(0)
    told["observations"][0]["companion_response"] |= {"tactic": "hlep", "available": ["hlep"]}
    code, _, err = call("ingest", write(told), "--save", "s.db", *GAME)
    assert code == 2
    assert "the tree has no tactic 'hlep'; did you mean 'help'?" in err


def test_a_file_of_nothing_but_errors_leaves_no_save_behind(call, write, folder):
    code, out, _ = call("ingest", write("{", "[]"), "--save", "s.db", *GAME)
    assert code == 2
    assert out == "2 episodes read: 0 ingested, 0 known already, 2 bad\n"
    assert not (folder / "s.db").exists()


def test_only_the_first_bad_lines_are_shown_and_the_rest_counted(call, write):
    code, _, err = call("ingest", write(*["{"] * 50), "--save", "s.db", *GAME)
    assert code == 2
    assert len(err.splitlines()) == 21
    assert err.splitlines()[-1].endswith("trips.jsonl: and 30 more bad lines")


def test_the_same_file_again_changes_nothing(facts, write, trip, folder):
    file = write(trip(0), trip(1), trip(1))
    first = facts("ingest", file, "--save", "s.db", *GAME)
    before = (folder / "s.db").read_bytes()
    second = facts("ingest", file, "--save", "s.db")
    assert (first["ingested"], first["duplicates"]) == (2, 1)
    assert (second["ingested"], second["duplicates"], second["bad"]) == (0, 3, [])
    assert (folder / "s.db").read_bytes() == before


def test_another_episode_under_a_known_id_is_refused_and_the_first_one_stays(call, write, trip):
    other = trip(0, player_id="somebody else")
    code, _, err = call("ingest", write(trip(0), other), "--save", "s.db", *GAME)
    assert code == 2
    assert "trips.jsonl:2 (byte 4055): another episode has the id 'trip-000'; give each" in err
    assert [e.player_id for e in stored("s.db")] == ["robin"]


def test_a_new_save_needs_the_actions_declared(call, write, trip, folder):
    code, out, err = call("ingest", write(trip(0)), "--save", "s.db")
    assert (code, out) == (2, "")
    assert "give --actions" in err
    assert not (folder / "s.db").exists()


def test_without_a_tree_it_is_the_shipped_companion_s(call, write, trip):
    told = trip(0, observations=[{"timestamp_ms": 0, "player_action": {"action_type": "row"}}])
    code, _, _ = call("ingest", write(told), "--save", "s.db", "--actions", "actions.toml")
    with aw.open_memory("s.db") as memory:
        assert recall(memory).tree.endswith("companion.xml")
    assert code == 0


def test_a_save_keeps_its_environment_when_only_its_actions_change(call, write, trip, boat):
    with aw.open_memory(boat) as memory:
        remember(memory, msgspec.structs.replace(recall(memory), environment="toy_game:make"))
    with open("actions.toml", "a") as stream:  # noqa: PTH123
        stream.write('[actions.sing]\nkind = "support"\n')
    told = trip(7)
    told["observations"][0]["player_action"] = {"action_type": "sing"}
    assert call("ingest", write(told), "--save", boat, "--actions", "actions.toml")[0] == 0
    with aw.open_memory(boat) as memory:
        spec = recall(memory)
    assert spec.environment == "toy_game:make"
    assert "sing" in spec.actions


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("nowhere.jsonl", "--save", "s.db", *GAME), "nowhere.jsonl: cannot read the episodes"),
        ((".", "--save", "s.db", *GAME), ".: no episodes or memories in this folder"),
        (("t.jsonl", "--save", "s.db", "--actions", "no.toml"), "no.toml: cannot read the action"),
        (("t.jsonl", "--save", "s.db", "--actions", "bad.toml"), "bad.toml: cannot read the act"),
        (("t.jsonl", "--save", "s.db", "--tree", "no.xml", *GAME[2:]), "no.xml: cannot read the"),
        (("t.jsonl", "--save", "not.db", *GAME), "not.db: not a database, so not a save"),
        (("t.jsonl", "--save", ".", *GAME), ".: not a file"),
        (("t.jsonl", "--save", "no/s.db", *GAME), "no/s.db: the folder does not exist"),
    ],
)
def test_a_wrong_file_is_one_line_exit_2_and_stays_as_it_is(
    call, write, trip, folder, words, where
):
    write(trip(0), name="t.jsonl")
    (folder / "bad.toml").write_text('[actions.row]\nkind = "mellee"\nknd = 1\n', "utf-8")
    (folder / "not.db").write_text("a poem about the sea " * 20, "utf-8")
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    code, out, err = call("ingest", *words)
    assert (code, out) == (2, "")
    assert err.startswith(f"astraweave: {where}")
    assert err.count("\n") == 1
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before


def test_a_dash_reads_standard_input(facts, trip, monkeypatch):
    data = json.dumps(trip(0)).encode()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    assert facts("ingest", "-", "--save", "s.db", *GAME)["ingested"] == 1


def test_bad_lines_are_in_the_json_too(call, write, trip):
    code, out, _ = call("ingest", write("{", trip(0)), "--save", "s.db", *GAME, "--json")
    told = json.loads(out)
    assert code == 2
    assert (told["read"], told["ingested"], told["bad_lines"]) == (2, 1, 1)
    assert told["bad"][0]["line"] == 1
    assert "not an episode" in told["bad"][0]["reason"]


def test_progress_is_drawn_on_a_terminal_and_wiped(call, write, trip, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    _, _, err = call("ingest", write(trip(0)), "--save", "s.db", *GAME)
    assert "1 episodes" in err
    assert err.endswith("\r\x1b[K")


def test_bad_lines_may_be_skipped_and_are_counted_with_the_byte_they_begin_at(
    call, write, trip, folder
):
    file = write(trip(0), "{", trip(1))
    code, out, err = call("ingest", file, "--save", "s.db", *GAME, "--skip-bad", "--json")
    told = json.loads(out)
    assert (code, told["ingested"], told["bad_lines"]) == (0, 2, 1)
    byte = told["bad"][0]["byte"]
    assert (folder / file).read_bytes()[byte : byte + 2] == b"{\n"
    assert err.count("\n") == 1


def test_memories_go_out_and_in_and_need_no_game(call, facts, boat, folder):
    assert call("export", boat, "--what", "memories", "--to", "m.jsonl")[0] == 0
    words = ("ingest", "m.jsonl", "--what", "memories", "--save", "s.db")
    first, second = facts(*words), facts(*words)
    assert (first["ingested"], second["ingested"], second["duplicates"]) == (6, 0, 6)
    assert call("export", "s.db", "--what", "memories", "--to", "again.jsonl")[0] == 0
    assert (folder / "again.jsonl").read_bytes() == (folder / "m.jsonl").read_bytes()


def test_another_memory_under_a_known_id_is_refused_by_its_line(call, write):
    told = {"id": "m", "memory_type": "social", "text": "We met", "created_at": 5}
    used = told | {"access_count": 9, "last_accessed": 50}
    lines = write(told, used, told | {"text": "We did not meet"}, told | {"txt": 1})
    code, out, err = call("ingest", lines, "--what", "memories", "--save", "s.db")
    assert (code, out) == (2, "4 memories read: 1 ingested, 1 known already, 2 bad\n")
    other, unknown = err.splitlines()
    assert "trips.jsonl:3 (byte " in other
    assert "another memory has the id 'm'; give each memory its own id" in other
    assert "not a memory, got Object contains unknown field `txt`" in unknown


@pytest.mark.parametrize("what", ["episodes", "memories"])
def test_the_schema_of_a_line_is_printed(call, what):
    code, out, _ = call("ingest", "--schema", "--what", what)
    schema = json.loads(out)
    name = schema["$ref"].removeprefix("#/$defs/")
    assert code == 0
    assert name == {"episodes": "Episode", "memories": "Memory"}[what]
    assert "id" in schema["$defs"][name]["required"]


@pytest.mark.parametrize("words", [(), ("x.jsonl",), ("--save", "s.db")])
def test_without_a_file_or_a_save_it_says_which(call, words):
    code, _, err = call("ingest", *words)
    assert code == 2
    assert err.startswith("astraweave: ingest needs ")


def test_numbers_as_large_as_floats_go_are_learned_from(call, write, trip):
    def told(number):
        made = trip(number)
        for seen in made["observations"]:
            seen["player_action"]["parameters"] = {"damage": 1.7e308, "steam_id": 2**60}
        return made

    file = write(*(told(i) for i in range(3)))
    assert call("ingest", file, "--save", "s.db", *GAME)[0] == 0
    assert call("learn", "--save", "s.db", "--now", "1700001000")[0] in (0, 1)
    code, out, _ = call("status", "--save", "s.db", "--json")
    assert code == 0
    assert "NaN" not in out


def test_what_is_sensitive_is_taken_out_and_the_line_known_again(call, facts, write):
    told = {"id": "m", "memory_type": "social", "text": "Mail robin@example.org", "created_at": 5}
    words = ("ingest", write(told), "--what", "memories", "--save", "s.db")
    assert facts(*words)["ingested"] == 1
    assert facts(*words)["duplicates"] == 1
    with aw.open_memory("s.db") as memory:
        assert memory.memory("m").text == "Mail [email]"


def test_a_file_of_a_bots_play_is_marked_as_such_where_it_does_not_say_so_itself(
    facts, folder, write, trip
):
    save, name = folder / "bots.db", write(trip(1), trip(2, tags=["source:shared"]))
    words = ("--save", save, "--tree", "boat.xml", "--actions", "actions.toml")
    assert facts("ingest", name, *words, "--source", "bot")["ingested"] == 2
    with aw.open_memory(save) as store:
        tags = [log.tags for log in store.episodes(store.episode_ids())]
    assert tags == [("source:bot",), ("source:shared",)]
    assert facts("ingest", name, *words, "--source", "bot")["duplicates"] == 2


def test_what_play_of_others_counts_is_set_when_it_is_learned_and_kept(call, facts, boat):
    words = ("learn", "--save", boat, "--environment", "toy_game:make")
    assert call(*words, "--trust", "bot=.1", "--trust", "shared=0")[0] == 0
    with aw.open_memory(boat) as store:
        assert recall(store).trust == {"bot": 0.1, "shared": 0.0}
    for bad, said in (
        ("bot", "--trust takes SOURCE=SHARE, got bot"),
        ("bot=2", "trust in bot must be in [0, 1], got 2.0"),
        ("bto=.1", "unknown source 'bto'"),
    ):
        code, _, err = call(*words, "--trust", bad)
        assert (code, err.count("\n")) == (2, 1)
        assert said in err
