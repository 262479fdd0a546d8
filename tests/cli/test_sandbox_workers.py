"""`sandbox validate --workers | --cluster`: the same bytes, and nothing is left behind."""

import os
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

from astraweave.cli.common import Bar
from tests.sandbox.own_cluster import within

WORKERS = (("--workers", 2), ("--cluster", "local:2"))
STORM = (
    'name = "storm"\ndescription = ""\nthreat = 1.0\nseconds = 5.0\n[ranges]\nwater = [0.0, 1.0]\n'
)


@pytest.fixture
def question(folder):
    """Words of a question about the toy game, in one scenario."""
    (folder / "w.json").write_text('{"help": 1.2}', "utf-8")
    (folder / "storms").mkdir()
    (folder / "storms" / "a.toml").write_text(STORM, "utf-8")
    return ("sandbox", "validate", "boat.xml", "--weights", "w.json", "--scenarios", "storms")


def apart(*words):
    """A command in a process of its own."""
    command = [sys.executable, "-m", "astraweave", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.compiled
@pytest.mark.slow
@pytest.mark.parametrize("game", ["make", "one"])
def test_workers_say_what_one_process_says_byte_for_byte(call, question, game):
    asked = (*question, "--environment", f"toy_game:{game}", "--json", "--no-cache")
    here = call(*asked)
    assert here[0] == 0
    for words in WORKERS:
        assert call(*asked, *words) == here


@pytest.mark.compiled
@pytest.mark.slow
def test_workers_say_what_one_process_says_of_the_reference_game(call, folder):
    (folder / "w.json").write_text('{"heal_player": 1.1}', "utf-8")
    ask = ("sandbox", "validate", "companion.xml", "--weights", "w.json")
    asked = (*ask, "--json", "--no-cache")
    here = call(*asked)
    assert here[1]
    for words in WORKERS:
        assert call(*asked, *words) == here


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--workers", 2, "--cluster", "local:2"), "not allowed with argument --workers"),
        (("--workers", 0), "workers must be 1 to 1,024, got 0"),
        (("--cluster", "local:0"), "workers must be 1 to 1,024, got 0"),
        (("--cluster", "somewhere"), "cluster: no address of a cluster, got somewhere; give tcp:"),
        (("--cluster", ""), "no address of a cluster"),
    ],
)
def test_silly_workers_are_one_line_and_exit_2(call, question, words, said):
    code, out, err = call(*question, "--environment", "toy_game:make", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.slow
def test_nobody_at_the_address_is_one_line_and_exit_2(question):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # and kept, so that nobody else may listen there
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        done = apart(*question, "--environment", "toy_game:make", "--cluster", address)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"astraweave: {address}: no scheduler answers, got ")
    assert done.stderr.count("\n") == 1


@pytest.mark.compiled
@pytest.mark.slow
@pytest.mark.faults
def test_a_game_that_fails_on_workers_is_one_line_each_time(folder, question):
    game = (
        "from toy_game import OneBoat\n\n\nclass Leaks(OneBoat):\n"
        "    def step(self, action):\n        raise ValueError('it leaks')\n"
    )
    (folder / "leaking.py").write_text(game, "utf-8")
    words = (*question, "--environment", "leaking:Leaks", "--no-cache", "--workers", "2")
    for _ in range(3):
        done = apart(*words)
        assert "raised ValueError: it leaks" in done.stderr
        assert done.stderr.count("\n") == 1, done.stderr


@pytest.mark.compiled
@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.skipif(os.name != "posix", reason="a terminal interrupts a whole group of processes")
@pytest.mark.parametrize("words", WORKERS)
def test_ctrl_c_ends_with_the_usual_code_and_leaves_no_worker(folder, question, words):
    asked = (*question, "--environment", "toy_game:slow", *map(str, words))
    command = [sys.executable, "-m", "astraweave", *asked]
    played = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, text=True
    )
    with within(600.0):
        while not (folder / "playing").exists():
            assert played.poll() is None, played.communicate()
            time.sleep(0.05)
        started = psutil.Process(played.pid).children(recursive=True)
        os.killpg(played.pid, signal.SIGINT)  # as a terminal does: workers get it too
        out, err = played.communicate(timeout=600.0)
        _, left = psutil.wait_procs(started, timeout=600.0)
    assert (played.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert len(started) >= 2
    assert left == []


# -- the bar ---------------------------------------------------------------------------------------


def test_the_bar_tells_rate_and_time_left_of_the_stage(capsys):
    now = [0.0]
    bar = Bar(lambda: now[0])
    bar("comparing", 0.0, 1000)
    now[0] = 2.0
    bar("comparing", 0.25, 6000)
    assert capsys.readouterr().err.endswith("comparing · 2,500 episodes/s · at most 6 s left")
    now[0] = 90.0
    bar("comparing", 0.5, 10_000)
    assert capsys.readouterr().err.endswith("comparing · 100 episodes/s · at most 1 min 30 s left")
    now[0] = 7200.0
    bar("comparing", 0.5, 10_000)
    assert capsys.readouterr().err.endswith("comparing · 1 episodes/s · at most 2 h 0 min left")


def test_a_stage_is_timed_from_its_own_beginning(capsys):
    now = [0.0]
    bar = Bar(lambda: now[0])
    bar("safety", 0.0, 0)
    now[0] = 100.0
    bar("comparing", 0.5, 5000)
    now[0] = 101.0
    bar("comparing", 0.75, 5100)
    assert capsys.readouterr().err.endswith("comparing · 100 episodes/s · at most 1 s left")


def test_the_bar_is_drawn_ten_times_a_second_at_most(capsys):
    now = [0.0]
    bar = Bar(lambda: now[0])
    for i in range(1000):
        now[0] = i / 1000.0
        bar("comparing", i / 1000.0, i)
    assert 8 <= capsys.readouterr().err.count("\r") <= 11


def test_the_bar_is_for_terminals_and_says_nothing_where_nothing_is_known(call, question, capsys):
    asked = (*question, "--environment", "toy_game:make", "--json")
    assert call(*asked)[2] == ""
    Bar()("reading", 0.5)
    assert capsys.readouterr().err.endswith(" reading")


def test_the_json_is_the_same_under_a_bar(call, question, monkeypatch):
    asked = (*question, "--environment", "toy_game:make", "--json", "--no-cache")
    _, quiet, _ = call(*asked)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    _, out, err = call(*asked)
    assert out == quiet
    assert "safety of the designer" in err
    assert err.endswith("\r\x1b[K")
