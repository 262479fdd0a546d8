"""Learning in a child process: whatever happens to either, nothing is lost and nothing is left."""

import os
import signal
import sys
from concurrent.futures import CancelledError
from threading import Event

import pytest

from astraweave.errors import StoreError
from astraweave.learning import LearnSettings
from astraweave.learning.child import Job, answer_to, serve
from astraweave.learning.process import LearningProcess, can_start
from astraweave.learning.worker import QUEUE_LENGTH, Worker
from tests.children import PATIENCE_S, runs, until
from tests.learning.workers import PAIR, job, linux, parent


@linux
@pytest.mark.faults
def test_a_child_killed_in_the_middle_of_a_step_fails_it_and_the_next_one_starts_anew(
    working, hanging, save
):
    one = working(hanging.name)
    future = one.submit(job(save))
    pid = hanging.wait()
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(StoreError, match=r"the learning process ended \(exit code -9\)"):
        future.result(PATIENCE_S)
    assert not runs(pid)
    assert save.unlearned(*PAIR), "nothing of the step was stored"
    one._spec = Worker(save, one._game, LearnSettings(), None)._spec
    assert one.submit(job(save)).result(PATIENCE_S).learned == 1
    counts = dict(one.figures)
    assert counts.pop("seconds") > 0.0
    assert counts == {
        **{"queued": 0, "submitted": 2, "done": 1, "failed": 1, "refused": 0},
        **{"started": 2, "crashed": 1},
    }


@linux
def test_closing_gives_up_what_hangs_and_fails_what_waits(working, hanging, save):
    one = working(hanging.name)
    futures = [one.submit(job(save)) for _ in range(3)]
    pid = hanging.wait()
    one.close(timeout_s=0.2)
    for future in futures:
        assert isinstance(future.exception(PATIENCE_S), StoreError)
    assert "closed before" in str(futures[2].exception())
    assert not runs(pid)
    late = one.submit(job(save))
    assert "closed" in str(late.exception(PATIENCE_S))
    one.close()


@linux
def test_closing_while_the_child_is_being_started_leaves_none(working, save, monkeypatch):
    begun, closed, made = Event(), Event(), []

    class Late(LearningProcess):
        def __init__(self):
            begun.set()
            closed.wait()
            super().__init__()
            made.append(self.pid)

    monkeypatch.setattr("astraweave.learning.worker.LearningProcess", Late)
    one = working()
    future = one.submit(job(save))
    begun.wait()
    one.close(timeout_s=0.05)
    closed.set()
    assert "closed before" in str(future.exception(PATIENCE_S))
    assert not runs(*made)


def test_closing_finishes_what_is_queued(working, save, fight):
    one = working()
    first = one.submit(job(save))
    save.write(fight(2))
    second = one.submit(job(save))
    one.close(timeout_s=PATIENCE_S)
    assert first.done()
    assert second.done()
    assert first.result().learned + second.result().learned == 2


def test_a_full_queue_refuses_at_once_and_counts(working, hanging, save):
    one = working(hanging.name)
    running = one.submit(job(save))
    hanging.wait()
    waiting = [one.submit(job(save)) for _ in range(QUEUE_LENGTH)]
    refused = one.submit(job(save))
    assert refused.done()
    assert f"{QUEUE_LENGTH} steps of learning wait already" in str(refused.exception())
    assert one.figures["refused"] == 1
    assert waiting[0].cancel()
    hanging.hangs.unlink()
    assert running.result(PATIENCE_S).learned == 1
    assert all(f.result(PATIENCE_S).learned == 0 for f in waiting[1:])
    with pytest.raises(CancelledError):
        waiting[0].result()


def test_a_step_that_takes_too_long_is_ended(working, hanging, save):
    one = working(hanging.name, job_timeout_s=0.5)
    assert "took over 0.5 s" in str(one.submit(job(save)).exception(PATIENCE_S))
    assert one._child is not None
    assert not one._child.alive


def test_what_the_child_prints_goes_nowhere_but_its_last_words(working, save, loud, capfd):
    error = working(loud("import os; os._exit(7)")).submit(job(save)).exception(PATIENCE_S)
    assert isinstance(error, StoreError)
    assert "exit code 7" in str(error)
    assert "the last words" in str(error)
    assert capfd.readouterr() == ("", "")


def test_an_environment_that_cannot_be_made_rejects_the_change_and_loses_nothing(
    working, save, loud, capfd
):
    report = working(loud("raise RuntimeError('no game')")).submit(job(save)).result(PATIENCE_S)
    assert report.learned == 1
    assert not report.verdict.approved
    assert "cannot make the environment" in report.verdict.reason
    assert "no game" in report.verdict.reason
    assert capfd.readouterr() == ("", "")


@linux
@pytest.mark.faults
def test_a_child_whose_parent_was_killed_ends_in_the_middle_of_its_step(tmp_path, hanging):
    game = parent(tmp_path, hanging.name, "import time; time.sleep(6000)")
    pid = hanging.wait()
    assert runs(pid)
    game.kill()
    game.communicate(timeout=PATIENCE_S)
    assert until(lambda: not runs(pid))


@linux
def test_a_game_that_forgets_to_close_leaves_no_process_and_no_warning(tmp_path, hanging):
    then = f"import time\nwhile not os.path.exists({str(hanging.begun)!r}): time.sleep(.02)"
    game = parent(tmp_path, hanging.name, then)
    _, said = game.communicate(timeout=PATIENCE_S)
    assert (game.returncode, said) == (0, "")
    assert until(lambda: not runs(hanging.wait()))


def test_a_program_that_has_no_interpreter_to_start_learns_in_a_thread(monkeypatch, working, save):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert not can_start()
    one = working()
    assert one.submit(job(save)).result(PATIENCE_S).learned == 1
    assert one.figures["started"] == 0


def test_a_save_that_was_moved_away_is_said_and_not_made_anew(working, save, tmp_path):
    gone = Job(path=str(tmp_path / "elsewhere.db"), pairs=(PAIR,), seed=1, now=0.0)
    assert "the save is gone" in str(working().submit(gone).exception(PATIENCE_S))
    assert not (tmp_path / "elsewhere.db").exists()


def test_reports_of_all_pairs_are_told_and_the_last_is_the_result(working, save, fight):
    save.write(fight(2, player_id="kim", id="other"))
    told = []
    one = working(learned=told.append)
    result = one.submit(job(save, (PAIR, ("kim", "mira")))).result(PATIENCE_S)
    assert [report.player_id for report in told[0]] == ["robin", "kim"]
    assert result == told[0][-1]


# -- the child's side, in this process ---------------------------------------------------------


def test_a_bad_order_is_an_answer_and_the_next_one_is_carried_out():
    lines, said = [b"{}\n", b"not json\n", b""], []
    serve(iter(lines).__next__, said.append)
    assert len(said) == 2
    assert all(b'"error":"ValidationError' in s or b"DecodeError" in s for s in said)
    assert "ValidationError" in (answer_to(b"{}").error or "")


def test_a_child_that_is_asked_after_its_end_says_so():
    process = LearningProcess()
    assert process.alive
    process.end()
    assert not process.alive
    with pytest.raises(StoreError, match="ended"):
        process.ask(b"{}", 5.0)
