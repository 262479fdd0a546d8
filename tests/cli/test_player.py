"""`astraweave player …` and `save audit`, as a person and as a program use them."""

import io
import json

import apsw
import pytest

from astraweave import cli
from astraweave.memory import open_memory
from astraweave.model.learned import LearningCommit
from astraweave.model.memory import Memory, MemoryType
from astraweave.model.verdict import Deployment
from astraweave.model.weights import WeightSet


@pytest.fixture
def save(folder, capsys):
    """Robin and Kim played; Kim remembers Robin."""
    (folder / "e.jsonl").write_text(
        "".join(
            json.dumps(
                {
                    "id": f"{player}-{n}",
                    "category": "quest",
                    "start_time": 1.6e9 + n,
                    "end_time": 1.6e9 + n + 5,
                    "player_id": player,
                    "companion_id": "mira",
                    "policy_version": 0,
                    "seed": 1,
                    "observations": [
                        {"timestamp_ms": 0, "player_action": {"action_type": "row"}},
                    ],
                }
            )
            + "\n"
            for player in ("robin", "kim")
            for n in range(2)
        ),
        "utf-8",
    )
    given = ["--save", "s.db", "--actions", "actions.toml", "--tree", "boat.xml"]
    assert cli.main(["ingest", "e.jsonl", *given]) == 0
    with open_memory("s.db") as store:
        store.remember("Robin rowed with Kim", player_id="kim", companion_id="mira", now=1.6e9)
        weights = WeightSet(version=1, weights={"help": 1.2}, origin="test")
        deployment = Deployment(
            version=1, player_id="robin", companion_id="mira", action="promote", deployed_at=1.6e9
        )
        store.commit(
            LearningCommit(
                player_id="robin",
                companion_id="mira",
                rows={"robin-0": b"no row of ours"},
                weights=weights,
                deployment=deployment,
            )
        )
    capsys.readouterr()
    return "s.db"


def said(capsys, *arguments, code=0):
    assert cli.main([*arguments]) == code
    return capsys.readouterr()


def test_list_says_of_whom_what_is_held_and_who_may_know(save, capsys):
    said(capsys, "player", "consent", save, "kim", "--give")
    told = json.loads(said(capsys, "player", "list", save, "--json").out)["players"]
    assert [(p["player_id"], p["episodes"], p["shared_with"]) for p in told] == [
        ("kim", 2, ["*"]),
        ("robin", 2, []),
    ]
    lines = said(capsys, "player", "list", save).out.splitlines()
    assert lines[1].split()[:2] == ["kim", "mira"]
    assert lines[1].endswith("everyone")
    assert lines[2].endswith("nobody")


def test_export_holds_every_kind_of_record_and_is_audited(save, capsys, folder):
    said(capsys, "player", "consent", save, "robin", "--give", "bree")
    out = said(capsys, "player", "export", save, "robin", "--to", "r.jsonl", "--json").out
    told = json.loads(out)
    records = [json.loads(line) for line in (folder / "r.jsonl").read_text("utf-8").splitlines()]
    kinds = {kind: sum(r["record"] == kind for r in records) for kind in told["records"]}
    assert (
        kinds
        == told["records"]
        == {
            "audit": 2,
            "consent": 1,
            "deployment": 1,
            "episode": 2,
            "memory": 2,
            "player": 1,
            "statistics": 1,
            "weights": 1,
        }
    )
    assert sum(kinds.values()) == len(records)
    (odd,) = [r for r in records if r["record"] == "statistics"]
    assert (odd["episode"], odd["base64"]) == ("robin-0", "bm8gcm93IG9mIG91cnM=")
    assert "kim" not in (folder / "r.jsonl").read_text("utf-8")
    rows = json.loads(said(capsys, "save", "audit", save, "--json").out)["entries"]
    assert (rows[-1]["action"], rows[-1]["detail"]) == ("export", {"records": len(records)})
    assert (
        "there is a file already"
        in said(capsys, "player", "export", save, "robin", "--to", "r.jsonl", code=2).err
    )
    assert said(capsys, "player", "export", save, "robin").out.count("\n") == len(records) + 1


@pytest.mark.parametrize("name", ["robin.v2", "robin.JSONL", "robin", "robin.2026-01-31"])
def test_an_end_that_is_no_format_is_part_of_the_name(name, save, capsys, folder):
    said(capsys, "player", "export", save, "robin", "--to", name)
    assert json.loads((folder / name).read_text("utf-8").splitlines()[0])["record"] == "player"


@pytest.mark.parametrize("name", ["robin.csv", "robin.Parquet", "robin.jsonl.gz", "robin.db"])
def test_an_export_says_which_format_it_has_and_writes_no_other(name, save, capsys, folder):
    told = said(capsys, "player", "export", save, "robin", "--to", name, code=2).err
    assert f"{name}: what is held about a player is written as JSON Lines" in told
    assert "let it end in .jsonl" in told
    assert not (folder / name).exists()


def test_an_export_of_everything_is_audited_for_everybody_in_it(save, capsys):
    said(capsys, "export", save, "--to", "all.jsonl")
    said(capsys, "export", save, "--to", "kim.jsonl", "--player", "kim", "--what", "memories")
    rows = json.loads(said(capsys, "save", "audit", save, "--json").out)["entries"]
    assert [(row["player"], row["detail"]) for row in rows if row["action"] == "export"] == [
        ("kim", {"episodes": 4}),
        ("robin", {"episodes": 4}),
        ("kim", {"memories": 3}),
    ]


def test_forget_asks_where_somebody_can_answer(save, capsys, monkeypatch):
    assert "add --yes" in said(capsys, "player", "forget", save, "robin", code=2).err
    assert "would forget" in said(capsys, "player", "forget", save, "robin", "--dry-run").out
    terminal = io.StringIO("Robin\n")
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stdin", terminal)
    assert "nothing was forgotten" in said(capsys, "player", "forget", save, "robin", code=1).out
    assert "robin" in said(capsys, "player", "list", save).out
    terminal = io.StringIO("robin\n")
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stdin", terminal)
    assert (
        "robin: forgot 1 deployments, 2 episodes"
        in said(capsys, "player", "forget", save, "robin").out
    )


def test_forget_leaves_nothing_in_the_folder_and_ingest_says_why_it_refuses(save, capsys, folder):
    said(capsys, "save", "backup", save)
    told = json.loads(said(capsys, "player", "forget", save, "robin", "--yes", "--json").out)
    assert told["finished"]
    assert len(told["backups"]) == 1
    found = [p.name for p in folder.glob("s.db*") if b"robin" in p.read_bytes().lower()]
    assert found == []
    assert "robin" not in said(capsys, "player", "list", save).out
    result = said(capsys, "ingest", "e.jsonl", "--save", save, code=2)
    assert "of a player who was forgotten" in result.err
    assert said(capsys, "player", "forget", save, "robin", "--yes", code=1).err.count("\n") == 1
    assert said(capsys, "player", "forget", save, "robin", "--yes", "--mentioned")
    assert "may come in again" in said(capsys, "player", "consent", save, "robin", "--readmit").out
    said(capsys, "player", "consent", save, "robin", "--readmit", code=1)
    said(capsys, "ingest", "e.jsonl", "--save", save)
    assert "robin" in said(capsys, "player", "list", save).out


def test_consent_is_shown_given_checked_and_withdrawn(save, capsys):
    ask = ("player", "consent", save, "robin")
    assert "shared with nobody" in said(capsys, *ask).out
    assert "may not" in said(capsys, *ask, "--check", "bree", code=1).out
    assert "shared with bree" in said(capsys, *ask, "--give", "bree", "--terms", "v1").out
    assert "bree may be" in said(capsys, *ask, "--check", "bree").out
    said(capsys, *ask, "--check", "bree", "--terms", "v2", code=1)
    told = json.loads(said(capsys, *ask, "--withdraw", "--json").out)
    assert [(c["version"], c["given"], c["to"]) for c in told["history"]] == [
        (1, True, "bree"),
        (2, False, "*"),
    ]
    assert "--terms goes with" in said(capsys, *ask, "--terms", "v1", code=2).err


@pytest.mark.parametrize("more", [(), ("--give",), ("--withdraw", "bree"), ("--check", "bree")])
def test_nobody_comes_to_be_by_a_slip_in_a_name(more, save, capsys):
    told = said(capsys, "player", "consent", save, "robim", *more, code=1).err
    assert "knows no player 'robim'; did you mean 'robin'?" in told
    assert "did you mean" in said(capsys, "save", "audit", save, "--player", "robim", code=1).err
    assert "robim" not in said(capsys, "player", "list", save).out
    assert "0 rows" not in said(capsys, "save", "audit", save, "--player", "kim").out


def test_audit_shows_what_was_done_and_says_when_it_was_cut(save, capsys):
    said(capsys, "player", "consent", save, "robin", "--give", "bree")
    lines = said(capsys, "save", "audit", save).out.splitlines()
    assert lines[-1] == "s.db: 2 rows, unbroken; its head is kept beside it"
    assert lines[1].split()[3:7] == ["UTC", "promote", "robin", "mira"]
    db = apsw.Connection(save)
    db.execute("DELETE FROM audit WHERE seq = 2; UPDATE sqlite_sequence SET seq = 1")
    db.close()
    told = said(capsys, "save", "audit", save, code=1).out
    assert "BROKEN" in told
    assert "2 rows are known beside the save, 1 are in it" in told
    assert "put back, `astraweave save audit s.db --accept`" in told
    assert (
        "--accept" in json.loads(said(capsys, "save", "audit", save, "--json", code=1).out)["next"]
    )
    assert "accepted" in said(capsys, "save", "audit", save, "--accept").out
    assert said(capsys, "save", "audit", save, "--last", "-1", code=2).err.count("\n") == 1


@pytest.mark.parametrize("verb", [("player", "list"), ("save", "audit")])
def test_no_save_is_bad_input_and_none_is_made(verb, capsys, folder):
    assert "there is no such save" in said(capsys, *verb, "none.db", code=2).err
    assert not (folder / "none.db").exists()


def test_names_that_would_move_a_terminal_are_shown_plainly(save, capsys):
    with open_memory(save) as store:
        store.encode(
            Memory(
                id="m", memory_type=MemoryType.SOCIAL, text="", created_at=1e9, player_id="\x1b[2J"
            )
        )
    assert "\x1b" not in said(capsys, "player", "list", save).out
