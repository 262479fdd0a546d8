"""A rejection, shown: the picture's fight is the sandbox's, and the window can be stepped."""

import functools
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pygame = pytest.importorskip("pygame")

from companion.cinema import LEAD_TICKS, Cinema  # noqa: E402
from companion.film import Film, films_of  # noqa: E402
from companion.moving import WRONG_MS, save_gif  # noqa: E402
from companion.palette import VERMILION  # noqa: E402
from companion.session import COMPANION, Session  # noqa: E402
from companion.strip import MOMENTS, moments, strip  # noqa: E402
from companion.trace import lines_of, said_of  # noqa: E402

import astraweave as aw  # noqa: E402
from astraweave import sandbox  # noqa: E402
from astraweave.arena import Arena, load_bot  # noqa: E402
from astraweave.cli import main  # noqa: E402
from astraweave.learning import game_of, recall  # noqa: E402
from astraweave.learning.judge import cast_of  # noqa: E402
from astraweave.learning.reward import sandbox_reward  # noqa: E402
from astraweave.learning.shown import contest_of  # noqa: E402
from astraweave.model.learned import LearningCommit  # noqa: E402
from astraweave.model.verdict import Counterexample, Verdict  # noqa: E402
from astraweave.model.weights import Change, Proposal, designer_weights  # noqa: E402

SEEDS = np.arange(256)


def candidate() -> aw.WeightSet:
    """What was proposed."""
    weights = dict.fromkeys(aw.load_tree("companion.xml").tactics, 1.0) | {"flank_enemy": 1.25}
    return aw.WeightSet(version=1, weights=weights, parent=0)


@functools.cache
def played(*, designer: bool = False) -> sandbox.Played:
    """Fights of it, or of the designer's weights, beside the archetypes."""
    game, tree = Arena(), aw.load_tree("companion.xml")
    weights = designer_weights(tree.tactics) if designer else candidate()
    policy = sandbox.policy_of(game, tree, weights)
    (scenario,) = sandbox.load_scenarios("high_threat")
    return sandbox.play(game, policy, scenario, SEEDS, cast_of(game, None).archetypes)


def broken() -> Counterexample:
    """The first of them in which a rule is broken."""
    rule = next(rule for rule in sandbox.RULES if rule.name == "letting_the_player_die")
    fights = played()
    seed = int(np.flatnonzero(rule.breaks(fights))[0])
    tick = int(fights.first_tick(rule.event)[seed])
    return Counterexample(
        rule=rule.name, scenario="high_threat", seed=seed, tick=tick, players="archetypes"
    )


def lost() -> Counterexample:
    """The first one that is worth less than that of the designer's weights."""
    fights, others = played(), played(designer=True)
    worse = sandbox_reward(fights.outcomes) < sandbox_reward(others.outcomes)
    seed = int(np.flatnonzero(worse)[0])
    tick, pair = int(fights.ticks[seed]), {"rule": "not worse", "against": "deployed"}
    return msgspec.structs.replace(broken(), seed=seed, tick=tick, draw={}, **pair)


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
        proposal = Proposal(
            player_id="robin",
            companion_id=COMPANION,
            candidate=candidate(),
            baseline=designer_weights(tree.tactics),
            changes=(Change(tactic="flank_enemy", before=1.0, after=1.25, target=1.25),),
            number=1,
        )
        verdict = Verdict(
            approved=False,
            reason="the companion left the field in 1 of 299 episodes",
            proof="simulated",
            step="safety",
            counterexample=broken(),
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


def changed(save: Path, shown: Counterexample) -> list[Film]:
    """The same, with another counterexample."""
    with aw.open_memory(save, recover=False) as memory:
        game, _ = game_of(recall(memory))
        ((proposal, verdict),) = memory.verdicts("robin", COMPANION)
    verdict = msgspec.structs.replace(verdict, counterexample=shown)
    return films_of(contest_of(game, proposal), verdict)


def test_the_scenes_are_the_sandboxs_own_episode(save: Path, film: Film) -> None:
    for each in (film, *changed(save, lost())):
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
    films = changed(save, lost())
    assert [film.side.name for film in films] == ["candidate", "deployed"]
    picture = strip(films)
    assert picture.get_size()[0] == 1280
    assert films[0].title == "Rejected: it plays worse than the deployed weights"


def reds(picture: Any) -> int:
    """How many points are in the colour of what went wrong, outside of the panel."""
    return int((pygame.surfarray.array3d(picture)[:832, 80:] == VERMILION).all(axis=-1).sum())


def test_what_the_replay_does_not_hold_is_said_and_not_ringed(screen: Any, save: Path) -> None:
    del screen
    true = broken()
    for shown, wrong in (
        (true, {"tick": true.tick + 1}),
        (true, {"rule": "thrashing"}),
        (lost(), {"tick": lost().tick - 6}),
    ):
        right, other = (changed(save, msgspec.structs.replace(shown, **w)) for w in ({}, wrong))
        assert (right[0].found.seen, other[0].found.seen) == (True, False)
        assert other[0].title.startswith("Not seen in this replay: ")
        assert reds(strip(other)) < reds(strip(right))
        cinema = Cinema(other[0])
        for _ in range(other[0].end + 1):
            cinema.step()
        assert "not seen" in cinema.note
        assert "here" not in cinema.note


def proposed(save: Path, shown: Counterexample) -> None:
    """A second proposal in the save, which was rejected with this."""
    with aw.open_memory(save) as memory:
        ((proposal, verdict),) = memory.verdicts("robin", COMPANION)
        memory.commit(
            LearningCommit(
                player_id="robin",
                companion_id=COMPANION,
                proposal=msgspec.structs.replace(proposal, number=2),
                verdict=msgspec.structs.replace(verdict, counterexample=shown),
            )
        )


def test_the_command_says_what_was_not_seen_and_ends_with_no(
    save: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proposed(save, msgspec.structs.replace(broken(), seed=broken().seed + 1))
    words = ["sandbox", "replay", "--save", str(save)]
    for more in ([], ["--png", str(tmp_path / "strip.png")], ["--json"]):
        assert main([*words, *more]) == 1
        told = capsys.readouterr()
        assert told.err.count("\n") == 1
        assert "was not seen in this replay" in told.err
        assert "◀" not in told.out
    assert main([*words, "--proposal", "1"]) == 0
    assert "◀ letting the player die" in capsys.readouterr().out


def test_a_rule_that_the_save_does_not_know_is_given_again(
    save: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = 'kind = "limit"\nseverity = "minor"\nunit = "fights"\ndoc = "It takes time."'
    rules = tmp_path / "rules.toml"
    rules.write_text(f'[rules.slow]\n{table}\noutcome = "seconds"\nabove = 1\n', "utf-8")
    shown = msgspec.structs.replace(broken(), rule="slow", tick=lost().tick, seed=lost().seed)
    proposed(save, shown)
    words = ["sandbox", "replay", "--save", str(save)]
    assert main(words) == 2
    assert "give rules of your own by --rules" in capsys.readouterr().err
    assert main([*words, "--rules", str(rules)]) == 0
    assert "◀ slow" in capsys.readouterr().out


@pytest.mark.parametrize("pair", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_gif_stands_still_where_it_matters(
    screen: Any, save: Path, film: Film, tmp_path: Path, pair: bool
) -> None:
    image = pytest.importorskip("PIL.Image")
    del screen
    out = tmp_path / "moving.gif"
    save_gif(changed(save, lost()) if pair else [film], out)
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
    assert cinema.at == film.end == min(film.shown.tick + 1, len(film.scenes) - 1)
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
