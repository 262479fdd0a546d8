"""The demo's keymap: what a file may say, and how it is told that it may not."""

from pathlib import Path

import pytest
from companion.keys import LABELS, load_keymap

from astraweave import InputError


def written(folder: Path, text: str) -> Path:
    path = folder / "keys.toml"
    path.write_text(text, "utf-8")
    return path


def test_every_action_has_a_key_by_default() -> None:
    keymap = load_keymap()
    assert set(keymap.keys) == set(LABELS)
    assert all(keymap.keys.values())


def test_a_file_changes_only_what_it_names(tmp_path: Path) -> None:
    keymap = load_keymap(written(tmp_path, '[keys]\nstrike = ["x"]\n[pad]\ncast = [9]\n'))
    assert keymap.keys["strike"] == ("x",)
    assert keymap.keys["shoot"] == load_keymap().keys["shoot"]
    assert keymap.pad["cast"] == (9,)


def test_a_key_given_to_something_else_leaves_its_default(tmp_path: Path) -> None:
    keymap = load_keymap(written(tmp_path, '[keys]\nstrike = ["Up"]\n'))
    assert keymap.keys["strike"] == ("up",)
    assert keymap.keys["move_up"] == ("w",)


def test_keys_are_told_as_a_person_reads_them() -> None:
    keymap = load_keymap()
    assert keymap.told("move_up") == "W or Up"
    assert keymap.first("block") == "Space"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[keys]\nstrik = ["x"]\n', "did you mean 'strike'?"),
        ("[keys]\nstrike = []\n", "'strike' has no key"),
        ('[keys]\nstrike = ["k"]\n', "'shoot' has no key"),
        ('[keys]\nstrike = ["x"]\nshoot = ["X"]\n', "'x' is given to 'strike' and 'shoot'"),
        ('[keys]\nstrike = "x"\n', "$.keys[...]"),
        ('[kees]\nstrike = ["x"]\n', "kees"),
        ("[keys\n", "cannot read the keymap"),
        ("[pad]\nstrike = [1, 1]\n", "1 is given to"),
        ("#" * 70_000, "below 65536 bytes"),
    ],
)
def test_a_wrong_keymap_is_told_in_one_line_with_its_file(
    tmp_path: Path, text: str, told: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        load_keymap(path)
    line = str(caught.value)
    assert told in line
    assert str(path) in line
    assert "\n" not in line


def test_a_keymap_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the keymap"):
        load_keymap(tmp_path / "none.toml")
