"""A changed tree in use: through the same gate as weights, recorded in the save, undone like them.

The save keeps the variant whole, and each version of the weights says in which tree it plays. So
undo, redo, reset and roll back go back and forth between structures too. Refuses a variant that
leaves an action behind fewer checks than the tree in use, before anything is played. A designer
who edits the tree's file has the last word: a variant of another tree than that is played no more.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from astraweave.behavior import Tree
from astraweave.behavior.groot.reader import build_tree, read_document
from astraweave.behavior.protection import protections, unprotected
from astraweave.errors import TreeError
from astraweave.learning.controls import controls_of, with_controls
from astraweave.learning.game import Game, LearnSettings
from astraweave.learning.judge import cast_of, environment_in, judge
from astraweave.learning.ledger import again_if_overtaken, deployed_weights
from astraweave.learning.proposal import fitted
from astraweave.learning.restructured import difference
from astraweave.learning.rows import Known, known
from astraweave.learning.statistics import LearnerState, typical, usual_category
from astraweave.learning.trial import put_on_trial
from astraweave.model.learned import LearningCommit
from astraweave.model.verdict import Deployment, Verdict
from astraweave.model.weights import Proposal
from astraweave.playstyle import profile_of
from astraweave.sandbox.gate import STATIC, TRIAL

if TYPE_CHECKING:
    from astraweave.memory import MemoryStore

ORIGIN = "structure"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A variant in a save. base: content hash of the tree's file that it is a variant of."""

    xml: str
    main: str
    base: str


class Adopted(NamedTuple):
    """What came of it; `version` is that of the weights which play in the variant, if approved."""

    verdict: Verdict
    version: int | None


def tree_in_use(store: "MemoryStore", tree: Tree, player_id: str, companion_id: str) -> Tree:
    """The tree that this pair plays: a variant that was adopted, else `tree` itself.

    A variant whose file was edited since, or that cannot be read any more, is not played.
    """
    found = store.deployed(player_id, companion_id)
    return variant_of(store, tree, "" if found is None else found[0].tree)


def variant_of(store: "MemoryStore", tree: Tree, name: str) -> Tree:
    """The structure that a version of the weights names, of the designer's `tree`; else that."""
    data = store.note(_note(name)) if name not in ("", tree.content_hash) else None
    if data is None:
        return tree
    try:
        kept = msgspec.json.decode(data, type=Kept)
        if kept.base != tree.content_hash:
            return tree
        enums = () if tree.document is None else tree.document.enums
        document = read_document(kept.xml.encode(), f"{tree.path} (variant)", enums=enums)
        return Tree(build_tree(document, kept.main), tree.path, document, kept.main, tree.source)
    except (msgspec.MsgspecError, TreeError):
        return tree  # the designer's plays where a variant is damaged


def as_played(store: "MemoryStore", game: Game, player_id: str, companion_id: str) -> Game:
    """The game with the tree that this pair plays."""
    tree = tree_in_use(store, game.tree, player_id, companion_id)
    return game if tree is game.tree else replace(game, tree=tree)


def adopt(
    store: "MemoryStore",
    game: Game,
    variant: Tree,
    *,
    player_id: str,
    companion_id: str,
    seed: int,
    now: float,
    settings: LearnSettings | None = None,
) -> Adopted:
    """Have a variant of the game's tree judged for one pair, and put it to use if it passes.

    Costs a proposal's share of the error rate, whatever the answer. What passes is on trial in
    half of the episodes, as weights are; one that comes during a trial joins it.

    Args:
        store: open memory.
        game: with its own tree, as its file says, and with an environment.
        variant: what is to be played instead.
        player_id, companion_id: whose.
        seed: of the sandbox.
        now: seconds since 1970.
        settings: gate, locks and progress.

    Raises:
        UsageError: the game has no environment, or the variant no document.
        EnvironmentFailure: the game failed before anything was played.
    """
    pair = (player_id, companion_id)
    body = msgspec.json.encode(
        Kept(xml=variant.to_xml(), main=variant.main, base=game.tree.content_hash)
    )
    limits = with_controls(settings or LearnSettings(), controls_of(store, *pair), variant.tactics)

    def work() -> Adopted:
        found = known(store, *pair, game.styles)
        in_use = as_played(store, game, *pair)
        current, _ = deployed_weights(store, in_use, *pair)
        candidate = msgspec.structs.replace(
            fitted(current, variant.tactics),
            version=store.next_version(*pair),
            parent=current.version,
            restores=None,
            origin=ORIGIN,
            created_at=now,
            tree=variant.content_hash,
            reason=f"the structure: {difference(in_use.tree.root, variant.root)}",
        )
        proposal = Proposal(
            player_id=player_id,
            companion_id=companion_id,
            candidate=candidate,
            baseline=current,
            changes=(),
            number=store.book.next_number(*pair),
            profile=profile_of(found.evidence, player_id=pair[0], companion_id=pair[1], now=now),
        )
        verdict = _judged(
            store, replace(game, tree=variant), in_use.tree, proposal, found.state, limits, seed
        )
        if verdict.approved:
            store.put_note(_note(variant.content_hash), body)
        store.commit(_commit(found, proposal, verdict, now))
        return Adopted(verdict, candidate.version if verdict.approved else None)

    return again_if_overtaken(store, *pair, work)


def _judged(
    store: "MemoryStore",
    game: Game,
    in_use: Tree,
    proposal: Proposal,
    state: LearnerState,
    settings: LearnSettings,
    seed: int,
) -> Verdict:
    """Its guards first, then the sandbox, against the tree and weights in use."""
    lost = unprotected(protections(in_use.root), game.tree.root)
    if lost is not None:
        return Verdict(
            approved=False,
            reason=lost,
            proof="simulated",
            step=STATIC,
            proposal_number=proposal.number,
            seed=seed,
        )
    return judge(
        *(game, proposal.candidate, proposal.baseline),
        cast_of(environment_in(game), proposal.profile),
        settings=settings,
        seconds=typical(state, usual_category(state))[0],
        number=proposal.number,
        seed=seed,
        deployed_tree=in_use,
        cache=store.book,
    )


def _commit(found: Known, proposal: Proposal, verdict: Verdict, now: float) -> LearningCommit:
    """All of it in one transaction."""
    state, candidate, deployment = found.state, proposal.candidate, None
    state.revision += 1
    state.proposals = proposal.number
    state.evidence = found.evidence.encoded()
    if verdict.approved:
        more: dict[str, Any] = {}
        if verdict.steps.get(TRIAL) == "skipped":
            state.canary = None
        else:
            trial = put_on_trial(state, candidate.version, proposal.baseline.version)
            more = {"canary": True, "against": trial.baseline}
        deployment = Deployment(
            version=candidate.version,
            player_id=proposal.player_id,
            companion_id=proposal.companion_id,
            action="promote",
            deployed_at=now,
            verdict=verdict,
            reason=candidate.reason,
            **more,
        )
    return LearningCommit(
        player_id=proposal.player_id,
        companion_id=proposal.companion_id,
        state=state.encoded(),
        read=found.read,
        guarded=True,
        weights=candidate,
        proposal=proposal,
        verdict=verdict,
        deployment=deployment,
    )


def _note(content_hash: str) -> str:
    return f"variant:{content_hash}"
