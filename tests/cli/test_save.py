"""`astraweave save`: what a person is told, and the exit codes."""

import json
from pathlib import Path

import pytest

from astraweave.memory import open_memory
from tests.memory.ruins import destroy, pages_of


@pytest.fixture
def save(folder, call, write, trip):
    call(
        "ingest",
        write(trip(1), trip(2)),
        "--save",
        "slot 1.db",
        "--actions",
        "actions.toml",
        "--tree",
        "boat.xml",
    )
    return folder / "slot 1.db"


def test_a_sound_save_is_0_a_damaged_one_1_and_none_2(save, call):
    code, out, err = call("save", "check", save, "--full")
    assert (code, err) == (0, "")
    assert "sound, schema" in out
    assert "2 episodes" in out
    whole = save.read_bytes()
    save.write_bytes(whole[: len(whole) // 2])
    code, out, err = call("save", "check", save)
    assert (code, err) == (1, "")
    assert "DAMAGED" in out
    assert f"`astraweave save repair '{save}'`" in out
    save.unlink()
    code, out, err = call("save", "check", save)
    assert (code, out) == (2, "")
    assert "there is no such save" in err


def test_a_log_that_nobody_can_judge_is_not_called_sound(save, call, facts):
    mark = save.with_name(f"{save.name}-mark")
    mark.write_bytes(b"x")
    code, out, err = call("save", "check", save)
    assert (code, err) == (1, "")
    assert "UNSURE" in out
    assert "the mark is damaged" in out
    assert f"next: `astraweave save info '{save}'`" in out
    assert "sound" not in out
    call("save", "backup", save)
    assert f"`astraweave save restore '{save}'` lists" in call("save", "check", save)[1]
    mark.write_bytes(b"x")
    code, out, _ = call("save", "repair", save)
    assert (code, "nothing to repair" in out) == (0, True)


def test_an_audit_that_alone_is_broken_is_nothing_for_a_repair(save, call, facts):
    with open_memory(save) as store:
        store.record("export", ("robin",), {})
        store._link.db.execute("UPDATE audit SET action = 'other'")
    code, out, _ = call("save", "check", save, "--full")
    assert (code, "audit: row 1 was changed" in out) == (1, True)
    assert f"`astraweave save audit '{save}' --accept`" in out
    assert "save repair" not in out
    before = save.read_bytes()
    code, out, _ = call("save", "repair", save)
    assert code == 1
    assert "no repair mends the audit" in out
    assert save.read_bytes() == before


def test_a_backup_is_made_listed_and_put_back(save, call, facts):
    assert call("save", "restore", save)[0] == 1
    assert "2 episodes, sound" in call("save", "backup", save)[1]
    with open_memory(save) as store:
        store.forget("trip-001")
    code, out, _ = call("save", "restore", save)
    assert code == 0
    assert "     1  " in out
    assert f"restore '{save}' NUMBER" in out
    assert [kept["episodes"] for kept in facts("save", "restore", save, "--json")["backups"]] == [2]
    code, out, _ = call("save", "restore", save, "1")
    assert code == 0
    assert "what stood there is now" in out
    assert facts("save", "info", save, "--json")["rows"]["episodes"] == 2


def test_a_repair_says_what_was_kept_and_where_the_damaged_file_is(save, call, facts):
    assert "nothing to repair" in call("save", "repair", save)[1]
    whole = save.read_bytes()
    save.write_bytes(bytes(100) + whole[100:])
    code, out, err = call("save", "repair", save)
    assert (code, err) == (0, "")
    assert "0 lost or set aside" in out
    assert f"the damaged file is now {save}.damaged-1" in out
    assert call("save", "check", save, "--full")[0] == 0
    save.write_bytes(whole[: len(whole) * 2 // 3])
    told = facts("save", "repair", save, "--json")
    assert told["pages_lost"] > 0
    assert told["damaged"].endswith(".damaged-2")
    assert not list(Path(save).absolute().parent.glob("*.new*"))


def test_facts_for_programs_are_one_line_of_json(save, call):
    for words in (
        ["check", save, "--full"],
        ["info", save],
        ["backup", save],
        ["backup", save, "--to", "copy.db"],
        ["restore", save],
        ["restore", save, "newest"],
        ["repair", save],
        ["migrate", save],
        ["compact", save, "--days", "0"],
    ):
        code, out, err = call("save", *words, "--json")
        assert (code, err, out.count("\n")) == (0, "", 1), words
        assert json.loads(out)


def test_what_is_there_is_told_to_a_person(save, call):
    call("save", "backup", save)
    code, out, _ = call("save", "info", save)
    assert code == 0
    for word in ("2 episodes", "robin", "the newest", "backup-1"):
        assert word in out
    assert "nothing to do" in call("save", "migrate", save)[1]
    assert "bytes" in call("save", "compact", save)[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["fly", "x.db"], "invalid choice"),
        (["check"], "SAVE"),
        (["check", "boat.xml"], "not a database"),
        (["info", "none.db"], "there is no such save"),
        (["backup", "none.db"], "there is no such save"),
        (["backup", "boat.xml", "--keep", "0"], "--keep must be at least 1"),
        (["restore", "none.db", "newest"], "there is no backup"),
        (["restore", "none.db", "boat.xml"], "this backup is damaged"),
        (["repair", "boat.xml"], "nothing of a save can be read"),
        (["migrate", "boat.xml"], "not a database"),
        (["compact", "boat.xml", "--days", "nan"], "--days must be"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(call, words, told):
    code, out, err = call("save", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert told in err


def test_a_repair_says_which_backup_gave_what(save, call, facts):
    assert call("save", "backup", save)[0] == 0
    destroy(save, pages_of(save, "memories", "notes"))
    code, out, err = call("save", "repair", save)
    assert (code, err) == (0, "")
    assert "from backup" in out
    assert f"{save}.backup-1: " in out
    assert " 0 lost or set aside" in out
    destroy(save, pages_of(save, "memories"))
    Path(f"{save}.backup-1").write_bytes(b"")
    told = facts("save", "repair", save)
    assert told["from_backup"] == 0
    assert "empty" in told["backups"][0]["problem"]
