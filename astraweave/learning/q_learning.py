"""Q-learning (Watkins 1989) over (context bucket, tactic), as a learner of weights.

Q += α(r + γ·max Q(next) − Q), backwards over the decisions of an episode, r the worth y of a
decision in [0, 1], the last decision of an episode being followed by nothing. Weights are for a
tactic in every context, so its advantage over what was played there is averaged over the contexts
by their decisions; a share ε of the choices is uniform, less from episode to episode.

Refuses a state that its own updates could not have made.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from astraweave.errors import InputError, SaveError
from astraweave.learning.method import Terms, Valued, check_options
from astraweave.learning.reward import Reward
from astraweave.learning.statistics import EpisodeRow, LearnerState, worth
from astraweave.model.episode import Count, NonNegative
from astraweave.model.profile import PreferenceProfile

VERSION = 1
PRIOR_VISITS = 10.0
"""A tactic's advantage counts half once it was decided for so often in a context."""

Value = Annotated[float, Meta(ge=0.0, le=1e6)]


class QSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """alpha: step of learning. gamma: what the next decision's value counts.

    epsilon: share of uniform choices before the first episode; ·decay an episode, down to floor.
    temperature: advantage, in units of y, that makes a tactic e times as likely.
    """

    alpha: Annotated[float, Meta(gt=0.0, le=1.0)] = 0.1
    gamma: Annotated[float, Meta(ge=0.0, le=0.999)] = 0.95
    epsilon: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.2
    decay: Annotated[float, Meta(gt=0.0, le=1.0)] = 0.95
    floor: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.02
    temperature: Annotated[float, Meta(ge=0.001, le=100.0)] = 0.1


class QTable(msgspec.Struct, kw_only=True):
    """values: "node|bucket" → tactic → (Q, how often it was decided for)."""

    version: Annotated[int, Meta(ge=1, le=VERSION)] = VERSION
    episodes: Count = 0
    values: dict[str, dict[str, tuple[Value, NonNegative]]] = {}


class QLearning:
    """The learner; `table` is all it knows."""

    def __init__(self, name: str, options: Mapping[str, float], data: bytes | None = None) -> None:
        """Begin anew, or go on from `data`.

        Raises:
            InputError: an unknown option, or one out of range.
            SaveError: `data` is no table, or a newer program's.
        """
        self.name = name
        check_options("q", options, msgspec.structs.asdict(QSettings()))
        try:
            self.settings = msgspec.convert(dict(options), QSettings)
        except msgspec.ValidationError as error:
            what, fix = "an option is out of range", "correct it"
            raise InputError(what=what, got=str(error), where=name, fix=fix) from error
        try:
            self.table = QTable() if not data else msgspec.msgpack.decode(data, type=QTable)
        except (msgspec.MsgspecError, ValueError) as error:
            what, where = "what was learned cannot be read", f"save: {name}"
            fix = "use the astraweave that wrote it, or a newer one"
            raise SaveError(what=what, got=str(error), where=where, fix=fix) from error

    @property
    def epsilon(self) -> float:
        """Share of uniform choices now."""
        told = self.settings
        return max(told.floor, told.epsilon * told.decay**self.table.episodes)

    def fold(self, row: EpisodeRow, reward: Reward | None) -> None:
        """The decisions of one episode, last first; without an outcome they have no worth."""
        self.table.episodes += 1
        if reward is None:
            return
        # What counts as a share of an episode moves a value as far as that share of one would.
        step, following = 1.0 - (1.0 - self.settings.alpha) ** row.weight, 0.0
        for choice in reversed(row.conduct.choices):
            known = self.table.values.setdefault(f"{choice.node}|{choice.bucket}", {})
            value, visits = known.get(choice.tactic, (0.0, 0.0))
            target = worth(choice, reward.play) + self.settings.gamma * following
            step = row.weight * self.settings.alpha
            known[choice.tactic] = (value + step * (target - value), visits + row.weight)
            # What this context is worth to the decision before it.
            following = max(known[name][0] for name in choice.available if name in known)

    def terms(
        self, state: LearnerState, profile: PreferenceProfile, tactics: Sequence[str]
    ) -> Terms:
        """ln of (1 − ε)·softmax(advantage/temperature) + ε/n, centred; no rules, no trust."""
        del state, profile
        found = self.advantages(tactics)
        scaled = {name: a / self.settings.temperature for name, a in found.items()}
        most = max(scaled.values(), default=0.0)
        powers = {name: math.exp(a - most) for name, a in scaled.items()}
        total, each = sum(powers.values()), self.epsilon / max(1, len(powers))
        greedy = 1.0 - self.epsilon
        logs = {n: math.log(greedy * p / total + each + 1e-12) for n, p in powers.items()}
        middle = sum(logs.values()) / max(1, len(logs))
        return {name: (0.0, value - middle) for name, value in logs.items()}, 0.0

    def advantages(self, tactics: Sequence[str]) -> dict[str, float]:
        """Mean over contexts of Q less what was played there is worth; drawn to 0 while rare."""
        found, total = dict.fromkeys(tactics, 0.0), 0.0
        for known in self.table.values.values():
            here = {name: known[name] for name in tactics if name in known}
            count = sum(visits for _, visits in here.values())
            if not here or count <= 0.0:
                continue
            played = sum(q * visits for q, visits in here.values()) / count
            total += count
            for name, (q, visits) in here.items():
                found[name] += count * visits / (visits + PRIOR_VISITS) * (q - played)
        return {name: a / total for name, a in found.items()} if total else found

    def forget(self, tactics: Iterable[str]) -> None:
        """Their values, in every context."""
        gone = set(tactics)
        left = {
            context: {name: pair for name, pair in known.items() if name not in gone}
            for context, known in self.table.values.items()
        }
        self.table.values = {context: known for context, known in left.items() if known}

    def top(self, k: int) -> tuple[Valued, ...]:
        """The k best tactics of each context, by Q; contexts with most decisions first."""
        by_count = sorted(
            self.table.values.items(), key=lambda item: (-sum(n for _, n in item[1].values()), item)
        )
        return tuple(
            Valued(context=context, tactic=name, value=q, decisions=visits)
            for context, known in by_count
            for name, (q, visits) in sorted(known.items(), key=lambda i: (-i[1][0], i[0]))[:k]
        )

    def encoded(self) -> bytes:
        """The table; a new `QLearning` of the same name goes on from it."""
        return msgspec.msgpack.encode(self.table)
