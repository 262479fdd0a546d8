"""Nodes → running nodes: which class plays which node type, and what it is given."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from astraweave.behavior import nodes
from astraweave.behavior.engine.choices import Branch, Select, Try, While
from astraweave.behavior.engine.convert import same_text
from astraweave.behavior.engine.decorators import (
    Again,
    Inline,
    KeepRunning,
    Once,
    Pass,
    Require,
    Updated,
)
from astraweave.behavior.engine.entries import (
    Assign,
    Each,
    Fresh,
    entry_count,
    setter,
    unsetter,
)
from astraweave.behavior.engine.hooks import Hooked, adorned
from astraweave.behavior.engine.leaves import (
    BoardTest,
    Constant,
    Do,
    FactTest,
    RunAction,
    RunCondition,
)
from astraweave.behavior.engine.parallel import All, Some
from astraweave.behavior.engine.plan import Plan, Recipe, quiet
from astraweave.behavior.engine.running import Agent, Run
from astraweave.behavior.engine.sequences import Ordered, Pausing, Reactive, Remembering
from astraweave.behavior.engine.timed import Limit, Nap, Wait
from astraweave.behavior.engine.weighted import RunWeighted
from astraweave.behavior.scripts.functions import condition
from astraweave.behavior.status import BY_NAME, FAILURE, IDLE, SUCCESS, Status

if TYPE_CHECKING:
    from astraweave.behavior.inventory import WeightedNode
    from astraweave.behavior.scripts.environment import Kind

Given = tuple[type[Run], tuple[object, ...]]
Make = Callable[["Builder", nodes.Node], Given]


class Builder:
    """Makes the running nodes of one agent. weighted: those that choose, in document order."""

    def __init__(self, plan: Plan, weighted: "tuple[WeightedNode, ...]") -> None:
        """`weighted` as in `Tree.weighted`."""
        self.plan, self.named = plan, weighted
        self.weighted: list[RunWeighted] = []

    def build(self, node: nodes.Node, *, skip: bool = True) -> Run:
        """The running node and all below it; without its own `_skipIf` if not `skip`."""
        recipe = self.plan.recipes.get(id(node))
        if recipe is None:
            recipe = self.plan.recipes[id(node)] = self._recipe(node, skip=skip)
        make, given, asked = recipe
        if isinstance(node, nodes.WeightedFallback):
            run = self._choice(node, make, given)
        elif node.children:
            run = make(node, [self.build(child) for child in node.children], *given)
        else:
            run = make(node, *given)
        if asked is not None:
            cast("Hooked", run).hooks = asked
        return run

    def _recipe(self, node: nodes.Node, *, skip: bool) -> Recipe:
        kind, given = _MAKE[type(node)](self, node)
        asked = self.plan.asked(node, skip=skip)
        make = adorned(kind, hooked=asked is not None, watched=self.plan.watched)
        return Recipe(make, given, asked)

    def _choice(
        self, node: nodes.WeightedFallback, make: Callable[..., Run], given: tuple[object, ...]
    ) -> Run:
        index = len(self.weighted)
        # Its place among the choices is before those below it.
        self.weighted.append(cast("RunWeighted", None))
        children = [self.build(child, skip=False) for child in node.children]
        run = make(node, children, index, self.named[index].children, *given)
        self.weighted[index] = cast("RunWeighted", run)
        return run

    def count(self, node: nodes.Node, name: str) -> Callable[[Agent], int]:
        """A port that is a whole number."""
        kind: Kind = "unsigned" if name.endswith("msec") else "int"
        read = self.plan.read(node, name, getattr(node, name), kind)
        return cast("Callable[[Agent], int]", read)

    def flag(self, node: nodes.Node, name: str, *, default: bool) -> Callable[[Agent], bool]:
        """A port that is true or false, and `default` when it is neither."""
        read = self.plan.read(node, name, getattr(node, name), "bool")
        return cast("Callable[[Agent], bool]", quiet(read, default))

    def text(self, node: nodes.Node, name: str, port: nodes.Port) -> Callable[[Agent], str | None]:
        """A port that is a text, None when it has no value."""
        read = cast("Callable[[Agent], str | None]", self.plan.read(node, name, port, "string"))
        return quiet(read, None)

    def answer(self, node: nodes.Node, name: str, port: nodes.Port) -> Callable[[Agent], Status]:
        """A port that is a status, IDLE too: only who says it is wrong."""
        read = self.plan.read(node, name, port, "status")

        return lambda agent: BY_NAME.get(str(read(agent)).lower(), IDLE)


def _plain(kind: type[Run], *given: object) -> Make:
    """Of that class, with what is the same for every node of the type."""
    return lambda _builder, _node: (kind, given)


def _switch(builder: Builder, node: nodes.Switch) -> Given:
    variable = builder.text(node, "variable", node.variable)
    cases = [builder.text(node, f"case_{i}", case) for i, case in enumerate(node.cases, 1)]
    enums = builder.plan.enums
    return Select, (variable, cases, lambda a, b: same_text(a, b, enums))


def _parallel(builder: Builder, node: nodes.Parallel) -> Given:
    return Some, (builder.count(node, "success_count"), builder.count(node, "failure_count"))


def _precondition(builder: Builder, node: nodes.Precondition) -> Given:
    test = builder.plan.test(node, "if", node.if_)
    return Require, (test, builder.answer(node, "else", node.else_))


def _updated(builder: Builder, node: nodes.EntryUpdated) -> Given:
    count = entry_count(node.entry, builder.plan.scope(node))
    return Updated, (count, BY_NAME[node.otherwise.lower()])


def _loop(builder: Builder, node: nodes.Loop) -> Given:
    answer = builder.answer(node, "if_empty", node.if_empty)
    return Each, (builder.plan.scope(node), answer)


def _script(builder: Builder, node: nodes.ScriptCondition) -> Given:
    plan = builder.plan
    if plan.only_facts(node, node.code) and not plan.watched:
        return FactTest, (condition(node.code),)
    return BoardTest, (plan.test(node, "code", node.code),)


def _set(builder: Builder, node: nodes.SetBlackboard) -> Given:
    key = builder.plan.read(node, "output_key", node.output_key or nodes.NOT_GIVEN, "string")
    return Assign, (setter(node, builder.plan.scope(node), key),)


def _unset(builder: Builder, node: nodes.UnsetBlackboard) -> Given:
    key = builder.plan.read(node, "key", node.key or nodes.NOT_GIVEN, "string")
    return Do, (unsetter(builder.plan.scope(node), key),)


_MAKE = cast(
    "Mapping[type[nodes.Node], Make]",
    {
        nodes.Sequence: _plain(Ordered, FAILURE),
        nodes.Fallback: _plain(Ordered, SUCCESS),
        nodes.AsyncSequence: _plain(Pausing, FAILURE),
        nodes.AsyncFallback: _plain(Pausing, SUCCESS),
        nodes.SequenceWithMemory: _plain(Remembering, FAILURE),
        nodes.ReactiveSequence: _plain(Reactive, FAILURE),
        nodes.ReactiveFallback: _plain(Reactive, SUCCESS),
        nodes.Parallel: _parallel,
        nodes.ParallelAll: lambda b, n: (All, (b.count(n, "max_failures"),)),
        nodes.IfThenElse: _plain(Branch),
        nodes.WhileDoElse: _plain(While),
        nodes.Switch: _switch,
        nodes.TryCatch: lambda b, n: (Try, (b.flag(n, "catch_on_halt", default=False),)),
        nodes.Inverter: _plain(Pass, FAILURE, SUCCESS),
        nodes.ForceSuccess: _plain(Pass, SUCCESS, SUCCESS),
        nodes.ForceFailure: _plain(Pass, FAILURE, FAILURE),
        nodes.SubTree: _plain(Inline),
        nodes.KeepRunningUntilFailure: _plain(KeepRunning),
        nodes.Repeat: lambda b, n: (Again, (b.count(n, "num_cycles"), SUCCESS)),
        nodes.RetryUntilSuccessful: lambda b, n: (Again, (b.count(n, "num_attempts"), FAILURE)),
        nodes.RunOnce: lambda b, n: (Once, (b.flag(n, "then_skip", default=True),)),
        nodes.Precondition: _precondition,
        nodes.EntryUpdated: _updated,
        nodes.Loop: _loop,
        nodes.Delay: lambda b, n: (Wait, (b.count(n, "delay_msec"),)),
        nodes.Timeout: lambda b, n: (Limit, (b.count(n, "msec"),)),
        nodes.Sleep: lambda b, n: (Nap, (b.count(n, "msec"),)),
        nodes.AlwaysSuccess: lambda _b, _n: (Constant, (SUCCESS,)),
        nodes.AlwaysFailure: lambda _b, _n: (Constant, (FAILURE,)),
        nodes.ScriptCondition: _script,
        nodes.RunScript: lambda b, n: (Do, (b.plan.act(n, "code", n.code),)),
        nodes.SetBlackboard: _set,
        nodes.UnsetBlackboard: _unset,
        nodes.WasEntryUpdated: lambda b, n: (Fresh, (entry_count(n.entry, b.plan.scope(n)),)),
        nodes.Condition: lambda b, n: (RunCondition, (b.plan.scope(n),)),
        nodes.Action: lambda b, n: (RunAction, (b.plan.scope(n),)),
        nodes.WeightedFallback: lambda b, n: (RunWeighted, b.plan.guards(n)),
    },
)
