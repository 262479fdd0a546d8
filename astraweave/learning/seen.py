"""What a counterexample says, held against the game and against what was played again.

A save and a verdict's file are anybody's. Refuses names, seeds and ticks that no verdict gives, and
rules that the game is not held to; says of a replay whether it holds what is said of it.
"""

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from astraweave.errors import InputError
from astraweave.learning.reward import sandbox_reward
from astraweave.model.actions import nearest
from astraweave.model.verdict import Counterexample
from astraweave.sandbox import Played, Rule
from astraweave.sandbox.gate import NOT_WORSE
from astraweave.sandbox.questions import pair_detail
from astraweave.sandbox.theatre import ARCHETYPES, FITTED
from astraweave.sandbox.trial import CANDIDATE, DEPLOYED, DESIGNER

_KNOWN = {
    "players": (FITTED, ARCHETYPES),
    "policy": (CANDIDATE, DEPLOYED, DESIGNER),
    "against": ("", DEPLOYED, DESIGNER),
}
_MOST = {"seed": 2**63 - 1, "tick": 2**31 - 1, "first_tick": 2**31 - 1}
"""Of these, from 0; ticks are counted in 32 bits."""
_LENGTHS = tuple(2.0 ** (k / 2) for k in range(25))
"""1 s to over an hour: how long an episode usually takes, where that is not known any more."""
_FIX = "give the verdict as it was written, or judge again"


def check_example(example: Counterexample, where: str) -> None:
    """Refuse what no verdict gives: another episode would be shown, or none.

    Raises:
        InputError: naming what.
    """
    for name, known in _KNOWN.items():
        given = getattr(example, name)
        if given not in known:
            what = f"a counterexample's {name} must be one of {', '.join(filter(None, known))}"
            raise InputError(what=what, got=given, where=where, fix=_FIX)
    for name, most in _MOST.items():
        number = getattr(example, name)
        if not 0 <= number <= most:
            what = f"a counterexample's {name} must be in [0, {most}]"
            raise InputError(what=what, got=number, where=where, fix=_FIX)


def rule_of(example: Counterexample, rules: Iterable[Rule], where: str) -> Rule | None:
    """The rule that is said to be broken; None where rewards are compared.

    Args:
        example: checked.
        rules: those that can be broken in its game.
        where: it comes from, for the error.

    Raises:
        InputError: there is no such rule.
    """
    known = {rule.name: rule for rule in rules}
    if example.rule == NOT_WORSE or example.rule in known:
        return known.get(example.rule)
    raise InputError(
        what="a counterexample's rule is none that this game is held to",
        got=example.rule,
        where=where,
        fix=f"{nearest(example.rule, (*known, NOT_WORSE))}; give rules of your own by --rules",
    )


def compared_with(example: Counterexample, rule: Rule | None) -> tuple[str, ...]:
    """The policies of which one is said not to do so; an old verdict does not say which it was."""
    if example.against:
        return (example.against,)
    return (DEPLOYED, DESIGNER) if rule is None else ()


def holds(
    example: Counterexample,
    rule: Rule | None,
    played: Played,
    others: Sequence[Played],
    seconds: float | None,
) -> bool:
    """Whether the replay holds what is said of it: the break, at its tick; or a pair that lost.

    Args:
        example: what is said.
        rule: of `rule_of`.
        played: the one episode again, whole.
        others: the same of each of `compared_with`.
        seconds: how long such an episode usually takes, for the reward; None where it is not
            known, so that any length will do for which it lost.

    Raises:
        RuleError: as in `Rule.breaks`.
    """
    if played.first_tick(None if rule is None else rule.event)[0] != example.tick:
        return False
    if rule is not None:
        return bool(rule.breaks(played)[0]) and not any(rule.breaks(other)[0] for other in others)
    return any(_lost(played, other, seconds) for other in others)


def _lost(played: Played, other: Played, seconds: float | None) -> bool:
    both = np.concatenate([played.outcomes, other.outcomes])
    pairs = (sandbox_reward(both, s) for s in (_LENGTHS if seconds is None else (seconds,)))
    return any(mine < theirs for mine, theirs in pairs)


def retold(
    example: Counterexample, rule: Rule | None, played: Played, others: Sequence[Played]
) -> Counterexample:
    """With the detail as it is now; that of an old verdict, which does not say all, as it was."""
    if rule is not None:
        return msgspec.structs.replace(example, detail=rule.doc)
    if not example.against:
        return example
    detail = pair_detail(played, others[0], 0, example.against)
    return msgspec.structs.replace(example, detail=detail)
