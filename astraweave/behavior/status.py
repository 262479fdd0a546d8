"""What a node says when it is ticked, and what a callback may answer. Refuses any other answer."""

from enum import IntEnum
from typing import Literal

import msgspec
import numpy as np

from astraweave.errors import RecordError, UsageError
from astraweave.model import ports
from astraweave.model.actions import nearest
from astraweave.model.facts import check_number


class Status(IntEnum):
    """Status of a node; the first four codes are those of `model.ports`.

    IDLE is never returned by a tick. SKIPPED says "not asked": the parent goes on as if the
    node were not there.
    """

    IDLE = ports.IDLE
    RUNNING = ports.RUNNING
    SUCCESS = ports.SUCCESS
    FAILURE = ports.FAILURE
    SKIPPED = 4


IDLE, RUNNING, SUCCESS, FAILURE, SKIPPED = Status
BY_NAME: dict[str, Status] = {s.name.lower(): s for s in (RUNNING, SUCCESS, FAILURE, SKIPPED)}


class Result(msgspec.Struct, frozen=True):
    """How an action ended, and how well: ``Result("success", effectiveness=0.8)``.

    `status` "partial" counts as SUCCESS for the tree and as half a success for learning.
    `effectiveness` in [0, 1] is the game's own measure, None when it has none.

    Raises:
        RecordError: an unknown status, or effectiveness NaN, infinite or outside [0, 1].
    """

    status: Literal["success", "failure", "partial"]
    effectiveness: float | None = None

    def __post_init__(self) -> None:
        """Check at once, where the game's stack trace still shows who said it."""
        if self.status not in ("success", "failure", "partial"):
            raise RecordError(
                what="status must be 'success', 'failure' or 'partial'",
                got=self.status,
                where="Result",
                fix="correct the status",
            )
        if self.effectiveness is not None:
            check_number("effectiveness", self.effectiveness, 0.0, 1.0)


def status_of(answer: object) -> Status:
    """Status of what a callback returned: bool, `Result`, `Status` or its name.

    Raises:
        UsageError: None, IDLE or anything else.
    """
    if isinstance(answer, (bool, np.bool_)):
        return SUCCESS if answer else FAILURE
    if isinstance(answer, Result):
        return FAILURE if answer.status == "failure" else SUCCESS
    if isinstance(answer, Status) and answer is not IDLE:
        return answer
    if isinstance(answer, str):
        known = BY_NAME.get(answer.lower())
        if known is not None:
            return known
        raise UsageError(
            what="the callback returned an unknown status",
            got=answer,
            fix=nearest(answer.lower(), list(BY_NAME)),
        )
    raise UsageError(
        what="a callback must return True, False, a Result or a status, or yield while it runs",
        got="None" if answer is None else answer,
        fix="return True when it worked, False when it did not",
    )
