"""What stands before each action of a tree: the checks that must let it through.

A rule that must never be broken is often kept by one guard: never shoot with the player in the line
of fire. Whoever changes a tree's structure asks here what each action was behind, and refuses a
tree in which one stands behind less. Compares checks as texts: another wording is another check.
"""

from collections.abc import Iterator

from astraweave.behavior import nodes
from astraweave.behavior.nodes import Node
from astraweave.behavior.scripts.parser import Script

Checks = frozenset[str]
_IN_ORDER = (nodes.Sequence, nodes.ReactiveSequence, nodes.AsyncSequence, nodes.SequenceWithMemory)
_INSTEAD = (nodes.Fallback, nodes.ReactiveFallback, nodes.AsyncFallback)
_EITHER = (nodes.IfThenElse, nodes.WhileDoElse)


def protections(root: Node) -> dict[str, Checks]:
    """Action → the checks that stand before every place where it occurs."""
    found: dict[str, Checks] = {}
    for action, checks in _places(root, frozenset()):
        found[action] = found[action] & checks if action in found else checks
    return found


def unprotected(before: dict[str, Checks], root: Node) -> str | None:
    """The first action of a tree that stands behind less than it did, in one sentence."""
    for action, checks in protections(root).items():
        lost = before.get(action, frozenset()) - checks
        if lost:
            return f"{action} would stand without {min(lost)}"
    return None


def acts(node: Node) -> bool:
    """Whether anything of it is an action: else it only checks, or only computes."""
    return any(isinstance(each, nodes.Action) for each in nodes.walk(node))


def checks_only(node: Node) -> bool:
    """Whether it only asks, and so protects what comes after it."""
    kinds = (nodes.Condition, nodes.ScriptCondition)
    return any(isinstance(each, kinds) for each in nodes.walk(node)) and not acts(node)


def _places(node: Node, behind: Checks) -> Iterator[tuple[str, Checks]]:
    behind = behind | _own(node)
    if isinstance(node, nodes.Action):
        yield node.id, behind
    for number, child in enumerate(node.children):
        yield from _places(child, behind | _between(node, number))


def _own(node: Node) -> Checks:
    """What its own attributes ask before it is ticked."""
    hooks = node.hooks
    told = {f"not {part}" for part in _parts(hooks.skip_if, "||")}
    told |= {f"not {part}" for part in _parts(hooks.failure_if, "||")}
    told |= {f"while {part}" for part in _parts(hooks.while_, "&&")}
    if isinstance(node, nodes.Precondition):
        told |= set(_parts(node.if_, "&&"))
    return frozenset(told)


def _between(node: Node, number: int) -> Checks:
    """What other children of a node say before this one has its turn."""
    if isinstance(node, (*_IN_ORDER, *_INSTEAD)):
        earlier = [child for child in node.children[:number] if checks_only(child)]
        no = "" if isinstance(node, _IN_ORDER) else "not "
        return frozenset(no + part for child in earlier for part in _asked(child))
    if isinstance(node, _EITHER) and number:
        no = "" if number == 1 else "not "
        return frozenset(no + part for part in _asked(node.children[0]))
    if isinstance(node, nodes.Switch):
        case = node.cases[number] if number < len(node.cases) else "none"
        return frozenset({f"{node.variable} is {case}"})
    return frozenset()


def _asked(node: Node) -> tuple[str, ...]:
    """A check as texts that must all hold; one that is put together from several is one text."""
    if isinstance(node, nodes.ScriptCondition):
        return _parts(node.code, "&&")
    if isinstance(node, nodes.Condition):
        return (f"{node.id}{node.ports}",)
    below = ", ".join(part for child in node.children for part in _asked(child))
    return (f"{type(node).__name__}({below})",)


def _parts(script: Script | None, sign: str) -> tuple[str, ...]:
    """The terms that a sign joins at the top of a script, with single blanks."""
    return () if script is None else terms_of(script.text, sign)


def terms_of(text: str, sign: str) -> tuple[str, ...]:
    """What ``||`` or ``&&`` joins at the top of a text, with single blanks; texts stay whole."""
    other = "&&" if sign == "||" else "||"
    level, quoted, start, found = 0, False, 0, []
    for at, letter in enumerate(text):
        quoted ^= letter == "'"
        if not quoted:
            level += (letter == "(") - (letter == ")")
            mixed = text.startswith(("?", ":=", ";", other if sign == "&&" else "?"), at)
            if level == 0 and mixed:
                return (" ".join(text.split()),)
            if level == 0 and text.startswith(sign, at):
                found.append(text[start:at])
                start = at + len(sign)
    return tuple(_bare(" ".join(part.split())) for part in (*found, text[start:]))


def _bare(text: str) -> str:
    """Without brackets around all of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    level = 0
    for at, letter in enumerate(text):
        level += (letter == "(") - (letter == ")")
        if level == 0 and at < len(text) - 1:
            return text
    return text[1:-1].strip()
