import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.errors import ConsentError, EpisodeError, StoreError
from astraweave.memory import MemoryStore, open_memory
from astraweave.memory.audit import head_file
from astraweave.memory.checkup import check
from astraweave.memory.indexing import player_prefix
from astraweave.model.columns import log_of
from astraweave.model.episode import Episode, EpisodeCategory
from astraweave.model.learned import LearningCommit
from astraweave.model.memory import Association, Memory, MemoryType
from astraweave.model.verdict import Deployment
from astraweave.model.weights import WeightSet

PLAYERS, COMPANIONS = ("robin", "kim", "robin2"), ("mira", "bree")
WORDS = ("wolf", "mill", "amber", "fire", "road")
PAIR = st.tuples(st.sampled_from(PLAYERS), st.sampled_from(COMPANIONS))
PLAY = st.lists(
    st.tuples(PAIR, st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), st.integers(0, 19)),
    min_size=1,
    max_size=12,
)


def fill(store: MemoryStore, play: list[Any]) -> dict[str, tuple[str, str]]:
    """Memories with links to any other; id → whose it is."""
    whose = {}
    for n, ((player, companion), words, link) in enumerate(play):
        whose[f"m{n}"] = (player, companion)
        store.encode(
            Memory(
                id=f"m{n}",
                memory_type=MemoryType.SOCIAL,
                text=" ".join(words),
                created_at=1e9 + n,
                player_id=player,
                companion_id=companion,
                tags=tuple(words),
                associations=(Association(memory_id=f"m{link}", relation="see", strength=1.0),),
            )
        )
    return whose


@given(PLAY, PAIR, st.text(st.sampled_from("wolfmiaberd "), max_size=12))
@settings(max_examples=40)
def test_a_companion_is_given_nothing_but_its_own(
    play: list[Any], pair: tuple[str, str], text: str
) -> None:
    with open_memory() as store:
        whose = fill(store, play)
        store.consolidate()
        asking = store.asking(pair[1], player_id=pair[0])
        own = {name for name, owner in whose.items() if owner == pair}
        assert set(asking.recent(99)) == own
        assert set(asking.by_type(MemoryType.SOCIAL)) == own
        assert asking.count() == len(own)
        given = [hit.memory for hit in asking.retrieve(text, hops=3, limit=50, now=2e9)]
        given += [found for name in whose if (found := asking.memory(name)) is not None]
        for memory in given:
            assert whose[memory.id] == pair
            known = {link.memory_id for link in memory.associations} & set(whose)
            assert known <= own
        for word in WORDS:
            assert set(asking.by_tag(word)) <= own


@given(PLAY, st.sampled_from(PLAYERS))
@settings(max_examples=40)
def test_a_question_about_one_player_reaches_nobody_else(play: list[Any], player: str) -> None:
    with open_memory() as store:
        whose = fill(store, play)
        store.consolidate()
        for companion in (None, *COMPANIONS):
            for word in ("", *WORDS):
                hits = store.retrieve(
                    word, player_id=player, companion_id=companion, hops=4, limit=50, now=2e9
                )
                for hit in hits:
                    owner = whose[hit.memory.id]
                    assert owner[0] == player
                    assert companion in (None, owner[1])


def test_players_whose_words_stand_side_by_side_in_the_index_do_not_meet(
    store: MemoryStore,
) -> None:
    seen: dict[str, str] = {}
    for n in range(60_000):
        name = hashlib.sha256(b"%d" % n).hexdigest()
        other = seen.setdefault(player_prefix(name), name)
        if other != name:
            break
    assert name != other
    store.remember("the amber wolf", player_id=name, now=1e9)
    store.remember("a quiet road", player_id=other, now=1e9)
    assert [hit.memory.text for hit in store.retrieve("ambr wolf", player_id=other)] != [
        "the amber wolf"
    ]
    assert {hit.memory.player_id for hit in store.retrieve("amber", player_id=other)} <= {other}


def test_working_memory_and_statistics_are_a_player_s_own(store: MemoryStore) -> None:
    store.asking("mira", player_id="robin").working().put("topic", "wolves")
    assert store.asking("bree", player_id="kim").working().get("topic") is None
    store.commit(LearningCommit(player_id="robin", companion_id="mira", state=b"robin's"))
    assert store.state("kim", "mira") is None


def test_a_memory_takes_no_other_player_s_place(store: MemoryStore) -> None:
    store.encode(Memory(id="m", memory_type=MemoryType.SOCIAL, text="a", created_at=1e9))
    store.flush()
    theirs = Memory(
        id="m", memory_type=MemoryType.SOCIAL, text="b", created_at=1e9, player_id="kim"
    )
    store.encode(theirs)
    with pytest.raises(StoreError, match="is another player's; give it an id of its own"):
        store.flush()
    found = store.memory("m")
    assert found is not None
    assert (found.player_id, found.text) == ("player", "a")


def test_sharing_needs_consent_and_is_written_down(store: MemoryStore) -> None:
    store.remember("Kim hunts", player_id="kim", companion_id="bree", now=1e9)
    store.remember("Robin rests", player_id="robin", companion_id="bree", now=1e9)
    kims = store.recent(1, player_id="kim")[0]
    mira = store.asking("mira", player_id="robin")
    for ask in (
        lambda of: mira.retrieve("hunts", of=of),
        lambda of: mira.recent(5, of=of),
        lambda of: mira.count(of=of),
        lambda of: mira.by_tag("x", of=of),
    ):
        for of in ("kim", "robin"):
            with pytest.raises(ConsentError, match=f"'{of}' has not consented that 'mira'"):
                ask(of)
    assert mira.memory(kims) is None
    store.consent.give("kim", "mira", terms="v1", now=1e9)
    assert [hit.memory.text for hit in mira.retrieve("hunts", of="kim")] == ["Kim hunts"]
    assert mira.memory(kims) is not None
    with pytest.raises(ConsentError):
        mira.retrieve("rests", of="robin")
    store.consent.withdraw("kim", now=1e9 + 1)
    assert mira.memory(kims) is None
    told = [(entry.action, entry.by, entry.detail) for entry in store.audit("kim")]
    assert told == [
        *[("refused", "mira", {"memories": 0})] * 5,
        ("consent", "mira", {"version": 1}),
        *[("read", "mira", {"memories": 1})] * 2,
        ("withdrawal", None, {"version": 2}),
        ("refused", "mira", {"memories": 0}),
    ]
    assert store.check_audit().sound


SAID = st.lists(st.tuples(st.booleans(), st.sampled_from(("mira", "bree", "*"))), max_size=8)


@given(SAID)
@settings(max_examples=30)
def test_the_newest_word_that_names_the_asker_counts(said: list[tuple[bool, str]]) -> None:
    with open_memory() as store:
        for n, (given, to) in enumerate(said):
            say = store.consent.give if given else store.consent.withdraw
            assert say("robin", to, now=1e9 + n).version == n + 1
        for asker in ("mira", "bree"):
            words = [given for given, to in said if to in (asker, "*")]
            assert store.consent.allows("robin", asker) is (words[-1] if words else False)
        assert [(word.given, word.to) for word in store.consent.history("robin")] == said
        assert not store.consent.allows("kim", "mira")


def test_older_terms_and_damaged_words_are_no_consent(save: Path) -> None:
    with open_memory(save) as store:
        store.consent.give("robin", "mira", terms="v1", now=1e9)
        assert store.consent.allows("robin", "mira", terms="v1")
        assert not store.consent.allows("robin", "mira", terms="v2")
        store.consent.withdraw("robin", "mira", now=1e9 + 1)
    db = apsw.Connection(str(save))
    db.execute("UPDATE consents SET player = 'robim' WHERE given = 0")
    db.close()
    with open_memory(save) as store:
        assert not store.consent.allows("robin", "mira")
        store.consent.give("robin", "mira", now=1e9 + 2)
        assert store.consent.allows("robin", "mira")


def test_what_is_deployed_is_audited_with_the_commit_that_deploys_it(store: MemoryStore) -> None:
    weights = WeightSet(version=1, weights={"flank": 1.2}, origin="test")
    deployment = Deployment(
        version=1, player_id="robin", companion_id="mira", action="promote", deployed_at=1e9
    )
    store.commit(
        LearningCommit(
            player_id="robin", companion_id="mira", weights=weights, deployment=deployment
        )
    )
    (entry,) = store.audit()
    assert (entry.action, entry.player, entry.by) == ("promote", "robin", "mira")
    assert entry.detail == {"version": 1, "canary": False}


EDITS: dict[str, tuple[str, str]] = {
    "edit": ("UPDATE audit SET detail = '{}' WHERE seq = 2", "row 2 was changed"),
    "moment": ("UPDATE audit SET at = at + 1 WHERE seq = 1", "row 1 was changed"),
    "gap": ("DELETE FROM audit WHERE seq = 2", "rows 2 to 2 are missing"),
    "cut": ("DELETE FROM audit WHERE seq = 3", "rows 3 to 3 were cut off"),
    "cut and counted": (
        "DELETE FROM audit WHERE seq = 3; UPDATE sqlite_sequence SET seq = 2 WHERE name = 'audit'",
        "3 rows are known beside the save, 2 are in it",
    ),
    "emptied": (
        "DELETE FROM audit; DELETE FROM sqlite_sequence WHERE name = 'audit'",
        "3 rows are known beside the save, 0 are in it",
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_a_gap_and_a_cut_end_are_found(edit: str, save: Path) -> None:
    with open_memory(save) as store:
        for n in range(3):
            store.consent.give("robin", f"c{n}", now=1e9 + n)
        assert store.check_audit().kept == 3
        head = store.check_audit().head
    assert head_file(save).read_text().split() == ["3", head]
    sql, said = EDITS[edit]
    db = apsw.Connection(str(save))
    db.execute(sql)
    db.close()
    with open_memory(save) as store:
        found = store.check_audit()
        assert not found.sound
        assert said in "; ".join(found.problems)


def test_a_chain_that_was_made_anew_is_not_the_one_known_beside(save: Path) -> None:
    with open_memory(save) as store:
        store.consent.give("robin", "mira", now=1e9)
    kept = head_file(save).read_text()
    save.unlink()
    head_file(save).unlink()
    with open_memory(save) as store:
        store.consent.give("robin", "mira", now=1e9)
    head_file(save).write_text(kept)
    with open_memory(save) as store:
        assert store.check_audit().problems == (
            "row 1 is not the one that is known beside the save",
        )


def test_no_name_stands_in_the_audit_and_forgetting_leaves_the_chain_whole(
    save: Path, make_draft: Callable[..., Any]
) -> None:
    with open_memory(save) as store:
        store.write(make_draft("e1"))
        store.consent.give("robin", "mira", now=1e9)
        store.forget_player("robin", now=1.7e9)
        head = store.check_audit()
        assert head.sound
        assert [(entry.action, entry.player) for entry in store.audit()] == [
            ("consent", "(forgotten)"),
            ("erasure", "(forgotten)"),
        ]
    raw = b"".join(path.read_bytes() for path in save.parent.iterdir())
    assert b"robin" not in raw


def test_a_full_check_of_a_save_reads_the_audit_and_consent_too(save: Path) -> None:
    with open_memory(save) as store:
        store.consent.give("robin", "mira", now=1e9)
    assert check(str(save), full=True).sound
    db = apsw.Connection(str(save))
    db.execute("UPDATE audit SET at = 5; UPDATE consents SET given = 0")
    db.close()
    found = check(str(save), full=True)
    assert not found.sound
    assert "audit: row 1 was changed" in " ".join(found.problems)
    assert "1 damaged words of consent" in " ".join(found.problems)


@pytest.mark.parametrize("name", ["", " ", "\t\n", "\u200b", "\u3000", "\u2060\ufeff"])
def test_nobody_is_remembered_under_a_name_that_is_not_seen(name: str, store: MemoryStore) -> None:
    with pytest.raises(StoreError, match=r"player_id|at least 1|length >= 1"):
        store.remember("hello", player_id=name)
    with pytest.raises(StoreError, match=r"companion_id|length >= 1"):
        store.remember("hello", companion_id=name)
    with pytest.raises(StoreError, match="player must be"):
        store.consent.give(name)
    told = Episode(id="e", category=EpisodeCategory.COMBAT, start_time=1.0, player_id=name)
    (answer,) = store.take([told])
    assert isinstance(answer, EpisodeError)
    store.write(log_of(told))
    with pytest.raises(StoreError, match="player_id must be"):
        store.flush()
    assert store.players() == ()
