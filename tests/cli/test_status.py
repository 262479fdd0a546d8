"""`astraweave status`: everything known of a pair, and the save as it was."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import astraweave as aw
from astraweave.cli.status import LEVELS, sparkline

TOY = ("--environment", "toy_game:make")
KEYS = {
    *("player_id", "companion_id", "episodes", "proposals", "approved", "frozen", "version"),
    *("profile", "weights", "promotions", "curve", "on_trial", "alpha", "learner", "trouble"),
    *("reflection", "insights", "timeline"),
    *("rolled_back", "guard", "contexts", "tree"),
}


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def learned(call, boat):
    assert call("learn", "--save", boat, "--steps", 3, *TOY)[0] == 0
    return boat


def test_profile_weights_and_promotions_are_told_with_stable_keys(facts, learned):
    (told,) = facts("status", "--save", learned)["pairs"]
    assert set(told) == KEYS
    assert told["episodes"] == 6
    assert told["profile"]["playstyle"]["aggression"]["mean"] > 0.5
    weights = {w["tactic"]: w for w in told["weights"]}
    assert weights["help"]["learned"] > 1.4
    assert weights["rest"]["learned"] < 0.8
    assert all(abs(p["largest_change"]) <= 0.25 + 1e-9 for p in told["promotions"])


def test_a_person_sees_the_same_at_a_glance(call, learned):
    code, out, err = call("status", "--save", learned)
    assert (code, err) == (0, "")
    assert out.startswith(
        "robin & mira: 6 episodes, version 3, 3 of 3 proposals approved, "
        "83% of the gate's alpha spent, on trial in every other episode\n"
    )
    for part in ("aggression", "most often", "help", "×", "approved", "simulated", "reward  "):
        assert part in out
    assert max(map(len, out.splitlines())) < 160


def test_reading_leaves_every_file_as_it_was(call, learned, folder):
    before = files(folder)
    for verb in ("status", "why"):
        call(verb, "--save", learned)
        call(verb, "--save", learned, "--json")
    assert files(folder) == before


def test_before_learning_it_says_what_waits(call, facts, boat):
    assert "6 episodes wait for `astraweave learn`" in call("status", "--save", boat)[1]
    (told,) = facts("status", "--save", boat)["pairs"]
    assert (told["profile"], told["version"], told["promotions"]) == (None, 0, [])


def test_rejections_are_told_with_the_moment_that_shows_them(call, facts, deceived):
    call("learn", "--save", deceived, *TOY)
    out = call("status", "--save", deceived)[1]
    (told,) = facts("status", "--save", deceived)["pairs"]
    (refused,) = told["promotions"]
    assert not refused["approved"]
    assert "REJECTED" in out
    assert f"in calm, seed {refused['seed']}, tick {refused['tick']}" in out


def test_a_frozen_save_says_so(call, boat):
    with aw.open_memory(boat) as memory:
        memory.put_note("frozen:robin:mira", b"1")
    assert "frozen" in call("status", "--save", boat)[1]


def test_names_from_a_save_cannot_move_the_cursor(call, folder, boat):
    with aw.open_memory(boat) as memory:
        (log,) = list(memory.episodes(memory.episode_ids()[:1]))
        odd = aw.episode_of(log)
        evil = aw.Episode(id="evil", category=odd.category, start_time=0.0, player_id="\x1b[2Jx")
        memory.write(aw.log_of(evil))
    for verb in ("status", "why"):
        out = call(verb, "--save", boat)[1]
        assert "\x1b" not in out
        assert "\ufffd[2Jx" in out


def test_what_makes_no_sense_inside_a_save_is_said_in_one_line(call, boat):
    with aw.open_memory(boat) as memory:
        odd = aw.Memory(
            id="profile:robin:mira",
            memory_type=aw.MemoryType.SEMANTIC,
            text="a profile that is none",
            created_at=0.0,
            last_accessed=0.0,
            player_id="robin",
            companion_id="mira",
            data={"playstyle": "loud"},
        )
        memory.encode(odd)
    code, out, err = call("status", "--save", boat)
    assert (code, out) == (2, "")
    assert "what was learned cannot be read" in err
    assert err.count("\n") == 1


def test_a_long_curve_tells_where_it_began_and_where_it_is_now(facts, call, folder, write, trip):
    file = write(*[trip(i, outcome={"success_rating": i / 40}) for i in range(40)])
    words = ("--save", "long.db", "--tree", "boat.xml", "--actions", "actions.toml")
    call("ingest", file, *words)
    call("learn", "--save", "long.db", *TOY)
    out = call("status", "--save", "long.db")[1]
    assert out.rstrip().endswith("(10 episodes each)")


def newer(folder, boat):
    data = bytearray(boat.read_bytes())
    data[60:64] = (9_999).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize("verb", ["status", "why", "learn", "sandbox replay"])
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder, boat: b"", "the file is empty, so not a save"),
        (lambda folder, boat: b"not a save at all " * 50, "not a database, so not a save"),
        (lambda folder, boat: boat.read_bytes()[:9000], "the save is truncated"),
    ],
)
def test_a_save_that_is_none_is_one_line_exit_2_and_untouched(call, boat, folder, verb, make, said):
    (folder / "odd.db").write_bytes(make(folder, boat))
    before = files(folder)
    code, out, err = call(*verb.split(), "--save", "odd.db")
    assert (code, out) == (2, "")
    assert said in err
    assert err.startswith("astraweave: odd.db: ")
    assert err.count("\n") == 1
    assert files(folder) == before


def test_a_save_of_a_newer_program_is_shown_and_not_learned_from(call, boat, folder):
    (folder / "newer.db").write_bytes(newer(folder, boat))
    before = (folder / "newer.db").read_bytes()
    told = call("status", "--save", boat)[1]
    for verb in ("status", "why"):
        code, out, err = call(verb, "--save", "newer.db")
        assert code == 0
        assert "schema version 9999, this program writes up to" in err
        assert err.count("\n") == 1
        if verb == "status":
            assert out == told
    code, out, err = call("learn", "--save", "newer.db", *TOY)
    assert code == 2
    assert "schema version 9999" in err
    assert (folder / "newer.db").read_bytes() == before
    assert not list(folder.glob("newer.db?*"))


def test_a_save_without_a_game_says_what_to_give(call, folder, trip, boat):
    with aw.open_memory(boat) as memory:
        logs = list(memory.episodes(memory.episode_ids()))
    with aw.open_memory("bare.db") as memory:
        for log in logs:
            memory.write(log)
    code, _, err = call("status", "--save", "bare.db")
    assert code == 2
    assert "give --tree and --actions" in err
    game = ("--tree", "boat.xml", "--actions", "actions.toml")
    assert call("status", "--save", "bare.db", *game)[0] == 0


def test_a_missing_save_is_not_made(folder):
    command = [sys.executable, "-m", "astraweave", "status", "--save", "none.db"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=600, check=False, env=dict(os.environ)
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "astraweave: none.db: there is no such save; check the path\n"
    assert not (folder / "none.db").exists()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=64))
def test_a_sparkline_has_one_level_a_value_in_the_order_of_the_values(values):
    line = sparkline(values)
    assert len(line) == len(values)
    by_value = [LEVELS.index(c) for _, c in sorted(zip(values, line, strict=True))]
    assert by_value == sorted(by_value)
