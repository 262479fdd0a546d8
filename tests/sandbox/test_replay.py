from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from astraweave.behavior import Tree
from astraweave.errors import ScenarioError
from astraweave.model.ports import BatchStep
from astraweave.model.scenario import Scenario
from astraweave.model.weights import WeightSet
from astraweave.sandbox import Frame, narrate, play, policy_of, replay


@pytest.fixture
def frames(
    game: Any, tree: Tree, weights: Callable[..., WeightSet], scenarios: tuple[Scenario, ...]
) -> list[Frame]:
    return replay(game, tree, weights(), scenarios[0], 123)


def test_a_replay_is_the_episode_that_was_played(
    game: Any,
    tree: Tree,
    weights: Callable[..., WeightSet],
    scenarios: tuple[Scenario, ...],
    frames: list[Frame],
) -> None:
    seeds = np.array([5, 123, 9], dtype=np.int64)
    played = play(game, policy_of(game, tree, weights()), scenarios[0], seeds)
    assert len(frames) == played.ticks[1]
    deaths = sum(frame.events.get("player_died_heal_ready", 0) for frame in frames)
    assert deaths == played.count("player_died_heal_ready")[1]


def test_frames_say_what_was_seen_chosen_and_done(frames: list[Frame]) -> None:
    first = frames[0]
    assert first.tick == 0
    assert set(first.facts) == {"player_health", "foe", "line_clear", "heal_ready"}
    assert 0.5 <= first.facts["player_health"] <= 0.7
    assert first.status == "running"
    assert all(frame.command is None or frame.command == frame.tactic for frame in frames)
    assert {frame.command for frame in frames} >= {"strike", None}


def test_a_guarded_tactic_never_starts_against_its_guard(frames: list[Frame]) -> None:
    for before, frame in pairwise(frames):
        if frame.command == "shoot" and before.command != "shoot":
            assert frame.facts["line_clear"] >= 0.5


def test_lines_tell_changes_and_events_and_nothing_twice(frames: list[Frame]) -> None:
    lines = narrate(frames)
    assert lines[0].startswith("tick     0  ")
    assert len(lines) < len(frames)
    assert all(line.count("\n") == 0 for line in lines)


def test_lines_around_a_tick_stay_around_it(frames: list[Frame]) -> None:
    ticks = [int(line.split()[1]) for line in narrate(frames, around=10, steps=3)]
    assert ticks
    assert all(7 <= tick <= 13 for tick in ticks)


def test_a_command_that_is_not_the_tactic_itself_is_told_with_it() -> None:
    frame = Frame(tick=6, facts={}, tactic="guard", command="block", status="running", events={})
    assert narrate([frame]) == ["tick     6  guard → block (running)"]


def test_what_only_the_sandbox_sees_is_told_in_the_last_frame(
    game: Any, tree: Tree, weights: Callable[..., WeightSet], scenarios: tuple[Scenario, ...]
) -> None:
    def step(self: Any, commands: Any) -> BatchStep:
        given = type(game).step(self, commands)
        given.facts[:, 0] = np.nan if self.t == 3 else given.facts[:, 0]
        return given

    broken = type("Broken", (type(game),), {"step": step})()
    frames = replay(broken, tree, weights(), scenarios[0], 1)
    assert len(frames) == 3
    assert frames[-1].events == {"non_finite": 1}
    assert "! non_finite ×1" in narrate(frames)[-1]


def test_an_unknown_range_is_refused_here_too(
    game: Any, tree: Tree, weights: Callable[..., WeightSet]
) -> None:
    odd = Scenario(name="odd", description="", threat=0.0, seconds=1.0, ranges={"x": (0.0, 1.0)})
    with pytest.raises(ScenarioError, match="x"):
        replay(game, tree, weights(), odd, 1)
