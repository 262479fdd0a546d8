"""How a person moves and acts, whatever the game: which thing follows which, and how soon.

An episode becomes shares of pairs of steps: "quick turn > held straight" is a change of direction
within 375 ms and then going on in the same direction within 225 ms. Nothing of a map is in them, so
they tell a person again in a level not seen before (`identity`).
Refuses to know what an action means: of names only directions and idling are read, as whole words,
and a vocabulary says better what moves.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from astraweave.errors import EpisodeError
from astraweave.model.actions import ActionKind, ActionVocabulary
from astraweave.model.columns import NONE, PLAYER, EpisodeLog

TEMPO_MS = (225, 375, 975)
"""A step is held, quick or steady below these, else it comes after a pause."""
TEMPOS = ("held", "quick", "steady", "paused")
RELATIONS = ("straight", "turn", "back", "act", "leave", "again", "other")
"""Of a step to the one before: moving on, aside or back; an act after a move, a move after an act,
the same act again, another act."""
STATES = tuple(f"{tempo} {relation}" for relation in RELATIONS for tempo in TEMPOS)
BUSY = "busy"
IDLE = frozenset({"stay", "idle", "wait", "noop", "none"})
LEAST_SHARE = 0.002
"""A pair of steps is a feature from this mean share of all pairs on."""
MOST_ACTS = 64
_WORDS = {
    **dict.fromkeys(("up", "north", "forward", "forwards"), 0),
    **dict.fromkeys(("right", "east"), 1),
    **dict.fromkeys(("down", "south", "backward", "backwards"), 2),
    **dict.fromkeys(("left", "west"), 3),
}
_MOVES = frozenset({"move", "walk", "run", "step", "go"})
_STRAIGHT, _TURN, _BACK, _ACT, _LEAVE, _AGAIN, _OTHER = range(7)
_TURNED = np.array([_STRAIGHT, _TURN, _BACK, _TURN])
_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]


class Features(NamedTuple):
    """What tells people apart, one row an episode.

    names: str[m]: ``busy`` (share of the time within 225 ms of a step), pairs of steps, and
        ``does NAME``. values: float64[n, m]: ``busy`` in [0, 1]; the others square roots of shares,
        in which distances between distributions are Euclidean (Hellinger) and rare things weigh
        as much as they are known.
    """

    names: tuple[str, ...]
    values: _Floats


class _Steps(NamedTuple):
    """The steps of one episode: ms, heading 0–3 (−1 unknown), whether a move, number of a name."""

    at: _Ints
    heading: _Ints
    moves: npt.NDArray[np.bool_]
    name: _Ints
    names: tuple[str, ...]


def features(
    logs: Iterable[EpisodeLog],
    vocabulary: ActionVocabulary | None = None,
    *,
    idle: Collection[str] = IDLE,
    least_share: float = LEAST_SHARE,
) -> Features:
    """Names and values of the features of these episodes.

    A step is one action of the player that is not idling. It moves when its kind is movement or,
    without a vocabulary, when its name is a word for moving or ends in a direction (``move_left``,
    or target ``left``); all others are acts, told apart by name and target.

    Args:
        logs: episodes of one game; the pairs and acts that are worth a column are theirs.
        vocabulary: says which actions move.
        idle: names of actions that stand for doing nothing.
        least_share: in [0, 1); a pair or an act below this mean share gets no column.

    Raises:
        EpisodeError: there is no episode.
    """
    steps, pairs, busy = [], [], []
    for log in logs:
        one = _steps(log, vocabulary, idle)
        steps.append(one)
        pairs.append(_shares(_pairs(one)))
        busy.append(_busy(one))
    if not steps:
        raise EpisodeError(what="there is no episode", fix="give a file with one episode a line")
    shares = np.array(pairs)
    kept = np.flatnonzero(shares.mean(0) >= max(least_share, np.finfo(float).tiny))
    states = len(STATES)
    acts, done = _acts(steps, least_share)
    return Features(
        names=(
            BUSY,
            *(f"{STATES[k // states]} > {STATES[k % states]}" for k in kept.tolist()),
            *(f"does {act}" for act in acts),
        ),
        values=np.column_stack([busy, np.sqrt(shares[:, kept]), np.sqrt(done)]),
    )


def _steps(log: EpisodeLog, vocabulary: ActionVocabulary | None, idle: Collection[str]) -> _Steps:
    seen = log.observations[log.observations["kind"] == PLAYER]
    both = np.array(seen["code"], dtype=np.int64) << 16 | np.array(seen["target"], dtype=np.int64)
    keys, name = np.unique(both, return_inverse=True)
    told = [_told(log.names, key >> 16, key & 0xFFFF, vocabulary) for key in keys.tolist()]
    active = np.array([one.action not in idle for one in told], dtype=bool)[name]
    name = name[active]
    return _Steps(
        at=np.array(seen["t_ms"], dtype=np.int64)[active],
        heading=np.array([one.heading for one in told], dtype=np.int64)[name],
        moves=np.array([one.moves for one in told], dtype=bool)[name],
        name=name,
        names=tuple(f"{one.action} {one.target}" if one.target else one.action for one in told),
    )


class _Told(NamedTuple):
    """One name and target: what they say of direction and movement."""

    action: str
    target: str
    heading: int
    moves: bool


def _told(
    names: Sequence[str], code: int, target: int, vocabulary: ActionVocabulary | None
) -> _Told:
    action, at = names[code], "" if target == NONE else names[target]
    words = action.lower().replace("-", "_").split("_")
    heading = _WORDS.get(at.lower(), _WORDS.get(words[-1], -1))
    kind = None if vocabulary is None else vocabulary.get(action)
    if vocabulary is not None:
        moves = kind is not None and kind.kind == ActionKind.MOVEMENT
    else:
        moves = words[0] in _MOVES or (len(words) == 1 and heading >= 0)
    return _Told(action, at, heading if moves else -1, moves)


def _pairs(steps: _Steps) -> _Ints:
    """int64[states²]: how often each pair of neighbouring steps came."""
    states = len(STATES)
    if len(steps.at) < 3:  # a pair of steps is two gaps
        return np.zeros(states * states, dtype=np.int64)
    tempo = np.searchsorted(TEMPO_MS, np.diff(steps.at), side="right")
    before, after = steps.moves[:-1], steps.moves[1:]
    same = steps.name[:-1] == steps.name[1:]
    known = (steps.heading[:-1] >= 0) & (steps.heading[1:] >= 0)
    turned = _TURNED[(steps.heading[1:] - steps.heading[:-1]) % 4]
    relation = np.select(
        [before & after & known, before & after & same, before & after, before, after, same],
        [turned, _STRAIGHT, _TURN, _ACT, _LEAVE, _AGAIN],
        _OTHER,
    )
    state = relation * len(TEMPOS) + tempo
    return np.bincount(state[:-1] * states + state[1:], minlength=states * states)


def _busy(steps: _Steps) -> float:
    """Share of the time from the first step to the last that is within 225 ms after one."""
    if len(steps.at) < 2 or steps.at[-1] <= steps.at[0]:
        return 0.0
    gaps = np.diff(steps.at)
    return float(np.minimum(gaps, TEMPO_MS[0]).sum() / gaps.sum())


def _acts(steps: Sequence[_Steps], least_share: float) -> tuple[tuple[str, ...], _Floats]:
    """The acts that are no moves, the most frequent first, and their shares: float64[n, acts]."""
    shares: dict[str, _Floats] = {}
    for i, one in enumerate(steps):
        done = np.bincount(one.name[~one.moves], minlength=len(one.names))
        for name, share in zip(one.names, _shares(done).tolist(), strict=True):
            if share:
                shares.setdefault(name, np.zeros(len(steps)))[i] = share
    ranked = sorted(shares, key=lambda name: (-float(shares[name].sum()), name))
    kept = tuple(name for name in ranked if shares[name].mean() >= least_share)[:MOST_ACTS]
    return kept, np.array([shares[name] for name in kept]).reshape(len(kept), len(steps)).T


def _shares(counts: _Ints) -> _Floats:
    return counts / max(1, int(counts.sum()))
