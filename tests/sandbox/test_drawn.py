"""What a game tells of its draws is taken where it can be true."""

from types import SimpleNamespace
from typing import Any

import pytest

from astraweave.errors import EnvironmentFailure
from astraweave.model.scenario import Scenario
from astraweave.sandbox.drawn import drawn_by

YARD = Scenario(
    name="yard",
    description="",
    threat=0.0,
    seconds=1.0,
    ranges={"wind": (0.0, 1.0), "rain": (2.0, 3.0)},
)


def told(drawn: Any) -> dict[str, float]:
    inner = SimpleNamespace(drawn=drawn)
    return drawn_by(SimpleNamespace(environment=inner), YARD, 4, ["wind", "rain"])


def test_it_is_asked_through_wrappers_with_scenario_and_seed() -> None:
    assert told(lambda s, seed: {"wind": seed / 8, "rain": s.ranges["rain"][0]}) == {
        "wind": 0.5,
        "rain": 2.0,
    }


@pytest.mark.parametrize("value", [7.0, -0.1, float("nan"), float("inf"), "1", None])
def test_what_cannot_be_is_left_out(value: object) -> None:
    assert told(lambda *_: {"wind": value, "rain": 2.5, "sun": 1.0}) == {"rain": 2.5}


@pytest.mark.parametrize("given", [None, 3, [1.0, 2.0]])
def test_no_table_tells_nothing(given: object) -> None:
    assert told(lambda *_: given) == {}


def test_a_game_that_does_not_tell_is_asked_nothing() -> None:
    assert drawn_by(object(), YARD, 4, ["wind"]) == {}


def test_a_game_that_raises_is_named_with_scenario_and_seed() -> None:
    with pytest.raises(EnvironmentFailure, match=r"scenario yard, seed 4, drawn: .*ZeroDivision"):
        told(lambda *_: 1 / 0)
