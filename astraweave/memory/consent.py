"""Consent: to whom a player's memories may be given. Nobody, until the player says so.

Every word is a row with its moment and never changed: the newest that names the asker, or everyone,
counts. Refuses by default, and when a row newer than the answer is damaged or is not there: the
words of a player are numbered, and the audit knows the newest.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import apsw
import msgspec

from astraweave.errors import StoreError
from astraweave.memory import audit
from astraweave.memory.codec import row_crc
from astraweave.memory.reader import Reader
from astraweave.memory.salts import hash_name
from astraweave.model.names import MAX_NAME, check_who

EVERYONE = "*"
LONGEST_TERMS = 10_000
_SELECT = "SELECT player, toward, given, version, terms, at, crc FROM consents ORDER BY seq DESC"
_WORD = "FROM audit WHERE subject = ?2 AND action IN ('consent', 'withdrawal')"
_NEWEST = f"""SELECT
    (SELECT version FROM consents NOT INDEXED WHERE player = ?1 ORDER BY seq DESC LIMIT 1),
    (SELECT given FROM consents NOT INDEXED WHERE player = ?1 ORDER BY seq DESC LIMIT 1),
    (SELECT action {_WORD} ORDER BY seq DESC LIMIT 1),
    (SELECT detail {_WORD} ORDER BY seq DESC LIMIT 1)"""
_SALT = "SELECT salt FROM salts WHERE kind = 'player' AND name = ?"
_NAMES = "SELECT name FROM salts WHERE kind = 'player' UNION SELECT player FROM consents"


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """What a player said: whether `to` (a companion, or "*" for all) may be given his memories.

    `version` counts a player's words from 1 on. `terms` names what was agreed to. `at`: seconds
    since 1970.
    """

    player_id: str
    to: str
    given: bool
    version: int
    terms: str
    at: float


class Consents:
    """What players said, and how they say it."""

    def __init__(
        self,
        ask: Callable[[], Reader],
        call: Callable[[Callable[[apsw.Connection], Any]], Any],
        clock: Callable[[], float],
        report: Callable[[str], None],
    ) -> None:
        """`ask` gives a reader that sees everything; `call` does work durably."""
        self._ask, self._call, self._clock, self._report = ask, call, clock, report
        self._compared: dict[str, tuple[int, int]] = {}  # newest words the audit knows, too
        self._told: set[str] = set()

    def give(
        self, player_id: str, to: str = EVERYONE, *, terms: str = "", now: float | None = None
    ) -> Consent:
        """Let `to` be given the player's memories from now on; returns when it is durable.

        Args:
            player_id: who consents.
            to: a companion's id; "*" is every companion.
            terms: name or text of what the player was shown; `allows(terms=…)` may ask for it.
            now: seconds since 1970; None asks the store's clock.

        Raises:
            StoreError: an empty name, or terms that are too long.
        """
        return self._say(player_id, to, terms, now, given=True)

    def withdraw(self, player_id: str, to: str = EVERYONE, *, now: float | None = None) -> Consent:
        """Take consent back, of one companion or of all; works at once."""
        return self._say(player_id, to, "", now, given=False)

    def allows(self, player_id: str, to: str, *, terms: str | None = None) -> bool:
        """Whether `to` may be given the player's memories now.

        Args:
            player_id: whose memories.
            to: the companion who asks.
            terms: what must have been agreed to; None for anything.
        """
        reader, after = self._ask(), 0
        for row in reader.query(_SELECT):
            if row_crc(*row[:6]) != row[6]:
                return False  # it may have been a withdrawal
            if row[0] != player_id:
                continue
            if after != row[3] + 1 and (after or not self._is_newest(reader, player_id, row)):
                self._doubt(player_id)
                return False
            after = row[3]
            if row[1] in (to, EVERYONE):
                return bool(row[2]) and terms in (None, row[4])
        return False

    def _is_newest(self, reader: Reader, player: str, row: Any) -> bool:
        newest = (int(row[3]), int(row[2]))
        if self._compared.get(player) != newest:
            if not _is_audited(reader, player):
                return False
            self._compared[player] = newest
        return True

    def _doubt(self, player: str) -> None:
        if player not in self._told:
            self._told.add(player)
            self._report(f"{_line(player)}; nothing is shared until the player says so again")

    def lost(self) -> tuple[str, ...]:
        """A line for each player of whom words are not there that were said."""
        reader = self._ask()
        versions: dict[str, list[int]] = {}
        for row in reader.query(_SELECT):
            versions.setdefault(row[0], []).append(row[3])
        return tuple(
            _line(name)
            for (name,) in reader.query(_NAMES)
            if not _is_audited(reader, name)
            or versions.get(name, []) != list(range(len(versions.get(name, [])), 0, -1))
        )

    def damaged(self) -> int:
        """How many words have a wrong checksum; what was said before them counts no more."""
        rows = self._ask().query(_SELECT)
        return sum(row_crc(*row[:6]) != row[6] for row in rows)

    def history(self, player_id: str | None = None) -> tuple[Consent, ...]:
        """Every word of a player, or of all, oldest first; without damaged rows."""
        rows = self._ask().query(_SELECT)
        return tuple(
            Consent(
                player_id=row[0],
                to=row[1],
                given=bool(row[2]),
                version=row[3],
                terms=row[4],
                at=row[5],
            )
            for row in reversed(rows)
            if row_crc(*row[:6]) == row[6] and player_id in (None, row[0])
        )

    def current(self, player_id: str) -> tuple[Consent, ...]:
        """What counts now, one for each companion that was named, the newest last."""
        found: dict[str, Consent] = {}
        for said in self.history(player_id):
            if said.to == EVERYONE:
                found.clear()
            found.pop(said.to, None)
            found[said.to] = said
        return tuple(
            said for said in found.values() if not said.given or self.allows(player_id, said.to)
        )

    def _say(
        self, player_id: str, to: str, terms: str, now: float | None, *, given: bool
    ) -> Consent:
        if given or not (player_id and to and max(len(player_id), len(to)) <= MAX_NAME):
            check_who("consent", player=player_id, companion=to)  # what was given can be withdrawn
        if len(terms) > LONGEST_TERMS:
            fix = "give a name or a hash of it"
            raise StoreError(what="terms that are too long", where="consent", fix=fix)
        at = self._clock() if now is None else now
        said: Consent = self._call(
            partial(_insert, player=player_id, toward=to, given=given, terms=terms, at=at)
        )
        return said


def _is_audited(reader: Reader, player: str) -> bool:
    """Whether the newest word of a player is the newest that the audit knows of."""
    salt = reader.query(_SALT, (player,))
    is_salt = bool(salt) and isinstance(salt[0][0], bytes)
    hashed = hash_name(salt[0][0], player) if is_salt else b""
    version, given, action, detail = reader.query(_NEWEST, (player, hashed))[0]
    if version is None or action is None:
        return version is None and action is None
    try:
        known = msgspec.json.decode(detail, type=dict[str, int])
    except msgspec.MsgspecError:
        return False
    return known == {"version": version} and action == ("consent" if given else "withdrawal")


def _line(player: str) -> str:
    return f"a word of consent of {player!r} is lost"


def _insert(
    db: apsw.Connection, *, player: str, toward: str, given: bool, terms: str, at: float
) -> Consent:
    spoken: Any = db.execute(
        "SELECT coalesce(max(version), 0) FROM consents WHERE player = ?", (player,)
    ).get
    row = (player, toward, int(given), int(spoken) + 1, terms, float(at) + 0.0)
    db.execute(
        "INSERT INTO consents (player, toward, given, version, terms, at, crc) "
        "VALUES (?,?,?,?,?,?,?)",
        (*row, row_crc(*row)),
    )
    by = None if toward == EVERYONE else toward
    action = "consent" if given else "withdrawal"
    audit.append(db, action, at, player=player, by=by, detail={"version": row[3]})
    return Consent(player_id=player, to=toward, given=given, version=row[3], terms=terms, at=row[5])
