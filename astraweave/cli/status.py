"""`astraweave status --save S`: what is known of a player, what changed, what was refused.

Reads; the save stays as it is.
"""

import argparse
from collections.abc import Sequence
from statistics import mean

from astraweave.cli.common import add_game, add_save, declared, opened, pairs_of, shown
from astraweave.cli.output import add_json, say, say_json, table
from astraweave.cli.text import several
from astraweave.learning import Status, status
from astraweave.learning.methods import POSTERIOR
from astraweave.learning.variants import as_played
from astraweave.model.profile import PlaystylePattern, PreferenceProfile, Trait
from astraweave.model.weights import moved

LAST = 8
SHORT_CURVE = 8
LEVELS = "▁▂▃▄▅▆▇█"
TRAIT_CELLS = 20
REASON_CELLS = 90


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_save(parser)
    add_game(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show each pair."""
    with opened(arguments.save) as store:
        pairs = pairs_of(store, arguments.player, arguments.companion)
        game = shown(declared(store, arguments.tree, arguments.actions))
        told = [status(store, as_played(store, game, *pair), *pair) for pair in pairs]
        waiting = [len(store.unlearned(*pair)) for pair in pairs]
    if arguments.json:
        say_json({"pairs": told})
    else:
        say("\n\n".join(render(s, w) for s, w in zip(told, waiting, strict=True)))
    return 0


def render(told: Status, waiting: int = 0) -> str:
    """One pair, for a person.

    Args:
        told: from `learning.status`.
        waiting: episodes not learned from yet.
    """
    parts = [_headline(told, waiting)]
    if told.profile is not None:
        parts.append(_profile(told.profile))
    parts.append(_weights(told))
    if told.promotions:
        parts.append(_promotions(told))
    story = _story(told)
    if story:
        parts.append(story)
    if told.curve:
        parts.append(_curve(told.curve))
    return "\n\n".join(parts)


def _headline(told: Status, waiting: int) -> str:
    marks = [
        several(told.episodes, "episode"),
        f"version {told.version}" if told.version else "the designer's weights",
        f"{told.approved} of {told.proposals} proposals approved",
    ]
    if told.alpha.spent > 0.0:
        marks.append(f"{told.alpha.spent / told.alpha.alpha:.0%} of the gate's alpha spent")
    if told.learner.name != POSTERIOR:
        marks.append(f"learner {told.learner.name}")
    if told.frozen:
        marks.append("frozen")
    if told.trouble is not None:
        marks.append("the last step of learning failed, see `astraweave why`")
    if told.on_trial:
        marks.append("on trial in every other episode")
    if waiting:
        marks.append(f"{several(waiting, 'episode waits', 'episodes wait')} for `astraweave learn`")
    return f"{told.player_id} & {told.companion_id}: {', '.join(marks)}"


def _profile(profile: PreferenceProfile) -> str:
    play = profile.playstyle
    style = play.combat_style.value
    sure = "named" if profile.is_confident else "not sure yet"
    top = ", ".join(f"{t.action} {t.share:.0%}" for t in play.preferred_tactics)
    return table(
        [
            ("style", f"{style} {play.styles[style]:.0%} ({sure})"),
            ("aggression", _trait(play.aggression)),
            ("risk", _trait(play.risk_tolerance)),
            ("support", play.support_preference.value),
            ("most often", f"{top}; {play.entropy:.1f} bits" if top else "nothing yet"),
            *((name, _trait(trait)) for name, trait in play.manners.items()),
            *((f"{name} lately", _trait(trait)) for name, trait in _moved(play)),
            *((f"aggression, {name}", _trait(trait)) for name, trait in play.situations.items()),
        ]
    )


def _moved(play: PlaystylePattern) -> list[tuple[str, Trait]]:
    """What is lately outside of the interval of what it is in the long run."""
    long = play.manners | {"aggression": play.aggression, "risk_tolerance": play.risk_tolerance}
    return [
        (name, trait)
        for name, trait in play.lately.items()
        if name in long and not long[name].low <= trait.mean <= long[name].high
    ]


def _trait(trait: Trait) -> str:
    """A bar of the interval with the mean in it, and the numbers."""
    low, mean, high = (round(x * (TRAIT_CELLS - 1)) for x in (trait.low, trait.mean, trait.high))
    cells = ["━" if low <= i <= high else "·" for i in range(TRAIT_CELLS)]
    cells[mean] = "●"
    return f"{''.join(cells)} {trait.mean:4.0%} ({trait.low:.0%}–{trait.high:.0%})"


def _weights(told: Status) -> str:
    rows = [("tactic", "designer", "learned", "weight", "last change", "decisions")]
    rows += [
        (
            w.tactic,
            f"{w.designer:8.2f}",
            f"{f'×{w.learned:.2f}':>7}",
            f"{w.weight:6.2f}",
            f"{moved(w.change):>11}",
            f"{w.decisions:9.0f}",
        )
        for w in told.weights
    ]
    return table(rows)


def _promotions(told: Status) -> str:
    """The last proposals, oldest first."""
    rows = [("proposal", "version", "verdict", "proof", "largest", "reason")]
    for p in told.promotions[-LAST:]:
        at = f" ({p.rule} in {p.scenario}, seed {p.seed}, tick {p.tick})" if p.rule else ""
        rows.append(
            (
                f"{p.number:8d}",
                f"{p.version:7d}",
                "approved" if p.approved else "REJECTED",
                p.proof,
                f"{f'{p.largest_change:.0%}':>7}",
                _cut(p.reason) + at,
            )
        )
    earlier = len(told.promotions) - LAST
    return table(rows) + (f"\n… and {earlier} before them (--json has all)" if earlier > 0 else "")


def _story(told: Status) -> str:
    """The last reflection, what is known by now, the last changes."""
    rows = []
    last = told.reflection
    if last is not None:
        heads = (("worked", last.worked), ("to improve", last.improve), ("advice", last.advice))
        for head, text in heads:
            for i, said in enumerate(filter(None, text.split("; "))):
                rows.append((f"episode {last.number} {head}" if not i else "", said))
    rows += [("known", each.text) for each in told.insights]
    rows += [("changed", each.text) for each in told.timeline[-LAST:]]
    return table(rows) if rows else ""


def _curve(curve: Sequence[float]) -> str:
    """Every episode, and the means of the first and the last quarter: one alone says little."""
    if len(curve) < SHORT_CURVE:
        return f"reward  {sparkline(curve)}  mean {mean(curve):.2f}"
    quarter = len(curve) // 4
    first, last = mean(curve[:quarter]), mean(curve[-quarter:])
    return f"reward  {sparkline(curve)}  {first:.2f} → {last:.2f} ({quarter} episodes each)"


def _cut(text: str) -> str:
    return text if len(text) <= REASON_CELLS else f"{text[: REASON_CELLS - 1]}…"


def sparkline(values: Sequence[float]) -> str:
    """One character a value, from the lowest to the highest; all alike where they are."""
    low, span = min(values), max(values) - min(values)
    top = len(LEVELS) - 1
    return "".join(LEVELS[round((v - low) / span * top) if span > 0 else top // 2] for v in values)
