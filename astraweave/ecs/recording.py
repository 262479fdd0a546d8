"""One open episode: appends what is seen, settles credit, computes what the game did not give.

Nothing here touches disk, and nothing on the hot path (`player_did`, `chose`, `ended`) does
more than compare and append.
"""

import math
from collections import deque
from collections.abc import Mapping
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
MAX_TEXT = 10_000
WINDOW_S = 2.0
PLAYER_FIELDS: Final = 5
_WORTH = {ActionResult.SUCCESS: 1.0, ActionResult.PARTIAL: 0.5, ActionResult.FAILURE: 0.0}


@dataclass(slots=True)
class Decision:
    """A decision while it runs; `row` is the row of facts it was chosen in."""

    node: str
    tactic: str
    propensity: float
    available: tuple[str, ...]
    began: float
    row: int
    credit: float = 0.0


@dataclass(slots=True)
class Recording:
    """The recorder's side of one open episode of one companion.

    `start` is the clock's time at which the episode began, moved on by pauses. `current` is the
    row of facts sensed last; it is copied into the draft when an observation first needs it.
    """

    draft: Draft
    start: float
    paused_at: float | None = None
    current: tuple[float, ...] | None = None
    current_row: int = -1
    running: Decision | None = None
    recent: deque[tuple[float, int]] = field(default_factory=deque)
    checkpointed: tuple[int, int] = (0, 0)
    next_checkpoint: float = math.inf

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
        self.running = Decision(node, tactic, propensity, available, now, self.row())

    def ended(
        self, node: str, tactic: str, result: ActionResult, effectiveness: float | None, now: float
    ) -> None:
        """The chosen child ended; the response is recorded now, with the facts of its choice."""
        decision, self.running = self.running, None
        if decision is None:
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
        if decision.credit:
            response = credited(response, decision.credit)
        recent = self.recent
        recent.append((now, len(self.draft.seen)))
        while now - recent[0][0] > CREDIT_WINDOW_S:
            recent.popleft()
        self.draft.seen.append((now - self.start, response, decision.row))

    def credit(self, amount: float, now: float) -> None:
        """Share what came late among the tactics active in the last 5 s, by e^(−age/2 s).

        Raises:
            RecordError: `amount` is not in [−1, 1].
        """
        if not -1.0 <= amount <= 1.0:
            raise RecordError(what="credit must be in [-1, 1]", got=amount, fix="scale it")
        ages = [(now - ended, at) for ended, at in self.recent if now - ended <= CREDIT_WINDOW_S]
        shares = [math.exp(-age / CREDIT_FADE_S) for age, _ in ages]
        total = sum(shares) + (1.0 if self.running is not None else 0.0)
        if total <= 0.0:
            return
        if self.running is not None:
            self.running.credit += amount / total
        for (_, at), share in zip(ages, shares, strict=True):
            t, response, row = self.draft.seen[at]  # type: ignore[misc]  # `recent` holds responses
            self.draft.seen[at] = (t, credited(response, amount * share / total), row)


def credited(response: CompanionResponse, amount: float) -> CompanionResponse:
    """The response with its effectiveness moved by `amount`, clipped to [0, 1].

    What the game gave counts, else what its result is worth; an interrupted one stays as it is.
    """
    worth = response.effectiveness
    if worth is None:
        worth = _WORTH.get(response.result)
    if worth is None:
        return response
    moved = min(1.0, max(0.0, worth + amount))
    return msgspec.structs.replace(response, effectiveness=moved)


def check_params(params: Mapping[str, Any]) -> None:
    """Refuse what cannot be stored, by the parameter's name.

    Raises:
        RecordError: NaN, infinite, beyond ±2⁵³ for whole numbers, a long text, another type.
    """
    for name, value in params.items():
        kind = value.__class__
        if kind is float:
            fine = value - value == 0.0
        elif kind is int:
            fine = -(2**53) <= value <= 2**53
        elif kind is str:
            fine = len(value) <= MAX_TEXT and value.isprintable()
        else:
            fine = value is None or kind is bool
        if not fine or name.__class__ is not str:
            raise RecordError(
                what=f"parameter {name!r} must be a finite number, a short text or a boolean",
                got=value,
                where="player_did",
                fix="clamp it or leave it out",
            )


def satisfaction_of(draft: Draft, success: float, seconds: float, sheet: FactSheet) -> float:
    """Player satisfaction of an open episode, by the formula of `playstyle.satisfaction`.

    The same numbers without compiled kernels, which must not be loaded in a frame.
    """
    windows = max(1, math.ceil(seconds / WINDOW_S))
    acted = {int(entry[0] / WINDOW_S) for entry in draft.seen if len(entry) == PLAYER_FIELDS}
    place = sheet.fraction("player_health")
    health = []
    if place is not None:
        column, low, span = place
        rows = [entry[-1] for entry in draft.seen if entry[-1] >= 0]
        health = [(draft.rows[row][column] - low) / span for row in rows]
        health = [h for h in health if not math.isnan(h)]
    return satisfaction_from(
        active=min(1.0, len(acted) / windows),
        kept=min(1.0, max(0.0, sum(health) / len(health))) if health else 0.5,
        success=success,
    )


def outcome_of(
    draft: Draft, success: float, seconds: float, given: dict[str, Any]
) -> EpisodeOutcome:
    """The outcome: what the game gave, and the rest computed from the episode.

    Effectiveness is the mean of the decisions' own (½ without any), failures are counted,
    damage dealt is the sum of the player's `damage` parameters.

    Raises:
        RecordError: a field that `EpisodeOutcome` does not have, or out of its range.
    """
    worths, failures, dealt = [], 0, 0.0
    for entry in draft.seen:
        if len(entry) == PLAYER_FIELDS:
            damage = (entry[3] or {}).get("damage", 0.0)
            dealt += damage if damage.__class__ in (float, int) and damage > 0 else 0.0
            continue
        response = entry[1]
        failures += response.result is ActionResult.FAILURE
        worth = response.effectiveness
        worth = _WORTH.get(response.result) if worth is None else worth
        if worth is not None:
            worths.append(worth)
    fields: dict[str, Any] = {
        "success_rating": success,
        "companion_effectiveness": sum(worths) / len(worths) if worths else 0.5,
        "duration_ms": round(seconds * 1e3),
        "damage_dealt": dealt,
        "failure_count": failures,
        **given,
    }
    try:
        return msgspec.convert(fields, type=EpisodeOutcome, strict=True)
    except msgspec.ValidationError as error:
        raise RecordError(
            what="the outcome of the episode is out of range", got=str(error), where="end"
        ) from error
