"""How learning stands: what is lost again and again rests, what was asked for is not forgotten."""

import pytest

from astraweave.learning import status, why
from astraweave.learning.child import Job
from astraweave.learning.standing import left_waiting, trouble_of
from astraweave.learning.worker import MOST_CRASHES
from astraweave.memory import open_memory
from tests.children import PATIENCE_S, until
from tests.learning.workers import PAIR, job, linux, parent


def test_a_process_that_is_lost_again_and_again_is_started_no_more_and_that_is_said(
    working, save, loud, game
):
    one = working(loud("import os; os._exit(7)"))
    for _ in range(MOST_CRASHES):
        assert "exit code 7" in str(one.submit(job(save)).exception(PATIENCE_S))
    refused = one.submit(job(save))
    assert "it rests" in str(refused.exception(PATIENCE_S))
    figures = one.figures
    assert (figures["started"], figures["crashed"]) == (MOST_CRASHES, MOST_CRASHES)
    assert (figures["refused"], figures["done"]) == (1, 0)
    said = [line for line in save.problems if "learning" in line]
    assert len(said) == MOST_CRASHES + 1
    assert save.unlearned(*PAIR), "nothing is lost"
    assert "exit code 7" in trouble_of(save, *PAIR)
    assert "exit code 7" in why(save, game, *PAIR)[-1]
    assert status(save, game, *PAIR).trouble is not None


def test_what_went_wrong_is_over_when_a_step_succeeds(working, save, loud, game):
    working(loud("import os; os._exit(7)")).submit(job(save)).exception(PATIENCE_S)
    assert trouble_of(save, *PAIR) is not None
    assert left_waiting(save) == (PAIR,)
    assert working().submit(job(save)).result(PATIENCE_S).learned == 1
    save.flush()
    assert trouble_of(save, *PAIR) is None
    assert left_waiting(save) == ()
    assert len(why(save, game, *PAIR)) == 5


def test_an_exception_in_a_learner_is_told_and_the_process_goes_on(working, save, fight, loud):
    one = working()
    assert one.submit(job(save, (("nobody", "mira"),))).result(PATIENCE_S).learned == 0
    bad = Job(path=str(save.path), pairs=(PAIR,), seed=1, now=-1.0)
    assert "created_at" in str(one.submit(bad).exception(PATIENCE_S))
    assert one.submit(job(save)).result(PATIENCE_S).learned == 1
    assert one.figures["started"] == 1
    assert one.figures["crashed"] == 0


@linux
@pytest.mark.faults
@pytest.mark.parametrize("end", ["kill", "close"])
def test_what_was_queued_and_not_learned_waits_in_the_save(tmp_path, hanging, fight, end):
    with open_memory(tmp_path / "p.db") as store:
        store.write(fight(1))
    then = "worker.close(timeout_s=0.2); store.close()"
    if end == "kill":
        then = "store.flush(); print('on', flush=True); import time; time.sleep(6000)"
    game = parent(tmp_path, hanging.name, then)
    if end == "kill":
        hanging.wait()
        # The note is written with the next transaction, a moment after it was asked for.
        assert until(lambda: marked(tmp_path / "p.db"))
        game.kill()
    game.communicate(timeout=PATIENCE_S)
    with open_memory(tmp_path / "p.db") as store:
        assert left_waiting(store) == (PAIR,)
        assert store.unlearned(*PAIR) == ("mira-000001",)


def marked(path):
    with open_memory(path, recover=False, mend=False) as store:
        return bool(left_waiting(store))
