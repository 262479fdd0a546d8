"""Groot2 XML → nodes: a document is read and its shape checked, one tree of it is built.

A port's literal that is no value of its type is refused here where BehaviorTree.CPP does so when
it loads, and else by the engine when the node is ticked. What is refused says file:line:col and
the node's path, and names the nearest known name.
"""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from astraweave.behavior import nodes
from astraweave.behavior.groot.builder import Builder
from astraweave.behavior.groot.document import Document
from astraweave.behavior.groot.grammar import Model
from astraweave.behavior.groot.includes import read_whole
from astraweave.behavior.scripts.parser import Enums


def read_tree(
    text: bytes,
    file: str,
    declared: Mapping[str, Model] | None = None,
    main: str | None = None,
    enums: Enums = (),
) -> nodes.Node:
    """Root node of the main tree of a document that includes no other.

    Args:
        text: the document, in any encoding that XML declares.
        file: its name for error messages.
        declared: leaves known besides those of the document's TreeNodesModel.
        main: ID of the tree to take; default what the document says, else its only tree.
        enums: names that are numbers in every script.

    Raises:
        TreeError: the document is refused.
    """
    return build_tree(read_document(text, file, declared, enums=enums), main)


def read_document(
    text: bytes,
    file: str,
    declared: Mapping[str, Model] | None = None,
    folder: Path | None = None,
    enums: Enums = (),
) -> Document:
    """A document whose trees have a right shape; arguments and errors as of `read_tree`.

    folder: where its file lies, and what it includes; None: it includes nothing.
    """
    with uncollected():
        source, whole = read_whole(text, file, folder)
        document = Document(file, whole, declared or {}, source, enums)
        document.check()
    return document


def build_tree(document: Document, main: str | None = None) -> nodes.Node:
    """Root node of a document's main tree, or of the tree `main`.

    Raises:
        TreeError: there is no such tree, or something in it only shows once it is built.
    """
    with uncollected():
        return Builder(document).build_main(document.main(main))


@contextmanager
def uncollected() -> Iterator[None]:
    """No cyclic garbage collection for some milliseconds, unless it is off already.

    Reading makes some hundred thousand objects that all stay: looking at them, and at all of the
    game's, again and again took more than half of the time.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
