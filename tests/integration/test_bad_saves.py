"""What is no save is refused by every verb in one line, and never written over."""

import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

pytestmark = pytest.mark.compiled
HEADLESS = ("demo", "--headless", "--autopilot", "berserker", "--episodes", 1, "--save")
VERBS: dict[str, tuple[object, ...]] = {
    "status": ("status", "--save"),
    "why": ("why", "--save"),
    "learn": ("learn", "--save"),
    "replay": ("sandbox", "replay", "--save"),
    "validate": ("sandbox", "validate", "companion.xml", "--weights", "w.json", "--player"),
    "doctor": ("doctor", "--save"),
    "ingest": ("ingest", "good.jsonl", "--actions", "good.toml", "--save"),
    "demo": HEADLESS,
}
VERSION_AT = 60
"""Where SQLite's header keeps the schema's version."""


def newer(whole: bytes) -> bytes:
    return whole[:VERSION_AT] + struct.pack(">I", 99) + whole[VERSION_AT + 4 :]


def foreign() -> bytes:
    db = apsw.Connection(":memory:")
    db.execute("CREATE TABLE letters (text); INSERT INTO letters VALUES ('dear diary')")
    return bytes(db.serialize("main"))


NOT_SAVES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda whole: b"",
    "text": lambda whole: b"dear diary\n" * 1000,
    "foreign": lambda whole: foreign(),
    "cut in the header": lambda whole: whole[:50],
    "cut after the header": lambda whole: whole[:100],
    "cut in half": lambda whole: whole[: len(whole) // 2],
    "a byte short": lambda whole: whole[:-1],
}


def put(folder: Path, data: bytes) -> Path:
    path = folder / "slot.db"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("kind", NOT_SAVES)
def test_what_is_no_save_is_refused_by_every_verb_and_stays_as_it_is(
    evening: Any, folder: Path, refused: Callable[..., str], kind: str, verb: str
) -> None:
    put(folder, NOT_SAVES[kind](evening.save.read_bytes()))
    refused("slot.db", *VERBS[verb], "slot.db")


@pytest.mark.parametrize("verb", ["status", "why"])
def test_a_save_of_a_newer_program_is_read_and_said_to_be_newer(
    evening: Any, folder: Path, command: Callable[..., Any], verb: str
) -> None:
    path = put(folder, newer(evening.save.read_bytes()))
    before = path.read_bytes()
    said = command(*VERBS[verb], "slot.db")
    assert said.code == 0
    assert said.out
    (line,) = said.err.splitlines()
    assert re.match(r"astraweave: slot\.db: .*schema version 99, .*; update astraweave", line)
    assert path.read_bytes() == before


@pytest.mark.parametrize("verb", ["demo", "migrate"])
def test_what_would_write_to_a_save_of_a_newer_program_is_refused(
    evening: Any, folder: Path, command: Callable[..., Any], verb: str
) -> None:
    path = put(folder, newer(evening.save.read_bytes()))
    before = path.read_bytes()
    said = command(*{**VERBS, "migrate": ("save", "migrate")}[verb], "slot.db")
    assert said.code == 2
    assert "99" in said.err
    assert said.err.count("\n") == 1
    assert path.read_bytes() == before


def test_a_save_cut_at_any_length_is_refused(
    evening: Any, folder: Path, refused: Callable[..., str]
) -> None:
    whole = evening.save.read_bytes()
    pages = range(0, len(whole), 4096)
    for length in sorted({1, 15, 16, 99, 101, 4095, len(whole) - 1, *pages}):
        put(folder, whole[:length])
        refused("slot.db", "status", "--save", "slot.db")


@pytest.mark.parametrize("kind", ["text", "cut in half"])
def test_a_command_of_its_own_says_so_too_without_a_traceback(
    evening: Any, folder: Path, elsewhere: Any, kind: str
) -> None:
    path = put(folder, NOT_SAVES[kind](evening.save.read_bytes()))
    before, beside = path.read_bytes(), sorted(folder.iterdir())
    said = elsewhere(*HEADLESS, path)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"astraweave: {path}: ")
    assert said.err.count("\n") == 1
    assert path.read_bytes() == before
    assert sorted(folder.iterdir()) == beside


@pytest.mark.parametrize("verb", ["status", "learn", "doctor", "replay"])
def test_a_save_that_is_not_there_is_not_made(
    folder: Path, refused: Callable[..., str], verb: str
) -> None:
    refused("none.db", *VERBS[verb], "none.db")
