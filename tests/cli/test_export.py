"""`astraweave export`: what a save holds as files, whole or not at all, and nothing overwritten."""

import io
import json
import sys
from types import SimpleNamespace

import msgspec
import pytest

import astraweave as aw
from astraweave import cli
from astraweave.learning.export import export
from astraweave.memory.connection import open_link
from astraweave.memory.exchange import Selection


def lines(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_episodes_come_out_as_ingest_took_them_in(call, boat, folder, trip):
    code, out, err = call("export", boat, "--to", "trips2.jsonl")
    assert (code, err) == (0, "")
    assert out == "6 episodes (72 observations) in trips2.jsonl\n"
    told = [msgspec.convert(line, aw.Episode) for line in lines(folder / "trips2.jsonl")]
    assert told == [msgspec.convert(trip(i), aw.Episode) for i in range(6)]


def test_all_is_a_folder_with_a_file_for_each_kind(facts, call, boat, folder):
    assert call("learn", "--save", boat, "--now", "1700001000")[0] in (0, 1)
    told = facts("export", boat, "--what", "all", "--to", "out")
    names = ["episodes.jsonl", "memories.jsonl", "traits.jsonl", "tree.xml", "game.json"]
    assert told["files"] == [f"out/{name}" for name in names]
    assert (told["episodes"], told["damaged"]) == (6, 0)
    assert {p.name for p in (folder / "out").iterdir()} == set(names)
    memories = lines(folder / "out" / "memories.jsonl")
    assert told["memories"] == len(memories) > 6  # one an episode, and what was made of them
    traits = lines(folder / "out" / "traits.jsonl")
    assert told["traits"] == len(traits)
    aggression = next(t for t in traits if t["name"] == "aggression")
    assert aggression["low"] < aggression["value"] < aggression["high"]
    assert (aggression["group"], aggression["player_id"]) == ("trait", "robin")


def test_only_what_was_asked_for(facts, call, boat, write, trip, folder):
    call("ingest", write(trip(9, player_id="kim")), "--save", boat)
    kim = facts("export", boat, "--to", "kim.jsonl", "--player", "kim")
    assert kim["episodes"] == 1
    since = ("--since", "2023-11-14T22:14:20+00:00", "--until", "1700000180")
    middle = facts("export", boat, "--to", "some.jsonl", *since)
    assert middle["episodes"] == 2
    assert [line["id"] for line in lines(folder / "some.jsonl")] == ["trip-001", "trip-002"]


@pytest.mark.parametrize(
    "words",
    [
        ("x.csv", "--format", "jsonl"),
        ("x",),
        ("x.ndjson",),
        ("x.JSONL",),
        ("slot.1",),
        ("slot.1", "--what", "all"),
    ],
)
def test_any_name_will_do_where_the_format_is_said_or_the_name_says_none(call, boat, folder, words):
    assert call("export", boat, "--to", *words)[0] == 0
    assert (folder / words[0]).exists()


def test_a_dash_is_standard_output_and_nothing_else_is_said_there(boat, call, monkeypatch):
    stream = io.BytesIO()
    out = SimpleNamespace(buffer=stream, write=lambda _: pytest.fail("mixed"), flush=lambda: None)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", out)
        assert cli.main(["export", str(boat), "--to", "-"]) == 0
    assert len(stream.getvalue().splitlines()) == 6


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--to", "there.jsonl"), 2, "there.jsonl: there is a file already; choose another name"),
        (("--to", "."), 2, ".: a folder is there; name a file in it"),
        (("--to", "no/x.jsonl"), 2, "no/x.jsonl: the export cannot be written"),
        (("--to", "x", "--since", "noon"), 2, "--since: not a time, got noon"),
        (("--to", "x", "--until", "1e99"), 2, "--until: not a time, got 1e99"),
        (("--to", "x", "--since", "2026-03-01", "--until", "2026-01-01"), 2, "an earlier --since"),
        (("--to", "x", "--since", "7", "--until", "7", "--what", "all"), 2, "give an earlier"),
        (("--to", "x.csv"), 2, "x.csv: cannot write .csv, only .jsonl, .arrow, .parquet;"),
        (("--to", "x.jsonl.gz", "--what", "traits"), 2, "cannot write .gz"),
        (("--to", "all.jsonl", "--what", "all"), 2, "are several files, got all.jsonl; name a"),
        (("--to", "-", "--what", "all"), 2, "a stream takes one kind of thing"),
        (("--to", "x", "--player", "robbin"), 1, "knows no 'robbin'; did you mean 'robin'?"),
        (("--to", "x", "--companion", "mara"), 1, "knows no 'mara'; did you mean 'mira'?"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(call, boat, folder, words, code, said):
    (folder / "there.jsonl").write_text("a poem")
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    ended, out, err = call("export", boat, *words)
    assert (ended, out) == (code, "")
    assert said in err
    assert err.count("\n") == 1
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before


def test_a_file_is_overwritten_when_asked_and_a_save_never(call, boat, folder):
    (folder / "there.jsonl").write_text("a poem")
    assert call("export", boat, "--to", "there.jsonl", "--overwrite")[0] == 0
    assert len(lines(folder / "there.jsonl")) == 6
    before = boat.read_bytes()
    code, _, err = call("export", boat, "--to", boat, "--format", "jsonl", "--overwrite")
    assert code == 2
    assert "a save is there, and nothing is written over it" in err
    assert boat.read_bytes() == before


@pytest.mark.parametrize(
    ("verb", "words", "end"),
    [
        ("export", ("--format", "jsonl"), "-wal"),
        ("export", ("--what", "all"), "-shm"),
        ("player export", ("robin",), "-audit"),
    ],
)
def test_parts_of_a_save_are_not_written_over(call, boat, folder, verb, words, end):
    with aw.open_memory(boat) as playing:
        playing.put_note("open", b"so that all parts are there")
        before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        to = f"boat.db{end}"
        code, out, err = call(*verb.split(), boat, *words, "--to", to, "--overwrite")
        assert (code, out) == (2, "")
        assert err.startswith(f"astraweave: {to}: this is a name of the save boat.db, and nothing")
        assert err.count("\n") == 1
        assert {p for p in folder.rglob("*") if p.is_file()} == set(before)


@pytest.mark.parametrize("verb", ["render", "freeze"])
def test_trees_are_not_written_over_a_save_either(call, boat, folder, verb):
    before = boat.read_bytes()
    for name in ("boat.db", "boat.db-wal", "boat.db.backup-1"):
        code, _, err = call("tree", verb, "boat.xml", "--out", name, "--force")
        assert (code, "choose another name" in err) == (2, True), err
    assert boat.read_bytes() == before
    assert not (folder / "boat.db-wal").exists()


def test_a_damaged_row_is_said_and_the_others_are_written(call, boat, folder):
    link = open_link(str(boat))
    link.db.execute("UPDATE episodes SET seed = 99 WHERE id = 'trip-002'")
    link.db.execute("UPDATE memories SET text = CAST(x'ff41' AS TEXT) WHERE id = 'trip-004'")
    link.db.close()
    code, out, err = call("export", boat, "--to", "out.jsonl", "--json")
    assert code == 2
    assert json.loads(out)["damaged"] == 1
    assert "episode trip-002: a wrong checksum; left out" in err
    assert len(lines(folder / "out.jsonl")) == 5
    code, out, _ = call("export", boat, "--what", "memories", "--to", "m.jsonl")
    assert code == 2
    assert out.startswith("5 memories in m.jsonl")


def test_what_is_written_meanwhile_is_not_in_it(boat):
    with aw.open_memory(boat) as memory, memory.snapshot() as snapshot:
        writer = open_link(str(boat))
        writer.db.execute("DELETE FROM episodes")
        writer.db.close()
        assert len(list(snapshot.episodes(Selection()))) == 6
        assert memory.episode_ids() == ()


def test_a_save_in_memory_is_exported_too(trip, tmp_path):
    with aw.open_memory() as memory:
        memory.write(aw.log_of(msgspec.convert(trip(1), aw.Episode)))
        assert export(memory, tmp_path / "one.jsonl").episodes == 1
        memory.write(aw.log_of(msgspec.convert(trip(2), aw.Episode)))
        assert export(memory, tmp_path / "two.jsonl").episodes == 2


def test_whose_data_went_out_stands_in_the_audit(call, boat, write, trip):
    call("ingest", write(trip(9, player_id="kim")), "--save", boat)
    assert call("export", boat, "--to", "robin.jsonl", "--player", "robin")[0] == 0
    with aw.open_memory(boat) as memory:
        (entry,) = [each for each in memory.audit() if each.action == "export"]
        assert entry.player == "robin"
        assert memory.check_audit().sound
