"""The reference game as a `BatchEnvironment`: n fights at once, each keyed by its seed alone."""

import functools
import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from astraweave.arena import declared
from astraweave.arena.casts import archetype_players, posterior_players
from astraweave.arena.drawn import drawn
from astraweave.arena.episodes import played_on
from astraweave.arena.kernels import layout as at
from astraweave.arena.kernels.playing import fit, play
from astraweave.arena.players import bot_matrix, load_bot, player_names
from astraweave.arena.state import (
    TICKS_PER_SECOND,
    Floats,
    State,
    begun,
    event_counts,
    outcomes,
)
from astraweave.behavior import BatchTicker
from astraweave.errors import UsageError
from astraweave.model.kernels.jit import kernel_hash
from astraweave.model.ports import BatchStep
from astraweave.model.profile import PreferenceProfile
from astraweave.model.scenario import Scenario


class Arena:
    """The reference game, n worlds at once. One object plays one batch at a time.

    Args:
        step_ticks: ticks of 1/60 s between two decisions of the companion. After an odd number of
            ticks, facts that are distances to enemies are those of the tick before.
        slots: fighters a world has room for, 6 or 12: the player, the companion, the enemies; None
            for what each scenario needs.
    """

    facts = declared.FACTS
    actions = declared.TACTICS
    events = declared.EVENTS
    ranges = declared.RANGES
    vocabulary = declared.VOCABULARY
    bounds, counted_ranges = declared.BOUNDS, declared.COUNTS
    check_scenario = staticmethod(declared.check_party)
    player_names = player_names()

    def __init__(self, step_ticks: int = 6, slots: int | None = None) -> None:
        """Set the length of a decision step, and how large a world is."""
        if step_ticks not in range(1, 61):
            raise UsageError(
                what="step_ticks must be a whole number in [1, 60]",
                got=step_ticks,
                where="Arena",
                fix="6 is a decision every tenth of a second",
            )
        if slots not in (None, *at.SIZES):
            what, fix = "slots must be 6 or 12", "leave it out"
            raise UsageError(what=what, got=slots, where="Arena", fix=fix)
        self.step_ticks, self._slots = int(step_ticks), slots
        self.step_seconds = step_ticks / TICKS_PER_SECOND
        self._work = at.room(1, at.work())
        self._state: State | None = None

    def __reduce__(self) -> tuple[type["Arena"], tuple[int, int | None]]:
        """A copy, here or in another process, plays its own batch: no fight goes along."""
        return type(self), (self.step_ticks, self._slots)

    @property
    def slots(self) -> int:
        """Fighters that the worlds being played have room for."""
        return self.state.slots

    @property
    def state(self) -> State:
        """The worlds being played.

        Raises:
            UsageError: `reset` has not been called.
        """
        if self._state is None:
            raise UsageError(what="no episode was started", where="Arena", fix="call reset first")
        return self._state

    def reset(
        self, scenario: Scenario, seeds: npt.NDArray[np.int64], players: Floats | None = None
    ) -> Floats:
        """Start one fight a seed.

        Args:
            scenario: may set the names in `ranges`.
            seeds: int64[n].
            players: float64[n, TRAITS] of `bot_matrix` or `posterior_players`; the hybrid bot
                when absent.

        Returns:
            float64[n, facts].

        Raises:
            ScenarioError: a range is unknown or out of bounds.
            UsageError: shapes that do not fit.
        """
        seeds = np.ascontiguousarray(seeds, dtype=np.int64)
        if players is None:
            players = bot_matrix((load_bot("hybrid"),) * len(seeds))
        players = np.ascontiguousarray(players, dtype=np.float64)
        state = self._state = begun(scenario, seeds, players, self._slots)
        # No tick: only look.
        return self._play(state, np.full(len(seeds), at.NOBODY, np.int16), 0).facts

    def step(self, commands: npt.NDArray[np.int16]) -> BatchStep:
        """Play one decision step. A command that differs from the running tactic interrupts it.

        Args:
            commands: int16[n], indices of `actions`; −1 is none.

        Raises:
            UsageError: not one command a world, or an index that is no action.
        """
        state = self.state
        n = state.n
        commands = np.ascontiguousarray(commands, dtype=np.int16)
        if commands.shape != (n,) or not fit(commands):
            raise UsageError(
                what=f"commands must be int16[{n}] in [-1, {at.TACTICS - 1}]",
                got=str(commands.shape),
                where="Arena.step",
                fix="give one index of Arena.actions a world",
            )
        return self._play(state, commands, self.step_ticks)

    def _play(self, state: State, commands: npt.NDArray[np.int16], ticks: int) -> BatchStep:
        n = state.n
        facts, status = np.empty((n, len(self.facts))), np.empty(n, np.int8)
        effect, done = np.empty(n), np.empty(n, np.bool_)
        play(state.tiles, commands, ticks, facts, status, effect, done, self._work)
        return BatchStep(facts, status, effect, done)

    def play_episodes(
        self, ticker: BatchTicker, facts: Floats, limit: int
    ) -> npt.NDArray[np.int32] | None:
        """The fights of `reset` to their end in one call; see `model.ports.WholeEpisodes`.

        None for a tree that has no jump code, for facts that are not finite, and where somebody
        has put another `step` in place of this one.

        Raises:
            UsageError: `reset` has not been called.
        """
        if getattr(self.step, "__func__", None) is not _STEP:
            return None
        return played_on(self.state, self._work, ticker, facts, limit, self.step_ticks)

    def resume(self, state: State) -> None:
        """Play on from a state that was kept.

        Raises:
            UsageError: its worlds are of another size than was asked for.
        """
        if self._slots not in (None, state.slots):
            what, fix = "a state of another size", f"play it in Arena(slots={state.slots})"
            raise UsageError(what=what, got=state.slots, where="Arena.resume", fix=fix)
        self._state = state

    def outcomes(self) -> Floats:
        """float64[n, len(OUTCOMES)] of what was played so far; see `state.outcomes`."""
        return outcomes(self.state)

    def event_counts(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Counts and first ticks of `events`, int32[n, events] each; −1 where none happened."""
        return event_counts(self.state)

    def content_hash(self) -> str:
        """16 hex digits over the kernels, this folder's code and bots, and what was set."""
        return _hash_with(self.step_ticks, self._slots)

    def drawn(self, scenario: Scenario, seed: int) -> dict[str, float]:
        """What each range that the scenario sets draws for a seed."""
        return drawn(scenario, seed)

    def players(self, profile: PreferenceProfile, seeds: npt.NDArray[np.int64]) -> Floats:
        """One player a seed, drawn from what is believed of this person."""
        return posterior_players(profile, seeds)

    def archetypes(self, seeds: npt.NDArray[np.int64]) -> Floats:
        """One of the shipped bots a seed."""
        return archetype_players(seeds)


_STEP = Arena.step


@functools.cache
def _content_hash() -> str:
    folder = Path(__file__).resolve().parent
    digest = hashlib.sha256(kernel_hash().encode())
    for path in sorted([*folder.glob("*.py"), *folder.glob("bots/**/*.toml")]):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@functools.lru_cache(maxsize=128, typed=True)
def _hash_with(step_ticks: int, slots: int | None) -> str:
    return hashlib.sha256(f"{_content_hash()} {step_ticks} {slots}".encode()).hexdigest()[:16]


def make() -> Arena:
    """A new arena: what ``astraweave.arena.environment:make`` names."""
    return Arena()
