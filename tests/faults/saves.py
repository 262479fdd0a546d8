"""A save that holds some of everything, all that can be read from it, and what damage may do.

The law, for every reading of a damaged save: it equals the original, or it is absent and the
store says that something is wrong, or it is an error of ours. It is never something else. Where a
question finds less, or in another order, the store says so too.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from astraweave.memory import MemoryStore, open_memory
from astraweave.model.columns import episode_of
from astraweave.model.learned import LearningCommit
from astraweave.model.memory import Association, Memory, MemoryType
from astraweave.model.verdict import Deployment, Verdict
from astraweave.model.weights import Proposal, WeightSet
from tests.memory.episodes import make_draft

PAIRS = (("robin", "mira"), ("robin", "odo"), ("kim", "mira"))
START_S = 1_000_000.0
QUESTIONS = ("wolves at the mill", "his sister", "robin hates spiders")
TAGS = ("night", "camp")
NOTES = ("volume", "game")
Readings = dict[str, Any]


def make(path: Path, episodes: int = 24, observations: int = 12, memories: int = 12) -> None:
    """Write a save of `episodes`, shared out to three pairs that learned from most of them."""
    with open_memory(path, clock=lambda: START_S) as store:
        for number in range(episodes):
            player, companion = PAIRS[number % len(PAIRS)]
            at = START_S + 100 * number
            header = {"player_id": player, "companion_id": companion, "start_time": at}
            store.write(make_draft(f"e{number}", observations, end_time=at + 90.0, **header))
        for number in range(memories):
            store.encode(_memory(number))
        for key in NOTES:
            store.put_note(key, key.encode() * 9)
        for pair in PAIRS:
            _learn(store, *pair)
        store.retrieve(QUESTIONS[0], player_id="robin", now=START_S)
        store.compress(before_s=START_S + 100 * episodes / 3)
        store.consolidate()


def _memory(number: int) -> Memory:
    subject = QUESTIONS[number % len(QUESTIONS)]
    return Memory(
        id=f"m{number}",
        memory_type=tuple(MemoryType)[number % 7],
        text=f"{subject} once {number}",
        created_at=START_S + number,
        player_id=PAIRS[number % 3][0],
        companion_id=PAIRS[number % 3][1],
        importance=number % 11 / 10,
        data={"facts": {"hp": number}},
        tags=(TAGS[number % 2],),
        associations=(Association(memory_id="e0", relation="supports", strength=0.5),),
    )


def _learn(store: MemoryStore, player: str, companion: str) -> None:
    """Two steps of learning, of all episodes but the last."""
    ids = store.episode_ids(player, companion)[:-1]
    for version, learned in enumerate((ids[::2], ids[1::2]), start=1):
        weights = WeightSet(version=version, weights={"heal": 1.0 + version / 10})
        designer = WeightSet(version=0, weights={}, origin="designer")
        named = {"player_id": player, "companion_id": companion}
        store.commit(
            LearningCommit(
                **named,
                state=f"state {version}".encode(),
                rows={key: f"row of {key}".encode() for key in learned},
                weights=weights,
                proposal=Proposal(
                    **named, candidate=weights, baseline=designer, changes=(), number=version
                ),
                verdict=Verdict(approved=True, reason="", proof="simulated", step="floor"),
                deployment=Deployment(
                    **named, version=version, action="promote", deployed_at=START_S + version
                ),
            )
        )


def readings(store: MemoryStore) -> Readings:
    """Everything a save holds, by what it is."""
    found: Readings = {}
    for log in store.episodes(store.episode_ids()):
        found[f"episode {log.id}"] = episode_of(log)
    for key in store.recent(1_000_000):
        if (memory := store.memory(key)) is not None:
            found |= {f"memory {key} {name}": value for name, value in _parts(memory)}
    for key in NOTES:
        found |= {f"note {key}": note} if (note := store.note(key)) is not None else {}
    for pair in PAIRS:
        found |= {f"{'/'.join(pair)} {name}": value for name, value in _learned(store, *pair)}
    return found


def _parts(memory: Memory) -> Iterator[tuple[str, Any]]:
    """A memory, its links and its uses: rows of their own, each of which may be damaged."""
    rest = {"associations": (), "access_count": 0, "last_accessed": 0.0}
    yield "itself", msgspec.structs.replace(memory, **rest)
    for link in memory.associations:
        yield f"to {link.memory_id} {link.relation}", link
    if memory.access_count:
        yield "uses", (memory.access_count, memory.last_accessed)


def _learned(store: MemoryStore, *pair: str) -> Iterator[tuple[str, Any]]:
    player, companion = pair
    for key, row in store.rows(player, companion):
        yield f"row {key}", row
    for name, value in (
        ("state", store.state(player, companion)),
        ("deployed", store.deployed(player, companion)),
        *((f"weights {v}", store.weight_set(player, companion, v)) for v in (1, 2)),
    ):
        if value is not None:
            yield name, value
    for deployment in store.deployments(player, companion):
        yield f"deployment {deployment.version}", deployment
    for proposal, verdict in store.verdicts(player, companion):
        yield f"verdict {proposal.number}", (proposal, verdict)
    for spent in store.book.spent(player, companion):
        yield f"spent {spent.number}", spent


def answers(store: MemoryStore) -> Readings:
    """Which episodes and memories questions find, in order; by indexes, which can be made anew."""
    found: Readings = {
        "episodes": store.episode_ids(),
        "memories": store.recent(1_000_000),
        **{f"tag {tag}": store.by_tag(tag) for tag in TAGS},
        **{f"type {kind}": store.by_type(kind) for kind in MemoryType},
    }
    for pair in PAIRS:
        found[f"rows of {pair}"] = [key for key, _ in store.rows(*pair)]
        found[f"unlearned of {pair}"] = store.unlearned(*pair)
        found[f"deployments of {pair}"] = [each.version for each in store.deployments(*pair)]
    for player in ("robin", "kim"):
        for words in QUESTIONS:
            hits = store.retrieve(words, player_id=player, now=START_S, limit=50)
            found[f"{words} of {player}"] = [hit.memory.id for hit in hits]
    return found


def is_reported(store: MemoryStore) -> bool:
    """Whether the store says that something is wrong with the save."""
    health = store.health()
    wrong = health["structure"] != "ok" or health["damaged"] or health["quarantine"]
    return bool(wrong or store.problems)
