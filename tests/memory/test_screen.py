"""What a screen remembers of the episodes before changes nothing in what it says of the next."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.memory.screen import Screen
from astraweave.model.columns import EpisodeLog

LEAK = "bob@example.com"
texts = st.sampled_from(("strike", "wave 12", "mill", LEAK, "call me 555-1234567"))
tables = st.lists(texts, min_size=4, max_size=4, unique=True).map(tuple)
logs = st.fixed_dictionaries(
    {
        "id": st.sampled_from(("mira-000001", "mira-000002", LEAK)),
        "player_id": st.sampled_from(("robin", "player-5551234567")),
        "names": tables,
        "tags": st.lists(texts, max_size=2).map(tuple),
        "extra": st.sampled_from(({}, {0: {"parameters": {"said": LEAK}}})),
    }
)


def plain(make_draft: Callable[..., Any], **fields: Any) -> EpisodeLog:
    """An episode without values that are no numbers."""
    fields = {"extra": {}} | fields
    log: EpisodeLog = make_draft(observations=2).log()
    return replace(log, **fields)


def told(screen: Screen, log: EpisodeLog) -> list[Any]:
    found = screen.episode(log)
    return [found.id, found.player_id, found.names, found.fact_names, found.tags, found.extra]


@given(given_before=st.lists(logs, max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_screen_says_of_each_episode_what_a_new_one_says(
    given_before: list[dict[str, Any]], make_draft: Callable[..., Any]
) -> None:
    known = Screen(Counter(), print)
    for fields in given_before:
        log = plain(make_draft, **fields)
        assert told(known, log) == told(Screen(Counter(), print), log)


def test_an_episode_of_known_words_is_given_back_as_it_is_and_a_new_word_is_found(
    make_draft: Callable[..., Any],
) -> None:
    said: list[str] = []
    counts = Counter[str]()
    screen = Screen(counts, said.append)
    for number in range(4):
        log = plain(make_draft, id=f"mira-{number:06d}")
        assert screen.episode(log) is log
    assert not counts
    assert screen.episode(plain(make_draft, tags=(LEAK,))).tags == ("[email]",)
    leaky = {0: {"parameters": {"said": LEAK}}}
    assert LEAK not in repr(screen.episode(plain(make_draft, extra=leaky)).extra)
    assert counts == {"sensitive_email": 2}
    assert screen.episode(plain(make_draft, id=LEAK)).id == LEAK
    assert counts["sensitive_ids"] == len(said) == 1
