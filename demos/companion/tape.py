"""What came into a fight, tick by tick, in a file; played again it is the same episode to the byte.

A `Take` holds all that decides a fight: who played with what, the weights, Mira's chances, and the
player's wishes as runs of equal ticks. Refuses files that are no takes, takes of other rules or of
another tree, and numbers that no fight has.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

import astraweave as aw
from astraweave import InputError
from astraweave.arena import VOCABULARY, Arena, Bot
from astraweave.learning.statistics import LearnerState
from astraweave.model.episode import Count, Episode, Name
from astraweave.model.learned import LearningCommit
from astraweave.model.verdict import Deployment
from astraweave.model.weights import MAX_WEIGHT, MIN_WEIGHT, WeightSet
from astraweave.sandbox import weights_fault
from companion.session import COMPANION, Session, Wish

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore

MAX_BYTES, MAX_TAKES, MAX_TICKS = 8 * 2**20, 1000, 40_000
_Ticks = Annotated[int, Meta(ge=1, le=MAX_TICKS)]
_Action = Annotated[int, Meta(ge=-1, lt=len(VOCABULARY))]
_Move = Annotated[float, Meta(ge=-8.0, le=8.0)]
_Seed = Annotated[int, Meta(ge=0, lt=2**31)]
Run = tuple[_Ticks, _Action, _Move, _Move]
"""So many ticks with the same wish: an action by index, −1 for none, and a direction."""


class Take(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fight. `number` counts the fights of player and Mira, `ordinal` all of their save.

    `began_ticks` is the session's age; `sha256` of the episode's JSON, which is what comes out.
    """

    format: Literal[1] = 1
    arena: str
    tree: str
    player: Name
    bot: Bot | None
    seed: _Seed
    number: Count
    ordinal: Annotated[int, Meta(ge=1, le=100_000)]
    version: Count
    weights: Annotated[dict[Name, float], Meta(max_length=1000)]
    start_time: Annotated[float, Meta(ge=0.0, le=4e11)]
    began_ticks: Annotated[int, Meta(ge=0, le=2**40)]
    runs: Annotated[tuple[Run, ...], Meta(max_length=MAX_TICKS)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]

    def wishes(self) -> Iterator[Wish]:
        """Tick by tick."""
        for ticks, action, move_x, move_y in self.runs:
            for _ in range(ticks):
                yield Wish(None if action < 0 else action, move_x, move_y)


class Tape:
    """Writes takes to a new file, a line each."""

    def __init__(self, path: Path) -> None:
        """Make the file.

        Raises:
            InputError: it is there already, or cannot be made.
        """
        self.path = path
        try:
            path.open("x").close()
        except OSError as error:
            fix = "name a new file" if path.exists() else "name a file in a folder that exists"
            raise InputError(
                what="cannot record", got=error.strerror, where=f"--record {path}", fix=fix
            ) from error
        self._runs: list[list[float]] = []
        self._began = 0

    def begin(self, session: Session) -> None:
        """A fight begins."""
        self._runs, self._began = [], session.ticks

    def note(self, wish: Wish) -> None:
        """A tick was played with this wish."""
        action = -1 if wish.action is None else wish.action
        run = [action, wish.move_x, wish.move_y]
        if self._runs and self._runs[-1][1:] == run:
            self._runs[-1][0] += 1
        else:
            self._runs.append([1, *run])

    def taken(self) -> tuple[list[list[float]], int]:
        """What `keep` writes of the fight that is over, while the next one may begin."""
        return self._runs, self._began

    def keep(self, session: Session, episode_id: str, taken: tuple[list[list[float]], int]) -> None:
        """Write a fight that the save holds; waits for the save, so not in a frame."""
        memory, (runs, began) = session.memory, taken
        memory.flush()
        log = memory.episode(episode_id)
        if log is None or not runs:
            return
        episode = aw.episode_of(log)
        version = episode.policy_version
        found = memory.weight_set(session.player, COMPANION, version) if version else None
        take = Take(
            arena=Arena().content_hash(),
            tree=session.learner.game.tree.content_hash,
            player=session.player,
            bot=session.bot,
            seed=episode.seed,
            number=memory.episode_ids(session.player, COMPANION).index(episode_id),
            ordinal=int(episode_id.split("-")[-2]),
            version=version,
            weights={} if found is None else dict(found.weights),
            start_time=episode.start_time,
            began_ticks=began,
            runs=tuple((int(run[0]), int(run[1]), run[2], run[3]) for run in runs),
            sha256=digest(episode),
        )
        with self.path.open("ab") as file:
            file.write(msgspec.json.encode(take) + b"\n")


def digest(episode: Episode) -> str:
    """SHA-256 over the episode's JSON."""
    return hashlib.sha256(msgspec.json.encode(episode)).hexdigest()


class Rerun(Session):
    """A session of one fight, played from a take: `wish_of_tape` is what the player wants."""

    def __init__(self, memory: "MemoryStore", take: Take) -> None:
        """Set up everything as it was when the fight began.

        Args:
            memory: an empty one.
            take: checked by `load_takes`.
        """
        self.take = take
        if take.version:
            _plant(memory, take)
        super().__init__(
            memory, player=take.player, seed=take.seed, bot=take.bot, wall=lambda: take.start_time
        )
        # Ids count all episodes of a save: those before it are begun and dropped.
        for _ in range(take.ordinal - 1):
            self.learner.begin(self.mira, "combat", player=self.me)
            self.learner.abort(self.mira)
        self.ticks, self.number = take.began_ticks, take.number
        self._left = take.wishes()

    def seed_of_fight(self) -> int:
        """The take's."""
        return self.take.seed

    def wish_of_tape(self) -> Wish | None:
        """The next tick's; None when the tape is at its end."""
        return next(self._left, None)

    def same(self) -> bool | None:
        """Close the session; whether the episode is the one recorded, None when it was left."""
        if self.playing and self.duel.done:
            self.end()
        self.close()
        if next(self._left, None) is not None:
            return None
        log = self.memory.episode(self.episode)
        return log is not None and digest(aw.episode_of(log)) == self.take.sha256


def rerun(take: Take) -> bool:
    """Play a take without a window; whether it is the same episode, byte for byte."""
    with aw.open_memory(":memory:") as memory:
        session = Rerun(memory, take)
        session.begin()
        while (wish := session.wish_of_tape()) is not None:
            session.frame(wish)
        return session.same() is True


def load_takes(path: Path) -> list[Take]:
    """Read a file of takes.

    Raises:
        InputError: it is none, or what it was played with has changed.
    """
    where = f"--replay {path}"
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        fix = "name a file that --record made"
        raise InputError(what="cannot read", got=error.strerror, where=where, fix=fix) from error
    lines = data.splitlines()
    if not lines or len(data) > MAX_BYTES or len(lines) > MAX_TAKES:
        raise InputError(
            what=f"a recording has 1 to {MAX_TAKES} fights in at most {MAX_BYTES // 2**20} MiB",
            got=f"{len(lines)} lines, {'more than ' * (len(data) > MAX_BYTES)}{len(data):,} bytes",
            where=where,
            fix="name a file that --record made",
        )
    return [_read(line, f"{where}, line {i}") for i, line in enumerate(lines, 1)]


def _read(line: bytes, where: str) -> Take:
    try:
        take = msgspec.json.decode(line, type=Take)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        fix = "name a file that --record made"
        raise InputError(what="is no fight", got=str(error), where=where, fix=fix) from error
    if sum(run[0] for run in take.runs) > MAX_TICKS:
        fix = f"a fight has at most {MAX_TICKS:,} ticks"
        raise InputError(what="the fight is too long", where=where, fix=fix)
    tree = aw.load_tree("companion.xml")
    for name, then, now in (
        ("rules", take.arena, Arena().content_hash()),
        ("tree", take.tree, tree.content_hash),
    ):
        if then != now:
            what = f"played by other {name}: it would be another fight"
            fix = "replay it with the version that recorded it"
            raise InputError(what=what, got=then[:60], where=where, fix=fix)
    known = take.version > 0
    fault = weights_fault(take.weights, tree.tactics, MIN_WEIGHT, MAX_WEIGHT) if known else None
    if fault is not None:
        raise InputError(what=fault, where=where, fix="name a file that --record made")
    return take


def _plant(memory: "MemoryStore", take: Take) -> None:
    """Deploy the weights that played, in an empty save."""
    weights = WeightSet(version=take.version, weights=take.weights)
    memory.commit(
        LearningCommit(
            player_id=take.player,
            companion_id=COMPANION,
            state=LearnerState().encoded(),  # by this the save knows the two
            weights=weights,
            deployment=Deployment(
                version=take.version,
                player_id=take.player,
                companion_id=COMPANION,
                action="promote",
                deployed_at=take.start_time,
            ),
        )
    )
