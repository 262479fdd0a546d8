"""What a repair works out again where the rows themselves are gone."""

from pathlib import Path
from typing import Any

import apsw
import pytest

from astraweave.memory import open_memory
from astraweave.memory.pages import Image
from astraweave.memory.repair import repair
from astraweave.memory.salvage import Salvage
from tests.faults import saves
from tests.memory.ruins import destroy, pages_of


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A save with some links a memory; its bytes."""
    save = tmp_path_factory.mktemp("played") / "slot.db"
    saves.make(save, episodes=120, observations=6, memories=60)
    return save.read_bytes()


def links_in(save: Path) -> set[Any]:
    db = apsw.Connection(str(save), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return set(db.execute("SELECT * FROM associations"))
    finally:
        db.close()


@pytest.mark.parametrize("trees", [("associations",), ("associations", "associations_by_target")])
def test_links_are_worked_out_again_by_the_rules_that_made_them(
    played: bytes, save: Path, trees: tuple[str, ...]
) -> None:
    save.write_bytes(played)
    before = links_in(save)
    destroy(save, pages_of(save, *trees))
    done = repair(str(save))
    assert done.tables["associations"].made_again == len(before) > 1000
    assert links_in(save) == before


@pytest.mark.parametrize("trees", [("notes",), ("vectors",), ("vectors", "vectors_of_player")])
def test_a_link_is_not_strengthened_anew_after_a_repair(
    played: bytes, save: Path, trees: tuple[str, ...]
) -> None:
    save.write_bytes(played)
    before = links_in(save)
    destroy(save, pages_of(save, *trees))
    assert repair(str(save)).to is not None
    with open_memory(save, backups=0) as store:
        assert store.consolidate().links == 0
    assert links_in(save) == before


def test_without_the_first_page_indexes_are_known_all_the_same(played: bytes, save: Path) -> None:
    save.write_bytes(played)
    whole = Salvage(Image(save))
    destroy(save, [1])
    salvage = Salvage(Image(save))
    assert salvage.roots == whole.roots
    assert not any(salvage.places.values())


def test_a_lost_page_of_the_list_of_tables_costs_no_link(played: bytes, save: Path) -> None:
    save.write_bytes(played)
    before = links_in(save)
    listing = pages_of(save, "sqlite_schema")
    for number in listing:
        save.write_bytes(played)
        destroy(save, [number, *pages_of(save, "associations")])
        repair(str(save))
        assert links_in(save) == before


def test_what_proposals_cost_is_made_again_from_their_verdicts(save: Path) -> None:
    saves.make(save, episodes=6, memories=0)
    with open_memory(save, backups=0) as store:
        before = [store.book.spent(*pair) for pair in saves.PAIRS]
    destroy(save, pages_of(save, "ledger"))
    assert repair(str(save)).tables["ledger"].made_again == sum(map(len, before)) > 0
    with open_memory(save, backups=0) as store:
        assert [store.book.spent(*pair) for pair in saves.PAIRS] == before


def test_an_episode_of_which_nothing_learned_is_left_is_learned_from_again(save: Path) -> None:
    saves.make(save, episodes=12, memories=0)
    pair = saves.PAIRS[0]
    with open_memory(save, backups=0) as store:
        learned = set(store.episode_ids(*pair)) - set(store.unlearned(*pair))
    whole = save.read_bytes()
    destroy(save, pages_of(save, "statistics"))
    repair(str(save))
    with open_memory(save, backups=0) as store:
        assert not learned & set(store.unlearned(*pair))  # its state counts them
    save.write_bytes(whole)
    destroy(save, pages_of(save, "statistics", "states"))
    repair(str(save))
    with open_memory(save, backups=0) as store:
        assert learned <= set(store.unlearned(*pair))
