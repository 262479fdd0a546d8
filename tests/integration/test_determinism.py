"""The same seed gives the same bytes: in another process, and in several sittings."""

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.compiled


def test_the_same_seed_gives_the_same_bytes_in_another_process(
    evening: Any, played: Any, tmp_path: Path
) -> None:
    again = played(tmp_path / "other.db", "berserker", 2, 1, apart=True)
    assert again.out == evening.said.out


def test_another_seed_is_another_evening(evening: Any, played: Any, tmp_path: Path) -> None:
    other = played(tmp_path / "other.db", "berserker", 1, 2).told
    first, second = evening.said.told["fights"][0], other["fights"][0]
    assert all(first[name] != second[name] for name in ("seed", "damage_taken", "decisions"))


def test_a_save_that_is_opened_again_goes_on_the_same_way(
    evening: Any, morning: Any, played: Any, tmp_path: Path
) -> None:
    assert played(evening.copy(tmp_path), "berserker", 1, 1).out == morning.said.out


@pytest.mark.slow
def test_stopping_between_fights_changes_nothing_that_is_learned(
    morning: Any, played: Any, tmp_path: Path
) -> None:
    parts = morning.said.told
    whole = played(tmp_path / "whole.db", "berserker", 3, 1).told
    assert parts["remembered"] == 2
    assert parts["fights"] == whole["fights"][2:]
    for known in ("episodes", "version", "weights", "promotions", "curve"):
        assert parts[known] == whole[known]
