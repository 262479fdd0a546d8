import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import pytest

from astraweave.errors import StoreError
from astraweave.memory import Limit, MemoryStore, Retention, open_memory
from astraweave.memory.keeping import backup_now
from astraweave.memory.scrubbing import FORGOTTEN
from astraweave.model.columns import episode_of
from astraweave.model.learned import LearningCommit
from astraweave.model.memory import Association, Memory, MemoryType, SpatialTemporalContext

Make = Callable[..., Any]
SECRET = "whispered of the amber key"
NOW = 1.7e9


def fill(store: MemoryStore, make: Make, name: str) -> None:
    """Play of two persons, in which kim's rows name the other wherever a row can."""
    for n in range(18):
        store.write(make(f"own-{n:08d}", 6, player_id=name, tags=[SECRET, "calm"]))
        theirs = make(f"kim-{n}", 6, player_id="kim", tags=[name, "calm"])
        theirs.seen.append((9.0, "heal", name, {"to": f"to {name}!", name: [name, 2]}, 0))
        store.write(theirs)
    store.write(make(f"kim beside {name}", 6, player_id="kim"))
    store.checkpoint(make("open-1", 6, player_id=name))
    store.checkpoint(make("open-2", 6, player_id="kim", tags=[name]))
    store.encode(
        Memory(
            id="secret-of-his",
            memory_type=MemoryType.SOCIAL,
            text=f"{name} {SECRET}",
            created_at=1.5e6,
            player_id=name,
            tags=(SECRET,),
        )
    )
    store.encode(
        Memory(
            id="kims",
            memory_type=MemoryType.SOCIAL,
            text=f"kim met {name}, by the mill",
            created_at=1.5e6,
            player_id="kim",
            data={"met": name, "see": "secret-of-his", "list": [name, 1]},
            context=SpatialTemporalContext(
                location=f"camp of {name}",
                participants=(name, "kim"),
                related_events=("secret-of-his", "kim-1"),
            ),
            tags=(name, "calm"),
            associations=(
                Association(memory_id="secret-of-his", relation="from", strength=0.5),
                Association(memory_id=f"kim beside {name}", relation=f"of {name}", strength=0.5),
            ),
        )
    )
    for player, episode in (
        (name, "own-00000001"),
        ("kim", "kim-1"),
        ("kim", f"kim beside {name}"),
    ):
        rows = {episode: b"numbers"}
        store.commit(LearningCommit(player_id=player, companion_id="mira", rows=rows))
    store.commit(LearningCommit(player_id=name, companion_id="mira", state=name.encode()))
    store.put_note(f"frozen:{name}:mira".replace("%", "%25"), b"1")
    store.put_note("game", json.dumps({"owner": name, "n": 1}).encode())
    store.put_note("raw", b"\x00" + name.encode("utf-16-le"))
    store.consent.give(name, "bree", terms="2026")
    store.consolidate()
    store.compress(2e6)
    store.retain(Retention(every=Limit(episodes=30)))
    store.retrieve("camp", player_id=name)
    store.retrieve("camp", player_id="kim")
    store.working(name).put("last", SECRET)


def copies(folder: Path, *texts: str) -> dict[str, int]:
    """How often texts stand in the files of a folder, in any coding they may have there."""
    found: dict[str, int] = {}
    for text in texts:
        codings = {text.encode(errors="replace"), text.encode("utf-16-le", errors="replace")}
        codings |= {json.dumps(text)[1:-1].encode()}
        codings |= {json.dumps(text, ensure_ascii=False)[1:-1].encode(errors="replace")}
        codings |= {coding.lower() for coding in codings}
        for path in folder.iterdir():
            data = path.read_bytes()
            count = sum(data.count(coding) for coding in codings)
            if count:
                found[path.name] = found.get(path.name, 0) + count
    return found


NAMES = (
    "robin-the-tall",
    "Zo\"ë \\ <b>&amp;'; DROP TABLE memories;--",
    "数え切れない狼",
    "🦊🐺🦊🐺",
    "a.b*c(d)[e]{f}^$|?+",
    "Grüße%20_%_/:mira",
    "line\nbreak\tand\x01bell",
)


@pytest.mark.parametrize("name", NAMES)
def test_no_copy_of_a_forgotten_name_or_text_is_left_in_any_file(
    name: str, save: Path, make_draft: Make
) -> None:
    store = open_memory(save)
    fill(store, make_draft, name)
    backup_now(str(save))
    save.with_name(f"{save.name}.replaced-1").write_bytes(save.read_bytes())
    save.with_name(f"{save.name}.0badcafe.new").write_bytes(name.encode())
    assert set(copies(save.parent, name, SECRET)) >= {"slot1.db", "slot1.db.backup-1"}
    done = store.forget_player(name, now=NOW)
    assert done.finished
    assert done.rows["episodes"] > 0
    assert {Path(path).name for path in done.backups} >= {"slot1.db.backup-1"}
    assert copies(save.parent, name, SECRET, "secret-of-his", "own-00000001") == {}
    assert (save.parent / "slot1.db.backup-1").exists()
    assert store.working(name).get("last") is None
    assert store.memory("secret-of-his") is None
    assert [held.player_id for held in store.players()] == ["kim"]
    store.close()
    assert copies(save.parent, name, SECRET, "secret-of-his", "own-00000001") == {}
    with open_memory(save) as again:
        assert again.health()["structure"] == "ok"
        assert (again.health()["damaged"], again.problems) == (0, ())


def test_what_is_others_stays_theirs_without_the_name(save: Path, make_draft: Make) -> None:
    with open_memory(save) as store:
        fill(store, make_draft, "robin")
        before = store.count(player_id="kim")
        links = store.memory("kims")
        assert links is not None
        store.forget_player("robin", now=NOW)
        kept = store.memory("kims")
        assert kept is not None
        assert kept.text == "kim met [forgotten], by the mill"
        assert kept.tags == ("calm",)
        assert kept.context.participants == ("kim",)
        assert kept.context.location == "camp of [forgotten]"
        assert kept.context.related_events == ("kim-1",)
        assert kept.data == {"met": FORGOTTEN, "see": FORGOTTEN, "list": [1]}
        own = [link for link in kept.associations if link.relation == "of [forgotten]"]
        assert [link.memory_id for link in own] == ["kim beside [forgotten]"]
        assert store.count(player_id="kim") == before
        assert next(hit.memory.id for hit in store.retrieve("mill", player_id="kim")) == "kims"
        assert store.rows("kim", "mira") == [
            ("kim-1", b"numbers"),
            ("kim beside [forgotten]", b"numbers"),
        ]
        log = store.episode(store.episode_ids("kim")[-2])
        assert log is not None
        action = episode_of(log).observations[-1].player_action
        assert action is not None
        assert action.target == FORGOTTEN
        assert action.parameters == {"to": "to [forgotten]!", FORGOTTEN: [2]}
        assert json.loads(store.note("game") or b"") == {"owner": FORGOTTEN, "n": 1}
        assert store.note("raw") is None
        assert store.check_audit().sound
        assert {entry.player for entry in store.audit()} == {"(forgotten)"}


def test_another_player_whose_name_holds_it_keeps_his_own(store: MemoryStore) -> None:
    store.remember("Ann met Ann_2 and annoyed Joanna", player_id="ann_2", now=1e9)
    store.remember("here", player_id="ann", now=1e9)
    done = store.forget_player("ann", now=NOW)
    assert done.still_in == ("ann_2",)
    kept = store.memory(store.recent(1)[0])
    assert kept is not None
    assert kept.text == "[forgotten] met Ann_2 and annoyed Joanna"


def test_old_data_of_a_forgotten_player_does_not_come_back_unsaid(
    save: Path, make_draft: Make
) -> None:
    with open_memory(save, clock=lambda: NOW) as store:
        store.write(make_draft("e1"))
        store.forget_player("robin")
        assert store.was_forgotten("robin") == NOW
        assert store.was_forgotten("kim") is None
        store.write(make_draft("e9", player_id="kim"))
        store.write(make_draft("e1"))
        with pytest.raises(StoreError, match="of a player who was forgotten"):
            store.flush()
        store.write(make_draft("e2", start_time=NOW + 1, end_time=NOW + 7))
        store.flush()
        assert store.episode_ids() == ("e9", "e2")
        assert store.readmit("robin")
        store.write(make_draft("e1"))
        store.flush()
        assert "e1" in store.episode_ids()
        assert not store.readmit("robin")


def test_learning_that_began_before_does_not_bring_a_player_back(
    store: MemoryStore, make_draft: Make
) -> None:
    store.write(make_draft("e1"))
    store.forget_player("robin", now=NOW)
    with pytest.raises(StoreError, match="were forgotten"):
        store.commit(LearningCommit(player_id="robin", companion_id="mira", rows={"e1": b"row"}))
    assert store.players() == ()


def test_a_damaged_row_that_may_be_his_goes_too(save: Path, make_draft: Make) -> None:
    with open_memory(save) as store:
        store.remember(SECRET, player_id="robin", now=1e9)
        store.remember("the mill", player_id="kim", now=1e9)
        store.flush()
    db = apsw.Connection(str(save))
    db.execute("UPDATE memories SET player = 'robim' WHERE player = 'robin'")
    db.close()
    with open_memory(save) as store:
        store.forget_player("robin", now=NOW)
        assert store.count() == 1
    assert copies(save.parent, SECRET, "robim") == {}


def test_a_reader_that_holds_the_log_is_said_and_the_next_open_finishes(
    save: Path, make_draft: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("connection", "drain"):
        monkeypatch.setattr(f"astraweave.memory.{module}.BUSY_MS", 50)
    store = open_memory(save)
    fill(store, make_draft, "robin-the-tall")
    reader = apsw.Connection(str(save))
    reader.execute("BEGIN; SELECT count(*) FROM memories").fetchall()
    done = store.forget_player("robin-the-tall", now=NOW)
    assert not done.finished
    assert "not finished" in store.problems[-1]
    reader.execute("ROLLBACK")
    reader.close()
    store.close()
    open_memory(save).close()
    assert copies(save.parent, "robin-the-tall", SECRET) == {}


def test_what_cannot_be_emptied_now_is_said_and_gone_on_with(
    save: Path, make_draft: Make, child: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("astraweave.memory.privacy.COPY_S", 0.05)
    store = open_memory(save)
    fill(store, make_draft, "robin-the-tall")
    backup_now(str(save))
    other = child("keep", save)  # another program makes a backup that takes for ever
    assert other.stdout.readline() == "held\n"
    done = store.forget_player("robin-the-tall", now=NOW)
    assert not done.finished
    assert "the next open goes on" in store.problems[-1]
    assert "robin-the-tall" not in {held.player_id for held in store.players()}
    other.kill()
    other.wait()
    store.close()
    open_memory(save).close()
    assert copies(save.parent, "robin-the-tall", SECRET) == {}


def test_a_kill_at_any_moment_leaves_all_or_after_the_next_open_nothing(
    tmp_path: Path, make_draft: Make, child: Callable[..., Any]
) -> None:
    whole = tmp_path / "whole.db"
    with open_memory(whole) as store:
        fill(store, make_draft, "robin-the-tall")
    with open_memory(whole) as store:  # takes up what was left open
        rows = {held.player_id: held.rows for held in store.players()}["robin-the-tall"]
    backup_now(str(whole))
    chance = np.random.default_rng(7)
    for round_ in range(5):
        folder = tmp_path / str(round_)
        folder.mkdir()
        save = folder / "slot1.db"
        shutil.copy(whole, save)
        shutil.copy(f"{whole}.backup-1", f"{save}.backup-1")
        process = child("erase", save, "robin-the-tall")
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("\n")
        process.stdin.flush()
        time.sleep(chance.uniform(0.0, 0.25))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with open_memory(save) as store:
            held = {held.player_id: held.rows for held in store.players()}
        if "robin-the-tall" in held:
            assert held["robin-the-tall"] == rows
        else:
            assert copies(folder, "robin-the-tall", SECRET) == {}
