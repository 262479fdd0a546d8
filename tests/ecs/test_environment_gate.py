"""The gate over an esper game: what learning makes of its verdicts."""

import itertools

import esper
import numpy as np
import pytest

import astraweave as aw
from astraweave import sandbox
from astraweave.ecs.environment import EsperEnvironment
from astraweave.errors import EnvironmentFailure
from astraweave.sandbox.hands import processes
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


SMALL = aw.GateSettings(p0=0.3, alpha=0.3, beta=0.3, first_pairs=16, max_pairs=16)


@pytest.fixture
def tree(tmp_path):
    path = tmp_path / "dog.xml"
    path.write_text(TREE, "utf-8")
    return aw.load_tree(path)


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


def test_the_gate_names_scenario_seed_and_step(tree):
    env = sandbox.vectorised(EsperEnvironment(games.Ends, step_s=600.0))
    weights = aw.WeightSet(version=0, weights=dict.fromkeys(tree.tactics, 1.0))
    policy, seeds = sandbox.policy_of(env, tree, weights), np.array([3, 17], dtype=np.int64)
    with pytest.raises(EnvironmentFailure) as caught:
        sandbox.play(env, policy, games.FIELD, seeds)
    said = "scenario field, seed 17, step 3: the environment ended its process: exit code 9"
    assert said in str(caught.value)


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


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        ('<Condition ID="near"/>', "cannot call a Python condition, got near; write it as"),
        (
            "<Script code=\"mood := 'calm'\"/>",
            "Sequence/Script: code: kernels compute with numbers only",
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


@pytest.mark.compiled
@pytest.mark.slow
@pytest.mark.parametrize("game", [games.Loops, games.Crashes, games.Sheepfold])
def test_workers_give_the_verdict_of_one_process(tree, game):
    weights = aw.WeightSet(version=0, weights=dict.fromkeys(tree.tactics, 1.0))

    def verdict(hands):
        return sandbox.validate(
            EsperEnvironment(game, step_s=1.0),
            tree,
            weights,
            weights,
            scenarios=games.Sheepfold.scenarios,
            reward=lambda outcomes: outcomes[:, 0],
            span=1.0,
            settings=SMALL,
            hands=hands,
        )

    with processes(2) as hands:
        there, here = verdict(hands), verdict(None)
    assert (there.step, there.reason) == (here.step, here.reason)
    if here.step != "environment":
        assert there == here
