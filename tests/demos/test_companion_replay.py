"""A rejection, shown: the picture's fight is the sandbox's, and the window can be stepped."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pygame = pytest.importorskip("pygame")

from companion.cinema import Cinema  # noqa: E402
from companion.film import Film, film_of  # noqa: E402
from companion.session import COMPANION, Session  # noqa: E402
from companion.trace import lines_of  # noqa: E402

import astraweave as aw  # noqa: E402
from astraweave.arena import load_bot  # noqa: E402
from astraweave.cli import main  # noqa: E402
from astraweave.errors import UsageError  # noqa: E402
from astraweave.learning import game_of, recall  # noqa: E402
from astraweave.model.learned import LearningCommit  # noqa: E402
from astraweave.model.verdict import Counterexample, Verdict  # noqa: E402
from astraweave.model.weights import Change, Proposal, designer_weights  # noqa: E402

TICK = 180


@pytest.fixture
def save(tmp_path: Path) -> Path:
    """A save with one proposal that was rejected."""
    path = tmp_path / "slot.db"
    with aw.open_memory(path) as memory:
        session = Session(memory, player="robin", seed=3, bot=load_bot("berserker"))
        session.begin()
        for _ in range(30):
            session.frame()
        session.close()
        tree = session.learner.game.tree
        weights = dict.fromkeys(tree.tactics, 1.0) | {"flank_enemy": 1.25}
        proposal = Proposal(
            player_id="robin",
            companion_id=COMPANION,
            candidate=aw.WeightSet(version=1, weights=weights, parent=0),
            baseline=designer_weights(tree.tactics),
            changes=(Change(tactic="flank_enemy", before=1.0, after=1.25, target=1.25),),
            number=1,
        )
        verdict = Verdict(
            approved=False,
            reason="the companion left the field in 1 of 299 episodes",
            proof="simulated",
            step="safety",
            counterexample=Counterexample(
                rule="left_field",
                scenario="high_threat",
                seed=11,
                tick=TICK,
                players="archetypes",
                policy="candidate",
            ),
        )
        memory.commit(
            LearningCommit(
                player_id="robin",
                companion_id=COMPANION,
                weights=proposal.candidate,
                proposal=proposal,
                verdict=verdict,
            )
        )
    return path


@pytest.fixture
def film(save: Path) -> Iterator[Film]:
    with aw.open_memory(save, recover=False) as memory:
        game, _ = game_of(recall(memory))
        ((proposal, verdict),) = memory.verdicts("robin", COMPANION)
        yield film_of(game, proposal, verdict)


def test_the_scenes_are_the_sandboxs_own_episode(film: Film) -> None:
    for frame in film.frames:
        player = film.scenes[frame.tick].slot(0)
        assert player is not None
        assert (player.x, player.y) == (frame.facts["player_x"], frame.facts["player_y"])


def test_the_trace_names_each_tactic_in_order(film: Film) -> None:
    lines = lines_of(film)
    assert [line.tick for line in lines] == sorted({line.tick for line in lines})
    assert {line.tactic.replace(" ", "_") for line in lines} <= {
        *film.proposal.candidate.weights,
        "no_tactic",
    }


def test_the_command_draws_a_strip_with_its_trace(save: Path, tmp_path: Path) -> None:
    out = tmp_path / "strip.png"
    assert main(["sandbox", "replay", "--save", str(save), "--png", str(out)]) == 0
    picture = pygame.image.load(out)
    assert picture.get_width() == 1280
    assert picture.get_height() > 800


def test_the_file_itself_is_a_command(save: Path, tmp_path: Path, root: Path) -> None:
    out = tmp_path / "strip.png"
    file = root / "demos" / "companion" / "replay.py"
    shown = runpy.run_path(str(file), run_name="test")["main"]
    assert shown(["--save", str(save), "--proposal", "1", "--png", str(out)]) == 0
    assert out.stat().st_size > 10_000


def test_a_picture_that_cannot_be_written_is_refused_first(
    save: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "nowhere" / "strip.png"
    assert main(["sandbox", "replay", "--save", str(save), "--png", str(out)]) == 2
    assert "folder that exists" in capsys.readouterr().err


@pytest.mark.usefixtures("no_display")
def test_without_a_display_a_window_is_refused_with_the_way_out(
    save: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert main(["sandbox", "replay", "--save", str(save), "--window"]) != 0
    told = capsys.readouterr().err
    assert "no display" in told
    assert "--png" in told


def test_only_the_arena_can_be_drawn(film: Film) -> None:
    class Chess:
        """Another game."""

    class Table:
        """A game that has it."""

        environment = Chess()

    with pytest.raises(UsageError, match="only fights of the arena"):
        film_of(Table(), film.proposal, film.verdict)  # type: ignore[arg-type]


def test_the_window_stops_where_the_rule_was_broken_and_steps(screen: Any, film: Film) -> None:
    cinema = Cinema(film)
    for _ in range(TICK + 20):
        cinema.step()
        if cinema.at % 60 == 0:
            cinema.draw(screen)
    assert cinema.at == min(TICK, len(film.scenes) - 1)
    assert not cinema.running

    def key(code: int) -> bool:
        return cinema.take([pygame.event.Event(pygame.KEYDOWN, key=code)])

    assert key(pygame.K_LEFT)
    assert cinema.at == min(TICK, len(film.scenes) - 1) - 6
    cinema.draw(screen)
    assert key(pygame.K_HOME)
    assert cinema.at == 0
    assert key(pygame.K_SPACE)
    assert not cinema.running
    assert not key(pygame.K_ESCAPE)
    assert not cinema.take([pygame.event.Event(pygame.QUIT)])
