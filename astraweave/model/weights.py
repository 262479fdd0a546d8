"""Learned weights of a tree's tactics, with where they came from."""

import math
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from astraweave.model.episode import Count, Name
from astraweave.model.profile import PreferenceProfile

MIN_WEIGHT, MAX_WEIGHT = 0.25, 4.0
CAP = 0.25
Weight = Annotated[float, Meta(ge=MIN_WEIGHT, le=MAX_WEIGHT)]


class WeightSet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Learned factor of each tactic; it multiplies the designer's weight. 1 changes nothing.

    Keyed by the name of a child of a WeightedFallback ("node/child" where two such nodes have
    children of the same name). `version` 0 is the designer's; `parent` is the version it was
    proposed against; `origin` says what made it (learned, reset, undo, redo, roll_back). An undo
    or redo `restores` the weights of that version. `tree` is the content hash of the variant of the
    tree that they play in, empty for the designer's own.
    """

    version: Count
    weights: dict[Name, Weight]
    parent: Count | None = None
    restores: Count | None = None
    origin: str = "learned"
    episode_count: Count = 0
    created_at: Annotated[float, Meta(ge=0.0, le=4e11)] = 0.0
    reason: str = ""
    tree: str = ""


def designer_weights(tactics: tuple[str, ...]) -> WeightSet:
    """Version 0: every factor 1."""
    return WeightSet(version=0, weights=dict.fromkeys(tactics, 1.0), origin="designer")


Bounds = tuple[Weight, Weight]


class Controls(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person decided of a pair's weights; learning obeys, whatever the evidence.

    locked: tactics that learning must not move. only: if given, the tactics that it may move.
    bounds: lowest and highest factor of a tactic, inside [MIN_WEIGHT, MAX_WEIGHT].
    """

    locked: tuple[Name, ...] = ()
    only: tuple[Name, ...] | None = None
    bounds: dict[Name, Bounds] = {}

    def held(self, tactics: Iterable[str]) -> frozenset[str]:
        """Which of these tactics must not move."""
        others = () if self.only is None else set(tactics) - set(self.only)
        return frozenset(self.locked) | frozenset(others)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What moved one tactic: from and to, and the three terms its target was computed from."""

    tactic: Name
    before: float
    after: float
    target: float
    prior: float = 0.0
    evidence: float = 0.0
    decisions: float = 0.0


def moved(share: float) -> str:
    """How far a factor moved: ``+12%``, below a percent ``-0.5%``, and ``0%`` for not at all."""
    if abs(share) >= 0.01:
        return f"{share:+.0%}"
    return f"{share:+.1%}" if round(share, 3) else "0%"


def moves(changes: Iterable[Change], most: int) -> str:
    """The largest changes in words; empty where nothing moved by a thousandth."""
    largest = sorted(changes, key=lambda c: -abs(math.log(c.after / c.before)))[:most]
    told = [(c.tactic, moved(c.after / c.before - 1.0)) for c in largest]
    return ", ".join(f"{tactic} {share}" for tactic, share in told if share != "0%")


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate weight set, why it is proposed, and what it would replace.

    `profile` is what was believed of the player then: it says whom the sandbox let it play with.
    `learner` is who proposed it.
    """

    player_id: Name
    companion_id: Name
    candidate: WeightSet
    baseline: WeightSet
    changes: tuple[Change, ...]
    number: Annotated[int, Meta(ge=1)]
    rule_trust: float = 0.0
    profile: PreferenceProfile | None = None
    learner: str = "posterior"
