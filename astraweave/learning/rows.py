"""An episode's own row of statistics, and a learner's knowledge folded from such rows.

Refuses nothing that a save holds: an action the vocabulary has lost is counted as unknown, a row
that cannot be read is left out and counted. One odd episode must not stop learning for ever.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from astraweave.errors import SaveError
from astraweave.learning.changed import set_aside
from astraweave.learning.decisions import conduct_of
from astraweave.learning.game import Game
from astraweave.learning.method import Method
from astraweave.learning.methods import POSTERIOR, method_of
from astraweave.learning.reflection import compared, reflect
from astraweave.learning.resets import Resets, drop, resets_of
from astraweave.learning.reward import Reward
from astraweave.learning.setup import styles_of
from astraweave.learning.statistics import VERSION, Canary, EpisodeRow, LearnerState, fold
from astraweave.model.columns import PLAYER
from astraweave.model.episode import EpisodeCategory
from astraweave.model.sources import OWN, TRUST, source_of, trust_in
from astraweave.playstyle import (
    FEATURES,
    Evidence,
    Library,
    action_counts,
    feature_row,
    manners_of,
    update,
)

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore
    from astraweave.model.columns import EpisodeLog


def row_of(log: "EpisodeLog", game: Game, trust: Mapping[str, float] | None = None) -> EpisodeRow:
    """An episode's own statistics; `trust` says what its source counts, by default `TRUST`."""
    source = source_of(log.tags)
    seconds = 0.0 if log.end_time is None else max(0.0, log.end_time - log.start_time)
    if log.outcome is not None and log.outcome.duration_ms:
        seconds = log.outcome.duration_ms / 1e3
    return EpisodeRow(
        category=log.category.value,
        policy_version=log.policy_version,
        seconds=seconds,
        features=feature_row(log, game.vocabulary, game.sheet, unknown="skip").tolist(),
        actions=action_counts(log, game.vocabulary, unknown="skip"),
        conduct=conduct_of(log, game.sheet),
        outcome=log.outcome,
        weight=trust_in(source, trust or TRUST),
        own=source == OWN,
        manners=manners_of(log, game.vocabulary, game.sheet),
    )


def unknown_actions(log: "EpisodeLog", game: Game) -> Counter[str]:
    """The player's actions that the vocabulary does not declare, and how often each was done."""
    done = log.observations["code"][log.observations["kind"] == PLAYER]
    counted = Counter(log.names[code] for code in done.tolist())
    return Counter({name: n for name, n in counted.items() if name not in game.vocabulary})


def fought(categories: Collection[str]) -> Collection[str]:
    """Of these categories, those whose episodes show an archetype: combat, or all without it."""
    combat = EpisodeCategory.COMBAT.value
    return (combat,) if combat in categories else categories


def absorb(
    state: LearnerState,
    evidence: Evidence,
    row: EpisodeRow,
    archetypes: Library,
    method: Method | None = None,
    episode: str = "",
) -> Evidence:
    """Fold one row into tactics, traits and `method`; returns the new evidence of the traits.

    The traits are this person's: another one's play, or a bot's, tells nothing of them, and who
    talks between two fights still fights alike: see `fought`. Of an
    `episode` with a name, the state's story goes on.
    """
    usual = [play for _, play in state.rewards]
    reward = fold(state, row)
    if method is not None:
        method.fold(row, reward)
    if not row.own:
        return evidence
    features = np.array(row.features)
    library = archetypes if row.category in fought({*state.seconds, row.category}) else None
    newer = update(evidence, features, row.actions, library=library, manners=row.manners)
    after = set_aside(state, evidence, newer)
    if episode:
        _look_back(state, usual, row, reward, after, episode)
    return after


def _look_back(
    state: LearnerState,
    usual: Sequence[float],
    row: EpisodeRow,
    reward: Reward | None,
    evidence: Evidence,
    episode: str,
) -> None:
    """What the episode was like, and what that adds to what is known."""
    if reward is not None:
        found = compared(row)
        state.story.compared(found, episode, state.episodes)
        state.story.lived(row, episode, state.episodes)
        told = reflect(state, usual, row, reward.play, found, episode)
        state.story.last = told or state.story.last
    state.story.plays_like(evidence.style, episode, state.episodes)


class Known(msgspec.Struct, kw_only=True):
    """What is known of a pair. `read` is the stored state it came from, None without one.

    `replayed` says from how many rows a damaged state was made anew; `lost` counts rows that
    could not be read; `other_learner` says that another one is asked than before.
    """

    state: LearnerState
    evidence: Evidence
    read: bytes | None
    replayed: int = 0
    lost: int = 0
    other_learner: bool = False


def known(
    store: "MemoryStore", player_id: str, companion_id: str, archetypes: Library | None = None
) -> Known:
    """The statistics; replayed from the episodes' own rows where the state was lost.

    Args:
        store, player_id, companion_id: whose.
        archetypes: what a replay compares with; those of the save's game when absent.

    Raises:
        SaveError: a newer program wrote them, or nobody can tell the archetypes of a replay.
    """
    data = store.state(player_id, companion_id)
    if data is not None:
        _refuse_newer(data)
        try:
            state = LearnerState.decoded(data)
            evidence = Evidence.decoded(state.evidence) if state.evidence else Evidence()
        except SaveError:
            pass  # damaged in a way no checksum shows: the rows tell the same
        else:
            return Known(state=state, evidence=evidence, read=data)
    return _replayed(store, player_id, companion_id, data, archetypes or styles_of(store))


def method_for(
    store: "MemoryStore", found: "Known", pair: tuple[str, str], name: str, game: Game
) -> Method:
    """The learner of that name, having heard of every episode in `found`.

    One that was not in use, or whose state is damaged, is folded anew from the episodes' rows.

    Raises:
        InputError: there is no such learner.
    """
    nodes, kept = game.tree.weighted, found.state.methods.get(name)
    if name == POSTERIOR:
        return method_of(name, nodes)
    if kept is not None and kept.episodes == found.state.episodes:
        try:
            return method_of(name, nodes, kept.body)
        except SaveError:
            pass  # the rows tell the same
    method, scratch = method_of(name, nodes), LearnerState()
    resets = Resets(resets_of(store, *pair))
    for _, body in store.rows(*pair):
        try:
            row = EpisodeRow.decoded(body)
        except SaveError:
            continue  # counted where the rows are read for the statistics
        for tactics in resets.before(row):
            method.forget(tactics)
        method.fold(row, fold(scratch, row))
    for tactics in resets.left():
        method.forget(tactics)
    return method


class _Header(msgspec.Struct):
    version: int = VERSION


def _refuse_newer(data: bytes) -> None:
    try:
        version = msgspec.msgpack.decode(data, type=_Header).version
    except (msgspec.MsgspecError, ValueError):
        return
    if version > VERSION:
        raise SaveError(
            what=f"what was learned has a version above {VERSION}",
            got=version,
            where="save: state",
            fix="use a newer astraweave",
        )


def _replayed(
    store: "MemoryStore",
    player_id: str,
    companion_id: str,
    data: bytes | None,
    archetypes: Library,
) -> Known:
    found = Known(state=LearnerState(), evidence=Evidence(), read=data)
    state, resets = found.state, Resets(resets_of(store, player_id, companion_id))
    for episode, body in store.rows(player_id, companion_id):
        try:
            row = EpisodeRow.decoded(body)
        except SaveError:
            found.lost += 1
            continue
        if len(row.features) != len(FEATURES):
            found.lost += 1
            continue
        for tactics in resets.before(row):
            drop(state, tactics)
        found.evidence = absorb(state, found.evidence, row, archetypes, episode=episode)
        found.replayed += 1
    for tactics in resets.left():
        drop(state, tactics)
    judged = store.verdicts(player_id, companion_id)
    state.proposals = max((proposal.number for proposal, _ in judged), default=0)
    # What was already proposed is not in the rows: nothing more until another episode is played.
    state.spent = state.episodes
    deployed = store.deployed(player_id, companion_id)
    if deployed is not None and deployed[1].canary and deployed[1].against is not None:
        line = [deployed[1].version]
        state.canary = Canary(baseline=deployed[1].against, line=line, since=state.episodes)
    return found
