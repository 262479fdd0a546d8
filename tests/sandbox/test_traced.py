"""What a replay's tree said: the same choices as were played, by the engine that tells them."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from astraweave.arena import Arena
from astraweave.behavior import Tree, load_tree
from astraweave.model.scenario import Scenario
from astraweave.model.weights import WeightSet, designer_weights
from astraweave.sandbox import Frame, load_scenarios, replay
from astraweave.sandbox.sheet import Lane, Story, sheet_of
from astraweave.sandbox.traced import traced


def agreed(tree: Tree, weights: WeightSet, frames: list[Frame], seed: int, step_s: float) -> int:
    """How many choices there are; each was made in its step, by name."""
    ticks = traced(tree, weights, frames, seed, step_s)
    assert len(ticks) == len(frames)
    assert [tick.number for tick in ticks] == [frame.tick for frame in frames]
    found = 0
    for step, (frame, tick) in enumerate(zip(frames, ticks, strict=True)):
        made = [c for c in tick.choices if abs(c.since_s - step * step_s) < 1e-9]
        assert bool(made) == frame.chosen
        assert not made or made[-1].tactic == frame.tactic
        found += len(made)
    return found


@pytest.mark.compiled
@pytest.mark.parametrize("name", ["companion", "healer", "tank", "archer"])
def test_a_shipped_tree_chooses_again_what_it_chose_in_the_arena(name: str) -> None:
    arena, tree = Arena(), load_tree(f"{name}.xml")
    weights = {tactic: 0.25 + i % 4 for i, tactic in enumerate(tree.tactics)}
    for seed, scenario in enumerate(load_scenarios()):
        learned = WeightSet(version=1, weights=weights)
        frames = replay(arena, tree, learned, scenario, seed, arena.archetypes)
        assert agreed(tree, learned, frames, seed, arena.step_seconds) > 2


def test_so_does_a_tree_in_a_game_of_one_s_own(
    game: Any, tree: Tree, weights: Callable[..., WeightSet], scenarios: tuple[Scenario, ...]
) -> None:
    for seed in range(5):
        frames = replay(game, tree, weights(heal=3.0), scenarios[0], seed)
        agreed(tree, weights(heal=3.0), frames, seed, game.step_seconds)


def test_without_frames_there_is_no_trace(tree: Tree) -> None:
    assert traced(tree, designer_weights(tree.tactics), [], 1, 0.1) == []


@pytest.mark.parametrize(("first", "end"), [(0, 0), (3, 9), (0, 10**6)])
@pytest.mark.parametrize("lanes", [1, 2])
def test_a_sheet_stays_on_its_paper_whatever_it_is_of(
    game: Any,
    tree: Tree,
    weights: Callable[..., WeightSet],
    scenarios: tuple[Scenario, ...],
    first: int,
    end: int,
    lanes: int,
) -> None:
    frames = replay(game, tree, weights(), scenarios[0], 123)
    short = frames[: len(frames) // 2]
    told = [Lane("candidate", frames), Lane("deployed", short)][:lanes]
    story = Story("Rejected: " + "long " * 80, ["why " * 200], "it broke", told, first, end)
    picture = sheet_of(story, game.facts)
    for group in picture.groups:
        for shape in msgspec.to_builtins(group.shapes):
            points = shape.get("points") or [(shape["x"], shape["y"])]
            assert all(0 <= x <= picture.wide + 1 for x, _ in points)
            assert all(0 <= y <= picture.high + 1 for _, y in points)
