"""`astraweave weights ACTION SAVE`: every control a player has over what was learned.

Looking leaves the save as it is. A change holds at once for whoever opens the save, and plays from
the next episode on. Refuses to guess whose weights are meant where a save knows several pairs.
"""

import argparse
import math
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from astraweave.cli.common import add_game, declared, one_pair, opened, shown
from astraweave.cli.output import add_json, say, say_json, table
from astraweave.errors import InputError, UsageError
from astraweave.learning import Game, status
from astraweave.learning.contexts import InContext
from astraweave.learning.controls import allow_only, bound, freeze, lock, unlock
from astraweave.learning.deployment import reset
from astraweave.learning.history import Version, redo, undo, undone_of, versions
from astraweave.learning.report import WeightStatus
from astraweave.learning.variants import as_played
from astraweave.memory import MemoryStore
from astraweave.model.weights import MAX_WEIGHT, MIN_WEIGHT

LOOKING = {
    "list": "every version: where it came from, and how it stands now",
    "show": "the weights of the version in use, or of another, with locks and bounds",
}
CHANGING = {
    "undo": "go back one version, or to any that was in use before",
    "redo": "take the last undo back",
    "reset": "back to the designer's weight, of one tactic or all",
    "freeze": "keep the weights as they are; memory and profile go on",
    "thaw": "let the weights follow again",
    "lock": "learning must not move these tactics",
    "unlock": "learning may move these tactics again, or all",
    "bounds": "keep the learned factor of a tactic between two numbers",
}
Pair = tuple[str, str]
ENOUGH, WORTH_TELLING = 10.0, math.log(1.1)
"""Decisions in a context, and how far its factor is from the overall one, to be worth a line."""
Work = Callable[[MemoryStore, Game, Pair, argparse.Namespace], str]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, line in (LOOKING | CHANGING).items():
        action = actions.add_parser(name, help=line, description=f"{line[0].upper()}{line[1:]}.")
        action.add_argument("save", metavar="SAVE", type=Path, help="the save file")
        _more(name, action)
        action.add_argument("--player", metavar="ID", help="whose, if the save knows several")
        action.add_argument("--companion", metavar="ID", help="whose, if the save knows several")
        add_game(action)
        add_json(action)


def _more(name: str, action: argparse.ArgumentParser) -> None:
    """What one action takes beside the save."""
    if name == "show":
        action.add_argument("--version", metavar="N", type=int, help="not the one in use")
        text = "what outcomes ask for in each context, where it is another factor; not played"
        action.add_argument("--contexts", action="store_true", help=text)
    if name == "undo":
        action.add_argument("--to", metavar="N", type=int, help="a version; 0: the designer's")
    if name == "reset":
        action.add_argument("tactic", metavar="TACTIC", nargs="?", help="only this one")
    if name in ("lock", "unlock"):
        action.add_argument("tactics", metavar="TACTIC", nargs="*", help="names of tactics")
    if name == "lock":
        text = "lock all but these, also what the tree gets later"
        action.add_argument("--all-but", metavar="TACTIC", nargs="+", help=text)
    if name == "bounds":
        action.add_argument("tactic", metavar="TACTIC")
        action.add_argument("low", metavar="LOW", type=float, nargs="?", help="at least ¼")
        action.add_argument("high", metavar="HIGH", type=float, nargs="?", help="at most 4")
        action.add_argument("--clear", action="store_true", help="take its bounds away")


def run(arguments: argparse.Namespace) -> int:
    """Look, or change and say what holds now."""
    _check(arguments)
    changing = arguments.action in CHANGING
    with opened(arguments.save, mend=changing) as store:
        pair = one_pair(store, arguments.player, arguments.companion)
        game = as_played(store, shown(declared(store, arguments.tree, arguments.actions)), *pair)
        done = WORK[arguments.action](store, game, pair, arguments) if changing else ""
        known = versions(store, game, *pair)
        told = status(store, game, *pair)
        undone = undone_of(store, game, *pair)
    facts: dict[str, Any] = {
        "player_id": pair[0],
        "companion_id": pair[1],
        "version": told.version,
        "frozen": told.frozen,
        "redo": list(undone[::-1]),
    }
    if changing:
        facts |= {"action": arguments.action, "weights": told.weights, "done": done}
        text = f"{pair[0]} & {pair[1]}: {done}"
    elif arguments.action == "list":
        facts["versions"] = known
        text = _versions(known)
    else:
        rows = _rows_of(told.weights, known, arguments.version)
        facts |= {"shown": _number(told.version, arguments.version), "weights": rows}
        text = _weights(rows)
        if arguments.contexts:
            facts["contexts"] = told.contexts
            text = f"{text}\n\n{_contexts(told.contexts)}"
    if arguments.json:
        say_json(facts)
    else:
        say(text)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    """Refuse arguments that contradict each other."""
    wrong = None
    if arguments.action == "lock" and bool(arguments.tactics) == bool(arguments.all_but):
        wrong = "name the tactics to lock, or those left free with --all-but"
    if arguments.action == "bounds" and arguments.clear == (arguments.high is not None):
        wrong = "give LOW and HIGH, or --clear"
    if wrong is not None:
        raise InputError(what=wrong, where=f"weights {arguments.action}", fix="correct it")


def _number(in_use: int, asked: int | None) -> int:
    return in_use if asked is None else asked


def _rows_of(
    weights: tuple[WeightStatus, ...], known: tuple[Version, ...], asked: int | None
) -> list[dict[str, Any]]:
    """One row a tactic, of the version in use or of another.

    Raises:
        UsageError: there is no such version.
    """
    found = next((each for each in known if each.version == asked), None)
    if asked is not None and found is None:
        fix = f"one of {', '.join(str(each.version) for each in known)}"
        raise UsageError(what="no such version", got=asked, where="weights show", fix=fix)
    rows = []
    for each in weights:
        learned = each.learned if found is None else found.weights.get(each.tactic, 1.0)
        rows.append(
            {
                "tactic": each.tactic,
                "designer": each.designer,
                "learned": learned,
                "weight": each.designer * learned,
                "locked": each.locked,
                "low": each.low,
                "high": each.high,
                "decisions": each.decisions,
            }
        )
    return rows


def _weights(rows: list[dict[str, Any]]) -> str:
    head = ("tactic", "designer", "learned", "weight", "bounds", "")
    return table(
        [
            head,
            *(
                (
                    r["tactic"],
                    f"{r['designer']:8.2f}",
                    f"{'×' + format(r['learned'], '.2f'):>7}",
                    f"{r['weight']:6.2f}",
                    _bounds(r["low"], r["high"]),
                    "locked" if r["locked"] else "",
                )
                for r in rows
            ),
        ]
    )


def _contexts(known: tuple[InContext, ...]) -> str:
    """Those that ask for another factor, the farthest from what plays first."""
    far = [each for each in known if each.decisions >= ENOUGH and _apart(each) >= WORTH_TELLING]
    if not far:
        return "In no context do outcomes ask for another factor than overall."
    rows = [("health", "threat", "tactic", "plays", "asked", "decisions")]
    rows += [
        (
            each.health,
            each.threat,
            each.tactic,
            f"×{each.learned:.2f}",
            f"×{each.asked:.2f}",
            f"{each.decisions:9.0f}",
        )
        for each in sorted(far, key=_apart, reverse=True)
    ]
    return table(rows)


def _apart(each: InContext) -> float:
    return abs(math.log(each.asked / each.learned))


def _bounds(low: float, high: float) -> str:
    return "" if (low, high) == (MIN_WEIGHT, MAX_WEIGHT) else f"{low:g}–{high:g}"


def _versions(known: tuple[Version, ...]) -> str:
    rows = [("version", "standing", "origin", "from", "when", "reason")]
    for each in known:
        at = datetime.fromtimestamp(each.created_at, UTC)
        parent = "" if each.parent is None else f"{each.parent:4d}"
        when = "" if not each.version else f"{at:%Y-%m-%d %H:%M}"
        number = f"{each.version:7d}"
        rows.append((number, each.standing, each.origin, parent, when, each.reason))
    return table(rows)


def _now() -> float:
    return datetime.now(UTC).timestamp()


def _undo(store: MemoryStore, game: Game, pair: Pair, given: argparse.Namespace) -> str:
    done = undo(store, game, *pair, to=given.to, now=_now())
    return f"{done.reason}, as version {done.version}"


def _redo(store: MemoryStore, game: Game, pair: Pair, given: argparse.Namespace) -> str:
    del given
    done = redo(store, game, *pair, now=_now())
    return f"{done.reason}, as version {done.version}"


def _reset(store: MemoryStore, game: Game, pair: Pair, given: argparse.Namespace) -> str:
    done = reset(store, game, *pair, tactic=given.tactic, now=_now())
    return f"{done.reason}, as version {done.version}"


def _freeze(store: MemoryStore, game: Game, pair: Pair, given: argparse.Namespace) -> str:
    del game
    freeze(store, *pair, frozen=given.action == "freeze")
    return "frozen" if given.action == "freeze" else "thawed"


def _lock(store: MemoryStore, game: Game, pair: Pair, given: argparse.Namespace) -> str:
    if given.all_but:
        allow_only(store, game, *pair, *given.all_but)
        return f"all locked but {', '.join(given.all_but)}"
    return f"locked: {', '.join(lock(store, game, *pair, *given.tactics).locked)}"


def _unlock(store: MemoryStore, game: Game, pair: Pair, given: argparse.Namespace) -> str:
    unlock(store, *pair, *given.tactics)
    held = [each.tactic for each in status(store, game, *pair).weights if each.locked]
    return f"still locked: {', '.join(held)}" if held else "nothing is locked"


def _bound(store: MemoryStore, game: Game, pair: Pair, given: argparse.Namespace) -> str:
    bound(store, game, *pair, given.tactic, None if given.clear else (given.low, given.high))
    if given.clear:
        return f"{given.tactic} has no bounds of its own"
    return f"{given.tactic} stays between ×{given.low:g} and ×{given.high:g}"


WORK: dict[str, Work] = {
    "undo": _undo,
    "redo": _redo,
    "reset": _reset,
    "freeze": _freeze,
    "thaw": _freeze,
    "lock": _lock,
    "unlock": _unlock,
    "bounds": _bound,
}
