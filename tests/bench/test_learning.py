"""The learning bench: its fights are those of the demo, its figures what their names say."""

import json
from importlib import import_module

import msgspec
import numpy as np
import pytest

from astraweave.arena import FACTS, VOCABULARY, bot_matrix, shipped_bots
from astraweave.behavior import load_tree
from astraweave.learning import Game
from astraweave.learning.rows import row_of
from astraweave.memory import open_memory
from astraweave.playstyle import FEATURES
from bench.learning import __main__ as program
from bench.learning.field import Field
from bench.learning.figures import Ends, gap_closed, made_worse, proportion, regret, share
from bench.learning.learners import KINDS, Posterior, Scripting
from bench.learning.people import load_people, switching, trolling
from bench.learning.runs import Careers
from tests.demos.conftest import DEMOS

pytestmark = pytest.mark.compiled
UNSEEN = {"companion_decisions", "active_windows", "health_sum", "health_seen", "windows"}
"""Features that only the player's satisfaction is computed from, where a game gives none."""


@pytest.fixture(scope="module")
def field():
    return Field(load_tree("companion.xml"))


def test_a_fight_leaves_the_row_that_its_recorded_episode_leaves(field, monkeypatch):
    monkeypatch.syspath_prepend(DEMOS)
    session_of = import_module("companion.session")
    game = Game(tree=field.tree, vocabulary=VOCABULARY, sheet=FACTS)
    bot, seeds = shipped_bots()["cautious"], []
    with open_memory(":memory:") as memory:
        session = session_of.Session(memory, player="robin", seed=5, bot=bot, wall=lambda: 1.7e9)
        for _ in range(2):
            session.begin()
            seeds.append(session.fight_seed)
            while session.frame():
                pass
            session.end()
        memory.flush()
        logs = memory.episodes(memory.episode_ids("robin", session_of.COMPANION))
        recorded = [row_of(log, game) for log in logs]
        session.close()
    ones = np.ones((2, len(field.tactics)))
    fought = field.fights(ones, bot_matrix((bot,) * 2), np.array(seeds), versions=[0, 0])
    for theirs, ours in zip(recorded, fought, strict=True):
        assert ours.conduct == theirs.conduct
        assert ours.actions == theirs.actions
        named = zip(FEATURES, ours.features, theirs.features, strict=True)
        for name, mine, other in named:
            if name not in UNSEEN:
                assert mine == pytest.approx(other, abs=1e-3), name
        assert ours.outcome.quality_signals == theirs.outcome.quality_signals
        assert ours.seconds == pytest.approx(theirs.seconds, abs=1e-3)


def test_worth_is_the_mean_reward_of_the_fights_that_are_named(field):
    bots = bot_matrix((shipped_bots()["kiter"],) * 2)
    factors = np.ones((2, len(field.tactics)))
    seeds = np.array([[1, 2, 3], [4, 5, 6]])
    both = field.worth(factors, bots, seeds)
    assert both[0] == field.worth(factors[:1], bots[:1], seeds[:1])[0]
    assert both[0] != both[1]
    assert ((both > 0.0) & (both < 1.0)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_every_learner_keeps_its_bounds_and_only_static_stays(field, kind):
    learner = KINDS[kind](field.tree)
    players = bot_matrix((shipped_bots()["berserker"],))
    for number in range(12):
        factors = learner.factors[None]
        row = field.fights(factors, players, np.array([number]), versions=[0])[0]
        learner.learn(row)
    assert ((learner.factors >= 0.25 - 1e-9) & (learner.factors <= 4.0 + 1e-9)).all()
    assert (kind == "static") == bool((learner.factors == 1.0).all())
    if isinstance(learner, Scripting):
        assert learner.factors.sum() == pytest.approx(len(field.tactics))
    if isinstance(learner, Posterior):
        assert learner.profile.episode_count == 12


# -- figures -----------------------------------------------------------------------------------


def run_of(worth):
    worth = np.asarray(worth, dtype=float)
    return Careers(tuple("ab"[: len(worth)]), worth, ())


def test_the_gap_closed_is_a_ratio_of_means_over_clear_people():
    static = np.array([[0.4, 0.42, 0.41], [0.5, 0.4, 0.45]])
    best = np.array([[0.5, 0.52, 0.51], [0.45, 0.45, 0.45]])
    ends = Ends(static, best)
    assert ends.clear.tolist() == [True, False]
    half = np.stack([static, (static + best) / 2], axis=2)
    found = gap_closed(run_of(half), ends, slice(1, 2), np.random.default_rng(0))
    assert found == pytest.approx((0.5, 0.5, 0.5))


def test_regret_is_one_for_static_and_nothing_for_the_best():
    static, best = np.full((1, 3), 0.4), np.full((1, 3), 0.5)
    ends, rng = Ends(static, best + np.array([[0, 1e-9, 0]])), np.random.default_rng(0)
    still = np.repeat(static[:, :, None], 6, axis=2)
    assert regret(run_of(still), ends, rng)[0] == pytest.approx(1.0)
    assert regret(run_of(still + 0.1), ends, rng)[0] == pytest.approx(0.0, abs=1e-6)


def test_a_run_is_made_worse_by_ten_bad_episodes_and_not_by_one():
    static = np.full((1, 2), 0.5)
    worth = np.full((1, 2, 31), 0.5)
    worth[0, 0, 12] = 0.35
    worth[0, 1, 12:22] = 0.47
    assert made_worse(run_of(worth), static).tolist() == [[0.0, 1.0]]


def test_intervals_hold_their_value():
    rng = np.random.default_rng(1)
    above, below = rng.random((3, 40)), 1.0 + rng.random((3, 40))
    value, low, high = share(above, below, rng)
    assert low < value < high
    value, low, high = proportion(np.array([0.0] * 99 + [1.0]))
    assert 0.0 < low < value < high < 0.06


# -- people and the program --------------------------------------------------------------------


def test_people_who_switch_become_another_and_trolls_become_themselves():
    people = load_people()
    for one, switched, troll in zip(people, switching(people, 5), trolling(people), strict=True):
        assert (switched.row(4) == one.row(0)).all()
        assert (switched.row(5) != one.row(0)).any()
        assert (troll.row(9) == switched.row(5)).all()
        assert (troll.row(10) == one.row(0)).all()


def test_the_program_measures_players_from_a_folder(tmp_path, monkeypatch, capsys):
    bot = msgspec.to_builtins(shipped_bots()["kiter"])
    lines = [f"{key} = {value!r}" for key, value in bot.items() if isinstance(value, (str, float))]
    lines += ["[style]", *(f"{key} = {value}" for key, value in bot["style"].items())]
    (tmp_path / "one.toml").write_text("\n".join(lines).replace("'", '"'), "utf-8")
    monkeypatch.setattr("bench.learning.oracle.PASSES", 1)
    small = ["--seeds", "2", "--episodes", "2", "--fights", "2", "--json"]
    code = program.main(["--players", str(tmp_path), *small])
    found = json.loads(capsys.readouterr().out)
    assert code in (0, 1)
    assert {figure["name"].split(":")[0] for figure in found} >= set(KINDS) - {"static"}
    assert all(np.isfinite(figure["value"]) for figure in found if "regret" not in figure["name"])


@pytest.mark.parametrize("wrong", [["--seeds", "0"], ["--players", "nowhere"], ["--fights", "-1"]])
def test_bad_input_is_one_line_and_exit_2(wrong, capsys):
    assert program.main(wrong) == 2
    said = capsys.readouterr().err
    assert said.startswith("bench.learning: ")
    assert said.count("\n") == 1
