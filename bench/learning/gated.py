"""What learned weights are worth when each proposal must pass the gate before it plays.

The gate is the one of `attach`, at its defaults: logged play first, then the sandbox with the
reference game, its scenarios and players drawn from what is believed of this person. What looks at
real play afterwards, the trial and the guard, is left out. Beside it the same runs, gate off.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from astraweave.arena import FACTS, VOCABULARY, Arena
from astraweave.behavior import Tree
from astraweave.learning.desk import by_sandbox
from astraweave.learning.game import Game, LearnSettings, with_environment
from astraweave.model.verdict import Verdict
from astraweave.model.weights import Proposal
from astraweave.sandbox.rules import FORBID
from bench.learning.field import Field
from bench.learning.figures import Figure, gap_closed, judged, proportion
from bench.learning.learners import Posterior
from bench.learning.people import Person
from bench.learning.runs import careers
from bench.learning.weights import AT_TEN, Size, Tell, ends_of

GATED = Size(seeds=5, episodes=10, fights=400)
"""Few runs, as a proposal costs seconds; so many fights that five are judged by all 2,000."""
LAST = 5


class Gated(Posterior):
    """Ours, as a game with a sandbox has it: what the gate refuses does not play."""

    def __init__(self, tree: Tree, game: Game, seed: int) -> None:
        """Nothing learned yet.

        Args:
            tree: the game's.
            game: with an environment.
            seed: of the sandbox's episodes.
        """
        super().__init__(tree)
        self.game, self.seed = game, seed
        self.verdicts: list[Verdict] = []

    def allowed(self, proposal: Proposal) -> bool:
        """What the gate says; asked or not, the proposal has had its share of the error rate."""
        found = by_sandbox(
            *(self.game, LearnSettings(), self.state, self.profile, proposal), seed=self.seed
        )
        self.state.proposals = proposal.number
        self.verdicts.append(found)
        return found.approved


def gated_figures(field: Field, people: Sequence[Person], size: Size, tell: Tell) -> list[Figure]:
    """The gap closed with the gate on and off, and what the gate said.

    Args:
        field: what is played.
        people: who plays.
        size: how much.
        tell: called with a stage and its share that is done.
    """
    ends, rng = ends_of(field, people, size.fights, tell), np.random.default_rng(0)
    game = with_environment(
        Game(tree=field.tree, vocabulary=VOCABULARY, sheet=FACTS), Arena(field.arena.step_ticks)
    )
    made: list[Gated] = []

    def gated(tree: Tree) -> Gated:
        made.append(Gated(tree, game, seed=len(made)))
        return made[-1]

    until = size.episodes
    first = max(1, until - LAST + 1)
    spans = {"at episode 10": AT_TEN, f"at {first}–{until}": slice(first, until + 1)}
    found = []
    for name, make in (("gate on", gated), ("gate off, same runs", Posterior)):
        run = careers(
            *(field, people, make),
            episodes=until,
            seeds=size.seeds,
            fights=size.fights,
            judged=[e for e in range(until + 1) if e == AT_TEN.start or e >= first],
            tell=partial(tell, name),
        )
        for words, when in spans.items():
            if when.stop <= until + 1:
                closed = gap_closed(run, ends, when, rng)
                found.append(judged(f"{name}: gap closed {words}", closed, None))
    return [*found, *_said([verdict for one in made for verdict in one.verdicts])]


def _said(verdicts: Sequence[Verdict]) -> list[Figure]:
    """Shares of all proposals; nothing where none was made."""
    if not verdicts:
        return []
    flags = {
        "proposals approved": [verdict.approved for verdict in verdicts],
        "proposals that broke a forbidden rule": [_forbidden(verdict) for verdict in verdicts],
    }
    return [
        judged(f"gate on: {name}", proportion(np.array(each, float)), None)
        for name, each in flags.items()
    ]


def _forbidden(verdict: Verdict) -> bool:
    return any(rule.kind == FORBID and rule.breaks > 0 for rule in verdict.rules)
