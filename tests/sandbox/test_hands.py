"""Whoever plays the episodes, the verdict is the same; what befalls a worker is survived."""

import copy

import numpy as np
import pytest

from astraweave.errors import ClusterError, EnvironmentFailure, InputError, TreeError
from astraweave.sandbox.cluster import cluster
from astraweave.sandbox.hands import processes, threads
from tests.sandbox.conftest import BAD_SEED, Duel, said
from tests.sandbox.hazards import Fixed, Hazard


@pytest.mark.parametrize("count", [1, 2, 5])
def test_threads_give_the_verdict_of_one_after_the_other(judged, count):
    assert judged(Duel(), threads(count)) == judged(Duel(), None)


@pytest.mark.compiled
def test_processes_give_the_verdict_of_one_after_the_other(judged):
    assert judged(Duel(), processes(2, limit_s=600.0)) == judged(Duel(), None)


@pytest.mark.compiled
@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced_and_the_verdict_is_the_same(judged, tmp_path):
    hands = processes(2, limit_s=600.0)
    struck = judged(Hazard("kill", once=tmp_path / "struck"), hands)
    assert (tmp_path / "struck").exists()
    assert struck == judged(Hazard("nothing"), None)


@pytest.mark.compiled
@pytest.mark.slow
def test_a_seed_that_kills_its_process_is_named(judged):
    reason = said(judged(Hazard("exit", BAD_SEED), processes(2)))
    assert "killed the process that played it" in reason
    assert f"scenario fresh, seed {BAD_SEED}:" in reason


@pytest.mark.compiled
def test_a_game_that_hangs_ends_in_a_verdict_that_says_where(judged):
    reason = said(judged(Hazard("hang", BAD_SEED), processes(1, limit_s=6.0)))
    assert "the environment hung: no answer in 6 s" in reason
    assert "scenario fresh, seeds" in reason


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("accident", "limit_s"), [("exit", 600.0), pytest.param("hang", 60.0, marks=pytest.mark.slow)]
)
def test_what_goes_wrong_while_a_rejection_is_made_simple_leaves_it_as_it_was_found(
    judge, reckless, weights, accident, limit_s
):
    with processes(1, limit_s=limit_s) as hands:
        there = judge(weights(), environment=Fixed(accident), tree=reckless, hands=hands)
    here = judge(weights(), environment=Fixed("raise"), tree=reckless)
    assert there == here
    assert (here.counterexample.rule, here.counterexample.plays) == ("harming_the_player", 0)


@pytest.mark.compiled
def test_a_rejection_is_made_as_simple_by_workers_as_here(judge, reckless, weights):
    with processes(1, limit_s=600.0) as hands:
        there = judge(weights(), tree=reckless, hands=hands)
    assert there == judge(weights(), tree=reckless)
    assert there.counterexample.draw


def test_an_exception_in_a_worker_says_what_it_says_here(judged):
    game = Hazard("raise", BAD_SEED)
    there, here = judged(game, threads(2)), judged(game, None)
    assert there == here, "how many were played, too"
    assert f"seed {BAD_SEED}" in said(there)
    assert "ValueError: the pond is dry" in said(there)


def test_a_worker_with_other_code_is_refused(judged, monkeypatch):
    game = Hazard("other code")
    hands = threads(1)
    play = hands.play

    def edited(job):
        monkeypatch.setenv("ASTRAWEAVE_TEST_HASH", "edited")
        return play(job)

    monkeypatch.setattr(hands, "play", edited)
    with pytest.raises(ClusterError, match=r"other code .*edited.*install the same version"):
        judged(game, hands)


NO_COUNTS = (0, -1, 5000, 10**400, "2", "", True, 2.0, float("nan"), float("inf"), [2], b"2")
NO_WAITS = (0, -1.0, 10**400, "2", None, True, float("nan"), float("inf"), [2], b"2", 2 + 0j)


@pytest.mark.parametrize("count", NO_COUNTS, ids=repr)
@pytest.mark.parametrize("crew", [threads, processes])
def test_a_silly_number_of_workers_is_refused(crew, count):
    with pytest.raises(InputError, match=r"\Aworkers: workers must be 1 to 1,024, got .*\Z"):
        crew(count)


@pytest.mark.parametrize("wait_s", NO_WAITS, ids=repr)
def test_a_wait_without_an_end_is_refused(wait_s):
    for call in (
        lambda: processes(1, limit_s=wait_s),
        lambda: cluster("local:1", limit_s=wait_s),
        lambda: cluster("local:1", connect_s=wait_s),
    ):
        with pytest.raises(InputError, match=r"\Aworkers: \w+_s must be seconds above 0, .*\Z"):
            call()


def test_counts_and_waits_of_numpy_are_numbers_too():
    assert threads(np.int64(2)).crew.sharers == 2
    assert processes(np.int8(1), limit_s=np.float32(2.5)).limit_s == 2.5


def test_errors_cross_processes_whole():
    for error in (
        TreeError(what="unknown node", got="Sequnce", where="a.xml:3:5", fix="did you mean …?"),
        EnvironmentFailure(what="raised", got=ValueError("x")),
    ):
        again = copy.copy(error)  # by the same parts that go from process to process
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert (again.what, again.where, again.fix) == (error.what, error.where, error.fix)
