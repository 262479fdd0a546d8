"""`astraweave tree check FILE…`: whether trees load, what looks wrong, and what they hold.

0: all load (with --strict: and nothing looks wrong); 1: with --strict, something does; 2: one does
not load, and stderr says why in one line.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

from astraweave.behavior import Tree, load_tree, nodes
from astraweave.behavior.check import Engine, Remark, check_tree, engine_of, facts_of, levels_of
from astraweave.cli.output import add_json, complain, say, say_json
from astraweave.errors import TreeError
from astraweave.model.facts import load_facts

ARENA = "arena"
MOST = 100
"""Remarks that are shown of one tree; a list without an end helps nobody."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A tree that loads."""

    file: str
    tree: Tree
    remarks: tuple[Remark, ...]
    engine: Engine

    def facts(self) -> dict[str, object]:
        """All of it as data."""
        tree = self.tree
        return {
            "file": self.file,
            "main": tree.main,
            "content_hash": tree.content_hash,
            "trees": 1 if tree.document is None else len(tree.document.trees),
            "nodes": sum(1 for _ in nodes.walk(tree.root)),
            "levels": levels_of(tree.root),
            "choices": [
                {"name": n.name, "policy": n.policy, "tactics": n.children} for n in tree.weighted
            ],
            "actions": tree.actions,
            "conditions": tree.conditions,
            "reads": facts_of(tree.root),
            "engine": self.engine._asdict(),
            "warnings": [remark._asdict() for remark in self.remarks],
        }


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "files", metavar="FILE", nargs="+", help="a Groot2 file, or the name of a shipped tree"
    )
    parser.add_argument("--main", metavar="ID", help="the tree to take, if not the file's main one")
    parser.add_argument(
        "--facts",
        metavar=f"TOML|{ARENA}",
        help=f"the game's facts, to look for names it does not declare ({ARENA}: the demo's)",
    )
    parser.add_argument("--strict", action="store_true", help="end with 1 if something looks wrong")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Check each file."""
    declared = _declared(arguments.facts)
    checked, errors = [], []
    for file in arguments.files:
        try:
            checked.append(_check(file, arguments.main, declared))
        except TreeError as error:
            errors.append(str(error))
    if not arguments.json:
        for each in checked:
            say(_told(each))
    for message in errors:
        complain(message)
    if arguments.json:
        say_json({"trees": [each.facts() for each in checked], "errors": errors})
    found = any(each.remarks for each in checked)
    return 2 if errors else int(arguments.strict and found)


def _declared(given: str | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    if given == ARENA and not Path(given).exists():
        # Late: the arena is not needed to look at a tree.
        from astraweave.arena import FACTS  # noqa: PLC0415

        return FACTS.names
    return load_facts(given).names


def _check(file: str, main: str | None, declared: tuple[str, ...] | None) -> Checked:
    tree = load_tree(file, main=main)
    # An editor finds the place by the path that was typed; includes lie in the tree's folder.
    folder = Path(file).parent
    remarks = tuple(
        remark._replace(where=str(folder / remark.where)) for remark in check_tree(tree, declared)
    )
    return Checked(file, tree, remarks, engine_of(tree))


def _told(checked: Checked) -> str:
    """Remarks, a line each, and what the tree holds."""
    tree, count = checked.tree, len(checked.remarks)
    lines = [str(remark) for remark in checked.remarks[:MOST]]
    if count > MOST:
        lines.append(f"… and {count - MOST} more (--json has all)")
    told = "fine" if not count else f"{count} warning{'s' * (count > 1)}"
    trees = 1 if tree.document is None else len(tree.document.trees)
    size = sum(1 for _ in nodes.walk(tree.root))
    parts = [
        f"{checked.file}: {told}",
        f"{_number(trees, 'tree')}, {_number(size, 'node')}, {levels_of(tree.root)} levels deep",
    ]
    parts += [f"{n.name} ({n.policy}): {', '.join(n.children)}" for n in tree.weighted]
    reads = facts_of(tree.root)
    parts.append(f"reads {', '.join(reads)}" if reads else "reads no facts")
    parts.append(str(checked.engine))
    return "\n".join([*lines, "\n  ".join(parts)])


def _number(count: int, word: str) -> str:
    return f"{count:,} {word}{'s' * (count != 1)}"
