"""A rejection in words: one unit of time, in its order."""

import re

import msgspec

from astraweave.arena import Arena
from astraweave.behavior import load_tree
from astraweave.learning.shown import Shown, Side
from astraweave.learning.told import draw_of, text_of
from astraweave.model.verdict import Counterexample, Verdict
from astraweave.model.weights import designer_weights
from astraweave.sandbox import Frame
from astraweave.sandbox.traced import traced

SCALE = 6
EXAMPLE = Counterexample(
    rule="harming_the_player",
    scenario="yard",
    seed=3,
    tick=45,
    first_tick=36,
    draw={"wind": 0.5},
    plays=9,
)


def shown(example: Counterexample, *, seen: bool = True) -> Shown:
    """Twenty steps of six ticks; harm in the eighth of them, and changes after it."""
    tree = load_tree("companion.xml")
    names, weights = tree.tactics, designer_weights(tree.tactics)
    frames = [
        Frame(
            tick=step * SCALE,
            facts=dict.fromkeys(Arena.facts.names, 0.0),
            tactic=names[step % 2],
            command=names[step % 2],
            status="running",
            events={"harmed_player": 1} if step == 7 else {},
        )
        for step in range(20)
    ]
    side = Side("candidate", tree, weights, frames, traced(tree, weights, frames, 3, 0.1))
    verdict = Verdict(approved=False, reason="", proof="simulated", step="safety")
    return Shown(verdict, example, side, None, SCALE, seen)


def test_rows_and_the_mark_of_the_broken_rule_come_in_the_order_of_their_ticks() -> None:
    rows, _, tree = text_of(shown(EXAMPLE)).partition("the tree when it was decided")
    ticks = [int(tick) for tick in re.findall(r"^tick +(\d+)", rows, re.MULTILINE)]
    assert 45 in ticks
    assert max(ticks) > 45
    assert ticks == sorted(ticks)
    assert re.search(r"^tick 36 ", tree, re.MULTILINE)


def test_what_was_not_seen_has_no_mark_and_is_said_in_its_place() -> None:
    told = text_of(shown(EXAMPLE, seen=False))
    assert "◀" not in told
    assert "harming_the_player at tick 45 was not seen in this replay" in told
    assert "the simplest of" not in told


def test_what_is_left_to_the_seed_is_named() -> None:
    assert draw_of(shown(EXAMPLE)).endswith(" to show it: wind 0.5")
    free = msgspec.structs.replace(EXAMPLE, free=("rain",))
    assert draw_of(shown(free)).endswith(" to show it: wind 0.5; the seed draws rain")
    bare = msgspec.structs.replace(EXAMPLE, draw={}, free=("rain",))
    assert draw_of(shown(bare)).endswith(" to show it: the seed draws rain")
