"""The learning bench: its fights are those of the demo, its figures what their names say."""

import json
from importlib import import_module

import msgspec
import numpy as np
import pytest

from astraweave.arena import FACTS, VOCABULARY, bot_matrix, shipped_bots
from astraweave.behavior import load_tree
from astraweave.errors import InputError
from astraweave.learning import Game
from astraweave.learning.rows import row_of
from astraweave.memory import open_memory
from astraweave.playstyle import FEATURES
from bench.learning import __main__ as program
from bench.learning.drawn import OUTSIDE, distance, drawn_library, likeliest, persons, strangers
from bench.learning.field import Field
from bench.learning.figures import Ends, Figure, gap_closed, made_worse, proportion, regret, share
from bench.learning.learners import KINDS, Posterior, Scripting, Static
from bench.learning.oracle import oracle
from bench.learning.people import load_people, returning, switching, trolling
from bench.learning.runs import OTHER_SEEDS, Careers, block_of, blocks, careers, fixed
from bench.learning.styles import Seen, alarms, wait
from bench.learning.tables import BEGIN, END, into_document, table
from bench.learning.traits import ece
from bench.learning.turns import firsts
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
def test_every_learner_keeps_its_bounds_and_moves(field, kind):
    learner = KINDS[kind](field.tree)
    players = bot_matrix((shipped_bots()["berserker"],))
    for number in range(12):
        factors = learner.factors[None]
        row = field.fights(factors, players, np.array([number]), versions=[0])[0]
        learner.learn(row)
    assert ((learner.factors >= 0.25 - 1e-9) & (learner.factors <= 4.0 + 1e-9)).all()
    assert not (learner.factors == 1.0).all()
    if isinstance(learner, Scripting):
        assert learner.factors.sum() == pytest.approx(len(field.tactics))
    if isinstance(learner, Posterior):
        assert learner.profile.episode_count == 12


# -- figures -----------------------------------------------------------------------------------


def run_of(gained, static=0.4):
    """A run that is better than static by this much; NaN where it was not looked at."""
    worth = np.asarray(gained, dtype=float) + static
    return Careers(tuple("ab"[: len(worth)]), worth, ())


def ends_of(gap, blocks=3):
    """One block of fights is easier than the next; the gap of each person is nearly the same."""
    easier = np.arange(blocks) * 1e-6
    static = np.full((len(gap), blocks), 0.4)
    return Ends(static, static + np.array(gap, float)[:, None] + easier)


def test_the_gap_closed_is_a_ratio_of_means_over_clear_people():
    static = np.array([[0.4, 0.42, 0.41], [0.5, 0.4, 0.45]])
    best = np.array([[0.5, 0.52, 0.51], [0.45, 0.45, 0.45]])
    ends = Ends(static, best)
    assert ends.clear.tolist() == [True, False]
    run = run_of(np.zeros((2, 4, 2)))
    half = (ends._at(static, run) + ends._at(best, run)) / 2
    closed = run_of(half, 0.0)
    found = gap_closed(closed, ends, slice(1, 2), np.random.default_rng(0))
    assert found == pytest.approx((0.5, 0.5, 0.5))


def test_regret_is_one_for_static_and_nothing_for_the_best():
    ends, rng = ends_of([0.1]), np.random.default_rng(0)
    assert regret(run_of(np.zeros((1, 3, 6))), ends, rng)[0] == pytest.approx(1.0)
    assert regret(run_of(np.full((1, 3, 6), 0.1)), ends, rng)[0] == pytest.approx(0.0, abs=1e-4)


def test_what_was_not_looked_at_is_what_it_was_before():
    gained = np.full((1, 2, 31), np.nan)
    gained[:, :, 0], gained[:, :, 20] = 0.0, 0.1
    found = ends_of([0.1]).gained(run_of(gained))
    assert found[0, 0, 19] == pytest.approx(0.0)
    assert found[0, 1, 30] == pytest.approx(0.1)


def test_a_run_is_made_worse_by_ten_bad_episodes_and_not_by_one():
    gained = np.zeros((1, 2, 31))
    gained[0, 0, 12] = -0.15
    gained[0, 1, 12:22] = -0.03
    assert made_worse(run_of(gained), ends_of([0.1])).tolist() == [[0.0, 1.0]]


def test_every_common_fight_judges_every_stretch_of_episodes():
    cut = blocks(200)
    assert cut.shape == (10, 200)
    assert len(np.unique(cut)) == 2_000
    which = block_of(len(cut), 7, 51)
    assert all(len(set(row[e : e + 10])) == 10 for row in which for e in range(41))
    assert blocks(5_000).shape == (1, 2_000)


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
    for one, gone in zip(people, returning(people, 3, 6), strict=True):
        same = [(gone.row(e) == one.row(e)).all() for e in range(8)]
        assert same == [True] * 3 + [False] * 3 + [True] * 2


def test_the_program_measures_players_from_a_folder(tmp_path, monkeypatch, capsys):
    bot = msgspec.to_builtins(shipped_bots()["kiter"])
    lines = [f"{key} = {value!r}" for key, value in bot.items() if isinstance(value, (str, float))]
    lines += ["[style]", *(f"{key} = {value}" for key, value in bot["style"].items())]
    (tmp_path / "one.toml").write_text("\n".join(lines).replace("'", '"'), "utf-8")
    monkeypatch.setattr("bench.learning.oracle.PASSES", 1)
    monkeypatch.setattr("bench.learning.pools.FIGHTS", 120)
    monkeypatch.setattr("bench.learning.styles.LIBRARIES", 6)
    monkeypatch.setattr("bench.learning.between.LIBRARIES", 3)
    small = ["--seeds", "2", "--episodes", "2", "--fights", "500", "--json"]
    code = program.main(["--players", str(tmp_path), *small])
    found = json.loads(capsys.readouterr().out)
    assert code in (0, 1)
    named = {figure["name"].split(":")[0]: figure for figure in found}
    assert set(named) >= set(KINDS) | {"drawn", "fights, as they are", "A/A null"}
    by_name = {figure["name"]: figure["value"] for figure in found}
    assert by_name["drawn: archetype top-1 after 10 ÷ Bayes ceiling"] > 0.8
    assert by_name["drawn: a style outside (corner) is called unknown"] > 0.8
    assert by_name["drawn: like two archetypes by turns is called unknown"] > 0.6
    assert by_name["drawn: .1 off an archetype, called unknown"] < 0.4
    assert by_name["drawn: 90 % interval covers"] > 0.75
    assert by_name["turning point, normal: median pairs"] < 80


def test_a_figure_of_one_run_has_no_interval_and_nothing_is_minus_zero():
    one = Figure(name="a", value=-0.0001, low=float("nan"), high=float("nan"))
    assert table([one]).split() == ["a", "0.000", "–"]


def test_the_table_goes_between_the_markers_of_a_document(tmp_path):
    file = tmp_path / "d.md"
    figures = [
        Figure(name="a", value=0.5, low=0.4, high=0.6, target="≥ 0.9", met=False),
        Figure(name="b", value=2.0, low=1.0, high=3.0),
    ]
    file.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", "utf-8")
    into_document(file, figures)
    told = file.read_text("utf-8")
    assert told.startswith("before\n")
    assert told.endswith("after\n")
    assert "old" not in told
    assert "| a | 0.5 | 0.4 … 0.6 | ≥ 0.9 | **missed** |" in told
    into_document(file, figures)
    assert file.read_text("utf-8") == told
    new = Figure(name="a", value=0.95, low=0.9, high=1.0, target="≥ 0.9", met=True)
    into_document(file, [new, Figure(name="c", value=1.0, low=1.0, high=1.0)])
    rows = [line for line in file.read_text("utf-8").splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[0] for row in rows] == ["| figure", "| a", "| b", "| c"]
    assert rows[1].endswith("| met |")
    file.write_text("no markers", "utf-8")
    with pytest.raises(InputError, match="has no markers"):
        into_document(file, figures)
    assert file.read_text("utf-8") == "no markers"
    with pytest.raises(InputError, match="cannot write the table"):
        into_document(tmp_path / "none.md", figures)


def test_nothing_learned_closes_no_gap_and_the_best_weights_close_all_of_it(field):
    people = load_people()[:2]
    players = np.stack([person.row(0) for person in people])
    best = np.array([oracle(field, player, 64) for player in players])
    ends = Ends(*(fixed(field, w, players, 250) for w in (np.ones_like(best), best)))
    made = iter(best.repeat(8, axis=0))

    class Known(Static):
        def __init__(self, tree):
            super().__init__(tree)
            self.factors = next(made)

    for make, closed, near in ((Static, 0.0, 1e-9), (Known, 1.0, 1e-9)):
        run = careers(field, people, make, episodes=1, seeds=8, fights=250)
        found = gap_closed(run, ends, slice(1, 2), np.random.default_rng(0))
        assert found[0] == pytest.approx(closed, abs=near)
    null = careers(field, people, Static, episodes=1, seeds=8, fights=250, first_seed=OTHER_SEEDS)
    assert abs(gap_closed(null, ends, slice(1, 2), np.random.default_rng(0))[0]) < 0.5


# -- archetypes, traits, turning points --------------------------------------------------------


def test_the_ceiling_knows_who_plays_from_the_true_parameters():
    rng = np.random.default_rng(0)
    library = drawn_library(rng)
    shares = library.shares()
    who = np.arange(len(shares)).repeat(5)
    crowd = persons(shares[who], rng, lapses=False)
    alphas = crowd.kappa[:, None, None] * np.broadcast_to(shares, (len(who), *shares.shape)) + 1e-3
    assert (likeliest(crowd.play(10, rng), alphas) == who).mean() > 0.95


@pytest.mark.parametrize("how", ["uniform", "corner", "mixture"])
def test_strangers_are_far_from_every_archetype_at_every_lapse(how):
    rng = np.random.default_rng(1)
    library = drawn_library(rng)
    styles = strangers(library, how, 20, rng)
    assert np.allclose(styles.sum(axis=1), 1.0)
    assert min(distance(style, library) for style in styles) >= OUTSIDE
    tired = 0.8 * library.shares()[0] + 0.2 / styles.shape[1]
    assert distance(tired, library) < 0.02


def test_alarms_and_waits_count_confirmations():
    names = (None, "a", "a", "b", "b", "a", "unknown", "unknown")
    seen = Seen("b", names, (0, 2, 2, 4, 4, 6, 7, 8))
    assert alarms(seen, "a") == 3
    assert alarms(seen, "b") == 4
    assert alarms(seen, "unknown") == 4
    assert wait(seen, 2, "b") == 2.0
    assert wait(seen, 4, "b") == 30.0
    assert wait(seen, 7, "unknown") == 1.0
    assert wait(seen, 2, "nobody") == 30.0


def test_calibration_error_is_the_gap_between_mass_and_truth():
    mass = np.full(1000, 0.8)
    right = np.arange(1000) % 5 > 0
    assert ece(mass, right[np.random.default_rng(0).permutation(1000)]) < 0.06
    assert ece(mass, np.ones(1000)) == pytest.approx(0.2)


def test_a_turning_point_that_never_comes_is_beyond_the_end():
    assert firsts(np.zeros((2, 30))).tolist() == [31.0, 31.0]
    assert (firsts(np.full((2, 30), 5.0)) <= 10.0).all()


@pytest.mark.parametrize(
    "wrong",
    [
        ["--seeds", "0"],
        ["--players", "nowhere"],
        ["--fights", "-1"],
        ["--markdown", "no/where.md"],
        ["--only", "weights,everything"],
    ],
)
def test_bad_input_is_one_line_and_exit_2(wrong, capsys):
    assert program.main(wrong) == 2
    said = capsys.readouterr().err
    assert said.startswith("bench.learning: ")
    assert said.count("\n") == 1
