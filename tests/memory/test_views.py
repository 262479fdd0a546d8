"""A save in an SQLite browser: every view reads, with dates and names, and is nobody's way in."""

import gzip
from pathlib import Path
from typing import Any

import apsw
import pytest

from astraweave.errors import SaveError
from astraweave.memory import open_memory
from astraweave.memory.views import VIEWS

NAMES = [text.split()[2] for text in VIEWS]


def browsed(save: Path, sql: str) -> list[dict[str, Any]]:
    """As a browser asks: a plain connection, none of our settings."""
    db = apsw.Connection(str(save), flags=apsw.SQLITE_OPEN_READONLY)
    cursor = db.execute(sql)
    # A cursor without a row knows no columns any more.
    rows = [dict(zip([c[0] for c in cursor.get_description()], row, strict=True)) for row in cursor]
    db.close()
    return rows


@pytest.fixture
def lived(save: Path, make_draft: Any) -> Path:
    with open_memory(save) as store:
        store.write(make_draft("e1"))
        store.write(make_draft("e2", outcome=None, end_time=None))
        store.remember("We spoke", tags=["fire", "night"], place="Camp", player_id="robin", now=5.0)
        store.consolidate()
    return save


@pytest.mark.parametrize("name", NAMES)
def test_every_view_is_read_by_a_plain_connection(lived: Path, name: str) -> None:
    browsed(lived, f"SELECT * FROM {name}")


def test_episodes_have_dates_counts_and_outcomes(lived: Path) -> None:
    first, second = browsed(lived, "SELECT * FROM v_episodes ORDER BY number")
    assert first["started"] == "1970-01-12T13:46:40.000Z"
    assert (first["seconds"], first["observations"], first["tags"]) == (6.0, 12, "night")
    assert (first["success"], first["satisfaction"]) == (0.75, 0.25)
    assert (second["ended"], second["success"], second["satisfaction"]) == (None, None, None)


def test_observations_say_how_they_are_read_packed_or_not(lived: Path) -> None:
    with open_memory(lived) as store:
        assert store.compress(2e9).episodes == 2
    rows = browsed(lived, "SELECT * FROM v_observations")
    assert {row["stored_as"] for row in rows} == {"columns, zstd"}
    assert {row["observations"] for row in rows} == {12}
    assert rows[0]["to_read_them"].startswith("astraweave export")


def test_memories_have_their_place_tags_and_links(lived: Path) -> None:
    (spoken,) = browsed(
        lived, "SELECT * FROM v_memories WHERE type = 'episodic' AND text LIKE 'We%'"
    )
    assert (spoken["place"], spoken["tags"]) == ("Camp", "fire, night")
    assert spoken["created"] == "1970-01-01T00:00:05.000Z"
    assert browsed(lived, "SELECT * FROM v_associations")[0]["relation"]


@pytest.mark.parametrize("harm", ["DROP VIEW v_traits", "CREATE VIEW v_more AS SELECT 1"])
def test_a_save_with_other_views_is_refused(lived: Path, harm: str) -> None:
    db = apsw.Connection(str(lived))
    db.execute(harm)
    db.close()
    with pytest.raises(SaveError, match="the tables are not those"):
        open_memory(lived)


def test_we_ourselves_read_no_view(lived: Path) -> None:
    with open_memory(lived) as store, pytest.raises(SaveError, match="v_episodes"):
        store._reader.query("SELECT * FROM v_episodes")


def test_what_learning_wrote_is_seen(tmp_path: Path) -> None:
    saves = Path(__file__).parents[1] / "data" / "saves"
    save = tmp_path / "old.db"
    save.write_bytes(gzip.decompress((saves / "schema_2.db.gz").read_bytes()))
    with open_memory(save):
        pass
    assert {row["player"] for row in browsed(save, "SELECT * FROM v_episodes")} == {"robin"}
    for name in ("v_weights", "v_verdicts", "v_deployments"):
        browsed(save, f"SELECT * FROM {name}")
