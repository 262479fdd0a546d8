"""Ways to learn weights, behind one contract: rows of episodes in, terms of each tactic out.

    posterior           ours: discounted outcomes on top of rules with learned trust
    q                   Q-learning over (context bucket, tactic)
    dynamic-scripting   Spronck et al. 2006, with weight clipping (clip=) or top culling (cull=)

Its own state is bytes in the learner's state, so it is committed with it; one that was not in use
for a while is folded anew from the episodes' rows. Refuses names and options it does not know.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from astraweave.errors import InputError, SaveError
from astraweave.learning.method import Method, Terms, Valued, check_options
from astraweave.learning.q_learning import QLearning
from astraweave.learning.reward import Reward
from astraweave.learning.scripting import Scripting
from astraweave.learning.statistics import EpisodeRow, KeptMethod, LearnerState
from astraweave.learning.target import terms
from astraweave.model.actions import nearest
from astraweave.model.profile import PreferenceProfile
from astraweave.playstyle import prior_log_factors

if TYPE_CHECKING:
    from astraweave.behavior import WeightedNode

POSTERIOR = "posterior"
Q = "q"
SCRIPTING = "dynamic-scripting"
NAMES = (POSTERIOR, Q, SCRIPTING)
MOST_STATES = 8
"""Learners whose state is kept: those used last."""


class Posterior:
    """Ours. All it knows stands in `LearnerState`, which every learner keeps."""

    name = POSTERIOR

    def fold(self, row: EpisodeRow, reward: Reward | None) -> None:
        """`statistics.fold` has done it."""

    def terms(
        self, state: LearnerState, profile: PreferenceProfile, tactics: Sequence[str]
    ) -> Terms:
        """See `target.terms`."""
        return terms(state, tactics, prior_log_factors(profile, tactics))

    def forget(self, tactics: Iterable[str]) -> None:
        """`reset` drops them from `LearnerState`."""

    def top(self, k: int) -> tuple[Valued, ...]:
        """Nothing: `status` tells each tactic's decisions and weight."""
        del k
        return ()

    def encoded(self) -> bytes:
        """Nothing of its own."""
        return b""


def parsed(given: str) -> tuple[str, dict[str, float]]:
    """Name and options of ``NAME`` or ``NAME:key=number,…``.

    Raises:
        InputError: neither, or a number that is not finite.
    """
    name, colon, rest = given.partition(":")
    if name not in NAMES:
        what, fix = f"there is no learner {name!r}", nearest(name, NAMES)
        raise InputError(what=what, where="learner", fix=fix)
    options: dict[str, float] = {}
    for each in rest.split(",") if colon else ():
        key, _, text = each.partition("=")
        try:
            options[key] = float(text)
        except ValueError:
            options[key] = math.nan
        if not math.isfinite(options[key]):
            what, fix = f"{name}: options are key=number", "for instance q:alpha=.1"
            raise InputError(what=what, got=each, where="learner", fix=fix)
    return name, options


def method_of(given: str, nodes: "Sequence[WeightedNode]", data: bytes | None = None) -> Method:
    """The learner of that name, with what it knows.

    Args:
        given: see `parsed`.
        nodes: the tree's WeightedFallbacks.
        data: what it knew; without it begins anew.

    Raises:
        InputError: an unknown name or option, or one out of range.
        SaveError: its state is damaged, or a newer program's.
    """
    name, options = parsed(given)
    if name == POSTERIOR:
        check_options(name, options, {})
        return Posterior()
    if name == Q:
        return QLearning(given, options, data)
    return Scripting(given, options, nodes, data)


def check_learner(given: object) -> None:
    """Refuse what `method_of` would.

    Raises:
        InputError: no name, an unknown one or option, or one out of range.
    """
    if not isinstance(given, str):
        fix = f"give its name: {', '.join(NAMES)}"
        raise InputError(what="a learner is a name", got=given, where="learner", fix=fix)
    method_of(given, ())


def with_method(
    states: Mapping[str, KeptMethod], method: Method, episodes: int
) -> dict[str, KeptMethod]:
    """The states with this learner's as the last used; of the others the oldest go, beyond a few.

    Args:
        states: as they were.
        method: who has learned of all `episodes`.
        episodes: how many there are.
    """
    body = method.encoded()
    others = {name: kept for name, kept in states.items() if name != method.name}
    found = {**others, method.name: KeptMethod(episodes, body)} if body else others
    return dict(list(found.items())[-MOST_STATES:])


def without(
    states: Mapping[str, KeptMethod], nodes: "Sequence[WeightedNode]", tactics: Sequence[str]
) -> dict[str, KeptMethod]:
    """The states when each has forgotten these tactics; one that cannot be read goes whole."""
    found = {}
    for name, kept in states.items():
        try:
            method = method_of(name, nodes, kept.body)
        except (InputError, SaveError):
            continue  # the rows tell the same when it is wanted
        method.forget(tactics)
        found[name] = KeptMethod(kept.episodes, method.encoded())
    return found
