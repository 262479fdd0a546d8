"""What a verdict is an answer to: the content of everything that decides it, as hashes.

Two questions with the same hashes have the same answer, so one that was played need not be played
again. Refuses to take anything for the same that has no content of its own to compare: a reward or
a cast without a name, a game that does not state its own hash.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import numpy as np

from astraweave.behavior import Tree
from astraweave.model.ports import BatchEnvironment
from astraweave.model.scenario import Scenario
from astraweave.model.verdict import Verdict
from astraweave.model.weights import WeightSet
from astraweave.sandbox.gate import EXEMPT, GateSettings
from astraweave.sandbox.jobs import code_hash, content_of
from astraweave.sandbox.rules import rules_hash
from astraweave.sandbox.runner import Players
from astraweave.sandbox.seeds import SAFETY, episode_seeds

_HASHED_PLAYERS = 64
"""Bots looked at for the hash of who plays, where nothing else stands for them."""


class Cache(Protocol):
    """Keeps verdicts by their question: 64 hex digits."""

    def get(self, key: str) -> Verdict | None:
        """The verdict, if it is there and whole."""
        ...

    def put(self, key: str, verdict: Verdict) -> None:
        """Keep it, in place of an older one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question to the gate; arguments as those of `validate`."""

    game: BatchEnvironment
    tree: Tree
    deployed_tree: Tree
    candidate: WeightSet
    deployed: WeightSet
    scenarios: Sequence[Scenario]
    casts: dict[str, Players]
    settings: GateSettings
    whitelist: frozenset[str] | None
    bounds: Mapping[str, tuple[float, float]]
    span: float
    reward_name: str
    players_name: str
    seed: int
    number: int

    def hashes(self) -> dict[str, str]:
        """16 hex digits over each part of what decides the answer."""
        exempt = self.candidate.origin in EXEMPT
        allowed: list[Any] = [None if self.whitelist is None else sorted(self.whitelist)]
        if self.bounds:
            allowed.append(dict(sorted(self.bounds.items())))
        return {
            "tree": self.tree.content_hash,
            "deployed_tree": self.deployed_tree.content_hash,
            "candidate": _digest([dict(sorted(self.candidate.weights.items())), exempt]),
            "deployed": _digest(dict(sorted(self.deployed.weights.items()))),
            "scenarios": _digest(list(self.scenarios)),
            "rules": rules_hash(self.settings.rules),
            "reward": _digest([self.reward_name, self.span]),
            "settings": _digest([self.settings.content(), *allowed]),
            "environment": content_of(self.game),
            "code": _digest(code_hash(self.game)),
            "declared": _digest(_declared(self.game)),
            "seeds": _digest([self.seed, self.number]),
            "players": self._players(),
        }

    def key(self, hashes: dict[str, str]) -> str | None:
        """The question as 64 hex digits; None where something of it has no content to compare."""
        named = self.reward_name and self.players_name
        if not named or not getattr(self.game, "states_content", True):
            return None
        return hashlib.sha256(msgspec.json.encode(hashes, order="deterministic")).hexdigest()

    def _players(self) -> str:
        """Over what stands for the casts, and the first bots of each, where they are arrays."""
        seeds = episode_seeds(self.seed, self.number, SAFETY, 0, 0, _HASHED_PLAYERS)
        digest = hashlib.sha256(self.players_name.encode())
        for who, cast in self.casts.items():
            drawn = cast(seeds)
            digest.update(who.encode())
            digest.update(drawn.tobytes() if isinstance(drawn, np.ndarray) else b"")
        return digest.hexdigest()[:16]


def answered(cache: Cache, key: str, hashes: dict[str, str]) -> Verdict | None:
    """The kept answer to this very question, marked as such; None when it must be played."""
    found = cache.get(key)
    if found is None or found.hashes != hashes:
        return None
    return msgspec.structs.replace(found, cached=True)


def _declared(game: BatchEnvironment) -> list[Any]:
    """What a game says of itself, which may be set when it is made."""
    facts = [msgspec.to_builtins(fact) for fact in game.facts.facts]
    own = (game.actions, game.events, game.ranges, game.step_seconds)
    return [str(facts), *own, getattr(game, "step_ticks", 1), type(game).__qualname__]


def _digest(content: Any) -> str:
    """16 hex digits over the JSON of what decides a verdict."""
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()[:16]
