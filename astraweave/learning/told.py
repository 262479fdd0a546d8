"""What a rejection shows, in words, as data and as one picture; of any game.

Refuses nothing: `shown` has checked it.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from astraweave.behavior.render import cards_of, heading_of, picture_of
from astraweave.behavior.render.shapes import Picture
from astraweave.behavior.render.told import text_of_ticks
from astraweave.learning.shown import Shown, Side
from astraweave.model.facts import FactSheet
from astraweave.model.verdict import Counterexample
from astraweave.sandbox import narrate
from astraweave.sandbox.gate import NOT_WORSE
from astraweave.sandbox.sheet import Lane, Story, sheet_of

STEPS_AROUND = 20


def title_of(shown: Shown) -> str:
    """What was broken, or what it lost against."""
    example = shown.example
    if not shown.seen:
        return f"Not seen in this replay: {_wrong(shown.example)}"
    if shown.other is None:
        return f"Rejected: {wrong_of(shown)}"
    if example.rule == NOT_WORSE:
        return f"Rejected: it plays worse than the {example.against} weights"
    return f"Rejected: {wrong_of(shown)}, where the {example.against} weights do not"


def wrong_of(shown: Shown) -> str:
    """What is seen at its end, or is not, in few words."""
    return _wrong(shown.example) if shown.seen else f"not seen: {_wrong(shown.example)}"


def _wrong(example: Counterexample) -> str:
    if example.rule == NOT_WORSE:
        return f"worse than {example.against or 'before'}"
    return example.rule.replace("_", " ")


def detail_of(shown: Shown) -> str:
    """What came of it; or that what the verdict says was not seen, and why that may be."""
    if shown.seen:
        return shown.example.detail
    example = shown.example
    what = example.rule
    if what == NOT_WORSE:
        what = f"a loss against the {example.against or 'deployed'} weights"
    return (
        f"{what} at tick {example.tick} was not seen in this replay: the verdict was changed, "
        "or the game does not play alike from the same seed"
    )


def where_of(shown: Shown) -> str:
    """Scenario, seed, ticks."""
    example = shown.example
    ticks = f"ticks {example.first_tick} to {example.tick}"
    if example.first_tick >= example.tick:
        ticks = f"tick {example.tick}"
    return f"{example.scenario}, seed {example.seed}, {ticks}, beside {example.players} players"


def draw_of(shown: Shown) -> str:
    """What was made simple, empty where nothing was, or nothing is seen."""
    example = shown.example
    if not (example.plays and shown.seen):
        return ""
    draw = ", ".join(f"{name} {value:g}" for name, value in example.draw.items())
    free = f"the seed draws {', '.join(example.free)}" if example.free else ""
    words = "; ".join(filter(None, [draw, free])) or "any draw"
    return f"the simplest of {example.plays:,} episodes played to show it: {words}"


def text_of(shown: Shown) -> str:
    """The moment with what led to it, and what the tree said when it was decided."""
    example, side = shown.example, shown.side
    about = f"{example.rule} in " if shown.seen else ""
    lines = [f"{about}{where_of(shown)}: {detail_of(shown)}"]
    lines += filter(None, [draw_of(shown)])
    lines += ["", *_told(shown, side, marked=shown.seen)]
    if shown.other is not None:
        lines += ["", f"with the {example.against} weights:", *_told(shown, shown.other)]
    first = shown.step_of(example.first_tick)
    for one in filter(None, (side, shown.other)):
        told = text_of_ticks(one.tree, one.ticks[first : first + 1])
        if told:
            when = "when it was decided" if shown.seen else f"at tick {example.first_tick}"
            lines += ["", f"the tree {when}, {one.name}:", told]
    return "\n".join(lines)


def _told(shown: Shown, side: Side, *, marked: bool = False) -> Sequence[str]:
    """From a little before the decision to a little after the end, which may be marked."""
    first, end = shown.step_of(shown.example.first_tick), shown.end
    frames = side.frames[max(0, first - STEPS_AROUND) : end + 1 + STEPS_AROUND // 4]
    if not marked:
        return narrate(frames)
    tick = shown.example.tick
    upto = sum(frame.tick <= tick for frame in frames)
    mark = f"tick {tick:5d}  ◀ {wrong_of(shown)}"
    return [*narrate(frames[:upto]), mark, *narrate(frames[upto:])]


def facts_of(shown: Shown) -> dict[str, Any]:
    """All of it, for JSON."""
    told: dict[str, Any] = {
        "reason": shown.verdict.reason,
        "counterexample": shown.example,
        "seen": shown.seen,
        "frames": shown.side.frames,
        "trace": [tick.facts() for tick in shown.side.ticks],
    }
    if shown.other is not None:
        other = {
            "frames": shown.other.frames,
            "trace": [tick.facts() for tick in shown.other.ticks],
        }
        told["against"] = other
    return told


def sheet(shown: Shown, facts: FactSheet) -> Picture:
    """What was done, what the facts did, and the tree when it was decided."""
    first, side = shown.step_of(shown.example.first_tick), shown.side
    told = side.ticks[first : first + 1]
    cards = cards_of(side.tree, weights=_known(side), statuses=told[0].statuses if told else None)
    lines = [detail_of(shown), where_of(shown), draw_of(shown)]
    return sheet_of(
        Story(
            title=title_of(shown),
            lines=[line for line in lines if line],
            why=wrong_of(shown),
            lanes=list(_lanes(shown)),
            first=first,
            end=shown.end,
            seen=shown.seen,
            tree=picture_of(cards, heading_of(side.tree)),
        ),
        facts,
    )


def _lanes(shown: Shown) -> Iterator[Lane]:
    for side in filter(None, (shown.side, shown.other)):
        yield Lane(side.name, side.frames)


def _known(side: Side) -> dict[str, float]:
    return {name: w for name, w in side.weights.weights.items() if name in side.tree.tactics}
