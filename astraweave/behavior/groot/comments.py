"""Comments go with the element they explain, when elements are moved. Refuses nothing."""

from collections.abc import Iterable
from typing import NamedTuple

from astraweave.behavior.groot.xml_reader import Element, Note


class Part(NamedTuple):
    """A child with what is said of it: on the lines `before` it, and `beside` it."""

    child: Element
    before: tuple[Note, ...] = ()
    beside: tuple[Note, ...] = ()


class Parts(NamedTuple):
    """An element taken apart. head, tail: what is said before the first and after the last child.

    outside: notes that stand before or after the document's root.
    """

    children: tuple[Part, ...]
    head: tuple[Note, ...]
    tail: tuple[Note, ...]
    outside: tuple[Note, ...]


def take_apart(element: Element) -> Parts:
    """Whose each note is: beside an element its own, else that of the next one."""
    count = len(element.children)
    before: list[list[Note]] = [[] for _ in range(count + 1)]
    beside: list[list[Note]] = [[] for _ in range(count + 1)]
    outside = []
    for note in element.notes:
        if note.at < 0:
            outside.append(note)
        elif note.beside and not before[note.at]:
            beside[note.at].append(note)
        else:
            before[note.at].append(note)
    children = (
        Part(child, tuple(before[i]), tuple(beside[i + 1]))
        for i, child in enumerate(element.children)
    )
    return Parts(tuple(children), tuple(beside[0]), tuple(before[count]), tuple(outside))


def put_together(element: Element, parts: Parts, children: Iterable[Part]) -> Element:
    """A copy of an element with other children, and what is said of these."""
    made = Element(
        element.tag, dict(element.attributes), element.line, element.column, file=element.file
    )
    made.notes += [*parts.outside, *parts.head]
    for part in children:
        at = len(made.children)
        made.notes += [note._replace(at=at) for note in part.before]
        made.children.append(part.child)
        made.notes += [note._replace(at=at + 1) for note in part.beside]
    made.notes += [note._replace(at=len(made.children)) for note in parts.tail]
    return made
