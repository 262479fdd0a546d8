"""Random trees that jump code runs, what their facts are, and one agent of the scalar engine."""

from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from astraweave.behavior import Status, Tree
from astraweave.behavior.groot.reader import read_tree
from astraweave.model.columns import RESULTS

FACTS = ("f0", "f1", "f2")
STEP_S = 0.1
COMPOSITES = ("Sequence", "Fallback", "ReactiveSequence", "ReactiveFallback", "WeightedFallback")
PASSES = ("Inverter", "ForceSuccess", "ForceFailure")
BRANCHES = ("IfThenElse", "WhileDoElse")
FEW = (*COMPOSITES, "Inverter", "Action", "Action", "ScriptCondition")
MANY = (*FEW, *PASSES, *BRANCHES, "AlwaysSuccess", "AlwaysFailure")
"""Kinds of nodes: those that are common, and all that jump code runs."""
POLICIES = ("roulette", "sorted", "softmax", "ranked")
TEXTS = (
    "f0 &lt; 0.5",
    "f1 &gt;= f0",
    "!(f0 &gt; 0.3 &amp;&amp; f1 &lt; 0.8)",
    "f2 / f0 &gt; 1",
    "f0 - f1 == 0",
    "f0 - f1 &lt; 0.25",
    "f2 != 0",
    "f1",
    "f0 &lt; f1 &lt;= f2",
    "f0 &gt; 0.3 ? f1 &gt; 0.5 : f2 &lt; 0.6",
    "f0 &gt; 0.6 || f1 &gt; 0.6 &amp;&amp; f2 &lt; 0.6",
    "true",
    "false",
)
NUMBERS = (0.0, 0.25, 0.5, 0.75, 1.0, 1e-9)
SCRIPTS = st.sampled_from(TEXTS)


def plant(body, name="random.xml"):
    text = f'<root BTCPP_format="4"><BehaviorTree ID="M">{body}</BehaviorTree></root>'
    return Tree(read_tree(text.encode(), name), name)


@st.composite
def elements(draw, depth, kinds):
    """XML in which @ stands for a name."""
    guard = f' _skipIf="{draw(SCRIPTS)}"' if draw(st.integers(0, 2)) == 0 else ""
    kind = draw(st.sampled_from(kinds))
    if kind == "ScriptCondition":
        return f'<ScriptCondition name="@" code="{draw(SCRIPTS)}"{guard}/>'
    if kind.startswith("Always"):
        return f'<{kind} name="@"{guard}/>'
    if depth == 0 or kind == "Action":
        return f'<Action ID="a{draw(st.integers(0, 5))}" name="@"{guard}/>'
    if kind in BRANCHES:
        return f'<{kind} name="@"{guard}>{draw(branches(kind, depth - 1, kinds))}</{kind}>'
    most = 1 if kind in PASSES else 4
    below = draw(st.lists(elements(depth - 1, kinds), min_size=1, max_size=most))
    policy = f' policy="{draw(st.sampled_from(POLICIES))}"' if kind == "WeightedFallback" else ""
    return f'<{kind} name="@"{policy}{guard}>{"".join(below)}</{kind}>'


@st.composite
def branches(draw, kind, depth, kinds):
    """The children of a branch, of which jump code wants that some are never skipped."""
    asked = f'<ScriptCondition name="@" code="{draw(SCRIPTS)}"/>'
    asked = draw(st.sampled_from((asked, f'<Inverter name="@">{asked}</Inverter>')))
    below = draw(st.lists(elements(depth, kinds), min_size=1, max_size=2))
    runs = kind == "IfThenElse" and draw(st.booleans())
    if runs:
        act = draw(elements(depth, FEW))
        asked = f'<ReactiveSequence name="@">{asked}{act}</ReactiveSequence>'
    if runs or kind == "WhileDoElse":
        below = [f'<Sequence name="@">{each}<AlwaysSuccess name="@"/></Sequence>' for each in below]
    return asked + "".join(below)


@st.composite
def trees(draw, depth=4, kinds=FEW):
    first, *rest = draw(elements(depth, kinds)).split("@")
    return plant(first + "".join(f"n{i}{part}" for i, part in enumerate(rest)))


@dataclass
class World:
    """What a run is given: of agent i at a tick its facts, its status and whether it is done."""

    facts: list[float]
    status: list[int]
    done: set[int] = field(default_factory=set)

    def row(self, agent, tick):
        start = 7 * agent + len(FACTS) * tick
        return [self.facts[(start + i) % len(self.facts)] for i in range(len(FACTS))]

    def rows(self, agents, tick):
        return np.array([self.row(agent, tick) for agent in agents], np.float64)

    def said(self, agents, tick):
        said = [self.status[(3 * agent + tick) % len(self.status)] for agent in agents]
        return np.array(said, np.int8)

    def over(self, agents, tick):
        return np.array([(5 * agent + tick) % 17 in self.done for agent in agents], np.bool_)


WORLDS = st.builds(
    World,
    st.lists(st.sampled_from(NUMBERS), min_size=4, max_size=17),
    st.lists(st.sampled_from((0, 1, 1, 2, 3)), min_size=3, max_size=11),
    st.sets(st.integers(0, 16), max_size=2),
)


@dataclass
class Told:
    """A listener that keeps the log's columns, `available` as names."""

    step: int = 0
    rows: list[list[object]] = field(default_factory=list)

    def chose(self, node, tactic, propensity, available, now_s):
        self.rows.append([self.step, -1, node, tactic, propensity, available, None])

    def ended(self, node, tactic, result, effectiveness, now_s):
        row = next(r for r in reversed(self.rows) if r[2] == node)
        assert (row[1], row[3]) == (-1, tactic)
        row[1], row[6] = self.step, result


def logged(tree, log, world):
    """The rows of one agent in a batch's log, as `Told` writes them."""
    mine = log.world == world
    rows = []
    for column in zip(*(c[mine] for c in log), strict=True):
        _, started, ended, node, tactic, propensity, available, result = column
        weighted = tree.weighted[int(node)]
        names = tuple(k for i, k in enumerate(weighted.children) if int(available) >> i & 1)
        known = tree.tactics[int(tactic)]
        told = [int(started), int(ended), weighted.name, known, float(propensity), names]
        rows.append([*told, RESULTS[int(result)]])
    return rows


def alone(tree, factors, seed, world, agent, ticks, hold_s):
    """(root, command, tactic) of every tick and the log, by the scalar engine."""
    running, status = -1, 0

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
    told, seen = Told(), []
    ticker = tree.ticker(seed=seed, listener=told, hold_s=hold_s)
    ticker.weights(dict(zip(tree.tactics, factors, strict=True)))
    for tick in range(ticks):
        told.step, running, root = tick, -1, Status.IDLE
        status = int(world.said([agent], tick)[0])
        if world.over([agent], tick)[0]:
            ticker.halt()
        else:
            facts = dict(zip(FACTS, world.row(agent, tick), strict=True))
            root = ticker.tick(facts, tick * STEP_S)
        ran = running if root is Status.RUNNING else -1
        seen.append((int(root), ran, ticker.tactic))
    told.step = ticks
    ticker.halt()
    return seen, told.rows
