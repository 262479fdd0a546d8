import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.scrubbing import FORGOTTEN, Scrub
from astraweave.model.columns import episode_of
from astraweave.model.learned import LearningCommit
from astraweave.model.memory import (
    Association,
    EmotionalContext,
    Memory,
    MemoryType,
    SpatialTemporalContext,
)
from astraweave.model.verdict import Deployment
from astraweave.model.weights import WeightSet

Make = Callable[..., Any]
NOW = 1.7e9
PLAYED = ("id", "text", "location", "primary_emotion", "memory_id", "parameters")
SIGNS = ("_", "-", '"')


@pytest.mark.parametrize("name", PLAYED + SIGNS + ("7", "ß"))
def test_a_player_may_be_called_as_a_field_or_by_a_sign(
    name: str, save: Path, make_draft: Make
) -> None:
    """What is not about the player stays word for word, ids and all."""
    theirs = Memory(
        id="kim-7 saw_it",
        memory_type=MemoryType.SOCIAL,
        text="Nine wolves - all of them; _so_",
        created_at=1e6,
        player_id="kim",
        emotion=EmotionalContext(primary_emotion="calm", intensity=0.5, valence=0.5, arousal=0.5),
        context=SpatialTemporalContext(location="mill", participants=("kim",)),
        associations=(Association(memory_id="other", relation="of", strength=0.5),),
        tags=("wolves",),
    )
    named = msgspec.structs.replace(theirs, id="named", text=name, data={name: [name, 1]})
    with open_memory(save, backups=0) as store:
        store.encode(theirs)
        store.encode(named)
        log = make_draft("kim-7-_", 6, player_id="kim")
        log.seen.append((9.0, "heal", "wolf", {"how": "fast"}, 0))
        store.write(log)
        store.write(make_draft("e", 6, player_id=name))
        episode = store.episode("kim-7-_")
        assert episode is not None
        before = episode_of(episode)
        done = store.forget_player(name, now=NOW)
        assert (done.finished, store.problems) == (True, ())
        assert store.memory(theirs.id) == theirs
        after = store.episode("kim-7-_")
        assert after is not None
        assert episode_of(after) == before
        kept = store.memory("named")
        assert kept is not None
        assert (kept.text, kept.data) == (FORGOTTEN, {FORGOTTEN: [1]})


@pytest.mark.parametrize(("name", "called"), [("ß", "SS"), ("Strasse", "STRAßE")])
def test_one_letter_that_is_two_in_capitals_is_found(name: str, called: str) -> None:
    scrub = Scrub(name, (), ())
    assert scrub.may_hold(f"met {called}.")
    assert scrub.text(f"met {called}, {name}") == "met [forgotten], [forgotten]"
    assert scrub.text(f"x{called}x") == f"x{called}x"


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)


def test_what_was_done_with_weights_is_no_name(store: MemoryStore) -> None:
    done = Deployment(
        version=1,
        player_id="robin",
        companion_id="mira",
        action="promote",
        deployed_at=1.6e9,
        reason="promote asked for it",
    )
    store.remember("here", player_id="promote", now=1e9)
    weights = WeightSet(version=1, weights={"promote": 1.2}, origin="test")
    store.commit(
        LearningCommit(player_id="robin", companion_id="mira", weights=weights, deployment=done)
    )
    store.forget_player("promote", now=NOW)
    reason = f"{FORGOTTEN} asked for it"
    assert store.deployments("robin", "mira") == (msgspec.structs.replace(done, reason=reason),)
    assert store.weight_set("robin", "mira", 1) == weights


@given(WORDS, WORDS, WORDS)
def test_scrubbing_finds_every_word_that_is_the_name(name: str, before: str, after: str) -> None:
    scrub = Scrub(name, (), ())
    told = len(name.strip()) > 2 or any(sign.isalnum() for sign in name)
    clean = scrub.text(f"{before} {name} {after}" if told else name)
    assert FORGOTTEN in clean
    assert scrub.may_hold(json.dumps({"a": name}))
    assert scrub.may_hold(json.dumps({"a": name}, ensure_ascii=False))
