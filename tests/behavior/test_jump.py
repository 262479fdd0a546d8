"""Jump code plays as the scalar engine and the machine do, alone, in crowds and among strangers."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.behavior import BatchTicker, nodes
from astraweave.behavior.flat.jump import Jump
from astraweave.behavior.flat.jump_code import JumpCode
from astraweave.behavior.flat.jump_compile import compile_jump, jump_code
from astraweave.behavior.flat.odds import odds
from astraweave.behavior.flat.parts import Setting
from astraweave.behavior.kernels.jump import tick as kernel_tick
from astraweave.errors import UsageError, WeightsError
from tests.behavior.jump_trees import (
    FACTS,
    MANY,
    STEP_S,
    TEXTS,
    WORLDS,
    World,
    alone,
    logged,
    plant,
    trees,
)

SEEDS = st.integers(-(2**63), 2**63 - 64)
CYCLES = st.lists(st.sampled_from((0.5, 1.0, 2.0, 0.1)), min_size=1, max_size=5)
HOLDS = st.sampled_from((0.0, 0.3, 0.5))
TICKS = 30
LOG = ("step_started", "step_ended", "node", "tactic", "propensity", "available", "result")


@dataclass(frozen=True, eq=False)
class Weighted:
    """What draws need of a program."""

    root: nodes.Node
    tactics: tuple[str, ...]
    designer: np.ndarray


def cycled(cycle, n):
    return np.array([cycle[i % len(cycle)] for i in range(n)])


def both(programs, seeds, factors=None, **more):
    """The same batch through jump code and through the machine."""
    return [
        BatchTicker(programs, seeds, factors, STEP_S, _engine=engine, **more)
        for engine in ("jump", "machine")
    ]


def bare(tree, seeds, factors, hold_steps):
    """Jump code without a `Program`, for all nodes it runs."""
    code = compile_jump(tree.root, FACTS, tree.actions)
    assert isinstance(code, JumpCode)
    which = np.zeros(len(seeds), np.int64)
    jump = Jump([code], seeds, which, Setting(hold_steps, keep_log=True, events=0))
    designer = np.array([weight for node in tree.weighted for weight in node.weights])
    program = Weighted(tree.root, tree.tactics, designer)
    jump.weights(odds(program, factors, len(seeds)))
    return jump


def play(batch, world, agents, ticks=TICKS):
    """Commands, results and tactics of all ticks, int64[ticks, 3, n]."""
    seen = []
    for tick in range(ticks):
        batch.tick(world.rows(agents, tick), world.said(agents, tick), world.over(agents, tick))
        seen.append([batch.commands.copy(), batch.result.copy(), batch.tactic.copy()])
    batch.halt()
    return np.array(seen, np.int64)


def same_log(one, other):
    for name in ("world", *LOG):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


@settings(max_examples=150)
@given(trees(kinds=MANY), SEEDS, WORLDS, CYCLES, HOLDS)
def test_jump_code_and_the_scalar_engine_play_and_log_alike(tree, seed, world, cycle, hold_s):
    agents, factors = [0, 1, 2], cycled(cycle, len(tree.tactics))
    seeds = np.array([seed + agent for agent in agents])
    batch = bare(tree, seeds, factors, round(hold_s / STEP_S))
    seen = play(batch, world, agents)
    for agent in agents:
        scalar, rows = alone(tree, factors, seed + agent, world, agent, TICKS, hold_s)
        commands, roots, tactics = seen[:, :, agent].T.tolist()
        names = [None if tactic < 0 else tree.tactics[tactic] for tactic in tactics]
        assert scalar == list(zip(roots, commands, names, strict=True))
        assert rows == logged(tree, batch.log, agent)


@settings(max_examples=100)
@given(trees(), SEEDS, WORLDS, CYCLES, HOLDS, st.booleans(), st.integers(0, TICKS))
def test_jump_code_and_the_machine_are_one(tree, seed, world, cycle, hold_s, answered, halt):
    agents = list(range(4))
    program = tree.program(FACTS, tree.actions)
    factors = cycled(cycle, 4 * len(tree.tactics)).reshape(4, len(tree.tactics))
    room = 4 * len(program.paths)
    batches = both(program, np.array(agents) + seed, factors, hold_s=hold_s, events=room)
    for tick in range(TICKS):
        said = world.said(agents, tick)
        answers = np.maximum(np.add.outer(said, np.arange(len(tree.actions))) % 4, 1)
        for batch in batches:
            given_ = answers if answered and tree.actions else None
            over = world.over(agents, tick)
            batch.tick(world.rows(agents, tick), said, over, given_)
            if tick == halt:
                batch.halt()
        jump, machine = batches
        assert jump.commands.tolist() == machine.commands.tolist()
        assert jump.result.tolist() == machine.result.tolist()
        assert jump.tactic.tolist() == machine.tactic.tolist()
        for agent in agents:
            assert jump.events_of(agent) == machine.events_of(agent)
    same_log(jump.log, machine.log)


@settings(max_examples=40)
@given(st.lists(trees(3), min_size=2, max_size=6), SEEDS, WORLDS, CYCLES)
def test_many_trees_in_one_batch_play_as_each_does_alone(planted, seed, world, cycle):
    actions = tuple(f"a{i}" for i in range(6))
    programs = [tree.program(FACTS, actions) for tree in planted]
    n = 3 * len(programs)
    seeds, which = np.arange(n) + seed, np.arange(n) % len(programs)
    factors = [cycled(cycle, len(program.tactics)) for program in programs]
    batch = BatchTicker(programs, seeds, factors, STEP_S, which=which)
    seen = play(batch, world, list(range(n)))
    for i, program in enumerate(programs):
        mine = np.flatnonzero(which == i)
        lone = BatchTicker(program, seeds[mine], factors[i], STEP_S)
        assert np.array_equal(play(lone, world, mine.tolist()), seen[:, :, mine])
        for place, agent in enumerate(mine):
            ours, theirs = batch.log.world == agent, lone.log.world == place
            for name in LOG:
                assert (getattr(batch.log, name)[ours] == getattr(lone.log, name)[theirs]).all()


CHOICE = """<ReactiveSequence name="r"><ScriptCondition code="f2 &lt; 0.9"/>
<WeightedFallback name="w"><Action ID="a" _skipIf="f0 &lt; 0.5"/><Action ID="b"/>
<Action ID="c" _skipIf="f1 - f0 &gt; 0.25"/></WeightedFallback></ReactiveSequence>"""
STREET = World([0.0, 0.75, 0.25, 1.0, 0.5, 0.9, 0.1], [1, 2, 1, 1, 3, 1, 2, 1, 1, 1], {3})


def test_an_agent_plays_alike_alone_and_among_a_thousand():
    program = plant(CHOICE).program(FACTS, ("a", "b", "c"))
    seeds, agents = np.arange(1000), list(range(1000))
    crowd = BatchTicker(program, seeds, None, STEP_S, _engine="jump")
    seen = play(crowd, STREET, agents)
    for agent in (0, 1, 500, 999):
        lone = BatchTicker(program, seeds[[agent]], None, STEP_S, _engine="jump")
        assert np.array_equal(play(lone, STREET, [agent])[:, :, 0], seen[:, :, agent])


def test_the_agents_of_a_tree_may_each_have_weights_of_their_own_among_other_trees():
    shapes = [CHOICE, CHOICE.replace('ID="b"', 'ID="b" _skipIf="f0"'), '<Action ID="a"/>']
    programs = [plant(shape).program(FACTS, ("a", "b", "c")) for shape in shapes]
    which = np.array([0, 1, 2, 0, 1])
    table = np.array([[1, 2, 3], [3, 2, 1], [1, 1, 1], [0.1, 5, 1], [9, 1, 4]], np.float64)
    batch = BatchTicker(programs, np.arange(5), table, STEP_S, which=which)
    seen = play(batch, STREET, list(range(5)))
    for agent, (tree, row) in enumerate(zip(which, table, strict=True)):
        own = row[: len(programs[tree].tactics)]
        lone = BatchTicker(programs[tree], np.array([agent]), own, STEP_S)
        assert np.array_equal(play(lone, STREET, [agent])[:, :, 0], seen[:, :, agent])


def test_the_log_grows_without_losing_a_row():
    program = plant(CHOICE).program(FACTS, ("a", "b", "c"))
    jump, machine = both(program, np.arange(500), hold_s=0.0)
    for batch in (jump, machine):
        play(batch, STREET, list(range(500)))
    assert len(jump.log.world) > 4 * 1024
    same_log(jump.log, machine.log)
    silent = BatchTicker(program, np.arange(500), None, STEP_S, hold_s=0.0, keep_log=False)
    loud = BatchTicker(program, np.arange(500), None, STEP_S, hold_s=0.0)
    assert np.array_equal(*(play(batch, STREET, list(range(500))) for batch in (silent, loud)))
    assert len(silent.log.world) == 0


def test_neither_new_weights_nor_another_tree_compile_anything():
    program = plant(CHOICE).program(FACTS, ("a", "b", "c"))
    batch = BatchTicker(program, np.arange(4), None, STEP_S, _engine="jump")
    play(batch, STREET, [0, 1, 2, 3])
    compiled = len(getattr(kernel_tick, "signatures", ()))
    batch.weights(np.array([0.5, 2.0, 1.0]))
    play(batch, STREET, [0, 1, 2, 3])
    batch.weights(np.ones((4, 3)))
    play(batch, STREET, [0, 1, 2, 3])
    other = plant('<Fallback><Action ID="a" _skipIf="f0 * f1"/><Action ID="b"/></Fallback>')
    program = other.program(FACTS, ("a", "b"))
    play(BatchTicker(program, np.arange(2), None, STEP_S, _engine="jump"), STREET, [0, 1])
    assert len(getattr(kernel_tick, "signatures", ())) == compiled


def test_a_choice_among_64_with_many_tests_is_the_machine_s():
    # More tests than 64 bits hold, and guards whose terms multiply: what is left is computed.
    kinds = [
        f"f0 &gt; 0.{i:02d} || f1 &lt; 0.{99 - i:02d} &amp;&amp; f2 != 0.{i:02d}" for i in range(60)
    ]
    pair = " &amp;&amp; ".join(f"(f0 &gt; 0.{i} || f1 &lt; 0.{i})" for i in range(1, 9))
    guards = [*kinds, pair, "f0 &gt; 1 &amp;&amp; f0 &lt; 0", "true", "false"]
    children = "".join(f'<Action ID="a{i}" _skipIf="{guard}"/>' for i, guard in enumerate(guards))
    tree = plant(f'<WeightedFallback name="w">{children}</WeightedFallback>')
    program = tree.program(FACTS, tree.actions)
    assert isinstance(jump_code(program), JumpCode)
    jump, machine = both(program, np.arange(20), hold_s=0.0)
    world = World([i / 37 for i in range(37)], [1, 3, 2])
    assert np.array_equal(*(play(b, world, list(range(20)), 60) for b in (jump, machine)))
    same_log(jump.log, machine.log)


@pytest.mark.parametrize("root", ["Sequence", "Fallback", "ReactiveSequence", "ReactiveFallback"])
def test_a_root_left_active_by_skipped_children_is_entered_without_its_guard(root):
    inner = f'<{root} _skipIf="f1"><Action ID="a" _skipIf="f2"/></{root}>'
    for body in (
        inner,
        f'<Inverter _skipIf="f0"><Inverter _skipIf="f1">{inner}</Inverter></Inverter>',
    ):
        tree = plant(body)
        jump, machine = both(tree.program(FACTS, ("a",)), np.arange(64), events=4)
        bits = [float(b) for b in np.random.default_rng(3).integers(0, 2, 101)]
        world = World(bits, [1, 2, 1, 3])
        seen = play(jump, world, list(range(64)), 60)
        assert np.array_equal(seen, play(machine, world, list(range(64)), 60))
        assert len(np.unique(seen[:, 1])) == 4


def test_a_replay_goes_through_the_machine_and_must_be_one_from_the_start():
    tree = plant('<Fallback><Action ID="a"/><Action ID="b"/></Fallback>')
    program = tree.program(FACTS, ("a", "b"))
    facts, zero = np.ones((1, 3)), np.zeros(1, np.int8)
    skip = np.array([[4, 1]], np.int8)
    batch = BatchTicker(program, zero)
    assert batch.tick(facts, zero, zero, skip)[0] == 1
    batch = BatchTicker(program, zero)
    batch.tick(facts, zero, zero)
    assert batch.tick(facts, zero, zero, np.array([[3, 2]], np.int8))[0] == -1
    assert batch.result[0] == 2
    with pytest.raises(UsageError, match="says SKIPPED"):
        batch.tick(facts, zero, zero, skip)


@pytest.mark.parametrize("status", [-1, 4, 100])
def test_a_status_that_is_none_is_refused_before_any_agent_ticks(status):
    batch = BatchTicker(plant(CHOICE).program(FACTS, ("a", "b", "c")), np.arange(2))
    with pytest.raises(UsageError, match=f"status must be 0 to 3.*got {status}"):
        batch.tick(np.ones((2, 3)), np.array([1, status], np.int8), np.zeros(2, np.bool_))
    assert (batch.tactic == -1).all()


def test_programs_of_one_batch_share_facts_and_actions():
    one, other = plant(CHOICE).program(FACTS, ("a", "b", "c")), plant('<Action ID="a"/>')
    with pytest.raises(UsageError, match="same facts and actions"):
        BatchTicker([one, other.program(FACTS, ("a",))], np.arange(2), which=np.array([0, 1]))
    with pytest.raises(UsageError, match="no program"):
        BatchTicker([], np.arange(2))


@pytest.mark.parametrize("which", [None, [0], [0, 2], [-1, 0], [0.0, 1.0]])
def test_which_says_for_each_agent_one_of_the_programs(which):
    program = plant(CHOICE).program(FACTS, ("a", "b", "c"))
    with pytest.raises(UsageError, match="which must be"):
        BatchTicker([program, program], np.arange(2), which=which)


@pytest.mark.parametrize("factors", [np.ones(3), [np.ones(3)], [np.ones(3), np.ones(2)]])
def test_factors_of_several_programs_are_one_array_each(factors):
    program = plant(CHOICE).program(FACTS, ("a", "b", "c"))
    with pytest.raises(WeightsError, match="factors"):
        BatchTicker([program, program], np.arange(2), factors, which=np.array([0, 1]))


def test_weights_changed_where_they_lie_are_drawn_from_as_they_are_now():
    program = plant(CHOICE).program(FACTS, ("a", "b", "c"))
    factors, designer = np.ones(3), program.designer.copy()
    assert odds(program, factors, 4).tolist() == [designer.tolist()]
    factors[0] = 2.0
    assert odds(program, factors, 4).tolist() == [(designer * factors).tolist()]
    program.designer[1] = 4.0
    assert odds(program, factors, 4).tolist() == [[2.0 * designer[0], 4.0, designer[2]]]


def test_every_script_of_the_random_trees_is_used_in_one_of_them():
    body = "".join(f'<ScriptCondition code="{text}"/>' for text in TEXTS)
    assert isinstance(jump_code(plant(f"<Sequence>{body}</Sequence>").program(FACTS, ())), JumpCode)
