"""Names as hashes that nobody can turn back once their salt is gone.

A salt is random and a row of its own, so deleting that row makes every hash made with it a number
about nobody: what it stands in (the audit) need not change. Refuses to hash a name without one.
"""

import hashlib
import hmac
import os
from functools import lru_cache
from typing import Any

import apsw

from astraweave.errors import SaveError

SALT_BYTES, NAME_BYTES = 16, 16
ROUNDS = 200_000
"""Of PBKDF2 for what outlives its name: about a tenth of a second a guess."""
_SALT = "SELECT salt FROM salts WHERE kind = ? AND name = ?"


def salt_of(db: apsw.Connection, kind: str, name: str = "") -> bytes:
    """The salt of a name, made when there is none; inside a transaction.

    Raises:
        SaveError: it is damaged.
    """
    found: list[Any] = db.execute(_SALT, (kind, name)).fetchall()
    if found:
        if isinstance(found[0][0], bytes):
            return found[0][0]
        what, fix = "the salt of a name is damaged", "close it; `astraweave save repair`"
        raise SaveError(what=what, got=found[0][0], where="save", fix=fix)
    salt = os.urandom(SALT_BYTES)
    db.execute("INSERT INTO salts (kind, name, salt) VALUES (?,?,?)", (kind, name, salt))
    return salt


def hash_name(salt: bytes, name: str) -> bytes:
    """16 bytes that stand for a name as long as its salt is known."""
    return hmac.new(salt, name.encode(errors="replace"), hashlib.sha256).digest()[:NAME_BYTES]


@lru_cache(maxsize=256)
def slow_hash(salt: bytes, name: str) -> bytes:
    """32 bytes that stand for a name that is kept nowhere; made so that guessing is slow."""
    return hashlib.pbkdf2_hmac("sha256", name.encode(errors="replace"), salt, ROUNDS)
