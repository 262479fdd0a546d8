"""What a companion makes of episode after episode: reflections, findings that come again, changes.

Folded from the rows like everything else that is learned, so an episode that is forgotten leaves no
trace in it. Refuses to keep more than the last changes; the save keeps all of them.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from astraweave.learning.bonds import Z_MANY, First, is_sign, opposite, said, signs, with_first
from astraweave.learning.insights import Insight, InsightType, is_kept
from astraweave.learning.patterns import wilson_lower_bound
from astraweave.model.derived import reflection_id
from astraweave.model.episode import Count, Name, NonNegative, Unit
from astraweave.playstyle.archetypes import UNKNOWN, likeness
from astraweave.playstyle.switching import Belief

if TYPE_CHECKING:
    from astraweave.learning.statistics import EpisodeRow

Z_90 = 1.645
DECAY = 0.95
EVIDENCE_KEPT = 8
MOMENTS_KEPT = 64
STYLE = "style of play"
UNTOLD = "not clear yet"
"""Before the first style is confirmed; `unknown` is confirmed of who fits no archetype."""
_OWN_STYLE = "like no archetype known"
SPAN = "~"
"""Between a tactic and how it did, in the key of a finding."""


class Compared(NamedTuple):
    """One tactic in an episode.

    decisions, their mean worth, and the 90 % interval of how much more that is than the mean of the
    other decisions of the episode.
    """

    decisions: int
    worth: float
    low: float
    high: float


class Reflection(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of an episode; empty where there is nothing to say.

    number: of the episode. best, worst: tactics that did better and worse than the rest.
    """

    episode: Name
    number: Count
    worked: str = ""
    improve: str = ""
    advice: str = ""
    best: str = ""
    worst: str = ""

    @property
    def brief(self) -> str:
        """In a few words."""
        said = [f"{self.best} did better than the rest"] if self.best else []
        if self.worst:
            said.append(f"{self.worst} worse" if said else f"{self.worst} did worse than the rest")
        if not said:
            said = ["better than usual" if self.worked else "worse than usual"]
        return f"Episode {self.number}: {', '.join(said)}."

    @property
    def text(self) -> str:
        """All of it, in one line."""
        parts = (("Worked", self.worked), ("To improve", self.improve), ("Advice", self.advice))
        return " ".join(f"{head}: {said}." for head, said in parts if said)


class Finding(msgspec.Struct, frozen=True, array_like=True):
    """Episodes in which a tactic did so, of those that could tell, decayed; and the last of them.

    known: whether that was kept as an insight.
    """

    found: NonNegative = 0.0
    told: NonNegative = 0.0
    evidence: tuple[Name, ...] = ()
    known: bool = False

    @property
    def confidence(self) -> float:
        """Lower end of the 90 % interval of how often it is so."""
        return wilson_lower_bound(min(self.found, self.told), self.told, Z_90)


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A change: of what, from what to what, after which episode, how significant."""

    number: Count
    subject: str
    before: str
    after: str
    trigger: Name
    episode: Count
    significance: Unit

    @property
    def text(self) -> str:
        """One line."""
        before, after = self.before, self.after
        if self.subject == STYLE:
            before, after = (_OWN_STYLE if name == UNKNOWN else name for name in (before, after))
        return f"After episode {self.episode}, {self.subject}: {before} → {after}"


class Story(msgspec.Struct, kw_only=True):
    """findings: "tactic~more" or "~less", or a key of `bonds` → how often it is so.

    moments: the last changes, of `counted`. archetype: as last confirmed, and the episodes since
    then. last: the last reflection. first, still: of the first episodes, see `bonds`.
    """

    findings: dict[str, Finding] = {}
    moments: list[Moment] = []
    counted: Count = 0
    archetype: str | None = None
    seen: tuple[Name, ...] = ()
    last: Reflection | None = None
    first: First = (0, 0.0, 0.0)
    still: Count = 0

    def compared(self, found: dict[str, Compared], episode: str, number: int) -> None:
        """Count what the tactics of one episode did, and mark what is known by now."""
        for tactic, told in found.items():
            for how, holds in (("more", told.low > 0.0), ("less", told.high < 0.0)):
                subject = f"{tactic} is worth {how} than the rest"
                source = reflection_id(episode)
                self._count(f"{tactic}{SPAN}{how}", holds, source, subject, episode, number)

    def lived(self, row: "EpisodeRow", episode: str, number: int) -> None:
        """Count what one episode tells of the two of them."""
        for key, holds in signs(row, self.first, self.still):
            self._count(key, holds, episode, said(key, "the player")[1], episode, number)
        self.first, self.still = with_first(self.first, self.still, row)

    def _count(
        self, key: str, holds: bool, source: str, subject: str, episode: str, number: int
    ) -> None:
        """Once more a finding could be told; it becomes known, or is given up."""
        old = self.findings.get(key, Finding())
        evidence = (*old.evidence, source)[-EVIDENCE_KEPT:] if holds else old.evidence
        new = Finding(DECAY * old.found + holds, DECAY * old.told + 1.0, evidence, old.known)
        known = _kept(key, new)
        self.findings[key] = Finding(new.found, new.told, new.evidence, known)
        if known != old.known:
            before, after = ("known", "given up") if old.known else ("open", "known")
            sure = _of_finding(key, new, "the player").confidence
            self._moved(subject, before, after, episode, number, sure)

    def plays_like(self, belief: Belief | None, episode: str, number: int) -> None:
        """Notice a style that was confirmed, or is another than before."""
        if belief is None or belief.confirmed is None:
            return
        if belief.confirmed != self.archetype:
            before = self.archetype or UNTOLD
            sure = min(1.0, belief.of(belief.confirmed))
            self._moved(STYLE, before, belief.confirmed, episode, number, sure)
            self.archetype, self.seen = belief.confirmed, ()
        self.seen = (*self.seen, episode)[-EVIDENCE_KEPT:]

    def _moved(
        self, subject: str, before: str, after: str, episode: str, number: int, weight: float
    ) -> None:
        moment = Moment(
            number=self.counted,
            subject=subject,
            before=before,
            after=after,
            trigger=episode,
            episode=number,
            significance=weight,
        )
        self.counted += 1
        self.moments = [*self.moments, moment][-MOMENTS_KEPT:]


def _kept(key: str, finding: Finding) -> bool:
    insight = _of_finding(key, finding, "the player")
    return is_kept(insight.confidence, insight.importance, known=finding.known)


def _of_sign(key: str, finding: Finding, player_id: str) -> Insight:
    kind, about = said(key, player_id)
    share = finding.found / finding.told if finding.told > 0.0 else 0.0
    z = Z_MANY if kind is InsightType.MEMORY_CONNECTION else Z_90
    sure = wilson_lower_bound(min(finding.found, finding.told), finding.told, z)
    return Insight(
        key=key,
        kind=kind,
        text=(
            f"{about[0].upper()}{about[1:]}, in {share:.0%} of the episodes that tell "
            f"(at least {sure:.0%})"
        ),
        confidence=sure,
        evidence=finding.evidence,
        contradicts=opposite(key),
    )


def _of_finding(key: str, finding: Finding, player_id: str) -> Insight:
    if is_sign(key):
        return _of_sign(key, finding, player_id)
    tactic, _, how = key.rpartition(SPAN)
    other = f"{tactic}{SPAN}{'less' if how == 'more' else 'more'}"
    share = finding.found / finding.told if finding.told > 0.0 else 0.0
    return Insight(
        key=key,
        kind=InsightType.KNOWLEDGE_EVOLUTION,
        text=(
            f"Beside {player_id}, {tactic} is worth {how} than the rest in {share:.0%} of the "
            f"episodes that tell (at least {finding.confidence:.0%}, 90 % interval)"
        ),
        confidence=finding.confidence,
        evidence=finding.evidence,
        contradicts=other,
    )


def insights_of(story: Story, belief: Belief | None, player_id: str) -> Iterator[Insight]:
    """What is known by now."""
    for key, finding in story.findings.items():
        if finding.known:
            insight = _of_finding(key, finding, player_id)
            other = story.findings.get(insight.contradicts or "")
            opposed = insight.contradicts if other is not None and other.known else None
            yield msgspec.structs.replace(insight, contradicts=opposed)
    if story.archetype is not None and belief is not None:
        sure = min(1.0, belief.of(story.archetype))
        yield Insight(
            key="archetype",
            kind=InsightType.PLAYER_PATTERN,
            text=f"{player_id}: {likeness(story.archetype)} ({sure:.0%})",
            confidence=sure,
            evidence=story.seen,
        )
