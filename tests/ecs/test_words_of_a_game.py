"""What a game says of learning: kept where it says nothing, refused where it is wrong."""

import pytest

from astraweave.cli import main
from astraweave.errors import InputError, SaveError
from astraweave.learning.setup import NOTE, remembered
from astraweave.memory import open_memory


@pytest.fixture
def restarted(new_play, tmp_path):
    """Plays and learns one episode in a save of its own; returns who the next step asks."""

    def run(**more):
        with open_memory(tmp_path / "w.db") as memory:
            play = new_play(memory, **more)
            play.episode()
            report = play.learner.learn()
            play.learner.close()
            return report.learner

    return run


def test_the_learner_is_the_last_one_that_anybody_named(restarted, tmp_path, capsys):
    assert restarted() == "posterior"
    assert main(["learn", "--save", str(tmp_path / "w.db"), "--learner", "q:alpha=.2"]) in (0, 1)
    capsys.readouterr()
    assert restarted() == "q:alpha=.2"
    assert restarted(learner="dynamic-scripting") == "dynamic-scripting"
    assert restarted() == "dynamic-scripting"
    assert restarted(learner="posterior") == "posterior"
    assert restarted() == "posterior"


def test_trust_is_what_was_said_last_in_the_game_or_on_the_command_line(
    restarted, tmp_path, capsys
):
    def kept():
        restarted()
        with open_memory(tmp_path / "w.db") as memory:
            return remembered(memory)[1]

    assert kept() == {}
    assert main(["learn", "--save", str(tmp_path / "w.db"), "--trust", "bot=.1"]) in (0, 1)
    capsys.readouterr()
    assert kept()["bot"] == 0.1
    restarted(trust={"bot": 0.3})
    assert kept()["bot"] == 0.3


def test_a_learner_of_a_newer_program_is_refused_and_declarations_nobody_reads_are_not(memory):
    memory.put_note(NOTE, b'{"learner": "newer"}')
    with pytest.raises(SaveError, match="learner="):
        remembered(memory)
    for body in (b"?", b"[3]", b'{"learner": 3}'):
        memory.put_note(NOTE, body)
        assert remembered(memory) == ("posterior", {})


@pytest.mark.parametrize("learner", [3, "", b"q", ["q"], "nobody"])
def test_what_is_no_learner_is_refused(new_play, memory, learner):
    with pytest.raises(InputError, match="learner") as refused:
        new_play(memory, learner=learner)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("verb", "given"),
    [
        ("lock", (3,)),
        ("lock", (None,)),
        ("unlock", (3,)),
        ("allow_only", (b"guard",)),
        ("reset", (3,)),
        ("bounds", (3, 0.5, 2.0)),
        ("bounds", ("guard", "a", "b")),
        ("bounds", ("guard", [1], 2.0)),
        ("bounds", ("guard", float("nan"), 2.0)),
    ],
)
def test_what_is_no_tactic_and_no_bounds_is_refused_in_one_line(play, verb, given):
    play.episode()
    with pytest.raises(InputError) as refused:
        getattr(play.learner, verb)(*given)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("locked", [3, [3], "nobody", [["guard"]], None])
def test_what_cannot_be_locked_is_refused(new_play, memory, locked):
    with pytest.raises(InputError, match="locked"):
        new_play(memory, locked=locked)
