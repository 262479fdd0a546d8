"""Elements → XML in the form that Groot2 writes, and files that are never half-written.

The same elements give the same bytes, and reading and writing these changes none of them: two
spaces a level, one attribute a line in a fixed order, an empty line after each tree. Comments,
texts and attributes that nobody knows are kept. A line break that somebody put into a script is
kept; `weights` are broken where they grow long. Refuses to replace a file unless it is told to.
"""

import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import groupby
from pathlib import Path

from astraweave.behavior.groot.xml_reader import AFTER, BEFORE, Element, Note, escape
from astraweave.errors import UsageError

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
WIDTH = 100
FIRST = {
    "root": ("BTCPP_format", "main_tree_to_execute"),
    "include": ("ros_pkg", "path"),
    "input_port": ("name", "type", "default"),
    "output_port": ("name", "type", "default"),
    "inout_port": ("name", "type", "default"),
}
HOOKS = (
    *("_failureIf", "_successIf", "_skipIf", "_while"),
    *("_onHalted", "_onFailure", "_onSuccess", "_post"),
)
UNDERSCORED = {name: i for i, name in enumerate(("_autoremap", "_weight", *HOOKS))}
SCRIPTS = {"Script": "code", "ScriptCondition": "code", "Precondition": "if"}
_WITH_ROOM = ("BehaviorTree", "TreeNodesModel")
_REST = len(UNDERSCORED)
_QUOTED_OR_GAP = re.compile(r"'[^']*'|   +")
_ESCAPES = str.maketrans({'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})


def to_xml(root: Element, ports: Mapping[str, tuple[str, ...]]) -> str:
    """The document.

    Args:
        root: its root, with what stands before and after it in its notes.
        ports: of node types and declared nodes, by tag or ID, in the order to be written in.
    """
    lines = [HEAD, *(note.markup for note in root.notes if note.at == BEFORE)]
    lines += _element(root, 0, ports)
    lines += [note.markup for note in root.notes if note.at == AFTER]
    return "\n".join(lines) + "\n"


def _element(element: Element, level: int, ports: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Lines of an element, without a line break at their ends."""
    indent = "  " * level
    start = _start(element, indent, ports)
    inside = [note for note in element.notes if note.at >= 0]
    if not element.children and not inside:
        return [f"{start}/>"]
    if not element.children and len(inside) == 1 and inside[0].is_text:
        return [f"{start}>{inside[0].markup}</{element.tag}>"]
    lines = [f"{start}>"]
    notes = {at: list(group) for at, group in groupby(inside, key=lambda note: note.at)}
    _add_notes(lines, notes.get(0, ()), indent)
    for i, child in enumerate(element.children, start=1):
        lines += _element(child, level + 1, ports)
        room = level == 0 and child.tag in _WITH_ROOM
        _add_notes(lines, notes.get(i, ()), indent, room=room)
    lines.append(f"{indent}</{element.tag}>")
    return lines


def _add_notes(lines: list[str], notes: Iterable[Note], indent: str, *, room: bool = False) -> None:
    """Those beside what is written, an empty line if there is `room`, then the others."""
    for note in notes:
        if note.beside:
            lines[-1] += f" {note.markup}"
            continue
        if room:
            lines.append("")
            room = False
        lines.append(f"{indent}  {note.markup}")
    if room:
        lines.append("")


def _start(element: Element, indent: str, ports: Mapping[str, tuple[str, ...]]) -> str:
    """The tag up to its last attribute."""
    start = f"{indent}<{element.tag}"
    break_ = "\n" + " " * (len(start) + 1)
    written = []
    for name in _ordered(element, ports):
        column = len(break_) + len(name) + 1
        written.append(f'{name}="{_value(element, name, column)}"')
    return f"{start} {break_.join(written)}" if written else start


def _ordered(element: Element, ports: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Names of the attributes: ID and name, ports as declared, others as they came, then "_…"."""
    names = list(element.attributes)
    if len(names) < 2:
        return names
    kind = element.attributes.get("ID", element.tag)
    declared = (*FIRST.get(element.tag, ("ID", "name")), *ports.get(kind, ()))
    rank = {name: i for i, name in enumerate(dict.fromkeys(declared))}

    def place(name: str) -> tuple[int, int, str]:
        if name.startswith("_"):
            # _description last: it is prose, and may be long.
            late = _REST + (name == "_description")
            return 1, UNDERSCORED.get(name, late), name
        return 0, rank.get(name, len(rank)), ""

    return sorted(names, key=place)


def _value(element: Element, name: str, column: int) -> str:
    """The text between an attribute's quotes; the first of them stands at `column`."""
    value = element.attributes[name]
    kind = element.attributes.get("ID", element.tag)
    if name == "weights" and kind == "WeightedFallback":
        return _weights(value, column)
    text = escape(value).translate(_ESCAPES)
    if "   " in text and (name in HOOKS or name == SCRIPTS.get(kind)):
        # XML reads a line break as one blank: the value is the same.
        return _QUOTED_OR_GAP.sub(_broken, text)
    return text


def _broken(found: re.Match[str]) -> str:
    text = found[0]
    return text if text[0] == "'" else f"\n{text[1:]}"


def _weights(value: str, column: int) -> str:
    """Pairs, as many to a line as fit."""
    lines = [""]
    for part in filter(None, map(str.strip, value.split(";"))):
        pair = escape(part).translate(_ESCAPES)
        joined = f"{lines[-1]}; {pair}" if lines[-1] else pair
        if lines[-1] and column + len(joined) + 2 > WIDTH:  # 2: what closes it
            lines.append(pair)
        else:
            lines[-1] = joined
    return (";\n" + " " * column).join(lines)


def write_file(path: Path, text: str, *, replace: bool) -> None:
    """Write a file whole, or leave what was there; it is on the disk when this returns.

    Args:
        path: where; a link's target is written, not the link.
        text: what.
        replace: whether a file that is there may go.

    Raises:
        UsageError: there is one, and it may not.
        OSError: the folder cannot be written to.
    """
    target = path.resolve()
    if target.exists() and not replace:
        raise _taken(path)
    fresh = target.with_name(f".{target.name[:100]}.{os.urandom(4).hex()}.new")
    try:
        with fresh.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if not replace:
            _claim(fresh, target, path)
        else:
            if target.exists():
                fresh.chmod(target.stat().st_mode & 0o777)
            fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    _settle(target.parent)


def _claim(fresh: Path, target: Path, path: Path) -> None:
    """Give the file its name, if nobody has it by now."""
    try:
        target.hardlink_to(fresh)
    except FileExistsError:
        raise _taken(path) from None
    except OSError:  # a file system without hard links
        if target.exists():
            raise _taken(path) from None
        fresh.replace(target)


def _taken(path: Path) -> UsageError:
    return UsageError(what="there is a file of this name", where=str(path), fix="choose another")


def _settle(folder: Path) -> None:
    """Make the new name last; where a folder cannot be opened (Windows) the system sees to it."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
