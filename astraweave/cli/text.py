"""Text that is safe to show: names come from save files and other programs. Imports nothing."""


def several(count: int, one: str, many: str = "") -> str:
    """A number of things: ``1 save``, ``2 saves``; `many` where an s does not do."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def plain(text: str) -> str:
    """Without what a terminal would obey; line breaks stay."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def one_line(text: str) -> str:
    """`plain`, on one line."""
    return plain(" ".join(text.split()))
