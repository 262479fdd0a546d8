"""Libraries of archetypes: what a file may say, and what the shipped one does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave.errors import InputError
from astraweave.model.actions import KINDS, ActionVocabulary, Kind
from astraweave.playstyle.archetypes import (
    Archetype,
    Library,
    check_library,
    load_archetypes,
    played_in,
)
from astraweave.playstyle.library_file import library_text

TWO = """
kappa = 50.0
[archetypes.duellist.kinds]
melee = 3
defensive = 1
[archetypes.archer.kinds]
ranged = 1.0
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        file = tmp_path / "kinds.toml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return write


def test_shares_are_relative_and_what_is_not_named_is_nothing(written):
    library = load_archetypes(written(TWO))
    assert library.names == ("duellist", "archer", "unknown")
    assert library.kappa == 50.0
    assert library.shares()[0].tolist() == [0.75, 0, 0, 0.25, 0, 0, 0]


def test_a_library_may_say_what_a_lapse_is_and_a_game_s_actions_say_it_otherwise(written):
    said = load_archetypes(written(TWO + "[lapse]\nmelee = 3\nranged = 1"))
    assert said.anything().tolist() == [0.75, 0.25, 0, 0, 0, 0, 0]
    actions = ActionVocabulary(hit=Kind("melee"), kick=Kind("melee"), hide=Kind("defensive"))
    assert played_in(said, actions) is said
    silent = load_archetypes(written(TWO))
    assert silent.anything().tolist() == [1 / 7] * 7
    # Halfway between each action alike (2/3, 1/3) and each kind alike (1/2, 1/2).
    assert played_in(silent, actions).anything() == pytest.approx([7 / 12, 0, 0, 5 / 12, 0, 0, 0])
    assert list(played_in(silent, actions).archetypes) == ["duellist"]  # nobody shoots here
    only_magic = ActionVocabulary(cast=Kind("magic"), heal=Kind("support"))
    assert played_in(silent, only_magic) is silent
    assert played_in(silent, ActionVocabulary(hit=Kind("melee"))) is silent
    assert load_archetypes(written(library_text(said))) == said


def test_the_shipped_library_knows_the_shipped_players_apart():
    shares = load_archetypes().shares()
    assert shares.shape == (7, len(KINDS))
    assert np.allclose(shares.sum(axis=1), 1.0)
    apart = np.abs(shares[:, None] - shares[None]).sum(axis=2)[~np.eye(7, dtype=bool)]
    assert apart.min() > 0.2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("archetypes = 3", "archetypes"),
        ("[archetypes]", "1 to 64"),
        ("kapa = 2\n" + TWO, "kapa"),
        ("[archetypes.a.kinds]\nmelee = -1", "archetypes"),
        ("[archetypes.a.kinds]\nmelee = nan", "kinds"),
        ("[archetypes.a.kinds]\nmelee = inf", "kinds"),
        ("[archetypes.a.kinds]\nmelee = 0", "above 0"),
        ("[archetypes.a.kinds]\nmelle = 1", "did you mean"),
        ("[archetypes.unknown.kinds]\nmelee = 1", "fits none"),
        (TWO + "[archetypes.bowman.kinds]\nranged = 2", "same player"),
        ("[lapse]\nmelle = 1\n" + TWO.replace("kappa = 50.0", ""), "did you mean"),
        (TWO + "[lapse]\nmelee = 0", "above 0"),
        (TWO + "[lapse]\nmelee = 2\nmagic = 1\nranged = 0", "cannot be played"),
        (TWO.replace("50.0", "0"), "kappa"),
        ("[" * 20_000, "TOML"),
        (b"\xff\xfe", "TOML"),
        ("#" * 70_000, "64 KiB"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line_that_names_it(written, text, said):
    file = written(text)
    with pytest.raises(InputError) as caught:
        load_archetypes(file)
    line = str(caught.value)
    assert said in line
    assert str(file) in line
    assert "\n" not in line


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(InputError, match="cannot read the archetypes"):
        load_archetypes(tmp_path / "none.toml")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_library_or_refused(tmp_path_factory, data):
    file = tmp_path_factory.mktemp("any") / "a.toml"
    file.write_bytes(data)
    with pytest.raises(InputError):
        load_archetypes(file)


def test_too_many_archetypes_are_refused_when_built_in_code():
    many = {f"a{i}": Archetype(kinds={"melee": 1.0 + i, "magic": 2.0}) for i in range(65)}
    with pytest.raises(InputError, match="1 to 64"):
        check_library(Library(archetypes=many))
