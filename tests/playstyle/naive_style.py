"""The belief of `playstyle.switching` written out: hypothesis by hypothesis, on plain numbers."""

import itertools
import math

from astraweave.playstyle.switching import (
    ALIKE,
    CLOSENESS,
    LAPSE_ALIKE,
    LAPSES,
    UNKNOWN_AGAIN,
    UNKNOWN_FIRST,
    UNKNOWN_LATER,
)
from astraweave.playstyle.unknown import (
    ANY,
    BETWEEN,
    BETWEEN_SURE,
    EVEN,
    LEAST,
    MET_DECAY,
    MET_PRIOR,
    NEAR,
    NEAR_SURE,
    PARTS,
    RUNS,
    VARIED,
)

CLOSE = range(len(CLOSENESS))


def weight(counts, base, own, kappa):
    """ln DirMult of an episode by someone whose shares were Dirichlet(base) before `own`."""
    c = sum(base) + sum(own)
    variance = 1 / (c + 1) + (c / (c + 1)) / (kappa + 1)
    alpha = [(1 / variance - 1) * (b + x) / c + 1e-3 for b, x in zip(base, own, strict=True)]
    n, total = sum(counts), sum(alpha)
    value = math.lgamma(total) - math.lgamma(total + n)
    for a, x in zip(alpha, counts, strict=True):
        value += math.lgamma(a + x) - math.lgamma(a)
    return value


def first_guesses(shares, anything):
    """(mass, Dirichlet) of what someone may be who fits no archetype."""
    k = len(shares)
    yield ANY, [1 + 1e-3] * len(anything)
    yield EVEN, [BETWEEN_SURE * a + 1e-3 for a in anything]
    for row in shares:
        mixed = zip(row, anything, strict=True)
        yield NEAR / k, [NEAR_SURE * (0.9 * p + 0.1 * a) + 1e-3 for p, a in mixed]
    for i, j in itertools.combinations(range(k), 2):
        for part in PARTS:
            mixed = zip(shares[i], shares[j], strict=True)
            base = [BETWEEN_SURE * (part * p + (1 - part) * q) + 1e-3 for p, q in mixed]
            yield BETWEEN / (k * (k - 1) * len(PARTS) / 2), base


class Naive:
    """The filter, hypothesis by hypothesis, on plain numbers."""

    def __init__(self, library, h=1 / 40):
        """Nothing is known yet."""
        self.kappa, self.h = library.kappa, h
        anything, shares = library.anything().tolist(), library.shares().tolist()
        self.here = [i for i, a in enumerate(anything) if a > 0]
        self.anything = [anything[i] for i in self.here]
        whole = [sum(row[i] for i in self.here) for row in shares]
        self.shares = [
            [row[i] / w for i in self.here] for row, w in zip(shares, whole, strict=True)
        ]
        self.k = len(self.shares)
        self.states = [(j, c) for j in range(len(LAPSES)) for c in range(len(CLOSENESS))]
        first = [(1 - UNKNOWN_FIRST) / self.k] * self.k + [UNKNOWN_FIRST]
        self.q = {(i, *s): m / len(self.states) for i, m in enumerate(first) for s in self.states}
        self.ways = [[0.0] * len(self.here) for _ in range(self.k)]
        self.met, self.varied, self.runs, self.episodes = [0.0] * self.k, VARIED, [], 0
        self.begin_run(1.0)

    def begin_run(self, share):
        bases = list(first_guesses(self.shares, self.anything))
        masses = [share * (1 - VARIED) * mass for mass, _ in bases]
        run = {
            "masses": masses,
            "bases": [base for _, base in bases],
            "own": [0.0] * len(self.here),
        }
        self.runs.append(run)

    def move(self):
        """Everyone may have become another; the unknown's newest run begins."""
        q, new, stayed = dict(self.q), 0.0, 0.0
        for s in self.states:
            total = sum(self.q[i, *s] for i in range(self.k))
            none = self.q[self.k, *s]
            for i in range(self.k):
                others = (total - self.q[i, *s]) / (self.k - 1)
                to = (1 - UNKNOWN_LATER) * others + (1 - UNKNOWN_AGAIN) * none / self.k
                q[i, *s] = (1 - self.h) * self.q[i, *s] + self.h * to
            fresh = self.h * (UNKNOWN_LATER * total + UNKNOWN_AGAIN * none)
            q[self.k, *s] = (1 - self.h) * none + fresh
            new, stayed = new + fresh, stayed + (1 - self.h) * none
        share, self.q = new / (new + stayed), q
        self.runs = sorted(self.runs, key=lambda run: -sum(run["masses"]))[: RUNS - 1]
        kept = self.varied + sum(sum(run["masses"]) for run in self.runs)
        for run in self.runs:
            whole = sum(run["masses"])
            run["masses"] = [m if m >= LEAST * whole else 0.0 for m in run["masses"]]
            scale = (1 - share) / kept * whole / sum(run["masses"])
            run["masses"] = [scale * mass for mass in run["masses"]]
        self.varied = (1 - share) * self.varied / kept + share * VARIED
        self.begin_run(share)

    def see(self, counts):
        """One more episode."""
        counts = [counts[i] for i in self.here]
        if self.episodes:
            self.move()
        self.episodes += 1
        likely, own = self.weights(counts)
        most = max(*likely.values(), *own.values())
        parts = self.strange(likely, own, most)
        close = [sum(self.q[self.k, j, c] for j in range(len(LAPSES))) for c in CLOSE]
        for s in self.states:
            for i in range(self.k):
                self.q[i, *s] *= math.exp(likely[i, *s] - most)
            self.q[self.k, *s] *= sum(v for (_, _, c), v in parts.items() if c == s[1])
        total = sum(self.q.values())
        self.q = {at: mass / total for at, mass in self.q.items()}
        self.learn(counts, parts, close)

    def weights(self, counts):
        """ln likelihoods: by archetype, lapse and closeness; by run, guess and closeness."""
        likely, own = {}, {}
        for c, close in enumerate(CLOSENESS):
            kappa = self.kappa * close
            for (j, lapse), (i, row) in itertools.product(
                enumerate(LAPSES), enumerate(self.shares)
            ):
                sure = 1 / (1 / ALIKE + lapse**2 / LAPSE_ALIKE)
                mixed = zip(row, self.anything, strict=True)
                base = [sure * ((1 - lapse) * p + lapse * a) + 1e-3 for p, a in mixed]
                likely[i, j, c] = weight(counts, base, self.ways[i], kappa)
            for r, run in enumerate(self.runs):
                for g, base in enumerate(run["bases"]):
                    own[r, g, c] = weight(counts, base, run["own"], kappa)
        return likely, own

    def strange(self, likely, own, most):
        """Prior × likelihood of each way to fit none: ("met", archetype, c), (run, guess, c)."""
        parts = {
            (r, g, c): self.runs[r]["masses"][g] * math.exp(v - most)
            for (r, g, c), v in own.items()
        }
        for c, i in itertools.product(CLOSE, range(self.k)):
            column = [sum(self.q[a, j, c] for a in range(self.k + 1)) for j in range(len(LAPSES))]
            mixed = sum(m * math.exp(likely[i, j, c] - most) for j, m in enumerate(column))
            even = (self.met[i] + MET_PRIOR / self.k) / (sum(self.met) + MET_PRIOR)
            parts["met", i, c] = self.varied * even * mixed / sum(column)
        return parts

    def learn(self, counts, parts, close):
        """What the unknown and each archetype's people are expected to play from now on."""
        whole = sum(v * close[c] for (_, _, c), v in parts.items())
        after = {}
        for (r, g, c), v in parts.items():
            after[r, g] = after.get((r, g), 0.0) + v * close[c] / whole
        self.varied = sum(after["met", i] for i in range(self.k))
        scatter = sum(m / (self.kappa * CLOSENESS[c] + 1) for (_, _, c), m in self.q.items())
        worth = 1 / (1 + (sum(counts) - 1) * scatter)
        for r, run in enumerate(self.runs):
            run["masses"] = [after[r, g] for g in range(len(run["masses"]))]
            run["own"] = [a + worth * x for a, x in zip(run["own"], counts, strict=True)]
        for i in range(self.k):
            self.met[i] = MET_DECAY * self.met[i] + after["met", i] / self.varied
            mass = sum(self.q[i, *s] for s in self.states)
            self.ways[i] = [a + mass * worth * x for a, x in zip(self.ways[i], counts, strict=True)]
