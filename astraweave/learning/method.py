"""The contract of a way to learn: rows of episodes in, terms of each tactic out.

A learner only says where weights want to be. Step, bounds, locks, gate and trial are the same for
all. Refuses options that a learner does not have.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from astraweave.errors import InputError, WeightsError
from astraweave.learning.reward import Reward
from astraweave.learning.statistics import EpisodeRow, LearnerState
from astraweave.model.actions import nearest
from astraweave.model.profile import PreferenceProfile

Terms = tuple[dict[str, tuple[float, float]], float]


class Valued(msgspec.Struct, frozen=True, kw_only=True):
    """What a learner holds a tactic for: in one context, or "" where it knows none."""

    context: str
    tactic: str
    value: float
    decisions: float


class Method(Protocol):
    """One way to learn. `name` has its options in it, as they were given."""

    name: str

    def fold(self, row: EpisodeRow, reward: Reward | None) -> None:
        """One more episode, in place; `reward` None where it had no outcome."""
        ...

    def terms(
        self, state: LearnerState, profile: PreferenceProfile, tactics: Sequence[str]
    ) -> Terms:
        """Tactic → (what rules, what outcomes say of ln w*), each centred; and the rules' trust.

        All are finite: else nothing is proposed.
        """
        ...

    def forget(self, tactics: Iterable[str]) -> None:
        """Forget what is known of these tactics, as `reset` asks."""
        ...

    def top(self, k: int) -> tuple[Valued, ...]:
        """The k best tactics it knows, of each context, contexts known best first."""
        ...

    def encoded(self) -> bytes:
        """Its state, for the save; b"" where `LearnerState` holds all of it."""
        ...


def check_terms(name: str, found: Terms, tactics: Sequence[str]) -> Terms:
    """What a learner said, once it is finite and of every tactic.

    Raises:
        WeightsError: it is not; naming learner and tactic.
    """
    terms, trust = found
    said = {f"tactic {tactic!r}": terms.get(tactic, ()) for tactic in tactics}
    for what, value in {**said, "the rules' trust": (0.0, trust)}.items():
        if len(value) != 2 or not all(map(math.isfinite, value)):
            raise WeightsError(
                what=f"the learner must say two finite numbers of {what}",
                got=value,
                where=f"learner {name}",
                fix="mend its terms(), or take another learner",
            )
    return found


def check_options(name: str, options: Mapping[str, float], known: Mapping[str, object]) -> None:
    """Refuse an option that a learner does not have.

    Raises:
        InputError: naming it.
    """
    for key in options:
        if key not in known:
            fix = nearest(key, tuple(known)) if known else "it takes none"
            raise InputError(what=f"{name} has no option {key!r}", where="learner", fix=fix)
