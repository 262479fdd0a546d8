"""A person's play as decayed sums: one more episode costs the same at any history.

Refuses to look back. Forgetting an episode is folding the rows of the others again.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from astraweave.errors import SaveError
from astraweave.model.actions import KINDS
from astraweave.model.episode import Count
from astraweave.playstyle.archetypes import Library
from astraweave.playstyle.features import COLUMN
from astraweave.playstyle.manners import SITUATION
from astraweave.playstyle.switching import Belief, beginning, observed

DECAY = 0.98
STATE_DECAY = 0.8
"""Of the faster clock, half of what it knows is three episodes old: how somebody plays lately."""
VERSION = 2
CORRELATIONS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.55, 0.8)
"""How alike the choices of one episode may be; each as likely as the next before any play."""
MAX_CORRELATION = 0.95
LEAST_SEEN = 0.1
TOO_SHORT = 1e-9
FADED = 1e-60
"""Sums below this are dropped: some seven thousand episodes without one opportunity."""

Sum = Annotated[float, Meta(ge=0.0, le=1e15)]

_DEFENSIVE = (COLUMN["defensive"], COLUMN["support"])
_OFFENSIVE = (COLUMN["melee"], COLUMN["ranged"], COLUMN["magic"])
_TOTALS = ("aggression", "risk", "defence", "offence", "kinds")
_KINDS = tuple(COLUMN[kind.value] for kind in KINDS)


class Shares(msgspec.Struct, frozen=True, array_like=True):
    """Sums over episodes of x of m opportunities, weights w decayed once an episode.

    S = Σwx of each category (a plain trait has one: taken), N = Σwm, K = Σw, K2 = Σw²,
    Q = Σw Σx²/m, W = Σw²m, M = Σw²m². Episodes without an opportunity only decay.
    """

    S: tuple[Sum, ...]
    N: Sum = 0.0
    K: Sum = 0.0
    K2: Sum = 0.0
    Q: Sum = 0.0
    W: Sum = 0.0
    M: Sum = 0.0

    def after(self, taken: Sequence[float], m: float, decay: float) -> "Shares":
        """The sums with one more episode, in which `taken` of `m` opportunities were taken."""
        g, g2 = decay, decay * decay
        if m <= 0.0:
            if self.N < FADED:
                return Shares(tuple(0.0 for _ in self.S))
            return self.scaled(g)
        if len(self.S) == 1:  # nearly all of them: no loop over one
            x = taken[0]
            done: tuple[float, ...] = (g * self.S[0] + x,)
            squares = x * x
        else:
            done = tuple([g * s + x for s, x in zip(self.S, taken, strict=True)])
            squares = sum([x * x for x in taken])
        return Shares(
            done,
            g * self.N + m,
            g * self.K + 1.0,
            g2 * self.K2 + 1.0,
            g * self.Q + squares / m,
            g2 * self.W + m,
            g2 * self.M + m * m,
        )

    def scaled(self, share: float) -> "Shares":
        """The sums as if each episode had weighed `share` of what it did."""
        g, g2 = share, share * share
        return Shares(
            tuple(g * s for s in self.S),
            g * self.N,
            g * self.K,
            g2 * self.K2,
            g * self.Q,
            g2 * self.W,
            g2 * self.M,
        )

    def design_effect(self) -> float:
        """How many opportunities are worth one independent one.

        An episode's choices resemble each other, so n of them prove less than n. The
        intraclass correlation r is estimated by moments, summed over the categories; how far it
        may be trusted depends on the number of episodes n = K²/K₂: (n − 1)·D(r)/D(ρ) is taken for
        χ² with n − 1 degrees of freedom, D(ρ) = (W + ρ(M − W))/N, and the expectation of D over
        `CORRELATIONS`, all equally likely before, is the answer; 1 without opportunities.
        """
        if self.N <= 0.0:
            return 1.0
        once, twice = self.W / self.N, max(0.0, self.M - self.W) / self.N
        effects = [once + rho * twice for rho in CORRELATIONS]
        seen = max(LEAST_SEEN * once, once + self._correlation() * twice)
        freedom = max(0.0, self.K * self.K / self.K2 - 1.0)
        logs = [-0.5 * freedom * (math.log(d) + seen / d) for d in effects]
        most = max(logs)
        masses = [math.exp(value - most) for value in logs]
        return sum(m * d for m, d in zip(masses, effects, strict=True)) / sum(masses)

    def _correlation(self) -> float:
        """r by moments, in [−1, .95]; 0 where the episodes are too few or too short to tell."""
        # Half a count a category: p̂ = (S + ½)/(N + 1) for a plain trait, which has two.
        categories = max(2, len(self.S))
        shares = [(s + 0.5) / (self.N + 0.5 * categories) for s in self.S]
        v = sum(p * (1.0 - p) for p in shares)
        below = v * (self.N - self.K - (self.M - self.W) / self.N)
        if below <= TOO_SHORT * self.N or self.K >= self.N:
            return 0.0
        above = self.Q - sum(s * s for s in self.S) / self.N - v * (self.K - self.W / self.N)
        return min(MAX_CORRELATION, max(-1.0, above / below))

    def effective(self) -> tuple[tuple[float, ...], float]:
        """(taken of each category, all), in units of independent opportunities."""
        deff = self.design_effect()
        return tuple(s / deff for s in self.S), self.N / deff


_NOTHING = Shares((0.0,))
_UNSEEN = 0.0, 0.0


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a profile is computed from.

    aggression: aggressive of all opportunities. risk: the same below half health. defence:
    defensive and support actions of all but movement and utility, where a game has an
    offensive action to choose instead. offence: melee, ranged and
    magic of these three. kinds: all seven. actions: decayed count by name. style: which
    archetype the person plays like; None before the first episode that was weighed. manners:
    those of `manners.manners_of`, by name. lately: aggression, risk and manners outside of
    situations on the faster clock.
    """

    version: Count = VERSION
    episodes: Count = 0
    aggression: Shares = Shares((0.0,))
    risk: Shares = Shares((0.0,))
    defence: Shares = Shares((0.0,))
    offence: Shares = Shares((0.0,) * len(_OFFENSIVE))
    kinds: Shares = Shares((0.0,) * len(KINDS))
    actions: dict[str, Sum] = {}
    style: Belief | None = None
    manners: dict[str, Shares] = {}
    lately: dict[str, Shares] = {}

    def faded(self, share: float) -> "Evidence":
        """The same with all that was seen so far weighing `share` of what it did."""
        return msgspec.structs.replace(
            self,
            **{name: getattr(self, name).scaled(share) for name in _TOTALS},
            manners={name: each.scaled(share) for name, each in self.manners.items()},
            lately={name: each.scaled(share) for name, each in self.lately.items()},
            actions={name: share * n for name, n in self.actions.items()},
        )

    def encoded(self) -> bytes:
        """For the store; `decoded` reads it back."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decoded(cls, data: bytes) -> "Evidence":
        """Evidence from stored bytes.

        Raises:
            SaveError: damaged, or written by a newer version.
        """
        try:
            found = msgspec.msgpack.decode(data, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SaveError(
                what="the evidence of a player is damaged",
                got=str(error),
                where="playstyle",
                fix="forget it and learn again from the episodes",
            ) from error
        if found.version > VERSION:
            raise SaveError(
                what=f"the evidence of a player has a version above {VERSION}",
                got=found.version,
                where="playstyle",
                fix="use a newer astraweave",
            )
        return found._checked()

    def _checked(self) -> "Evidence":
        """Itself, when its sums can have come from `update`."""
        fresh = Evidence()
        sums = [(getattr(self, name), len(getattr(fresh, name).S)) for name in _TOTALS]
        sums += [(shares, 1) for each in (self.manners, self.lately) for shares in each.values()]
        for shares, size in sums:
            finite = all(map(math.isfinite, (*shares.S, *msgspec.structs.astuple(shares)[1:])))
            fits = len(shares.S) == size and sum(shares.S) <= shares.N * (1.0 + 1e-9)
            positive = shares.N == 0.0 or min(shares.K, shares.K2, shares.W, shares.M) > 0.0
            if not (finite and fits and positive):
                raise _contradiction()
        if self.style is not None and not self.style.is_whole:
            raise _contradiction()
        return self


def _contradiction() -> SaveError:
    return SaveError(
        what="the evidence of a player contradicts itself",
        where="playstyle",
        fix="forget it and learn again from the episodes",
    )


def update(
    evidence: Evidence,
    row: npt.NDArray[np.float64] | Sequence[float],
    actions: Mapping[str, int],
    *,
    decay: float = DECAY,
    library: Library | None = None,
    manners: Mapping[str, tuple[int, int]] | None = None,
) -> Evidence:
    """The evidence after one more episode; `evidence` itself stays as it is.

    Args:
        evidence: what was known before.
        row: float64[len(FEATURES)] of the episode.
        actions: how often the player did each action in it.
        decay: what an episode's weight is multiplied by with each later one; 1 forgets nothing
            and makes the order of episodes irrelevant.
        library: the archetypes the episode is compared with; None compares with none.
        manners: of `manners.manners_of` for the episode.
    """
    x = row.tolist() if isinstance(row, np.ndarray) else list(row)
    defended = sum(x[i] for i in _DEFENSIVE)
    offence = [x[i] for i in _OFFENSIVE]
    attacked = sum(offence)
    kinds = [x[i] for i in _KINDS]
    counts = {name: decay * n for name, n in evidence.actions.items()}
    for name, n in actions.items():
        counts[name] = counts.get(name, 0.0) + n
    shown = manners or {}
    fast: dict[str, tuple[float, float]] = {
        name: pair for name, pair in shown.items() if not name.startswith(SITUATION)
    }
    fast["aggression"] = x[COLUMN["aggressive"]], x[COLUMN["opportunities"]]
    fast["risk_tolerance"] = x[COLUMN["risky"]], x[COLUMN["risk_opportunities"]]
    return Evidence(
        episodes=evidence.episodes + 1,
        aggression=evidence.aggression.after(
            (x[COLUMN["aggressive"]],), x[COLUMN["opportunities"]], decay
        ),
        risk=evidence.risk.after((x[COLUMN["risky"]],), x[COLUMN["risk_opportunities"]], decay),
        defence=evidence.defence.after((defended,), x[COLUMN["combat_actions"]], decay),
        offence=evidence.offence.after(offence, attacked, decay),
        kinds=evidence.kinds.after(kinds, sum(kinds), decay),
        actions=counts,
        style=evidence.style if library is None else _style(evidence.style, kinds, library),
        manners=_faded(evidence.manners, shown, decay),
        lately=_faded(evidence.lately, fast, min(decay, STATE_DECAY)),
    )


def _faded(
    known: Mapping[str, Shares], shown: Mapping[str, tuple[float, float]], decay: float
) -> dict[str, Shares]:
    """Each one's sums an episode later, with what it showed; what has faded away is dropped."""
    after = {}
    for name, sums in known.items():
        taken, m = shown.get(name, _UNSEEN)
        if m > 0.0 or sums.N >= FADED:
            after[name] = sums.after((taken,), m, decay)
    for name, (taken, m) in shown.items():
        if m > 0.0 and name not in known:
            after[name] = _NOTHING.after((taken,), m, decay)
    return after


def _style(belief: Belief | None, kinds: Sequence[float], library: Library) -> Belief:
    before = beginning(library) if belief is None else belief
    return observed(before, np.array(kinds, dtype=np.float64), library)
