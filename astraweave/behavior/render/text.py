"""A tree as indented text, for terminals, pull requests and diffs. Never in colour.

One line a node: status (when a tick is shown), branches, name, type, then what is said of it.
Children of a weighted choice carry a bar and their share. Refuses nothing: scripts are whole.
"""

from collections.abc import Collection, Sequence

from astraweave.behavior.render.cards import Card
from astraweave.behavior.status import IDLE, Status

BAR = 12
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_ARROWS = {1: "↑", 0: " ", -1: "↓"}
_STATUS = 8


def text_of(cards: Sequence[Card]) -> str:
    """All lines, joined; ends without a line break."""
    parents = [card.parent for card in cards]
    lasts = {card.children[-1] for card in cards if card.children}
    return "\n".join(_line(cards, i, branches(parents, lasts, i)) for i in range(len(cards)))


def branches(parents: Sequence[int], lasts: Collection[int], i: int) -> str:
    """What stands before a node's name: the lines of its ancestors, and its own.

    Args:
        parents: of each node, −1 for the root.
        lasts: nodes that are their parent's last child.
        i: the node.
    """
    parts: list[str] = []
    at = i
    while (parent := parents[at]) >= 0:
        last = at in lasts
        if at == i:
            parts.append("└─ " if last else "├─ ")
        else:
            parts.append("   " if last else "│  ")
        at = parent
    return "".join(reversed(parts))


def _line(cards: Sequence[Card], i: int, before: str) -> str:
    card = cards[i]
    name = card.title
    role = f"{card.role}: " if card.role else ""
    if card.share is not None:
        peers = [cards[k] for k in cards[card.parent].children]
        name = name.ljust(max(len(peer.title) for peer in peers))
    parts = [f"{_status(card)}{before}{role}{name}"]
    if card.share is not None:
        most = max(peer.share.now for peer in peers if peer.share is not None)
        parts.append(_share(card, most))
    if card.sign == "Condition":
        parts.append(card.sign)
    if card.type != card.title:
        parts.append(card.type)
    parts += [line.text for line in card.lines]
    return "  ".join(parts).rstrip()


def _share(card: Card, most: float) -> str:
    share = card.share
    if share is None:
        raise AssertionError
    parts = [bar(share.now / most if most > 0.0 else 0.0), f"{share.label:>7}"]
    if share.factor is not None:
        parts.append(f"{_ARROWS[share.trend]} {share.learned}")
    return " ".join(parts)


def _status(card: Card) -> str:
    return "" if card.status is None else status_word(card.status)


def status_word(status: Status) -> str:
    """A status as the first column of a line; a dot for what was not asked."""
    return ("·" if status is IDLE else status.name).ljust(_STATUS)


def bar(filled: float, cells: int = BAR) -> str:
    """A bar in eighths of a character; always `cells` long."""
    eighths = round(min(1.0, max(0.0, filled)) * cells * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_EIGHTHS[rest] if rest else "")).ljust(cells)
