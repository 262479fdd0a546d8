"""Text that a save must not hold: addresses, numbers and keys of people, each found by its pattern.

`redact` puts "[email]" in the place of an address, and so on. Every pattern is read in time linear
in the text: what repeats is possessive or bounded, and begins where its run begins. Numbers are
checked where they can be (Luhn, ISO 7064, octets), so that scores, dates, coordinates, versions and
ids of items stay. Looked for in the text as a reader takes it (`folding`).
Refuses to guess: a name or a street has no pattern.
"""

import ipaddress
import re
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from typing import NamedTuple

from astraweave.memory.folding import Folded, is_plain

Check = Callable[[re.Match[str]], tuple[int, int] | None]
"""The part of a match that is meant, as (start, end) in the text; None when none is."""

CACHED = 200
"""Longer texts are seldom given twice."""


class Pattern(NamedTuple):
    """What is looked for under a name, and how it is told from what only looks like it."""

    name: str
    regex: re.Pattern[str]
    check: Check


def _whole(found: re.Match[str]) -> tuple[int, int]:
    return found.span("it") if "it" in found.re.groupindex else found.span()


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


# First digits and lengths of the card schemes: a moment in milliseconds or a 64-bit id is none.
_SCHEMES = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}|62\d{14,17}"
)


def _card(found: re.Match[str]) -> tuple[int, int] | None:
    """Luhn's sum (ISO/IEC 7812-1)."""
    digits = _digits(found.group())
    if not _SCHEMES.fullmatch(digits):
        return None
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2]]
    return found.span() if (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0 else None


_IBAN_LENGTHS = {
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "FK", "FO", "GL", "NL", "SD"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "LT", "LU", "MN", "XK"), 20),
    **dict.fromkeys(("CH", "CR", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "BH", "DE", "GB", "GE", "IE", "ME", "RS", "VA"), 22),
    **dict.fromkeys(("AE", "GI", "IL", "IQ", "OM", "SO", "TL"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"), 24),
    **dict.fromkeys(("LY", "PT", "ST"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("BI", "DJ", "FR", "GR", "IT", "MC", "MR", "SM"), 27),
    **dict.fromkeys(("AL", "AZ", "BY", "CY", "DO", "GT", "HU", "LB", "NI", "PL", "SV"), 28),
    **dict.fromkeys(("BR", "EG", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU", "YE"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
    **dict.fromkeys(("LC",), 32),
    **dict.fromkeys(("RU",), 33),
}
"""Characters of an IBAN by country (SWIFT's registry)."""


def _iban(found: re.Match[str]) -> tuple[int, int] | None:
    """ISO 13616: as many characters as its country has, which leave 1 modulo 97."""
    text = found.group().upper()
    places = [at for at, letter in enumerate(text) if letter.isalnum()]
    places = places[: _IBAN_LENGTHS.get(text[:2], 99)]
    held = "".join([text[at] for at in places])
    if len(held) != _IBAN_LENGTHS.get(text[:2]):
        return None
    number = "".join(str(int(letter, 36)) for letter in held[4:] + held[:4])
    return (found.start(), found.start() + places[-1] + 1) if int(number) % 97 == 1 else None


_VERSION = re.compile(
    r"(?:\bv|ver|version|patch|build|release|update|updated to|upgraded to|firmware|engine"
    r"|client)[ :.=-]{0,3}$",
    re.I,
)


def _address(found: re.Match[str]) -> tuple[int, int] | None:
    """An address of the Internet's, and not the number of a version."""
    before = found.string[max(0, found.start() - 16) : found.start()]
    if _VERSION.search(before):
        return None
    if not _digits(found.group()):
        return None  # two names with "::" between them
    try:
        address = ipaddress.ip_address(found.group())
    except ValueError:
        return None
    return None if address.is_unspecified or found.group().startswith("0.") else found.span()


def _abroad(found: re.Match[str]) -> tuple[int, int] | None:
    """Seven to fifteen digits (ITU-T E.164) in groups, ten or more in one; not +1000000 points."""
    groups = re.findall(r"\d+", found.group())
    count = sum(map(len, groups))
    if len(groups) == 1:
        return found.span() if count >= 10 and not groups[0].endswith("00000") else None
    return found.span() if max(map(len, groups)) >= 3 else None


def _home(found: re.Match[str]) -> tuple[int, int] | None:
    """A number that begins with 0 has 10 or 11 digits in most countries."""
    return found.span() if 10 <= len(_digits(found.group())) <= 11 else None


_KEY = r"A-Za-z0-9"
_FREE = rf"(?<![{_KEY}_-])"
_PATTERNS = (
    (
        "private_key",
        # No group is repeated possessively: before Python 3.11.5 that keeps half a repetition.
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?"
        r"(?:-----END[A-Z0-9 ]{0,50}-----|(?=-----END)|\Z)",
        _whole,
    ),
    ("url_password", r"(?<=://)(?P<it>[^\s/@:]{1,128}+:[^\s/]{1,256})@", _whole),
    ("jwt", _FREE + r"eyJ[\w-]{5,}+\.[\w-]{5,}+(?:\.[\w-]*+)?", _whole),
    ("aws_key", _FREE + rf"(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{{16}}(?![{_KEY}])", _whole),
    (
        "github_token",
        _FREE + rf"(?:gh[pousr]_[{_KEY}]{{20,}}+|github_pat_[{_KEY}_]{{22,}}+)",
        _whole,
    ),
    ("slack_token", _FREE + rf"xox[abeoprs]-[{_KEY}-]{{10,}}+", _whole),
    ("google_key", _FREE + r"AIza[\w-]{35}", _whole),
    (
        "api_key",
        _FREE + rf"(?:[spr]k_(?:live|test)_[{_KEY}]{{10,}}+|sk-(?=[\w-]{{0,80}}\d)[\w-]{{20,}}+)",
        _whole,
    ),
    ("bot_token", r"(?<![\w:])\d{8,10}:[\w-]{35}(?![\w-])", _whole),
    ("bearer", r"(?i)\bbearer\s{1,4}(?P<it>[\w.~+/=-]{16,}+)", _whole),
    (
        "password",
        r"(?i)(?:\b(?:pass(?:word|wort|wd|phrase|code)|pwd)[\"']?\s{0,3}(?::=|[:=])\s{0,3}"
        r"|\b(?:my|his|her|account|login|wifi|e-?mail)\s{1,3}pass(?:word|phrase|code)\s{1,3}is\s{1,3})"
        r"(?P<it>[^\s,;]{3,}+)",
        _whole,
    ),
    (
        "secret",
        r"(?i)(?:\b(?:api|secret|access|private|auth|client)[ _-]?(?:key|token|secret)[\"']?\s{0,3}"
        r"[:=]\s{0,3}[\"']?(?P<it>(?=[^\s\d]{0,80}\d)[\w.~+/=-]{8,}+)"
        r"|\b(?:token|secret)[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<or>(?=[^\s\d]{0,80}\d)[\w.~+/=-]{16,}+))",
        lambda found: found.span("or") if found.group("it") is None else found.span("it"),
    ),
    ("email", r"(?<![\w.%+-])[\w.%+-]++@[\w-]++(?:\.[\w-]+)+", _whole),
    ("iban", rf"(?<![{_KEY}])[A-Za-z]{{2}}\d\d(?: ?[{_KEY}]){{11,30}}", _iban),
    ("card", r"(?<![\w.+-])(?:\d[ -]?){12,18}\d(?![\w-]|\.\d)", _card),
    ("ssn", r"(?<![\w.+-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])", _whole),
    (
        "phone",
        r"(?<![\w.+-])(?P<it>\+\d(?:(?:[ ()/-]{0,2}\d){6,14}|(?:\.?\d){6,14}))(?![\w-]|\.\d)",
        _abroad,
    ),
    (
        "phone",
        r"(?<![\w.+-])(?:1[ .-])?"
        r"(?:\([2-9]\d\d\)[ -]?\d{3}[ .-]|[2-9]\d\d(?P<gap>[.-])\d{3}(?P=gap))"
        r"\d{4}(?![\w-]|\.\d)",
        _whole,
    ),
    (
        "phone",
        r"(?<![\w.+-])0[1-9]\d{0,3}(?P<gap>[ /-])\d{2,8}(?:(?P=gap)\d{2,8}){0,4}(?![\w-]|\.\d)",
        _home,
    ),
    (
        "phone",
        r"(?i)\b(?:phone|tel|telephone|mobile|cell|whatsapp|sms"
        r"|(?:call|text|ring) me(?: (?:at|on))?)"
        r"(?: number)?(?: is)?[ .:=#-]{1,4}(?P<it>\d(?:[ ()./-]{0,2}\d){6,14})(?!\w)",
        _whole,
    ),
    (
        "mac",
        r"(?i)(?<![\w:-])(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}(?![\w:-])",
        _whole,
    ),
    ("ip", r"(?<![\w.:-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)", _address),
    (
        "ip",
        r"(?i)(?<![\w:.])(?:[0-9a-f]{1,4}:){1,7}(?::|[0-9a-f]{1,4})(?:[0-9a-f]{0,4}:?){0,7}(?![\w:])",
        _address,
    ),
)
PATTERNS = tuple(Pattern(name, re.compile(regex), check) for name, regex, check in _PATTERNS)
NAMES = tuple(dict.fromkeys(pattern.name for pattern in PATTERNS))
"""What can be found, in the order of looking."""

_OF_NUMBERS = tuple(
    pattern for pattern in PATTERNS if pattern.name in {"iban", "card", "ssn", "phone", "mac", "ip"}
)

# Without one of these no pattern can match: most words of a game are done with here. Asked one by
# one, which is ten times as fast as one expression of them all.
_SIGNS = ("@", ":", "=", "-----BEGIN", "eyJ", "AIza", "AKIA", "ASIA", "AROA", "AIDA")
_WORDS = (
    *("bearer", "passw", "passc", "passp", "xox", "sk-", "sk_", "pk_", "rk_"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_"),
)
# A digit alone, as in "wave_12" or "hp 80.5", is none: a number of a person has seven in a row, an
# address of the Internet's three dots, and both begin a word, unlike those of "mira-000012-000007";
# an IBAN has two letters, two digits and eleven signs more.
_NUMBER = re.compile(
    r"\d(?:(?<![\w.-]\d)(?:(?:[ ()./-]{0,2}\d){6}|\d{0,2}\.\d{1,3}\.\d)"
    r"|(?<=[A-Za-z]{2}\d)\d(?: ?[A-Za-z0-9]){11})"
)
_SEVEN = re.compile(r"\d(?:[ ()./-]{0,2}\d){6}")
# As one expression: a dotted or a dotless i, which Python takes for an i, has another lower case.
_BEFORE_SEVEN = re.compile(r"(?i)phone|tel|mobile|cell|whatsapp|sms|(?:call|text|ring) me")
_MAC = re.compile(r"[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}")


def may_hold(text: str) -> bool:
    """Whether it is worth looking closer; the cheap question before `redact`."""
    if not is_plain(text):
        text = Folded(text).read
    return (
        _has_sign(text)
        or _NUMBER.search(text) is not None
        or (text.count("-") >= 5 and _MAC.search(text) is not None)
        or (_SEVEN.search(text) is not None and _BEFORE_SEVEN.search(text) is not None)
    )


def _has_sign(text: str) -> bool:
    return _holds(text, _SIGNS) or _holds(text.casefold(), _WORDS)


def _holds(text: str, words: Iterable[str]) -> bool:
    return any(map(text.__contains__, words))


def redact(text: str, keep: Collection[str] = ()) -> tuple[str, tuple[str, ...]]:
    """`text` without what is sensitive, and the names of what was taken out, with repeats.

    Doing it again changes nothing. `keep` names patterns that are left alone.
    """
    if not may_hold(text):
        return text, ()
    if len(text) <= CACHED:
        return cached(text, frozenset(keep))
    return _redacted(text, keep)


@lru_cache(maxsize=4_096)
def cached(text: str, keep: frozenset[str]) -> tuple[str, tuple[str, ...]]:
    """`redact` of a short text; what was asked lately is kept."""
    return _redacted(text, keep)


def _redacted(text: str, keep: Collection[str]) -> tuple[str, tuple[str, ...]]:
    found: list[str] = []
    if is_plain(text):
        for pattern in PATTERNS if _has_sign(text) else _OF_NUMBERS:
            if pattern.name not in keep:
                text = _without(text, pattern, found)
        return text, tuple(found)
    for forms in (True, False):
        folded = Folded(text, forms=forms)
        for pattern in PATTERNS:
            if pattern.name not in keep:
                folded.replace(_spans(folded.read, pattern, found), f"[{pattern.name}]")
        text = folded.text
    return text, tuple(found)


def _spans(text: str, pattern: Pattern, found: list[str]) -> list[tuple[int, int]]:
    spans = map(pattern.check, pattern.regex.finditer(text))
    stands = f"[{pattern.name}]"
    meant = [span for span in spans if span is not None and text[span[0] : span[1]] != stands]
    found += [pattern.name] * len(meant)
    return meant


def _without(text: str, pattern: Pattern, found: list[str]) -> str:
    pieces: list[str] = []
    done = 0
    for start, end in _spans(text, pattern, found):
        pieces += (text[done:start], f"[{pattern.name}]")
        done = end
    return "".join((*pieces, text[done:])) if pieces else text
