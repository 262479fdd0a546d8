"""JSON Lines: one episode, memory or trait a line, the same bytes for the same content."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, BinaryIO, TypeVar

import msgspec

from astraweave.model.columns import EpisodeLog, episode_of
from astraweave.model.episode import Episode
from astraweave.model.exchange import read_episodes
from astraweave.model.lines import Line, read_values
from astraweave.model.memory import Memory

S = TypeVar("S", bound=msgspec.Struct)
# Keys of dictionaries sorted, fields as they are declared: bytes say whether content is the same.
encode_line = msgspec.json.Encoder(order="deterministic").encode


class LineSink:
    """Writes each thing as a line."""

    def __init__(self, stream: BinaryIO) -> None:
        """Write to `stream`, which its owner closes."""
        self._stream = stream

    def add(self, item: Any) -> None:
        """One line: a log as the `Episode` it holds."""
        told = canonical(episode_of(item) if isinstance(item, EpisodeLog) else item)
        self._stream.write(encode_line(told) + b"\n")

    def close(self) -> None:
        """Nothing is held."""


def canonical(value: S) -> S:
    """`value` without what says no more than its defaults do.

    The encoder leaves a default out only where it is the very object.
    """
    changed = {}
    for name, default in _defaults(type(value)).items():
        held = getattr(value, name)
        if isinstance(held, msgspec.Struct):
            clean = canonical(held)
            clean = default if clean == default else clean
            if clean is not held:
                changed[name] = clean
        elif held is not default and held == default:
            changed[name] = default
    return msgspec.structs.replace(value, **changed) if changed else value


@cache
def _defaults(kind: type[msgspec.Struct]) -> dict[str, Any]:
    fields = msgspec.structs.fields(kind)
    return {field.name: field.default for field in fields if field.default is not msgspec.NODEFAULT}


def read_memories(stream: BinaryIO, where: str = "memories") -> Iterator[Line[Memory]]:
    """Each line with its memory, or with what is wrong with it; empty ones are passed over."""
    return read_values(stream, where, msgspec.json.Decoder(Memory).decode, "Memory")


READERS: dict[str, Callable[[BinaryIO, str], Iterator[Line[Any]]]] = {
    "episodes": read_episodes,
    "memories": read_memories,
}
SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "episodes": lambda: msgspec.json.schema(Episode),
    "memories": lambda: msgspec.json.schema(Memory),
}
