"""Where a tree came from: reads its file and what that includes, and knows when they change.

Refuses files that cannot be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from astraweave.behavior.groot.document import Document
from astraweave.behavior.groot.grammar import Model
from astraweave.behavior.groot.reader import read_document
from astraweave.behavior.groot.xml_reader import MAX_BYTES
from astraweave.behavior.scripts.parser import Enums
from astraweave.errors import TreeError
from astraweave.model.reading import read_file
from astraweave.model.shipped import shipped

Stamp = tuple[int, int, int] | None


@dataclass(slots=True)
class Source:
    """A tree's file, the tree in it that is meant, and the leaves and enums of the caller."""

    file: Path
    main: str | None
    leaves: Mapping[str, Model]
    enums: Enums = ()
    _seen: dict[Path, Stamp] = field(default_factory=dict)

    def read(self) -> Document:
        """The document as it is now.

        Raises:
            TreeError: no such file, or a refused one.
        """
        # Before it is read: what is saved in between is a change.
        self._seen = {self.file: _stamp(self.file)} | {path: _stamp(path) for path in self._seen}
        try:
            text = read_file(self.file, MAX_BYTES)
        except OSError as error:
            known = sorted(p.name for p in shipped("behavior_trees").glob("*.xml"))
            raise TreeError(
                what="cannot read the tree",
                got=error.strerror,
                where=str(self.file),
                fix=f"shipped trees: {', '.join(known) or 'none'}",
            ) from error
        folder = self.file.parent
        document = read_document(text, self.file.name, self.leaves, folder, self.enums)
        included = {folder / element.file for element in document.root.children if element.file}
        self._seen = {path: self._seen.get(path) or _stamp(path) for path in (self.file, *included)}
        return document

    def changed(self) -> bool:
        """Whether one of the files is another one than when it was read."""
        return any(_stamp(path) != stamp for path, stamp in self._seen.items())


def _stamp(file: Path) -> Stamp:
    """Size, time and number of a file, None when it is not there."""
    try:
        found = file.stat()
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino
