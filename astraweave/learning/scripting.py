"""Dynamic scripting as a learner of weights: one rule base a node, each with its own constant sum.

The formula is `dynamic_scripting`'s; here it meets the tree, which may be edited at any time, and
the save. Weight clipping and top culling (Spronck, Sprinkhuizen-Kuyper & Postma 2004, "Difficulty
scaling of game AI") are the options `clip` and `cull`.

Refuses a state whose weights lie outside their bounds.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from astraweave.errors import InputError, SaveError
from astraweave.learning.dynamic_scripting import (
    ScriptingSettings,
    balanced,
    playable,
    updated,
)
from astraweave.learning.method import Terms, Valued, check_options
from astraweave.learning.reward import PLAY_SPAN, Reward
from astraweave.learning.statistics import EpisodeRow, LearnerState
from astraweave.model.episode import Count
from astraweave.model.profile import PreferenceProfile
from astraweave.model.weights import MAX_WEIGHT, Weight

if TYPE_CHECKING:
    from astraweave.behavior import WeightedNode

VERSION = 1
OPTIONS = {"clip": "high", "cull": "cull_above", "break_even": "break_even"}
"""Options and the settings they are."""


class RuleBases(msgspec.Struct, kw_only=True):
    """weights: node → tactic → weight, the sum over a node's tactics being their number."""

    version: Annotated[int, Meta(ge=1, le=VERSION)] = VERSION
    episodes: Count = 0
    weights: dict[str, dict[str, Weight]] = {}


class Scripting:
    """The learner; `bases` is all it knows."""

    def __init__(
        self,
        name: str,
        options: Mapping[str, float],
        nodes: "Sequence[WeightedNode]",
        data: bytes | None = None,
    ) -> None:
        """Begin with every weight 1, or go on from `data`, for the tree as it is now.

        Raises:
            InputError: an unknown option, or one out of range.
            SaveError: `data` are no rule bases, or a newer program's.
        """
        self.name = name
        check_options("dynamic-scripting", options, OPTIONS)
        for key in ("clip", "cull"):
            if not 1.0 < options.get(key, MAX_WEIGHT) <= MAX_WEIGHT:
                what = f"{key} must be above 1, at most {MAX_WEIGHT:g}"
                raise InputError(what=what, got=options[key], where=name, fix="correct it")
        self.settings = ScriptingSettings(**{OPTIONS[key]: value for key, value in options.items()})
        try:
            stored = RuleBases() if not data else msgspec.msgpack.decode(data, type=RuleBases)
        except (msgspec.MsgspecError, ValueError) as error:
            what, where = "what was learned cannot be read", f"save: {name}"
            fix = "use the astraweave that wrote it, or a newer one"
            raise SaveError(what=what, got=str(error), where=where, fix=fix) from error
        self.bases = RuleBases(episodes=stored.episodes)
        for node in nodes:
            known = stored.weights.get(node.name, {})
            fresh = {child: known.get(child, 1.0) for child in node.children}
            self.bases.weights[node.name] = balanced(fresh, float(len(fresh)), self.settings)

    def fold(self, row: EpisodeRow, reward: Reward | None) -> None:
        """Pay the tactics that were used by the reward of the whole episode."""
        self.bases.episodes += 1
        if reward is None:
            return
        fitness = min(1.0, reward.play / PLAY_SPAN)
        used: dict[str, set[str]] = {}
        for choice in row.conduct.choices:
            used.setdefault(choice.node, set()).add(choice.tactic)
        for node, tactics in used.items():
            if node in self.bases.weights:
                weights = self.bases.weights[node]
                paid = updated(weights, tactics, fitness, self.settings, share=row.weight)
                w = row.weight
                low, high = self.settings.low, self.settings.high
                self.bases.weights[node] = {
                    n: min(high, max(low, (1.0 - w) * weights[n] + w * paid[n])) for n in paid
                }

    def terms(
        self, state: LearnerState, profile: PreferenceProfile, tactics: Sequence[str]
    ) -> Terms:
        """ln of the weights to play with, centred: what is played depends on their ratios alone."""
        del state, profile
        played = (playable(weights, self.settings) for weights in self.bases.weights.values())
        known = {name: weight for weights in played for name, weight in weights.items()}
        logs = {name: math.log(known.get(name, 1.0)) for name in tactics}
        middle = sum(logs.values()) / max(1, len(logs))
        return {name: (0.0, value - middle) for name, value in logs.items()}, 0.0

    def forget(self, tactics: Iterable[str]) -> None:
        """Back to 1; the other tactics of the node make up for it."""
        gone = set(tactics)
        for node, weights in self.bases.weights.items():
            if gone & set(weights):
                fresh = {n: 1.0 if n in gone else w for n, w in weights.items()}
                self.bases.weights[node] = balanced(
                    fresh, float(len(fresh)), self.settings, keep=gone
                )

    def top(self, k: int) -> tuple[Valued, ...]:
        """The k heaviest tactics of each node."""
        return tuple(
            Valued(context=node, tactic=name, value=weight, decisions=float(self.bases.episodes))
            for node, weights in sorted(self.bases.weights.items())
            for name, weight in sorted(weights.items(), key=lambda i: (-i[1], i[0]))[:k]
        )

    def encoded(self) -> bytes:
        """The rule bases; a new `Scripting` of the same name goes on from them."""
        return msgspec.msgpack.encode(self.bases)
