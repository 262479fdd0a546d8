"""What is about to be stored, without what is sensitive: a memory, an episode, a part of one.

Looks at every text that the game or the player gave, at any depth, on the writer's thread. Ids are
keys: one that looks like an address is kept, counted and said, because cutting it would make one
person of two. Refuses to change what it was given: who gave it may still use it.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import replace
from itertools import chain
from typing import Any

import msgspec

from astraweave.errors import StoreError
from astraweave.memory.sensitive import NAMES, may_hold, redact
from astraweave.model.columns import EpisodeLog
from astraweave.model.draft import Draft
from astraweave.model.memory import Memory

_NEVER_TEXT = frozenset(("id", "player_id", "companion_id", "memory_type", "source", "embedding"))
WORDS_KEPT, WORD = 4_096, 40
"""How many texts of so many characters at most are known to hold nothing."""
TABLES_KEPT = 32
"""How many tables of such texts are known as a whole: episodes of a game have few."""
ALIKE = str.maketrans("123456789", "0" * 9)
"""Each digit a 0."""


class Screen:
    """Counts under "sensitive_NAME" what it takes out, and "sensitive_ids" that it had to leave."""

    def __init__(self, counts: Counter[str], report: Callable[[str], None]) -> None:
        """`report` takes a line for people, which never holds the text itself."""
        self._counts, self._report = counts, report
        self._keep: frozenset[str] = frozenset()
        self._told: set[int] = set()
        self._clean: set[str] = set()
        self._words: frozenset[tuple[tuple[str, ...], ...]] = frozenset()

    def keep(self, names: Collection[str]) -> None:
        """Store what these patterns find; none is looked for when all are named.

        Raises:
            StoreError: there is no such pattern.
        """
        for name in names:
            if name not in NAMES:
                raise StoreError(
                    what="no such kind of sensitive text",
                    got=name,
                    where="keep_sensitive",
                    fix=f"give some of {', '.join(NAMES)}",
                )
        self._keep = frozenset(names)

    def memory(self, memory: Memory) -> Memory:
        """`memory`, or one like it without what is sensitive."""
        own = self._own(memory.id, memory.player_id, memory.companion_id)
        changed = {}
        for name in memory.__struct_fields__:
            if name not in _NEVER_TEXT:
                value = getattr(memory, name)
                clean = self._any(value, own)
                if clean is not value:
                    changed[name] = clean
        return msgspec.structs.replace(memory, **changed) if changed else memory

    def episode(self, log: EpisodeLog) -> EpisodeLog:
        """`log`, or one like it without what is sensitive."""
        ids = (log.id, log.player_id, log.companion_id)
        words = (log.names, log.fact_names, log.tags, ids[1:])
        known = words in self._words
        if known and log.id.translate(ALIKE) in self._clean and not log.extra:
            return log
        texts = {log.id} if known else {log.id}.union(*words)
        for values in log.extra.values():
            for fields in values.values():
                _gather(fields, texts)
        if self._is_clean(texts):
            if not known and len(texts) <= WORDS_KEPT and self._clean.issuperset(chain(*words)):
                # Replaced, not changed: who forgets is another thread.
                kept = self._words if len(self._words) < TABLES_KEPT else ()
                self._words = frozenset((*kept, words))
            return log
        own = self._own(*ids)
        fields = {
            "names": self._any(log.names, own),
            "fact_names": tuple(self._keys(log.fact_names, own)),
            "tags": self._any(log.tags, own),
            "extra": {row: self._any(values, own) for row, values in log.extra.items()},
        }
        changed = {name: value for name, value in fields.items() if value != getattr(log, name)}
        return replace(log, **changed) if changed else log

    def part(self, part: Draft) -> Draft:
        """`part` of an open episode, or one like it; names of the tree are the game's own."""
        ids = (part.id, part.player_id, part.companion_id)
        texts = {*ids, *part.fact_names, *part.tags}
        for entry in part.seen:
            if len(entry) == 5:
                texts.add(entry[1])
                if entry[2] is not None:
                    texts.add(entry[2])
                if entry[3]:
                    _gather(entry[3], texts)
        if self._is_clean(texts):
            return part
        own = self._own(*ids)
        seen = [
            (entry[0], self._text(entry[1], own), *self._any(entry[2:4], own), entry[4])
            if len(entry) == 5
            else entry
            for entry in part.seen
        ]
        names = tuple(self._keys(part.fact_names, own))
        return replace(part, seen=seen, fact_names=names, tags=self._any(part.tags, own))

    def forget(self) -> None:
        """Keep no word in RAM."""
        self._clean.clear()
        self._words = frozenset()

    def _is_clean(self, texts: Set[str]) -> bool:
        """Whether nothing in these can be sensitive; a game's words are looked at once."""
        fresh = texts - self._clean
        if not fresh:
            return True
        # The number in an id is another each time; which digits they are makes no difference.
        told = "\n".join(fresh).translate(ALIKE)
        if told in self._clean:
            return True
        if may_hold(told):
            return False
        if len(self._clean) > WORDS_KEPT:
            self._clean.clear()
        self._clean.update(text for text in (told, *fresh) if len(text) <= WORD)
        return True

    def _own(self, *ids: str) -> frozenset[str]:
        own = frozenset(ids)
        for name in () if self._is_clean(own) else ids:
            if redact(name, self._keep)[1] and hash(name) not in self._told:
                self._told.add(hash(name))
                self._counts["sensitive_ids"] += 1
                self._report("an id looks sensitive and is kept, for it is a key; give a pseudonym")
        return own

    def _text(self, text: Any, own: Collection[str]) -> Any:
        if text in own or not isinstance(text, str):
            return text
        clean, found = redact(text, self._keep)
        for name in found:
            self._counts[f"sensitive_{name}"] += 1
        return clean

    def _any(self, value: Any, own: Collection[str]) -> Any:
        """`value` itself when nothing in it is sensitive, else a copy."""
        if isinstance(value, str):
            return self._text(value, own)
        if isinstance(value, Mapping):
            keys = self._keys(value, own)
            made = dict(zip(keys, (self._any(v, own) for v in value.values()), strict=True))
            return value if made == value else made
        if isinstance(value, (list, tuple)):
            if all(type(item) is str for item in value) and not may_hold("\n".join(value)):
                return value
            items = [self._any(item, own) for item in value]
            same = all(a is b for a, b in zip(items, value, strict=True))
            return value if same else type(value)(items)
        if isinstance(value, msgspec.Struct):
            fields = {name: getattr(value, name) for name in value.__struct_fields__}
            made = {name: self._any(given, own) for name, given in fields.items()}
            same = all(made[name] is fields[name] for name in fields)
            return value if same else msgspec.structs.replace(value, **made)
        return value

    def _keys(self, keys: Iterable[Any], own: Collection[str]) -> list[Any]:
        """Names that stay apart: the second address of a table is "[email] 2"."""
        found: dict[Any, None] = {}
        for key in keys:
            clean, number = self._text(key, own), 1
            name = clean
            while name in found:
                number += 1
                name = f"{clean} {number}"
            found[name] = None
        return list(found)


def _gather(value: Any, texts: set[str]) -> None:
    """Add every text in what was given, at any depth, names too: as it is, not as it is printed."""
    kind = type(value)
    if kind is str:
        texts.add(value)
    elif kind is bool or kind is float or kind is int or value is None:
        return
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            _gather(name, texts)
            _gather(inner, texts)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _gather(inner, texts)
    else:
        texts.add(str(value))
