"""Files from outside: read so far and no further, and never waited for."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from astraweave.arena import load_bot
from astraweave.behavior import load_tree
from astraweave.errors import InputError
from astraweave.model.actions import load_actions
from astraweave.model.facts import load_facts
from astraweave.model.reading import read_file
from astraweave.model.weights_file import load_weights
from astraweave.playstyle.archetypes import load_archetypes
from astraweave.sandbox import load_rules, load_scenario

READERS = (
    load_actions,
    load_archetypes,
    load_bot,
    load_facts,
    load_rules,
    load_scenario,
    load_tree,
    load_weights,
)


def test_one_byte_more_than_allowed_tells_that_a_file_is_too_large(tmp_path: Path) -> None:
    file = tmp_path / "any"
    file.write_bytes(bytes(10))
    assert [len(read_file(file, most)) for most in (4, 9, 10, 99)] == [5, 10, 10, 10]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
def test_what_is_no_file_is_refused_in_one_line(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    for path, said in (
        (pipe, "is a pipe or a device, not a file"),
        (Path(os.devnull), "is a pipe or a device, not a file"),
        (tmp_path, "directory"),
        (tmp_path / "none.toml", "No such file"),
        (Path("a\0b.toml"), "is no path"),
        (Path("x" * 3000 + ".toml"), "name too long"),
    ):
        with pytest.raises(InputError) as caught:
            read(path)
        assert said in str(caught.value)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 900


def test_a_number_of_thousands_of_digits_is_no_bot(tmp_path: Path) -> None:
    file = tmp_path / "bot.toml"
    file.write_text(f"aggression = {'9' * 6000}\n", "utf-8")
    with pytest.raises(InputError, match=r"is not TOML, got Exceeds the limit"):
        load_bot(file)
