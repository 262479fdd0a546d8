"""Whatever stands in a scenario's file, it is read or refused in one line; nothing else happens."""

import string
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astraweave.arena import FACTS, Arena, Duel
from astraweave.arena.declared import BOUNDS, COUNTS
from astraweave.arena.kernels import layout as at
from astraweave.arena.players import player_names
from astraweave.errors import ScenarioError
from astraweave.model.scenario import Scenario
from astraweave.sandbox import check_scenario, load_scenario, load_scenarios

RELAXED = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NUMBERS = st.one_of(
    st.floats(),
    st.integers(-(10**30), 10**30),
    st.sampled_from(["nan", "-inf", "+inf", "1e400", "0x7f", "true", "1979-05-27", "''", "[]"]),
)
WORDS = st.text(string.printable, max_size=30)
KEYS = st.sampled_from([*Scenario.__struct_fields__, "slots", "ranges.x", "__class__", "a/b"])


def toml(value: Any) -> str:
    """A number as TOML writes it."""
    return repr(value) if isinstance(value, float) else str(value)


def read(path: Path) -> Scenario | None:
    """The scenario, or None where it was refused as it should be."""
    try:
        scenario = load_scenario(path)
        check_scenario(scenario, Arena())
    except ScenarioError as error:
        said = str(error)
    else:
        return scenario
    assert "\n" not in said
    assert len(said) < 1500
    return None


@RELAXED
@given(data=st.binary(max_size=400))
def test_bytes_that_are_no_scenario_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "any.toml"
    path.write_bytes(data)
    assert read(path) is None


@RELAXED
@given(
    keys=st.dictionaries(KEYS, NUMBERS, max_size=6),
    ranges=st.dictionaries(
        st.sampled_from([*BOUNDS, "enemeis", "slots"]), st.tuples(NUMBERS, NUMBERS), max_size=6
    ),
    name=WORDS,
)
def test_what_is_read_can_be_played(
    tmp_path: Path, keys: dict[str, Any], ranges: dict[str, Any], name: str
) -> None:
    path = tmp_path / "any.toml"
    given_ = {"threat": 0.5, "seconds": 9.0, **keys}
    lines = [f"name = {name!r}"] if "name" not in keys else []
    lines += [f"{key} = {toml(value)}" for key, value in given_.items() if key != "ranges"]
    lines += ["[ranges]"]
    lines += [f"{key} = [{toml(low)}, {toml(high)}]" for key, (low, high) in ranges.items()]
    path.write_text("\n".join(lines), "utf-8")
    scenario = read(path)
    if scenario is not None:
        assert set(scenario.ranges) <= set(BOUNDS)
        assert Arena().reset(scenario, np.arange(3)).shape == (3, len(FACTS))


@RELAXED
@given(name=WORDS)
def test_a_word_leads_to_a_shipped_scenario_or_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScenarioError):
        load_scenarios(f"{name}?")


def within(name: str) -> st.SearchStrategy[tuple[float, float]]:
    """A range inside its bounds; archers and bosses may be none, so that any party has room."""
    least, most = BOUNDS[name]
    number = st.floats(least, most)
    if name in COUNTS:
        number = st.integers(int(least), int(most)).map(float)
    if name in ("archers", "bosses"):
        return number.map(lambda high: (0.0, high))
    return st.tuples(number, number).map(lambda pair: (min(pair), max(pair)))


@pytest.mark.compiled
@settings(max_examples=120, deadline=None)
@given(
    ranges=st.fixed_dictionaries({}, optional={name: within(name) for name in BOUNDS}),
    players=st.lists(st.sampled_from(player_names()), max_size=3),
    threat=st.floats(0.0, 1.0),
)
def test_whatever_is_inside_the_bounds_is_a_fight_inside_the_field(
    ranges: dict[str, Any], players: list[str], threat: float
) -> None:
    scenario = Scenario(
        name="any",
        description="",
        threat=threat,
        seconds=12.0,
        ranges=ranges,
        players=tuple(players),
    )
    arena = Arena()
    facts = arena.reset(scenario, np.arange(8))
    for step in range(121):
        assert np.isfinite(facts).all()
        assert ((facts >= FACTS.low) & (facts <= FACTS.high)).all()
        commands = (np.arange(8) * 5 + step // 10 * 3) % 14 - 1
        result = arena.step(commands.astype(np.int16))
        facts = result.facts
    assert result.done.all()
    outcomes = arena.outcomes()
    assert np.isfinite(outcomes).all()
    assert ((outcomes[:, 0] >= 0.0) & (outcomes[:, 0] <= 1.0)).all()
    assert arena.event_counts()[0][:, at.NON_FINITE].sum() == 0


@pytest.mark.compiled
@settings(max_examples=100, deadline=None)
@given(
    ranges=st.fixed_dictionaries(
        {name: within(name) for name in BOUNDS if name.startswith(("wall", "start", "be", "ar"))}
    )
)
def test_nobody_begins_in_a_wall_or_outside(ranges: dict[str, Any]) -> None:
    scenario = Scenario(name="any", description="", threat=0.5, seconds=9.0, ranges=ranges)
    for seed in range(6):
        view = Duel(scenario, seed).state
        for x, y in view.xy[view.max_hp > 0]:
            assert 1.0 <= x <= 23.0
            assert 1.0 <= y <= 15.0
            for left, top, right, bottom in view.walls:
                aside = max(left - x, x - right, top - y, y - bottom)
                assert aside > 0.4 - 1e-5
