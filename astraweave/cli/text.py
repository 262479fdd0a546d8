"""Text that is safe to show: names come from save files and other programs. Imports nothing."""


def plain(text: str) -> str:
    """Without what a terminal would obey; line breaks stay."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def one_line(text: str) -> str:
    """`plain`, on one line."""
    return plain(" ".join(text.split()))
