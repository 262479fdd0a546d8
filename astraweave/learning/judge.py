"""A proposal before the sandbox, with this project's reward, beside this person.

Whom a candidate plays with is drawn from the profile of the moment, which the proposal keeps: so a
rejection replays as it was judged (`shown`). Refuses a game without an environment.
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from astraweave.behavior import Tree
from astraweave.errors import EnvironmentFailure, UsageError, said_of
from astraweave.learning.game import Game, LearnSettings, PlayerModel
from astraweave.learning.reward import PLAY_SPAN, TYPICAL_SECONDS, sandbox_reward
from astraweave.model.ports import BatchEnvironment
from astraweave.model.profile import PreferenceProfile
from astraweave.model.verdict import Verdict
from astraweave.model.weights import WeightSet
from astraweave.sandbox import validate
from astraweave.sandbox.asked import Cache
from astraweave.sandbox.content import content_hash
from astraweave.sandbox.hands import Hands
from astraweave.sandbox.runner import Players, nobody


class Cast(NamedTuple):
    """Who plays beside a candidate: this person, and shipped archetypes where there are any.

    `name` stands for both: with the game's content it says all that decides who is drawn.
    """

    person: Players
    archetypes: Players | None = None
    name: str = ""


def cast_of(environment: BatchEnvironment, profile: PreferenceProfile | None) -> Cast:
    """This person as the environment draws them; without a model of players, its own player.

    Without a profile the archetypes stand for the person. Whatever the environment raises when it
    is asked is an `EnvironmentFailure`.
    """
    if not isinstance(environment, PlayerModel):
        return Cast(nobody, name="the game's own player")
    archetypes = _asked(environment.archetypes, "archetypes")
    if profile is None:
        return Cast(archetypes, archetypes, "archetypes")
    # When it was believed is not part of what is believed, nor of the question.
    believed = msgspec.structs.replace(profile, updated_at=0.0)
    person = _asked(lambda seeds: environment.players(believed, seeds), "players")
    name = msgspec.json.encode(believed, order="deterministic").decode()
    return Cast(person, archetypes, f"drawn from {name}")


def _asked(players: Players, name: str) -> Players:
    """The same players; an exception says that it was the environment's."""

    def cast(seeds: npt.NDArray[np.int64]) -> Any:
        with _blamed(name):
            return players(seeds)

    return cast


@contextmanager
def _blamed(name: str) -> Iterator[None]:
    """What the environment raises here is its failure, not ours."""
    try:
        yield
    except (EnvironmentFailure, KeyboardInterrupt):
        raise
    except BaseException as error:  # SystemExit, CancelledError: whatever a game may raise
        raise EnvironmentFailure(
            what=f"the environment failed: {name} raised {said_of(error)}",
            fix=f"call its {name}() by itself to see it",
        ) from error


def judge(  # noqa: PLR0913  # all but four by keyword, each decides the verdict
    game: Game,
    candidate: WeightSet,
    deployed: WeightSet,
    cast: Cast,
    *,
    settings: LearnSettings,
    seconds: float = TYPICAL_SECONDS,
    number: int = 1,
    seed: int,
    deployed_tree: Tree | None = None,
    hands: Hands | None = None,
    cache: Cache | None = None,
) -> Verdict:
    """The sandbox's verdict, with this project's reward.

    Args:
        game: with an environment.
        candidate, deployed: weights proposed and in use.
        cast: who plays.
        settings: gate and progress.
        seconds: how long an episode of this kind usually takes, for the reward.
        number: the how-manieth proposal, from 1.
        seed: decides every simulated episode, with `number`.
        deployed_tree: the tree in use, where it is not the game's.
        hands: who plays the episodes; None plays them here.
        cache: of verdicts by their question, so that the same one is not played twice.

    Raises:
        EnvironmentFailure: the environment raised before anything was played.
    """
    environment = environment_in(game)
    with _blamed("content_hash"):
        environment.content_hash()
    return validate(
        environment,
        game.tree,
        candidate,
        deployed,
        scenarios=game.scenarios,
        players=cast.person,
        safety_players=cast.archetypes,
        reward=lambda outcomes: sandbox_reward(outcomes, seconds),
        reward_name=f"sandbox_reward({seconds!r}) {_reward_code()}",
        players_name=cast.name,
        span=PLAY_SPAN,
        settings=settings.gate,
        number=number,
        seed=seed,
        whitelist=frozenset(game.tree.tactics) - settings.locked if settings.locked else None,
        bounds=settings.bounds,
        progress=settings.progress,
        deployed_tree=deployed_tree,
        hands=hands,
        cache=cache,
    )


@functools.cache
def _reward_code() -> str:
    """The reward's own code, which the sandbox knows nothing of."""
    return content_hash(sandbox_reward)


def environment_in(game: Game) -> BatchEnvironment:
    """What a game is proved in.

    Raises:
        UsageError: it has none.
    """
    if game.environment is None:
        raise UsageError(
            what="this game has no environment to play in",
            where="sandbox",
            fix="name one as module:factory",
        )
    return game.environment
