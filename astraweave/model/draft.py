"""An episode while it is being recorded: plain lists, so that the frame only appends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from astraweave.model.columns import EpisodeLog, LogBuilder
from astraweave.model.episode import CompanionResponse, EpisodeCategory, EpisodeOutcome

PlayerRow = tuple[float, str, str | None, Mapping[str, Any] | None, int]
"""(seconds since the start, action, target, parameters, row of facts)."""
CompanionRow = tuple[float, CompanionResponse, int]
"""(seconds since the start, the response, row of facts it was chosen in)."""
MAX_MILLIS = 2**32 - 1


@dataclass(slots=True, kw_only=True)
class Draft:
    """One open episode. Only the recorder appends; others read slices it hands them.

    `seen` holds PlayerRow and CompanionRow in order of time; `rows` the sensed facts, one
    float a fact name. `first` is the index of the first entry of `seen` in the episode and
    `first_row` that of `rows`: both 0 for a whole episode, above for a later part of it.
    """

    id: str
    category: EpisodeCategory
    start_time: float
    player_id: str
    companion_id: str
    policy_version: int
    seed: int
    fact_names: Sequence[str]
    end_time: float | None = None
    truncated: bool = False
    outcome: EpisodeOutcome | None = None
    tags: list[str] = field(default_factory=list)
    seen: list[PlayerRow | CompanionRow] = field(default_factory=list)
    rows: list[Sequence[float]] = field(default_factory=list)
    first: int = 0
    first_row: int = 0

    def part(self, first: int, first_row: int, now: float) -> "Draft":
        """What came since `first` and `first_row`, as a draft that ends at `now`; O(part)."""
        return Draft(
            id=self.id,
            category=self.category,
            start_time=self.start_time,
            player_id=self.player_id,
            companion_id=self.companion_id,
            policy_version=self.policy_version,
            seed=self.seed,
            fact_names=self.fact_names,
            end_time=now,
            truncated=True,
            tags=list(self.tags),
            seen=self.seen[first:],
            rows=self.rows[first_row:],
            first=first,
            first_row=first_row,
        )

    def log(self) -> EpisodeLog:
        """The columns; about 2 µs an observation, so call it off the frame.

        Rows of facts that lie before this part are left out (row −1).
        """
        builder = LogBuilder(self.fact_names)
        for values in self.rows:
            builder.row(values)
        t_ms = 0
        for entry in self.seen:
            # Never back, and never past what 32 bits hold (49 days): columns are in order of time.
            t_ms = min(MAX_MILLIS, max(t_ms, round(entry[0] * 1e3)))
            if len(entry) == 5:
                row = max(-1, entry[4] - self.first_row)
                builder.player(t_ms, entry[1], entry[2], entry[3], row)
            else:
                builder.companion(t_ms, entry[1], max(-1, entry[2] - self.first_row))
        return builder.build(
            id=self.id,
            category=self.category,
            start_time=self.start_time,
            end_time=self.end_time,
            player_id=self.player_id,
            companion_id=self.companion_id,
            policy_version=self.policy_version,
            seed=self.seed,
            truncated=self.truncated,
            outcome=self.outcome,
            tags=tuple(self.tags),
        )
