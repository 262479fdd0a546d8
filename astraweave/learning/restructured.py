"""What is different between two structures of a tree, in words for a person. Refuses nothing."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from astraweave.behavior import nodes
from astraweave.behavior.nodes import Node
from astraweave.behavior.protection import terms_of

SHOWN = 2
GUARD_CELLS = 60


def difference(before: Node, after: Node) -> str:
    """Guards that came or went, nodes that changed places, came, went or gave way.

    Args:
        before, after: roots.

    Returns:
        One line without a full stop; the first changes, and how many more there are.
    """
    found = list(dict.fromkeys(_changes(list(nodes.walk(before)), list(nodes.walk(after)))))
    if not found:
        return "some attributes of nodes"
    more = len(found) - SHOWN
    return "; ".join(found[:SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _changes(old: Sequence[Node], new: Sequence[Node]) -> Iterator[str]:
    was, now = [each.name for each in old], [each.name for each in new]
    moved = _moved(was, now)
    if moved:
        yield moved
    aligned = SequenceMatcher(None, was, now, autojunk=False)
    for kind, i, i_end, j, j_end in aligned.get_opcodes():
        if kind == "equal":
            for a, b in zip(old[i:i_end], new[j:j_end], strict=True):
                yield from _guards(a, b)
        elif not moved:
            gone, come = " and ".join(was[i:i_end]), " and ".join(now[j:j_end])
            if gone and come:
                yield f"{gone} gave way to {come}"
            else:
                yield f"{gone} was taken out" if gone else f"{come} was put in"


def _moved(was: Sequence[str], now: Sequence[str]) -> str:
    """What changed places, where only the order is another."""
    if sorted(was) != sorted(now):
        return ""
    apart = [name for name, other in zip(was, now, strict=True) if name != other]
    if not apart:
        return ""
    return f"{apart[0]} and {apart[-1]} changed places"


def _guards(before: Node, after: Node) -> Iterator[str]:
    had, has = _terms(before), _terms(after)
    for guard in has:
        if guard not in had:
            yield f"{after.name} got a guard: skips if {_cut(guard)}"
    for guard in had:
        if guard not in has:
            yield f"{after.name} lost a guard: skipped if {_cut(guard)}"


def _terms(node: Node) -> tuple[str, ...]:
    return () if node.skip_if is None else terms_of(node.skip_if.text, "||")


def _cut(text: str) -> str:
    return text if len(text) <= GUARD_CELLS else f"{text[: GUARD_CELLS - 1]}…"
