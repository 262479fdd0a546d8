"""Ticks of a trace as text: the nodes that were met, what their scripts read, what was chosen.

Nodes that a tick did not meet have no line in it. Refuses nothing.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from astraweave.behavior import nodes
from astraweave.behavior.render.metrics import clean
from astraweave.behavior.render.text import branches, status_word
from astraweave.behavior.render.wording import HOOKS, kind_of, type_of
from astraweave.behavior.status import SKIPPED, Status

if TYPE_CHECKING:
    from astraweave.behavior.trace import Asked, Choice, Step, Tick
    from astraweave.behavior.tree import Tree

_ATTRIBUTES = {
    "_failureIf": HOOKS["failure_if"],
    "_successIf": HOOKS["success_if"],
    "_skipIf": HOOKS["skip_if"],
    "_while": HOOKS["while_"],
    "_onHalted": HOOKS["on_halted"],
    "_onFailure": HOOKS["on_failure"],
    "_onSuccess": HOOKS["on_success"],
    "_post": HOOKS["post"],
    "if": "if",
}


def text_of_ticks(tree: "Tree", ticks: "Sequence[Tick]") -> str:
    """All ticks; ends without a line break.

    Where nothing was chosen and every node says what it said before, one line has the values.
    """
    listed = list(nodes.walk(tree.root))
    parts: list[str] = []
    before: dict[str, Status] | None = None
    for tick in ticks:
        said = {path: status for path, status in tick.statuses.items() if status is not SKIPPED}
        if said == before and not _chose(tick):
            parts[-1] += f"\n{_again(tick)}"
        else:
            parts.append("\n".join(_tick(listed, tick)))
        before = None if tick.note else said
    return "\n\n".join(parts)


def _chose(tick: "Tick") -> bool:
    return any(choice.since_s == tick.now_s for choice in tick.choices)


def _again(tick: "Tick") -> str:
    read = {
        name: value for step in tick.steps.values() for a in step.asked for name, value in a.read
    }
    told = ", ".join(f"{clean(name)} = {value_text(value)}" for name, value in read.items())
    return " · ".join(filter(None, [headline(tick), "as before", told]))


def headline(tick: "Tick") -> str:
    """Number, time and end of a tick."""
    when = "" if tick.now_s is None else f" · {tick.now_s:.3f} s"
    note = f" · {clean(tick.note)}" if tick.note else ""
    return f"tick {tick.number}{when} · {tick.status.name}{note}"


def _tick(listed: Sequence[nodes.Node], tick: "Tick") -> Iterator[str]:
    yield headline(tick)
    met = [node for node in listed if node.path in tick.steps]
    places = {node.path: i for i, node in enumerate(met)}
    parents = [-1] * len(met)
    lasts = set()
    for i, node in enumerate(met):
        below = [places[child.path] for child in node.children if child.path in places]
        for child in below:
            parents[child] = i
        lasts.update(below[-1:])
    chosen: dict[str, list[Choice]] = {}
    for choice in tick.choices:
        chosen.setdefault(choice.node, []).append(choice)
    for i, node in enumerate(met):
        step, before = tick.steps[node.path], branches(parents, lasts, i)
        told = list(_told(node, step, tick))
        if isinstance(node, nodes.WeightedFallback):
            told += [_choice(choice, tick) for choice in chosen.get(node.name, ())]
        yield "  ".join([f"{status_word(step.status)}{before}{clean(node.name)}", *told])
    if tick.left_out:
        yield f"… and {tick.left_out:,} more steps"


def _told(node: nodes.Node, step: "Step", tick: "Tick") -> Iterator[str]:
    if type_of(node) != clean(node.name) and kind_of(node) in ("control", "decorator"):
        yield type_of(node)
    for asked in step.asked:
        yield _asked(asked)
    if step.halted:
        yield "(halted)"
    if step.supposed:
        yield "(supposed)"


def _asked(asked: "Asked") -> str:
    """The script, what it gave, and what it read: ``skip if mana < 0.3 → no (mana = 0.62)``."""
    words = f"{_ATTRIBUTES.get(asked.attribute, '')} {clean(asked.script)}".strip()
    read = ", ".join(f"{clean(name)} = {value_text(value)}" for name, value in asked.read)
    return f"{words} → {value_text(asked.value)}" + (f" ({read})" if read else "")


def value_text(value: object) -> str:
    """A value of a script, short: yes or no, a number of four digits, a text in quotes."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str):
        return f"'{clean(value)}'"
    return "nothing" if value is None else clean(str(value))


def _choice(choice: "Choice", tick: "Tick") -> str:
    """What was chosen, how likely it was, and what became of it."""
    kept = tick.now_s is not None and choice.since_s < tick.now_s
    parts = [f"{'keeps to' if kept else 'chose'} {clean(choice.tactic)}"]
    if choice.propensity is not None and not kept:
        parts.append(f"{100.0 * choice.propensity:.1f} % among {len(choice.available)}")
    if choice.result is not None and choice.ended_s is not None:
        worth = choice.effectiveness
        told = choice.result if worth is None else f"{choice.result}, effectiveness {worth:.2f}"
        parts.append(f"until {choice.ended_s:.3f} s: {told}")
    if choice.note:
        parts.append(f"[{choice.note}]")
    return ": ".join([parts[0], "; ".join(parts[1:])]) if len(parts) > 1 else parts[0]
