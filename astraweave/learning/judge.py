"""A proposal before the sandbox, and a rejection shown again.

Whom a candidate plays with is drawn from the profile of the moment, which the proposal keeps: so a
rejection replays as it was judged. Refuses to replay when the tree or the game has changed since.
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from astraweave.behavior import Tree
from astraweave.errors import EnvironmentFailure, UsageError
from astraweave.learning.game import Game, LearnSettings, PlayerModel
from astraweave.learning.reward import PLAY_SPAN, TYPICAL_SECONDS, sandbox_reward
from astraweave.model.ports import BatchEnvironment
from astraweave.model.profile import PreferenceProfile
from astraweave.model.verdict import Counterexample, Verdict
from astraweave.model.weights import Proposal, WeightSet, designer_weights
from astraweave.sandbox import Frame, replay, validate
from astraweave.sandbox.asked import Cache
from astraweave.sandbox.content import content_hash
from astraweave.sandbox.hands import Hands
from astraweave.sandbox.replay import scenario_of
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
    except EnvironmentFailure:
        raise
    except Exception as error:
        raise EnvironmentFailure(
            what=f"the environment failed: {name} raised {type(error).__name__}: {error}",
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
    environment = _environment(game)
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
        progress=settings.progress,
        deployed_tree=deployed_tree,
        hands=hands,
        cache=cache,
    )


@functools.cache
def _reward_code() -> str:
    """The reward's own code, which the sandbox knows nothing of."""
    return content_hash(sandbox_reward)


def replayed(game: Game, proposal: Proposal, verdict: Verdict) -> list[Frame]:
    """The episode that a rejection points at, step by step, as it was judged.

    Raises:
        UsageError: the verdict points at none, or what it was judged with has changed since.
    """
    environment, shown = _environment(game), shown_by(verdict)
    now = {"tree": game.tree.content_hash, "environment": environment.content_hash()}
    for name, content in now.items():
        if verdict.hashes.get(name, content) != content:
            raise UsageError(
                what=f"the {name} has changed since this verdict: it would not replay the same",
                where="replay",
                fix=f"restore that {name}, or learn again",
            )
    scenario = scenario_of(shown, game.scenarios)
    cast = cast_of(environment, proposal.profile)
    fitted = shown.players == "fitted" or cast.archetypes is None
    weights = proposal.candidate
    if shown.policy == "designer":
        weights = designer_weights(game.tree.tactics)
    players = cast.person if fitted or cast.archetypes is None else cast.archetypes
    return replay(environment, game.tree, weights, scenario, shown.seed, players)


def shown_by(verdict: Verdict) -> Counterexample:
    """The episode a verdict points at.

    Raises:
        UsageError: there is none; the message says what the verdict was about.
    """
    if verdict.counterexample is None:
        word = "approved" if verdict.approved else "rejected without play"
        what = f"proposal {verdict.proposal_number} was {word}: {verdict.reason}"
        raise UsageError(what=what, where="replay", fix="choose a proposal that play rejected")
    return verdict.counterexample


def _environment(game: Game) -> BatchEnvironment:
    if game.environment is None:
        raise UsageError(
            what="this game has no environment to play in",
            where="sandbox",
            fix="name one as module:factory",
        )
    return game.environment
