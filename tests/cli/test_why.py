"""`astraweave why`: the reasons in a few lines, for each pair."""


def test_why_tells_player_change_evidence_sandbox_and_the_way_back(call, boat):
    call("learn", "--save", boat, "--environment", "toy_game:make")
    code, out, err = call("why", "--save", boat)
    assert (code, err) == (0, "")
    player, change, evidence, sandbox, back = out.splitlines()
    assert player.startswith("robin: ")
    assert "help ×1.25" in change
    assert "outcomes" in evidence
    assert "approved" in sandbox
    assert "undo()" in back


def test_the_json_has_the_same_lines(call, facts, boat):
    (told,) = facts("why", "--save", boat)["pairs"]
    assert (told["player_id"], told["companion_id"]) == ("robin", "mira")
    assert "\n".join(told["lines"]) + "\n" == call("why", "--save", boat)[1]


def test_a_missing_save_is_bad_input(call):
    code, out, err = call("why", "--save", "none.db")
    assert (code, out) == (2, "")
    assert err == "astraweave: none.db: there is no such save; check the path\n"


def test_a_pair_that_was_not_played_is_not_found(call, boat):
    assert call("why", "--save", boat, "--player", "nobody")[0] == 1
