"""Other files that a tree names with <include path="…"/>, read into one document.

A file is looked up beside the one that names it, as in BehaviorTree.CPP, and read once however
often it is named. Refuses what lies outside the tree's own folder (absolute paths, `..` or a link
out of it), what is no plain file, `ros_pkg`, files that include each other in a circle, more than
8 levels or 256 files, and over all files together what the XML reader refuses of one.
"""

import stat
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath

from astraweave.behavior.groot.comments import Part, put_together, take_apart
from astraweave.behavior.groot.xml_reader import MAX_BYTES, Budget, Element, read_xml
from astraweave.errors import TreeError

MAX_DEPTH, MAX_FILES = 8, 256


def read_whole(text: bytes, file: str, folder: Path | None) -> tuple[Element, Element]:
    """The document's own root, and one that also holds what it includes.

    Both are the same when it includes nothing. In the second the trees of an included file stand
    where its <include> stood, and all models in one TreeNodesModel; of two models of one ID that
    of the including file counts.

    Args:
        text: the document.
        file: its name for errors.
        folder: the folder it lies in; None refuses includes.

    Raises:
        TreeError: a file is refused, with file:line:col of the <include> that named it.
    """
    budget = Budget()
    root = read_xml(text, file, budget)
    if not any(child.tag == "include" for child in root.children):
        return root, root
    if folder is None:
        including = next(child for child in root.children if child.tag == "include")
        fix = "copy the included trees into it, or load a file"
        raise _refused(including, "an include in a text that is no file", fix=fix)
    home = folder.resolve()
    reading = _Reading(home, budget, [home / file], {home / file})
    return root, reading.merge(root)


@dataclass(slots=True)
class _Reading:
    """home: the folder nothing may leave. chain: files being read, outermost first."""

    home: Path
    budget: Budget
    chain: list[Path]
    seen: set[Path]
    models: list[Part] = field(default_factory=list)

    def merge(self, root: Element) -> Element:
        """A root with the children of what it includes in the place of its includes."""
        return put_together(root, take_apart(root), [*self._parts(root), *self._models()])

    def _parts(self, root: Element) -> list[Part]:
        """Trees of a file and of those it includes; its models are put aside."""
        parts = take_apart(root).children
        # Its own models before those of others: a file knows better than what it includes.
        own = [part for part in parts if part.child.tag == "TreeNodesModel"]
        if len(own) > 1:
            raise _refused(own[1].child, "a second <TreeNodesModel>", fix="merge the two")
        self.models += own
        found: list[Part] = []
        for part in parts:
            if part.child.tag == "include":
                found += self._include(part.child)
            elif part.child.tag != "TreeNodesModel":
                found.append(part)
        return found

    def _models(self) -> list[Part]:
        """One TreeNodesModel of all; of two models of one ID the first."""
        if not self.models:
            return []
        first = self.models[0]
        models: dict[object, Part] = {}
        for each in self.models:
            for model in take_apart(each.child).children:
                models.setdefault(model.child.attributes.get("ID", id(model.child)), model)
        holder = put_together(first.child, take_apart(first.child), models.values())
        return [first._replace(child=holder)]

    def _include(self, element: Element) -> list[Part]:
        path = self._path(element)
        if path in self.chain:
            loop = [*self.chain[self.chain.index(path) :], path]
            names = " → ".join(self._name(each) for each in loop)
            raise _refused(element, "files that include each other", names, "break it at one file")
        if path in self.seen:
            return []
        self.seen.add(path)
        if len(self.chain) > MAX_DEPTH or len(self.seen) > MAX_FILES + 1:
            excess = f"{MAX_FILES} files" if len(self.chain) <= MAX_DEPTH else f"{MAX_DEPTH} levels"
            raise _refused(element, f"more than {excess} of includes", fix="merge some files")
        root = read_xml(self._read(element, path), self._name(path), self.budget)
        if root.tag != "root":
            raise _refused(root, "an included file must be a <root>", root.tag, "see the include")
        self.chain.append(path)
        parts = self._parts(root)
        self.chain.pop()
        return parts

    def _name(self, path: Path) -> str:
        return path.relative_to(self.home).as_posix()

    def _path(self, element: Element) -> Path:
        """The file that is meant, without links, inside of `home`."""
        given = element.attributes.get("path", "")
        if "ros_pkg" in element.attributes:
            fix = "copy the file beside the tree and include it from there"
            raise _refused(element, "ros_pkg: there is no ROS here", given, fix)
        if not given or "\0" in given or element.children:
            raise _refused(element, "an include must name a file", given, 'write path="other.xml"')
        inside = f"put it under {self.home.name or self.home}, beside the tree"
        # A path of either system is refused on both: a tree that loads here loads there.
        if PureWindowsPath(given).anchor or given.startswith("/"):
            raise _refused(element, "an include must be a relative path", given, inside)
        try:
            path = (self.chain[-1].parent / given).resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise _refused(element, "the include cannot be found", given, inside) from error
        if not path.is_relative_to(self.home):
            raise _refused(element, "an include must stay in the tree's folder", given, inside)
        return path

    def _read(self, element: Element, path: Path) -> bytes:
        given = element.attributes["path"]
        try:
            # A pipe or a device would be waited for.
            if not stat.S_ISREG(path.stat().st_mode):
                raise _refused(element, "an include must be a file", given, "name one")
            with path.open("rb") as stream:
                return stream.read(MAX_BYTES + 1)
        except OSError as error:
            why = f"{given} ({error.strerror})"
            raise _refused(element, "the include cannot be read", why, "check the path") from error


def _refused(element: Element, what: str, got: str | None = None, fix: str = "") -> TreeError:
    where = f"{element.file}:{element.line}:{element.column}"
    return TreeError(what=what, got=got, where=where, fix=fix or None)
