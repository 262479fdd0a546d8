"""An esper game as a sandbox: the same play in this process and in another."""

import copy
import importlib
import os
import subprocess
import sys
import textwrap

import esper
import pytest

from astraweave.ecs.environment import EsperEnvironment, EsperGame
from astraweave.errors import EnvironmentFailure, UsageError
from astraweave.model.ports import OUTCOMES, Environment
from astraweave.testing import check_environment
from tests.ecs import esper_games as games
from tests.ecs.esper_games import PLAN, episode, worlds


@pytest.fixture
def kept():
    """A host with something in its world; as it was afterwards."""
    esper.create_entity(games.At(3.0))
    esper.add_processor(games.Walk())
    handler = lambda *_: None  # noqa: E731  # esper holds it weakly
    esper.set_handler("bite", handler)
    before = worlds()
    yield
    assert worlds() == before
    assert handler is not None


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("own_process", [True, False])
def test_it_keeps_what_the_sandbox_relies_on(own_process):
    def make():
        return EsperEnvironment(games.Sheepfold, own_process=own_process)

    assert isinstance(make(), Environment)
    checked = check_environment(make, games.FIELD)
    assert checked.events["bite"] > 0


@pytest.mark.usefixtures("kept")
def test_here_and_in_another_process_the_play_is_the_same_and_the_host_is_left_alone():
    here = EsperEnvironment(games.Sheepfold, own_process=False)
    there = EsperEnvironment(games.Sheepfold)
    for seed in (0, 3, 2**53):
        assert episode(here, seed) == episode(there, seed)
    assert here.content_hash() == there.content_hash()
    here.close()


def test_an_action_begins_runs_on_is_interrupted_and_says_how_well_it_went():
    env = EsperEnvironment(games.Sheepfold, own_process=False)
    env.reset(games.FIELD, 1)
    log = env._stage._game.log
    said = [env.step(action) for action in ("chase", "chase", "chase", "shut", "bark", None)]
    assert [(s.status, s.effectiveness) for s in said] == [
        *((1, None), (2, 0.9), (1, None), (1, None), (2, None), (0, None)),
    ]
    assert log == ["chase", "chase", "~chase", "shut", "~shut"]
    env.close()


def test_the_end_stays_the_end_and_what_is_not_said_of_the_outcome_is_filled_in():
    env = EsperEnvironment(games.Sheepfold)
    said, outcome = episode(env, 2)
    assert said[-1].done
    assert env.step("chase") == (said[-1].facts, 0, None, (), True)
    assert env.outcome() == outcome
    assert set(outcome) == set(OUTCOMES)
    assert outcome["seconds"] == pytest.approx((len(said) - 1) * 0.25, abs=0.25)


def test_two_at_once_do_not_meet():
    for own_process in (True, False):
        one, two = (EsperEnvironment(games.Sheepfold, own_process=own_process) for _ in "12")
        alone = episode(one, 1)[0], episode(one, 5)[0]
        first, second = [one.reset(games.FIELD, 1)], [two.reset(games.FIELD, 5)]
        for step in range(8):
            first.append(one.step(PLAN[step % len(PLAN)]))
            second.append(two.step(PLAN[step % len(PLAN)]))
        assert (first, second) == (alone[0][:9], alone[1][:9])
        one.close()
        two.close()


def test_a_copy_plays_an_episode_of_its_own_in_the_process_that_is_free():
    env = EsperEnvironment(games.Sheepfold)
    env.reset(games.FIELD, 1)
    other = copy.deepcopy(env)
    assert episode(other, 5) == episode(EsperEnvironment(games.Sheepfold, own_process=False), 5)
    assert env.step(None).facts != {}
    env.close()


def script(root, tmp_path, last):
    """A game in a script, which plays an episode when it is started."""
    path = tmp_path / "lone.py"
    path.write_text(
        textwrap.dedent(
            f"""
            from astraweave.ecs.environment import EsperEnvironment
            from tests.ecs.esper_games import FIELD, Sheepfold

            class Lone(Sheepfold):
                dt = 0.1

            def main():
                env = EsperEnvironment(Lone)
                env.reset(FIELD, 1)
                print("seconds", env.step_seconds, env.step("bark").facts["gap"] > 0)

            {last}
            """
        ),
        "utf-8",
    )
    env = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.run(
        [sys.executable, path], capture_output=True, text=True, timeout=600, env=env, check=False
    )


def test_a_game_may_be_in_the_script_that_is_started(root, tmp_path):
    done = script(root, tmp_path, 'if __name__ == "__main__": main()')
    assert (done.stdout, done.stderr) == ("seconds 0.5 True\n", "")


def test_a_script_that_plays_when_it_is_loaded_is_told_so(root, tmp_path):
    done = script(root, tmp_path, "main()")
    assert done.returncode == 1
    assert "keep what plays under `if __name__ == '__main__':`" in done.stderr.splitlines()[-1]


def test_a_module_beside_the_game_is_part_of_it(tmp_path, monkeypatch):
    """In its hash, and in that of the process that plays, which will have no other one."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    text = "import beside\nfrom tests.ecs.esper_games import Sheepfold\nclass {}(Sheepfold): pass\n"
    (tmp_path / "beside.py").write_text("GAIN = 1\n", "utf-8")
    for name in ("first", "second"):
        (tmp_path / f"{name}_fold.py").write_text(text.format("Fold"), "utf-8")
    try:
        env = EsperEnvironment(importlib.import_module("first_fold").Fold)
        before = env.content_hash()
        assert episode(env, 1)[0]
        (tmp_path / "beside.py").write_text("GAIN = 3.0\n", "utf-8")
        assert env.content_hash() == before
        stale = EsperEnvironment(importlib.import_module("second_fold").Fold)
        with pytest.raises(EnvironmentFailure, match="has changed on disk since it was loaded"):
            stale.reset(games.FIELD, 1)
    finally:
        for name in ("first_fold", "second_fold", "beside"):
            sys.modules.pop(name, None)
    program = "from first_fold import Fold\nfrom astraweave.ecs.environment import *\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}print(EsperEnvironment(Fold).content_hash())"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    assert len(done.stdout.strip()) == len(before)
    assert done.stdout.strip() != before


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: EsperEnvironment(dict), "derive it from EsperGame"),
        (lambda: EsperEnvironment(games.Sheepfold, step_s=0.0), "step_s must be above 0"),
        (lambda: EsperEnvironment(games.Sheepfold, episode_s=float("nan")), "episode_s must be"),
        (lambda: EsperEnvironment(type("Never", (EsperGame,), {"ticks": 0})), "ticks must be"),
        (lambda: EsperEnvironment(type("Frozen", (EsperGame,), {"dt": 0.0})), "dt must be above"),
        (lambda: EsperEnvironment(games.Sheepfold).step(None), "reset first"),
        (lambda: EsperEnvironment(games.Sheepfold, own_process=False).step(None), "reset first"),
    ],
)
def test_what_is_no_game_is_refused(make, said):
    with pytest.raises(UsageError, match=said):
        make()


def test_a_game_that_no_other_process_finds_plays_here():
    class Hidden(games.Sheepfold):
        pass

    with pytest.raises(UsageError, match="top of a file, or give own_process=False"):
        EsperEnvironment(Hidden)
    env = EsperEnvironment(Hidden, own_process=False)
    assert episode(env, 1) == episode(EsperEnvironment(games.Sheepfold, own_process=False), 1)
    env.close()
