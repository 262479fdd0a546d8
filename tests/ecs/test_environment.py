"""An esper game as a sandbox: the same play anywhere; what goes wrong ends in a sentence."""

import copy
import itertools
import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import esper
import numpy as np
import pytest

import astraweave as aw
from astraweave import sandbox
from astraweave.ecs import stage_process
from astraweave.ecs.environment import EsperEnvironment, EsperGame
from astraweave.errors import EnvironmentFailure, UsageError
from astraweave.model.ports import OUTCOMES, Environment
from astraweave.testing import check_environment
from tests.ecs import esper_games as games

TREE = """<root BTCPP_format="4" main_tree_to_execute="Dog">
  <BehaviorTree ID="Dog">
    <WeightedFallback name="tactics">
      <Action ID="chase" _skipIf="gap &gt; 6"/>
      <Action ID="shut"/>
      <Action ID="bark"/>
    </WeightedFallback>
  </BehaviorTree>
</root>
"""
PLAN = ("chase", "chase", None, "shut", "shut", "bark")
SMALL = aw.GateSettings(p0=0.3, alpha=0.3, beta=0.3, first_pairs=16, max_pairs=16)

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
}
OUTSIDE = {
    "Ends": "ended its process: exit code 9",
    "Crashes": "ended its process: SIG",
    "Loops": "hung: no answer in 1 s (esper_games.py:",
    "LoopsInC": "hung: no answer in 1 s (esper_games.py:",
}


def episode(env, seed, steps=60):
    """All that is said of an episode."""
    said = [env.reset(games.FIELD, seed)]
    for step in range(steps):
        said.append(env.step(PLAN[step % len(PLAN)]))
        if said[-1].done:
            break
    return said, env.outcome()


def failure(env, seed=7):
    with pytest.raises(EnvironmentFailure) as caught:
        episode(env, seed)
    env.close()
    return caught.value.what


def host():
    """The worlds of this process, with all that is in them."""
    current = esper.current_world
    found = {}
    for world in esper.list_worlds():
        esper.switch_world(world)
        components = {e: esper.components_for_entity(e) for e in list(esper._entities)}
        handlers = {name: len(held) for name, held in esper.event_registry.items()}
        found[world] = components, list(esper._processors), handlers
    esper.switch_world(current)
    return current, found


@pytest.fixture
def kept():
    """A host with something in its world; as it was afterwards."""
    esper.create_entity(games.At(3.0))
    esper.add_processor(games.Walk())
    handler = lambda *_: None  # noqa: E731  # esper holds it weakly
    esper.set_handler("bite", handler)
    before = host()
    yield
    assert host() == before
    assert handler is not None


@pytest.fixture(scope="module")
def told():
    """What is said of each accident in a process of its own; side by side, for they take time."""

    def play(name):
        return name, failure(EsperEnvironment(getattr(games, name), step_s=1.0))

    with ThreadPoolExecutor(4) as pool:
        return dict(pool.map(play, [*EVERYWHERE, *OUTSIDE]))


@pytest.fixture
def tree(tmp_path):
    path = tmp_path / "dog.xml"
    path.write_text(TREE, "utf-8")
    return aw.load_tree(path)


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


@pytest.mark.parametrize("name", [*EVERYWHERE, *OUTSIDE])
def test_whatever_goes_wrong_is_said_in_a_sentence(told, name):
    assert (EVERYWHERE | OUTSIDE)[name] in told[name]


@pytest.mark.parametrize("name", ["Raises", "Exits", "Starves", "LeavesWorld", "CannotBegin"])
def test_in_this_process_it_is_said_in_the_same_words(told, name):
    before = host()
    assert failure(EsperEnvironment(getattr(games, name), own_process=False)) == told[name]
    assert host() == before


@pytest.mark.parametrize("name", ["LeavesEntity", "LeavesProcessor", "LeavesHandler", "GoesAway"])
def test_what_is_left_in_the_hosts_world_is_found_there_too(told, name):
    before = esper.current_world
    assert failure(EsperEnvironment(getattr(games, name), own_process=False)) == told[name]
    assert esper.current_world == before
    esper.switch_world("default")
    esper.clear_database()
    esper.remove_processor(games.Walk)
    games.LOST.clear()
    esper.switch_world(before)


def test_the_gate_names_scenario_seed_and_step(tree):
    env = sandbox.vectorised(EsperEnvironment(games.Loops, step_s=0.5))
    weights = aw.WeightSet(version=0, weights=dict.fromkeys(tree.tactics, 1.0))
    policy, seeds = sandbox.policy_of(env, tree, weights), np.array([3, 17], dtype=np.int64)
    with pytest.raises(EnvironmentFailure) as caught:
        sandbox.play(env, policy, games.FIELD, seeds)
    said = "scenario field, seed 17, step 3: the environment hung: no answer in 0.5 s"
    assert said in str(caught.value)


def test_an_episode_has_a_limit_of_its_own():
    env = EsperEnvironment(games.Slow, episode_s=0.5)
    assert failure(env).startswith("hung: the episode took more than 0.5 s")


def test_learning_rejects_what_cannot_be_proved_and_learns_from_the_episodes(tree):
    with aw.open_memory(":memory:") as memory:
        learner = attached(memory, tree, EsperEnvironment(games.RaisesAtOnce))
        report = played(learner)
        learner.close()
    assert report.episodes == 2
    assert not report.verdict.approved
    assert report.verdict.step == "environment"
    assert "scenario field, seed" in report.verdict.reason
    assert "the environment raised ValueError: the pond is dry" in report.verdict.reason


@pytest.mark.compiled
def test_learning_proves_a_change_in_the_game_itself(tree):
    with aw.open_memory(":memory:") as memory:
        learner = attached(memory, tree, "tests.ecs.esper_games:make")
        verdict = played(learner).verdict
        learner.close()
    assert verdict.proof == "simulated"
    assert verdict.step != "environment", verdict.reason
    assert verdict.episodes > 16


def attached(memory, tree, environment):
    return aw.attach(
        memory,
        tree,
        actions=games.Sheepfold.vocabulary,
        facts=games.Sheepfold.facts,
        seed=1,
        environment=environment,
        gate=SMALL,
        clock=itertools.count(0.0, 0.05).__next__,
    )


def played(learner):
    """Two episodes in which chasing was worth more than all else, and a step of learning."""
    tree = learner.game.tree
    tree.action("chase")(lambda who, facts: aw.Result("success", effectiveness=1.0))
    tree.action("shut")(lambda who, facts: aw.Result("success", effectiveness=0.0))
    learner.sense(lambda who: {"gap": 5.0, "shut": 0.0})
    dog, me = esper.create_entity(aw.Companion("dog")), esper.create_entity(aw.Player("tam"))
    for _ in range(2):
        learner.begin(dog, "combat", player=me)
        for _ in range(600):
            esper.process()
        learner.end(dog, success=0.5)
    return learner.learn()


def test_a_copy_plays_an_episode_of_its_own_in_the_process_that_is_free():
    env = EsperEnvironment(games.Sheepfold)
    env.reset(games.FIELD, 1)
    other = copy.deepcopy(env)
    assert episode(other, 5) == episode(EsperEnvironment(games.Sheepfold, own_process=False), 5)
    assert env.step(None).facts != {}
    env.close()


def test_a_process_that_rests_ends(monkeypatch):
    monkeypatch.setattr(stage_process, "REST_S", 0.2)
    env = EsperEnvironment(games.Sheepfold)
    env.reset(games.FIELD, 2)
    pid = env._process.pid
    while not env.step("shut").done:
        pass
    assert gone(pid)
    episode(env, 2)


def gone(pid, within_s=8.0):
    """Whether a process ends."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


HANGS = """
from astraweave.ecs.environment import EsperEnvironment
from tests.ecs import esper_games as games
env = EsperEnvironment(games.Loops, step_s=60.0, episode_s=60.0)
env.reset(games.FIELD, 7)
print(env._process.pid, flush=True)
while True:
    env.step(None)
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_ctrl_c_and_a_killed_host_leave_no_process(root, how):
    env = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", HANGS]
    game = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    )
    pid = int(game.stdout.readline())
    time.sleep(0.3)
    game.send_signal(how)
    _, said = game.communicate(timeout=20)
    assert gone(pid)
    if how is signal.SIGINT:
        assert "KeyboardInterrupt" in said


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
        [sys.executable, path], capture_output=True, text=True, timeout=60, env=env, check=False
    )


def test_a_game_may_be_in_the_script_that_is_started(root, tmp_path):
    done = script(root, tmp_path, 'if __name__ == "__main__": main()')
    assert (done.stdout, done.stderr) == ("seconds 0.5 True\n", "")


def test_a_script_that_plays_when_it_is_loaded_is_told_so(root, tmp_path):
    done = script(root, tmp_path, "main()")
    assert done.returncode == 1
    assert "keep what plays under `if __name__ == '__main__':`" in done.stderr.splitlines()[-1]


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


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        ('<Condition ID="near"/>', "cannot call a Python condition, got near; write it as"),
        (
            "<Script code=\"mood := 'calm'\"/>",
            "Sequence/Script: the batch engine does not play such a node",
        ),
    ],
)
def test_a_tree_that_the_sandbox_cannot_play_is_rejected_in_one_line(tmp_path, guard, said):
    path = tmp_path / "dog.xml"
    body = TREE.replace("<WeightedFallback", f"<Sequence>{guard}<WeightedFallback")
    path.write_text(body.replace("</WeightedFallback>", "</WeightedFallback></Sequence>"), "utf-8")
    tree = aw.load_tree(path)
    if tree.conditions:
        tree.condition("near")(lambda who, facts: facts["gap"] < 9.0)
    with aw.open_memory(":memory:") as memory:
        verdict = played(attached(memory, tree, "tests.ecs.esper_games:make")).verdict
    assert (verdict.approved, verdict.step, verdict.episodes) == (False, "static", 0)
    assert said in verdict.reason
    assert "dog.xml:" in verdict.reason
    assert "\n" not in verdict.reason
