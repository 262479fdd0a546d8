"""What was validated is what is played, bit for bit.

The same fight twice: as one of 65 worlds of the sandbox's runner (batch engine, arena), and as
the demo plays it (esper, scalar engine, Mira's callbacks, a duel of one), read back from the
episode that the recorder stored.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from astraweave.arena import Arena, load_bot
from astraweave.arena.kernels import layout as at
from astraweave.arena.state import State, row
from astraweave.behavior import load_tree
from astraweave.learning.statistics import LearnerState
from astraweave.memory import MemoryStore, open_memory
from astraweave.model.columns import COMPANION, NONE, RESULTS, EpisodeLog
from astraweave.model.episode import ActionResult
from astraweave.model.learned import LearningCommit
from astraweave.model.ports import OUTCOMES
from astraweave.model.scenario import Scenario
from astraweave.model.verdict import Deployment
from astraweave.model.weights import WeightSet
from astraweave.sandbox import load_scenarios
from astraweave.sandbox.runner import Batch, Policy

NEIGHBOURS, PLACE = 64, 23
TREE = load_tree("companion.xml")
DESIGNERS = dict.fromkeys(TREE.tactics, 1.0)
LEARNED = {name: 3.9 ** (i / 6 - 1) for i, name in enumerate(TREE.tactics)}
"""From .26 to 3.9, none of them a round number."""

pytestmark = pytest.mark.compiled


class Choice(NamedTuple):
    """One decision: the tick it was made in, what was chosen among what, and how it ended."""

    tick: int
    tactic: str
    propensity: float
    available: tuple[str, ...]
    result: ActionResult
    effectiveness: float | None


class Fight(NamedTuple):
    choices: list[Choice]
    outcome: dict[str, float]
    where: bytes


@pytest.fixture
def companion(monkeypatch: pytest.MonkeyPatch, root: Path) -> Any:
    """The demo's session, imported as the demo does."""
    monkeypatch.setattr(sys, "path", [str(root / "demos"), *sys.path])
    from companion import session  # noqa: PLC0415

    return session


@pytest.fixture
def memory() -> Iterator[MemoryStore]:
    with open_memory(":memory:") as store:
        yield store


def deploy(store: MemoryStore, weights: dict[str, float]) -> None:
    who = {"player_id": "you", "companion_id": "mira"}
    given = WeightSet(version=1, weights=weights, parent=0)
    use = Deployment(**who, version=1, action="promote", deployed_at=0.0)
    state = LearnerState().encoded()
    store.commit(LearningCommit(**who, state=state, weights=given, deployment=use))


def as_played(session: Any, scenario: Scenario) -> tuple[Fight, int, npt.NDArray[np.float64]]:
    """The demo's next fight, the seed it has, and the player in it."""
    session.scenario = scenario
    session.begin()
    row = session.player_row()
    while session.frame():
        pass
    fought = session.end()
    session.memory.flush()
    log = session.memory.episode(fought.episode)
    assert log is not None
    duel = session.duel
    assert log.seed == fought.seed
    fight = Fight(recorded(log), duel.outcome(), where(duel.worlds, 0))
    assert fight.outcome["success"] == fought.success
    return fight, fought.seed, row


def recorded(log: EpisodeLog) -> list[Choice]:
    """The companion's decisions in a stored episode."""
    rows = log.observations[log.observations["kind"] == COMPANION]
    return [
        Choice(
            tick=round((int(row["t_ms"]) - int(row["duration_ms"])) * 60 / 1000),
            tactic=log.names[row["tactic"]],
            propensity=float(row["propensity"]),
            available=tuple(log.names[i] for i in log.sets[row["available"]]),
            result=RESULTS[row["result"]] or ActionResult.INTERRUPTED,
            effectiveness=None if np.isnan(row["effectiveness"]) else float(row["effectiveness"]),
        )
        for row in rows
        if row["tactic"] != NONE
    ]


def where(state: State, world: int) -> bytes:
    """All of the world at the end, to the last bit.

    But what a tactic that ended in the last step was worth: a batch that plays on forgets it.
    Both fights' `choices` say it.
    """
    end = state.world(world)
    end.rows[row(at.EFFECT)] = 0.0
    return end.tobytes()


class Watched(Arena):
    """The arena, with what each step said of the tactics that ended in it."""

    def __init__(self) -> None:
        super().__init__()
        self.effects: list[npt.NDArray[np.float64]] = []

    def step(self, commands: npt.NDArray[np.int16]) -> Any:
        told = super().step(commands)
        self.effects.append(told.effectiveness)
        return told


def as_proved(
    scenario: Scenario, seed: int, row: npt.NDArray[np.float64], weights: dict[str, float]
) -> Fight:
    """The fight as one of the sandbox's many, beside other seeds and other players."""
    arena = Watched()
    program = TREE.program(arena.facts.names, arena.actions)
    policy = Policy(program, np.array([weights[name] for name in TREE.tactics]))
    seeds = np.insert(np.arange(NEIGHBOURS, dtype=np.int64) * 7919 + 5, PLACE, seed)

    def players(given: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        cast = arena.archetypes(given)
        cast[PLACE] = row
        return cast

    batch = Batch(arena, policy, scenario, seeds, players)
    played = batch.play()
    batch.ticker.halt()
    effects = np.array(arena.effects)[:, PLACE]
    outcome = dict(zip(OUTCOMES, played.outcomes[PLACE].tolist(), strict=True))
    choices = logged(batch.ticker, arena.step_ticks, effects)
    return Fight(choices, outcome, where(arena.state, PLACE))


def logged(ticker: Any, step_ticks: int, effects: npt.NDArray[np.float64]) -> list[Choice]:
    """One world's decisions in the batch engine's log, with what the steps said of them."""
    log, program = ticker.log, ticker.program
    choices = []
    for i in np.flatnonzero(log.world == PLACE):
        first, end = int(log.step_started[i]), int(log.step_ended[i])
        result = RESULTS[int(log.result[i])] or ActionResult.INTERRUPTED
        said = [float(e) for e in effects[first:end] if not np.isnan(e)]
        keep = said and result is not ActionResult.INTERRUPTED
        bits = int(log.available[i])
        choices.append(
            Choice(
                tick=first * step_ticks,
                tactic=program.tactics[int(log.tactic[i])],
                propensity=float(log.propensity[i]),
                available=tuple(n for k, n in enumerate(TREE.tactics) if bits >> k & 1),
                result=result,
                effectiveness=said[-1] if keep else None,
            )
        )
    return choices


@pytest.mark.parametrize("weights", [DESIGNERS, LEARNED], ids=["designers", "learned"])
@pytest.mark.parametrize("bot", ["berserker", "kiter", "caster"])
def test_a_fight_in_the_demo_is_the_one_the_sandbox_plays(
    companion: Any, memory: MemoryStore, bot: str, weights: dict[str, float]
) -> None:
    if weights is LEARNED:
        deploy(memory, weights)
    session = companion.Session(memory, player="you", seed=11, bot=load_bot(bot))
    scenarios = [session.scenario, *load_scenarios()]
    try:
        for scenario in scenarios:
            fight, seed, row = as_played(session, scenario)
            proved = as_proved(scenario, seed, row, weights)
            assert len(fight.choices) >= 3
            assert fight.choices == proved.choices
            assert fight.outcome == proved.outcome
            assert fight.where == proved.where
    finally:
        session.close()
