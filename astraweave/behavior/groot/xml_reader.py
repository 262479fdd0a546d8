"""XML → plain elements that know their line and column.

Refuses what no tree needs: DOCTYPE (and with it every entity), more than 1 MiB, 64 levels and
10,000 elements. Nothing outside the text is ever opened.
"""

from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from astraweave.errors import TreeError

MAX_BYTES, MAX_LEVELS, MAX_ELEMENTS = 1 << 20, 64, 10_000


@dataclass(slots=True)
class Element:
    """One element. `line` and `column` count from 1."""

    tag: str
    attributes: dict[str, str]
    line: int
    column: int
    children: list["Element"] = field(default_factory=list)


class _Reader:
    """Collects elements; stops at the first excess."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Element | None = None
        self.open: list[Element] = []
        self.count = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.StartDoctypeDeclHandler = self.doctype

    def place(self) -> str:
        return f"{self.file}:{self.parser.CurrentLineNumber}:{self.parser.CurrentColumnNumber + 1}"

    def doctype(self, name: str, *_: object) -> None:
        raise TreeError(
            what="DOCTYPE is refused", got=name, where=self.place(), fix="remove the declaration"
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MAX_ELEMENTS:
            self.too_much(f"more than {MAX_ELEMENTS:,} elements")
        # The document's own <root> and <BehaviorTree> are no levels of the tree.
        if len(self.open) >= MAX_LEVELS + 2:
            self.too_much(f"more than {MAX_LEVELS} levels")
        parser = self.parser
        element = Element(tag, attributes, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def end(self, _tag: str) -> None:
        self.open.pop()

    def too_much(self, what: str) -> NoReturn:
        fix = "split the tree into smaller ones"
        raise TreeError(what=what, where=self.place(), fix=fix)


def read_xml(text: bytes, file: str) -> Element:
    """Root element of a document; `file` is named in errors.

    Raises:
        TreeError: not well-formed, or refused as the module says.
    """
    if len(text) > MAX_BYTES:
        raise TreeError(
            what="more than 1 MiB of XML", where=file, fix="split the tree into smaller ones"
        )
    reader = _Reader(file)
    try:
        reader.parser.Parse(text, True)
    except expat.ExpatError as error:
        raise TreeError(
            what=f"not well-formed XML: {expat.ErrorString(error.code)}",
            where=f"{file}:{error.lineno}:{error.offset + 1}",
            fix="see whether a tag is left open or a quote is missing",
        ) from error
    except (LookupError, ValueError, UnicodeError) as error:  # an encoding Python cannot read
        raise TreeError(
            what="unreadable XML", got=str(error), where=file, fix="save it as UTF-8"
        ) from error
    if reader.root is None:
        raise TreeError(what="no element in the document", where=file, fix="add a <root>")
    return reader.root
