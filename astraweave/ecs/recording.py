"""One open episode: appends what is seen, settles credit, computes what the game did not give.

Nothing here touches disk, and nothing on the hot path (`player_did`, `chose`, `ended`) does
more than compare and append. All times are seconds since the episode began, without pauses.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from astraweave.errors import RecordError
from astraweave.model.draft import Draft
from astraweave.model.episode import ActionResult, CompanionResponse, EpisodeOutcome
from astraweave.model.facts import FactSheet
from astraweave.playstyle import satisfaction_from

CREDIT_WINDOW_S = 5.0
CREDIT_FADE_S = 2.0
WINDOW_MS = 2000
MAX_DAMAGE = 1e12
PLAYER_FIELDS: Final = 5
_WORTH = {ActionResult.SUCCESS: 1.0, ActionResult.PARTIAL: 0.5, ActionResult.FAILURE: 0.0}


@dataclass(slots=True)
class Decision:
    """A decision while it runs; `row` is the row of facts it was chosen in."""

    tactic: str
    propensity: float
    available: tuple[str, ...]
    began: float
    row: int
    credit: float = 0.0


@dataclass(slots=True)
class Ended:
    """A decision that ended a moment ago and may still be given credit.

    `at` is its place in the draft; `response` is as it ended, `credit` what it was given since.
    """

    when: float
    at: int
    response: CompanionResponse
    row: int
    credit: float


@dataclass(slots=True)
class Recording:
    """The recorder's side of one open episode of one companion.

    `start` is the clock's time at which the episode began, moved on by pauses; `paused_at` its
    own time while it is paused. `current` is the row of facts sensed last; it is copied into the
    draft when an observation first needs it. `running` holds the open decision of each node.
    """

    draft: Draft
    start: float
    paused_at: float | None = None
    current: tuple[float, ...] | None = None
    current_row: int = -1
    running: dict[str, Decision] = field(default_factory=dict)
    recent: deque[Ended] = field(default_factory=deque)
    checkpointed: tuple[int, int] = (0, 0)
    next_checkpoint: float = math.inf
    closed: bool = False

    def at(self, now: float) -> float:
        """Seconds since the episode began, at the clock's time `now`."""
        return now - self.start if self.paused_at is None else self.paused_at

    def pause(self, now: float) -> None:
        """Stop the episode's time."""
        self.paused_at = self.at(now)

    def resume(self, now: float) -> None:
        """Go on where it stopped."""
        if self.paused_at is not None:
            self.start = now - self.paused_at
            self.paused_at = None

    def sensed(self, values: tuple[float, ...]) -> None:
        """New facts; they cost nothing until an observation refers to them."""
        self.current = values
        self.current_row = -1

    def row(self) -> int:
        """Index of the current facts among the draft's rows, −1 when nothing was sensed."""
        if self.current_row < 0 and self.current is not None:
            self.current_row = len(self.draft.rows)
            self.draft.rows.append(self.current)
        return self.current_row

    def chose(
        self, node: str, tactic: str, propensity: float, available: tuple[str, ...], now: float
    ) -> None:
        """A WeightedFallback made a choice."""
        if not self.closed:
            self.running[node] = Decision(tactic, propensity, available, now, self.row())

    def ended(
        self, node: str, tactic: str, result: ActionResult, effectiveness: float | None, now: float
    ) -> None:
        """The chosen child ended; the response is recorded now, with the facts of its choice."""
        decision = self.running.pop(node, None)
        if decision is None or self.closed:
            return
        response = CompanionResponse(
            action_type=tactic,
            result=result,
            effectiveness=effectiveness,
            tactic=tactic,
            node=node,
            propensity=decision.propensity,
            available=decision.available,
            duration_ms=max(0, round((now - decision.began) * 1e3)),
        )
        seen, recent = self.draft.seen, self.recent
        recent.append(Ended(now, len(seen), response, decision.row, decision.credit))
        while now - recent[0].when > CREDIT_WINDOW_S:
            recent.popleft()
        if decision.credit:
            response = credited(response, decision.credit)
        seen.append((now, response, decision.row))

    def interrupt(self, now: float) -> None:
        """End what still runs: its tree will not say so any more."""
        for node, decision in list(self.running.items()):
            self.ended(node, decision.tactic, ActionResult.INTERRUPTED, None, now)

    def credit(self, amount: float, now: float) -> None:
        """Share what came late among the tactics active in the last 5 s, by e^(−age/2 s).

        What a decision was given adds up; the sum is clipped once, so that praise and blame in
        any order leave the same. An interrupted one takes its share, but has no worth to move.

        Raises:
            RecordError: `amount` is not in [−1, 1].
        """
        try:
            fits = -1.0 <= amount <= 1.0
        except TypeError:
            fits = False
        if not fits:
            raise RecordError(what="credit must be in [-1, 1]", got=amount, fix="scale it")
        late = [ended for ended in self.recent if now - ended.when <= CREDIT_WINDOW_S]
        shares = [math.exp((ended.when - now) / CREDIT_FADE_S) for ended in late]
        total = sum(shares) + len(self.running)
        if total <= 0.0:
            return
        for decision in self.running.values():
            decision.credit += amount / total
        for ended, share in zip(late, shares, strict=True):
            ended.credit += amount * share / total
            response = credited(ended.response, ended.credit)
            self.draft.seen[ended.at] = (ended.when, response, ended.row)


def credited(response: CompanionResponse, amount: float) -> CompanionResponse:
    """The response with its effectiveness moved by `amount`, clipped to [0, 1].

    What the game gave counts, else what its result is worth; an interrupted one stays as it is.
    """
    worth = _worth(response)
    if worth is None:
        return response
    moved = min(1.0, max(0.0, worth + amount))
    return msgspec.structs.replace(response, effectiveness=moved)


def _worth(response: CompanionResponse) -> float | None:
    """e of a decision; None for an interrupted one."""
    if response.result is ActionResult.INTERRUPTED or response.effectiveness is None:
        return _WORTH.get(response.result)
    return response.effectiveness


def satisfaction_of(draft: Draft, success: float, seconds: float, sheet: FactSheet) -> float:
    """Player satisfaction of an open episode, by the formula of `playstyle.satisfaction`.

    The same numbers without compiled kernels, which must not be loaded in a frame.
    """
    times = [max(0, round(entry[0] * 1e3)) for entry in draft.seen]
    last = max(1, math.ceil(times[-1] / WINDOW_MS)) if times else 0
    windows = max(math.ceil(round(seconds * 1e3) / WINDOW_MS), last)
    acted = {
        t // WINDOW_MS
        for t, entry in zip(times, draft.seen, strict=True)
        if len(entry) == PLAYER_FIELDS
    }
    return satisfaction_from(
        active=min(len(acted), windows) / windows if windows else 0.0,
        kept=_kept(draft, sheet),
        success=success,
    )


def _kept(draft: Draft, sheet: FactSheet) -> float:
    """Mean health of the player over the observations, ½ where it is unknown."""
    place = sheet.fraction("player_health")
    if place is None:
        return 0.5
    column, low, span = place
    rows = [entry[-1] for entry in draft.seen if entry[-1] >= 0]
    known = [x for x in ((draft.rows[row][column] - low) / span for row in rows) if x == x]  # noqa: PLR0124  # NaN
    return sum(known) / len(known) if known else 0.5


def outcome_of(draft: Draft, seconds: float, given: dict[str, Any]) -> EpisodeOutcome:
    """The outcome: what the game gave (checked), and the rest computed from the episode.

    Effectiveness is the mean of the decisions' own (½ without any), failures are counted,
    damage dealt is the sum of the player's `damage` parameters.
    """
    responses = [entry[1] for entry in draft.seen if len(entry) != PLAYER_FIELDS]
    worths = [worth for worth in map(_worth, responses) if worth is not None]
    failures = sum(r.result is ActionResult.FAILURE for r in responses)
    fields: dict[str, Any] = {
        "companion_effectiveness": sum(worths) / len(worths) if worths else 0.5,
        "duration_ms": round(seconds * 1e3),
        "damage_dealt": min(MAX_DAMAGE, sum(_damages(draft))),
        "failure_count": failures,
        **given,
    }
    return msgspec.convert(fields, type=EpisodeOutcome, strict=True)


def _damages(draft: Draft) -> Iterable[float]:
    for entry in draft.seen:
        if len(entry) == PLAYER_FIELDS and entry[3]:
            damage = entry[3].get("damage", 0.0)
            if damage.__class__ in (float, int) and damage > 0:
                yield damage
