"""What a person's playstyle costs: a profile from disk, and one more episode."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np

from astraweave import playstyle
from astraweave.memory import open_memory
from astraweave.model.actions import ActionVocabulary, Kind
from astraweave.model.columns import EpisodeLog, LogBuilder, episode_of
from astraweave.model.episode import Episode, EpisodeCategory
from astraweave.model.facts import Fact, FactSheet
from astraweave.model.learned import LearningCommit
from astraweave.model.profile import PreferenceProfile
from bench.harness import Operation, Operations, Row, loops, median, pairs, sample

_EPISODES, _ACTIONS = 50, 150
_LONG, _SHORT, _INNER = 10_000, 10, 20
_PROFILE_MS, _UPDATE_US = 2.0, 50.0
_PLAYER, _COMPANION = "robin", "mira"
_VOCABULARY = ActionVocabulary(
    strike=Kind("melee", aggressive=True),
    shoot=Kind("ranged", aggressive=True),
    cast=Kind("magic", aggressive=True),
    block=Kind("defensive"),
    heal=Kind("support"),
    dodge=Kind("movement"),
)
_SHEET = FactSheet(
    [
        Fact("hp", low=0, high=100, role="player_health"),
        Fact("reach", low=0, high=1, role="can_attack"),
    ]
)


class _StoredRow(msgspec.Struct, frozen=True):
    """What the traits need of an episode's stored row."""

    features: list[float]
    actions: dict[str, int]
    manners: dict[str, tuple[int, int]]


def profile() -> Row:
    """A profile from the rows of 50 episodes on disk, against walking every observation."""
    logs = _fights(_EPISODES)
    episodes = [episode_of(log) for log in logs]
    with _from_disk(logs) as operation:
        ours, naive = pairs(operation, lambda: _naive(episodes), rounds=30)
    evidence = _history(_row_of(logs[0]), _EPISODES)
    folded = sample(lambda: _profile_of(evidence), rounds=200)
    value, reference = median(ours, 1e6), median(naive, 1e6)
    return Row(
        name="profile",
        what=f"profile from {_EPISODES} episodes: rows read from disk, decoded, folded",
        value=value,
        unit="ms",
        goal=f"≤ {_PROFILE_MS:.0f} ms",
        reference=reference,
        ratio=value / reference,
        met=value <= _PROFILE_MS,
        detail=(
            f"reference: two traits by walking {_EPISODES} × {_ACTIONS} observations in memory; "
            f"from evidence already folded {median(folded, 1e3):.0f} µs"
        ),
    )


def update() -> Row:
    """One more episode on top of ten thousand, against the same on top of ten."""
    row = _row_of(_fights(1)[0])
    long, short = _history(row, _LONG), _history(row, _SHORT)
    ours = loops(lambda: _folded(long, row), rounds=100, inner=_INNER)
    before = loops(lambda: _folded(short, row), rounds=100, inner=_INNER)
    value, reference = median(ours, 1e3 * _INNER), median(before, 1e3 * _INNER)
    return Row(
        name="update",
        what=f"evidence of {_LONG:,} episodes updated by one more",
        value=value,
        unit="µs",
        goal=f"≤ {_UPDATE_US:.0f} µs",
        reference=reference,
        ratio=value / reference,
        met=value <= _UPDATE_US,
        detail=f"reference: the same after {_SHORT} episodes, so that 1.00 is flat",
    )


def _fights(n: int) -> list[EpisodeLog]:
    """Episodes of 150 actions each, of a player who changes a little every time."""
    rng = np.random.default_rng(7)
    names = tuple(_VOCABULARY)
    logs = []
    for i in range(n):
        builder = LogBuilder(_SHEET.names)
        habits = rng.dirichlet(np.full(len(names), 5.0))
        for t, action in enumerate(rng.choice(len(names), size=_ACTIONS, p=habits)):
            at = builder.row((float(rng.uniform(0, 100)), float(rng.integers(2))))
            builder.player(200 * t, names[action], None, None, at)
        log = builder.build(
            id=f"fight-{i}",
            category=EpisodeCategory.COMBAT,
            start_time=60.0 * i,
            end_time=60.0 * i + 0.2 * _ACTIONS,
            player_id=_PLAYER,
            companion_id=_COMPANION,
            policy_version=0,
            seed=i,
            truncated=False,
            outcome=None,
            tags=(),
        )
        logs.append(log)
    return logs


def _row_of(log: EpisodeLog) -> _StoredRow:
    features = playstyle.feature_row(log, _VOCABULARY, _SHEET).tolist()
    manners = playstyle.manners_of(log, _VOCABULARY, _SHEET)
    return _StoredRow(features, playstyle.action_counts(log, _VOCABULARY), manners)


def _folded(evidence: playstyle.Evidence, row: _StoredRow) -> playstyle.Evidence:
    return playstyle.update(evidence, row.features, row.actions, manners=row.manners)


def _history(row: _StoredRow, n: int) -> playstyle.Evidence:
    """Evidence of n episodes alike."""
    evidence = playstyle.Evidence()
    for _ in range(n):
        evidence = _folded(evidence, row)
    return evidence


def _profile_of(evidence: playstyle.Evidence) -> PreferenceProfile:
    return playstyle.profile_of(evidence, player_id=_PLAYER, companion_id=_COMPANION, now=0.0)


def _naive(episodes: list[Episode]) -> list[float]:
    """Class masses of aggression and risk, without statistics kept and without decay."""
    sums = [[0.0, 0.0], [0.0, 0.0]]
    for seen in (seen for episode in episodes for seen in episode.observations):
        action, hp = seen.player_action, seen.world_state["hp"]
        if action is None or not isinstance(hp, float | int) or seen.world_state["reach"] != 1:
            continue
        for trait in (0, 1) if hp < 50 else (0,):
            sums[trait][0] += _VOCABULARY[action.action_type].aggressive
            sums[trait][1] += 1
    return [mass for taken, of in sums for mass in _class_masses(taken, of)]


def _class_masses(taken: float, of: float, cells: int = 2000) -> list[float]:
    """Beta mass below .4, from .4 to .6 and above, by the midpoint rule."""
    middles = (np.arange(cells) + 0.5) / cells
    logs = taken * np.log(middles) + (of - taken) * np.log1p(-middles)
    density = np.exp(logs - logs.max())
    low, middle, high = np.split(density / density.sum(), [cells * 2 // 5, cells * 3 // 5])
    return [float(low.sum()), float(middle.sum()), float(high.sum())]


@contextmanager
def _from_disk(logs: list[EpisodeLog]) -> Iterator[Operation]:
    """A save that holds the episodes' rows, and the reading of a profile from it."""

    def read() -> PreferenceProfile:
        evidence = playstyle.Evidence()
        for _, data in store.rows(_PLAYER, _COMPANION):
            evidence = _folded(evidence, msgspec.msgpack.decode(data, type=_StoredRow))
        return _profile_of(evidence)

    rows = {log.id: msgspec.msgpack.encode(_row_of(log)) for log in logs}
    with tempfile.TemporaryDirectory() as folder, open_memory(Path(folder) / "s.db") as store:
        for log in logs:
            store.write(log)
        store.flush()
        store.commit(LearningCommit(player_id=_PLAYER, companion_id=_COMPANION, rows=rows))
        yield read


@contextmanager
def _profile_operation() -> Iterator[Operation]:
    with _from_disk(_fights(_EPISODES)) as operation:
        yield operation


@contextmanager
def _update_operation() -> Iterator[Operation]:
    row = _row_of(_fights(1)[0])
    long = _history(row, _LONG)
    yield lambda: _folded(long, row)


OPERATIONS: Operations = {"profile": _profile_operation, "update": _update_operation}
