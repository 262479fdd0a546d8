"""Random trees of all nodes that kernels run, and what both engines make of them, tick by tick."""

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from astraweave.behavior import Status, Tree, nodes
from astraweave.behavior.kernels.layout import TELLS
from astraweave.behavior.nodes import Action, Hooks, Key
from astraweave.behavior.scopes import Scopes
from astraweave.behavior.scripts.parser import parse_script

FACTS = ("f0", "f1")
GAME = ("x", "y")
"""Entries that the game writes."""
STEP_S = 0.1
ANSWERS = (Status.RUNNING, Status.RUNNING, Status.SUCCESS, Status.FAILURE, Status.SKIPPED)
CONDITIONS = (
    "x == 1", "x > y", "y == 0 || x == 2", "!(x == 0)", "f0 < 0.5", "f1 >= f0", "f0 - f1",
    "x + f0 > 1.5", "(x := x + 1) > 2", "x == y ? f0 > 0.5 : y == 1", "0 <= x < 3", "x - 1", "true",
    "z == 1", "x & 1", "f0 > 0.3 && y < 2",
)  # fmt: skip
ACTS = (
    "x := x + 1", "y := 0", "x := y", "y += 1", "x := 1; y := x + 1", "z := x * 2 + y",
    "x := x > 2 ? 0 : x + 1", "x -= 1", "y := f0", "z := f1 > 0.5", "x := x ^ 3", "w := x * 0.5",
    "y = z", "x := f0 > 0.5 ? 2 : 0.5", "z := y := 1", "@x := 2",
)  # fmt: skip
MSECS = ("0", "50", "100", "250", "{x}")
COMPOSITES = (
    nodes.Sequence, nodes.Fallback, nodes.AsyncSequence, nodes.AsyncFallback,
    nodes.SequenceWithMemory, nodes.ReactiveSequence, nodes.ReactiveFallback,
)  # fmt: skip
PASSES = (
    nodes.Inverter, nodes.ForceSuccess, nodes.ForceFailure, nodes.KeepRunningUntilFailure,
)  # fmt: skip
WEIGHTS = (0.5, 1.0, 2.0, 0.1)


def port(text):
    return Key(text.strip("{}")) if text.startswith("{") else text


class Planter:
    """Draws one tree. names are n0, n1, …; an Action's ID is one of five."""

    def __init__(self, chance):
        self.chance, self.count = chance, 0

    def one_of(self, choices):
        return self.chance.choice(choices)

    def often(self, share):
        return self.chance.random() < share

    def node(self, depth, path=""):
        make = self.leaf if depth == 0 or self.often(0.25) else self.inner
        return make(depth, path)

    def common(self, path):
        name = f"n{self.count}"
        self.count += 1
        own = f"{path}/{name}" if path else name
        return {"name": name, "path": own, "where": "random.xml:1:1", "hooks": self.hooks()}

    def hooks(self):
        if self.often(0.7):
            return nodes.NO_HOOKS
        before = [self.one_of(CONDITIONS) if self.often(0.3) else None for _ in range(4)]
        after = [self.one_of(ACTS) if self.often(0.25) else None for _ in range(4)]
        return Hooks(*(None if text is None else parse_script(text) for text in before + after))

    def below(self, given, depth, least=1, most=4):
        number = self.chance.randint(least, most)
        return tuple(self.node(depth - 1, given["path"]) for _ in range(number))

    def root(self, depth):
        """A tree, whose root writes the entries that scripts read: else they would be no names."""
        hooks = Hooks(on_success=parse_script("z := x; w := f0"))
        return replace(self.inner(depth, ""), hooks=hooks)

    def leaf(self, _depth, path):  # noqa: PLR0911  # a shape each
        given, kind = self.common(path), self.chance.randint(0, 11)
        if kind < 5:
            return Action(id=f"a{self.chance.randint(0, 4)}", **given)
        if kind < 7:
            return nodes.ScriptCondition(code=parse_script(self.one_of(CONDITIONS)), **given)
        if kind == 7:
            return nodes.RunScript(code=parse_script(self.one_of(ACTS)), **given)
        if kind == 8:
            return self.one_of((nodes.AlwaysSuccess, nodes.AlwaysFailure))(**given)
        if kind == 9:
            return nodes.Sleep(msec=port(self.one_of(MSECS)), **given)
        if kind == 10:
            return nodes.WasEntryUpdated(entry=Key(self.one_of("xyz")), **given)
        if self.often(0.3):
            return nodes.UnsetBlackboard(key=self.one_of("xyz"), **given)
        value = port(self.one_of(("2", "0.5", "1x", "{x}", "{z}", "{f0}")))
        return nodes.SetBlackboard(value=value, output_key=self.one_of("xyzw"), **given)

    def inner(self, depth, path):  # noqa: PLR0911  # a shape each
        given, kind = self.common(path), self.chance.randint(0, 15)
        if kind < 5:
            return self.one_of(COMPOSITES)(children=self.below(given, depth), **given)
        if kind == 5:
            return self.parallel(given, depth)
        if kind == 6:
            cls = self.one_of((nodes.IfThenElse, nodes.WhileDoElse))
            return cls(children=self.below(given, depth, 2, 3), **given)
        if kind == 7:
            return self.switch(given, depth)
        if kind == 8:
            catch = port(self.one_of(("true", "false", "{y}")))
            return nodes.TryCatch(
                catch_on_halt=catch, children=self.below(given, depth, 2, 3), **given
            )
        if kind < 11:
            return self.weighted(given, depth)
        return self.decorator(given, depth)

    def parallel(self, given, depth):
        children = self.below(given, depth)
        counts = (*(str(i) for i in range(-2, len(children) + 1)), "{x}")
        if self.often(0.4):
            return nodes.ParallelAll(
                max_failures=port(self.one_of(counts)), children=children, **given
            )
        won, lost = port(self.one_of(counts)), port(self.one_of(counts))
        return nodes.Parallel(success_count=won, failure_count=lost, children=children, **given)

    def switch(self, given, depth):
        children = self.below(given, depth, 2, 4)
        cases = tuple(port(self.one_of(("0", "1", "2.0", "0.5", "b", "{y}"))) for _ in children[1:])
        variable = port(self.one_of(("{x}", "{y}", "{f0}", "1", "{gone}")))
        return nodes.Switch(variable=variable, cases=cases, children=children, **given)

    def weighted(self, given, depth):
        children = self.below(given, depth)
        weights = tuple(self.one_of(WEIGHTS) for _ in children)
        policy = self.one_of(("roulette", "sorted", "softmax", "ranked"))
        keys = tuple(child.name for child in children)
        return nodes.WeightedFallback(
            keys=keys, weights=weights, policy=policy, temperature=0.7, children=children, **given
        )

    def decorator(self, given, depth):  # noqa: PLR0911  # a shape each
        kind, child = self.chance.randint(0, 9), self.below(given, depth, 1, 1)
        given |= {"children": child}
        if kind < 2:
            return self.one_of(PASSES)(**given)
        if kind == 2:
            return nodes.Repeat(num_cycles=port(self.one_of(("1", "2", "3", "-1", "{x}"))), **given)
        if kind == 3:
            attempts = port(self.one_of(("0", "1", "2", "3", "{y}")))
            return nodes.RetryUntilSuccessful(num_attempts=attempts, **given)
        if kind == 4:
            msec = port(self.one_of(MSECS))
            delay = self.often(0.4)
            return (
                nodes.Delay(delay_msec=msec, **given)
                if delay
                else nodes.Timeout(msec=msec, **given)
            )
        if kind == 5:
            return nodes.RunOnce(then_skip=port(self.one_of(("true", "false", "{y}"))), **given)
        if kind == 6:
            test = parse_script(self.one_of(CONDITIONS))
            otherwise = self.one_of(("SUCCESS", "FAILURE", "RUNNING", "SKIPPED"))
            return nodes.Precondition(if_=test, else_=otherwise, **given)
        if kind == 7:
            otherwise = self.one_of(("SKIPPED", "RUNNING"))
            return nodes.EntryUpdated(entry=Key(self.one_of("xyz")), otherwise=otherwise, **given)
        return self.loop(given) if kind == 8 else self.subtree(given)

    def loop(self, given):
        kind = self.one_of(("int", "double", "bool"))
        queue = {"int": "2;0;1", "double": "0.5;2", "bool": "true;false"}[kind]
        empty = self.one_of(("SUCCESS", "FAILURE", "SKIPPED"))
        value = port(self.one_of(("{i}", "{x}", "")))
        return nodes.Loop(kind=kind, queue=queue, value=value, if_empty=empty, **given)

    def subtree(self, given):
        wired = (("x", port(self.one_of(("{x}", "{y}", "2", "0.5")))), ("y", Key("y")))
        remap = self.one_of(((), wired))
        return nodes.SubTree(id="S", remap=remap, autoremap=self.often(0.5), **given)


@st.composite
def trees(draw, depth=4):
    """A tree, and a learned factor for each of its tactics."""
    planter = Planter(draw(st.randoms(use_true_random=False)))
    root = planter.root(depth)
    tree = Tree(root, "random.xml")
    return tree, np.array([planter.one_of(WEIGHTS) for _ in tree.tactics])


@dataclass
class World:
    """What happens to a run. chance: numbers that tables are made of; halts: ticks."""

    chance: list[int]
    halts: frozenset[int]

    def pick(self, choices, *key):
        number = sum(part * prime for part, prime in zip(key, (7, 31, 101, 211), strict=False))
        return choices[self.chance[number % len(self.chance)] % len(choices)]

    def facts(self, agent, tick):
        return [self.pick((0.0, 0.25, 0.5, 0.75, 1.0), agent, tick, i) for i in (0, 1)]

    def said(self, agent, tick, action, time):
        """What an action says the first time in a tick, the second, …; then the same."""
        return self.pick(ANSWERS, agent, tick, action, min(time, TELLS - 1))

    def status(self, agent, tick):
        return self.pick((0, 1, 1, 2, 3), agent, tick)

    def writes(self, agent, tick):
        """What the game writes before a tick; None removes the entry."""
        if self.pick(range(5), agent, tick, 5) > 0:
            return {}
        return {self.pick(GAME, agent, tick, 6): self.pick((0, 1, 2, 3, None), agent, tick, 7)}


def begun(tree, agent):
    """What the game's entries hold at first, where their declared types take a number."""
    scopes, held = Scopes(tree.root, GAME), {"x": agent % 3, "y": 1}
    kinds = {entry.name: entry.kind for entry in scopes.entries if not entry.scope}
    for name in GAME:
        if kinds[name] == "bool":
            held[name] = bool(held[name])
        elif kinds[name] in ("string", "status"):
            del held[name]
    return held


WORLDS = st.builds(
    World,
    st.lists(st.integers(0, 1000), min_size=6, max_size=23),
    st.frozensets(st.integers(1, 29), max_size=2),
)
