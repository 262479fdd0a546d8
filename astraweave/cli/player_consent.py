"""`astraweave player consent SAVE PLAYER`: to whom the player's memories may be given.

Without more it shows what counts and what was said. `--check` answers with exit code 0 or 1; 1 is
also that the save knows no such player.
"""

import argparse
from pathlib import Path

from astraweave.cli.common import opened
from astraweave.cli.output import add_json, say, say_json, table
from astraweave.errors import InputError
from astraweave.learning.held import check_known
from astraweave.memory import MemoryStore
from astraweave.memory.beside import moment
from astraweave.memory.consent import EVERYONE, Consent


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("save", metavar="SAVE", type=Path, help="the save file")
    parser.add_argument("player", metavar="PLAYER", help="the player's id")
    one = parser.add_mutually_exclusive_group()
    for name, line in (
        ("--give", "let this companion, or everyone, be given the player's memories"),
        ("--withdraw", "take that back, of this companion or of everyone"),
    ):
        one.add_argument(name, metavar="COMPANION", nargs="?", const=EVERYONE, help=line)
    one.add_argument("--check", metavar="COMPANION", help="may this companion be given them?")
    one.add_argument(
        "--readmit", action="store_true", help="let old data of a forgotten player in again"
    )
    parser.add_argument("--terms", metavar="TEXT", help="what was agreed to, or must have been")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked, and say how it stands."""
    player = arguments.player
    if arguments.terms is not None and arguments.give is None and arguments.check is None:
        raise InputError(what="--terms goes with --give or --check", where="player consent")
    with opened(arguments.save) as store:
        if arguments.readmit:  # nothing is known of who was forgotten
            return _readmit(store, player, as_json=arguments.json)
        check_known(store, player)
        if arguments.check is not None:
            return _check(store, arguments)
        if arguments.give is not None:
            store.consent.give(player, arguments.give, terms=arguments.terms or "")
        if arguments.withdraw is not None:
            store.consent.withdraw(player, arguments.withdraw)
        current, history = store.consent.current(player), store.consent.history(player)
    if arguments.json:
        say_json({"player_id": player, "current": current, "history": history})
    else:
        say(render(player, current, history))
    return 0


def _check(store: MemoryStore, arguments: argparse.Namespace) -> int:
    allowed = store.consent.allows(arguments.player, arguments.check, terms=arguments.terms)
    if arguments.json:
        told = {"player_id": arguments.player, "to": arguments.check, "allowed": allowed}
        say_json(told)
    else:
        word = "may" if allowed else "may not"
        say(f"{arguments.check} {word} be given the memories of {arguments.player}")
    return 0 if allowed else 1


def _readmit(store: MemoryStore, player: str, *, as_json: bool) -> int:
    lifted = store.readmit(player)
    if as_json:
        say_json({"player_id": player, "readmitted": lifted})
    else:
        say(f"{player}: old data may come in again" if lifted else f"{player} was not forgotten")
    return 0 if lifted else 1


def render(player: str, current: tuple[Consent, ...], history: tuple[Consent, ...]) -> str:
    """For a person."""
    given = [_who(said.to) for said in current if said.given]
    lines = [f"{player}: memories are shared with {', '.join(given) or 'nobody'}"]
    if history:
        rows = [("version", "when", "said", "of", "terms")]
        rows += [
            (
                f"{said.version:7d}",
                moment(said.at),
                "yes" if said.given else "no",
                _who(said.to),
                said.terms or "–",
            )
            for said in history
        ]
        lines.append(table(rows))
    return "\n".join(lines)


def _who(to: str) -> str:
    return "everyone" if to == EVERYONE else to
