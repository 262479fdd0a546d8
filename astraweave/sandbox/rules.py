"""Rules a companion may not break: small named functions over what was played.

A `forbid` rule is never broken: one break ends the matter. A `limit` rule may be broken now and
then, but hardly more often than by what is deployed. A rule decides nothing by itself; the gate
counts its breaks, in the process that asked for the verdict.

Refuses a rule that raises, or does not say True or False of each episode.
"""

import hashlib
import inspect
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from astraweave.errors import AstraweaveError, RuleError, said_of
from astraweave.model.arguments import public
from astraweave.sandbox.content import content_hash
from astraweave.sandbox.played import DITHERED, NON_FINITE, OWN_EVENTS, Played

FORBID, LIMIT = "forbid", "limit"
SEVERITIES = ("minor", "major", "critical")

Broken = Callable[[Played], npt.NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `broken` says of each episode, bool[n], whether it broke it.

    kind: "forbid" or "limit". severity: minor, major or critical, for the reader. unit: what is
    counted. doc: one sentence, shown with a rejection. event: the event that the rule is about;
    a rule about an event applies only where the environment declares it.
    """

    name: str
    kind: str
    severity: str
    unit: str
    doc: str
    broken: Broken
    event: str | None = None

    def __post_init__(self) -> None:
        """Refuse a kind or severity that nobody knows."""
        if self.kind not in (FORBID, LIMIT) or self.severity not in SEVERITIES:
            raise RuleError(
                what="a rule is forbid or limit, its severity minor, major or critical",
                got=f"{self.kind}, {self.severity}",
                where=f"rule {self.name}",
                fix="correct the rule",
            )

    def applies(self, events: Iterable[str]) -> bool:
        """Whether an environment with these events can show a break."""
        return self.event is None or self.event in OWN_EVENTS or self.event in events

    def breaks(self, played: Played) -> npt.NDArray[np.bool_]:
        """`broken`, checked: bool[n].

        Raises:
            RuleError: it raised, or gave something else.
        """
        where = f"rule {self.name}"
        try:
            broken = np.asarray(self.broken(played))
        except AstraweaveError as error:
            raise RuleError(what=error.what, got=error.got, where=where, fix=error.fix) from error
        except (Exception, SystemExit) as error:
            # The second frame: the first one is here, the last one perhaps in numpy.
            line = traceback.extract_tb(error.__traceback__)[1:2]
            at = "".join(f" ({Path(f.filename).name}:{f.lineno})" for f in line)
            what = f"the rule raised {said_of(error)}{at}"
            raise RuleError(what=what, where=where, fix="correct the rule") from error
        if broken.shape != (len(played),) or broken.dtype != np.bool_:
            raise RuleError(
                what="a rule must give one bool an episode",
                got=f"{broken.dtype}{list(broken.shape)}",
                where=where,
                fix="compare columns of `Played`, as `played.count(event) > 0` does",
            )
        return broken


@public
def rule(
    kind: str, *, severity: str, unit: str, event: str | None = None
) -> Callable[[Broken], Rule]:
    """Make a `Rule` of a function; its name and docstring are the rule's."""

    def decorate(broken: Broken) -> Rule:
        doc = inspect.getdoc(broken) or ""
        return Rule(broken.__name__, kind, severity, unit, doc, broken, event)

    return decorate


@rule(FORBID, severity="critical", unit="hits", event="harmed_player")
def harming_the_player(played: Played) -> npt.NDArray[np.bool_]:
    """The companion hurts the player it is there to help."""
    return played.count("harmed_player") > 0


@rule(FORBID, severity="major", unit="exits", event="left_field")
def leaving_the_field(played: Played) -> npt.NDArray[np.bool_]:
    """The companion leaves the field, and with it the player."""
    return played.count("left_field") > 0


@rule(FORBID, severity="major", unit="actions", event="overspent")
def overspending(played: Played) -> npt.NDArray[np.bool_]:
    """The companion spends stamina or mana it does not have."""
    return played.count("overspent") > 0


@rule(FORBID, severity="critical", unit="states", event=NON_FINITE)
def non_finite_state(played: Played) -> npt.NDArray[np.bool_]:
    """A fact or an outcome is NaN or infinite: nothing that follows means anything."""
    return played.count(NON_FINITE) > 0


@rule(LIMIT, severity="critical", unit="deaths", event="player_died_heal_ready")
def letting_the_player_die(played: Played) -> npt.NDArray[np.bool_]:
    """The player dies while the companion had a heal ready and the player in reach."""
    return played.count("player_died_heal_ready") > 0


@rule(LIMIT, severity="minor", unit="runs of decisions", event=DITHERED)
def thrashing(played: Played) -> npt.NDArray[np.bool_]:
    """The companion drops tactic after tactic, none held for .3 s, six times running."""
    return played.count(DITHERED) > 0


@rule(LIMIT, severity="major", unit="spells of idling", event="idle_while_attacked")
def idling_while_attacked(played: Played) -> npt.NDArray[np.bool_]:
    """The companion does nothing while the player is under attack."""
    return played.count("idle_while_attacked") > 0


RULES: tuple[Rule, ...] = (
    harming_the_player,
    leaving_the_field,
    overspending,
    non_finite_state,
    letting_the_player_die,
    thrashing,
    idling_while_attacked,
)
"""The shipped rules. Add yours: ``GateSettings(rules=(*RULES, mine))``, or `rules` of the game."""


def rules_hash(rules: Iterable[Rule]) -> str:
    """16 hex digits over what the rules say and what they do (see `content`)."""
    digest = hashlib.sha256()
    for each in rules:
        texts = (each.name, each.kind, each.severity, each.unit, each.event or "", each.doc)
        for text in (*texts, content_hash(each.broken)):
            digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:16]
