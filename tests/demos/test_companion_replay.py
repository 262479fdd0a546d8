"""A rejection, shown: the picture's fight is the sandbox's, and the window can be stepped."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

pygame = pytest.importorskip("pygame")

from companion.cinema import LEAD_TICKS, Cinema  # noqa: E402
from companion.film import Film, films_of  # noqa: E402
from companion.moving import WRONG_MS, save_gif  # noqa: E402
from companion.session import COMPANION, Session  # noqa: E402
from companion.strip import MOMENTS, moments, strip  # noqa: E402
from companion.trace import lines_of, said_of  # noqa: E402

import astraweave as aw  # noqa: E402
from astraweave.arena import load_bot  # noqa: E402
from astraweave.cli import main  # noqa: E402
from astraweave.learning import game_of, recall  # noqa: E402
from astraweave.learning.shown import contest_of  # noqa: E402
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
def films(save: Path) -> list[Film]:
    with aw.open_memory(save, recover=False) as memory:
        game, _ = game_of(recall(memory))
        ((proposal, verdict),) = memory.verdicts("robin", COMPANION)
        return films_of(contest_of(game, proposal), verdict)


@pytest.fixture
def film(films: list[Film]) -> Film:
    return films[0]


def compared(save: Path) -> list[Film]:
    """The same, as a pair that lost."""
    with aw.open_memory(save, recover=False) as memory:
        game, _ = game_of(recall(memory))
        ((proposal, verdict),) = memory.verdicts("robin", COMPANION)
    shown = msgspec.structs.replace(
        verdict.counterexample, rule="not worse", against="deployed", draw={"enemies": 3.0}
    )
    verdict = msgspec.structs.replace(verdict, counterexample=shown)
    return films_of(contest_of(game, proposal), verdict)


def test_the_scenes_are_the_sandboxs_own_episode(save: Path, film: Film) -> None:
    for each in (film, *compared(save)):
        for frame in each.side.frames:
            player = each.scenes[frame.tick].slot(0)
            assert player is not None
            assert (player.x, player.y) == (frame.facts["player_x"], frame.facts["player_y"])


def test_the_trace_names_each_tactic_in_order(film: Film) -> None:
    lines = lines_of(film)
    assert [line.tick for line in lines] == sorted({line.tick for line in lines})
    tactics = {*film.side.tree.tactics, "no_tactic"}
    assert {line.tactic.replace(" ", "_") for line in lines} <= tactics


def test_the_panel_says_what_each_node_said_and_what_decided(film: Film) -> None:
    step = next(i for i, frame in enumerate(film.side.frames) if frame.chosen)
    said = {node.name: node for node in said_of(film, step)}
    chosen = film.side.frames[step].tactic
    assert said["companion"].deep == 0
    assert said["tactics"].note.startswith(f"chose {chosen}, ")
    assert said[str(chosen)].status == "RUNNING"
    assert any(node.status == "SKIPPED" and node.note for node in said.values())
    assert said_of(film, len(film.side.ticks)) == []


@given(st.data())
def test_a_strip_shows_no_moment_twice(data: st.DataObject) -> None:
    last = data.draw(st.integers(0, 400))
    shown = data.draw(st.integers(0, last))
    first = data.draw(st.integers(0, shown))
    found = moments(first, shown, last)
    assert {first, shown} <= set(found)
    assert found == sorted(set(found))
    assert 0 <= found[0] <= found[-1] <= last
    assert len(found) == min(MOMENTS, last + 1)


def test_the_command_draws_a_strip_with_its_trace(save: Path, tmp_path: Path) -> None:
    out = tmp_path / "strip.png"
    assert main(["sandbox", "replay", "--save", str(save), "--png", str(out)]) == 0
    picture = pygame.image.load(out)
    assert picture.get_width() == 1280
    assert picture.get_height() > 800


def test_a_pair_is_drawn_side_by_side(screen: Any, save: Path) -> None:
    del screen
    films = compared(save)
    assert [film.side.name for film in films] == ["candidate", "deployed"]
    picture = strip(films)
    assert picture.get_size()[0] == 1280
    assert films[0].title == "Rejected: it plays worse than the deployed weights"


@pytest.mark.parametrize("pair", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_gif_stands_still_where_it_matters(
    screen: Any, save: Path, film: Film, tmp_path: Path, pair: bool
) -> None:
    image = pytest.importorskip("PIL.Image")
    del screen
    out = tmp_path / "moving.gif"
    save_gif(compared(save) if pair else [film], out)
    with image.open(out) as moving:
        told = []
        for number in range(moving.n_frames):
            moving.seek(number)
            told.append(moving.info["duration"])
    assert 10 < len(told) <= 80
    assert max(told) >= WRONG_MS
    assert out.stat().st_size < 8_000_000
    assert [path.name for path in tmp_path.glob("*.gif")] == ["moving.gif"]


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


def test_the_window_stops_where_the_rule_was_broken_and_steps(screen: Any, film: Film) -> None:
    cinema = Cinema(film)
    assert cinema.at == max(0, film.first - LEAD_TICKS)
    for _ in range(film.end + 20):
        cinema.step()
        if cinema.at % 60 == 0:
            cinema.draw(screen)
    assert cinema.at == film.end == min(TICK + 1, len(film.scenes) - 1)
    assert not cinema.running

    def key(code: int) -> bool:
        return cinema.take([pygame.event.Event(pygame.KEYDOWN, key=code)])

    assert key(pygame.K_LEFT)
    assert cinema.at == film.end - 6
    cinema.draw(screen)
    assert key(pygame.K_HOME)
    assert cinema.at == 0
    assert key(pygame.K_SPACE)
    assert not cinema.running
    assert not key(pygame.K_ESCAPE)
    assert not cinema.take([pygame.event.Event(pygame.QUIT)])
