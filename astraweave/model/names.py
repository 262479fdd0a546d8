"""Which texts may name a player or a companion: what a person can read and tell from others."""

from astraweave.errors import StoreError

MAX_NAME = 200


def is_name(text: str, limit: int = MAX_NAME) -> bool:
    """Whether `text` has 1 to `limit` characters, all printable and not all of them blanks."""
    return 0 < len(text) <= limit and text.isprintable() and not text.isspace()


def is_seen(text: str) -> bool:
    """Whether anything of `text` is seen: not if it is empty, blank or of zero width."""
    # Most names are but letters and numbers, and all of those are seen.
    return text.isalnum() or any(letter.isprintable() and not letter.isspace() for letter in text)


def names_one(text: str) -> bool:
    """Whether `text` may name a player or a companion."""
    return len(text) <= MAX_NAME and is_seen(text)


def check_who(where: str, **ids: str) -> None:
    """Make sure that ids given from outside name somebody.

    Args:
        where: what was asked for.
        ids: each by what it is called. What an older save holds already is not asked.

    Raises:
        StoreError: which one does not.
    """
    for name, text in ids.items():
        if not names_one(text):
            raise StoreError(
                what=f"{name} must be a text of 1 to {MAX_NAME} characters, not all of them blank",
                got=repr(text[:40]),
                where=where,
                fix="give a name or a pseudonym",
            )
