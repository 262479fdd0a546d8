"""Rows of the gate's book: what each proposal cost, and verdicts by their question.

Refuses a number twice.
"""

from contextlib import suppress
from typing import Any

import apsw
import msgspec

from astraweave.errors import StoreError
from astraweave.memory.codec import row_crc, seal
from astraweave.model.verdict import Spent, Verdict

VERDICT_V1 = b"AWV1"
KEPT = 64
"""Verdicts kept for the same question; the oldest go."""
_encode = msgspec.json.Encoder().encode


def insert_spent(db: apsw.Connection, player: str, companion: str, spent: Spent) -> None:
    """Write down what a proposal cost; runs inside its transaction.

    Raises:
        StoreError: the number is taken.
    """
    row = (player, companion, spent.number, _encode(spent).decode())
    try:
        db.execute(
            "INSERT INTO ledger (player, companion, number, body, crc) VALUES (?,?,?,?,?)",
            (*row, row_crc(*row)),
        )
    except apsw.ConstraintError as error:
        raise StoreError(
            what=f"proposal {spent.number} of {player}/{companion} was judged already",
            where="commit",
            fix="another process has learned meanwhile: read again, then learn",
        ) from error


def spent_by(verdict: Verdict) -> Spent:
    """What a verdict cost; one by logged play costs a number and no α."""
    return Spent(
        number=verdict.proposal_number,
        alpha=verdict.alpha,
        alpha_k=verdict.figures.get("alpha_k", 0.0),
        p0=verdict.p0,
        approved=verdict.approved,
        step=verdict.step,
        proof=verdict.proof,
    )


def fill_ledger(db: apsw.Connection) -> None:
    """Write down what the proposals of an older save cost, as far as their verdicts can be read.

    What cannot be kept is left out: its number counts all the same, as long as its proposal stands.
    """
    rows: list[Any] = db.execute(
        "SELECT CAST(player AS BLOB), CAST(companion AS BLOB), number, approved, "
        "CAST(verdict AS BLOB) FROM proposals ORDER BY seq DESC"
    ).fetchall()
    for player, companion, number, approved, verdict in rows:
        try:
            spent = spent_by(msgspec.json.decode(verdict, type=Verdict))
        except (ValueError, msgspec.MsgspecError, RecursionError):
            spent = Spent(number=number, approved=bool(approved))
        with suppress(StoreError, UnicodeDecodeError):
            given = msgspec.structs.replace(spent, number=number)
            insert_spent(db, player.decode(), companion.decode(), given)


def keep_verdict(db: apsw.Connection, key: str, verdict: Verdict) -> None:
    """Keep a verdict under its question, in place of an older one; the oldest of too many go."""
    body = seal(VERDICT_V1, _encode(verdict), f"verdict {key}")
    db.execute("DELETE FROM verdicts WHERE key = ?", (key,))
    db.execute("INSERT INTO verdicts (key, body) VALUES (?,?)", (key, body))
    db.execute(
        "DELETE FROM verdicts WHERE seq <= (SELECT max(seq) FROM verdicts) - ?",
        (KEPT,),
    )
