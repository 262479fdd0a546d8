"""Whatever goes wrong in an esper game ends in a sentence, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import esper
import pytest

from astraweave.ecs import stage_process
from astraweave.ecs.environment import EsperEnvironment
from astraweave.errors import EnvironmentFailure
from tests.children import PATIENCE_S, runs, until
from tests.ecs import esper_games as games
from tests.ecs.esper_games import episode, worlds

EVERYWHERE = {
    "Raises": "raised ValueError: the pond is dry (esper_games.py:",
    "Exits": "raised SystemExit: 3",
    "Starves": "raised MemoryError",
    "LeavesEntity": "changed another world: 'default' had 0 entities, has 5",
    "LeavesProcessor": "added the processor Walk in another world, 'default'",
    "LeavesHandler": "left 5 event handlers in another world, 'default'",
    "LeavesWorld": "left a world 'cellar' behind",
    "GoesAway": "left esper in the world 'default', not in its own",
    "CannotBegin": "raised RuntimeError: no meadow",
    "Lists": "must give numbers as facts, gave [1.0, 1.0, 1.0] for gap",
    "SensesNothing": "must give facts as a mapping, gave NoneType",
    "Boasts": "must give numbers as an outcome, gave 1000000",
    "Mute": "raised TypeError: Can't instantiate abstract class Mute",
}


# In order: processes that share tests out must name them alike.
TAKEN_THERE = ("Raises", "Starves", "LeavesProcessor", "Lists")
IN_THE_HOST = {"LeavesEntity", "LeavesProcessor", "LeavesHandler"}
OUTSIDE = {
    "Ends": "ended its process: exit code 9",
    "Crashes": "ended its process: SIG",
    "Loops": "hung: no answer in 1 s (esper_games.py:",
    "LoopsInC": "hung: no answer in 1 s (esper_games.py:",
    "LeavesThread": "left a thread running when the episode ended, Thread (sleep)",
    "Shouts": "raised ValueError: ? wolf ? wolf",
}


def failure(env, seed=7, before=None):
    with pytest.raises(EnvironmentFailure) as caught:
        episode(env, seed, before=before)
    env.close()
    return caught.value.what


@pytest.fixture(scope="module")
def told():
    """What is said of accidents in processes of their own; side by side, for they take time."""
    with ThreadPoolExecutor(3) as pool:
        return dict(pool.map(there, [*TAKEN_THERE, *OUTSIDE]))


def there(name):
    env = EsperEnvironment(getattr(games, name), step_s=PATIENCE_S, episode_s=PATIENCE_S)

    def tighten(step):
        # A slow machine may need long for any step; only the one that hangs is to take too long.
        if step == 3 and "hung" in OUTSIDE.get(name, ""):
            env._limits = (True, 1.0, PATIENCE_S)

    return name, failure(env, before=tighten)


@pytest.mark.parametrize("name", [*TAKEN_THERE, *OUTSIDE])
def test_whatever_goes_wrong_is_said_in_a_sentence(told, name):
    assert (EVERYWHERE | OUTSIDE)[name] in told[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(EVERYWHERE.keys() - TAKEN_THERE))
def test_the_rest_of_it_too(name):
    assert EVERYWHERE[name] in there(name)[1]


@pytest.mark.parametrize("name", EVERYWHERE)
def test_in_this_process_it_is_said_in_the_same_words(told, name):
    before = worlds()
    said = failure(EsperEnvironment(getattr(games, name), own_process=False))
    assert EVERYWHERE[name] in said
    assert said == told.get(name, said)
    assert esper.current_world == before[0]
    if name in IN_THE_HOST:
        esper.switch_world("default")
        esper.clear_database()
        esper._processors.clear()
        esper._processors_dict.clear()
        games.LOST.clear()
        esper.switch_world(before[0])
    assert worlds() == before


def test_an_episode_has_a_limit_of_its_own():
    env = EsperEnvironment(games.Slow, episode_s=0.5)
    assert failure(env).startswith("hung: the episode took more than 0.5 s")


def gone(pid, within_s=PATIENCE_S):
    """Whether a process ends."""
    return until(lambda: not runs(pid), within_s)


def test_a_process_that_rests_ends(monkeypatch):
    monkeypatch.setattr(stage_process, "REST_S", 0.2)
    env = EsperEnvironment(games.Sheepfold)
    env.reset(games.FIELD, 2)
    pid = env._process.pid
    while not env.step("shut").done:
        pass
    assert gone(pid)
    episode(env, 2)


def test_a_game_that_comes_back_twice_is_one():
    env = EsperEnvironment(games.Forks)
    assert episode(env, 7) == episode(EsperEnvironment(games.Sheepfold), 7)
    assert episode(env, 8) == episode(EsperEnvironment(games.Sheepfold), 8)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_what_a_game_started_ends_with_it_and_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setenv(games.HELPERS, str(tmp_path / "pids"))
    assert "ended its process: exit code 9" in failure(EsperEnvironment(games.EndsWithChildren))
    helper, forked = map(int, (tmp_path / "pids").read_text("ascii").split())
    assert gone(helper)
    # That one has left the group, and holds on to whatever was open: nobody waits for it.
    assert not gone(forked, 0.2)
    os.kill(forked, signal.SIGKILL)


def test_a_thread_that_outlives_an_unfinished_episode_is_found_at_the_next():
    env = EsperEnvironment(games.LeavesThread)
    env.reset(games.FIELD, 7)
    for _ in range(6):
        env.step(None)
    with pytest.raises(
        EnvironmentFailure, match="left a thread running in the episode before this one"
    ):
        env.reset(games.FIELD, 8)
    env.close()


HANGS = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may ignore it
from astraweave.ecs.environment import EsperEnvironment
from tests.ecs import esper_games as games
env = EsperEnvironment(games.Loops, step_s=6000.0, episode_s=6000.0)
env.reset(games.FIELD, 7)
print(env._process.pid, flush=True)
while True:
    env.step(None)
"""


def pressed(game, how):
    """What a stopped program says; Python may lose a Ctrl-C in a callback, so three at most."""
    try:
        for _ in range(3):
            game.send_signal(how)
            with suppress(subprocess.TimeoutExpired):
                return game.communicate(timeout=60)[1]
        pytest.fail("it goes on")
    finally:
        game.kill()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_ctrl_c_and_a_killed_host_leave_no_process(root, how):
    env = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", HANGS]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=env, **pipes) as game:
        pid = game.stdout.readline()
        assert pid, game.communicate()[1]
        pid = int(pid)
        time.sleep(0.3)
        said = pressed(game, how)
    assert gone(pid)
    if how is signal.SIGINT:
        assert "KeyboardInterrupt" in said


WAITS = """
import time
from astraweave.ecs.environment import EsperEnvironment
from tests.ecs import esper_games as games
env = EsperEnvironment(games.StartsHelper)
env.reset(games.FIELD, 7)
for _ in range(5):
    env.step(None)
print(env._process.pid, flush=True)
time.sleep(6000.0)
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_a_killed_host_leaves_nothing_of_what_its_game_started(root, tmp_path):
    pids = tmp_path / "pids"
    env = {**os.environ, "PYTHONPATH": str(root), games.HELPERS: str(pids)}
    command = [sys.executable, "-c", WAITS]
    game = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
    pid, helper = int(game.stdout.readline()), int(pids.read_text("ascii"))
    game.kill()
    game.communicate()
    assert gone(pid)
    assert gone(helper)
