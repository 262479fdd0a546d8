"""JSON Lines: one episode, memory or trait a line, the same bytes for the same content."""

from typing import Any, BinaryIO

import msgspec

from astraweave.model.columns import EpisodeLog, episode_of

# Keys of dictionaries sorted, fields as they are declared: bytes say whether content is the same.
encode_line = msgspec.json.Encoder(order="deterministic").encode


class LineSink:
    """Writes each thing as a line."""

    def __init__(self, stream: BinaryIO) -> None:
        """Write to `stream`, which its owner closes."""
        self._stream = stream

    def add(self, item: Any) -> None:
        """One line: a log as the `Episode` it holds."""
        told = episode_of(item) if isinstance(item, EpisodeLog) else item
        self._stream.write(encode_line(told) + b"\n")

    def close(self) -> None:
        """Nothing is held."""
