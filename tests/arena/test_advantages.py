"""The complement truly helps: by what the tactics do, measured, for the bots it is meant for."""

import json

import numpy as np
import pytest

from astraweave.arena import Arena, bot_matrix, play_scenario, shipped_bots
from astraweave.behavior import load_tree
from bench import advantages as bench

pytestmark = pytest.mark.compiled
WORLDS = 640


@pytest.fixture(scope="module")
def program():
    """The shipped tree, flat."""
    return load_tree("companion.xml").program(Arena.facts.names, Arena.actions)


@pytest.fixture(scope="module")
def played(program):
    """Fights of each bot under the designer's weights."""
    return {
        name: bench.fights(program, play_scenario(), bot_matrix((shipped_bots()[name],) * WORLDS))
        for name in bench.NAMED
    }


@pytest.mark.parametrize("bot", bench.NAMED)
def test_the_named_tactics_stand_clearly_above_the_mean(played, bot):
    rows = bench.advantages(played[bot])
    for tactic in bench.NAMED[bot]:
        assert rows[tactic]["advantage"] - 2 * rows[tactic]["error"] >= bench.MARGIN, tactic


def test_what_serves_one_does_not_serve_another(played):
    berserker, cautious = (bench.advantages(played[bot]) for bot in ("berserker", "cautious"))
    for tactic in ("aggressive_attack", "flank_enemy", "draw_aggro"):
        assert berserker[tactic]["advantage"] < -0.03
        assert cautious[tactic]["advantage"] > 0.03
    for tactic in ("defensive_stance", "cover_player"):
        assert cautious[tactic]["advantage"] < -0.05
    for bot in ("kiter", "caster"):
        rows = bench.advantages(played[bot])
        mine, other = bench.NAMED[bot], bench.NAMED["caster" if bot == "kiter" else "kiter"][1]
        assert all(rows[tactic]["advantage"] > rows[other]["advantage"] for tactic in mine)


@pytest.mark.parametrize("bot", bench.NAMED)
def test_effectiveness_is_quiet_enough_to_learn_from(played, bot):
    spreads = [row["sd"] for row in bench.advantages(played[bot]).values()]
    assert np.median(spreads) <= 0.25
    assert max(spreads) <= 0.35


@pytest.mark.parametrize("bot", bench.NAMED)
def test_raising_what_is_above_the_mean_makes_better_fights(program, played, bot):
    base = played[bot]
    rows = bench.advantages(base)
    factors = np.array([2.0 if rows[name]["advantage"] > 0 else 0.5 for name in program.tactics])
    players = bot_matrix((shipped_bots()[bot],) * WORLDS)
    other = bench.fights(program, play_scenario(), players, factors)
    assert other.outcome("success") >= base.outcome("success") - 0.005
    assert other.outcome("seconds") <= base.outcome("seconds") + 0.5
    assert other.outcome("satisfaction") >= base.outcome("satisfaction") - 0.01


def test_a_typical_fight_is_won_in_half_a_minute_or_so(played):
    for fights in played.values():
        assert (fights.outcomes[:, 0] >= 1.0).mean() >= 0.85
        assert 18.0 <= fights.outcome("seconds") <= 42.0
        assert 17 <= len(fights.tactic) / WORLDS <= 45


def test_the_bench_tells_it_as_text_and_as_json(capsys):
    given = ["--worlds", "16", "--bots", "kiter", "--scenario", "resource_depleted"]
    assert bench.main([*given, "--no-effects"]) in (0, 1)
    text = capsys.readouterr().out
    assert "* covering_fire" in text
    bench.main([*given, "--json"])
    figures = json.loads(capsys.readouterr().out)
    assert set(figures["kiter"]["tactics"]) == set(Arena.actions)
    assert "seconds" in figures["kiter"]["tactics"]["buff_player"]
