"""Getting data in and out of a save: whole, in order, and without trusting what comes in.

snapshot    a save as it is at one moment, row by row     files   what is written appears whole
sinks, lines, arrow  where rows go: JSON Lines, Arrow, Parquet
tables, flat          columns, and rows of them
sources, arrow_in, arrow_child  where they come from
intake, taking        from lines to rows of the save, each answered
"""

from astraweave.memory.exchange.files import Destination, check_name
from astraweave.memory.exchange.intake import Intake, Taken
from astraweave.memory.exchange.sinks import (
    FORMATS,
    Sink,
    check_lines,
    check_place,
    format_of,
    open_sink,
)
from astraweave.memory.exchange.snapshot import Selection, Snapshot

__all__ = [
    "FORMATS",
    "Destination",
    "Intake",
    "Selection",
    "Sink",
    "Snapshot",
    "Taken",
    "check_lines",
    "check_name",
    "check_place",
    "format_of",
    "open_sink",
]
