"""Trees built from nodes, of every type there is, and random ones of any size."""

from astraweave.behavior import nodes as n
from astraweave.behavior.nodes import Hooks, Key
from astraweave.behavior.scripts.parser import parse_script
from astraweave.behavior.tree import Tree


def grow(spec, path=""):
    """A node from (class, fields, children); names are the IDs, else the classes'."""
    cls, fields, children = spec
    fields = dict(fields)
    name = fields.pop("name", fields.get("id") or cls.__name__)
    own = f"{path}/{name}" if path else name
    grown = []
    for child in children:
        one = grow(child, own)
        twins = sum(one.path.split("#")[0] == other.path.split("#")[0] for other in grown)
        if twins:
            again = {**child[1], "name": f"{one.name}#{twins + 1}"}
            one = grow((child[0], again, child[2]), own)
        grown.append(one)
    return cls(name=name, path=own, where="grown.xml:1:1", children=tuple(grown), **fields)


def tree(spec, path="grown.xml"):
    return Tree(grow(spec), path)


def action(ident, **fields):
    return (n.Action, {"id": ident, **fields}, ())


def condition(ident, **fields):
    return (n.Condition, {"id": ident, **fields}, ())


def script(text):
    return parse_script(text)


def weighted(weights, policy="roulette", temperature=1.0, children=None, name="pick"):
    """A WeightedFallback over actions of these names."""
    fields = {"name": name, "keys": tuple(weights), "weights": tuple(weights.values())}
    fields |= {"policy": policy, "temperature": temperature}
    return (n.WeightedFallback, fields, tuple(children or map(action, weights)))


HOOKS = Hooks(*map(script, ("a > 1", "b > 2", "c > 3", "d < 4", "e", "f", "g", "h")))


def chain(*links):
    """Decorators around one another, outermost first; the last is a leaf."""
    inner = links[-1]
    for cls, fields in reversed(links[:-1]):
        inner = (cls, fields, (inner,))
    return inner


EVERYTHING = (
    n.Sequence,
    {"name": "everything"},
    (
        (n.Fallback, {"hooks": HOOKS}, (condition("door_open"), action("open_door", name="push"))),
        (n.ReactiveSequence, {}, (action("x"),)),
        (n.ReactiveFallback, {}, (action("x"),)),
        (n.SequenceWithMemory, {}, (action("x"),)),
        (n.AsyncSequence, {}, (action("x"),)),
        (n.AsyncFallback, {}, (action("x"),)),
        (n.Parallel, {"success_count": "2"}, (action("x"), action("y"))),
        (n.ParallelAll, {}, (action("x"),)),
        (n.IfThenElse, {}, (condition("dark"), action("light"), action("walk"))),
        (n.WhileDoElse, {}, (condition("near"), action("hit"))),
        (
            n.Switch,
            {"variable": Key("mood"), "cases": ("calm", "beside himself with anger")},
            (action("hum"), action("shout"), action("shrug")),
        ),
        (n.TryCatch, {"catch_on_halt": "true"}, (action("x"), action("y"), action("undo"))),
        chain(
            (n.Inverter, {}),
            (n.ForceSuccess, {}),
            (n.ForceFailure, {}),
            (n.Repeat, {"num_cycles": "3"}),
            (n.Repeat, {"num_cycles": "-1"}),
            (n.RetryUntilSuccessful, {"num_attempts": "2"}),
            (n.RetryUntilSuccessful, {"num_attempts": "-1"}),
            (n.KeepRunningUntilFailure, {}),
            action("deep"),
        ),
        chain(
            (n.Delay, {"delay_msec": "500"}),
            (n.Timeout, {"msec": Key("limit")}),
            (n.RunOnce, {}),
            (n.RunOnce, {"then_skip": "false"}),
            (n.Precondition, {"if_": script("hp > 3"), "else_": "SKIPPED"}),
            action("careful", ports=(("force", Key("power")), ("speed", "3.5"))),
        ),
        chain(
            (n.EntryUpdated, {"entry": Key("goal"), "otherwise": "SKIPPED"}),
            (n.EntryUpdated, {"entry": Key("goal"), "otherwise": "RUNNING"}),
            (n.Loop, {"kind": "int", "queue": Key("points"), "value": Key("p")}),
            (n.Loop, {"kind": "string", "queue": "a;b", "value": Key("p"), "if_empty": "FAILURE"}),
            action("visit"),
        ),
        (
            n.SubTree,
            {"id": "Fetch", "remap": (("goal", Key("target")),), "autoremap": True},
            (
                (
                    n.Sequence,
                    {},
                    (
                        (n.SetBlackboard, {"value": "3", "output_key": Key("count")}, ()),
                        (n.UnsetBlackboard, {"key": Key("count")}, ()),
                        (n.RunScript, {"name": "Script", "code": script("a + 1")}, ()),
                        (n.Sleep, {"msec": "20"}, ()),
                        (n.AlwaysSuccess, {}, ()),
                        (n.AlwaysFailure, {}, ()),
                        (n.WasEntryUpdated, {"entry": Key("goal")}, ()),
                        (n.ScriptCondition, {"code": script("a < b")}, ()),
                    ),
                ),
            ),
        ),
        (n.SubTree, {"id": "Fetch", "name": "again"}, (action("x"),)),
        weighted({"fast": 3.0, "slow": 1.0}, "sorted", name="ranked"),
        weighted({"p": 1.0, "q": 2.0, "r": 0.5}, "softmax", 0.5, name="soft"),
        weighted({"left": 1.0, "right": 3.0}, name="even"),
    ),
)
"""Every node type, each with ports where it has some."""


def random_spec(pick, size, level=1):
    """A tree of about `size` nodes; `pick(n)` gives a whole number below n."""
    if size <= 1 or level >= 60:
        name = "act_" + "x" * pick(40)
        return action(name) if pick(2) else condition(name)
    count = 1 + pick(min(5, size - 1))
    parts = [1] * count
    for _ in range(size - 1 - count):
        parts[pick(count)] += 1
    kinds = (n.Sequence, n.ReactiveFallback) if count > 1 else (n.Inverter, n.ForceFailure)
    children = tuple(random_spec(pick, part, level + 1) for part in parts)
    return (kinds[pick(2)], {}, children)
