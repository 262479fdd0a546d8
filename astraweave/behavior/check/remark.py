"""One thing that looks wrong."""

import re
from typing import NamedTuple

from astraweave.behavior.groot.grammar import MAX_PATH

_PLACE = re.compile(r"(.*):(\d+):(\d+)")


class Remark(NamedTuple):
    """What, where and what to do. where: ``file:line:col``; code: its kind, one word or two."""

    where: str
    path: str
    what: str
    fix: str
    code: str

    def place(self) -> tuple[str, int, int, str]:
        """To sort by: file, line, column, code."""
        found = _PLACE.fullmatch(self.where)
        if found is None:
            return self.where, 0, 0, self.code
        return found[1], int(found[2]), int(found[3]), self.code

    def __str__(self) -> str:
        """``file:line:col: warning: path: what; fix [code]``, on one line."""
        path = self.path if len(self.path) <= MAX_PATH else f"…{self.path[-MAX_PATH:]}"
        what = f"{path}: {self.what}" if path else self.what
        text = f"{self.where}: warning: {what}; {self.fix} [{self.code}]"
        return " ".join(text.split())
