"""The page on the save file names all there is: tables, views, columns, and those of exports."""

import re
from pathlib import Path

import apsw
import msgspec
import pytest

from astraweave.memory.connection import MEMORY, open_link
from astraweave.memory.exchange.tables import TABLES
from astraweave.model.episode import Episode

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "save-format.md").read_text("utf-8")
PICTURE = (ROOT / "docs" / "images" / "save.svg").read_text("utf-8")


def schema():
    """{name: (table or view, columns)} of a fresh save."""
    link = open_link(MEMORY)
    link.db.config(apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 1)  # views may be looked at, in this one
    found = {
        name: (kind, [row[1] for row in link.db.execute(f"PRAGMA table_info({name})")])
        for kind, name in link.db.execute(
            "SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view') "
            "AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
        ).fetchall()
    }
    link.db.close()
    return found


SCHEMA = schema()
OWN = [name for name in SCHEMA if not name.startswith("memory_words_")]


def entry(name):
    """What the page says of a table or view: its item or row, up to the next."""
    kind, _ = SCHEMA[name]
    if kind == "view":
        (found,) = re.findall(rf"^\| `{name}` \|.*$", PAGE, re.M)
        return found
    (found,) = re.findall(rf"^- \*\*`{name}`\*\*.*?(?=^- |^#|^\n)", PAGE, re.M | re.S)
    return found


@pytest.mark.parametrize("name", OWN)
def test_every_column_stands_in_the_entry_of_its_table(name):
    told = entry(name)
    missing = [column for column in SCHEMA[name][1] if f"`{column}`" not in told]
    assert not missing


@pytest.mark.parametrize("name", [n for n in SCHEMA if n not in OWN])
def test_tables_that_sqlite_makes_for_itself_are_named(name):
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("name", [n for n in OWN if SCHEMA[n][0] == "table"])
def test_every_table_stands_in_the_picture(name):
    assert f">{name}</text>" in PICTURE


@pytest.mark.parametrize("name", TABLES)
def test_every_column_of_an_export_has_its_row(name):
    (section,) = re.findall(rf"^### Table of {name}\n(.*?)(?=^### |\Z)", PAGE, re.M | re.S)
    rows = re.findall(r"^\| `(\w+)` \|.*\| ([^|]*) \| ([^|]*) \|$", section, re.M)
    assert [row[0] for row in rows] == [column.name for column in TABLES[name]]
    units = [column.unit or "–" for column in TABLES[name]]
    assert [row[1] for row in rows] == units


def test_the_episode_on_the_page_is_one():
    (text,) = re.findall(r"```json\n(.*?)```", PAGE, re.S)
    episode = msgspec.json.decode(text, type=Episode)
    assert episode.observations[0].companion_response is not None
