"""`astraweave <verb>`: parse, one library call, render. Holds no rule of its own.

Each verb is a module here with `configure(parser)` and `run(arguments) -> int`, imported only
when its verb is typed. Exit codes: 0 done, 1 the answer is no, 2 bad input. Whatever is wrong
is said in one line on stderr, without a traceback.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from astraweave import __version__
from astraweave.cli.text import one_line
from astraweave.errors import AstraweaveError, ClusterError, InputError

VERBS = {
    "demo": "play beside Mira, a companion that learns (in a window, or --headless)",
    "ingest": "read episodes of any game from JSON Lines into a save",
    "features": "show how each person moves and acts, and who is recognised by it",
    "export": "write a save's episodes, memories or traits to files for other programs",
    "learn": "learn from what a save remembers, prove the change, deploy it",
    "status": "show a save's profile, weights and verdicts",
    "weights": "versions, undo, redo, reset, freeze, locks and bounds of what was learned",
    "archetypes": "kinds of player: list, show, or fit them to a population of saves",
    "why": "explain in a few lines what was learned, and how to undo it",
    "player": "of whom a save holds what: list, export, forget, consent",
    "sandbox": "play and judge a companion headless: list, check, run, validate, replay",
    "tree": "look at a behaviour tree: what is wrong with it, what was learned for it",
    "save": "look after a save: check, info, backup, restore, repair, migrate, compact",
    "doctor": "check this installation, and the health of a save",
}
DONE, NO, BAD_INPUT = 0, 1, 2
_INTERRUPTED, _NOBODY_READS = 130, 141


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line, like every other error here.

    late: name of the module whose `configure` adds the arguments, once some are to be parsed, so
    that a verb with several actions imports only the one that was typed.
    """

    def __init__(self, *given: Any, late: str | None = None, **named: Any) -> None:
        super().__init__(*given, **named)
        self._late = late

    def parse_known_args(self, *given: Any, **named: Any) -> Any:
        """As argparse does, after `late`."""
        if self._late is not None:
            module, self._late = import_module(self._late), None
            module.configure(self)
            self.set_defaults(act=module.run)
        return super().parse_known_args(*given, **named)

    def error(self, message: str) -> NoReturn:
        """End with exit code 2."""
        self.exit(BAD_INPUT, f"astraweave: {one_line(message)}; see `{self.prog} --help`\n")


def parser(verb: str | None = None) -> argparse.ArgumentParser:
    """The command's parser. Only `verb`'s own arguments are known to it, for speed."""
    top = _Parser(
        prog="astraweave",
        description="Companions that remember, learn how you play, and prove each change first.",
        epilog="`astraweave VERB --help` says more. Verbs that show facts take --json.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"astraweave {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, line in VERBS.items():
        sub = verbs.add_parser(name, help=line, description=f"{line[0].upper()}{line[1:]}.")
        if name == verb:
            module = import_module(f"astraweave.cli.{name}")
            module.configure(sub)
            sub.set_defaults(run=module.run)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    if not given:
        parser().print_help(sys.stderr)
        return BAD_INPUT
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started this: nobody listens
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    if hasattr(sys.stdout, "reconfigure"):
        # A console that cannot show an arrow must not end a command.
        sys.stdout.reconfigure(errors="replace")
    try:
        return _run(given)
    except BrokenPipeError:
        # The reader (`| head`) has seen enough; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _NOBODY_READS
    except KeyboardInterrupt as error:
        where = "".join(f" at {one_line(note)}" for note in getattr(error, "__notes__", ())[:1])
        sys.stderr.write(f"\nastraweave: interrupted{where}\n")
        return _INTERRUPTED


def _run(given: list[str]) -> int:
    verb = next((word for word in given if not word.startswith("-")), None)
    try:
        arguments = parser(verb).parse_args(given)
        code = int(arguments.run(arguments))
        sys.stdout.flush()
    except AstraweaveError as error:
        # A cluster that is lost has said nothing: "no" would be taken for its answer.
        unasked = isinstance(error, InputError | ClusterError)
        return _say(str(error), BAD_INPUT if unasked else NO)
    except ImportError as error:
        return _say(f"{error}; `astraweave doctor` says what is missing", NO)
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        code = BAD_INPUT if error.filename else NO
        return _say(f"{where}{error.strerror or error}", code)
    return code


def _say(line: str, code: int) -> int:
    sys.stdout.flush()
    sys.stderr.write(f"astraweave: {one_line(line)}\n")
    return code
