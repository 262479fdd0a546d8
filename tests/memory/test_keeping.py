"""A save looked after as a whole: backed up, put back, examined, made smaller."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from astraweave.errors import SaveError, StoreError
from astraweave.memory import open_memory
from astraweave.memory.beside import backups_of, next_name, put_aside, swap_in, whole_file
from astraweave.memory.checkup import check, info
from astraweave.memory.keeping import backup_now, compact, listed, put_back
from astraweave.memory.looking import look
from astraweave.memory.rolling import back_up
from tests.children import PATIENCE_S

Make = Callable[..., Any]


def play(save: Path, make_draft: Make, *names: str) -> None:
    with open_memory(save) as store:
        for name in names:
            store.write(make_draft(name))


def names_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def ids_in(save: Path) -> tuple[str, ...]:
    with open_memory(save) as store:
        return store.episode_ids()


def spoil(save: Path, *, page: int = 2, count: int = 1) -> None:
    """Overwrite pages with what no page of a database looks like."""
    with save.open("r+b") as stream:
        stream.seek((page - 1) * 4096)
        stream.write(b"\xa5" * 4096 * count)


def test_three_backups_stay_each_a_whole_save_and_the_oldest_goes(
    save: Path, make_draft: Make
) -> None:
    for number in range(5):
        play(save, make_draft, f"e{number}")
        backup_now(str(save))
    assert [found.number for found in backups_of(save)] == [5, 4, 3]
    for found in backups_of(save):
        assert ids_in(found.file) == tuple(f"e{i}" for i in range(found.number))


def test_a_backup_of_a_save_in_use_holds_what_is_committed(save: Path, make_draft: Make) -> None:
    with open_memory(save) as store:
        store.write(make_draft("a"))
        store.flush()
        made = backup_now(str(save))
        store.write(make_draft("b"))
    assert ids_in(made.file) == ("a",)
    assert ids_in(save) == ("a", "b")


def test_a_damaged_save_never_takes_the_place_of_a_sound_backup(
    save: Path, make_draft: Make
) -> None:
    play(save, make_draft, "a")
    backup_now(str(save))
    spoil(save, page=3, count=4)
    with pytest.raises(SaveError, match="damaged"):
        backup_now(str(save), keep=1)
    assert [kept.sound for kept in listed(str(save))] == [True]
    assert names_in(save.parent) == [save.name, f"{save.name}.backup-1"]


def test_a_backup_that_is_stopped_leaves_nothing(save: Path, make_draft: Make) -> None:
    play(save, make_draft, "a")
    with look(save, "here") as db:
        assert back_up(db, save, go_on=lambda: False) is None
    assert names_in(save.parent) == [save.name]


def test_what_stood_in_the_place_of_a_backup_is_kept(save: Path, make_draft: Make) -> None:
    play(save, make_draft, "a")
    backup_now(str(save))
    play(save, make_draft, "b")
    used, aside = put_back(str(save), "newest")
    assert used.number == 1
    assert aside is not None
    assert ids_in(save) == ("a",)
    assert put_aside(save) == (aside,)
    # And so it can be undone.
    put_back(str(save), str(aside))
    assert ids_in(save) == ("a", "b")


def test_the_log_of_a_replaced_save_goes_with_it(save: Path, make_draft: Make) -> None:
    play(save, make_draft, "a")
    fresh = save.with_name("fresh.db")
    play(fresh, make_draft, "b")
    log = Path(f"{save}-wal")
    log.write_bytes(b"log")
    aside = swap_in(save, fresh, "replaced")
    assert not log.exists()
    assert Path(f"{aside}-wal").read_bytes() == b"log"
    assert ids_in(save) == ("b",)


def test_newest_means_the_newest_that_is_sound(save: Path, make_draft: Make) -> None:
    for name in ("a", "b"):
        play(save, make_draft, name)
        backup_now(str(save))
    spoil(backups_of(save)[0].file, count=5)
    assert [kept.sound for kept in listed(str(save))] == [False, True]
    with pytest.raises(SaveError, match="this backup is damaged"):
        put_back(str(save), "2")
    assert put_back(str(save), "newest")[0].number == 1


def test_a_save_that_is_open_is_not_replaced(save: Path, make_draft: Make, child: Any) -> None:
    play(save, make_draft, "a")
    backup_now(str(save))
    other = child("hold", save, "theirs")
    assert other.stdout.readline() == "held\n"
    with pytest.raises(StoreError, match="open in another program"):
        put_back(str(save), "newest")
    other.communicate("")
    with open_memory(save), pytest.raises(StoreError, match="open in another program"):
        put_back(str(save), "newest")
    assert put_back(str(save), "newest")[0].sound


@pytest.mark.parametrize("which", ["7", "nothing.db", "newest"])
def test_a_backup_that_is_not_there_is_named(save: Path, which: str) -> None:
    open_memory(save).close()
    with pytest.raises(SaveError, match=r"no (such )?backup"):
        put_back(str(save), which)


def test_a_save_cannot_be_put_back_onto_itself(save: Path) -> None:
    open_memory(save).close()
    with pytest.raises(SaveError, match="onto itself"):
        put_back(str(save), str(save))


def test_work_on_the_whole_file_is_one_at_a_time(save: Path, child: Any) -> None:
    open_memory(save).close()
    other = child("keep", save, "guard")
    assert other.stdout.readline() == "held\n"
    with pytest.raises(StoreError, match="another program works on this save"):
        whole_file(save, wait_s=0.05).__enter__()
    other.kill()
    other.communicate()
    with whole_file(save, wait_s=PATIENCE_S):
        pass
    assert names_in(save.parent) == [save.name]


def test_looking_changes_nothing_not_even_the_folder(save: Path, make_draft: Make) -> None:
    play(save, make_draft, "a", "b")
    before = save.read_bytes(), save.stat().st_mtime_ns
    told = info(str(save))
    assert (told.rows["episodes"], told.players, told.backups) == (2, ("robin",), ())
    assert check(str(save)).sound
    full = check(str(save), full=True)
    assert (full.sound, full.damaged, full.problems) == (True, 0, ())
    assert (save.read_bytes(), save.stat().st_mtime_ns) == before
    assert names_in(save.parent) == [save.name]


def test_a_check_says_what_is_damaged_and_what_to_do(save: Path, make_draft: Make) -> None:
    play(save, make_draft, "a", "b")
    backup_now(str(save))
    spoil(save, page=4, count=3)
    found = check(str(save))
    assert not found.sound
    assert found.problems
    assert found.next is not None
    assert "save repair" in found.next
    assert "save restore" in found.next


def test_only_a_full_check_sees_a_row_that_was_changed(save: Path, make_draft: Make) -> None:
    play(save, make_draft, "a", "b")
    with open_memory(save) as store, store._link.transaction() as db:
        db.execute("UPDATE memories SET text = 'he fled' WHERE id = 'a'")
    assert check(str(save)).sound
    found = check(str(save), full=True)
    assert (found.sound, found.damaged) == (False, 1)
    assert "checksum" in found.problems[0]
    with open_memory(save, mend=False) as store:
        assert store.health()["quarantine"] == 0


def test_a_truncated_save_is_an_answer_and_a_diary_is_an_error(
    save: Path, make_draft: Make
) -> None:
    play(save, make_draft, "a")
    save.write_bytes(save.read_bytes()[:9000])
    assert "truncated" in check(str(save)).problems[0]
    save.write_text("dear diary\n" * 50)
    with pytest.raises(SaveError, match="not a database"):
        check(str(save))


def test_a_damaged_save_names_the_next_step_and_its_newest_backup(
    save: Path, make_draft: Make
) -> None:
    play(save, make_draft, "a")
    whole = save.read_bytes()
    for backups in (0, 1):
        for damaged in (whole[:9000], b"", bytes(100) + whole[100:]):
            save.write_bytes(damaged)
            with pytest.raises(SaveError, match="astraweave save repair") as caught:
                open_memory(save)
            assert ("restore" in str(caught.value)) == bool(backups)
            assert ("takes what is lost from its backup, " in str(caught.value)) == bool(backups)
            assert save.read_bytes() == damaged
        save.write_bytes(whole)
        backup_now(str(save))


def test_compacting_gives_back_what_was_pruned_and_packs_the_rest(
    save: Path, make_draft: Make
) -> None:
    play(save, make_draft, *(f"e{number}" for number in range(60)))
    with open_memory(save) as store:
        for number in range(30):
            store.forget(f"e{number}")
    done = compact(str(save), before_s=2e6)
    assert done.packed == 30
    assert done.after < 0.7 * done.before
    assert done.after == save.stat().st_size
    with open_memory(save) as store:
        assert len(store.episode_ids()) == 30
        assert (store.health()["damaged"], store.health()["structure"]) == (0, "ok")


def test_names_beside_a_save_are_only_those_with_a_number(save: Path) -> None:
    for name in ("backup-", "backup-x", "backup-2.new", "backup-²", "backup-12"):
        Path(f"{save}.{name}").touch()
    assert [found.number for found in backups_of(save)] == [12]
    assert next_name(save, "backup").name == f"{save.name}.backup-13"


def test_what_a_kill_left_half_made_is_listed_and_goes_and_a_users_own_file_stays(
    save: Path,
) -> None:
    open_memory(save).close()
    ours = [".0badcafe.new", ".0badcafe.new-journal", ".backup.new", ".migrating.new"]
    others = [".mine.new", ".0badcafe9.new", ".0BADCAFE.new", ".0badcafe.new.txt", "x.0badcafe.new"]

    def left() -> set[str]:
        return {file.name.removeprefix(save.name) for file in save.parent.iterdir()} - {""}

    steps: list[Callable[[], object]] = [
        lambda: open_memory(save, backups=0).close(),
        lambda: put_back(str(save), str(other)),
        lambda: forgotten(save),
    ]
    other = save.with_name("other.db")
    for step in steps:
        for end in (*ours, *others):
            Path(f"{save}{end}").touch()
        listed = info(str(save)).half_made
        assert {name.removeprefix(str(save)) for name in listed} == set(ours)
        open_memory(other, backups=0).close()
        step()
        assert left() & {*ours, *others} == set(others)


def forgotten(save: Path) -> None:
    with open_memory(save, recover=False) as store:
        store.forget_player("robin")


@pytest.mark.parametrize("end", ["-wal", "-journal", "-audit"])
def test_a_folder_in_the_place_of_what_belongs_to_a_save_is_named(save: Path, end: str) -> None:
    open_memory(save).close()
    Path(f"{save}{end}").mkdir()
    for use in (check, info, open_memory):
        with pytest.raises(SaveError, match=f"move {save.name}{end} away"):
            use(str(save))


def test_what_can_have_no_backup_is_not_told_to_make_one(save: Path) -> None:
    with pytest.raises(SaveError, match="there is no such save"):
        listed(str(save))
    save.write_text("# Notes")
    with pytest.raises(SaveError, match="not a save"):
        listed(str(save))
