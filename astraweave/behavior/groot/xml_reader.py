"""XML → plain elements that know their file, line and column, and the comments between them.

Refuses what no tree needs: DOCTYPE (and with it every entity), more than 1 MiB, 64 levels, 10,000
nodes, 10,000 other elements and 10,000 comments. Nothing outside the text is ever opened.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple, NoReturn
from xml.parsers import expat

from astraweave.behavior.groot.lenient import hidden
from astraweave.errors import TreeError

MAX_BYTES, MAX_LEVELS, MAX_ELEMENTS, MAX_NOTES = 1 << 20, 64, 10_000, 10_000
BEFORE, AFTER = -1, -2
_BLANK = " \t\r\n"
_PERHAPS_BARE = (
    expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN],
    expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY],
)
"""What is said of a ``<`` or ``&`` in an attribute."""


class Note(NamedTuple):
    """What stands between elements: a comment, text, or a processing instruction.

    at: how many children of its element stand before it; of the document's root also `BEFORE` and
    `AFTER` it. markup: as in the file, ``<!-- why -->``. beside: on the line of what precedes it.
    """

    at: int
    markup: str
    beside: bool = False

    @property
    def is_text(self) -> bool:
        """Whether it is text, which XML may not hold outside of the root."""
        return not self.markup.startswith(("<!--", "<?"))


@dataclass(slots=True)
class Element:
    """One element of `file`. `line` and `column` count from 1; `notes` are in document order."""

    tag: str
    attributes: dict[str, str]
    line: int
    column: int
    children: list["Element"] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    file: str = ""

    def walk(self) -> Iterator["Element"]:
        """This element and all below it, in document order."""
        stack = [self]
        while stack:
            element = stack.pop()
            yield element
            stack.extend(reversed(element.children))


@dataclass(slots=True)
class Budget:
    """What is left to be read, over all files of one tree.

    nodes: elements inside of a <BehaviorTree>; elements: all others, such as those of models.
    """

    octets: int = MAX_BYTES
    nodes: int = MAX_ELEMENTS
    elements: int = MAX_ELEMENTS
    notes: int = MAX_NOTES


class _Reader:
    """Collects elements; stops at the first excess. marks: characters to put back in attributes."""

    def __init__(self, file: str, budget: Budget, marks: Mapping[int, str] | None = None) -> None:
        self.file, self.budget, self.marks = file, budget, marks
        self.root: Element | None = None
        self.open: list[Element] = []
        self.pending: list[str] = []
        self.prolog: list[str] = []
        # What has marks is in UTF-8, whatever it declares.
        self.parser = expat.ParserCreate() if marks is None else expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.pending.append
        self.parser.CommentHandler = self.comment
        self.parser.ProcessingInstructionHandler = self.instruction
        self.parser.StartDoctypeDeclHandler = self.doctype

    def place(self) -> str:
        return f"{self.file}:{self.parser.CurrentLineNumber}:{self.parser.CurrentColumnNumber + 1}"

    def doctype(self, name: str, *_: object) -> None:
        raise TreeError(
            what="DOCTYPE is refused", got=name, where=self.place(), fix="remove the declaration"
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.open) > 1 and self.open[1].tag == "BehaviorTree":
            self.budget.nodes -= 1
        else:
            self.budget.elements -= 1
        if self.budget.nodes < 0 or self.budget.elements < 0:
            excess = "nodes" if self.budget.nodes < 0 else "elements that are no nodes"
            self.too_much(f"more than {MAX_ELEMENTS:,} {excess}")
        # The document's own <root> and <BehaviorTree> are no levels of the tree.
        if len(self.open) >= MAX_LEVELS + 2:
            self.too_much(f"more than {MAX_LEVELS} levels")
        parser = self.parser
        line, column = parser.CurrentLineNumber, parser.CurrentColumnNumber + 1
        if self.marks is not None:
            attributes = {name: text.translate(self.marks) for name, text in attributes.items()}
        element = Element(tag, attributes, line, column, [], [], self.file)
        if self.open:
            if self.pending:
                self.settle()
            self.open[-1].children.append(element)
        else:
            self.root = element
            element.notes.extend(Note(BEFORE, markup) for markup in self.prolog)
        self.open.append(element)

    def end(self, _tag: str) -> None:
        if self.pending:
            self.settle()
        self.open.pop()

    def settle(self) -> str:
        """Take the text that has come up, if it says anything; what it was."""
        text = "".join(self.pending)
        self.pending.clear()
        if text and not text.isspace():
            self.note(escape(text.strip(_BLANK)))
        return text

    def comment(self, text: str) -> None:
        self.markup(f"<!--{text}-->")

    def instruction(self, target: str, data: str) -> None:
        self.markup(f"<?{target} {data}?>" if data else f"<?{target}?>")

    def markup(self, markup: str) -> None:
        if self.open:
            before = self.settle()
            self.note(markup, beside="\n" not in before[len(before.rstrip(_BLANK)) :])
        elif self.root is None:
            self.spend()
            self.prolog.append(markup)
        else:
            self.spend()
            self.root.notes.append(Note(AFTER, markup))

    def note(self, markup: str, *, beside: bool = False) -> None:
        self.spend()
        element = self.open[-1]
        element.notes.append(Note(len(element.children), markup, beside))

    def spend(self) -> None:
        self.budget.notes -= 1
        if self.budget.notes < 0:
            self.too_much(f"more than {MAX_NOTES:,} comments and texts")

    def too_much(self, what: str) -> NoReturn:
        fix = "split the tree into smaller ones"
        raise TreeError(what=what, where=self.place(), fix=fix)


def read_xml(text: bytes, file: str, budget: Budget | None = None) -> Element:
    """Root element of a document; `file` is named in errors, `budget` is what others have left.

    Raises:
        TreeError: not well-formed, or refused as the module says.
    """
    budget = Budget() if budget is None else budget
    budget.octets -= len(text)
    if budget.octets < 0:
        raise TreeError(
            what="more than 1 MiB of XML", where=file, fix="split the tree into smaller ones"
        )
    left = replace(budget)
    try:
        root = _parsed(_Reader(file, budget), (text,))
    except expat.ExpatError as error:
        again = hidden(text) if error.code in _PERHAPS_BARE else None
        if again is None:
            raise _no_xml(file, error) from error
        for spent in fields(budget):
            setattr(budget, spent.name, getattr(left, spent.name))
        try:
            pieces = (piece.encode() for piece in again.pieces)
            root = _parsed(_Reader(file, budget, again.marks), pieces)
        except expat.ExpatError:
            raise _no_xml(file, error) from error
    except (LookupError, ValueError, UnicodeError) as error:  # an encoding Python cannot read
        raise TreeError(
            what="unreadable XML", got=str(error), where=file, fix="save it as UTF-8"
        ) from error
    if root is None:
        raise TreeError(what="no element in the document", where=file, fix="add a <root>")
    return root


def _parsed(reader: _Reader, pieces: Iterable[bytes]) -> Element | None:
    for piece in pieces:
        reader.parser.Parse(piece, False)
    reader.parser.Parse(b"", True)
    return reader.root


def _no_xml(file: str, error: expat.ExpatError) -> TreeError:
    return TreeError(
        what=f"not well-formed XML: {expat.ErrorString(error.code)}",
        where=f"{file}:{error.lineno}:{error.offset + 1}",
        fix="see whether a tag is left open or a quote is missing",
    )


def escape(text: str) -> str:
    """Text as it may stand between tags."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;")):
        text = text.replace(character, entity)
    return text
