"""The two engines are one meaning: random trees, facts, leaves, weights and seeds."""

from dataclasses import dataclass, field
from itertools import pairwise
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astraweave.behavior import BatchTicker, Status, Tree
from astraweave.behavior.groot.reader import read_tree
from astraweave.behavior.kernels.tick import tick as kernel_tick
from astraweave.errors import UsageError, WeightsError
from astraweave.model.columns import RESULTS

FACTS = ("f0", "f1", "f2")
STEP_S = 0.1
SAID = (Status.RUNNING, Status.SUCCESS, Status.FAILURE, Status.SKIPPED)
COMPOSITES = ("Sequence", "Fallback", "ReactiveSequence", "ReactiveFallback")
SCRIPTS = st.sampled_from(
    ("f0 < 0.5", "f1 >= f0", "!(f0 > 0.3 && f1 < 0.8)", "f2 / f0 > 1", "f0 - f1 == 0", "f2 != 0")
)


@dataclass
class Told:
    """A listener that keeps the log's columns."""

    step: int = 0
    rows: list[list[object]] = field(default_factory=list)

    def chose(self, node, tactic, propensity, available, now_s):
        self.rows.append([self.step, -1, node, tactic, propensity, available, None])

    def ended(self, node, tactic, result, effectiveness, now_s):
        row = next(r for r in reversed(self.rows) if r[2] == node)
        assert row[1] == -1
        assert row[3] == tactic
        row[1], row[6] = self.step, result


@st.composite
def elements(draw, depth=4):
    """XML of a random tree of the subset; leaves and weighted nodes are named by `number`."""
    guard = f" _skipIf={quoteattr(draw(SCRIPTS))}" if draw(st.integers(0, 2)) == 0 else ""
    kind = draw(st.sampled_from((*COMPOSITES, "WeightedFallback", "Inverter", "leaf", "script")))
    if depth == 0 or kind == "leaf":
        return f'<Action ID="@" name="@"{guard}/>'
    if kind == "script":
        return f"<ScriptCondition name='@' code={quoteattr(draw(SCRIPTS))}{guard}/>"
    most = 1 if kind == "Inverter" else 4
    below = draw(st.lists(elements(depth=depth - 1), min_size=1, max_size=most))
    policy = ""
    if kind == "WeightedFallback":
        policy = f' policy="{draw(st.sampled_from(("roulette", "sorted", "ranked")))}"'
    return f'<{kind} name="@"{policy}{guard}>{"".join(below)}</{kind}>'


@st.composite
def trees(draw):
    xml = draw(elements())
    parts = xml.split("@")
    named, number = parts[0], 0
    for part in parts[1:]:
        named += f"n{number}" + part
        # An Action's ID and name are one.
        number += not part.startswith('" name="')
    weights = draw(st.lists(st.sampled_from((0.5, 1.0, 2.0, 0.1)), min_size=1, max_size=5))
    text = f'<root BTCPP_format="4"><BehaviorTree ID="M">{named}</BehaviorTree></root>'
    return Tree(read_tree(text.encode(), "random.xml"), "random.xml"), weights


def said_of(said, seed, tick, action):
    """What an action says: a table that both engines read in the same way."""
    return said[(seed * 7 + tick * 5 + action * 3) % len(said)]


def facts_of(values, tick):
    return [values[(tick * len(FACTS) + i) % len(values)] for i in range(len(FACTS))]


def scalar(tree, factors, seed, said, values, ticks, hold_s):
    """Root, log and tactic of every tick, by the scalar engine, with leaves that answer."""
    now = 0
    for i, name in enumerate(tree.actions):

        def play(_entity, _facts, i=i):
            while (answer := said_of(said, seed, now, i)) is Status.RUNNING:
                yield
            return answer

        tree.action(name)(play)
    told = Told()
    ticker = tree.ticker(seed=seed, listener=told, hold_s=hold_s)
    ticker.weights(dict(zip(tree.tactics, factors, strict=True)))
    seen = []
    for now in range(ticks):
        told.step = now
        facts = dict(zip(FACTS, facts_of(values, now), strict=True))
        seen.append((ticker.tick(facts, now * STEP_S), ticker.tactic))
    told.step = ticks
    ticker.halt()
    return seen, told.rows


def rows_of(tree, batch, world):
    log = batch.log
    mine = log.world == world
    rows = []
    for column in zip(*(c[mine] for c in log), strict=True):
        _, started, ended, node, tactic, propensity, available, result = column
        weighted = tree.weighted[int(node)]
        names = tuple(k for i, k in enumerate(weighted.children) if int(available) >> i & 1)
        rows.append(
            [
                int(started),
                int(ended),
                weighted.name,
                tree.tactics[int(tactic)],
                float(propensity),
                names,
                RESULTS[int(result)],
            ]
        )
    return rows


NUMBERS = st.sampled_from((0.0, 0.25, 0.5, 0.75, 1.0, 1e-9))


@settings(max_examples=150)
@given(
    trees(),
    st.integers(-(2**63), 2**63 - 4),
    st.lists(st.sampled_from(SAID), min_size=3, max_size=11),
    st.lists(NUMBERS, min_size=4, max_size=17),
    st.sampled_from((0.0, 0.3, 0.5)),
)
def test_both_engines_choose_and_log_alike(planted, seed, said, values, hold_s):
    tree, cycle = planted
    ticks, seeds = 25, [seed, seed + 1, seed + 2]
    factors = np.array([cycle[i % len(cycle)] for i in range(len(tree.tactics))])
    program = tree.program(FACTS, tree.actions)
    batch = BatchTicker(program, np.array(seeds, np.int64), factors, STEP_S, hold_s=hold_s)
    results, tactics = [], []
    for tick in range(ticks):
        facts = np.tile(facts_of(values, tick), (3, 1))
        answers = [[said_of(said, s, tick, i) for i in range(len(tree.actions))] for s in seeds]
        answers = np.array(answers, np.int8).reshape(3, len(tree.actions))
        batch.tick(facts, np.zeros(3, np.int8), np.zeros(3, np.bool_), answers)
        results.append(batch.result.copy())
        tactics.append([None if t < 0 else tree.tactics[t] for t in batch.tactic])
    batch.halt()
    for world, own in enumerate(seeds):
        seen, rows = scalar(tree, factors, own, said, values, ticks, hold_s)
        assert [root for root, _ in seen] == [r[world] for r in results]
        assert [tactic for _, tactic in seen] == [t[world] for t in tactics]
        assert rows == rows_of(tree, batch, world)


@settings(max_examples=60)
@given(
    trees(),
    st.integers(0, 2**40),
    st.lists(st.sampled_from((0, 1, 1, 2, 3)), min_size=3, max_size=11),
    st.lists(NUMBERS, min_size=4, max_size=17),
)
def test_a_generator_and_an_environment_are_the_same_leaf(planted, seed, reported, values):
    tree, _ = planted
    running, ticks, status = -1, 25, 0

    def command(i):
        def play(_entity, _facts):
            nonlocal running
            running = i
            yield
            while status not in (Status.SUCCESS, Status.FAILURE):
                running = i
                yield
            return Status(status)

        return play

    for i, name in enumerate(tree.actions):
        tree.action(name)(command(i))
    told = Told()
    ticker = tree.ticker(seed=seed, listener=told)
    program = tree.program(FACTS, tree.actions)
    batch = BatchTicker(program, np.array([seed]), None, STEP_S)
    for tick in range(ticks):
        row, told.step, running = facts_of(values, tick), tick, -1
        status = reported[tick % len(reported)]
        root = ticker.tick(dict(zip(FACTS, row, strict=True)), tick * STEP_S)
        commands = batch.tick(np.array([row]), np.array([status], np.int8), np.zeros(1, np.bool_))
        assert root == batch.result[0]
        assert commands[0] == (running if root is Status.RUNNING else -1)
    assert told.rows == rows_of(tree, batch, 0)


CHOICE = """<root BTCPP_format="4"><BehaviorTree ID="M"><WeightedFallback name="w">
<Action ID="a" _skipIf="f0 &lt; 0.5"/><Action ID="b"/><Action ID="c"/></WeightedFallback>
</BehaviorTree></root>"""


def choice():
    return Tree(read_tree(CHOICE.encode(), "x.xml"), "x.xml")


def play(seeds, n_ticks=60, *, rows=None, keep_log=True):
    tree = choice()
    batch = BatchTicker(tree.program(FACTS, tree.actions), seeds, rows, STEP_S, keep_log=keep_log)
    commands = []
    for tick in range(n_ticks):
        facts = np.tile([(tick % 7) / 7, 0.0, 0.0], (len(seeds), 1))
        status = np.full(len(seeds), (1, 2, 1, 3)[tick % 4], np.int8)
        commands.append(batch.tick(facts, status, np.zeros(len(seeds), np.bool_)).copy())
    return tree, batch, np.array(commands)


def test_an_agent_plays_alike_in_any_batch():
    seeds = np.arange(40, dtype=np.int64)
    _, together, many = play(seeds)
    for lone in (0, 17, 39):
        _, alone, one = play(seeds[lone : lone + 1])
        assert (one[:, 0] == many[:, lone]).all()
        mine = together.log.world == lone
        for name in ("step_started", "step_ended", "tactic", "propensity", "result"):
            assert (getattr(together.log, name)[mine] == getattr(alone.log, name)).all()


def test_the_log_grows_without_losing_a_row():
    tree, batch, _ = play(np.arange(700, dtype=np.int64))
    log = batch.log
    assert len(log.world) > 2 * 1024
    assert (log.propensity > 0).all()
    for world in (0, 350, 699):
        rows = rows_of(tree, batch, world)
        assert all(a[0] <= b[0] for a, b in pairwise(rows))


def test_without_a_log_the_play_is_the_same():
    seeds = np.arange(10, dtype=np.int64)
    _, silent, quiet = play(seeds, keep_log=False)
    assert (quiet == play(seeds)[2]).all()
    assert len(silent.log.world) == 0


def test_each_agent_may_have_weights_of_its_own():
    seeds = np.zeros(2, np.int64)
    factors = np.array([[1.0, 1e-9, 1e-9], [1e-9, 1.0, 1e-9]])
    tree, batch, _ = play(seeds, rows=factors)
    log = batch.log
    could = (log.world == 1) & ((log.available >> np.uint64(1)) & np.uint64(1) == 1)
    assert set(log.tactic[could]) == {tree.tactics.index("b")}
    assert tree.tactics.index("a") in log.tactic[log.world == 0]


def test_a_done_agent_is_halted_once_and_commands_nothing():
    tree = choice()
    batch = BatchTicker(tree.program(FACTS, tree.actions), np.arange(2), None, STEP_S)
    facts, status = np.ones((2, 3)), np.ones(2, np.int8)
    assert (batch.tick(facts, status, np.array([False, False])) >= 0).all()
    for _ in range(3):
        commands = batch.tick(facts, status, np.array([True, False]))
        assert commands[0] == -1
        assert commands[1] >= 0
    assert rows_of(tree, batch, 0)[0][1:2] == [1]
    assert rows_of(tree, batch, 0)[0][6] == "interrupted"
    assert rows_of(tree, batch, 1)[0][6] is None


def test_new_weights_count_from_the_next_draw_and_compile_nothing():
    tree, batch, _ = play(np.arange(3, dtype=np.int64))
    compiled = len(getattr(kernel_tick, "signatures", ()))
    batch.weights(np.array([1e-9, 1.0, 1e-9]))
    before = len(batch.log.world)
    for i in range(40):
        status = np.full(3, 2 if i % 8 == 0 else 1, np.int8)
        batch.tick(np.ones((3, 3)), status, np.zeros(3, np.bool_))
    assert set(batch.log.tactic[before:]) == {tree.tactics.index("b")}
    assert len(getattr(kernel_tick, "signatures", ())) == compiled


@pytest.mark.parametrize("bad", [[1.0, 2.0], [1.0, 0.0, 1.0], [1.0, np.nan, 1.0], [-1.0, 1.0, 1.0]])
def test_weights_that_make_no_probability_are_refused(bad):
    tree = choice()
    with pytest.raises(WeightsError):
        BatchTicker(tree.program(FACTS, tree.actions), np.arange(2), np.array(bad), STEP_S)


@pytest.mark.parametrize(
    "facts", [np.full((2, 3), np.nan), np.ones((3, 3)), np.ones((2, 2)), np.ones(3)]
)
def test_facts_of_another_shape_or_nan_are_refused(facts):
    tree = choice()
    batch = BatchTicker(tree.program(FACTS, tree.actions), np.arange(2), None, STEP_S)
    with pytest.raises(UsageError, match="facts"):
        batch.tick(facts, np.zeros(2, np.int8), np.zeros(2, np.bool_))


@pytest.mark.parametrize("given_s", [0.0, -1.0, np.inf, np.nan])
def test_a_step_needs_a_length(given_s):
    tree = choice()
    with pytest.raises(UsageError, match="step_s"):
        BatchTicker(tree.program(FACTS, tree.actions), np.arange(2), None, given_s)
    with pytest.raises(UsageError, match="hold_s"):
        BatchTicker(tree.program(FACTS, tree.actions), np.arange(2), None, 0.1, hold_s=-1.0)
