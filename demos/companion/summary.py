"""What the demo prints: lines for a person, one object for a program. Draws nothing."""

from collections.abc import Sequence
from typing import Any

import msgspec

from astraweave.learning import Status, status
from companion.session import COMPANION, Fought, Session

NAMES = 3


def status_of(session: Session) -> Status:
    """Everything that is known of this player."""
    return status(session.memory, session.learner.game, session.player, COMPANION)


def remembered(session: Session, told: Status | None = None) -> list[str]:
    """What a second start begins with: what was lost, and what Mira remembers."""
    lines = []
    lost = session.memory.recovered
    if lost is not None:
        lines.append(lost.message)
    if session.number:
        lines.append(_memory_line(session.number, told or status_of(session)))
    return lines


def _memory_line(episodes: int, told: Status) -> str:
    who = told.companion_id.title()
    word = "episode" if episodes == 1 else "episodes"
    line = f"{who} remembers {episodes} {word} with {told.player_id}: "
    profile = told.profile
    if profile is None:
        return line + "she has not learned from it yet"
    style = profile.playstyle
    sure = "" if profile.is_confident else "perhaps "
    line += f"{sure}a {style.combat_style.value} fighter, aggression {style.aggression.mean:.0%}"
    line += f", risk {style.risk_tolerance.mean:.0%}"
    if style.preferred_tactics:
        line += f", most often {style.preferred_tactics[0].action}"
    return f"{line}; {_weights(told)}"


def _weights(told: Status) -> str:
    if told.version == 0:
        return "she plays the designer's weights"
    most = sorted(told.weights, key=lambda w: -abs(w.learned - 1.0))[:NAMES]
    words = ", ".join(f"{w.tactic} ×{w.learned:.2f}" for w in most)
    return f"she plays version {told.version} ({words})"


def ending(fought: Fought) -> str:
    """How a fight ended."""
    if fought.ended == "won":
        return f"won in {fought.seconds:.0f} s"
    done = f"{fought.success:.0%} done"
    if fought.ended == "time":
        return f"time ran out, {done}"
    return f"lost after {fought.seconds:.0f} s, {done}"


def fight_line(fought: Fought, learned: str) -> str:
    """One fight in one line."""
    most = sorted(fought.decisions.items(), key=lambda pair: (-pair[1], pair[0]))[:NAMES]
    words = ", ".join(f"{name} {times}" for name, times in most)
    return (
        f"fight {fought.number}: {ending(fought)}, "
        f"took {fought.damage_taken:.0f} damage; Mira: {words}; {learned}"
    )


def closing(session: Session) -> list[str]:
    """The end of a headless run, for a person."""
    told = status_of(session)
    lines = [_memory_line(session.number, told)]
    if told.proposals:
        lines.append(f"{told.approved} of {told.proposals} changes were approved by the sandbox")
    return lines


def facts(session: Session, fights: Sequence[Fought], *, seed: int, before: int) -> dict[str, Any]:
    """The run as data: the same bytes for the same seed on a fresh save."""
    told: dict[str, Any] = msgspec.to_builtins(status_of(session))
    bot = session.bot
    return {
        "player": session.player,
        "companion": COMPANION,
        "seed": seed,
        "autopilot": None if bot is None else bot.name,
        "remembered": before,
        "fights": [msgspec.to_builtins(fought) for fought in fights],
        "recovered": None if session.memory.recovered is None else session.memory.recovered.message,
        **{k: v for k, v in told.items() if k not in ("player_id", "companion_id")},
    }
