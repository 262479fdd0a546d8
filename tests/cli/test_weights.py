"""`astraweave weights`: every control of a player, from the command line."""

import pytest


@pytest.fixture
def learned(call, boat):
    """A save with one promotion: help went up."""
    assert call("learn", "--save", boat, "--environment", "toy_game:make")[0] == 0
    return boat


def factor(facts, save, tactic="help"):
    rows = facts("weights", "show", save)["weights"]
    return next(row["learned"] for row in rows if row["tactic"] == tactic)


def test_undo_and_redo_go_back_and_forth_and_survive_each_restart(call, facts, learned):
    high = factor(facts, learned)
    assert high > 1.2
    assert call("weights", "undo", learned)[1] == (
        "robin & mira: back to the designer's weights, as version 2\n"
    )
    assert factor(facts, learned) == 1.0
    assert facts("weights", "list", learned)["redo"] == [1]
    assert facts("weights", "redo", learned)["version"] == 3
    assert factor(facts, learned) == high
    assert call("weights", "undo", learned, "--to", 0)[0] == 0
    assert factor(facts, learned) == 1.0


def test_list_tells_each_version_with_where_it_came_from_and_how_it_stands(call, facts, learned):
    call("weights", "reset", learned, "help")
    told = facts("weights", "list", learned)
    assert [(v["version"], v["origin"], v["standing"]) for v in told["versions"]] == [
        (0, "designer", "used before"),
        (1, "learned", "used before"),
        (2, "reset", "in use"),
    ]
    lines = call("weights", "list", learned)[1].splitlines()
    assert lines[0].split() == ["version", "standing", "origin", "from", "when", "reason"]
    assert lines[3].endswith("help as the designer drew it")


def test_locks_whitelist_and_bounds_are_shown_and_obeyed(call, facts, learned):
    assert call("weights", "lock", learned, "help")[1] == "robin & mira: locked: help\n"
    call("weights", "bounds", learned, "rest", "0.5", "0.9")
    rows = {row["tactic"]: row for row in facts("weights", "show", learned)["weights"]}
    assert rows["help"]["locked"]
    assert (rows["rest"]["low"], rows["rest"]["high"]) == (0.5, 0.9)
    shown = call("weights", "show", learned)[1]
    assert "locked" in shown
    assert "0.5–0.9" in shown
    assert "Locked: help." in call("why", "--save", learned)[1]
    assert call("weights", "unlock", learned)[1].endswith("nothing is locked\n")
    assert call("weights", "lock", learned, "--all-but", "help")[0] == 0
    rows = {row["tactic"]: row for row in facts("weights", "show", learned)["weights"]}
    assert (rows["help"]["locked"], rows["rest"]["locked"]) == (False, True)
    call("weights", "bounds", learned, "rest", "--clear")
    assert "0.5" not in call("weights", "show", learned)[1]


def test_freeze_and_thaw(call, facts, learned):
    assert facts("weights", "freeze", learned)["frozen"]
    assert facts("status", "--save", learned)["pairs"][0]["frozen"]
    assert not facts("weights", "thaw", learned)["frozen"]


def test_another_version_is_shown_beside_the_one_in_use(facts, learned):
    told = facts("weights", "show", learned, "--version", 0)
    assert (told["version"], told["shown"]) == (1, 0)
    assert {row["learned"] for row in told["weights"]} == {1.0}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("undo", "SAVE", "--to", "7"), 1, "undo: there is no version 7; choose one of 0"),
        (("redo", "SAVE"), 1, "redo: nothing to redo: no undo stands to be taken back"),
        (
            ("reset", "SAVE", "hepl"),
            2,
            "reset: the tree has no tactic 'hepl'; did you mean 'help'?",
        ),
        (("lock", "SAVE", "hepl"), 2, "lock: the tree has no tactic 'hepl'; did you mean 'help'?"),
        (("lock", "SAVE"), 2, "weights lock: name the tactics to lock"),
        (("bounds", "SAVE", "help", "1"), 2, "weights bounds: give LOW and HIGH, or --clear"),
        (
            ("bounds", "SAVE", "help", "2", "1"),
            2,
            "bounds of help must be 0.25 <= low <= high <= 4",
        ),
        (("bounds", "SAVE", "help", "nan", "1"), 2, "got nan and 1"),
        (("show", "SAVE", "--version", "9"), 1, "no such version, got 9; one of 0, 1"),
        (("undo", "SAVE", "--player", "nobody"), 1, "the save knows no 'nobody'"),
        (("list", "none.db"), 2, "none.db: there is no such save; check the path"),
        (("dance", "SAVE"), 2, "invalid choice: 'dance'"),
    ],
)
def test_what_cannot_be_is_said_in_one_line_and_changes_nothing(
    call, facts, learned, words, code, said
):
    before = facts("weights", "list", learned)
    ended, out, err = call("weights", *(learned if word == "SAVE" else word for word in words))
    assert (ended, out) == (code, "")
    assert said in err
    assert err.count("\n") == 1
    assert facts("weights", "list", learned) == before


def test_looking_leaves_the_save_as_it_is(call, learned):
    before = learned.read_bytes()
    for action in ("list", "show"):
        assert call("weights", action, learned)[0] == 0
    assert learned.read_bytes() == before


def test_what_each_context_asks_for_is_shown_and_said_to_be_shown_only(call, facts, learned):
    told = facts("weights", "show", learned, "--contexts")["contexts"]
    assert {(each["health"], each["threat"]) for each in told} == {("unknown", "unknown")}
    shown = call("weights", "show", learned, "--contexts")[1]
    assert "asked" in shown or "In no context" in shown
    assert "not played" in call("weights", "show", "--help")[1]
