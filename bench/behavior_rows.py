"""Row `tick_one`: one companion ticked from Python, beside the same tree written by hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from astraweave.behavior import load_tree
from astraweave.model.rng import uniform
from bench.harness import Operation, Operations, Row, median, pairs

ROUNDS = 400
TICKS = 100
DRAW_EVERY = 10
GOAL_US = 2.0
HOLD_S = 0.5
FACTS = {
    "enemies": 3.0, "enemy_distance": 4.0, "player_enemy_distance": 4.0, "player_distance": 3.0,
    "close_enemies": 1.0, "chasing_enemies": 1.0, "player_attacked": 0.0,
    "line_of_fire_clear": 1.0, "edge_distance": 6.0, "stamina": 0.8, "mana": 0.8,
    "heal_ready": 1.0, "player_health": 0.6, "companion_health": 0.9,
}  # fmt: skip


def tick_one() -> Row:
    """One tick of the shipped companion tree, whose actions the game reads (no callbacks).

    The value is a running child kept, nine ticks, and a fresh choice in the tenth, averaged.
    Reference: the same conditions, draw and timer in one hand-written function of if and elif.
    """
    with _mixed() as ours, _kept() as kept:
        mine, reference = pairs(ours, _by_hand(), rounds=ROUNDS)
        running, _ = pairs(kept, kept, rounds=ROUNDS)
    value, hand = median(mine, 1e3) / TICKS, median(reference, 1e3) / TICKS
    alone = median(running, 1e3) / TICKS
    detail = f"{alone:.2f} µs while a child runs"
    other = _py_trees()
    if other is not None:
        theirs, _ = pairs(other, other, rounds=ROUNDS // 4)
        detail += f"; py_trees {median(theirs, 1e3) / TICKS:.1f} µs"
    return Row(
        name="tick_one",
        what="one companion ticked from Python, a choice in every tenth tick",
        value=value,
        unit="µs",
        goal=f"≤ {GOAL_US:.0f} µs + callbacks",
        reference=hand,
        ratio=value / hand,
        met=value <= GOAL_US,
        detail=f"{detail}; reference: the same tree as one function of if and elif",
    )


@contextmanager
def _mixed() -> Iterator[Operation]:
    """TICKS ticks, a fresh choice in every DRAW_EVERY-th."""
    ticker = load_tree("companion.xml").ticker(seed=1, hold_s=HOLD_S)
    tick, now = ticker.tick, 0.0
    # An intention lasts the hold; the tick that ends it is one of the ten.
    step_s = HOLD_S / (DRAW_EVERY - 1)

    def run() -> None:
        nonlocal now
        for _ in range(TICKS):
            now += step_s
            tick(FACTS, now)

    yield run


@contextmanager
def _kept() -> Iterator[Operation]:
    """TICKS ticks in which the chosen child runs on."""
    ticker = load_tree("companion.xml").ticker(seed=1, hold_s=1e9)
    tick = ticker.tick
    tick(FACTS, 0.0)

    def run() -> None:
        for _ in range(TICKS):
            tick(FACTS, 0.0)

    yield run


def _stand(f: dict[str, float]) -> list[tuple[str, float]]:
    """Tactics that stand for choice and their weights, as in companion.xml."""
    aim, breath, magic = f["line_of_fire_clear"] >= 0.5, f["stamina"], f["mana"]
    near, own = f["enemy_distance"], f["companion_health"]
    far, beside = f["enemies"] - f["close_enemies"] >= 1, f["player_enemy_distance"]
    wounded = f["heal_ready"] >= 0.5 and f["player_health"] < 0.75
    rules = (
        ("defensive_stance", 1.0, True),
        ("cover_player", 1.0, beside <= 8 and own >= 0.15),
        ("heal_player", 2.5, wounded and magic >= 0.3 and f["player_distance"] <= 6),
        ("aggressive_attack", 1.0, breath >= 0.15 and own >= 0.2),
        ("flank_enemy", 0.8, f["edge_distance"] >= 2.5 and breath >= 0.2 and near <= 6),
        ("draw_aggro", 1.0, own >= 0.35 and breath >= 0.15 and far and near <= 9),
        ("wait_for_player", 0.6, f["player_attacked"] <= 0.5),
        ("close_support", 1.0, beside <= 6),
        ("melee_combo", 1.0, beside <= 6 and breath >= 0.15),
        ("covering_fire", 1.0, aim and breath >= 0.2 and near <= 10.5),
        ("suppress_enemy", 1.0, aim and breath >= 0.2 and far and near <= 10.5),
        ("buff_player", 1.0, magic >= 0.2 and f["player_distance"] <= 8),
        ("debuff_enemy", 1.0, magic >= 0.2 and near <= 9),
    )
    return [(name, weight) for name, weight, stands in rules if stands]


def _by_hand() -> Operation:
    now, ends, draws, tactic = 0.0, -1.0, 0, ""
    step_s = HOLD_S / (DRAW_EVERY - 1)

    def tick(facts: dict[str, float]) -> str:
        nonlocal ends, draws, tactic
        if facts["enemies"] <= 0:
            tactic, ends = "", -1.0
        elif now >= ends:
            stand = _stand(facts)
            aim = uniform(1, 0, draws, 1000) * sum(weight for _, weight in stand)
            draws += 1
            for tactic, weight in stand:  # noqa: B007  # the one the draw falls on stays
                aim -= weight
                if aim < 0.0:
                    break
            ends = now + HOLD_S
        return tactic

    def run() -> None:
        nonlocal now
        for _ in range(TICKS):
            now += step_s
            tick(FACTS)

    return run


def _py_trees() -> Callable[[], None] | None:
    """The tree in py_trees, where it is installed: a Selector of guarded leaves, no draw."""
    if find_spec("py_trees") is None:
        return None
    py_trees: Any = import_module("py_trees")
    status = py_trees.common.Status

    class Leaf(py_trees.behaviour.Behaviour):  # type: ignore[misc]
        def update(self) -> Any:
            return status.RUNNING if self.name in dict(_stand(FACTS)) else status.FAILURE

    root = py_trees.composites.Selector("tactics", memory=True)
    root.add_children([Leaf(name) for name in load_tree("companion.xml").tactics])

    def run() -> None:
        for _ in range(TICKS):
            root.tick_once()

    return run


OPERATIONS: Operations = {"tick_one": _mixed}
