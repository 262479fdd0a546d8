import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import StoreError
from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.folding import is_plain
from astraweave.memory.screen import ALIKE
from astraweave.memory.sensitive import NAMES, PATTERNS, _without, may_hold, redact
from astraweave.model.columns import episode_of
from astraweave.model.memory import Association, Memory, MemoryType, SpatialTemporalContext

ORDINARY = Path(__file__).parents[1] / "data" / "privacy" / "ordinary.txt"
FOUND = {
    "write to bob.smith+x@mail.example.co.uk.": "write to [email].",
    "größe@bücher.example ruft": "[email] ruft",
    "mob\u0130le-5551234, r\u0131ng me-5551234": "mob\u0130le-[phone], r\u0131ng me-[phone]",
    "call +44 7911 123456 today": "call [phone] today",
    "+15551234567": "[phone]",
    "(555) 123-4567 or 555-123-4567": "[phone] or [phone]",
    "1-800-555-0199": "[phone]",
    "06 12 34 56 78": "[phone]",
    "+49 (0)30 1234567": "[phone]",
    "my phone is 5551234": "my phone is [phone]",
    "card 4111 1111 1111 1111 exp": "card [card] exp",
    "378282246310005": "[card]",
    "5500-0000-0000-0004": "[card]",
    "pay DE89 3704 0044 0532 0130 00 NOW": "pay [iban] NOW",
    "gb82west12345698765432": "[iban]",
    "ssn 078-05-1120": "ssn [ssn]",
    "from 192.168.1.17:8080": "from [ip]:8080",
    "2001:db8::ff00:42:8329": "[ip]",
    "00:1A:2b:3c:4d:5e": "[mac]",
    "ab-cd-ef-ab-cd-ef": "[mac]",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3": "[jwt]",
    "AKIAIOSFODNN7EXAMPLE": "[aws_key]",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a": "[github_token]",
    "xoxb-123456789012-abcdefGHI": "[slack_token]",
    "AIzaSyA-1234567890abcdefghijklmnopqrstu": "[google_key]",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc": "[api_key]",
    "123456789:AAF3xQmW-abcdefghijklmnopqrstuvwxyz": "[bot_token]",
    "Authorization: Bearer abcdef1234567890ABCDEF": "Authorization: Bearer [bearer]",
    "password: hunter2!": "password: [password]",
    "my password is hunter2": "my password is [password]",
    "api_key='abcd1234efgh'": "api_key='[secret]'",
    "https://bob:s3cr3t@host/x": "https://[url_password]@host/x",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- x": "[private_key] x",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQ cut off": "[private_key]",
}


@pytest.mark.parametrize(("text", "clean"), FOUND.items())
def test_what_is_sensitive_is_taken_out_and_nothing_else(text: str, clean: str) -> None:
    assert redact(text)[0] == clean
    assert redact(clean) == (clean, ())


def wide(text: str) -> str:
    """In the full-width letters of East Asian typesetting."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


HIDDEN = {
    "write to bob\u200b@exam\u200dple.com now": "write to [email] now",
    "bob@mail\u2060.example\ufeff.com": "[email]",
    wide("bob@example.com"): "[email]",
    "call +49\u00a0170\u00a01234567": "call [phone]",
    "+4\u200b9 1\u00ad701234567": "[phone]",
    "555\u2011123\u20104567": "[phone]",
    "\u2116+491701234567": "\u2116[phone]",
    "\U0001d41b\U0001d428\U0001d41b@x.de": "[email]",
    "pass\u200bword: hunter2": "pass\u200bword: [password]",
    "\u202ebob@x.de\u202c": "\u202e[email]\u202c",
}


@pytest.mark.parametrize(("text", "clean"), HIDDEN.items())
def test_what_is_written_so_that_no_pattern_fits_is_taken_out_as_a_reader_sees_it(
    text: str, clean: str
) -> None:
    assert redact(text)[0] == clean
    assert redact(clean) == (clean, ())


def test_what_stands_around_what_is_hidden_keeps_its_place() -> None:
    hidden = (
        "\u200ba\ufb01b bob\u200b@x\u00ad.de \u2116 +4\u20609 1701234567\u200b, kim@y.de\u200d."
    )
    clean = "\u200ba\ufb01b [email] \u2116 [phone]\u200b, [email]\u200d."
    assert redact(hidden) == (clean, ("email", "email", "phone"))


@given(st.sampled_from(ORDINARY.read_text("utf-8").splitlines()), st.data())
def test_an_ordinary_sentence_stays_whatever_is_hidden_in_it(line: str, data: Any) -> None:
    hidden = "\u200b\u200d\u2060\ufeff\u00ad\ufe0f"
    places = data.draw(st.sets(st.integers(0, len(line)), max_size=6))
    for at in sorted(places, reverse=True):
        line = line[:at] + data.draw(st.sampled_from(hidden)) + line[at:]
    assert redact(line) == (line, ())
    assert redact(wide(line)) == (wide(line), ())


def test_signs_of_other_scripts_and_pictures_stay() -> None:
    for line in (
        "\u2764\ufe0f \U0001f468\u200d\U0001f469\u200d\U0001f467, 5 km\u00b2, \u00bd of 1\u00bd",
        "\u2122 \u2460 \u2461 \u2462 v\uff12.\uff10 \uff11\uff12\uff13\uff14\uff15",
        "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35 \u0646\u0645\u06cc\u200c\u062e\u0648\u0627",
    ):
        assert redact(line) == (line, ())


def test_every_kind_has_an_example_here() -> None:
    assert {name for text in FOUND for name in redact(text)[1]} == set(NAMES)


def test_no_ordinary_sentence_of_a_game_is_changed() -> None:
    sentences = ORDINARY.read_text("utf-8").splitlines()
    assert len(sentences) >= 150
    assert [line for line in sentences if redact(line)[1]] == []


NUMBER = st.integers(-9_999, 99_999)
PLAIN = st.one_of(
    st.builds("at {:.1f}, {:.1f}, {:.1f}".format, *[st.floats(-1e5, 1e5)] * 3),
    st.builds("x={} y={} z={}".format, NUMBER, NUMBER, NUMBER),
    st.builds("score {:,}, best {}".format, *[st.integers(0, 10**12)] * 2),
    st.datetimes().map(lambda at: f"saved {at.isoformat()}"),
    st.datetimes().map(lambda at: f"{at:%d-%m-%Y %H:%M} and {at:%d/%m/%Y}"),
    st.builds("version {}.{}.{}.{}".format, *[st.integers(0, 30)] * 4),
    st.builds("v{}.{}.{}".format, *[st.integers(0, 99)] * 3),
    st.builds("item-{:06d}".format, st.integers(0, 999_999)),
    st.uuids().map("entity {}".format),
    st.builds("seed {}, tick {}".format, st.integers(0, 2**63), st.integers(0, 10**6)),
)


@given(PLAIN)
def test_coordinates_scores_dates_versions_and_ids_survive(text: str) -> None:
    assert redact(text) == (text, ())


@given(st.text(max_size=80), st.sampled_from(sorted(FOUND)), st.text(max_size=80))
def test_redacting_again_changes_nothing(before: str, found: str, after: str) -> None:
    once, _ = redact(f"{before} {found} {after}")
    assert redact(once)[0] == once


PIECES = st.one_of(
    st.sampled_from(sorted(FOUND)),
    st.sampled_from(["tel-", "Phone number is ", "call me on ", "ring me: ", "SMS#", "+", "1-"]),
    st.text("0123456789 abcdefABCDEF-.:()+/_@=\u0663\u017f", max_size=30),
    *[
        st.from_regex(regex, fullmatch=True)
        for regex in (
            r"[A-Za-z]{2}\d\d(?: ?[A-Za-z0-9]){11,30}",
            r"\d([ ()./-]{0,2}\d){6,18}",
            r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}",
            r"\d{1,3}(\.\d{1,3}){3}",
        )
    ],
)


@given(
    st.lists(PIECES, min_size=1, max_size=4), st.sampled_from(["", " ", "\n", "_", "ab"]), st.data()
)
def test_the_cheap_question_never_says_no_to_what_a_pattern_finds(
    pieces: list[str], between: str, data: st.DataObject
) -> None:
    text = between.join(pieces)
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.sampled_from([0, 1, len(text)]))
    text = text[:at] + text[at + cut :]
    clean, found = text, list[str]()
    for pattern in PATTERNS:
        clean = _without(clean, pattern, found)
    if is_plain(text):
        assert redact(text) == (clean, tuple(found))
    if found:
        assert redact(text)[1]  # more, where letters are read as others
        assert may_hold(text)
        # In one text with others, as names of an episode are asked for.
        assert may_hold(f"fact_1\n{text}\nfact_2")
    # Which is why an id is asked for once, whatever its number.
    assert may_hold(text.translate(ALIKE)) == may_hold(text)


def test_names_of_facts_with_numbers_are_not_looked_at_closely() -> None:
    assert not may_hold("\n".join(["fact_10", "wave_12", "hp 80.5", "1.25", "strike", "task"]))
    assert not may_hold("mira-000012-00000007")


HOSTILE = (
    *("a", "1", "1 ", "@", "a@", "a.a@", "://a:", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----"),
    *(
        "eyJ",
        "eyJaaaaa.",
        "+1",
        "+1 ",
        "a:",
        ":",
        "1.1.",
        "0:",
        "password ",
        "password:",
        "bearer ",
    ),
    *("bearer" + " " * 40, "token:", "AB12 ", "DE89 ", "sk-a ", "xoxb-", "my password is "),
    *("0123 ", "01 ", "a@a.", "phone: 1", "::", "1::", "ab:cd:", "555-", "(555) ", "4111 "),
)


def cpu_s(piece: str, length: int) -> float:
    text = piece * (length // len(piece))
    begun = time.process_time()
    redact(text)
    return time.process_time() - begun


def test_work_is_linear_in_a_hostile_text() -> None:
    """Ten times the text is about ten times the work, not a hundred; 40 leaves room for noise."""
    for piece in HOSTILE:
        assert cpu_s(piece, 60_000) < 40 * max(cpu_s(piece, 6_000), 0.005), piece


@pytest.mark.parametrize("piece", ["1 ", "://a:", "a.a@"])
def test_a_megabyte_of_the_slowest_pieces_is_read_to_its_end(piece: str) -> None:
    text = piece * (1_000_000 // len(piece)) + " bob@example.com"
    assert redact(text)[0].endswith(" [email]")


def test_what_is_stored_holds_nothing_sensitive_at_any_depth(
    save: Path, make_draft: Callable[..., Any]
) -> None:
    mail, key = "bob@example.com", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
    draft = make_draft("e1", tags=[mail])
    draft.seen.append((9.0, "shout", mail, {"said": f"mail {mail}", "n": 1.5, mail: [key]}, 0))
    with open_memory(save) as store:
        store.checkpoint(draft.part(0, 0, draft.start_time + 9))
        store.encode(
            Memory(
                id="m1",
                memory_type=MemoryType.SOCIAL,
                text=f"his address is {mail}",
                created_at=1e9,
                player_id="robin",
                data={"deep": [{"er": key, mail: 2}]},
                context=SpatialTemporalContext(location=mail, participants=("robin", mail)),
                tags=(mail, "calm"),
                associations=(Association(memory_id="e1", relation=mail, strength=1.0),),
            )
        )
        store.flush()
        held = store.memory("m1")
        assert held is not None
        assert held.text == "his address is [email]"
        assert held.data == {"deep": [{"er": "[github_token]", "[email]": 2}]}
        assert held.context.participants == ("robin", "[email]")
        assert held.tags == ("[email]", "calm")
        assert [hit.memory for hit in store.retrieve("address", player_id="robin")] != []
        assert store.figures()["sensitive_email"] == 10
        raw = b"".join(path.read_bytes() for path in save.parent.iterdir())
        assert mail.encode() not in raw
        assert key.encode() not in raw
        store.write(draft)
        store.flush()
        log = store.episode("e1")
        assert log is not None
        action = episode_of(log).observations[-1].player_action
        assert action is not None
        assert action.target == "[email]"
        assert action.parameters == {
            "said": "mail [email]",
            "n": 1.5,
            "[email]": ["[github_token]"],
        }
    raw = save.read_bytes()
    assert mail.encode() not in raw
    assert key.encode() not in raw


def test_what_is_read_again_equals_what_was_stored_and_is_stored_once(
    save: Path, make_draft: Callable[..., Any]
) -> None:
    with open_memory(save) as store:
        for _ in range(2):
            store.write(make_draft("e1", tags=["bob@example.com"]))
        store.flush()
        assert store.figures()["repeated"] == 1
        cached = store.memory("e1")
    with open_memory(save) as store:
        assert store.memory("e1") == cached


def test_a_game_may_ask_to_keep_what_it_needs(store: MemoryStore) -> None:
    store.keep_sensitive("email")
    store.remember("bob@example.com, 555-123-4567", now=1e9)
    store.flush()
    assert store.retrieve("bob")[0].memory.text == "bob@example.com, [phone]"
    with pytest.raises(StoreError, match="no such kind of sensitive text, got mail"):
        store.keep_sensitive("mail")


def test_an_id_is_a_key_and_kept_but_said(store: MemoryStore) -> None:
    store.remember("hello", player_id="bob@example.com", participants=["bob@example.com"], now=1e9)
    store.remember("again", player_id="bob@example.com", now=2e9)
    store.flush()
    assert len(store.recent(9, player_id="bob@example.com")) == 2
    assert store.figures()["sensitive_ids"] == 1
    assert len(store.problems) == 1
    assert "bob" not in store.problems[0]


@pytest.mark.parametrize(
    "nested", [["a\n555-123-4567"], ("\t4111111111111111",), ["\xa0+15551234567"]]
)
def test_a_number_after_a_line_break_in_a_list_is_found(
    save: Path, make_draft: Any, nested: Any
) -> None:
    with open_memory(save) as store:
        draft = make_draft("e", 3)
        draft.seen[1] = (0.5, "strike", "orc", {"note": nested}, 1)
        store.checkpoint(draft)
        store.write(draft)
        stored = store.episode("e")
    assert stored is not None
    assert "[" in stored.extra[1]["parameters"]["note"][0]
